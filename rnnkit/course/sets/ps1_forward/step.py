"""Exercise ps1-forward.rnn_step: one step of a simple RNN."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rnnkit.cells import rnn
from rnnkit.course.answer.compare import same_order
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Fit, Layer, Output, Values
from rnnkit.params import uniform
from rnnkit.unroll import project

WEIGHTS = {"weight_ih": "H I", "weight_hh": "H H", "bias_ih": "H", "bias_hh": "H"}


def rnn_step(x: Values, h: Values, weight_ih: Values, weight_hh: Values, bias_ih: Values, bias_hh: Values) -> Values:
    """(..., I), (..., H) -> (..., H), by rnnkit's cell. Lent to later exercises, so it takes arguments by name."""
    weights = (weight_ih, weight_hh, bias_ih, bias_hh)
    p = dict(zip(WEIGHTS, weights, strict=True))
    new, _ = rnn.step(p, project(rnn, p, x), (h,))
    h_new: Values = new[0]
    return h_new


def _step_args(rng: np.random.Generator, N: int, I: int, H: int, far: float = 1.0) -> list[Values]:
    x, h = rng.uniform(-1, 1, (N, I)), rng.uniform(-far, far, (N, H))
    return [x, h, *uniform(rnn, I, H, rng).values()]


def _step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for (N, I, H), far in (((3, 4, 5), 1), ((5, 2, 3), 3), ((1, 6, 4), 1), ((4, 4, 4), 1)):
        args = _step_args(rng, N, I, H, far)
        cases.append(Case("together", tuple(args), f"with N={N}, I={I}, H={H}" + ", h far from zero" * (far > 1)))
    keeps: dict[str, tuple[tuple[int, ...], str]] = {"x": ((0, 2), "x @ weight_ih.T"), "h": ((1, 3), "h @ weight_hh.T")}
    keeps |= {"bias_ih": ((4,), "bias_ih"), "bias_hh": ((5,), "bias_hh")}
    for what, (kept, term) in keeps.items():
        alone = [a if k in kept or k in (2, 3) else a * 0 for k, a in enumerate(_step_args(rng, 3, 4, 5))]
        label, only = f"with N=3, I=4, H=5, {what} alone", f"With only {what} not zero"
        cases.append(Case(f"{what} alone", tuple(alone), label, only, term))
    return cases


INVERSES: tuple[tuple[str, str, Callable[[Values], Values]], ...] = (
    ("Before its tanh", "", np.arctanh),
    ("In the sum", "There is no tanh around the sum.", lambda h: h),
    ("Before it", "A sigmoid stands in place of the tanh.", lambda h: np.log(h / (1 - h))),
    ("Before it", "A ReLU stands in place of the tanh.", lambda h: np.where((h > 0) & (h.min() >= 0), h, np.nan)),
)
MISFIT = "x is (N, I) and weight_ih (H, I): x @ weight_ih.T is (N, H); h @ weight_hh.T likewise."
CAUSES = (
    Cause(ValueError, "matmul|not aligned", MISFIT),
    Cause(ValueError, "could not be broadcast", f"the terms of a sum differ in shape. {MISFIT}"),
)


def _step_fits(case: Case, got: tuple[Values, ...], expected: tuple[Values, ...]) -> Iterator[Fit]:
    if not got or got[0].shape != expected[0].shape:
        return
    x, h, *weights = case.args
    yield from terms(x, h, weights, got[0], _transposed(x, h, weights))


def terms(x: Values, h: Values, weights: Sequence[Values], got: Values, strange: dict[str, Values]) -> Iterator[Fit]:
    """What the cell adds up, for each squashing function that it could have gone through."""
    weight_ih, weight_hh, bias_ih, bias_hh = weights
    ones = np.ones_like(got)
    summed = {
        "x @ weight_ih.T": x @ weight_ih.T,
        "h @ weight_hh.T": h @ weight_hh.T,
        "bias_ih": ones * bias_ih,
        "bias_hh": ones * bias_hh,
    }
    for says, alike, inverse in INVERSES:
        yield Fit(says, summed, strange, inverse(got), alike, partial="ReLU" in alike)


def _transposed(x: Values, h: Values, weights: Sequence[Values]) -> dict[str, Values]:
    """Products with a weight the wrong way round, where the sizes let them through."""
    strange = {"h @ weight_hh (not transposed)": h @ weights[1]}
    if x.shape[1] == len(weights[0]):
        strange["x @ weight_ih (not transposed)"] = x @ weights[0]
    return strange


EXERCISE = Exercise(
    name="rnn_step",
    number=1,
    parameters={"x": "N I", "h": "N H", **WEIGHTS},
    outputs=(Output("h_new", "array", {"N": "sequence", "H": "unit"}),),
    layers=(
        Layer("all terms together, on random cases of four sizes", 1.25, "together"),
        Layer("what x contributes, whatever squashes it", 0.75, "x alone", alike=same_order),
        Layer("what h contributes, whatever squashes it", 0.75, "h alone", alike=same_order),
        Layer("what bias_ih contributes", 0.25, "bias_ih alone", alike=same_order),
        Layer("what bias_hh contributes", 0.25, "bias_hh alone", alike=same_order),
        Layer(UNCHANGED, 0.75, "", needs=(1, 2, 3, 4), unchanged=True),
    ),
    cases=_step_cases,
    reference=rnn_step,
    squash="np.tanh",
    fits=_step_fits,
    causes=CAUSES,
)
