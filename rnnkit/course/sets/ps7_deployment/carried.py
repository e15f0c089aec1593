"""Exercise ps7-deployment.carried_step: one step of a model with all that it needs to know in its state."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call, same
from rnnkit.course.sets.ps7_deployment import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps7_deployment.clients import Talk, holds, talked, writes

SHORT, LONG = 8, 60  # steps of a stream
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
        ("long", 2, 4, 3, tuple(range(-1, LONG - 1)), (0,) * LONG),
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
    what = {
        "first": "a first step",
        "mean": "weight_ih of zeros",
        "turn": "users in turn",
        "older": "older states",
        "long": f"{LONG} steps",
    }
    label = f"with I={I}, H={H}, K={K}{f', {what[layer]}' if layer in what else ''}"
    only = "weight_ih is zero" if layer == "mean" else ""
    return Case(layer, (talk, None, *weights, rng.normal(0, 1, (K, H))), label, only)


def _watched(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether what a user has said stands elsewhere than in the state: the state is too small, or a call tells."""
    case = next(c for c in cases if c.layer == "alone")
    first, again = (call(exercise, function, case) for _ in range(2))
    if not (first.values and again.values) or first.values[0].shape != again.values[0].shape:
        return ""
    size = _asked(exercise, function, case, holds)
    right = _close(first.values[0], talked(carried_step, *case.args)[0])
    if right and size and size[0] < len(case.args[4]):
        return (
            f"What a user has said is kept outside of the state. The one that goes out has {size[0]:.0f} number"
            f"{'s' if size[0] != 1 else ''}, and h alone has {len(case.args[4])}. Another server, or the same one "
            "after a restart, knows nothing of it. Hand all of it out in carried, and take it from there."
        )
    if _random(function) or _close(first.values[0], again.values[0]):
        return ""
    return (
        "The same stream, read again from carried = None, is answered otherwise: something is kept outside of the "
        "state, in a default value, a global list or an attribute, where the next user finds it. Hand it out in "
        "carried, and begin anew where carried is None."
    )


def _random(function: Callable[..., Any]) -> bool:
    return "random" in getattr(getattr(function, "__code__", None), "co_names", ())


def _asked(
    exercise: Exercise, function: Callable[..., Any], case: Case, about: Callable[..., float]
) -> Sequence[float]:
    """What one asks of the states of an answer: a number in a list; an empty one if the call fails."""
    used = replace(exercise, used=lambda answer, talk, _, *w: (np.zeros((1, 1)), float(about(answer, talk, w))))
    return [float(part) for part in call(used, function, case).values[1:]]


def _close(a: Values, b: Values) -> bool:
    return a.shape == b.shape and bool((abs(a - b) <= 1e-6 + 1e-5 * abs(b)).all())


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
        due = talked(carried_step, *case.args)[0]
        if outcome.values[0].shape != due.shape:
            return ""
        wrong = ~(abs(outcome.values[0] - due) <= 1e-6 + 1e-5 * abs(due)).all(1)
        off.setdefault(case.layer, []).extend(_age(case.args[0], int(e)) for e in np.flatnonzero(wrong))
        if case.layer == "older":
            marked = _asked(exercise, function, case, writes)
            written = written or bool(marked and marked[0])
    if not (off["alone"] or off["long"]):
        if any(o.values[1] for o in came) and not (off["turn"] or off["older"]):
            return (
                "Every answer is right, and the state grows with the stream: after a million inputs it holds them all, "
                "and each step reads them again. Two inputs, h, the sum of all h and their number are enough."
            )
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
    first = min([*off["alone"], *off["long"]])
    if first == 1:
        return (
            "The first step is off, where nothing came before, and h and earlier inputs are zeros. There y is "
            "weight_out @ tanh(weight_ih @ x + bias)."
        )
    right = "first step comes" if first == 2 else f"first {first - 1} steps come"
    if first > SHORT:
        return (
            f"A user's {right} out right, and step {first} does not: there something of the beginning is gone. The "
            "mean is that of all h since the first input: no window of the last ones, and no count that stops."
        )
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
    outputs=(
        Output("y", "array", {"E": "call", "K": "entry"}, place="y of call {call}, entry {entry}"),
        Output("size_off", "number", means="how many numbers the state has too few, or more after a long stream"),
    ),
    layers=(
        Layer("the first step of a user", 0.75, "first"),
        Layer("h and its mean, where no input counts", 0.5, "mean"),
        Layer("one user, step after step: streaming equals batch", 1.0, "alone"),
        Layer(f"a stream of {LONG} steps", 0.25, "long", needs=(2,)),
        Layer("all that is needed is in the state, and it does not grow", 0.25, "long", (1,), needs=(2,)),
        Layer("several users in turn", 0.5, "turn"),
        Layer("an older state is gone on from", 0.5, "older"),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1), unchanged=True),
    ),
    cases=_cases,
    reference=carried_step,
    used=talked,
    slips=SLIPS,
    watch=_watched,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            TypeError,
            "cannot pickle",
            "a state that cannot be copied, such as a generator, cannot be saved either, nor gone on from twice.",
        ),
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
