"""Exercise ps2-bptt.truncated_backward: the carry cut at every multiple of a window."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps2_bptt import FORBIDDEN
from rnnkit.course.sets.ps2_bptt.backward import CAUSES, OUTPUTS, PARAMETERS, rnn_backward, sequence
from rnnkit.course.sets.ps2_bptt.step import are_slopes, rnn_step_backward, run


def truncated_backward(
    d_hs: Values,
    xs: Values,
    h0: Values,
    hs: Values,
    weight_ih: Values,
    weight_hh: Values,
    window: int,
    *,
    back: Callable[..., tuple[Values, ...]] = rnn_backward,
) -> tuple[Values, ...]:
    """The backward pass of each window alone, its start taken for a constant."""
    before = np.concatenate([h0[None], hs[:-1]])
    pieces = []
    for s in range(0, len(xs), window):
        e = s + window
        pieces.append(back(d_hs[s:e], xs[s:e], before[s], hs[s:e], weight_ih, weight_hh))
    d_xs, d_starts, *d_weights = zip(*pieces, strict=True)
    return np.concatenate(d_xs), d_starts[0], *(np.sum(d, axis=0) for d in d_weights)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    plan = (
        ("even", (6, 2, 5, 4), 3),
        ("even", (8, 3, 4, 5), 2),
        ("rest", (7, 4, 2, 5), 3),
        ("rest", (9, 1, 4, 3), 5),
        ("whole", (5, 2, 4, 3), 5),
        ("whole", (4, 2, 5, 3), 9),
        ("one", (5, 3, 2, 4), 1),
    )
    for layer, (T, N, I, H), window in plan:
        inputs, d_hs = sequence(rng, T, N, I, H)
        xs, h0, weight_ih, weight_hh, _ = inputs
        args = (d_hs, xs, h0, run(*inputs), weight_ih, weight_hh, window)
        cases.append(Case(layer, args, f"with T={T}, N={N}, I={I}, H={H}, window={window}"))
    return cases


def _slopes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the weights' gradients are slopes where each window starts from a state that does not move."""
    d_hs, xs, h0, hs, weight_ih, weight_hh = (a.copy() for a in cases[0].args[:-1])
    window = cases[0].args[-1]
    bias = (np.arctanh(hs[0]) - xs[0] @ weight_ih.T - h0 @ weight_hh.T)[0]
    before = np.concatenate([h0[None], hs[:-1]])
    moving = [weight_ih, weight_hh, bias]

    def loss() -> float:
        pieces = [slice(s, s + window) for s in range(0, len(xs), window)]
        return float(sum((d_hs[piece] * run(xs[piece], before[piece.start], *moving)).sum() for piece in pieces))

    return are_slopes(call(exercise, function, cases[0]).values[2:], moving, loss)


EXERCISE = Exercise(
    name="truncated_backward",
    number=4,
    parameters=PARAMETERS | {"window": ""},
    outputs=OUTPUTS,
    layers=(
        Layer("d_xs and d_h0, where windows fill the sequence", 0.5, "even", (0, 1)),
        Layer("the weights' gradients, on the same cases", 0.5, "even", (2, 3, 4)),
        Layer("a last window that is shorter", 0.5, "rest", (0, 1, 2, 3, 4)),
        Layer("a window of the whole sequence, or longer", 0.5, "whole", (0, 1, 2, 3, 4)),
        Layer("a window of one step", 0.5, "one", (0, 1, 2, 3, 4)),
        Layer("slopes of a loss in which each window's start stands still", 0.25, "even", judge=_slopes),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=truncated_backward,
    made_with={
        "slope of tanh": lambda slope: partial(truncated_backward, back=partial(rnn_backward, slope=slope)),
    },
    causes=(
        Cause(TypeError, "rnn_backward()", "the check lends a right rnn_backward: six arguments."),
        Cause(
            ValueError, "same shape", "the last window may be shorter: np.concatenate joins pieces along their steps."
        ),
        *CAUSES,
    ),
    lends={"rnn_step_backward": rnn_step_backward, "rnn_backward": rnn_backward},
    absent=FORBIDDEN,
    note="Checked with right versions of exercises 1 and 2 in place of yours.",
)
