"""The right function with another part inside: a slope, a norm, or what it hands on. The exercise makes itself anew."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.words import say

Arrays = Sequence[Values] | Values


class Part(NamedTuple):
    """What is due, in words, and what stands in its place in wrong answers."""

    due: str
    others: dict[str, Callable[..., Any]]


def each(norm: Callable[[Values], Any], arrays: Arrays) -> Values:
    """The norm of each array by itself."""
    return np.array([norm(a) for a in arrays])


def joined(arrays: Arrays) -> Values:
    return np.concatenate([np.ravel(a) for a in arrays])


def root(arrays: Arrays) -> float:
    return float(np.linalg.norm(joined(arrays)))


def plus(constant: float) -> Callable[[Arrays], float]:
    return lambda arrays: root(arrays) + constant


SLOPES: dict[str, Callable[[Values], Values]] = {  # of tanh, by its value h
    "(1 − h)²": lambda h: (1 - h) ** 2,
    "1 − h": lambda h: 1 - h,
    "1 + h²": lambda h: 1 + h * h,
    "h²": lambda h: h * h,
    "h² − 1": lambda h: h * h - 1,
    "1 − |h|": lambda h: 1 - abs(h),
    "the square root of 1 − h²": lambda h: np.sqrt(1 - h * h),
    "1 / (1 − h²), the slope of the inverse": lambda h: 1 / (1 - h * h),
    "1 / (1 + h²), the slope of arctan": lambda h: 1 / (1 + h * h),
    "half of it, or what it multiplies is halved": lambda h: (1 - h * h) / 2,
    "twice as much, or what it multiplies is counted twice": lambda h: 2 * (1 - h * h),
    "(1 − h²)², the slope taken twice": lambda h: (1 - h * h) ** 2,
    "h · (1 − h), the slope of a sigmoid": lambda h: h * (1 - h),
    "1 − tanh²(h), as if h were the sum before the tanh": lambda h: 1 - np.tanh(h) ** 2,
    "1 − a², with the sum a before the tanh": lambda h: 1 - np.arctanh(h) ** 2,
    "1, as if there were no tanh": np.ones_like,
    "tanh itself": lambda h: h,
}
NORMS: dict[str, Callable[[Arrays], Any]] = {  # of several arrays together
    "the root of the mean of all squares": lambda arrays: np.sqrt(np.mean(joined(arrays) ** 2)),
    "the sum of all squares, without its root": lambda arrays: root(arrays) ** 2,
    "the sum of all absolute values": lambda arrays: abs(joined(arrays)).sum(),
    "the mean of all absolute values": lambda arrays: abs(joined(arrays)).mean(),
    "the largest absolute value": lambda arrays: abs(joined(arrays)).max(),
    "the size of the sum of all entries": lambda arrays: abs(joined(arrays).sum()),
    "the norm with np.linalg.norm(..., 2), which for a matrix is its largest singular value": lambda arrays: root(
        each(lambda a: np.linalg.norm(a, 2), arrays)
    ),
    "the sum of the arrays' norms": lambda arrays: each(np.linalg.norm, arrays).sum(),
    "the mean of the arrays' norms": lambda arrays: each(np.linalg.norm, arrays).mean(),
    "the largest of the arrays' norms": lambda arrays: each(np.linalg.norm, arrays).max(),
    "the norm of the first array alone": lambda arrays: root(arrays[:1]),
    "the norm of the last array alone": lambda arrays: root(arrays[-1:]),
    **{f"that root plus {c:g}": plus(c) for c in (1, 0.1, 0.01, 0.001)},
}
PARTS = {
    "slope of tanh": Part("1 − h², the slope of tanh,", SLOPES),
    "norm": Part("the root of the sum of all squares", NORMS),
}


def parts(asked: Asked) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions like the exercise's own that are wrong in one part, by their sentences."""
    e = asked.exercise
    yield from e.slips.items()
    for key, made_with in e.made_with.items():
        for how, other in PARTS[key].others.items():
            yield say("other-function", right=PARTS[key].due, how=how), made_with(other)
    if e.carry:
        word = next(word for output in e.outputs for word in output.axes.values())
        for what, function in e.carry.others.items():
            yield say("handed-on", word=word, what=what, due=e.carry.due), function
