"""Exercise ps3-gradients.repaired: settings under which a run does not diverge, and the weights that it came to."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps3_gradients.run import T, Weights, draw, forward, start, train

LONGEST_STEP = 0.01
FRESH = 1000  # sequences
SMALLEST, LARGEST = 0.1, 1.0  # of gain to the power of T
GOOD = 0.1  # of the error of one who always says 0
SETTINGS = 3


def mended(fresh: int) -> tuple[Any, ...]:
    """(gain, learning_rate, max_norm, and four arrays of weights) of a run that learns."""
    gain, learning_rate, max_norm = 1.0, 0.1, 0.1
    return gain, learning_rate, max_norm, *train(gain=gain, learning_rate=learning_rate, max_norm=max_norm)[0]


def _cases(rng: np.random.Generator) -> list[Case]:
    return [Case("handed in", (int(rng.integers(2**32)),), "")]


def _settings(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> tuple[float, float, float]:
    came = call(exercise, function, cases[0]).values[:SETTINGS]
    gain, learning_rate, max_norm = (v.item() if v.shape == () else np.nan for v in came)
    return gain, learning_rate, max_norm


def _starts_well(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    gain = _settings(exercise, function, cases)[0]
    return gain > 0 and SMALLEST <= gain**T <= LARGEST + 1e-9


def _short_steps(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    _, learning_rate, max_norm = _settings(exercise, function, cases)
    return learning_rate > 0 and max_norm > 0 and learning_rate * max_norm <= LONGEST_STEP + 1e-9


def _weights(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> Weights | None:
    """The weights, if they have their shapes and are numbers."""
    came = Weights(*call(exercise, function, cases[0]).values[SETTINGS:])
    due = start(np.random.default_rng(0), 1.0)
    fits = [a.shape for a in came] == [b.shape for b in due] and all(np.isfinite(a).all() for a in came)
    return came if fits else None


def _are_numbers(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return _weights(exercise, function, cases) is not None


def _error(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """The mean squared error on fresh sequences, as a share of that of one who always says 0."""
    w = _weights(exercise, function, cases)
    if w is None:
        return np.inf
    xs, targets = draw(np.random.default_rng(cases[0].args[0]), FRESH)
    with np.errstate(all="ignore"):
        return float(np.mean((forward(w, xs)[0] - targets) ** 2) / np.mean(targets**2))


def _learned(share: float) -> Callable[..., bool]:
    return lambda exercise, function, cases: _error(exercise, function, cases) <= share


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    came = call(exercise, function, cases[0]).values
    if not came or any(v.shape for v in came[:SETTINGS]):
        return ""
    gain, learning_rate, max_norm = _settings(exercise, function, cases)
    signs = dict(zip(("gain", "learning_rate", "max_norm"), (gain, learning_rate, max_norm), strict=True))
    if below := [f"{name} is {value:g}" for name, value in signs.items() if not value > 0]:
        return f"{' and '.join(below)}. Each of the three settings has to be above 0."
    if not _starts_well(exercise, function, cases):
        told = "the gradient of the first step explodes" if gain > 1 else "little of the first step arrives"
        return f"At gain {gain:g} a product of {T} Jacobians begins near {gain**T:.2g}: {told}. Choose a gain near 1."
    if not _short_steps(exercise, function, cases):
        bound = learning_rate * max_norm
        said = "can be of any length" if bound == np.inf else f"can be {bound:g} long"
        return (
            f"An update {said}: learning_rate · max_norm is its bound, and has to be at most "
            f"{LONGEST_STEP:g}. Make one of the two smaller, or max_norm finite."
        )
    if not _are_numbers(exercise, function, cases):
        return "Some weights are NaN, infinite or of another shape: hand in what train returned for these settings."
    share = _error(exercise, function, cases)
    if share > GOOD:
        return (
            f"The settings keep their bounds. On fresh sequences these weights have {share:.3g} times the error of "
            f"always saying 0, and at most {GOOD:g} is asked for. If they are what train returned for these settings, "
            "let it run longer, bring the gain nearer to 1, or give more of the product to learning_rate: a gradient "
            "shorter than max_norm makes an update shorter than the bound."
        )
    return ""


EXERCISE = Exercise(
    name="repaired",
    number=5,
    parameters={"fresh": ""},
    outputs=(
        Output("gain", "number"),
        Output("learning_rate", "number"),
        Output("max_norm", "number"),
        Output("weight_ih", "array", {"H": "to unit", "I": "from input"}),
        Output("weight_hh", "array", {"H": "to unit", "J": "from unit"}),
        Output("bias", "array", {"H": "unit"}),
        Output("weight_out", "array", {"H": "from unit"}),
    ),
    layers=(
        Layer(f"gain is above 0, its {T}th power between {SMALLEST:g} and 1", 0.75, "handed in", judge=_starts_well),
        Layer(
            f"rate and clipping above 0, no update longer than {LONGEST_STEP:g}", 0.75, "handed in", judge=_short_steps
        ),
        Layer("all weights are numbers, in their shapes", 0.5, "handed in", judge=_are_numbers),
        Layer("fresh sequences: a smaller error than always saying 0", 0.75, "handed in", judge=_learned(0.9)),
        Layer("fresh sequences: a tenth of that error, or less", 1.25, "handed in", judge=_learned(GOOD)),
    ),
    cases=_cases,
    reference=mended,
    by_property=_seen,
    lends={"train": train},
    procedure="mended",
)
