"""Results that are the right ones and stand in another order, as in ``return b, a``."""

from collections.abc import Callable, Iterator
from itertools import combinations, permutations

from rnnkit.course.answer.run import Outcome
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.words import say


def exchanged(asked: Asked) -> str:
    """Whether all results are right in another order than they came in: nothing simpler could be said."""
    return reordered(asked, _are_right)


def reordered(asked: Asked, fits: Callable[[Asked, tuple[int, ...]], bool] | None = None) -> str:
    """Whether all results have their shapes, or else their values, in another order than they came in."""
    fits = fits or _fits_better
    outputs = asked.exercise.outputs
    if len(outputs) < 2 or any(o.error or len(o.values) < len(outputs) for o in asked.got):
        return ""
    places = range(len(outputs))
    for order in list(permutations(places))[1:] if len(outputs) < 5 else _two_swapped(len(outputs)):
        if fits(asked, order):
            came = ", ".join(outputs[order.index(k)].name for k in places)
            return say("reordered", came=came, due=", ".join(output.name for output in outputs))
    return ""


def _two_swapped(n: int) -> Iterator[tuple[int, ...]]:
    for i, j in combinations(range(n), 2):
        yield tuple({i: j, j: i}.get(k, k) for k in range(n))


def _fits_better(asked: Asked, order: tuple[int, ...]) -> bool:
    """Of (b, a) the order is (1, 0): place k of what is due is place order[k] of what came."""
    shapes_were_right = True
    for got, expected in zip(asked.got, asked.expected, strict=True):
        put = Outcome(tuple(got.values[k] for k in order))
        if [v.shape for v in put.values] != [v.shape for v in expected.values]:
            return False
        shapes_were_right &= [v.shape for v in got.values] == [v.shape for v in expected.values]
    return not shapes_were_right or _are_right(asked, order)


def _are_right(asked: Asked, order: tuple[int, ...]) -> bool:
    pairs = zip(asked.got, asked.expected, strict=True)
    return all(asked.right(Outcome(tuple(got.values[k] for k in order)), expected) for got, expected in pairs)
