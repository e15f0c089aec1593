"""Exercise ps6-inside.counting_unit: of several units that count the one that the answer rests on."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps6_inside.opaque import Plan, Simulate, correlations, make, sequences

LEAST, MOST = 0.85, 1.0  # the right effect
APART = 0.002  # how far a slip's number is from the right one, at least


def counting_unit(simulate: Simulate, xs: Values) -> tuple[int, float, float]:
    """(k, one_count, effect): the unit, what a 1 adds to it, and what that much more in it does to the answer."""
    rises = _rises(simulate, xs)
    effects = _effects(simulate, xs, rises)
    k = int(np.argmax(abs(effects)))
    return k, float(rises[k]), float(effects[k])


def _rises(simulate: Simulate, xs: Values) -> Values:
    """By how much each unit is higher right after a 1 in the middle than right after a 0, (H,)."""
    found: Values = _gains(simulate, xs, len(xs) // 2)[len(xs) // 2].mean(0)
    return found


def _gains(simulate: Simulate, xs: Values, t: int, low: int | None = 0) -> Values:
    """What a 1 at step t adds to each unit, beside another symbol there or what stood there, (T, N, H)."""
    gains: Values = simulate(_put(xs, t, 1))[0] - simulate(xs if low is None else _put(xs, t, low))[0]
    return gains


def _put(xs: Values, t: int, symbol: int) -> Values:
    other = xs.copy()
    other[t] = symbol
    return other


def _effects(simulate: Simulate, xs: Values, more: Values) -> Values:
    """The mean change of the answer if so much is added to each unit, right after the step in the middle."""
    return np.array([_moved(simulate, xs, k, by).mean() for k, by in enumerate(more)])


def _moved(simulate: Simulate, xs: Values, k: int, more: float, late: int = 0) -> Values:
    """By how much each answer moves if more is added to unit k in the middle, or so many steps later."""
    moved: Values = simulate(xs, k, len(xs) // 2 + late, more)[1] - simulate(xs)[1]
    return moved


Chosen = Callable[[Simulate, Values], int]
UNITS: dict[str, Chosen] = {
    "k is the unit that goes along best with the number of 1s. It need not be heard: add what a 1 adds to it once "
    "more, and the answer stays where it is.": lambda f, xs: int(np.argmax(abs(correlations(f, xs)))),
    "k is the unit with the largest correlation with the number of 1s, with its sign. A unit may fall with each 1, and "
    "one that goes along need not be heard: add what a 1 adds to each unit, and look at the answer.": (
        lambda f, xs: int(np.argmax(correlations(f, xs)))
    ),
    "k is the unit that goes along best with the answer at the end, and it moves the answer by 0: it is made of the "
    "same sum. Add to each unit, and look at the answer.": (
        lambda f, xs: int(np.argmax(abs(correlations(f, xs, answer=True))))
    ),
    "k is the unit that moves the answer the most when 1 is added to it, and it changes at every step, whatever is "
    "read. Add what a 1 adds to each unit, and not the same to all.": (
        lambda f, xs: int(np.argmax(abs(_effects(f, xs, np.ones(f(xs)[0].shape[2])))))
    ),
    "k is the unit that is largest at the end. A unit that counts changes with each 1.": (
        lambda f, xs: int(np.argmax(abs(f(xs)[0][-1].mean(0))))
    ),
    "k is the unit that differs most between sequences at the end. Add what a 1 adds to each unit, and look at the "
    "answer.": lambda f, xs: int(np.argmax(f(xs)[0][-1].std(0))),
    "k is the unit that a 1 moves the most. Add that much to each unit, and look at the answer: the larger unit need "
    "not be heard.": lambda f, xs: int(np.argmax(abs(_rises(f, xs)))),
}

Size = Callable[[Simulate, Values, int], float]
IN_THE_MIDDLE = "step T // 2, which is row T // 2 of xs and of hs"
COUNTS: dict[str, Size] = {
    "one_count is the slope of a line through all steps, and the symbol 2 moves the unit too. Put a 1 in place of a 0, "
    "and leave all else.": lambda f, xs, k: float(
        np.polyfit(np.cumsum(xs == 1, 0).ravel(), f(xs)[0][:, :, k].ravel(), 1)[0]
    ),
    "one_count is the slope of a line through values at the end and counts, and where there are more 1s there are "
    "fewer 2s. Put a 1 in place of a 0, and leave all else.": lambda f, xs, k: float(
        np.polyfit((xs == 1).sum(0), f(xs)[0][-1][:, k], 1)[0]
    ),
    "one_count compares steps that read a 1 with all others, among them 2s, which move the unit too. Put a 1 in place "
    "of a 0, and leave all else.": lambda f, xs, k: _step(f, xs, k, [0, 2]),
    "one_count compares steps that read a 1 with others that read a 0, and these stand elsewhere. Put a 1 in place of "
    "a 0 at one step, and leave all else.": lambda f, xs, k: _step(f, xs, k, [0]),
    "one_count is a size: the unit falls with each 1, and what is added to it is below 0.": (
        lambda f, xs, k: abs(_rises(f, xs)[k])
    ),
    "one_count has its sign turned: it is the unit with a 1, minus that with a 0.": lambda f, xs, k: -_rises(f, xs)[k],
    "one_count is what one count in the answer is of the unit. It is what a 1 adds to the unit.": (
        lambda f, xs, k: 1 / _moved(f, xs, k, 1.0).mean()
    ),
    "one_count is what is left at the end of what a 1 in the middle adds. A count fades: read the unit right after "
    "the 1.": lambda f, xs, k: _gains(f, xs, len(xs) // 2)[-1, :, k].mean(),
    "one_count is what is left at the end of what a 1 at the first step adds. A count fades: read the unit right after "
    "the 1.": lambda f, xs, k: _gains(f, xs, 0)[-1, :, k].mean(),
    "one_count is the mean over all steps from the 1 on. A count fades: read the unit right after the 1.": (
        lambda f, xs, k: _gains(f, xs, len(xs) // 2)[len(xs) // 2 :, :, k].mean()
    ),
    "one_count is the mean over all steps, with a 1 in place of the first symbol. A count fades: read the unit right "
    "after the 1.": lambda f, xs, k: _gains(f, xs, 0)[:, :, k].mean(),
    "one_count is the mean over all steps, among them those before the 1, where nothing differs. Read the unit right "
    "after the 1.": lambda f, xs, k: _gains(f, xs, len(xs) // 2)[:, :, k].mean(),
    "one_count is read a step after the 1, when some of it has faded. Read the row of hs in which the 1 stands in "
    "xs.": lambda f, xs, k: _gains(f, xs, len(xs) // 2)[len(xs) // 2 + 1, :, k].mean(),
    "one_count is read in the middle, and the 1 came at the first step. A count fades: read the unit right after the "
    "1.": lambda f, xs, k: _gains(f, xs, 0)[len(xs) // 2, :, k].mean(),
    "one_count compares a 1 with a 2, which moves the unit too. Compare it with a 0.": (
        lambda f, xs, k: _gains(f, xs, len(xs) // 2, 2)[len(xs) // 2, :, k].mean()
    ),
    "one_count compares a 1 with what stood there, often a 1 already, or a 2. Put a 0 there in the other copy.": (
        lambda f, xs, k: _gains(f, xs, len(xs) // 2, None)[len(xs) // 2, :, k].mean()
    ),
    "one_count is the sum over the sequences. It is what a 1 adds in each.": lambda f, xs, k: (
        _rises(f, xs)[k] * xs.shape[1]
    ),
}

Done = Callable[[Simulate, Values, int, float], Any]  # with what is added to unit k
EFFECTS: dict[str, Done] = {
    "effect is the change in the first sequence alone. Sequences differ: the mean over all is asked for.": (
        lambda f, xs, k, one: _moved(f, xs, k, one)[0]
    ),
    "effect is the change in the last sequence alone. Sequences differ: the mean over all is asked for.": (
        lambda f, xs, k, one: _moved(f, xs, k, one)[-1]
    ),
    "effect is the median over the sequences. Their mean is asked for.": lambda f, xs, k, one: np.median(
        _moved(f, xs, k, one)
    ),
    "effect is the largest change of a sequence. The mean over all is asked for.": lambda f, xs, k, one: max(
        _moved(f, xs, k, one), key=abs
    ),
    "effect is the sum over the sequences. Their mean is asked for.": lambda f, xs, k, one: _moved(f, xs, k, one).sum(),
    "effect has its sign turned: the answer with more, minus the answer as it is.": lambda f, xs, k, one: (
        -_moved(f, xs, k, one).mean()
    ),
    "effect is measured with one_count added right after the last step, before any of it fades. Add it right after "
    f"{IN_THE_MIDDLE}.": lambda f, xs, k, one: _moved(f, xs, k, one, (len(xs) - 1) // 2).mean(),
    "effect is measured with one_count added right after the first step, so that more of it fades. Add it right after "
    f"{IN_THE_MIDDLE}.": lambda f, xs, k, one: _moved(f, xs, k, one, -(len(xs) // 2)).mean(),
    "effect is measured with one_count added a step late, right after step T // 2 + 1. Steps are counted from 0: add "
    f"it right after {IN_THE_MIDDLE}.": lambda f, xs, k, one: _moved(f, xs, k, one, 1).mean(),
    "effect is measured with one_count added a step early, right after step T // 2 − 1. Steps are counted from 0: add "
    f"it right after {IN_THE_MIDDLE}.": lambda f, xs, k, one: _moved(f, xs, k, one, -1).mean(),
    "effect is measured where a 0 stands in the middle of each sequence. Read xs as it is, and add one_count to the "
    "unit.": lambda f, xs, k, one: _moved(f, _put(xs, len(xs) // 2, 0), k, one).mean(),
    "effect is measured where a 1 stands in the middle of each sequence already. Read xs as it is, and add one_count "
    "to the unit.": lambda f, xs, k, one: _moved(f, _put(xs, len(xs) // 2, 1), k, one).mean(),
    "effect is the change of the answer when 1 is added to the unit. Add one_count.": lambda f, xs, k, one: _moved(
        f, xs, k, 1.0
    ).mean(),
    "effect is the answer itself with one count more. Its change is asked for: take from it the answer as it is.": (
        lambda f, xs, k, one: f(xs, k, len(xs) // 2, one)[1].mean()
    ),
    "effect is relative, divided by the answer as it is. The change itself is asked for.": lambda f, xs, k, one: (
        _moved(f, xs, k, one).mean() / f(xs)[1].mean()
    ),
    "effect is what a 1 in place of a 0 does to the answer. Read xs as it is, and add one_count to the unit.": (
        lambda f, xs, k, one: _really(f, xs, len(xs) // 2)
    ),
    "effect is what a 1 in place of a 0 at the first step does to the answer. Read xs as it is, and add one_count to "
    "the unit.": lambda f, xs, k, one: _really(f, xs, 0),
}


def _step(simulate: Simulate, xs: Values, k: int, others: Sequence[int]) -> float:
    """The mean change of the unit in steps that read a 1, minus that in steps that read one of the others."""
    change = np.diff(simulate(xs)[0][:, :, k], axis=0)
    return float(change[xs[1:] == 1].mean() - change[np.isin(xs[1:], others)].mean())


def _really(simulate: Simulate, xs: Values, t: int) -> float:
    """What a 1 in place of a 0 does to the answer."""
    return float((simulate(_put(xs, t, 1))[1] - simulate(_put(xs, t, 0))[1]).mean())


def _chosen(how: Chosen, off: int = 0) -> Callable[..., Any]:
    """Another unit, with its own numbers."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k, rises = how(simulate, xs), _rises(simulate, xs)
        return k + off, float(rises[k]), float(_effects(simulate, xs, rises)[k])

    return answer


