"""What a check does with an answer to ps7-deployment.Bundle: it saves here, and loads as if elsewhere."""

import contextlib
import copy
import inspect
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.answer.reach import files_opened, run_as_programs

Weights = dict[str, Values]
REFUSED, LOADED, RAISED, ELSEWHERE, NEAR, OTHERS, NAMES, SHAPES, DTYPES, NOTHING, SHORT = range(11)  # what came of it
HELD, PROGRAM, RETURNED, MOVED = range(11, 15)  # kept in one process; run; an error handed out; rows in another order
CHANGED = NEAR, OTHERS, NAMES, SHAPES, DTYPES, MOVED  # loaded, and not what was saved
SAID, ONE_MORE, NO_NUMBER, DROWNED = range(1, 5)  # of a message: all that is due; one too large; none; one of many
LEAST = 10  # weights packed to less than one part in so many are not in a text: four digits of each take a third
MOST_NUMBERS = 6  # in a message that says which is the first


class Attempt(NamedTuple):
    """A bundle that is saved with some symbols, and loaded with others.

    ``due`` is what a refusal has to name, ``unsaid`` are symbols that would make it a list.
    """

    what: str
    saved: tuple[str, ...]
    now: tuple[str, ...]
    due: tuple[str, ...] = ()  # a number and the symbols; () if it has to load
    weights: int = 0
    unsaid: tuple[str, ...] = ()


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
    here, there = defined_anew(answer), defined_anew(answer)  # as two processes have it
    save, load = _method(here, "save", 2), _method(there, "load", 2)
    texts = []
    with files_opened() as here_opened:
        for one in plan.attempts:  # all are saved before the first is loaded
            text = save(_copied(plan.weights[one.weights]), list(one.saved))
            if type(text) is not str:
                came = "None" if text is None else "bytes" if isinstance(text, bytes) else "something else"
                return f"expected save to return text, a str, but {came} came."
            texts.append("".join(list(text)))
    with files_opened() as there_opened:
        found = [_in_another(answer, load, text, one, plan) for text, one in zip(texts, plan.attempts, strict=True)]
    if _of_save({path for path, written in here_opened if written}, there_opened):
        return [Became(HELD, 0)] * len(found)
    return found


def _of_save(left: set[str], opened: Sequence[tuple[str, bool]]) -> bool:
    """Whether load reads a file that save has left, and that load has not written itself before."""
    for path, written in opened:
        if path in left and not written:
            return True
        left = left - {path}
    return False


def _in_another(answer: Any, load: Callable[..., Any], text: str, one: Attempt, plan: Saved) -> Became:
    """What becomes of a text elsewhere. What loads in the process that saved it alone is no bundle."""
    try:
        became = _tried(load, text, one, plan)
    except Exception:
        if not one.due and _loads_at_home(answer, one, plan):
            return Became(HELD, 0)
        raise
    if not one.due and became.code in (REFUSED, NOTHING) and _loads_at_home(answer, one, plan):
        return Became(HELD, 0)
    return became


def _loads_at_home(answer: Any, one: Attempt, plan: Saved) -> bool:
    """Whether a bundle can be loaded in the process that has just saved it."""
    home = defined_anew(answer)
    try:
        text = _method(home, "save", 2)(_copied(plan.weights[one.weights]), list(one.saved))
        return _tried(_method(home, "load", 2), text, one, plan).code == LOADED
    except Exception:
        return False


def defined_anew(answer: Any) -> Any:
    """A copy of a class as another process would have it, with what its methods keep outside; else itself.

    What they share with the notebook otherwise, modules and other classes, they go on sharing.
    """
    if not isinstance(answer, type):
        return answer
    parts = [getattr(part, "__func__", part) for part in vars(answer).values()]
    scope = next((part.__globals__ for part in parts if isinstance(part, FunctionType)), None)
    if scope is None:
        return answer
    try:
        return _Anew(scope).of(answer)
    except Exception:  # a class that cannot be made twice
        return answer


