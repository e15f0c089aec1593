"""What the libraries call each cell, and in which order they stack its gates. It stands here and nowhere else.

Everything goes through one form: a dict of arrays with torch.nn's names and order of gates, which are rnnkit's too. So
each library needs one function there and one back.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit import params as P
from rnnkit.cells import Params, gru, gru_reset_before, lstm, lstm_peephole, rnn, rnn_relu
from rnnkit.layers import GRU, LSTM, RNN, GRUResetBefore, PeepholeLSTM, Recurrent
from rnnkit.ops import Array

Order = tuple[str, ...]


class Convention(NamedTuple):
    """A cell in another library: its name, the order of its gates (by our names), and the options that select it."""

    name: str
    gates: Order
    options: dict[str, Any]


LSTM_KERAS: Order = ("i", "f", "g", "o")  # Keras and ONNX write c for our g, and h for our n
LSTM_ONNX: Order = ("i", "o", "f", "g")
GRU_OTHERS: Order = ("z", "r", "n")
PEEPHOLES: Order = ("i", "f", "o")
PEEPHOLES_ONNX: Order = ("i", "o", "f")

TORCH: dict[Any, Convention] = {
    rnn: Convention("RNN", rnn.GATES, {"nonlinearity": "tanh"}),
    rnn_relu: Convention("RNN", rnn_relu.GATES, {"nonlinearity": "relu"}),
    lstm: Convention("LSTM", lstm.GATES, {}),
    gru: Convention("GRU", gru.GATES, {}),
}
KERAS: dict[Any, Convention] = {
    rnn: Convention("SimpleRNN", rnn.GATES, {"activation": "tanh"}),
    rnn_relu: Convention("SimpleRNN", rnn_relu.GATES, {"activation": "relu"}),
    lstm: Convention("LSTM", LSTM_KERAS, {}),
    gru: Convention("GRU", GRU_OTHERS, {"reset_after": True}),
    gru_reset_before: Convention("GRU", GRU_OTHERS, {"reset_after": False}),
}
ONNX: dict[Any, Convention] = {
    rnn: Convention("RNN", rnn.GATES, {"activations": ["Tanh"]}),
    rnn_relu: Convention("RNN", rnn_relu.GATES, {"activations": ["Relu"]}),
    lstm: Convention("LSTM", LSTM_ONNX, {}),
    lstm_peephole: Convention("LSTM", LSTM_ONNX, {}),
    gru: Convention("GRU", GRU_OTHERS, {"linear_before_reset": 1}),
    gru_reset_before: Convention("GRU", GRU_OTHERS, {"linear_before_reset": 0}),
}
FACES: dict[Any, Callable[..., Recurrent]] = {
    rnn: RNN,
    rnn_relu: partial(RNN, nonlinearity="relu"),
    lstm: LSTM,
    lstm_peephole: PeepholeLSTM,
    gru: GRU,
    gru_reset_before: GRUResetBefore,
}


def restacked(a: Array, old: Order, new: Order) -> Array:
    """The blocks of the first axis of ``a``, which stand in the order ``old``, in the order ``new``."""
    blocks = dict(zip(old, np.split(a, len(old)), strict=True))
    return np.concatenate([blocks[gate] for gate in new])


def convention(table: dict[Any, Convention], layer: Any, library: str) -> Convention:
    """The layer's entry in a table, or a ValueError that says what the library has."""
    if not isinstance(layer, Recurrent):
        raise checks.wrong(f"layer is {type(layer).__name__}", "a recurrent layer", "Give one such as rnnkit.LSTM.")
    if layer.cell not in table:
        there = ", ".join(dict.fromkeys(entry.name for entry in table.values()))
        came, hint = f"layer is {type(layer).__name__}", "Use rnnkit.layouts.save, which keeps any layer."
        raise checks.wrong(came, f"what {library} has: {there}", hint)
    if layer.learned_state:
        raise checks.wrong(
            "layer learns its initial state",
            f"weights alone: in {library} a state comes with each call",
            "Give it there, or use rnnkit.layouts.save, which keeps it.",
        )
    return table[layer.cell]


def layer_of(cell: Any, params: Params, dropout: float = 0.0) -> Recurrent:
    """A layer over ``cell`` with copies of ``params``, which have torch's names; its sizes are those of the shapes."""
    dtypes = {str(a.dtype) for a in params.values()}
    if len(dtypes) > 1:
        raise checks.wrong(f"the weights are of {' and '.join(sorted(dtypes))}", "one dtype", "Convert them.")
    numbers = [int(found[1]) for name in params if (found := re.search(r"_l(\d+)(_reverse)?$", name))]
    num_layers = max(numbers) + 1
    layer = FACES[cell](
        params["weight_ih_l0"].shape[-1],
        params["weight_hh_l0"].shape[-1],
        num_layers=num_layers,
        bidirectional=any(name.endswith("_reverse") for name in params),
        bias=any(name.startswith("bias") for name in params),
        dropout=dropout if num_layers > 1 else 0.0,  # with one layer torch warns and drops nothing
        dtype=dtypes.pop(),
    )
    fill(layer, params)
    for suffix, size in layer.sizes().items():
        P.check(cell, params, size, layer.hidden_size, suffix, layer.bias)
    return layer


def fill(layer: Any, params: Mapping[str, Array]) -> None:
    """Copy ``params`` into a layer. A ValueError names the first whose name or shape is not the layer's."""
    for name in layer.params:
        checks.among(name, params)
    if unknown := [name for name in params if name not in layer.params]:
        raise checks.wrong(f"{unknown[0]} came", f"this layer's parameters: {', '.join(layer.params)}")
    for name in list(layer.params):
        checks.shape(name, params[name], layer.params[name].shape, "Is it another layer's?")
        layer.params[name] = np.array(params[name])
