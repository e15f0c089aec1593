"""A number that is a mean over rows, put together in another way: each row's number comes from the right function."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from rnnkit.course.hints.ways.asked import Asked, letters, plural, sizes
from rnnkit.course.hints.words import say

Together = Callable[[Any], Any]


def means(asked: Asked, k: int) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """What output k is if the rows are not averaged as they should be, by the case."""
    e, output = asked.exercise, asked.exercise.outputs[k]
    shared = {
        letter for axes in letters(e).values() for letter in axes if all(letter in a for a in letters(e).values())
    }
    if output.kind != "number" or not shared or not e.is_function:
        return
    letter = min(shared)
    word = asked.words.get(letter, "row")
    names = {"out": output.name, "word": word, "words": plural(word), "n": letter}
    ways: list[tuple[str, Together]] = [
        (say("logarithm-of-mean", **names), lambda r: -np.log(np.mean(np.exp(-r)))),
        (say("one-fewer", **names), lambda r: r.sum() / max(1, len(r) - 1)),
        *((say("one-of-rows", which=which, **names), pick) for which, pick in PICKS.items()),
    ]
    rows = cache(lambda i: _rows(asked, k, letter, i))
    for text, together in ways:
        yield text, _put(together, rows)


PICKS: dict[str, Together] = {
    "first": lambda r: r[0],
    "last": lambda r: r[-1],
    "largest": np.max,
    "smallest": np.min,
    "middle (np.median)": np.median,
}


def _put(together: Together, rows: Callable[[int], Any]) -> Callable[[int], Any]:
    return lambda i: together(rows(i))


def _rows(asked: Asked, k: int, letter: str, i: int) -> Any:
    """Output k of each row of a case by itself."""
    e, case = asked.exercise, asked.cases[i]
    found = []
    for n in range(sizes(e, case)[letter]):
        args = [np.take(a, [n], axes.index(letter)) for a, axes in zip(case.args, letters(e).values(), strict=True)]
        came = e.reference(*args)
        found.append(float(came[k] if len(e.outputs) > 1 else came))
    return np.array(found)
