"""Exercise ps2-bptt.rnn_step_backward: the adjoint of one step."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps2_bptt import FORBIDDEN
from rnnkit.gradcheck import numeric_gradient

NOT_THERE = "is this part of rnnkit, or a library that differentiates? This set is solved with NumPy alone."
MISFIT = "a sequence is a row: (N, H) @ (H, I) is (N, I), and for a weight's gradient (H, N) @ (N, I) is (H, I)."
CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(ValueError, "matmul|not aligned", MISFIT),
    Cause(ValueError, "could not be broadcast", f"the shapes of a sum or a product differ. {MISFIT}"),
)
Slope = Callable[[Values], Values]  # of tanh, by its value
STEP, TOLERANCE = 1e-3, 1e-4  # wide enough for results in float32


def rnn_step_backward(
    d_h: Values,
    x: Values,
    h_prev: Values,
    h: Values,
    weight_ih: Values,
    weight_hh: Values,
    *,
    slope: Slope = lambda h: 1 - h * h,
) -> tuple[Values, ...]:
    """(d_x, d_h_prev, d_weight_ih, d_weight_hh, d_bias). Lent to later exercises, so it uses nothing but NumPy."""
    d_a = d_h * slope(h)  # (N, H)
    return d_a @ weight_ih, d_a @ weight_hh, d_a.T @ x, d_a.T @ h_prev, d_a.sum(0)


def weights(rng: np.random.Generator, I: int, H: int) -> list[Values]:
    """weight_ih, weight_hh and a bias, U(±1/√H)."""
    return [rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in ((H, I), (H, H), (H,))]


def run(xs: Values, h0: Values, weight_ih: Values, weight_hh: Values, bias: Values) -> Values:
    """The states (T, N, H) of a simple RNN."""
    h, hs = h0, []
    for x in xs:
        h = np.tanh(x @ weight_ih.T + h @ weight_hh.T + bias)
        hs.append(h)
    return np.array(hs)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    random = [("random", *sizes) for sizes in ((3, 4, 5), (4, 2, 3), (2, 6, 4), (1, 3, 2), (3, 4, 4))]
    for layer, N, I, H in (*random, ("flat", 3, 4, 5)):
        x, h_prev, d_h = rng.uniform(-2, 2, (N, I)), rng.uniform(-1, 1, (N, H)), rng.normal(0, 1, (N, H))
        weight_ih, weight_hh, bias = weights(rng, I, H)
        h = run(x[None], h_prev, weight_ih, weight_hh, bias)[0] * (layer != "flat")
        label = f"with N={N}, I={I}, H={H}" + ", h all 0" * (layer == "flat")
        cases.append(Case(layer, (d_h, x, h_prev, h, weight_ih, weight_hh), label))
    return cases


def _slopes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the results are the slopes of (d_h * h).sum(), by finite differences."""
    d_h, x, h_prev, h, weight_ih, weight_hh = (a.copy() for a in cases[0].args)
    bias = (np.arctanh(h) - x @ weight_ih.T - h_prev @ weight_hh.T)[0]
    inputs = [x[None], h_prev, weight_ih, weight_hh, bias]
    return are_slopes(call(exercise, function, cases[0]).values, inputs, lambda: float((d_h * run(*inputs)[0]).sum()))


def are_slopes(got: tuple[Values, ...], inputs: Sequence[Values], loss: Callable[[], float]) -> bool:
    """Whether each result is the slope of ``loss``, which reads ``inputs``, in the input that it belongs to."""
    if len(got) != len(inputs):
        return False
    for d_input, value in zip(got, inputs, strict=True):
        slope = numeric_gradient(loss, value, STEP)
        if d_input.size != slope.size or not close(d_input.reshape(slope.shape), slope, TOLERANCE, TOLERANCE):
            return False
    return True


GRADIENTS = (
    Output("d_weight_ih", "array", {"H": "to unit", "I": "from input"}),
    Output("d_weight_hh", "array", {"H": "to unit", "J": "from unit"}),
    Output("d_bias", "array", {"H": "unit"}),
)
EXERCISE = Exercise(
    name="rnn_step_backward",
    number=1,
    parameters={"d_h": "N H", "x": "N I", "h_prev": "N H", "h": "N H", "weight_ih": "H I", "weight_hh": "H H"},
    outputs=(
        Output("d_x", "array", {"N": "sequence", "I": "input"}),
        Output("d_h_prev", "array", {"N": "sequence", "H": "unit"}),
        *GRADIENTS,
    ),
    layers=(
        *(
            Layer(f"{name}, on random cases of five sizes", 0.5, "random", (k,))
            for k, name in enumerate(("d_x", "d_h_prev", "d_weight_ih", "d_weight_hh", "d_bias"))
        ),
        Layer("all five where h is 0 and the slope of tanh is 1", 0.5, "flat", (0, 1, 2, 3, 4)),
        Layer("all five are slopes, by finite differences", 0.5, "random", judge=_slopes),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3, 4, 5), unchanged=True),
    ),
    cases=_cases,
    reference=rnn_step_backward,
    made_with={"slope of tanh": lambda slope: partial(rnn_step_backward, slope=slope)},
    causes=CAUSES,
    absent=FORBIDDEN,
)
