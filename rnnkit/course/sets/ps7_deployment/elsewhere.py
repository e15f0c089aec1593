"""What a check does with an answer to ps7-deployment.Bundle: it saves here, and loads as if elsewhere."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values

Weights = dict[str, Values]
REFUSED, LOADED, RAISED, ELSEWHERE, NEAR, OTHERS, NAMES, SHAPES, DTYPES, NOTHING, SHORT = range(11)  # what came of it
CHANGED = NEAR, OTHERS, NAMES, SHAPES, DTYPES  # loaded, and not what was saved
SAID, ONE_MORE, NO_NUMBER, DROWNED = range(1, 5)  # of a message: all that is due; one too large; none; one of many
MOST_NUMBERS = 6  # in a message that says which is the first


class Attempt(NamedTuple):
    """A bundle that is saved with some symbols, and loaded with others. ``due`` is what a refusal has to name."""

    what: str
    saved: tuple[str, ...]
    now: tuple[str, ...]
    due: tuple[str, ...] = ()  # a number and the symbols; () if it has to load
    weights: int = 0


@dataclass(frozen=True)
class Saved:
    weights: tuple[Weights, ...]
    attempts: tuple[Attempt, ...]


class Became(NamedTuple):
    """What became of an attempt: a code, what a refusal named (0: not the symbols), and words about it."""

    code: int
    named: int
    words: str = ""


def bundled(answer: Any, plan: Saved) -> Any:
    """(came, named), a number for each attempt; a sentence if the text is none."""
    became = became_of(answer, plan)
    if isinstance(became, str):
        return became
    return np.array([float(b.code) for b in became]), np.array([float(b.named) for b in became])


def became_of(answer: Any, plan: Saved) -> list[Became] | str:
    for name in ("save", "load"):
        if not callable(getattr(answer, name, None)):
            return f"expected Bundle to have save and load, but it has no {name}."
    save, load = (_method(answer, name, 2) for name in ("save", "load"))
    texts = []
    for one in plan.attempts:  # all are saved before the first is loaded
        text = save(_copied(plan.weights[one.weights]), list(one.saved))
        if type(text) is not str:
            came = "None" if text is None else "bytes" if isinstance(text, bytes) else "something else"
            return f"expected save to return text, a str, but {came} came."
        texts.append("".join(list(text)))
    return [_tried(load, text, one, plan) for text, one in zip(texts, plan.attempts, strict=True)]


def _method(answer: Any, name: str, arguments: int) -> Callable[..., Any]:
    """It takes these arguments: as a static method, or as one of an object that needs nothing to be made."""
    found = getattr(answer, name)
    try:
        bound = isinstance(answer, type) and len(inspect.signature(found).parameters) == arguments + 1
    except (TypeError, ValueError):
        bound = False
    method: Callable[..., Any] = getattr(answer(), name) if bound else found
    return method


def _copied(weights: Weights) -> Weights:
    return {name: a.copy() for name, a in weights.items()}


def _tried(load: Callable[..., Any], text: str, one: Attempt, plan: Saved) -> Became:
    if any(str(number) in text for number in _hashes(one.saved)):
        return Became(ELSEWHERE, 0)
    if len(text) < sum(a.nbytes for a in plan.weights[one.weights].values()) / 4:
        return Became(SHORT, 0)
    try:
        found = load(text, list(one.now))
    except ValueError as error:
        return Became(REFUSED, _names(str(error), one.due), str(error))
    except Exception as error:
        if not one.due:  # that has to load: an error as any other
            raise
        return Became(RAISED, 0, type(error).__name__)
    return Became(NOTHING, 0) if found is None else _difference(found, plan.weights[one.weights])


def _hashes(symbols: Sequence[str]) -> list[int]:
    """Numbers that are others in another process, for all that Python says of them in this one."""
    whole = (tuple(symbols), frozenset(symbols), "".join(symbols), str(list(symbols)), str(tuple(symbols)))
    return list(map(hash, (*whole, tuple(sorted(symbols)), " ".join(symbols), ",".join(symbols))))


def _names(message: str, due: Sequence[str]) -> int:
    if not due or not all(symbol in message for symbol in due[1:]):
        return 0
    numbers = re.findall(r"(?<![\d.])\d+(?![\d])", message)
    if due[0] in numbers:
        return SAID if len(set(numbers)) <= MOST_NUMBERS else DROWNED
    return ONE_MORE if str(int(due[0]) + 1) in numbers else NO_NUMBER


def _difference(found: Any, weights: Weights) -> Became:
    """In what the weights that came are not those that were saved."""
    if not isinstance(found, dict) or set(found) != set(weights):
        return Became(NAMES, 0, "they are no dictionary with the names that were saved")
    for name, a in weights.items():
        b = found[name]
        if not isinstance(b, np.ndarray) or b.dtype.kind not in "iuf":
            return Became(NAMES, 0, f"{name} comes back as no array of numbers")
        if b.shape != a.shape:
            return Became(SHAPES, 0, f"{name} has another shape, {b.shape} for {a.shape}")
        if b.dtype != a.dtype:
            return Became(DTYPES, 0, f"{name} has another dtype, {b.dtype} for {a.dtype}")
        if not (a == b).all():
            off = float(abs(a.astype(float) - b).max())
            return Became(NEAR if off < 1e-3 else OTHERS, 0, f"{name} is off by up to {off:.1g}")
    return Became(LOADED, 0)
