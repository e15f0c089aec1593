"""Exercise ps6-inside.counting_unit: of several units that count the one that the answer rests on."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps6_inside.opaque import Simulate, correlations, make, sequences


def counting_unit(simulate: Simulate, xs: Values) -> tuple[int, float, float]:
    """(k, one_count, effect): the unit, what a 1 adds to it, and what that much more in it does to the answer."""
    rises = _rises(simulate, xs)
    effects = _effects(simulate, xs, rises)
    k = int(np.argmax(abs(effects)))
    return k, float(rises[k]), float(effects[k])


def _rises(simulate: Simulate, xs: Values) -> Values:
    """By how much each unit is higher at the end if the first symbol is a 1 and no 0, (H,)."""
    none, one = xs.copy(), xs.copy()
    none[0], one[0] = 0, 1
    found: Values = (simulate(one)[0] - simulate(none)[0])[-1].mean(0)
    return found


def _effects(simulate: Simulate, xs: Values, more: Values) -> Values:
    """The mean change of the answer if so much is added to each unit, in the middle."""
    answers = simulate(xs)[1]
    return np.array([(simulate(xs, k, len(xs) // 2, by)[1] - answers).mean() for k, by in enumerate(more)])


Chosen = Callable[[Simulate, Values], int]


def _chosen(how: Chosen) -> Callable[..., Any]:
    """Another unit, with its own numbers."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k, rises = how(simulate, xs), _rises(simulate, xs)
        return k, float(rises[k]), float(_effects(simulate, xs, rises)[k])

    return answer


def _slope(simulate: Simulate, xs: Values, k: int) -> float:
    h, count = simulate(xs)[0][-1][:, k], (xs == 1).sum(0)
    return float(np.polyfit(count, h, 1)[0])


def _slope_of_all(simulate: Simulate, xs: Values, k: int) -> float:
    h, count = simulate(xs)[0][:, :, k], np.cumsum(xs == 1, 0)
    return float(np.polyfit(count.ravel(), h.ravel(), 1)[0])


def _step(simulate: Simulate, xs: Values, k: int) -> float:
    """The mean change of the unit in steps that read a 1, minus that in all others."""
    change = np.diff(simulate(xs)[0][:, :, k], axis=0)
    return float(change[xs[1:] == 1].mean() - change[xs[1:] != 1].mean())


Size = Callable[[Simulate, Values, int], float]


def _sized(size: Size, also: bool = True) -> Callable[..., Any]:
    """The right unit with another size of one count, which the effect is measured with ``also``."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k, one_count, effect = counting_unit(simulate, xs)
        other = size(simulate, xs, k)
        return k, other, effect * other / one_count if also else effect

    return answer


def _told(change: Callable[[float, float, int, Values], float]) -> Callable[..., Any]:
    """The right unit and one count, with another effect; it gets effect, one_count, N, and the answers."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k, one_count, effect = counting_unit(simulate, xs)
        return k, one_count, float(change(effect, one_count, xs.shape[1], simulate(xs)[1]))

    return answer


