"""Weights to and from Keras 3, which transposes its kernels, keeps one bias and puts a GRU's z before r.

Keras itself is not needed: the arrays are those that its layers' ``get_weights`` returns and ``set_weights`` takes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params, gru
from rnnkit.layers import Recurrent
from rnnkit.layouts.conventions import KERAS, convention, layer_of, restacked
from rnnkit.ops import Array, to_numpy

NAMES = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}  # by how many columns a kernel has for each unit
EXPECTED = {
    "SimpleRNN": {},
    "GRU": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "LSTM": {"activation": "tanh", "recurrent_activation": "sigmoid"},
}


def to_keras(layer: Recurrent) -> list[list[Array]]:
    """The layer's weights, as Keras's SimpleRNN, LSTM or GRU take them in ``set_weights``.

    Parameters
    ----------
    layer : RNN, LSTM, GRU or GRUResetBefore
        Of either backend. A GRU is Keras's with reset_after=True (its default), a GRUResetBefore the other.

    Returns
    -------
    list of lists of arrays
        One list a layer: kernel (I, G*H), recurrent kernel (H, G*H), bias; for a bidirectional layer those of the
        forward direction and then those of the backward one, as keras.layers.Bidirectional has them. The bias is
        (2, 3H) for a GRU, which keeps both, and else (G*H,), the sum of bias_ih and bias_hh.

    Raises
    ------
    ValueError
        If Keras has no such layer, or the layer learns its initial state, which is not among the weights there.

    Examples
    --------
    >>> import rnnkit
    >>> [[a.shape for a in weights] for weights in to_keras(rnnkit.GRU(3, 4, num_layers=2))]
    [[(3, 12), (4, 12), (2, 12)], [(4, 12), (4, 12), (2, 12)]]
    """
    convention(KERAS, layer, "Keras")
    return [[a for suffix, _ in layer.ways(k) for a in _weights_of(layer, suffix)] for k in range(layer.num_layers)]


def from_keras(layers: Sequence[Any], activation: str | None = None, reset_after: bool | None = None) -> Recurrent:
    """A layer with the weights of Keras's SimpleRNN, LSTM or GRU, or of a stack of them.

    Parameters
    ----------
    layers : sequence
        One entry a layer, the lowest first: a Keras layer (Bidirectional included), or the list of arrays that its
        ``get_weights()`` returns. The shapes tell its kind, its sizes and its directions.
    activation : "tanh" or "relu", optional
        Of a SimpleRNN given as arrays, which do not tell it; left out: "tanh", Keras's default.
    reset_after : bool, optional
        Of a GRU given as arrays without biases, which do not tell it; left out: True, Keras's default.

    Returns
    -------
    Recurrent
        On NumPy and in the weights' dtype. Where Keras has one bias, it becomes bias_ih, and bias_hh is 0.

    Raises
    ------
    ValueError
        If the layers are of several kinds, have options that rnnkit lacks (another activation, go_backwards, dropout,
        a merge_mode other than "concat"), or their weights do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> layer = from_keras([[np.zeros((3, 16)), np.zeros((4, 16)), np.zeros(16)]])
    >>> type(layer).__name__, layer.input_size, layer.hidden_size
    ('LSTM', 3, 4)
    """
    _check_list(layers)
    cells: list[Any] = []
    params: Params = {}
    for k, entry in enumerate(layers):
        weights, told = _told(entry, {"activation": activation, "reset_after": reset_after})
        for suffix, own in zip((f"_l{k}", f"_l{k}_reverse"), weights, strict=False):
            cells.append(_cell(own, **told))
            params |= _params_of(cells[-1], own, suffix)
    if len(set(cells)) > 1:
        kinds = ", ".join(dict.fromkeys(_spelled(cell) for cell in cells))
        raise checks.wrong(
            f"layers are {kinds}", "one kind", "a layer here is a stack of one. Convert them one by one."
        )
    return layer_of(cells[0], params)


def _check_list(layers: Any) -> None:
    """A list of layers, or of lists of arrays."""
    came = type(layers).__name__
    if isinstance(layers, (list, tuple)):
        wrong = [a for a in layers if not hasattr(a, "get_weights") and not isinstance(a, (list, tuple))]
        if layers and not wrong:
            return
        came = f"a list of {type(wrong[0]).__name__}" if wrong else "empty"
    raise checks.wrong(
        f"layers is {came}",
        "a list with one entry a layer",
        "a Keras layer, or its get_weights(). For one layer: from_keras([layer]).",
    )


def _spelled(cell: Any) -> str:
    options = ", ".join(f"{option}={value}" for option, value in KERAS[cell].options.items())
    return f"{KERAS[cell].name} with {options}" if options else KERAS[cell].name


def _weights_of(layer: Recurrent, suffix: str) -> list[Array]:
    """Kernel, recurrent kernel and bias of one direction."""
    ours, theirs = layer.cell.GATES, KERAS[layer.cell].gates
    p = {name: restacked(to_numpy(a), ours, theirs) for name, a in layer.own(suffix).items()}
    kernels = [np.ascontiguousarray(p["weight_ih"].T), np.ascontiguousarray(p["weight_hh"].T)]
    if not layer.bias:
        return kernels
    return [*kernels, np.stack([p["bias_ih"], p["bias_hh"]]) if layer.cell is gru else p["bias_ih"] + p["bias_hh"]]


def _told(entry: Any, told: dict[str, Any]) -> tuple[list[list[Array]], dict[str, Any]]:
    """Each direction's arrays, and the options that their shapes leave open: a Keras layer's own, or the caller's."""
    if hasattr(entry, "get_weights"):
        arrays, told = entry.get_weights(), _options(entry, told)
    else:
        arrays = [np.asarray(a) for a in entry]
    if len(arrays) not in (2, 3, 4, 6):
        raise checks.wrong(
            f"a layer came with {len(arrays)} arrays",
            "2 (kernel, recurrent kernel) or 3 (and bias), and twice as many if it is bidirectional",
            "Was it built, and is it a SimpleRNN, GRU or LSTM?",
        )
    each = len(arrays) if len(arrays) < 4 else len(arrays) // 2
    return [arrays[start : start + each] for start in range(0, len(arrays), each)], told


