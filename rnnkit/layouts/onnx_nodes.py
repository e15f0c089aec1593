"""ONNX's nodes RNN, LSTM and GRU: their attributes and inputs, and one of them run by rnnkit's own layers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params, State, gru, gru_reset_before, lstm, lstm_peephole, rnn, rnn_relu
from rnnkit.extras import needed
from rnnkit.layers import Recurrent
from rnnkit.layouts.conventions import ONNX, PEEPHOLES, PEEPHOLES_ONNX, layer_of, restacked
from rnnkit.ops import Array

SLOTS = {
    "RNN": ("X", "W", "R", "B", "sequence_lens", "initial_h"),
    "GRU": ("X", "W", "R", "B", "sequence_lens", "initial_h"),
    "LSTM": ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"),
}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
ACTIVATIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
DEFAULTS: dict[str, Any] = {
    "hidden_size": None,
    "direction": b"forward",
    "layout": 0,
    "linear_before_reset": 0,
    "activations": None,
    "clip": None,
    "input_forget": 0,
    "activation_alpha": [],
    "activation_beta": [],
}
DIRECTIONS = ("forward", "reverse", "bidirectional")
WITHOUT = ("clip", "input_forget", "activation_alpha", "activation_beta")  # rnnkit's cells do not have these


def run_node(node: Any, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """What an ONNX node RNN, LSTM or GRU computes, by rnnkit's layers.

    Parameters
    ----------
    node : onnx.NodeProto
    inputs : sequence of arrays
        One for each named input of the node, in that order: X (T, N, I), W (D, G*H, I), R (D, G*H, H),
        B (D, 2*G*H), sequence_lens (N,), initial_h (D, N, H), and for an LSTM initial_c and P (D, 3*H). With
        layout=1 the batch comes first in X and the states.

    Returns
    -------
    tuple of arrays
        One for each named output: Y (T, D, N, H), which is 0 after a sequence's end, Y_h (D, N, H) and Y_c. With
        layout=1 the batch comes first.

    Raises
    ------
    ValueError
        If it is another node, an input is missing or does not fit, or it has an attribute that rnnkit's cells lack:
        clip, input_forget, other activations.
    ImportError
        If onnx is not installed.

    Examples
    --------
    >>> import numpy as np, onnx
    >>> node = onnx.helper.make_node("RNN", ["X", "W", "R"], ["Y", "Y_h"], hidden_size=4)
    >>> Y, Y_h = run_node(node, [np.ones((5, 2, 3)), np.ones((1, 4, 3)), np.ones((1, 4, 4))])
    >>> Y.shape, Y_h.shape
    ((5, 1, 2, 4), (1, 2, 4))
    """
    needed("onnx")
    options = options_of(node)
    named = names_of(node)
    if len(named) != len(inputs):
        raise checks.wrong(f"inputs holds {len(inputs)} arrays", f"{len(named)}, as the node has: {', '.join(named)}")
    given = {slot: np.asarray(a) for slot, a in zip(named, inputs, strict=True)}
    cell = cell_of(node.op_type, options, given)
    layer = layer_of(cell, params_of(cell, given, 0))
    if options["layout"]:
        given |= {slot: given[slot].swapaxes(0, 1) for slot in ("X", "initial_h", "initial_c") if slot in given}
    Y, state = _run(layer, given, options["direction"] == "reverse")
    if options["layout"]:
        Y, state = Y.transpose(2, 0, 1, 3), tuple(end.swapaxes(0, 1) for end in state)
    return tuple(a for a, name in zip((Y, *state), node.output, strict=False) if name)


def _run(layer: Recurrent, given: dict[str, Array], backwards: bool) -> tuple[Array, State]:
    """Y (T, D, N, H) and the last state, of a node whose time comes first."""
    way = slice(None, None, -1 if backwards else 1)
    xs, lengths = given["X"], given.get("sequence_lens")
    if xs.ndim != 3:
        raise checks.wrong(f"X has shape {xs.shape}", "three axes", "time, batch, features.")
    (T, N, _), D, H = xs.shape, layer.num_directions, layer.hidden_size
    if lengths is not None and (lengths.shape != (N,) or not ((lengths >= 0) & (lengths <= T)).all()):
        raise checks.wrong(f"sequence_lens is {lengths}", f"{N} lengths from 0 to {T}")
    mask = None if lengths is None else (np.arange(T)[:, None] < lengths)[way]
    state = tuple(given.get(f"initial_{name}", np.zeros((D, N, H), layer.dtype)) for name in layer.cell.STATE)
    run = layer(xs[way], state, mask)
    return run.h[way].reshape(T, N, D, H).swapaxes(1, 2), run.state


def names_of(node: Any) -> dict[str, str]:
    """The names of a node's inputs, by what they are."""
    named = {slot: name for slot, name in zip(SLOTS[node.op_type], node.input, strict=False) if name}
    if missing := [slot for slot in ("X", "W", "R") if slot not in named]:
        raise checks.wrong(f"{missing[0]} is missing", f"X, W and R for {node.op_type}")
    return named


