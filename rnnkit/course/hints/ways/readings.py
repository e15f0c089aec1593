"""The right function on arguments that are read wrongly: what an answer computes if that is its one fault."""

import inspect
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from rnnkit.course.hints.ways.asked import Asked, letters, plural
from rnnkit.course.hints.words import say

Reading = tuple[str, Callable[..., Any]]  # the sentence, and the arguments as they are read
THROUGH: dict[str, Callable[[Any], Any]] = {
    "a tanh": np.tanh,
    "a sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "np.exp": np.exp,
    "a ReLU": lambda a: np.maximum(a, 0),
}
NORMAL: dict[str, Callable[[Any, int], Any]] = {
    "divided by its largest absolute value": lambda a, axis: a / abs(a).max(axis, keepdims=True),
    "divided by its largest value": lambda a, axis: a / a.max(axis, keepdims=True),
    "divided by its sum": lambda a, axis: a / a.sum(axis, keepdims=True),
    "divided by its norm": lambda a, axis: a / np.sqrt((a * a).sum(axis, keepdims=True)),
    "made to have mean 0 and spread 1": lambda a, axis: (a - a.mean(axis, keepdims=True)) / a.std(axis, keepdims=True),
    "made to run from 0 to 1": lambda a, axis: (
        (a - a.min(axis, keepdims=True)) / (a.max(axis, keepdims=True) - a.min(axis, keepdims=True))
    ),
}
CLIPPED = (1, 5, 10, 20, 30, 50, 80, 88, 100, 500, 700, 709, 1000)