SLIPS: dict[str, Callable[..., Any]] = {
    "k is the unit that goes along best with the answer at the end, and it moves the answer by 0: it "
    "is made of the same "
    "sum. Add to each unit, and look at the answer.": _chosen(
        lambda f, xs: int(np.argmax(abs(correlations(f, xs, answer=True))))
    ),
    "k is the unit that moves the answer the most when 1 is added to it, and it changes at every "
    "step, whatever is read. "
    "Add what a 1 adds to each unit, and not the same to all.": _chosen(
        lambda f, xs: int(np.argmax(abs(_effects(f, xs, np.ones(f(xs)[0].shape[2])))))
    ),
    "k is the unit that is largest at the end. A unit that counts changes with each 1.": _chosen(
        lambda f, xs: int(np.argmax(abs(f(xs)[0][-1].mean(0))))
    ),
    "k is the unit that differs most between sequences at the end. Add what a 1 adds to each unit, and look at the "
    "answer.": _chosen(lambda f, xs: int(np.argmax(f(xs)[0][-1].std(0)))),
    "k is the unit that a 1 moves the most. Add that much to each unit, and look at the answer: the "
    "larger unit need not "
    "be heard.": _chosen(lambda f, xs: int(np.argmax(abs(_rises(f, xs))))),
    "k is the unit that moves the answer the least. The largest change is looked for: np.argmax of sizes.": _chosen(
        lambda f, xs: int(np.argmin(abs(_effects(f, xs, _rises(f, xs)))))
    ),
    "k is the right unit, counted from 1. Units are counted from 0.": lambda f, xs: (
        counting_unit(f, xs)[0] + 1,
        *counting_unit(f, xs)[1:],
    ),
    "k is right. one_count is the slope of a line through all steps, and the symbol 2 moves the unit "
    "too. Put a 1 in place "
    "of a 0, and leave all else.": _sized(_slope_of_all),
    "k is right. one_count compares steps that read a 1 with all others, among them 2s, which move "
    "the unit too. Put a 1 "
    "in place of a 0, and leave all else.": _sized(_step),
    "k is right. one_count is a size, and so is effect measured with it: the unit falls with each 1, "
    "and a number below 0 "
    "is added.": _sized(lambda f, xs, k: abs(counting_unit(f, xs)[1])),
    "k is right. one_count is what one count in the answer is of the unit. It is what a 1 adds to the unit.": _sized(
        lambda f, xs, k: 1 / _effects(f, xs, np.ones(f(xs)[0].shape[2]))[k], also=False
    ),
    "k and one_count are right. effect is the change of the answer when 1 is added to the unit. Add one_count.": _told(
        lambda effect, one, N, answers: effect / one
    ),
    "k and one_count are right. effect is the sum over the sequences. Their mean is asked for.": _told(
        lambda effect, one, N, answers: effect * N
    ),
    "k and one_count are right. effect has its sign turned: the answer with more, minus the answer as it is.": _told(
        lambda effect, one, N, answers: -effect
    ),
    "k and one_count are right. effect is the answer itself with one count more. Its change is asked for: take from it "
    "the answer as it is.": _told(lambda effect, one, N, answers: float(answers.mean() + effect)),
    "k and one_count are right. effect is relative, divided by the answer as it is. The change "
    "itself is asked for.": _told(lambda effect, one, N, answers: effect / float(answers.mean())),
    "k and one_count are right. effect is what a 1 in place of a 0 does to the answer. Read xs as it "
    "is, and add one_count "
    "to the unit.": lambda f, xs: (*counting_unit(f, xs)[:2], _really(f, xs)),
}


def _really(simulate: Simulate, xs: Values, t: int = 0) -> float:
    """What a 1 in place of a 0 does to the answer."""
    none, one = xs.copy(), xs.copy()
    none[t], one[t] = 0, 1
    return float((simulate(one)[1] - simulate(none)[1]).mean())


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [
        ("alone", 9, 14, 40),
        ("alone", 10, 16, 30),
        ("twin", 11, 18, 40),
        ("twin", 12, 15, 50),
        ("twin", 10, 20, 40),
    ]
    return [_case(rng, *row, falls=bool(k % 2)) for k, row in enumerate(plan)]


def _case(rng: np.random.Generator, layer: str, H: int, steps: int, N: int, falls: bool) -> Case:
    while True:
        simulate, plan = make(rng, H, steps, twins=layer == "twin")
        xs = sequences(rng, N, steps)
        if (plan.one_count < 0) == falls and _tells(layer, simulate, xs, plan.counter, plan.twin):
            where = f"units, N={N}, T={steps}"
            return Case(layer, (simulate, xs), f"with {H} {where}")


