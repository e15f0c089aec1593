"""Exercise ps4-gates.half_life: the forget bias that keeps a memory for so long, with lengths of a student's own."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Values
from rnnkit.course.answer.run import call
from rnnkit.course.answer.typed import near
from rnnkit.course.answer.written import either, explained

SHORT, MIDDLE, LONG = (2, 3, 4, 5, 6, 7), (9, 11, 13, 16, 20, 24), (40, 50, 60, 75, 90, 120)
LOW, MEAN, HIGH = (0.2, 0.3, 0.4, 0.6, 0.7, 0.8), (1.2, 1.4, 1.6, 1.8, 2.2), (2.6, 2.8, 3.2, 3.4, 3.6)
TOLERANCE = 0.006  # two decimals, rounded either way


class Numbers(NamedTuple):
    """Three lengths to find a bias for, and three biases to find a length for."""

    lengths: tuple[int, int, int]
    biases: tuple[float, float, float]


def gate(b: float) -> float:
    """σ(b)."""
    return 1 / (1 + math.exp(-b))


def bias(f: float) -> float:
    """The sum at which a sigmoid is f."""
    return math.log(f / (1 - f))


def both_ways(lengths: Sequence[int], biases: Sequence[float]) -> tuple[list[float], list[float]]:
    """b with σ(b)^L = 1/2 for each L, and L for each b."""
    return [bias(0.5 ** (1 / L)) for L in lengths], [math.log(0.5) / math.log(gate(b)) for b in biases]


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    return Numbers((pick(SHORT), pick(MIDDLE), pick(LONG)), (pick(LOW), pick(MEAN), pick(HIGH)))


BIAS_SLIPS: dict[str, Callable[[float], float]] = {
    "f = 1 − 1/L, which falls to about 1/e in L steps: half is 2^(−1/L)": lambda L: bias(1 - 1 / L),
    "f = exp(−1/L), which falls to 1/e in L steps: half is 2^(−1/L)": lambda L: bias(math.exp(-1 / L)),
    "f = 1 − 1/(2L): half of it goes a little at each step, f = 2^(−1/L)": lambda L: bias(1 - 0.5 / L),
    "f itself: a bias is the sum before the sigmoid, log(f / (1 − f))": lambda L: 0.5 ** (1 / L),
    "the right bias with the wrong sign": lambda L: -bias(0.5 ** (1 / L)),
    "the logarithm to base 10: use np.log": lambda L: bias(0.5 ** (1 / L)) / math.log(10),
    "the logarithm to base 2: use np.log": lambda L: bias(0.5 ** (1 / L)) / math.log(2),
    "the logarithm of the length: f is 2^(−1/L), and b is log(f / (1 − f))": math.log,
    "log f, without the division by 1 − f": lambda L: math.log(0.5 ** (1 / L)),
    "f = 2^(−L): f to the power of L is a half, and f the L-th root of it": lambda L: bias(0.5**L),
    "one step too few": lambda L: bias(0.5 ** (1 / (L - 1))),
    "one step too many": lambda L: bias(0.5 ** (1 / (L + 1))),
    "1 − f in place of f in the logarithm alone, log(1 − f)": lambda L: math.log(1 - 0.5 ** (1 / L)),
    "an inverse tanh in place of that of a sigmoid": lambda L: math.atanh(0.5 ** (1 / L)),
}
LENGTH_SLIPS: dict[str, Callable[[float], float]] = {
    "1 / (1 − f), after which about 1/e is left": lambda b: 1 / (1 - gate(b)),
    "−1 / log f, after which 1/e is left": lambda b: -1 / math.log(gate(b)),
    "b in place of f = σ(b)": lambda b: math.log(0.5) / math.log(b),
    "f = σ(−b)": lambda b: math.log(0.5) / math.log(gate(-b)),
    "f = tanh(b)": lambda b: math.log(0.5) / math.log(math.tanh(b)),
    "the quotient upside down: log(1/2) / log f": lambda b: math.log(gate(b)) / math.log(0.5),
    "a negative number of steps: both logarithms are negative, and their quotient is not": (
        lambda b: -math.log(0.5) / math.log(gate(b))
    ),
    "f itself, and not the steps until f to their power is a half": gate,
    "a whole number of steps: two decimals are asked for": lambda b: round(math.log(0.5) / math.log(gate(b))),
    "the next whole number of steps: two decimals are asked for": lambda b: math.ceil(
        math.log(0.5) / math.log(gate(b))
    ),
    "one step less than it is": lambda b: math.log(0.5) / math.log(gate(b)) - 1,
    "a quotient of two kinds of logarithm: take both to the same base": (lambda b: math.log(0.5) / math.log10(gate(b))),
    "log(2) / (1 − f), which is near for an f that is nearly 1": lambda b: math.log(2) / (1 - gate(b)),
}


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first number that is off, and the slip that makes it; never the right one."""
    came = call(exercise, function, cases[0]).values
    if [v.shape for v in came] != [(3,), (3,)]:
        return ""
    right, letters = both_ways(*cases[0].args), "Lb"
    for k, (output, slips) in enumerate(zip(exercise.outputs, (BIAS_SLIPS, LENGTH_SLIPS), strict=True)):
        for of, got, due in zip(cases[0].args[k], came[k], right[k], strict=True):
            if abs(got - due) <= TOLERANCE:
                continue
            if np.isnan(got):
                return f"{output.name} has no number for {letters[k]} = {of:g} yet."
            told = explained(came[k], np.array(right[k]), _made(slips, cases[0].args[k]), TOLERANCE)
            off = abs(came[k] - right[k]) > TOLERANCE
            made = either(told, "for") or f" {_try(k, of, got)}"
            if (abs(np.round(right[k], 1) - came[k])[off] < 1e-9).all():
                made = " It is the right number with too few decimals: two are needed."
            return f"{output.name} for {letters[k]} = {of:g} is {got + 0:g}, which is off.{made}"
    return ""


def _made(slips: dict[str, Callable[[float], float]], given: Sequence[float]) -> Iterator[tuple[str, Values]]:
    """What each slip makes of all three."""
    for words, slip in slips.items():
        yield words, np.array([slip(of) for of in given], float)


def _try(k: int, of: float, got: float) -> str:
    """What the number that came would do, where no slip is known."""
    if k == 0:
        left = gate(got) ** of if abs(got) < 700 else float(got > 0)
        return f"A cell with this bias keeps {left:.3g} of its value for {of:g} steps, where 0.5 is due."
    left = gate(of) ** got if abs(got) < 1e4 else 0.0
    return f"After so many steps a cell with this bias has kept {left:.3g} of its value, where 0.5 is due."


EXERCISE = Exercise(
    name="half_life",
    number=5,
    parameters=dict.fromkeys(Numbers._fields, ""),
    outputs=(
        Output("forget_biases", "sequence", {"K": "length"}, 3),
        Output("half_lives", "sequence", {"K": "bias"}, 3),
    ),
    layers=(
        *(Layer(f"the bias for length {k + 1}", 0.4, "own", (0,), alike=near(k, TOLERANCE)) for k in range(3)),
        *(Layer(f"the half-life of bias {k + 1}", 0.4, "own", (1,), alike=near(k, TOLERANCE)) for k in range(3)),
        Layer("all six", 0.6, "own", (0, 1)),
    ),
    reference=both_ways,
    own=Own(_candidate, lambda numbers: True),
    by_property=_seen,
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.02,
    procedure="both_ways",
    note="The numbers are those of {name}.",
)
