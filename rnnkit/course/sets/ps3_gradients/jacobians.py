"""Exercise ps3-gradients.jacobian_norms: the Jacobian of each step of a run, and how large their product becomes."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps3_gradients import FORBIDDEN, NOT_THERE

Slope = Callable[[Values], Values]  # of tanh, by its value
STEP, TOLERANCE = 1e-5, 1e-4


def jacobian_norms(hs: Values, weight_hh: Values, *, slope: Slope = lambda h: 1 - h * h) -> tuple[Values, Values]:
    """∂h_t/∂h_{t−1} for each step, (T, H, H), and the largest singular value of ∂h_t/∂h_0, (T,)."""
    jacobians = slope(hs)[:, :, None] * weight_hh
    product, norms = np.eye(len(weight_hh)), []
    for jacobian in jacobians:
        product = jacobian @ product
        norms.append(np.linalg.norm(product, 2))
    return jacobians, np.array(norms)


def states(drive: Values, h0: Values, weight_hh: Values) -> Values:
    """h_1 to h_T of a run, (T, H), where ``drive`` is what the inputs and the bias add to each sum."""
    h, hs = h0, []
    for a in drive:
        h = np.tanh(weight_hh @ h + a)
        hs.append(h)
    return np.array(hs)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    plan = (
        *(("run", T, H, 1.2) for T, H in ((5, 3), (4, 6), (7, 2))),
        *(("at rest", T, H, 0.9) for T, H in ((6, 4), (3, 5))),
        ("one step", 1, 4, 1.0),
        ("long", 60, 5, 0.7),
    )
    for layer, T, H, gain in plan:
        weight_hh = rng.normal(0, gain / np.sqrt(H), (H, H))
        hs = states(rng.normal(0, 0.8, (T, H)), rng.uniform(-1, 1, H), weight_hh) * (layer != "at rest")
        label = f"with T={T}, H={H}" + ", all states 0" * (layer == "at rest")
        cases.append(Case(layer, (hs, weight_hh), label))
    return cases


def _are_slopes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether a nudge of one state moves the next one, and a nudge of h_0 the last one, as the results say."""
    for case in cases:
        hs, weight_hh = case.args
        came = call(exercise, function, case).values
        T, H = hs.shape
        if [v.shape for v in came] != [(T, H, H), (T,)]:
            return False
        h0 = np.full(H, 0.1)
        before = np.concatenate([h0[None], hs[:-1]])
        drive = np.arctanh(hs) - before @ weight_hh.T
        last = _slope(partial(_last, weight_hh, drive), h0)
        each = [_slope(partial(_last, weight_hh, a[None]), h) for h, a in zip(before, drive, strict=True)]
        norm = np.array(np.linalg.norm(last, 2))
        if not (close(came[0], np.array(each), TOLERANCE, 1e-7) and close(came[1][-1], norm, TOLERANCE, 1e-7)):
            return False
    return True


def _last(weight_hh: Values, drive: Values, h0: Values) -> Values:
    h: Values = states(drive, h0, weight_hh)[-1]
    return h


def _slope(function: Callable[[Values], Values], at: Values) -> Values:
    """A Jacobian by central differences: a column for each number that is nudged."""
    nudges = STEP * np.eye(len(at))
    return np.stack([(function(at + n) - function(at - n)) / (2 * STEP) for n in nudges], 1)


def _to_five_digits(got: Values, expected: Values) -> bool:
    """However small a value is: 1e-12 in place of 1e-9 is off."""
    return close(got, expected, 1e-5, 0)


MISFIT = "(T, H) and (H, H) do not broadcast: slopes as (T, H, 1), by [:, :, None], multiply the rows of (H, H)."
ONE_MORE = "is the identity, before step 1, among them?"
CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(ValueError, "could not be broadcast", MISFIT),
    Cause(np.linalg.LinAlgError, "", "a norm or a product got something that is no (H, H) matrix: print its shape."),
    Cause(ValueError, "Improper number of dimensions", "np.linalg.norm(..., 2) takes one matrix (H, H) at a time."),
)
EXERCISE = Exercise(
    name="jacobian_norms",
    number=1,
    parameters={"hs": "T H", "weight_hh": "H H"},
    outputs=(
        Output("jacobians", "array", {"T": "step", "H": "to unit", "J": "from unit"}, place="step {step}"),
        Output("product_norms", "array", {"T": "step"}, place="step {step}", one_more=ONE_MORE),
    ),
    layers=(
        Layer("the Jacobian of each step, on three runs", 1.0, "run", (0,)),
        Layer("the norms of their products, on the same runs", 1.0, "run", (1,)),
        Layer("the Jacobians where all states are 0: W_hh itself", 0.5, "at rest", (0,)),
        Layer("the norms where all states are 0: those of its powers", 0.5, "at rest", (1,)),
        Layer("a run of one step", 0.5, "one step", (0, 1)),
        Layer("sixty steps: small norms, right to five digits", 0.5, "long", (1,), alike=_to_five_digits),
        Layer("both are what nudges do, by finite differences", 0.5, "run", judge=_are_slopes),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3), unchanged=True),
    ),
    cases=_cases,
    reference=jacobian_norms,
    made_with={"slope of tanh": lambda slope: partial(jacobian_norms, slope=slope)},
    causes=CAUSES,
    absent=FORBIDDEN,
)
