"""Exercise ps5-applications.trained: a network that beats a baseline, handed in as its weights."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications.language import (
    NAMES,
    TASK,
    Network,
    V,
    baseline,
    bits,
    fresh,
    log_probabilities,
    stored,
    train,
)

UNITS = 32  # at most
CELLS = {1: "a simple RNN", 3: "a GRU", 4: "an LSTM"}  # by the blocks of rows
NEAR = 0.01  # bits above the reference that still earn all
PRESENT = float(TASK.chance_loss / np.log(2))  # bits of who sees the present symbol alone


def six_arrays(fresh: int) -> tuple[Values, ...]:
    """The six arrays of the network that the solution trains."""
    return tuple(train()[name] for name in NAMES)


@cache
def borders(seed: int) -> tuple[float, float]:
    """On the same fresh strings: the bits of the baseline, and those that earn all points."""
    of = fresh(seed)
    return baseline(of), bits(log_probabilities(stored("reference"), of), of) + NEAR


def _network(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> Network | str:
    """What was handed in, or what is wrong with its shapes and sizes."""
    came = call(exercise, function, cases[0]).values
    if len(came) != len(Network._fields):
        return ""
    w = Network(*came)
    H = w.weight_hh.shape[-1] if w.weight_hh.ndim == 2 else 0
    if not H or len(w.weight_hh) not in [blocks * H for blocks in CELLS]:
        came_as = f"weight_hh has shape {w.weight_hh.shape}"
        return f"{came_as}. It is (H, H) for a simple RNN, (3H, H) for a GRU and (4H, H) for an LSTM."
    if H > UNITS:
        return f"This network has {H} units, and {UNITS} are the most."
    G = len(w.weight_hh)
    due = (G, V), (G, H), (G,), (G,), (V, H), (V,)
    for name, array, shape in zip(Network._fields, w, due, strict=True):
        if array.shape != shape:
            what = f"weight_hh has shape {(G, H)}, that of {CELLS[G // H]} with H = {H}"
            return f"{what}. Then {name} is {shape}, but {array.shape} came."
    if not all(np.isfinite(array).all() for array in w):
        return (
            "Some weights are NaN or infinite: the training has diverged. A smaller learning rate, or clipping, helps."
        )
    return w


def _measured(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """Bits a symbol on fresh strings; infinite if there is no network."""
    w = _network(exercise, function, cases)
    if isinstance(w, str):
        return np.inf
    return _bits(cases[0].args[0], tuple((array.shape, array.tobytes()) for array in w))


@lru_cache(maxsize=4)
def _bits(seed: int, arrays: tuple[tuple[tuple[int, ...], bytes], ...]) -> float:
    """Worked out once for all properties."""
    w = Network(*(np.frombuffer(values).reshape(shape) for shape, values in arrays))
    with np.errstate(all="ignore"):
        came = bits(log_probabilities(w, fresh(seed)), fresh(seed))
    return came if np.isfinite(came) else np.inf


def _is_one(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return isinstance(_network(exercise, function, cases), Network)


def _remembers(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return _measured(exercise, function, cases) < PRESENT


def _beats(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return _measured(exercise, function, cases) < borders(cases[0].args[0])[0]


def _way(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """How much of the way from the baseline to the reference, in hundredths."""
    low, high = borders(cases[0].args[0])
    share = (low - _measured(exercise, function, cases)) / (low - high)
    return round(float(np.clip(share, 0, 1)), 2)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    w = _network(exercise, function, cases)
    if isinstance(w, str):
        return w
    of = fresh(cases[0].args[0])
    low, high = borders(cases[0].args[0])
    log_p = log_probabilities(w, of)
    came, said = bits(log_p, of), log_p.argmax(-1)
    text = f"On fresh strings this network needs {came:.3f} bits a symbol; the baseline {low:.3f}"
    text = f"{text}, and all points {high:.3f}."
    if (said == of.read)[of.real].mean() > 0.9:
        return f"{text} What it gives most to is the symbol that it has just read: is it trained on the next one?"
    again = log_probabilities(w._replace(weight_hh=0 * w.weight_hh), of)
    if abs(again - log_p).max() < 1e-6:
        return f"{text} Its states do not go on from step to step: weight_hh has no effect."
    if came > np.log2(V):
        return (
            f"{text} To give {V} symbols the same would cost {np.log2(V):g}. Either it is not the network that was "
            "trained (are the arrays in their order, and the blocks of rows in PyTorch's?), or it has learned a few "
            "strings by heart and is sure of what is wrong: draw new ones for each update."
        )
    if came > low:
        cure = "Let it run longer, on new strings, or with more units."
        return f"{text} Does its loss still fall when the training ends? {cure}"
    cure = "More updates, a learning rate that falls at the end, or more units bring the rest."
    return f"{text} It beats the baseline. {cure}"


EXERCISE = Exercise(
    name="trained",
    number=7,
    parameters={"fresh": ""},
    outputs=(
        Output("weight_ih", "array", {"G": "to row", "V": "from symbol"}),
        Output("weight_hh", "array", {"G": "to row", "H": "from unit"}),
        Output("bias_ih", "array", {"G": "row"}),
        Output("bias_hh", "array", {"G": "row"}),
        Output("weight_out", "array", {"V": "to symbol", "H": "from unit"}),
        Output("bias_out", "array", {"V": "symbol"}),
    ),
    layers=(
        Layer(f"six arrays of a network with {UNITS} units at most", 0.5, "handed in", judge=_is_one),
        Layer("fresh strings: fewer bits than the present symbol alone allows", 0.5, "handed in", judge=_remembers),
        Layer("fresh strings: fewer bits than the baseline", 1.0, "handed in", judge=_beats),
        Layer("fresh strings: the way from the baseline to the reference", 3.0, "handed in", judge=_beats, share=_way),
    ),
    cases=lambda rng: [Case("handed in", (int(rng.integers(2**32)),), "")],
    reference=six_arrays,
    by_property=_seen,
    lends={"train": train, "stored": stored},
    procedure="six_arrays",
)
