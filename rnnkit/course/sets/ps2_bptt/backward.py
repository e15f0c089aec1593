"""Exercise ps2-bptt.rnn_backward: backpropagation through time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Carry, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps2_bptt import FORBIDDEN
from rnnkit.course.sets.ps2_bptt.step import CAUSES as STEP_CAUSES
from rnnkit.course.sets.ps2_bptt.step import GRADIENTS, Slope, are_slopes, rnn_step_backward, run, weights

PARAMETERS = {"d_hs": "T N H", "xs": "T N I", "h0": "N H", "hs": "T N H", "weight_ih": "H I", "weight_hh": "H H"}


def rnn_backward(
    d_hs: Values,
    xs: Values,
    h0: Values,
    hs: Values,
    weight_ih: Values,
    weight_hh: Values,
    *,
    slope: Slope = lambda h: 1 - h * h,
    hand_on: Callable[..., Values] = lambda d_h, d_a, weight_hh: d_a @ weight_hh,
) -> tuple[Values, ...]:
    """(d_xs, d_h0, d_weight_ih, d_weight_hh, d_bias). Lent to later exercises, so it uses nothing but NumPy."""
    carry, d_as = 0 * h0, np.empty(hs.shape)
    for t in reversed(range(len(xs))):
        d_h = d_hs[t] + carry
        d_as[t] = d_h * slope(hs[t])
        carry = hand_on(d_h, d_as[t], weight_hh)
    before = np.concatenate([h0[None], hs[:-1]])
    d_weights = [np.einsum("tnj,tnk->jk", d_as, read) for read in (xs, before)]
    return d_as @ weight_ih, carry, *d_weights, d_as.sum((0, 1))


def sequence(rng: np.random.Generator, T: int, N: int, I: int, H: int) -> tuple[list[Values], Values]:
    """([xs, h0, weight_ih, weight_hh, bias], d_hs), drawn."""
    inputs = [rng.uniform(-1, 1, (T, N, I)), rng.uniform(-1, 1, (N, H)), *weights(rng, I, H)]
    return inputs, rng.normal(0, 1, (T, N, H))


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    plan = (
        ("sequence", (6, 3, 4, 5)),
        ("sequence", (5, 4, 2, 3)),
        ("sequence", (3, 1, 5, 2)),
        ("sequence", (20, 2, 3, 4)),
        ("sequence", (4, 2, 3, 3)),
        ("one step", (1, 3, 4, 5)),
        ("at the end", (4, 3, 2, 5)),
        ("no path back", (4, 2, 3, 5)),
    )
    for layer, (T, N, I, H) in plan:
        inputs, d_hs = sequence(rng, T, N, I, H)
        label = f"with T={T}, N={N}, I={I}, H={H}"
        if layer == "at the end":
            d_hs[:-1], label = 0, f"{label}, a loss at the last step alone"
        if layer == "no path back":
            inputs[3], label = inputs[3] * 0, f"{label}, weight_hh all 0"
        xs, h0, weight_ih, weight_hh, _ = inputs
        cases.append(Case(layer, (d_hs, xs, h0, run(*inputs), weight_ih, weight_hh), label))
    return cases


def _slopes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the results are the slopes of (d_hs * hs).sum(), by finite differences."""
    d_hs, xs, h0, hs, weight_ih, weight_hh = (a.copy() for a in cases[0].args)
    bias = (np.arctanh(hs[0]) - xs[0] @ weight_ih.T - h0 @ weight_hh.T)[0]
    inputs = [xs, h0, weight_ih, weight_hh, bias]
    return are_slopes(call(exercise, function, cases[0]).values, inputs, lambda: float((d_hs * run(*inputs)).sum()))


def _total_handed_on(*args: Values) -> tuple[Values, ...]:
    """The total d_h in place of what the step hands back; what the first step hands back is right for it."""
    d_xs, d_h, *d_weights = rnn_backward(*args, hand_on=lambda d_h, d_a, weight_hh: d_h)
    hs, weight_hh = args[3], args[5]
    return d_xs, d_h * (1 - hs[0] ** 2) @ weight_hh, *d_weights


CARRY = Carry(
    "d_h_prev, which rnn_step_backward returns,",
    {
        "the total d_h": _total_handed_on,
        "the total d_h (as d_h0 too)": partial(rnn_backward, hand_on=lambda d_h, d_a, weight_hh: d_h),
        "d_a, without weight_hh,": partial(rnn_backward, hand_on=lambda d_h, d_a, weight_hh: d_a),
        "d_h @ weight_hh, without the slope,": partial(
            rnn_backward, hand_on=lambda d_h, d_a, weight_hh: d_h @ weight_hh
        ),
    },
)
LENT = (
    "the check lends a right rnn_step_backward with the signature of exercise 1: "
    "rnn_step_backward(d_h, x, h_prev, h, weight_ih, weight_hh), with five results."
)
CAUSES = (
    Cause(TypeError, "rnn_step_backward()", LENT),
    Cause(ValueError, "values to unpack", LENT),
    Cause(IndexError, "", "an index runs over the end of an axis: hs holds h_1 to h_T, and h0 stands apart from it."),
    *STEP_CAUSES,
)
OUTPUTS = (
    Output("d_xs", "array", {"T": "step", "N": "sequence", "I": "input"}, place="step {step}, sequence {sequence}"),
    Output("d_h0", "array", {"N": "sequence", "H": "unit"}),
    *GRADIENTS,
)
EXERCISE = Exercise(
    name="rnn_backward",
    number=2,
    parameters=PARAMETERS,
    outputs=OUTPUTS,
    layers=(
        Layer("d_xs, on random cases of five sizes", 0.5, "sequence", (0,)),
        Layer("d_h0, on the same cases", 0.5, "sequence", (1,)),
        Layer("d_weight_ih, on the same cases", 0.5, "sequence", (2,)),
        Layer("d_weight_hh, on the same cases", 0.75, "sequence", (3,)),
        Layer("d_bias, on the same cases", 0.5, "sequence", (4,)),
        Layer("the carry alone: a loss at the last step, no other", 0.5, "at the end", (0, 1, 2, 3, 4)),
        Layer("the sum alone: weight_hh is 0, and nothing is carried", 0.5, "no path back", (0, 1, 2, 3, 4)),
        Layer("a sequence of one step", 0.5, "one step", (0, 1, 2, 3, 4)),
        Layer("all five are slopes, by finite differences", 0.25, "sequence", judge=_slopes),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3, 4, 5, 6, 7), unchanged=True),
    ),
    cases=_cases,
    reference=rnn_backward,
    made_with={"slope of tanh": lambda slope: partial(rnn_backward, slope=slope)},
    carry=CARRY,
    causes=CAUSES,
    lends={"rnn_step_backward": rnn_step_backward},
    absent=FORBIDDEN,
    note="Checked with a right rnn_step_backward in place of yours.",
)
