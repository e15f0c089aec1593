"""Exercise ps1-forward.rnn_forward: a batch of sequences."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit.cells import rnn
from rnnkit.course.answer.compare import close, same_numbers
from rnnkit.course.answer.exercise import UNCHANGED, Carry, Case, Cause, Exercise, Fit, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps1_forward.step import CAUSES as STEP_CAUSES
from rnnkit.course.sets.ps1_forward.step import WEIGHTS, rnn_step, terms
from rnnkit.params import uniform
from rnnkit.unroll import unroll


def rnn_forward(xs: Values, h0: Values, *weights: Values) -> Values:
    """(T, N, I), (N, H) -> (T, N, H), by rnnkit's cell and loop."""
    states, _ = unroll(rnn, dict(zip(WEIGHTS, weights, strict=True)), xs, (h0,))
    return np.array(states[0][1:])


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    plan = (
        ("sequence", (6, 3, 4, 5), 1),
        ("sequence", (5, 4, 2, 3), 3),
        ("sequence", (3, 1, 5, 2), 1),
        ("sequence", (40, 2, 3, 4), 1),
        ("sequence", (4, 4, 4, 4), 1),
        ("one step", (1, 3, 4, 5), 1),
        ("start", (3, 2, 4, 5), 1),
    )
    for layer, (T, N, I, H), far in plan:
        xs, h0 = rng.uniform(-1, 1, (T, N, I)), rng.uniform(-far, far, (N, H))
        weights = list(uniform(rnn, I, H, rng).values())
        if layer == "start":
            xs, weights[2], weights[3] = xs * 0, weights[2] * 0, weights[3] * 0
        label = f"with T={T}, N={N}, I={I}, H={H}" + ", xs and biases 0" * (layer == "start")
        only = "With only h0 and the weights not zero" * (layer == "start")
        cases.append(Case(layer, (xs, h0, *weights), label, only))
    return cases


def _forward_fits(case: Case, got: tuple[Values, ...], expected: tuple[Values, ...]) -> Iterator[Fit]:
    """The terms of the first state that is off. The states before it are right, so they can be told by name."""
    if not got or got[0].shape != expected[0].shape:
        return
    xs, h0, *weights = case.args
    off = ~(abs(got[0] - expected[0]) <= 1e-9).all((1, 2))
    if not off.any():
        return
    t, hs = int(np.argmax(off)), [h0, *expected[0]]  # hs[t] is what step t starts from
    others = {"h0": h0, "the state one step too early": hs[t - 1] if t else h0 * 0}
    strange = {f"{name} @ weight_hh.T": h @ weights[1].T for name, h in others.items() if h is not hs[t] and t}
    steps = {"the input of the step before": t - 1, "the input of the step after": t + 1}
    strange |= {f"{n} @ weight_ih.T": xs[s] @ weights[0].T for n, s in steps.items() if 0 <= s < len(xs)}
    if t == 1:
        strange.pop("the state one step too early @ weight_hh.T", None)  # it is h0
    for extra in ({}, strange):
        for fit in terms(xs[t], hs[t], weights, got[0][t], extra):
            yield fit._replace(where=f"In step {t + 1}, which makes hs[{t}], ")


def _same_start(got: Values, expected: Values) -> bool:
    return got.shape[1:] == expected.shape[1:] and len(got) > 0 and close(got[0], expected[0], 1e-5, 1e-6)


def _follows(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether a right step takes each of the answer's states to its next one."""
    for case in cases:
        xs, _, *weights = case.args
        got = call(exercise, function, case).values
        if not got or got[0].ndim != 3 or got[0].shape[:2] != xs.shape[:2] or got[0].shape[2] != len(weights[0]):
            return False
        hs = got[0]
        if not close(hs[1:], rnn_step(xs[1:], hs[:-1], *weights), 1e-5, 1e-6):
            return False
    return True


def _built_on(rnn_step: Callable[..., Values]) -> Callable[..., Values]:
    def forward(xs: Values, h0: Values, *weights: Values) -> Values:
        h, hs = h0, []
        for x in xs:
            h = rnn_step(x, h, *weights)
            hs.append(h)
        return np.stack(hs)

    return forward


def _sums_handed_on(
    xs: Values, h0: Values, weight_ih: Values, weight_hh: Values, bias_ih: Values, bias_hh: Values
) -> Values:
    a, sums = h0, []
    for x in xs:
        a = x @ weight_ih.T + bias_ih + a @ weight_hh.T + bias_hh
        sums.append(a)
    states: Values = np.tanh(np.stack(sums))
    return states


LENT = "the check lends a right rnn_step with the signature of exercise 1: rnn_step(x, h, " + ", ".join(WEIGHTS) + ")."
PLACE = "the result array is (T, N, H), and hs[t] takes one state, (N, H); make it with np.zeros((len(xs), *h0.shape))."
CAUSES = (
    Cause(UnboundLocalError, "'h'", "h is used before it has a value: start from h0."),
    Cause(IndexError, "", "an index runs over the end of an axis; which axis is time, and which the batch?"),
    Cause(TypeError, "rnn_step()", LENT),
    Cause(ValueError, "could not broadcast input array|setting an array element", PLACE),
    *STEP_CAUSES,
)

EXERCISE = Exercise(
    name="rnn_forward",
    number=2,
    parameters={"xs": "T N I", "h0": "N H", **WEIGHTS},
    outputs=(
        Output(
            "hs",
            "array",
            {"T": "step", "N": "sequence", "H": "unit"},
            place="the state after step {step}: sequence {sequence}, unit {unit}",
            one_more="does the initial state stand among the results?",
        ),
    ),
    layers=(
        Layer("whole sequences, on random cases of five sizes", 1.0, "sequence"),
        Layer("the right numbers, wherever they stand", 0.5, "sequence", alike=same_numbers),
        Layer("the state after step 1", 0.5, "sequence", alike=_same_start),
        Layer("each state follows from your state before it", 0.75, "sequence", judge=_follows),
        Layer("a sequence of one step", 0.25, "one step"),
        Layer("the start from h0, with no input at all", 0.25, "start"),
        Layer(UNCHANGED, 0.75, "", needs=(1, 2, 3, 4), unchanged=True),
    ),
    cases=_forward_cases,
    reference=rnn_forward,
    fits=_forward_fits,
    causes=CAUSES,
    lends={"rnn_step": rnn_step},
    built_on=_built_on,
    carry=Carry("the state, its tanh,", {"the sum before the tanh": _sums_handed_on}),
    note="Checked with a right rnn_step in place of yours.",
)