def _tells(layer: str, simulate: Simulate, xs: Values, counter: int, twin: int) -> bool:
    """Whether the unit that goes along best is the counter alone, or else its twin, and slopes are not those of a 1."""
    r = abs(correlations(simulate, xs))
    first = counter if layer == "alone" else twin
    others = np.delete(r, first)
    size = counting_unit(simulate, xs)
    slopes = [slope(simulate, xs, counter) / size[1] - 1 for slope in (_slope, _slope_of_all, _step)]
    clear = abs(np.argsort(-abs(_effects(simulate, xs, _rises(simulate, xs))))[0] - counter) == 0
    return bool(r[first] > others.max() + 0.002 and min(map(abs, slopes)) > 0.004 and clear)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """A slip that makes all of it; else what the chosen unit does, or what is off in its numbers."""
    came = [call(exercise, function, case).values for case in cases]
    for says, slip in SLIPS.items():
        if all(_same(values, slip(*case.args)) for values, case in zip(came, cases, strict=True)):
            return says
    for case in cases:
        simulate, xs = case.args
        k, one_count, effect = (float(v) if v.shape == () else np.nan for v in call(exercise, function, case).values)
        due, due_count, due_effect = counting_unit(simulate, xs)
        where = f" ({case.label})"
        H = simulate(xs)[0].shape[2]
        if not (k % 1 == 0 and 0 <= k < H):
            return f"k is {k:g}, and units have the numbers 0 to {H - 1}{where}."
        rises = _rises(simulate, xs)
        if int(k) != due:
            by = _effects(simulate, xs, rises)[int(k)]
            return (
                f"Unit {k:.0f} is not the one{where}. A 1 in place of a 0 at the first step moves it "
                f"by {rises[int(k)]:.3g} "
                f"at the end, and adding that much to it moves the answer by {by:.2g}. Look for a unit where that is "
                "near 1."
            )
        if not abs(one_count - due_count) <= 1e-6 + 1e-5 * abs(due_count):
            return (
                f"k is right, and one_count = {one_count:.4g} is not what a 1 adds to the "
                f"unit{where}. Read xs with a 0 and "
                "with a 1 at one step, and subtract the unit's values after it."
            )
        if not abs(effect - due_effect) <= 1e-6 + 1e-5 * abs(due_effect):
            return (
                f"k and one_count are right, and effect = {effect:.4g} is not the mean change of the answer{where}: "
                "simulate(xs, k, t, one_count), minus simulate(xs)."
            )
    return ""


def _same(came: Sequence[Values], other: Sequence[float]) -> bool:
    return len(came) == len(other) and all(
        a.shape == () and abs(a - b) <= 1e-6 + 1e-5 * abs(b) for a, b in zip(came, other, strict=True)
    )


EXERCISE = Exercise(
    name="counting_unit",
    number=4,
    parameters={"simulate": "", "xs": "T N"},
    outputs=(
        Output("k", "integer", means="the unit"),
        Output("one_count", "number", means="what a 1 adds to the unit"),
        Output("effect", "number", means="the mean change of the answer"),
    ),
    layers=(
        Layer("the unit, where one alone counts", 1.0, "alone", (0,)),
        Layer("the unit, beside a twin that counts and is not heard", 1.25, "twin", (0,)),
        Layer("what a 1 adds to it", 0.5, "alone", (1,)),
        Layer("and beside a twin", 0.5, "twin", (1,)),
        Layer("the effect of one count more", 0.5, "twin", (2,)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1), unchanged=True),
    ),
    cases=_cases,
    reference=counting_unit,
    by_property=_seen,
    slips=SLIPS,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            ValueError,
            "expected (T, N)",
            "simulate reads symbols, whole numbers 0, 1 and 2 of shape (T, N): xs, or a copy.",
        ),
        Cause(IndexError, "is not there", "units and steps are counted from 0."),
    ),
    absent=FORBIDDEN,
)
