"""The weights of an ONNX model's recurrent nodes as a layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.extras import needed
from rnnkit.layers import Recurrent
from rnnkit.layouts.conventions import layer_of
from rnnkit.layouts.onnx_nodes import SLOTS, cell_of, names_of, options_of, params_of
from rnnkit.ops import Array

MOVES = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout")


def from_onnx(model: Any) -> Recurrent:
    """A layer with the weights of all RNN, LSTM or GRU nodes of an ONNX model: one stack.

    Parameters
    ----------
    model : onnx.ModelProto
        Its recurrent nodes are of one kind, each reads the one below, and the model holds their weights. The nodes
        before the first and after the last (an embedding, a head) are not read. Initial states and lengths are
        arguments of the layer's call. The layer is time-major, whatever the node's ``layout``.

    Returns
    -------
    Recurrent
        RNN, LSTM, PeepholeLSTM, GRU or GRUResetBefore, on NumPy and in the weights' dtype. Exact.

    Raises
    ------
    ValueError
        If there is no such node or stack, or a node has an attribute that rnnkit's cells lack (clip, input_forget,
        other activations), reads backwards only, or starts from a constant that is not 0.
    ImportError
        If onnx is not installed.

    Examples
    --------
    >>> import rnnkit
    >>> from rnnkit.layouts import to_onnx
    >>> layer = rnnkit.GRU(3, 4, num_layers=2, bidirectional=True, rng=0)
    >>> back = from_onnx(to_onnx(layer))
    >>> all((back.params[name] == a).all() for name, a in layer.params.items())
    True
    """
    needed("onnx")
    nodes = [node for node in model.graph.node if node.op_type in SLOTS]
    if not nodes:
        found = ", ".join(dict.fromkeys(node.op_type for node in model.graph.node)) or "nothing"
        raise checks.wrong(f"model holds {found}", "an RNN, LSTM or GRU node")
    constants, makers = _constants(model.graph), {name: node for node in model.graph.node for name in node.output}
    cells: list[Any] = []
    params: Params = {}
    for k, node in enumerate(nodes):
        if k and (source := _source(node.input[0], makers)) != nodes[k - 1].output[0]:
            between = makers[source].op_type if source in makers else "nothing: it reads an input"
            raise checks.wrong(
                f"between recurrent nodes {k} and {k + 1} stands {between}",
                f"that node {k + 1} reads node {k}'s output at every step",
                "A layer here is a stack of one kind.",
            )
        options, given = options_of(node), _fixed(node, constants)
        if options["direction"] == "reverse":
            raise checks.wrong(
                "a node has direction='reverse'", "forwards or both ways, as a layer here reads", "Use run_node."
            )
        cells.append(cell_of(node.op_type, options, given))
        params |= params_of(cells[-1], given, k)
    if len(set(cells)) > 1:
        raise checks.wrong(
            "the nodes are of several kinds", "one kind", "a layer here is a stack of one. Convert them one by one."
        )
    return layer_of(cells[0], params)


def _constants(graph: Any) -> dict[str, Array]:
    """All tensors that a graph holds itself: its initializers, and the outputs of its Constant nodes."""
    to_array = needed("onnx.numpy_helper").to_array
    constants = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            for tensor in (attribute.t for attribute in node.attribute if attribute.name == "value"):
                constants[node.output[0]] = to_array(tensor)
    return constants


def _fixed(node: Any, constants: Mapping[str, Array]) -> dict[str, Array]:
    """A node's weights. A ValueError if one is computed, or the state starts from a constant that is not 0."""
    named = names_of(node)
    for slot in ("initial_h", "initial_c"):
        if slot in named and np.any(constants.get(named[slot], 0)):
            raise checks.wrong(
                f"a node's {slot} is a constant other than 0", "0 or an input", "Here a state comes with each call."
            )
    for slot in ("W", "R", "B", "P"):
        if slot in named and named[slot] not in constants:
            raise checks.wrong(f"{slot} is {named[slot]!r}, which the model computes or takes", "a weight")
    return {slot: constants[named[slot]] for slot in ("W", "R", "B", "P") if slot in named}


def _source(name: str, makers: Mapping[str, Any]) -> str:
    """The name of the value from which ``name`` comes by steps that only move numbers about."""
    while name in makers and makers[name].op_type in MOVES:
        name = makers[name].input[0]
    return name
