"""Exercise ps6-inside.heat_map: a clean map that points elsewhere, beside what was planted."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Own, Values
from rnnkit.course.answer.typed import TYPED, five_of_own, of_student
from rnnkit.course.sets.ps6_inside.picture import Picture

T = 10
STRONG = (0.97, 0.91, 0.84, 0.76)
WEAK = (0.05, 0.08, 0.11, 0.14, 0.17, 0.21, 0.24, 0.28, 0.31, 0.35)
SHAKES = (-0.09, -0.06, -0.04, -0.02, 0.02, 0.03, 0.05, 0.08)
AGAINST = (-2.05, -1.94, -1.83, -1.71, -1.66, -1.59)  # larger than those for, so that no slip finds it by its sign
FOR = (1.12, 1.21, 1.27, 1.36, 1.42, 1.48)
SMALL = (-0.23, -0.19, -0.16, -0.13, -0.09, -0.07, -0.04, 0.03, 0.05, 0.08, 0.11, 0.14, 0.18, 0.21)
TOLERANCE = 0.001  # what is accepted
WHAT = (
    "the share of the map on the planted steps",
    "the share of the drops on the planted steps",
    "the rank correlation of the map with that of random weights",
    "the rank correlation of the map with the drops",
    "the drop at the map's strongest step, as a share of the largest",
)


class Numbers(NamedTuple):
    """For each step: a map, that of random weights, what occlusion takes from the answer; and two steps."""

    heat: tuple[float, ...]
    shaken: tuple[float, ...]
    drops: tuple[float, ...]
    planted: tuple[int, ...]


def ranks(values: Values) -> Values:
    """From 0 for the smallest; no two are equal here."""
    order: Values = np.argsort(np.argsort(values)).astype(float)
    return order


def alike(a: Values, b: Values) -> float:
    """The rank correlation."""
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def five_of_map(heat: Any, shaken: Any, drops: Any, planted: Any) -> list[float]:
    """Two shares on planted steps, two rank correlations, and what the map's strongest step does."""
    heat, shaken, sizes = np.array(heat), np.array(shaken), abs(np.array(drops))
    at = np.array(planted) - 1
    return [
        float(heat[at].sum() / heat.sum()),
        float(sizes[at].sum() / sizes.sum()),
        alike(heat, shaken),
        alike(heat, sizes),
        float(sizes[heat.argmax()] / sizes.max()),
    ]


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    def some(options: Sequence[float], n: int) -> list[float]:
        left = list(options)
        return [left.pop(pick(range(len(left)))) for _ in range(n)]

    first = pick(range(T))
    planted = sorted({first, (first + pick(range(2, T - 1))) % T})
    strong = sorted({(first + pick(range(1, T))) % T for _ in range(3)} - set(planted))
    large, small = some((*some(AGAINST, 1), *some(FOR, 1)), 2), some(SMALL, T - 2)
    high, low = some(STRONG, len(strong)), some(WEAK, T - len(strong))
    heat = tuple(high.pop() if t in strong else low.pop() for t in range(T))
    drops = tuple(large.pop() if t in planted else small.pop() for t in range(T))
    by = pick(range(len(SHAKES)))
    shaken = [round(value + SHAKES[(by + 3 * t) % len(SHAKES)], 2) for t, value in enumerate(heat)]
    top, second = sorted(range(T), key=lambda t: -heat[t])[:2]
    if shaken[top] > shaken[second]:  # its strongest step is another one
        shaken[top], shaken[second] = shaken[second], shaken[top]
    drops = tuple(abs(value) if t == top else value for t, value in enumerate(drops))  # and not of the largest's sign
    return Numbers(heat, tuple(shaken), drops, tuple(t + 1 for t in planted))


def _tells(numbers: Numbers) -> bool:
    """Whether the map points elsewhere, stays with random weights, and the planted steps count."""
    heat, shaken, drops, planted = map(np.array, numbers)
    if len(planted) < 2 or min(shaken) <= 0 or any(len(set(abs(a))) < T for a in (heat, shaken, drops)):
        return False
    if abs(drops.sum()) < 0.05:
        return False
    at = planted - 1
    on_map, on_drops, same, other, top = five_of_map(*numbers)
    points_elsewhere = on_map < 0.2 and (heat > 0.5).sum() >= 2 and heat[at].max() < 0.4 and top < 0.2
    signs = (drops[at] < 0).sum() == 1 and drops[heat.argmax()] > 0 > drops[abs(drops).argmax()]
    if shaken.argmax() == heat.argmax():
        return False
    return bool(
        points_elsewhere and signs and on_drops > 0.6 and 0.75 < same < 0.98 and other < 0.1 and _apart(numbers)
    )


def _apart(numbers: Numbers) -> bool:
    """Whether no slip is taken for the right number, written with three decimals."""
    rows = zip(_slips(*numbers), five_of_map(*numbers), strict=True)
    return all(abs(made - right) > TOLERANCE + TYPED for slips, right in rows for made in slips.values())


def _share(values: Values, at: Values) -> float:
    return float(values[at].sum() / values.sum())


