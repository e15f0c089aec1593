"""Exercise ps7-deployment.carried_step: one step of a model with all that it needs to know in its state."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call, same
from rnnkit.course.sets.ps7_deployment import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps7_deployment.clients import Talk, talked, writes

LAG = 2  # a step reads the difference to the input so many steps before


def carried_step(
    x: Values, state: Any, weight_ih: Values, weight_hh: Values, bias: Values, weight_out: Values
) -> tuple[Values, Any]:
    """(y, state): the state is the last inputs, h, the sum of all h, and how many there were."""
    y, after = RIGHT(x, state, weight_ih, weight_hh, bias, weight_out)
    return y, after


def _step_with(
    change: Callable[[Values, list[Values]], Values] | None = None,
    pooled: Callable[[Values, Values, int], Values] | None = None,
    carried: Callable[[Values, Values], Values] = lambda h, mean: h,
    hidden: Callable[..., Values] | None = None,
) -> Callable[..., Any]:
    """The right step with another difference, mean, state handed on, or sum in the tanh."""
    change = change or (lambda x, last: x - last[0])
    pooled = pooled or (lambda total, h, n: total / n)
    hidden = hidden or (lambda w, d, h: np.tanh(w[0] @ d + w[1] @ h + w[2]))

    def answer(x: Values, state: Any, *weights: Values) -> Any:
        w, out = weights[:3], weights[3]
        nothing = np.zeros(len(w[2]))
        last, h, total, n = state or ([np.zeros(len(x))] * LAG, nothing, nothing, 0)
        h = hidden(w, change(x, last), h)
        total, n = total + h, n + 1
        y = out @ pooled(total, h, n)
        return y, ([*last[1:], x], carried(h, total / n), total, n)

    return answer


RIGHT = _step_with()
SLIPS: dict[str, Callable[..., Any]] = {
    "The difference has its sign turned: x, minus the input two steps before.": _step_with(lambda x, last: last[0] - x),
    "The input two steps before is added. It is subtracted.": _step_with(lambda x, last: x + last[0]),
    "The input of the step before is subtracted too. Only that of two steps before is.": _step_with(
        lambda x, last: x - last[0] - last[1]
    ),
    "The mean of the last two inputs is subtracted. Only that of two steps before is.": _step_with(
        lambda x, last: x - (last[0] + last[1]) / 2
    ),
    "y is made of the sum of all h. It is their mean: divide by how many there were.": _step_with(
        pooled=lambda total, h, n: total
    ),
    "The sum of all h is divided by one more than there were: the state of zeros at the start is counted.": _step_with(
        pooled=lambda total, h, n: total / (n + 1)
    ),
    "The sum of all h is divided by one less than there were, and at the first step by 1.": _step_with(
        pooled=lambda total, h, n: total / max(1, n - 1)
    ),
    "y is made of the mean of the last h and the one before it at most. It is the mean of all.": _step_with(
        pooled=lambda total, h, n: total / min(2, n)
    ),
    "There is no tanh.": _step_with(hidden=lambda w, d, h: w[0] @ d + w[1] @ h + w[2]),
    "The bias is left out.": _step_with(hidden=lambda w, d, h: np.tanh(w[0] @ d + w[1] @ h)),
    "h is not carried: each step begins from a state of zeros.": _step_with(
        hidden=lambda w, d, h: np.tanh(w[0] @ d + w[2])
    ),
}


def _cases(rng: np.random.Generator) -> list[Case]:
    alone = tuple(range(-1, 7))
    plan: list[tuple[str, int, int, int, tuple[int, ...], tuple[int, ...]]] = [  # layer, I, H, K, after, users
        *(("first", I, H, K, (-1,), (0,)) for I, H, K in ((2, 4, 3), (3, 5, 2))),
        *(("mean", I, H, K, alone, (0,) * 8) for I, H, K in ((2, 3, 4), (4, 5, 3))),
        *(("alone", I, H, K, alone, (0,) * 8) for I, H, K in ((2, 4, 3), (3, 5, 2), (1, 3, 4))),
        ("turn", 3, 4, 2, (-1, -1, 0, 1, 2, -1, 3, 5, 4, 6, 8), (0, 1, 0, 1, 0, 2, 1, 2, 0, 1, 0)),
        ("turn", 2, 5, 3, (-1, 0, 1, -1, 3, 4, 2, 6, 5, 8), (0, 0, 0, 1, 1, 1, 0, 0, 1, 1)),
        ("older", 2, 4, 3, (-1, 0, 1, 2, 1, 4, 2, 0, 7, 8), (0,) * 10),
        ("older", 3, 5, 2, (-1, 0, 1, 2, 3, 4, 3, 6, 2, 8), (0,) * 10),
    ]
    return [_case(rng, *row) for row in plan]


def _case(
    rng: np.random.Generator, layer: str, I: int, H: int, K: int, after: tuple[int, ...], users: tuple[int, ...]
) -> Case:
    silent = 0.0 if layer == "mean" else 1.0
    weights = silent * rng.normal(0, 0.7, (H, I)), rng.normal(0, 1.2 / np.sqrt(H), (H, H)), rng.normal(0, 0.5, H)
    talk = Talk(rng.normal(0, 1, (len(after), I)), after, users)
    what = {"first": "a first step", "mean": "weight_ih of zeros", "turn": "users in turn", "older": "older states"}
    label = f"with I={I}, H={H}, K={K}{f', {what[layer]}' if layer in what else ''}"
    only = "weight_ih is zero" if layer == "mean" else ""
    return Case(layer, (talk, None, *weights, rng.normal(0, 1, (K, H))), label, only)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """A slip that makes all of it; else the step from which on it is off, users who mix, or a state written into."""
    came = [call(exercise, function, case) for case in cases]
    if any(o.error or o.problem for o in came):
        return ""
    for says, slip in SLIPS.items():
        if all(same(o, call(exercise, slip, case), 1e-5, 1e-6) for o, case in zip(came, cases, strict=True)):
            return says
    off: dict[str, list[int]] = {}
    written = False
    for case, outcome in zip(cases, came, strict=True):
        due = talked(carried_step, *case.args)
        if outcome.values[0].shape != due.shape:
            return ""
        wrong = ~(abs(outcome.values[0] - due) <= 1e-6 + 1e-5 * abs(due)).all(1)
        off.setdefault(case.layer, []).extend(_age(case.args[0], int(e)) for e in np.flatnonzero(wrong))
        if case.layer == "older":
            marked = call(
                replace(exercise, used=lambda answer, talk, _, *w: [float(writes(answer, talk, w))]), function, case
            )
            written = written or bool(marked.values and marked.values[0].any())
    if not off["alone"]:
        if off["older"] and written:
            return (
                "One user is read rightly, and going on from an older state is not: a state that went in is not what "
                "it was. Something writes into it, as += or append does. Make new arrays and lists."
            )
        if off["turn"]:
            return (
                "One user alone is read rightly, and users in turn are not: something of a user is kept outside of "
                "state, where the next call finds it. All that a step needs goes out in the state that it returns."
            )
        return (
            "One user is read rightly, and going on from an older state is not: something is kept outside of state, or "
            "in it and shared by several states."
        )
    first = min(off["alone"])
    if first == 1:
        return (
            "The first step is off, where nothing came before, and h and earlier inputs are zeros. There y is "
            "weight_out @ tanh(weight_ih @ x + bias)."
        )
    right = "first step comes" if first == 2 else f"first {first - 1} steps come"
    where = f"A user's {right} out right, and step {first} does not. Where no input counts it is"
    if off["mean"]:
        return f"{where} off too: so look at what h goes on from, and at the mean of all h so far."
    inputs = (
        "nothing is to be subtracted yet" if first <= LAG else f"the input of step {first - LAG} is to be subtracted"
    )
    return f"{where} right: h and the mean are carried. So look at the inputs. At step {first} {inputs}."


def _age(talk: Talk, e: int) -> int:
    """The how manieth step of its own past an input is, from 1."""
    age = 1
    while talk.after[e] >= 0:
        e, age = talk.after[e], age + 1
    return age


EXERCISE = Exercise(
    name="carried_step",
    number=1,
    parameters={
        "x": "",
        "carried": "",
        "weight_ih": "H I",
        "weight_hh": "H H",
        "bias": "H",
        "weight_out": "K H",
    },
    outputs=(Output("y", "array", {"E": "call", "K": "entry"}, place="y of call {call}, entry {entry}"),),
    layers=(
        Layer("the first step of a user", 1.0, "first"),
        Layer("h and its mean, where no input counts", 0.5, "mean"),
        Layer("one user, step after step: streaming equals batch", 1.0, "alone"),
        Layer("several users in turn", 0.75, "turn"),
        Layer("an older state is gone on from", 0.5, "older"),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1), unchanged=True),
    ),
    cases=_cases,
    reference=carried_step,
    used=talked,
    slips=SLIPS,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(TypeError, "NoneType", "carried is None at a user's first step: make one of zeros there."),
        Cause(AttributeError, "NoneType", "carried is None at a user's first step: make one of zeros there."),
        Cause(
            ValueError,
            "ambiguous",
            "an array stands after if or not: ask if carried is None, and not whether it is true.",
        ),
    ),
    absent=FORBIDDEN,
)
