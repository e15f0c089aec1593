"""The right result, changed: what an answer returns if its one fault comes after everything else."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np

from rnnkit.course.check.exercise import Case, Output, Values
from rnnkit.course.hints.ways.asked import Asked, letters, plural, sizes
from rnnkit.course.hints.words import say

Change = tuple[str, Callable[[Values, Case], Values | None]]  # the sentence, and the result as it then is
LOGARITHMS = {"2": np.log(2), "10": np.log(10)}
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
    yield say("wrong-sign", out=out), lambda y, case: -y
    for text, c in (("twice", 2), ("half", 0.5)):
        yield say("times", out=out, n=text), lambda y, case, c=c: c * y
    for how, function in FUNCTIONS.items():
        yield say("function-of", out=out, how=how), lambda y, case, function=function: function(y)
    yield say("times-itself", out=out), lambda y, case: y * y
    yield say("whole-numbers", out=out), lambda y, case: np.trunc(y)
    yield say("half-precision", out=out), lambda y, case: y.astype(np.float16).astype(float)
    if output.kind == "number":
        for base, c in LOGARITHMS.items():
            yield say("logarithm", out=out, base=base), lambda y, case, c=c: y / c
        yield say("log-missing", out=out), lambda y, case: np.exp(-y)
    yield from _with_arguments(asked, output)
    yield from _shapes(output)
    for axis, (letter, word) in enumerate(output.axes.items()):
        yield from _along(out, axis, letter, word)


def _factors(asked: Asked, output: Output) -> Iterator[Change]:
    """Sums for means, and divisions by the wrong size."""
    words = asked.words
    known = sorted({a for case in asked.cases for a in sizes(asked.exercise, case)})
    for a in known:
        count = plural(words.get(a, f"entries of axis {a}"))
        text = say("sum-for-mean", out=output.name, n=a, words=f"the {count}")
        yield text, lambda y, case, a=a: y * _size(asked, case, a)
        yield say("divided-by", out=output.name, n=a), lambda y, case, a=a: y / _size(asked, case, a)
    for a, b in permutations(known, 2):
        named = {"n": a, "words": plural(words.get(a, f"axis {a}")), "m": b, "others": plural(words.get(b, f"axis {b}"))}
        yield (
            say("divided-by-other", out=output.name, **named),
            lambda y, case, a=a, b=b: y * _size(asked, case, b) / _size(asked, case, a),
        )
        if a < b:
            yield (
                say("divided-by", out=output.name, n=f"{a} · {b}"),
                lambda y, case, a=a, b=b: y / _size(asked, case, b) / _size(asked, case, a),
            )
            yield (
                say("sum-for-mean", out=output.name, n=f"{a} · {b}", words="all entries"),
                lambda y, case, a=a, b=b: y * _size(asked, case, b) * _size(asked, case, a),
            )
    for a in known:  # a mean for a sum over all but one axis, and a factor that is there twice
        yield say("sum-for-mean", out=output.name, n=f"{a}²", words="all twice"), lambda y, case, a=a: (
            y * _size(asked, case, a) ** 2
        )


def _size(asked: Asked, case: Case, letter: str) -> float:
    return sizes(asked.exercise, case).get(letter, np.nan)


def _with_arguments(asked: Asked, output: Output) -> Iterator[Change]:
    """An argument added to the result, subtracted from it or multiplied with it."""
    axes = list(output.axes)
    for k, (name, own) in enumerate(letters(asked.exercise).items()):
        if not own or not axes or own != axes[len(axes) - len(own) :]:
            continue
        names = {"a": name, "out": output.name}
        yield say("plus-argument", **names), lambda y, case, k=k: y + case.args[k]
        yield say("minus-argument", **names), lambda y, case, k=k: y - case.args[k]
        yield say("times-argument", **names), lambda y, case, k=k: y * case.args[k]


def _shapes(output: Output) -> Iterator[Change]:
    """The right values in another shape."""
    axes, out = list(output.axes), output.name
    for order in list(permutations(range(len(axes))))[1:]:
        came = ", ".join(axes[k] for k in order)
        yield say("turned", out=out, came=came, axes=", ".join(axes)), lambda y, case, order=order: np.transpose(y, order)
    if axes:
        some = " or ".join(f"{a} = 1" for a in axes)
        yield say("squeezed", out=out, letters=some), lambda y, case: np.squeeze(y)
    if len(axes) > 1:
        joined = f"({axes[0]}·{axes[1]}{', ' + ', '.join(axes[2:]) if axes[2:] else ''})"
        yield (
            say("joined", out=out, came=joined, axes=", ".join(axes)),
            lambda y, case: y.reshape(-1, *y.shape[2:]) if y.ndim > 1 else None,
        )
    if len(axes) == 1:
        for shape, came in (((-1, 1), f"({axes[0]}, 1), a column,"), ((1, -1), f"(1, {axes[0]}), a row,")):
            text = say("joined", out=out, came=came, axes=f"{axes[0]},")
            yield text, lambda y, case, shape=shape: y.reshape(shape)


def _along(out: str, axis: int, letter: str, word: str) -> Iterator[Change]:
    names = {"out": out, "word": word, "words": plural(word), "letter": letter}

    def takes(key: str, change: Callable[[Values], Values]) -> Change:
        return say(key, **names), lambda y, case: change(y)

    yield takes("added-over", lambda y: y.sum(axis))
    yield takes("averaged-over", lambda y: y.mean(axis))
    yield takes("mean-for-each", lambda y: np.broadcast_to(y.mean(axis, keepdims=True), y.shape))
    yield takes("first-for-all", lambda y: np.broadcast_to(np.take(y, [0], axis), y.shape))
    yield takes("reversed", lambda y: np.flip(y, axis))
    if word != "step":
        return
    count = lambda y: np.arange(1, y.shape[axis] + 1).reshape((*(1,) * axis, -1, *(1,) * (y.ndim - axis - 1)))  # noqa: E731
    yield takes("running-sum", lambda y: np.cumsum(y, axis))
    yield takes("running-mean", lambda y: np.cumsum(y, axis) / count(y))
    for keep in (lambda y, i: np.take(y, [i], axis), lambda y, i: np.take(y, i, axis)):
        yield takes("last-alone", lambda y, keep=keep: keep(y, -1))
        yield takes("first-alone", lambda y, keep=keep: keep(y, 0))
    yield takes("last-for-all", lambda y: np.broadcast_to(np.take(y, [-1], axis), y.shape))
    if axis == 0:
        yield takes("last-left-out", lambda y: y[:-1])
        yield takes("first-left-out", lambda y: y[1:])
        yield takes("first-is-zero", lambda y: np.concatenate([0 * y[:1], y[1:]]))
        yield takes("last-is-zero", lambda y: np.concatenate([y[:-1], 0 * y[:1]]))


def applied(change: Callable[[Values, Case], Values | None], value: Values, case: Case) -> Any:
    """The changed result, or None where the change does not fit."""
    try:
        return change(value, case)
    except (ValueError, IndexError, TypeError):
        return None