def _sized(size: Size) -> Callable[..., Any]:
    """The right unit with another size of one count, which the effect is measured with."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k = counting_unit(simulate, xs)[0]
        other = float(size(simulate, xs, k))
        return k, other, float(_moved(simulate, xs, k, other).mean())

    return answer


def _done(effect: Done) -> Callable[..., Any]:
    """The right unit and one count, with another effect."""

    def answer(simulate: Simulate, xs: Values) -> Any:
        k, one_count, _ = counting_unit(simulate, xs)
        return k, one_count, float(effect(simulate, xs, k, one_count))

    return answer


FROM_1 = "k is the right unit, counted from 1. Units are counted from 0."
SLIPS: dict[str, Callable[..., Any]] = {
    **{words: _chosen(how) for words, how in UNITS.items()},
    FROM_1: _chosen(lambda f, xs: counting_unit(f, xs)[0], 1),
    **{f"k is right. {words}": _sized(size) for words, size in COUNTS.items()},
    **{f"k and one_count are right. {words}": _done(effect) for words, effect in EFFECTS.items()},
}


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [
        ("alone", 9, 14, 40),
        ("alone", 10, 17, 30),
        ("twin", 11, 18, 40),
        ("twin", 12, 15, 50),
        ("twin", 10, 20, 40),
    ]
    return [_case(rng, *row, falls=bool(k % 2)) for k, row in enumerate(plan)]


def _case(rng: np.random.Generator, layer: str, H: int, steps: int, N: int, falls: bool) -> Case:
    while True:
        simulate, plan = make(rng, H, steps, layer == "twin", rng.uniform(0.93, 0.96), 0.5)
        xs = sequences(rng, N, steps)
        if (plan.one_count < 0) == falls and _tells(layer, simulate, xs, plan):
            return Case(layer, (simulate, xs), f"with {H} units, N={N}, T={steps}")


def _tells(layer: str, simulate: Simulate, xs: Values, plan: Plan) -> bool:
    """Whether what goes along best is the counter alone, or else units that are not heard, and slips come apart."""
    k, alone = plan.counter, layer == "alone"
    r = abs(correlations(simulate, xs))
    first = k if alone else plan.twin
    if r[first] < np.delete(r, first).max() + 0.002:
        return False
    rises = _rises(simulate, xs)
    effects = _effects(simulate, xs, rises)
    like_the_answer = int(np.argmax(abs(correlations(simulate, xs, answer=True))))
    most = int(np.argmax(abs(_effects(simulate, xs, np.ones(len(r))))))
    if np.argmax(abs(effects)) != k or most != plan.clock or np.delete(abs(effects), k).max() > 0.3:
        return False
    if (like_the_answer != k) if alone else (like_the_answer == k or effects[like_the_answer]):
        return False
    one, moved = rises[k], _moved(simulate, xs, k, rises[k])
    if not LEAST < moved.mean() < MOST or abs(moved - moved.mean()).min() < 2e-4:  # no one sequence is the mean
        return False
    counts = [size(simulate, xs, k) / one - 1 for words, size in COUNTS.items() if one < 0 or "a size" not in words]
    done = [effect(simulate, xs, k, one) - moved.mean() for effect in EFFECTS.values()]
    return bool(min(map(abs, counts)) > APART and min(map(abs, done)) > APART)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """How the unit was chosen; else what the chosen unit does, or what one of its numbers is."""
    came = [call(exercise, function, case).values for case in cases]
    if any(len(values) < 3 or any(v.shape for v in values) for values in came):
        return ""
    rows = [Row(case, *(float(v) for v in values)) for case, values in zip(cases, came, strict=True)]
    if says := _unit_seen(rows):
        return says
    for row in rows:
        simulate, xs = row.read
        where, H = f" ({row.case.label})", simulate(xs)[0].shape[2]
        if row.k not in range(H):
            return f"k is {row.k:g}, and units have the numbers 0 to {H - 1}{where}."
        rises, k = _rises(simulate, xs), int(row.k)
        if k != counting_unit(simulate, xs)[0]:
            by = _effects(simulate, xs, rises)[k]
            return (
                f"Unit {k} is not the one{where}. A 1 in place of a 0 at step T // 2 moves it by {rises[k]:.3g} right "
                f"after it, and adding that much to it there moves the answer by {by:.2g}. Look for a unit where that "
                "is near 1."
            )
    return _count_seen(rows) or _effect_seen(rows)


class Row(NamedTuple):
    """A case, and the three numbers that came."""

    case: Case
    k: float
    one_count: float
    effect: float

    @property
    def read(self) -> tuple[Simulate, Values]:
        """The arguments."""
        simulate, xs = self.case.args
        return simulate, xs


def _unit_seen(rows: Sequence[Row]) -> str:
    """How every unit was chosen, whatever the other numbers are; "" if each is right, or no way makes them all."""
    off = [row.k - counting_unit(*row.read)[0] for row in rows]
    if not any(off):
        return ""
    if all(by == 1 for by in off):
        return FROM_1
    return next((says for says, how in UNITS.items() if all(row.k == how(*row.read) for row in rows)), "")


def _count_seen(rows: Sequence[Row]) -> str:
    """What one_count is; "" if it is right."""
    off = [row for row in rows if not _near(row.one_count, _rises(*row.read)[int(row.k)])]
    for words, size in COUNTS.items() if off else ():
        if all(_near(row.one_count, size(*row.read, int(row.k))) for row in rows):
            return f"k is right. {words}"
    if not off:
        return ""
    return (
        f"k is right, and one_count = {off[0].one_count:.4g} is not what a 1 adds to the unit ({off[0].case.label}). "
        "Read xs with a 0 and with a 1 in row T // 2, and subtract the unit's values right after it, hs[T // 2]."
    )


def _effect_seen(rows: Sequence[Row]) -> str:
    """What effect is, where one_count is right; "" if it is right too."""
    off = [row for row in rows if not _near(row.effect, _moved(*row.read, int(row.k), row.one_count).mean())]
    for words, effect in EFFECTS.items() if off else ():
        if all(_near(row.effect, float(effect(*row.read, int(row.k), row.one_count))) for row in rows):
            return f"k and one_count are right. {words}"
    if not off:
        return ""
    return (
        f"k and one_count are right, and effect = {off[0].effect:.4g} is not the mean change of the answers "
        f"({off[0].case.label}): simulate(xs, k, T // 2, one_count), minus simulate(xs)."
    )


def _near(came: float, due: float) -> bool:
    return bool(abs(came - due) <= 1e-6 + 1e-5 * abs(due))


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
        Layer("the unit, where one alone counts", 0.75, "alone", (0,)),
        Layer("the unit, beside a twin that counts and is not heard", 1.0, "twin", (0,)),
        Layer("what a 1 adds to it, where one alone counts", 0.5, "alone", (1,)),
        Layer("what a 1 adds to it, beside a twin", 0.5, "twin", (1,)),
        Layer("the mean effect of that much more, where one alone counts", 0.5, "alone", (2,)),
        Layer("the mean effect of that much more, beside a twin", 0.5, "twin", (2,)),
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
        Cause(
            IndexError, "is not there", "units and steps are whole numbers, counted from 0; the middle is len(xs) // 2."
        ),
    ),
    absent=FORBIDDEN,
)
