"""Weights to and from torch.nn. Its names and its order of gates are ours, so nothing is moved or merged."""

from collections.abc import Mapping
from typing import Any

from rnnkit import checks
from rnnkit.cells import gru, lstm, rnn, rnn_relu
from rnnkit.extras import needed
from rnnkit.layers import Dropout, Embedding, Layer, Linear, Pooling, Recurrent, Sequential
from rnnkit.layouts.conventions import TORCH, convention, layer_of
from rnnkit.ops import Array, to_numpy

MODES = {"RNN_TANH": rnn, "RNN_RELU": rnn_relu, "LSTM": lstm, "GRU": gru}
ALIKE = (Embedding, Linear, Pooling, Dropout)  # with torch.nn's names for their weights, or with none


def to_torch(model: Layer | Sequential) -> dict[str, Array]:
    """The weights as a ``state_dict`` of torch.nn.RNN, LSTM or GRU, or of a torch.nn.Sequential.

    Parameters
    ----------
    model : layer or Sequential
        Of either backend, made of RNN, LSTM, GRU, Embedding, Linear, Dropout, Last, Final, MeanPool and MaxPool.

    Returns
    -------
    dict of torch.Tensor
        Copies, on the CPU and in the model's dtype: ``weight_ih_l0`` (G*H, I), ``weight_hh_l0`` (G*H, H),
        ``bias_ih_l0`` and ``bias_hh_l0`` (G*H,), and so on for each layer and direction; of a Sequential with the
        layer's number before them, ``1.weight_ih_l0``. Exact.

    Raises
    ------
    ValueError
        If torch.nn has no such layer, or one learns its initial state, which is not among the weights there.
    ImportError
        If torch is not installed.

    Examples
    --------
    >>> import rnnkit, torch
    >>> theirs = torch.nn.LSTM(3, 4, dtype=torch.float64)
    >>> theirs.load_state_dict(to_torch(rnnkit.LSTM(3, 4, rng=0)))
    <All keys matched successfully>
    """
    torch = needed("torch")
    for layer in model.layers if isinstance(model, Sequential) else (model,):
        if not isinstance(layer, ALIKE):
            convention(TORCH, layer, "torch.nn")
    names = [*model.params, *getattr(model, "tied", ())]  # torch.nn has those that are tied under both names
    return {name: torch.tensor(to_numpy(model.params[name])) for name in names}


def from_torch(source: Any, nonlinearity: str | None = None) -> Recurrent:
    """A layer with the weights of a torch.nn.RNN, LSTM or GRU.

    Parameters
    ----------
    source : torch.nn.RNN, LSTM or GRU, or the state_dict of one
        Names and shapes tell its kind, its sizes, its number of layers and its directions. The layer here is
        time-major, whatever ``batch_first`` says.
    nonlinearity : "tanh" or "relu", optional
        Of an RNN given as a state_dict, which does not tell it; left out: "tanh", torch's default.

    Returns
    -------
    Recurrent
        On NumPy and in the weights' dtype. ``.to("torch")`` takes it back to Torch.

    Raises
    ------
    ValueError
        If the weights are of something else, are projected (``proj_size``), are neither float32 nor float64, or do
        not fit together.

    Examples
    --------
    >>> import torch
    >>> layer = from_torch(torch.nn.GRU(3, 4, num_layers=2, bidirectional=True))
    >>> type(layer).__name__, layer.num_layers, layer.num_directions, layer.dtype.name
    ('GRU', 2, 2, 'float32')
    """
    if nonlinearity is not None:
        checks.one_of("nonlinearity", nonlinearity, ("tanh", "relu"))
    weights = source.state_dict() if hasattr(source, "state_dict") else source
    if not isinstance(weights, Mapping):
        raise checks.wrong(f"source is {type(source).__name__}", "a torch.nn.RNN, LSTM or GRU or its state_dict")
    _check_names(list(weights))
    for name, a in weights.items():
        if str(getattr(a, "dtype", None)).removeprefix("torch.") not in ("float32", "float64"):
            came = getattr(a, "dtype", type(a).__name__)
            raise checks.wrong(f"{name} is {came}", "float32 or float64", "Use module.float().")
    cell = _cell(weights, getattr(source, "mode", None), nonlinearity)
    return layer_of(cell, {name: to_numpy(a) for name, a in weights.items()}, getattr(source, "dropout", 0.0))


def _check_names(names: list[str]) -> None:
    """The names of a recurrent layer that we have."""
    if projected := [name for name in names if name.startswith("weight_hr_l")]:
        raise checks.wrong(f"source has {projected[0]}", "no proj_size", "rnnkit does not have it.")
    if {"weight_ih_l0", "weight_hh_l0"} <= set(names):
        return
    inside = [name.removesuffix("weight_hh_l0") for name in names if name.endswith(".weight_hh_l0")]
    hint = ""
    if inside:
        hint = f"Is it {inside[0].removesuffix('.')} that you want? Give that module alone."
    elif "weight_hh" in names:
        hint = "Is it a cell, such as torch.nn.LSTMCell? Append _l0 to its names."
    raise checks.wrong(f"source has {', '.join(names[:4]) or 'no weights'}", "weight_ih_l0 and weight_hh_l0", hint)


def _cell(weights: Mapping[str, Array], mode: str | None, nonlinearity: str | None) -> Any:
    """Our cell with so many rows of weights, or of the module's mode."""
    if mode in MODES:
        cell = MODES[mode]
    else:
        rows, H = weights["weight_hh_l0"].shape[0], weights["weight_hh_l0"].shape[-1]
        by_rows: dict[int, Any] = {H: rnn_relu if nonlinearity == "relu" else rnn, 3 * H: gru, 4 * H: lstm}
        if rows not in by_rows or not H:
            raise checks.wrong(
                f"weight_hh_l0 has shape ({rows}, {H})", "(H, H) of an RNN, (3H, H) of a GRU or (4H, H) of an LSTM"
            )
        cell = by_rows[rows]
    known = TORCH[cell].options.get("nonlinearity")
    if nonlinearity not in (None, known):
        kind = f"the weights are of {TORCH[cell].name}{f' with {known}' if known else ''}."
        raise checks.wrong(f"nonlinearity is {nonlinearity!r}", repr(known), kind)
    return cell
