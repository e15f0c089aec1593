"""The faults that an answer is compared with, each as a function whose outputs are worked out once."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from rnnkit.course import sets
from rnnkit.course.answer.exercise import Case, Exercise, Values, Wrong
from rnnkit.course.answer.memory import clear
from rnnkit.course.answer.run import call, defined
from rnnkit.course.hints import corpus
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.ways.depends import without_influence
from rnnkit.course.hints.ways.in_place import in_turn
from rnnkit.course.hints.ways.parts import parts
from rnnkit.course.hints.ways.readings import readings
from rnnkit.course.hints.ways.squash import squashes
from rnnkit.course.hints.words import say

SECONDS = 1.0  # of computing, for one search: a student waits for it
Variant = Callable[[int], Any]  # from the case's index to an output's values, or None


class Tried:
    """A function's outputs on the cases, each worked out once."""

    def __init__(self, exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> None:
        self.exercise, self.function, self.cases = exercise, function, cases
        self.came: dict[int, tuple[Values, ...] | None] = {}

    def on(self, i: int) -> tuple[Values, ...] | None:
        """All outputs on a case; None if there are none."""
        if i not in self.came:
            outcome = call(self.exercise, self.function, self.cases[i])
            self.came[i] = None if outcome.error or outcome.problem else outcome.values
        return self.came[i]

    def output(self, k: int) -> Variant:
        return lambda i: values[k] if (values := self.on(i)) is not None else None


class Known:
    """The faults to compare with, made when they are asked for and shared by all outputs; and when to give up."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.end = asked, time.process_time() + SECONDS
        self.trusted = replace(asked.exercise, absent=())  # for functions that no student wrote

    def clear(self) -> None:
        """Overwrite what the faults came to: much of it is right."""
        for made in ("functions", "recorded", "inside"):
            for _, tried in vars(self).get(made, ()):
                clear(array for values in tried.came.values() for array in values or ())

    @property
    def late(self) -> bool:
        return time.process_time() > self.end

    @cached_property
    def without_influence(self) -> str:
        """What the answer does not depend on: then two faults would be made up."""
        return without_influence(self.asked) if self.asked.exercise.is_function else ""

    @cached_property
    def functions(self) -> list[tuple[str, Tried]]:
        """The right function, read or put together wrongly in one thing."""
        functions = _functions(self.asked, self.asked.exercise)
        return [(text, Tried(self.trusted, f, self.asked.cases)) for text, f in functions]

    @cached_property
    def read(self) -> frozenset[str]:
        """What is said of arguments that are read wrongly."""
        return frozenset(text for text, _ in readings(self.asked))

    @cached_property
    def recorded(self) -> list[tuple[str, Tried]]:
        """The wrong answers on record, where one output alone can be wrong: then their hint speaks of it."""
        e = self.asked.exercise
        some = self.asked.wrong if len(e.outputs) > 1 else ()
        return [(wrong.hint, Tried(e, defined(e, wrong.code), self.asked.cases)) for wrong in some]

    @cached_property
    def inside(self) -> list[tuple[str, Tried]]:
        """The answer built on a wrong version of what it may call."""
        steps = _steps_inside(self.asked.exercise)
        return [(text, Tried(self.trusted, whole, self.asked.cases)) for text, whole in steps]


def _functions(asked: Asked, e: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    if e.used:  # a case's arguments are not those of a call
        yield from e.slips.items()
        return
    for text, read in readings(asked):
        yield text, _reading(e, read)
    yield from squashes(asked)
    yield from parts(asked)
    yield from in_turn(asked)


def _reading(e: Exercise, read: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: e.reference(*read(*args))


def _steps_inside(e: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The answer built on a wrong version of what it may call: those on record, and those that a fault makes."""
    if not e.built_on:
        return
    for name in e.lends:
        inner = next((other for other in sets.exercises(e.set) if other.name == name), None) if e.set else None
        if inner is None or inner.cases is None:
            continue
        cases = inner.cases(np.random.default_rng(0))
        inner_asked = Asked(inner, inner.reference, cases, (), [call(inner, inner.reference, c) for c in cases])
        faults = [(w.hint, defined(inner, w.code)) for w in _recorded(e.set, name)]
        faults += list(_functions(inner_asked, inner))
        for fault, function in faults:
            key = "step-inside" if e.is_function else "other-step"
            yield say(key, exercise=f"exercise {inner.number}", fault=fault), e.built_on(**{name: function})
        word = next(iter(e.outputs[0].axes.values()), "step")
        yield say("twice-inside", function=name, word=word), e.built_on(**{name: _twice(inner)})


def _recorded(problem_set: str, name: str) -> tuple[Wrong, ...]:
    """The wrong answers of another exercise; none if the set is built for the first time."""
    try:
        return corpus.load(problem_set).get(name, ())
    except FileNotFoundError:
        return ()


def _twice(inner: Exercise) -> Callable[..., Any]:
    """A step after a step with the same input: its second argument is the state."""
    return lambda x, state, *rest: inner.reference(x, inner.reference(x, state, *rest), *rest)
