"""Exercise ps6-inside.own_counter: what one finds in a network of one's own, written down."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Own
from rnnkit.course.answer.typed import TYPED, five_of_own
from rnnkit.course.sets.ps6_inside.counting import counting_unit
from rnnkit.course.sets.ps6_inside.opaque import REALLY, Plan, Simulate, T, correlations, of_number, opened

TOLERANCE = 0.002
WHAT = (
    "the unit that counts and is heard",
    "what a 1 adds to it",
    "what one count more in it does to the answer",
    f"what a 1 in place of a 0 at step {REALLY} does to the answer",
    "the unit that goes along best with the number of 1s",
)


class Numbers(NamedTuple):
    """A network is its number."""

    network_number: int


def own_five(network_number: int) -> list[float]:
    """The counter, a 1 in it, its effect; what a 1 really does; the twin."""
    plan = of_number(network_number)[1]
    return [float(plan.counter), plan.one_count, plan.effect, _really(plan), float(plan.twin)]


def _really(plan: Plan, step: int = REALLY) -> float:
    return plan.effect + plan.leaky * plan.fades ** (T - 1 - step)


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    number = 0
    for _ in range(4):
        number = 256 * number + pick(range(256))
    return Numbers(number)


def _tells(numbers: Numbers) -> bool:
    """Whether the numbers lie apart, and the units are not at the ends."""
    simulate = of_number(numbers.network_number)[0]
    k, one, effect, really, twin = own_five(numbers.network_number)
    own = abs(one), effect, really, 1.0
    gaps = [abs(a - b) for i, a in enumerate(own) for b in own[:i]]
    apart = min(gaps) > 0.02 and abs(k - twin) > 1 and abs(one) > 0.1
    slips = zip(_slips(numbers.network_number), own_five(numbers.network_number), strict=True)
    falls = _gained(simulate, int(twin)) < 0  # the sign of its correlation misleads
    return bool(apart and falls and min(k, twin) > 0 and all(_clear(some, due) for some, due in slips))


def _clear(some: dict[str, float], due: float) -> bool:
    return all(abs(made - due) > TOLERANCE + TYPED for made in some.values())


def _slips(network_number: int) -> tuple[dict[str, float], ...]:
    """For each of the five numbers, what comes out by a slip, in words."""
    simulate, plan = of_number(network_number)
    k, one, effect, really, twin = own_five(network_number)
    heard = effect / one
    of_unit = {
        "the unit that goes along best with the number of 1s: it is not heard": twin,
        "the unit that moves the answer most when 1 is added to it: it changes at every step, whatever is read": float(
            plan.clock
        ),
        "the right one counted from 1: units are counted from 0": k + 1,
    }
    of_one = {
        "its size: the unit falls with each 1"
        if one < 0
        else "the right one with a minus: the unit rises with a 1": -one,
        "what the twin gains by a 1": _gained(simulate, int(twin)),
        "what a 1 does to the answer": really,
        "the effect on the answer: what a 1 adds to the unit itself is asked for": effect,
    }
    of_effect = {
        "what 1 more in the unit does: add what a 1 adds to it": heard,
        "the right one with a minus: the answer with more, minus the answer as it is": -effect,
        "what a 1 in place of a 0 does": really,
        "the effect of the twin, which is not heard: 0": 0.0,
        "the 1 that one expects: measure it": 1.0,
    }
    of_real = {
        "the effect of one count more in the unit: read another symbol in its place": effect,
        "the right one with a minus: the answer with a 1, minus that with a 0": -really,
        f"what a 1 at step {REALLY + 1} does: steps are counted from 0, so that it is row {REALLY} of xs": (
            _really(plan, REALLY + 1)
        ),
        f"what a 1 at step {REALLY - 1} does": _really(plan, REALLY - 1),
        "the 1 that one expects: measure it": 1.0,
        "the difference of two answers to one array under two names: each needs a copy of xs": 0.0,
    }
    of_twin = {
        "the unit that is heard, and another one goes along better": k,
        "the right one counted from 1: units are counted from 0": twin + 1,
    }
    return of_unit, of_one, of_effect, of_real, of_twin


def _all_slips(network_number: int) -> tuple[dict[str, float], ...]:
    """With those that take the sequences themselves, where they come to another number."""
    of_unit, of_one, of_effect, of_real, of_twin = _slips(network_number)
    (simulate, xs), (k, one, _, really, _) = opened(network_number), own_five(network_number)
    hs, answers = simulate(xs)
    with_1, with_2 = xs.copy(), xs.copy()
    with_1[REALLY], with_2[REALLY] = 1, 2
    high = simulate(with_1)[1]
    slope = np.polyfit((xs == 1).sum(0), hs[-1][:, int(k)], 1)[0]
    of_one |= _off(one, {"the slope of a line through counts and values, and more 1s go with fewer 2s": slope})
    of_real |= _off(
        really,
        {
            "what a 1 does in place of what stood there, often a 1 already, or a 2: put a 0 there first": np.mean(
                high - answers
            ),
            "what a 1 does in place of a 2, which takes something away: put a 0 there": np.mean(
                high - simulate(with_2)[1]
            ),
        },
    )
    return of_unit, of_one, of_effect, of_real, of_twin


def _off(due: float, slips: dict[str, Any]) -> dict[str, float]:
    return {words: float(made) for words, made in slips.items() if _clear({words: made}, due)}


def _gained(simulate: Simulate, k: int) -> float:
    none, one = np.zeros((T, 1), int), np.zeros((T, 1), int)
    one[0] = 1
    return float((simulate(one)[0] - simulate(none)[0])[-1, 0, k])


CURES = (
    "Which unit moves the answer, when what a 1 adds to it is added once more?",
    "Read a 0 and a 1 at one step, with all else the same, and subtract the unit's values right after it.",
    "Take simulate(xs, k, t, one_count), minus simulate(xs): the mean of the answers' change.",
    f"Write 0 into row {REALLY} of one copy of xs and 1 into that of another, and subtract the answers.",
    "Correlate each unit's last value with the number of 1s, over many sequences; take sizes.",
)


EXERCISE = five_of_own(
    "own_counter",
    5,
    Numbers._fields,
    WHAT,
    TOLERANCE,
    own_five,
    Own(_candidate, _tells),
    _all_slips,
    CURES,
    comes=("It is", "Or"),
    between="",
    lends={"opened": opened, "counting_unit": counting_unit, "correlations": correlations},
    procedure="five_of_mine",
    note="The network is that of {name}.",
)
