"""A student's own numbers, as a notebook asks for them."""

from html import escape
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course import sets
from rnnkit.course.answer.exercise import Exercise
from rnnkit.course.check.names import normal, usable
from rnnkit.course.check.own import draw_numbers
from rnnkit.course.hints import corpus


class Message(str):
    """A sentence that a notebook shows as it reads, without quotes."""

    def __repr__(self) -> str:
        return str(self)


class Shown(NamedTuple):
    """A student's numbers as a table, with the name that they were drawn from."""

    names: tuple[str, ...]
    numbers: tuple[Any, ...]
    drawn_from: str

    def _repr_html_(self) -> str:
        rows = [*zip(self.names, map(_text, self.numbers), strict=True), ("drawn from", escape(self.drawn_from))]
        return f"<table>{''.join(f'<tr><th>{name}</th><td>{text}</td></tr>' for name, text in rows)}</table>"


def numbers_for(exercise_id: str, student: str) -> tuple[Any, ...]:
    """The numbers of an exercise that belong to a student.

    Parameters
    ----------
    exercise_id : str
        Such as "ps1-forward.trajectory".
    student : str
        The student's name; case, accents, apostrophes and extra spaces do not matter.

    Returns
    -------
    tuple
        The arguments of the exercise, the same on every machine, and such that every wrong answer with a hint of its
        own comes to another result. A matrix is a NumPy array of its own.

    Raises
    ------
    ValueError
        If the name is blank, the sample, or no text; if there is no such exercise, or if it has the same numbers for
        everyone.
    """
    if problem := usable(student):
        raise ValueError(problem)
    return tuple(np.array(n) if _is_matrix(n) else n for n in _drawn(exercise_id, student))


def show_numbers(exercise_id: str, student: Any) -> Shown | Message:
    """``numbers_for`` in a notebook: a name that cannot be used is answered with a sentence, and no traceback."""
    if problem := usable(student):
        return Message(problem)
    numbers = _drawn(exercise_id, student)
    return Shown(tuple(_own(exercise_id).parameters), tuple(numbers), " ".join(student.split()))


def _drawn(exercise_id: str, student: str) -> tuple[Any, ...]:
    exercise = _own(exercise_id)
    return draw_numbers(exercise, normal(student), corpus.load(exercise.set).get(exercise.name, ()))


def _is_matrix(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(part, tuple) for part in value)


def _own(exercise_id: str) -> Exercise:
    exercise = sets.find(exercise_id)
    if exercise.own is None:
        raise ValueError(f"{exercise_id} has the same numbers for everyone: there are none of a student's own.")
    return exercise


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        rows = any(isinstance(part, tuple | list) for part in value)
        return ("; " if rows else ", ").join(map(_text, value))
    text = f"{value}" if isinstance(value, int) else f"{value:g}"  # a whole number with all its digits
    return text.replace("-", "−")
