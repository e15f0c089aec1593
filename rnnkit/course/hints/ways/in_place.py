"""Arrays that are written into while they are still read: under their own name, or under another."""

import dis
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.answer.run import call
from rnnkit.course.hints.ways.asked import Asked, letters, plural
from rnnkit.course.hints.words import say


def in_turn(asked: Asked) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Entries of an axis worked out one after another, in the array that the next one reads."""
    e = asked.exercise
    if len(e.outputs) > 1:
        return
    axes = e.outputs[0].axes
    for k, (name, own) in enumerate(letters(e).items()):
        if own and own == list(axes):
            for axis, word in enumerate(axes.values()):
                text = say("in-turn", a=name, word=word, words=plural(word))
                yield text, _in_turn(e.reference, k, axis)
                yield text, _in_turn(e.reference, k, axis, -1)


def _in_turn(function: Callable[..., Any], k: int, axis: int, order: int = 1) -> Callable[..., Any]:
    def changed(*args: Any) -> Any:
        array = np.array(args[k], float)
        for n in range(array.shape[axis])[::order]:
            here: Any = (*(slice(None),) * axis, n)
            array[here] = np.asarray(function(*args[:k], array.copy(), *args[k + 1 :]))[here]
        return array

    return changed


def one_array(asked: Asked) -> str:
    """Whether an array has two names, is written into under one of them, and is read under the other after that."""
    code = getattr(asked.function, "__code__", None)
    wrong = asked.wrong_cases()
    if not asked.exercise.is_function or code is None or not wrong:
        return ""
    watch, before = Watch(code), sys.gettrace()
    sys.settrace(watch.calls)
    try:
        call(asked.exercise, asked.function, asked.cases[wrong[0]])
    finally:
        sys.settrace(before)
    if not watch.found:
        return ""
    first, second = sorted(watch.found, key=list(watch.bound).index)
    return say("one-array", written=watch.found[0], read=watch.found[1], first=first, second=second)


class Watch:
    """Follows a function line by line. ``found`` is (the name written into, the name that is read after that).

    An array that held nothing but zeros when it was given a name is meant to be filled, and is let be.
    """

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.found: tuple[str, str] | None = None
        self.names = _read_by_line(code)
        self.line = 0  # that is being carried out
        self.bound: dict[str, Values] = {}  # arrays by their names, in the order in which they were given them
        self.blank: list[Values] = []  # arrays that were given a name while they held zeros
        self.shared: dict[str, bytes] = {}  # what those with two names held before this line
        self.written: dict[str, tuple[str, Values]] = {}  # by the other name: under which one, and the array

    def calls(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self.lines if frame.f_code is self.code else None

    def lines(self, frame: FrameType, event: str, arg: Any) -> Any:
        arrays = {name: value for name, value in frame.f_locals.items() if type(value) is np.ndarray}
        self._note_writes(arrays)
        self._note_names(arrays)
        if event == "line":
            self.line = frame.f_lineno
            self._note_reads(arrays)
        return self.lines

    def _note_writes(self, arrays: dict[str, Values]) -> None:
        read = self.names.get(self.line, set())
        for name, held in self.shared.items():
            array = self.bound[name]
            if name in read and arrays.get(name) is array and array.tobytes() != held:
                others = [other for other, value in arrays.items() if value is array and other not in read]
                self.written |= {other: (name, array) for other in others if other in self.shared}

    def _note_names(self, arrays: dict[str, Values]) -> None:
        for name, value in arrays.items():
            if self.bound.get(name) is not value:
                self.bound.pop(name, None)
                self.bound[name] = value
                if not value.any():
                    self.blank.append(value)
        twice = [n for n, a in arrays.items() if any(a is b for m, b in arrays.items() if m != n)]
        self.shared = {n: arrays[n].tobytes() for n in twice if not any(arrays[n] is a for a in self.blank)}

    def _note_reads(self, arrays: dict[str, Values]) -> None:
        for name in self.names.get(self.line, set()):
            if name in self.written and arrays.get(name) is self.written[name][1] and not self.found:
                self.found = self.written[name][0], name


def _read_by_line(code: CodeType) -> dict[int, set[str]]:
    """The local names that each line reads."""
    line = 0
    found: dict[int, set[str]] = {}
    starts = dict(dis.findlinestarts(code))
    for step in dis.get_instructions(code):
        line = starts.get(step.offset) or line
        if "LOAD_FAST" in step.opname or step.opname == "LOAD_DEREF":
            names = step.argval if isinstance(step.argval, tuple) else (step.argval,)  # later Pythons read two at once
            found.setdefault(line, set()).update(names[step.opname.startswith("STORE") :])
    return found
