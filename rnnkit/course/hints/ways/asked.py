"""What a way may look at, and what it may try."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Exercise, Values, Wrong
from rnnkit.course.answer.run import Outcome, call


class Asked(NamedTuple):
    """An answer that is not right, with all that is known of it."""

    exercise: Exercise
    function: Callable[..., Any]
    cases: Sequence[Case]
    got: Sequence[Outcome]
    expected: Sequence[Outcome]
    wrong: Sequence[Wrong] = ()

    @property
    def words(self) -> dict[str, str]:
        """What each axis counts, by its letter."""
        return {letter: word for output in self.exercise.outputs for letter, word in output.axes.items()}

    def tried(self, change: Callable[..., Any], function: Callable[..., Any], case: Case) -> Outcome:
        """A call with changed arguments."""
        return call(self.exercise, function, case._replace(args=tuple(change(*case.args))))

    def right(self, got: Outcome, expected: Outcome) -> bool:
        """Whether a call came to what is expected."""
        if got.error or got.problem or len(got.values) != len(expected.values):
            return False
        with np.errstate(all="ignore"):
            rows = zip(got.values, expected.values, strict=True)
            return all(close(a, b, self.exercise.rtol, self.exercise.atol) for a, b in rows)

    def wrong_cases(self) -> list[int]:
        return [k for k, (a, b) in enumerate(zip(self.got, self.expected, strict=True)) if not self.right(a, b)]


def letters(exercise: Exercise) -> dict[str, list[str]]:
    """The letters of each argument's axes."""
    return {name: axes.split() for name, axes in exercise.parameters.items()}


def sizes(exercise: Exercise, case: Case) -> dict[str, int]:
    """How long each axis is."""
    found: dict[str, int] = {}
    for axes, arg in zip(letters(exercise).values(), case.args, strict=False):
        if axes and np.ndim(arg) == len(axes):
            found |= dict(zip(axes, np.shape(arg), strict=True))
    return found


def plural(word: str) -> str:
    return f"{word}es" if word.endswith("s") else f"{word}s"


def as_array(value: Any) -> Values:
    return np.asarray(value, float)