def softmax(a: Any) -> Any:
    e = np.exp(a - np.max(a, axis=-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def readings(asked: Asked) -> Iterator[Reading]:
    """Every argument read in every wrong way that its kind and its axes allow."""
    e = asked.exercise
    named = letters(e)
    example = max((case.args for case in asked.cases), key=len)
    for k, (name, axes) in enumerate(named.items()):
        if k >= len(example):
            break
        value = example[k]
        if isinstance(value, bool | int | np.integer):
            yield from _of_a_number(k, name, value, _default(e.reference, name))
            yield from _of_a_length(asked, k, name, value, named)
        elif np.asarray(value).dtype.kind in "iu":
            yield say("one-more", a=name), _at(k, lambda a: a + 1)
            yield say("one-less", a=name), _at(k, lambda a: a - 1)
            for position, letter in enumerate(axes):
                yield from _one_for_all(k, position, {"a": name, "word": asked.words.get(letter, "")})
        elif isinstance(value, np.ndarray | float | tuple):
            yield from _of_numbers(k, name)
            if isinstance(value, float):
                yield say("not-used", a=name, value=1), _at(k, lambda a: 1.0)
            for position, letter in enumerate(axes or (["T"] if isinstance(value, tuple) else [])):
                yield from _along(k, name, position, asked.words.get(letter, ""), letter)
            for position, letter in enumerate(axes):
                yield say("flipped", a=name, letter=letter), _at(k, _flipping(position))
            if len(axes) == 2:
                yield say("softmaxed", a=name), _at(k, softmax)
    yield from _of_two(asked, named, example)
    yield from _one_alone(asked, named)


def _default(function: Callable[..., Any], name: str) -> Any:
    parameter = inspect.signature(function).parameters.get(name)
    return parameter.default if parameter and parameter.default is not parameter.empty else None


def _at(k: int, change: Callable[[Any], Any]) -> Callable[..., Any]:
    def changed(*args: Any) -> Any:
        return [change(_numbers(a)) if j == k else a for j, a in enumerate(args)]

    return changed


def _numbers(a: Any) -> Any:
    return np.asarray(a) if isinstance(a, tuple) else a


def _of_a_number(k: int, name: str, value: Any, default: Any) -> Iterator[Reading]:
    if default is not None:
        yield say("not-used", a=name, value=default), _at(k, lambda a: default)
    if not isinstance(value, bool):
        yield say("one-more", a=name), _at(k, lambda a: a + 1)
        yield say("one-less", a=name), _at(k, lambda a: max(1, a - 1))
        yield say("doubled", a=name), _at(k, lambda a: 2 * a)
        yield say("capped", a=name, value=2), _at(k, lambda a: min(a, 2))


def _of_a_length(asked: Asked, k: int, name: str, value: Any, named: dict[str, list[str]]) -> Iterator[Reading]:
    """A number that says how long each part of an axis is, taken for how many parts there are."""
    for letter, word in asked.words.items():
        j = next((j for j, axes in enumerate(named.values()) if letter in axes), None)
        if word == "step" and j is not None and not isinstance(value, bool):
            axis = list(named.values())[j].index(letter)
            for rounded in (_up, _down):
                yield say("parts", a=name, words=plural(word)), _parts(k, j, axis, rounded)


def _parts(k: int, j: int, axis: int, rounded: Callable[[int, int], int]) -> Callable[..., Any]:
    return lambda *args: [max(1, rounded(args[j].shape[axis], a)) if i == k else a for i, a in enumerate(args)]


def _up(a: int, b: int) -> int:
    return -(-a // b)


def _down(a: int, b: int) -> int:
    return a // b


def _one_alone(asked: Asked, named: dict[str, list[str]]) -> Iterator[Reading]:
    """One row or step for what is added up over all of them: the first result keeps them apart, another does not."""
    first, *others = asked.exercise.outputs
    for letter, word in list(first.axes.items())[:-1]:
        where = {k: axes.index(letter) for k, axes in enumerate(named.values()) if letter in axes}
        if where and any(output.kind == "array" and letter not in output.axes for output in others):
            for which, index in (("last", -1), ("first", 0)):
                yield say("one-alone", word=word, words=plural(word), which=which), _one_of(where, index)


def _one_of(where: dict[int, int], index: int) -> Callable[..., Any]:
    return lambda *args: [np.take(a, [index], where[k]) if k in where else a for k, a in enumerate(args)]


def _of_numbers(k: int, name: str) -> Iterator[Reading]:
    yield say("not-used", a=name, value=0), _at(k, lambda a: 0 * a)
    yield say("negative", a=name), _at(k, lambda a: -a)
    yield say("doubled", a=name), _at(k, lambda a: 2 * a)
    yield say("halved", a=name), _at(k, lambda a: a / 2)
    yield say("absolute", a=name), _at(k, abs)
    yield say("base-2", a=name), _at(k, lambda a: a * np.log(2))
    for c in CLIPPED:
        yield say("clipped", a=name, value=c), _at(k, _clipped(c))
    for how, through in THROUGH.items():
        yield say("squashed", a=name, how=how), _at(k, through)


def _along(k: int, name: str, axis: int, word: str, letter: str) -> Iterator[Reading]:
    if not word:
        return
    names = {"a": name, "word": word, "words": plural(word), "letter": letter}
    if word == "step":
        yield say("backwards", **names), _at(k, lambda a: np.flip(a, axis))
        for end in (_zero, _wrapped, _held):
            yield say("late", **names), _at(k, _moved(end, 1, axis))
            yield say("early", **names), _at(k, _moved(end, -1, axis))
    yield from _one_for_all(k, axis, names)
    yield say("largest-subtracted", **names), _at(k, lambda a: a - a.max(axis, keepdims=True))
    for how, normal in NORMAL.items():
        yield say("normal", how=how, **names), _at(k, _normal(normal, axis))
    yield say("averaged", **names), _at(k, lambda a: np.broadcast_to(a.mean(axis, keepdims=True), a.shape))


def _one_for_all(k: int, axis: int, names: dict[str, str]) -> Iterator[Reading]:
    if names["word"]:
        yield say("first-only", **names), _at(k, lambda a: _repeated(a, 0, axis))
        yield say("last-only", **names), _at(k, lambda a: _repeated(a, -1, axis))


def _normal(normal: Callable[[Any, int], Any], axis: int) -> Callable[[Any], Any]:
    return lambda a: normal(a, axis)


def _repeated(a: Any, index: int, axis: int) -> Any:
    return np.broadcast_to(np.take(a, [index], axis), a.shape)


def _flipping(axis: int) -> Callable[[Any], Any]:
    return lambda a: np.flip(a, axis)


def _clipped(c: float) -> Callable[[Any], Any]:
    return lambda a: np.clip(a, -c, c)


def _moved(end: Callable[[Any, int, int], Any], by: int, axis: int) -> Callable[[Any], Any]:
    return lambda a: end(a, by, axis)


def _wrapped(a: Any, by: int, axis: int) -> Any:
    return np.roll(a, by, axis)


def _zero(a: Any, by: int, axis: int) -> Any:
    return _with_end(a, by, axis, 0)


def _held(a: Any, by: int, axis: int) -> Any:
    return _with_end(a, by, axis, np.take(a, 0 if by > 0 else -1, axis))


def _with_end(a: Any, by: int, axis: int, value: Any) -> Any:
    new = np.array(np.roll(a, by, axis))
    new[(*(slice(None),) * axis, 0 if by > 0 else -1)] = value
    return new


def _of_two(asked: Asked, named: dict[str, list[str]], example: tuple[Any, ...]) -> Iterator[Reading]:
    """Two arguments of one shape, one of them in the other's place, or each; two that are both left out."""
    names = list(named)[: len(example)]
    scalar = [isinstance(a, bool | int | float | np.number) for a in example]
    for i, j in combinations(range(len(names)), 2):
        alike = named[names[i]] == named[names[j]] and scalar[i] == scalar[j]
        if alike and not isinstance(example[i], bool) and not isinstance(example[j], bool):
            yield say("exchanged", a=names[i], b=names[j]), _picking(len(names), {i: j, j: i})
            yield say("in-place-of", a=names[i], b=names[j]), _picking(len(names), {i: j})
            yield say("in-place-of", a=names[j], b=names[i]), _picking(len(names), {j: i})
        for whole, scores in ((i, j), (j, i)):
            kinds = np.asarray(example[whole]).dtype.kind, np.asarray(example[scores]).ndim
            if kinds == ("i", 2) and np.asarray(example[whole]).ndim == 1:
                yield say("largest-for", a=names[whole], b=names[scores]), _by_largest(whole, scores)
                yield say("one-more", a=names[whole]), _round(whole, scores, 1)
                yield say("one-less", a=names[whole]), _round(whole, scores, -1)
        defaults = [_default(asked.exercise.reference, names[k]) for k in (i, j)]
        if None not in defaults:
            text = say("none-used", a=names[i], b=names[j], value=defaults[0], other=defaults[1])
            yield text, _replacing({i: defaults[0], j: defaults[1]})


def _picking(n: int, places: dict[int, int]) -> Callable[..., Any]:
    return lambda *args: [args[places.get(k, k)] if max(places.values()) < len(args) else a for k, a in enumerate(args)]


def _by_largest(k: int, scores: int) -> Callable[..., Any]:
    return lambda *args: [args[scores].argmax(-1) if j == k else a for j, a in enumerate(args)]


def _round(k: int, scores: int, by: int) -> Callable[..., Any]:
    """Counted on, and round from the last to the first."""
    return lambda *args: [(a + by) % args[scores].shape[-1] if j == k else a for j, a in enumerate(args)]


def _replacing(values: dict[int, Any]) -> Callable[..., Any]:
    return lambda *args: [values.get(k, a) for k, a in enumerate(args)]
