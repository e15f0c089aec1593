"""Exercise ps2-bptt.terms: what each step adds to one weight's gradient, with numbers drawn from the student's name."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.convert import is_missing
from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Told, Values
from rnnkit.course.answer.typed import near

T = 4
INPUTS = (-1.0, -0.5, 0.5, 1.0)
STARTS = (-0.8, -0.6, -0.4, 0.4, 0.6, 0.8)
INPUT_WEIGHTS = (-0.7, -0.6, -0.5, -0.4, 0.4, 0.5, 0.6, 0.7)
WEIGHTS = (-1.3, -1.2, -1.1, -0.9, 0.9, 1.1, 1.2, 1.3)
BIASES = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)
TOLERANCE = 0.002
SMALLEST = 0.015  # no term is so small that a slip in it would be within the tolerance


class Numbers(NamedTuple):
    """A simple RNN with one input and one unit, a sequence of four inputs, and what h_4 should have been."""

    xs: tuple[float, ...]
    h0: float
    weight_ih: float
    weight_hh: float
    bias: float
    target: float


class Step(NamedTuple):
    """What step t has to do with the gradient."""

    x: float
    h_prev: float
    h: float
    d_h: float  # ∂L/∂h_t

    @property
    def slope(self) -> float:
        return 1 - self.h**2


def steps(xs: Sequence[float], h0: float, weight_ih: float, weight_hh: float, bias: float, target: float) -> list[Step]:
    """The four steps, with ∂L/∂h_t for L = (h_4 − target)² / 2."""
    hs = [h0]
    for x in xs:
        hs.append(math.tanh(weight_ih * x + weight_hh * hs[-1] + bias))
    found: list[Step] = []
    d_h = hs[-1] - target
    for t in reversed(range(T)):
        found.insert(0, Step(xs[t], hs[t], hs[t + 1], d_h))
        d_h = d_h * found[0].slope * weight_hh
    return found


def four_terms(*numbers: Any) -> list[float]:
    """∂L/∂h_t (1 − h_t²) h_{t−1} for each step."""
    return [s.d_h * s.slope * s.h_prev for s in steps(*numbers)]


def _candidate(pick: Callable[[Sequence[float]], float]) -> Numbers:
    xs = tuple(pick(INPUTS) for _ in range(T))
    return Numbers(xs, pick(STARTS), pick(INPUT_WEIGHTS), pick(WEIGHTS), pick(BIASES), pick((-1.0, 1.0)))


def _tells(numbers: Numbers) -> bool:
    found, terms = steps(*numbers), np.array(four_terms(*numbers))
    states = np.array([s.h for s in found])
    if min(abs(terms)) < SMALLEST or min(abs(np.diff(np.sort(terms)))) < SMALLEST:
        return False
    return bool(abs(found[-1].d_h) > 0.6 and abs(states).min() > 0.15 and abs(np.diff(states)).min() > 0.1)


SLIPS: tuple[tuple[str, Callable[[Step], float]], ...] = (
    ("the slope 1 − h² is missing", lambda s: s.d_h * s.h_prev),
    ("h of the same step stands in place of the one before it", lambda s: s.d_h * s.slope * s.h),
    ("x stands in place of the state before it", lambda s: s.d_h * s.slope * s.x),
    ("the state before it is missing", lambda s: s.d_h * s.slope),
    ("the sign is turned", lambda s: -s.d_h * s.slope * s.h_prev),
    ("the slope is taken twice", lambda s: s.d_h * s.slope**2 * s.h_prev),
    ("the slope is that of the step before", lambda s: s.d_h * (1 - s.h_prev**2) * s.h_prev),
)


def _explain(case: Case, got: Values, expected: Values) -> Told:
    """The first term that is off, on the way back from step 4, and the slip that would account for it."""
    found = steps(*case.args)
    t = int(np.flatnonzero(~(abs(got - expected) <= TOLERANCE))[-1])
    if is_missing(got[t]):
        came = T - is_missing(got).sum()
        return Told(f"The term of step {t + 1} is missing: {T} are expected, and {came} came.", True)
    later = [str(k + 1) for k in range(t + 1, T)]
    before = f"Right from the end back to step {later[0]}. " if later else ""
    text = f"{before}The term of step {t + 1} = {got[t] + 0:g} is off."
    if not is_missing(got).any() and (got == got.round(2)).all() and (abs(got - expected) < 0.0055).all():
        return Told("You wrote two decimals: write down three, and carry at least four.", True)
    slips = [words for words, term in SLIPS if abs(term(found[t]) - got[t]) <= TOLERANCE]
    if slips:
        return Told(f"{text} It is what comes out when {slips[0]}.", True)
    if later:
        on_the_way = f"On the way from step {t + 2} to step {t + 1}"
        return Told(f"{text} {on_the_way}, ∂L/∂h is multiplied by 1 − h_{t + 2}² and by weight_hh.", False)
    return Told(f"{text} It is ∂L/∂h_{t + 1} times 1 − h_{t + 1}² times h_{t}.", False)


EXERCISE = Exercise(
    name="terms",
    number=6,
    parameters=dict.fromkeys(Numbers._fields, ""),
    outputs=(Output("terms", "sequence", {"T": "step"}, T),),
    layers=(
        *(Layer(f"the term of step {t + 1}", 0.75, "own", alike=near(t, TOLERANCE)) for t in range(T)),
        Layer("all four terms", 1.0, "own"),
    ),
    reference=four_terms,
    own=Own(_candidate, _tells),
    explain=_explain,
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.01,
    procedure="four_terms",
    note="The numbers are those of {name}.",
)