def _options(layer: Any, told: dict[str, Any]) -> dict[str, Any]:
    """A Keras layer's own options. A ValueError names one that rnnkit lacks, or that the caller gave another value."""
    ways = [layer]
    if type(layer).__name__ == "Bidirectional":
        ways = [layer.forward_layer, layer.backward_layer]
        if layer.merge_mode != "concat":
            raise checks.wrong(f"merge_mode is {layer.merge_mode!r}", "'concat', which is how rnnkit joins directions")
    options: dict[str, Any] = {}
    for way, backwards in zip(ways, (False, True), strict=False):
        name = type(way).__name__
        if name not in EXPECTED:
            raise checks.wrong(f"a layer is a {name}", f"{', '.join(EXPECTED)} or Bidirectional")
        options = way.get_config()
        for option, wanted in (EXPECTED[name] | {"go_backwards": backwards}).items():
            if options[option] != wanted:
                raise checks.wrong(f"{name} has {option}={options[option]!r}", f"{wanted!r}", "rnnkit has that alone.")
        for option in ("dropout", "recurrent_dropout"):
            if options.get(option):
                hint = "rnnkit's layers drop nothing of their input or state. Give its get_weights() to do without."
                raise checks.wrong(f"{name} has {option}={options[option]!r}", 0, hint)
    for option, value in told.items():
        if value not in (None, options.get(option)):
            raise checks.wrong(f"{option} is {value!r}", f"{options.get(option)!r}, the Keras layer's", "Leave it out.")
    return {option: options.get(option) for option in told}


def _cell(weights: list[Array], activation: str | None, reset_after: bool | None) -> Any:
    """Our cell whose arrays have these shapes, and which has these options."""
    kernel, recurrent, *bias = weights
    H = recurrent.shape[0] if recurrent.ndim == 2 else 0
    name = NAMES.get(recurrent.shape[1] / H) if H else None
    if name is None or kernel.ndim != 2 or kernel.shape[1] != recurrent.shape[1]:
        raise checks.wrong(
            f"kernel and recurrent kernel have shapes {kernel.shape} and {recurrent.shape}",
            "(I, G*H) and (H, G*H), with G = 1, 3 or 4",
            "Are they transposed, as torch.nn has them?",
        )
    _check_activation(name, activation)
    options: dict[str, Any] = {}
    if name == "SimpleRNN":
        options = {"activation": activation or "tanh"}
    elif name == "GRU":
        options = {"reset_after": _reset_after(bias, reset_after)}
    wanted = (2, kernel.shape[1]) if options.get("reset_after") else (kernel.shape[1],)
    if bias and bias[0].shape != wanted:
        raise checks.wrong(f"bias has shape {bias[0].shape}", wanted, "one for each column of the kernel.")
    return next(cell for cell, entry in KERAS.items() if (entry.name, entry.options) == (name, options))


def _check_activation(name: str, activation: str | None) -> None:
    if name == "SimpleRNN" and activation is not None:
        checks.one_of("activation", activation, ("tanh", "relu"))
    if name != "SimpleRNN" and activation not in (None, "tanh"):
        raise checks.wrong(f"activation is {activation!r}", "'tanh'", "rnnkit's LSTM and GRU have no other.")


def _reset_after(bias: list[Array], told: bool | None) -> bool:
    """Whether a GRU resets after the product, as one with two rows of biases does. Without biases: as told, or True."""
    if not bias:
        return told is not False
    found = bool(bias[0].ndim == 2)
    if told not in (None, found):
        raise checks.wrong(f"reset_after is {told}", found, f"the bias has shape {bias[0].shape}.")
    return found


def _params_of(cell: Any, weights: list[Array], suffix: str) -> Params:
    """One direction's arrays by our names."""
    kernel, recurrent, *bias = weights
    p = {"weight_ih": kernel.T, "weight_hh": recurrent.T}
    if bias:
        both = bias[0] if cell is gru else (bias[0], np.zeros_like(bias[0]))
        p |= {"bias_ih": both[0], "bias_hh": both[1]}
    return {name + suffix: restacked(a, KERAS[cell].gates, cell.GATES) for name, a in p.items()}
