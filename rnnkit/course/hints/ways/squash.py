"""Another function around the sum than the one that is due, or a term outside it. The exercise names the function."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.words import say

Function = Callable[[Values], Values]
KNOWN: dict[str, tuple[Function, Function]] = {  # each with its inverse
    "np.tanh": (np.tanh, np.arctanh),
    "a sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda y: np.log(y / (1 - y))),
}
OTHERS: dict[str, Function] = {
    "np.tan": np.tan,
    "np.arctan": np.arctan,
    "np.sin": np.sin,
    "np.sinh": np.sinh,
    "np.arctanh": np.arctanh,
    "a ReLU": lambda a: np.maximum(a, 0),
    "the softsign, a / (1 + |a|)": lambda a: a / (1 + abs(a)),
    "np.exp": np.exp,
    "a tanh of half the sum (2 · sigmoid − 1 is one)": lambda a: np.tanh(a / 2),
    "np.clip": lambda a: np.clip(a, -1, 1),
    "np.tanh of the sum in degrees": lambda a: np.tanh(np.deg2rad(a)),
    "the softmax": lambda a: np.exp(a) / np.exp(a).sum(-1, keepdims=True),
    "a function with two values (np.sign)": np.sign,
    "a function with two values (0 and 1)": lambda a: (a > 0).astype(float),
    "the function with the other sign": lambda a: -np.tanh(a),
    "the function of a sum that is not set back to 0 for each unit": lambda a: np.tanh(np.cumsum(a, -1)),
}


def squashes(asked: Asked) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions of the arguments that put the right sum through something else, by their sentences."""
    e = asked.exercise
    if not e.squash:
        return
    right, undo = KNOWN[e.squash]

    def total(*args: Any) -> Values:
        return undo(np.asarray(e.reference(*args), float))

    yield say("no-function", right=e.squash), total
    yield say("function-twice", right=e.squash), lambda *args: right(right(total(*args)))
    functions = {name: function for name, (function, _) in KNOWN.items() if name != e.squash} | OTHERS
    for how, other in functions.items():
        yield say("other-function", how=how, right=e.squash), _put_through(other, total)
    for k, name in enumerate(e.parameters):
        yield from _outside(name, e.squash, right, total, _without(k, total))


def _put_through(function: Function, total: Callable[..., Values]) -> Callable[..., Any]:
    return lambda *args: function(total(*args))


def _outside(
    name: str, squash: str, right: Function, total: Callable[..., Values], rest: Callable[..., Values]
) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What one argument contributes, put elsewhere than into the sum."""

    def part(*args: Any) -> Values:
        return total(*args) - rest(*args)

    yield say("outside-function", a=name, right=squash), lambda *args: right(rest(*args)) + part(*args)
    yield say("own-function", a=name, right=squash), lambda *args: right(rest(*args)) + right(part(*args))
    through = say("squashed", a=f"what {name} contributes", how=squash)
    yield through, lambda *args: right(rest(*args) + right(part(*args)))


def _without(k: int, total: Callable[..., Values]) -> Callable[..., Values]:
    return lambda *args: total(*[0 * np.asarray(a) if j == k else a for j, a in enumerate(args)])
