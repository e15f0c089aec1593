"""The right result, changed: what an answer returns if its one fault comes after everything else."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Output, Values
from rnnkit.course.hints.ways.asked import Asked, letters, plural, sizes
from rnnkit.course.hints.words import say

Change = tuple[str, Callable[[Values, Case], Values | None]]  # the sentence, and the result as it then is
FUNCTIONS: dict[str, Callable[[Values], Values]] = {
    "np.exp": np.exp,
    "np.tanh": np.tanh,
    "the logarithm": np.log,
    "a sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "a ReLU": lambda a: np.maximum(a, 0),
    "the absolute value": abs,
    "the square root": np.sqrt,
}


def changes(asked: Asked, output: Output) -> Iterator[Change]:
    """Every way in which a right result may have been changed, by its axes and the sizes of the arguments."""
    out = output.name
    yield from _factors(asked, output)
    yield say("wrong-sign", out=out), _after(np.negative)
    yield say("times", out=out, n="2"), Scaled(lambda case: 2)
    yield say("times", out=out, n="0.5"), Scaled(lambda case: 0.5)
    for how, function in FUNCTIONS.items():
        yield say("function-of", out=out, how=how), _after(function)
    yield say("times-itself", out=out), _after(np.square)
    yield say("whole-numbers", out=out), _after(np.trunc)
    yield say("half-precision", out=out), _after(lambda y: y.astype(np.float16).astype(float))
    if output.kind == "number":
        for digits in range(1, 7):
            yield say("rounded", out=out, n=digits), _after(partial(np.round, decimals=digits))
        for base in ("2", "10"):
            yield say("logarithm", out=out, base=base), Scaled(_one_over_log(base))
        yield say("log-missing", out=out), _after(lambda y: np.exp(-y))
    yield from _with_arguments(asked, output)
    yield from _shapes(output, {letter for axes in letters(asked.exercise).values() for letter in axes})
    for axis, (letter, word) in enumerate(output.axes.items()):
        yield from _along(out, axis, letter, word)


def _after(function: Callable[[Values], Any]) -> Callable[[Values, Case], Any]:
    return lambda y, case: function(y)


class Scaled:
    """A result times a number of its case."""

    def __init__(self, factor: Callable[[Case], float]) -> None:
        self.factor = factor

    def __call__(self, y: Values, case: Case) -> Any:
        return y * self.factor(case)


def _one_over_log(base: str) -> Callable[[Case], float]:
    return lambda case: float(1 / np.log(float(base)))


def _factors(asked: Asked, output: Output) -> Iterator[Change]:
    """Sums for means, and divisions by the wrong size."""
    words, out = asked.words, output.name
    long = {id(case): sizes(asked.exercise, case) for case in asked.cases}
    known = sorted({a for found in long.values() for a in found})

    def power(**by: int) -> Callable[[Values, Case], Any]:
        """The result times a product of sizes, each to a power."""
        return Scaled(lambda case: math.prod(long[id(case)].get(a, math.nan) ** float(n) for a, n in by.items()))

    for a in known:
        count = plural(words[a]) if a in words else f"entries of axis {a}"
        yield say("sum-for-mean", out=out, n=a, words=f"the {count}"), power(**{a: 1})
        yield say("divided-by", out=out, n=a), power(**{a: -1})
    for a, b in permutations(known, 2):
        counts = [plural(words[letter]) if letter in words else f"entries of axis {letter}" for letter in (a, b)]
        yield (
            say("divided-by-other", out=out, n=a, words=counts[0], m=b, others=counts[1]),
            power(**{a: -1, b: 1}),
        )
        if a < b:
            yield say("divided-by", out=out, n=f"{a} · {b}"), power(**{a: -1, b: -1})
            yield say("sum-for-mean", out=out, n=f"{a} · {b}", words="all entries"), power(**{a: 1, b: 1})
    for k, name in enumerate(asked.exercise.parameters):
        if all(k < len(case.args) and type(case.args[k]) in (int, float) for case in asked.cases):
            yield say("divided-by", out=out, n=name), Scaled(_one_over(k))
            yield say("times-argument", out=out, a=name), Scaled(_argument(k))
    for a in known:
        yield say("multiplied-by", out=out, n=a), power(**{a: 2})


def _one_over(k: int) -> Callable[[Case], float]:
    return lambda case: 1 / case.args[k]


def _argument(k: int) -> Callable[[Case], float]:
    return lambda case: float(case.args[k])


def _with_arguments(asked: Asked, output: Output) -> Iterator[Change]:
    """An argument added to the result, subtracted from it or multiplied with it."""
    axes = list(output.axes)
    for k, (name, own) in enumerate(letters(asked.exercise).items()):
        if own and axes and own == axes[len(axes) - len(own) :]:
            names = {"a": name, "out": output.name}
            if own == axes[1:] and output.axes[axes[0]] == "step":
                yield say("difference", **names), _with(lambda y, a: y - np.concatenate([a[None], y[:-1]]), k)
                yield (
                    say("averaged-with-last", **names),
                    _with(lambda y, a: (y + np.concatenate([a[None], y[:-1]])) / 2, k),
                )
            yield say("plus-argument", **names), _with(np.add, k)
            yield say("minus-argument", **names), _with(np.subtract, k)
            yield say("times-argument", **names), _with(np.multiply, k)


def _with(operation: Callable[[Values, Any], Any], k: int) -> Callable[[Values, Case], Any]:
    return lambda y, case: operation(y, case.args[k])


def _shapes(output: Output, known: set[str]) -> Iterator[Change]:
    """The right values in another shape. An axis is called by its letter if all are known from the arguments."""
    axes, out = list(output.axes), output.name
    for order in list(permutations(range(len(axes))))[1:]:
        called = axes if known.issuperset(axes) else list(output.axes.values())
        came = ", ".join(called[k] for k in order)
        yield say("turned", out=out, came=came, axes=", ".join(called)), _after(_transposed(order))
    if axes:
        some = " or ".join(f"{a} = 1" for a in axes)
        yield say("squeezed", out=out, letters=some), _after(np.squeeze)
    if len(axes) > 1:
        joined = f"({axes[0]}·{axes[1]}{', ' + ', '.join(axes[2:]) if axes[2:] else ''})"
        text = say("joined", out=out, came=joined, axes=", ".join(axes))
        yield text, _after(lambda y: y.reshape(-1, *y.shape[2:]) if y.ndim > 1 else None)
        joined = f"({', '.join(axes[1:-1])}{', ' if axes[1:-1] else ''}{axes[0]}·{axes[-1]})"
        text = say("joined", out=out, came=joined, axes=", ".join(axes))
        yield text, _after(lambda y: np.concatenate(list(y), axis=-1))
    if len(axes) == 1:
        column = say("joined", out=out, came=f"({axes[0]}, 1), a column,", axes=f"{axes[0]},")
        row = say("joined", out=out, came=f"(1, {axes[0]}), a row,", axes=f"{axes[0]},")
        yield column, _after(lambda y: y.reshape(-1, 1))
        yield row, _after(lambda y: y.reshape(1, -1))


def _transposed(order: tuple[int, ...]) -> Callable[[Values], Any]:
    return lambda y: np.transpose(y, order)


def _along(out: str, axis: int, letter: str, word: str) -> Iterator[Change]:
    names = {"out": out, "word": word, "words": plural(word), "letter": letter}

    def takes(key: str, change: Callable[[Values], Any]) -> Change:
        return say(key, **names), _after(change)

    yield takes("added-over", lambda y: y.sum(axis))
    yield takes("averaged-over", lambda y: y.mean(axis))
    yield takes("mean-for-each", lambda y: np.broadcast_to(y.mean(axis, keepdims=True), y.shape))
    yield takes("first-for-all", lambda y: np.broadcast_to(np.take(y, [0], axis), y.shape))
    yield takes("reversed", lambda y: np.flip(y, axis))
    yield takes("others-zero", lambda y: np.concatenate([np.take(y, [0], axis), 0 * np.delete(y, 0, axis)], axis))
    yield takes(
        "all-but-last-zero", lambda y: np.concatenate([0 * np.delete(y, -1, axis), np.take(y, [-1], axis)], axis)
    )
    if word != "step":
        return
    yield takes("running-sum", lambda y: np.cumsum(y, axis))
    yield takes("running-mean", lambda y: np.cumsum(y, axis) / _counted(y, axis))
    for last, first in (([-1], [0]), (-1, 0)):  # with the axis and without it
        yield takes("last-alone", _taking(last, axis))
        yield takes("first-alone", _taking(first, axis))
    yield takes("last-for-all", lambda y: np.broadcast_to(np.take(y, [-1], axis), y.shape))
    if axis == 0:
        yield takes("last-left-out", lambda y: y[:-1])
        yield takes("first-left-out", lambda y: y[1:])
        yield takes("first-is-zero", lambda y: np.concatenate([0 * y[:1], y[1:]]))
        yield takes("last-is-zero", lambda y: np.concatenate([y[:-1], 0 * y[:1]]))


def _taking(index: Any, axis: int) -> Callable[[Values], Any]:
    return lambda y: np.take(y, index, axis)


def _counted(y: Values, axis: int) -> Values:
    """1, 2, 3, … along an axis."""
    shape = [1] * y.ndim
    shape[axis] = -1
    return np.arange(1, y.shape[axis] + 1).reshape(shape)


def applied(change: Callable[[Values, Case], Values | None], value: Values, case: Case) -> Any:
    """The changed result, or None where the change does not fit."""
    try:
        return change(value, case)
    except (ValueError, IndexError, TypeError):
        return None