def _slips(heat: Any, shaken: Any, drops: Any, planted: Any) -> tuple[dict[str, float], ...]:
    """For each of the five numbers, what comes out by a slip, in words."""
    heat, shaken, drops, planted = np.array(heat), np.array(shaken), np.array(drops), np.array(planted)
    sizes, at, above = abs(drops), planted - 1, np.maximum(drops, 0)
    late = planted % T  # taken for places that are counted from 0
    top = int(heat.argmax())
    of_map = {
        "that of the steps one later: planted counts steps from 1, an array from 0": _share(heat, late),
        "the sum on these steps: divide by the sum of the whole map": heat[at].sum(),
        "the mean on these steps, beside that of all: sums are due": heat[at].mean() / heat.mean(),
        "that on the other steps": 1 - _share(heat, at),
        "that of the drops": _share(sizes, at),
        "that of the map of random weights": _share(shaken, at),
        "a percentage: the share itself is due": 100 * _share(heat, at),
        "that of the squares: the map as it stands is due": _share(heat**2, at),
        f"the sum on these steps divided by {T}: divide by the sum of the whole map": heat[at].sum() / T,
        "a share of the largest, and not of the sum": heat[at].sum() / heat.max(),
        "that of one planted step alone": _share(heat, at[:1]),
    }
    of_drops = {
        "that of the steps one later: planted counts steps from 1, an array from 0": _share(sizes, late),
        "the one with signs: what falls and what rises make up for one another. Take sizes": _share(drops, at),
        "the one with signs above and sizes below: take sizes in both sums": drops[at].sum() / sizes.sum(),
        "that of the squares: sizes are due": _share(sizes**2, at),
        "the sum on these steps: divide by the sum of all sizes": sizes[at].sum(),
        "that on the other steps": 1 - _share(sizes, at),
        "that of the map": _share(heat, at),
        "a percentage: the share itself is due": 100 * _share(sizes, at),
        "the one without what is below 0: take sizes, abs": _share(above, at),
        "the one with a signed sum, made a size in the end: take sizes in both sums": abs(_share(drops, at)),
    }
    of_same = {
        "the correlation of the values: rank them first": np.corrcoef(heat, shaken)[0, 1],
        "that of the map with the drops": alike(heat, sizes),
        "the one with argsort in place of ranks: ranks are the argsort of the argsort": np.corrcoef(
            np.argsort(heat), np.argsort(shaken)
        )[0, 1],
        "the right one with its sign turned: both maps are ranked from the same end": -alike(heat, shaken),
        "its square": alike(heat, shaken) ** 2,
        "that of the map of random weights with the drops": alike(shaken, sizes),
        "1 minus it": 1 - alike(heat, shaken),
    }
    of_other = {
        "the correlation of the values: rank them first": np.corrcoef(heat, sizes)[0, 1],
        "the one with the signed drops: rank their sizes": alike(heat, drops),
        "the one without what is below 0, which ranks as 0: rank the sizes": alike(heat, above),
        "the correlation of the values, with signed drops: rank the sizes": np.corrcoef(heat, drops)[0, 1],
        "that of the map with the map of random weights": alike(heat, shaken),
        "the one with argsort in place of ranks: ranks are the argsort of the argsort": np.corrcoef(
            np.argsort(heat), np.argsort(sizes)
        )[0, 1],
        "that of the map of random weights with the drops": alike(shaken, sizes),
        "the right one with its sign turned: both are ranked from the same end": -alike(heat, sizes),
        "its square": alike(heat, sizes) ** 2,
        "1 minus it": 1 - alike(heat, sizes),
    }
    of_top = {
        "the drop itself: divide it by the largest one": sizes[top],
        "the one with signs: take sizes": drops[top] / drops[sizes.argmax()],
        "the drop divided by the largest one above 0, and one below 0 is larger: take sizes": sizes[top] / drops.max(),
        "the drop as a share of the sum of all: divide by the largest": sizes[top] / sizes.sum(),
        "that of the step one later: heat.argmax() counts from 0": sizes[(top + 1) % T] / sizes.max(),
        "that of the map of random weights": sizes[shaken.argmax()] / sizes.max(),
        "the strength of the map where the drop is largest: it is asked the other way round": (
            heat[sizes.argmax()] / heat.max()
        ),
        "a percentage: the share itself is due": 100 * sizes[top] / sizes.max(),
    }
    rows = of_map, of_drops, of_same, of_other, of_top
    return tuple({words: float(made) for words, made in row.items()} for row in rows)


CURES = (
    "Step 1 is heat[0]. Sum the map over both planted steps, and divide by its sum.",
    "Take the sizes of all drops, abs. Sum those of both planted steps, and divide by the sum of all sizes.",
    "Rank both maps, 0 for the smallest, and correlate the ranks: np.corrcoef.",
    "Rank the map and the sizes of the drops, and correlate the ranks.",
    "Take the sizes of the drops. heat.argmax() is the strongest step of the map.",
)


def show_map(student: Any) -> Any:
    """The map of a student's own network, as one would show it to convince."""
    return of_student("ps6-inside.heat_map", student, lambda heat, *_: Picture(heat))


EXERCISE = five_of_own(
    "heat_map",
    7,
    Numbers._fields,
    WHAT,
    TOLERANCE,
    five_of_map,
    Own(_candidate, _tells),
    _slips,
    CURES,
    procedure="five_of_map",
    note="The map is that of {name}.",
)
