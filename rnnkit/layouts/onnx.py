"""A layer or a model as an ONNX model. It is written from the weights, not traced, so that T and N stay free."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.extras import needed
from rnnkit.layers import Dropout, Embedding, Layer, Linear, Pooling, Recurrent, Sequential
from rnnkit.layouts.conventions import ONNX, PEEPHOLES, PEEPHOLES_ONNX, convention, restacked
from rnnkit.layouts.onnx_pooling import pooled
from rnnkit.ops import Array, to_numpy

OPSET, IR_VERSION = 17, 10  # old enough for the runtimes in use; RNN, LSTM and GRU are unchanged since opset 14


def to_onnx(model: Layer | Sequential, *, states: bool = True, lengths: bool = False) -> Any:
    """The layer or model as an ONNX model, with one RNN, LSTM or GRU node for each recurrent layer.

    Parameters
    ----------
    model : layer or Sequential
        Of either backend, made of RNN, LSTM, PeepholeLSTM, GRU, GRUResetBefore, Embedding, Linear, Dropout, Last,
        Final, MeanPool and MaxPool. Nothing is dropped, as in any call without ``rng``.
    states : bool
        Whether states are inputs. If not, each layer starts from zeros.
    lengths : bool
        Whether the sequences' lengths are one more input: a batch is then padded at the end, and its padding has no
        effect, as under a mask. (Symbols for an Embedding are in the vocabulary there too.) If not, all steps are read.

    Returns
    -------
    onnx.ModelProto
        Checked. Inputs: xs, (T, N, I) or for an Embedding int64 (T, N); lengths, int32 (N,); the initial states h_0
        (and c_0), each (L*D, N, H). Outputs: h, which is the call's ``run.h``, and the final states h_n (and c_n). In a
        Sequential the states bear the layer's number: 1.h_0. T and N are free. Weights are exact, in the model's dtype;
        onnxruntime runs float32 alone: ``to_onnx(model.to("numpy", dtype="float32"))``.

    Raises
    ------
    ValueError
        If ONNX has no such cell, a layer is of another class, or it learns its initial state, which is an input there.
    ImportError
        If onnx is not installed.

    References
    ----------
    The operators RNN, LSTM and GRU of the ONNX specification, version 14.

    Examples
    --------
    >>> import rnnkit
    >>> model = to_onnx(rnnkit.LSTM(3, 4, num_layers=2, rng=0))
    >>> [node.op_type for node in model.graph.node if node.op_type == "LSTM"]
    ['LSTM', 'LSTM']
    >>> [value.name for value in model.graph.output]
    ['h', 'h_n', 'c_n']
    >>> model = to_onnx(rnnkit.LSTM(3, 4, rng=0), states=False, lengths=True)
    >>> [value.name for value in model.graph.input]
    ['xs', 'lengths']
    """
    if not isinstance(model, (Layer, Sequential)):
        raise checks.wrong(f"model is of class {type(model).__name__}", "a layer or a Sequential of rnnkit's")
    layers = {f"{k}.": layer for k, layer in enumerate(model.layers)} if isinstance(model, Sequential) else {"": model}
    graph, name, first = Graph(needed("onnx"), states, lengths), "xs", next(iter(layers.values()))
    size = getattr(first, "input_size", getattr(first, "in_features", "I"))
    symbols = isinstance(first, Embedding)
    graph.value(graph.inputs, "xs", ["T", "N"] if symbols else ["T", "N", size], np.int64 if symbols else model.dtype)
    if lengths:
        graph.value(graph.inputs, "lengths", ["N"], np.int32)
    for prefix, layer in layers.items():
        name = graph.add(prefix, layer, name)
    graph.node("Identity", [name], ["h"])
    steps = [] if any(layer.over_time for layer in layers.values()) else ["T"]
    graph.value(graph.outputs, "h", [*steps, "N", _width(list(layers.values()))], model.dtype, at=0)
    return graph.model()


def _width(layers: list[Any]) -> int | str:
    """How many features a model gives: those of the last layer that changes them."""
    for layer in reversed(layers):
        if isinstance(layer, Recurrent):
            return layer.num_directions * layer.hidden_size
        if isinstance(layer, (Linear, Embedding)):
            return layer.out_features if isinstance(layer, Linear) else layer.embedding_dim
    return "K"


def node_weights(layer: Recurrent, k: int) -> dict[str, Array]:
    """A node's inputs for layer k: W (D, G*H, I), R (D, G*H, H), B (D, 2*G*H) and P (D, 3*H), the last two if any."""
    ours, theirs, ways = layer.cell.GATES, ONNX[layer.cell].gates, []
    for suffix, _ in layer.ways(k):
        p = {name: to_numpy(a) for name, a in layer.own(suffix).items()}
        peepholes = p.pop("weight_peephole", None)
        p = {name: restacked(a, ours, theirs) for name, a in p.items()}
        way = {"W": p["weight_ih"], "R": p["weight_hh"]}
        if layer.bias:
            way["B"] = np.concatenate([p["bias_ih"], p["bias_hh"]])
        if peepholes is not None:
            way["P"] = restacked(peepholes, PEEPHOLES, PEEPHOLES_ONNX)
        ways.append(way)
    return {name: np.stack([way[name] for way in ways]) for name in ways[0]}


