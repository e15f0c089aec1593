"""Numbers that belong to one student: drawn from the name, until the wrong answers can be told apart on them."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Any

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Draw, Exercise, Values, Wrong
from rnnkit.course.answer.memory import apart, forget
from rnnkit.course.answer.run import call, defined
from rnnkit.course.check.names import normal, picks

ATTEMPTS, CANDIDATES = 2000, 40_000  # of good numbers, and of any


def cases_of(exercise: Exercise, draw: Draw) -> list[Case]:
    """What an answer is run on; of an exercise that has both, the student's own numbers stand before what is drawn."""
    if exercise.own is None:
        return exercise.cases(draw.rng) if exercise.cases else []
    numbers = draw_numbers(exercise, normal(draw.name), draw.wrong)
    if exercise.cases is None:
        return [Case("own", numbers, "")]
    return [case._replace(args=(*numbers, *case.args)) for case in exercise.cases(draw.rng)]


@cache
def draw_numbers(exercise: Exercise, name: str, wrong: tuple[Wrong, ...]) -> tuple[Any, ...]:
    """The arguments that belong to a name, the same on every machine."""
    return apart(_drawn, exercise, name, wrong)


def _drawn(exercise: Exercise, name: str, wrong: tuple[Wrong, ...]) -> tuple[Any, ...]:
    assert exercise.own is not None
    procedures = [defined(exercise, w.code) for w in wrong]
    good = 0
    for attempt in range(CANDIDATES):
        byte = picks(exercise.id, name, attempt)

        def pick(options: Sequence[Any], byte: Any = byte) -> Any:
            return options[next(byte) % len(options)]

        numbers = exercise.own.candidate(pick)
        if not exercise.own.tells(numbers):  # before all that takes longer
            continue
        if exercise.cases:  # on which wrong answers are told apart
            return numbers
        good += 1
        if good > ATTEMPTS:
            break
        case = Case("own", tuple(numbers), "")
        told: list[tuple[str, tuple[Values, ...]]] = [
            (text, (values,)) for text, values in exercise.own.faults(numbers)
        ]
        told += [("", call(exercise, exercise.reference, case).values)]
        if tied(exercise, told):
            continue
        known = [(w.hint, call(exercise, p, case).values) for w, p in zip(wrong, procedures, strict=True)]
        if not tied(exercise, [*known, *told]):
            forget([values for _, values in (*known, *told)])
            return numbers
    raise ValueError(
        f"expected numbers that tell {len(wrong)} wrong answers apart, but {attempt + 1} draws for {name!r} found none."
        " Do two entries of wrong.yml compute the same?"
    )


def tied(exercise: Exercise, came: Sequence[tuple[str, tuple[Values, ...]]]) -> bool:
    """Whether two that are called by different names come to the same values."""
    pairs = [(a, b) for (s, a), (t, b) in combinations(came, 2) if s != t]
    return any(a and b and all(map(_near(exercise), a, b)) for a, b in pairs)


def _near(exercise: Exercise) -> Any:
    return lambda a, b: close(a, b, 0, exercise.apart)