class _Anew:
    """Copies of what was defined in one namespace, in a namespace of their own."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope, self.own = scope, dict(scope)
        self.done: dict[int, Any] = {}

    def of(self, value: Any) -> Any:
        if id(value) in self.done:
            return self.done[id(value)]
        if isinstance(value, staticmethod | classmethod):
            return type(value)(self.of(value.__func__))
        if isinstance(value, FunctionType) and value.__globals__ is self.scope:
            return self._function(value)
        if isinstance(value, type) and any(
            getattr(getattr(part, "__func__", part), "__globals__", None) is self.scope for part in vars(value).values()
        ):
            return self._class(value)
        if type(value) in (list, dict, set):
            self.done[id(value)] = copy.deepcopy(value)
            return self.done[id(value)]
        return value

    def _class(self, kind: type) -> Any:
        made = self.done[id(kind)] = type(kind)(kind.__name__, tuple(map(self.of, kind.__bases__)), {})
        for name, value in vars(kind).items():
            if name not in ("__dict__", "__weakref__"):
                setattr(made, name, self.of(value))
        return made

    def _function(self, function: FunctionType) -> Any:
        cells = [CellType() for _ in function.__closure__ or ()]
        made = FunctionType(function.__code__, self.own, function.__name__, None, tuple(cells) or None)
        self.done[id(function)] = made
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a name that has no value yet
                cell.cell_contents = self.of(old.cell_contents)
        made.__defaults__ = copy.deepcopy(function.__defaults__)
        made.__kwdefaults__ = copy.deepcopy(function.__kwdefaults__)
        made.__dict__.update(copy.deepcopy(function.__dict__))
        for name in _names_in(function.__code__):
            if name in self.scope:
                self.own[name] = self.of(self.scope[name])
        return made


def _names_in(code: CodeType) -> list[str]:
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _names_in(const)]
    return [*code.co_names, *inner]


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
    return {name: a.copy(order="K") for name, a in weights.items()}


def _tried(load: Callable[..., Any], text: str, one: Attempt, plan: Saved) -> Became:
    if any(str(number) in text for number in _hashes(one.saved)):
        return Became(ELSEWHERE, 0)
    size = sum(a.nbytes for a in plan.weights[one.weights].values())
    if len(text) < size / 4:
        return Became(SHORT, 0)
    heard: list[str] = []
    try:
        with run_as_programs() as heard:
            found = load(text, list(one.now))
    except ValueError as error:
        return Became(REFUSED, _names(str(error), one), str(error))
    except Exception as error:
        if not one.due:  # that has to load: an error as any other
            raise
        return Became(RAISED, 0, type(error).__name__)
    if heard:
        return Became(PROGRAM, 0)
    if isinstance(found, BaseException) or (isinstance(found, type) and issubclass(found, BaseException)):
        return Became(RETURNED, 0)
    if len(zlib.compress(text.encode("utf-8", "surrogatepass"), 1)) < size / LEAST:
        return Became(SHORT, 0)  # whatever fills it up
    return Became(NOTHING, 0) if found is None else _difference(found, plan.weights[one.weights])


def _hashes(symbols: Sequence[str]) -> list[int]:
    """Numbers that are others in another process, for all that Python says of them in this one."""
    whole = (tuple(symbols), frozenset(symbols), "".join(symbols), str(list(symbols)), str(tuple(symbols)))
    return list(map(hash, (*whole, tuple(sorted(symbols)), " ".join(symbols), ",".join(symbols))))


def _names(message: str, one: Attempt) -> int:
    due = one.due
    if not due or not all(symbol in message for symbol in due[1:]):
        return 0
    numbers = re.findall(r"(?<![\d.])\d+(?![\d])", message)
    if any(symbol in message for symbol in one.unsaid):
        return DROWNED
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
        odd = ~np.isfinite(a)
        if not np.array_equal(a[odd], b[odd], equal_nan=True):
            return Became(OTHERS, 0, f"in {name} a NaN or an infinity has become another number")
        if odd.any():
            a, b = a[~odd], b[~odd]
        if a.ndim == 2 and not (a == b).all() and (np.sort(a, 0) == np.sort(b, 0)).all():
            return Became(MOVED, 0, f"the rows of {name} have changed places")
        if (a == b).all() and not (np.signbit(a) == np.signbit(b)).all():
            return Became(NEAR, 0, f"in {name} a −0.0 has become 0.0")
        if not (a == b).all():
            off = float(abs(a.astype(float) - b).max())
            return Became(NEAR if off < 1e-3 else OTHERS, 0, f"{name} is off by up to {off:.1g}")
    return Became(LOADED, 0)