class Graph:
    """An ONNX graph while it is built. Every name in it begins with its layer's prefix."""

    def __init__(self, onnx: Any, states: bool = True, lengths: bool = False):
        self.onnx, self.states, self.lengths = onnx, states, lengths
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> str:
        """Add a node; the name of its first output."""
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def weight(self, name: str, a: Array) -> str:
        self.weights.append(self.onnx.numpy_helper.from_array(np.array(a, order="C"), name))
        return name

    def value(self, ends: list[Any], name: str, shape: list[Any], dtype: Any, at: int | None = None) -> None:
        """Declare an input or output, by default as the last; a letter in its shape is a free size."""
        kind = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        ends.insert(len(ends) if at is None else at, self.onnx.helper.make_tensor_value_info(name, kind, shape))

    def add(self, prefix: str, layer: Layer, xs: str) -> str:
        """Add a layer that reads the value called ``xs``; the name of its output."""
        p = {name: to_numpy(a) for name, a in layer.params.items()}
        if isinstance(layer, Embedding):
            return self.node("Gather", [self.weight(f"{prefix}weight", p["weight"]), xs], [f"{prefix}y"], axis=0)
        if isinstance(layer, Linear):
            y = self.node("MatMul", [xs, self.weight(f"{prefix}weight", p["weight"].T)], [f"{prefix}Wx"])
            if not layer.has_bias:
                return y
            return self.node("Add", [y, self.weight(f"{prefix}bias", p["bias"])], [f"{prefix}y"])
        if isinstance(layer, Pooling):
            return pooled(self, prefix, layer, xs)
        return xs if isinstance(layer, Dropout) else self.stack(prefix, layer, xs)

    def stack(self, prefix: str, layer: Any, xs: str) -> str:
        """All layers of a recurrent one, with inputs and outputs for its states."""
        convention(ONNX, layer, "ONNX")
        L, D = layer.num_layers, layer.num_directions
        starts, ends = ([f"{prefix}{name}{when}" for name in layer.cell.STATE] for when in ("_0", "_n"))
        for names, values in ((starts if self.states else [], self.inputs), (ends, self.outputs)):
            for name in names:
                self.value(values, name, [L * D, "N", layer.hidden_size], layer.dtype)
        if self.states:
            each = self.weight(f"{prefix}rows", np.full(L, D))
            for start in starts:
                self.node("Split", [start, each], [f"{start}_l{k}" for k in range(L)], axis=0)
        for k in range(L):
            own = [f"{start}_l{k}" if self.states else "" for start in starts]  # "": the node starts from zeros
            xs = self.layer(prefix, layer, k, xs, own, [f"{e}_l{k}" for e in ends])
        for end in ends:
            self.node("Concat", [f"{end}_l{k}" for k in range(L)], [end], axis=0)
        return xs

    def layer(self, prefix: str, layer: Recurrent, k: int, xs: str, starts: list[str], ends: list[str]) -> str:
        """One node, and what brings its output (T, D, N, H) to (T, N, D*H)."""
        entry, D = ONNX[layer.cell], layer.num_directions
        options = {name: value * D if name == "activations" else value for name, value in entry.options.items()}
        options |= {"hidden_size": layer.hidden_size, "direction": "bidirectional" if D == 2 else "forward"}
        w = {name: self.weight(f"{prefix}{name}_l{k}", a) for name, a in node_weights(layer, k).items()}
        lengths = "lengths" if self.lengths else ""
        inputs = [xs, w["W"], w["R"], w.get("B", ""), lengths, *starts, *([w["P"]] if "P" in w else [])]
        y = self.node(entry.name, inputs, [f"{prefix}Y_l{k}", *ends], **options)
        y = self.node("Transpose", [y], [f"{prefix}Y_l{k}_by_batch"], perm=[0, 2, 1, 3])
        joined = self.weight(f"{prefix}joined_l{k}", np.array([0, 0, -1]))  # 0: as it is; -1: the rest
        return self.node("Reshape", [y, joined], [f"{prefix}h_l{k}"])

    def model(self) -> Any:
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "rnnkit", self.inputs, self.outputs, self.weights)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="rnnkit")
        self.onnx.checker.check_model(model, full_check=True)
        return model