def options_of(node: Any) -> dict[str, Any]:
    """A node's attributes with ONNX's defaults; a ValueError for one that rnnkit's cells do not have."""
    if node.op_type not in SLOTS:
        raise checks.wrong(f"node is a {node.op_type}", "RNN, LSTM or GRU")
    value_of = needed("onnx.helper").get_attribute_value
    found = {attribute.name: value_of(attribute) for attribute in node.attribute}
    if unknown := sorted(found.keys() - DEFAULTS.keys()):
        raise checks.wrong(f"{node.op_type} has {unknown[0]}", f"attributes of a {node.op_type} of opset 7 or later")
    options = DEFAULTS | found
    for name in WITHOUT:
        if options[name] != DEFAULTS[name]:
            came = f"{node.op_type} has {name}={options[name]}"
            raise checks.wrong(came, f"{DEFAULTS[name]}: rnnkit's cells do not have it")
    options["direction"] = options["direction"].decode()
    checks.one_of("direction", options["direction"], DIRECTIONS)
    return options


def cell_of(kind: str, options: dict[str, Any], given: dict[str, Array]) -> Any:
    """Our cell that a node computes."""
    D = 2 if options["direction"] == "bidirectional" else 1
    usual = ACTIVATIONS[kind] * D
    activations = [a.decode() for a in options["activations"]] if options["activations"] else usual
    allowed = [usual, ["Relu"] * D] if kind == "RNN" else [usual]
    if activations not in allowed:
        raise checks.wrong(
            f"{kind} has activations={activations}", f"{' or '.join(map(str, allowed))}, as rnnkit's cell has"
        )
    _check_shapes(GATES[kind], D, options["hidden_size"], given)
    if kind == "LSTM":
        return lstm_peephole if "P" in given else lstm
    if kind == "GRU":
        return gru if options["linear_before_reset"] else gru_reset_before
    return rnn_relu if activations == ["Relu"] * D else rnn


def _check_shapes(G: int, D: int, hidden_size: int | None, given: dict[str, Array]) -> None:
    """The inputs have the shapes of D directions of G gates. A ValueError names the first that has not."""
    I, H = (given[slot].shape[-1] if given[slot].ndim else 0 for slot in ("W", "R"))
    H = hidden_size or H
    wanted = {"W": (D, G * H, I), "R": (D, G * H, H), "B": (D, 2 * G * H), "P": (D, 3 * H)}
    for slot, shape in wanted.items():
        if slot in given:
            checks.shape(slot, given[slot], shape, f"{D} direction{'s' * (D > 1)}, hidden_size {H}.")


def params_of(cell: Any, given: dict[str, Array], k: int) -> Params:
    """A node's weights by our names, as layer ``k`` of a stack."""
    params: Params = {}
    for way, suffix in enumerate((f"_l{k}", f"_l{k}_reverse")[: len(given["W"])]):
        p = {"weight_ih": given["W"][way], "weight_hh": given["R"][way]}
        if "B" in given:
            p["bias_ih"], p["bias_hh"] = np.split(given["B"][way], 2)
        params |= {name + suffix: restacked(a, ONNX[cell].gates, cell.GATES) for name, a in p.items()}
        if cell is lstm_peephole:
            params["weight_peephole" + suffix] = restacked(given["P"][way], PEEPHOLES_ONNX, PEEPHOLES)
    return params
