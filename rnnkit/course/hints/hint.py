"""The one hint of a check: a fault on record, else what general ways find out, else the place where it goes wrong."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rnnkit.course.check.exercise import Case, Exercise, Wrong
from rnnkit.course.check.run import Outcome
from rnnkit.course.hints import diagnose
from rnnkit.course.hints.corpus import recognise
from rnnkit.course.hints.errors import raised
from rnnkit.course.hints.fits import what_is_off
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.ways.calls import again, cured
from rnnkit.course.hints.ways.depends import depends
from rnnkit.course.hints.ways.search import found


class Hint(NamedTuple):
    """What is said, and whether it names a fault or the place alone."""

    says: str
    names_a_fault: bool


def hint(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    wrong: Sequence[Wrong],
    hidden: bool,
) -> Hint:
    """What to say to an answer that is not right in everything."""
    if known := recognise(exercise, got, cases, wrong):
        return Hint(known.hint, True)
    asked = Asked(exercise, function, cases, got, expected, wrong)
    for way in (again, cured):
        if text := way(asked):
            return Hint(text, True)
    return _failed(asked, hidden) or _changed(asked) or _values(asked, hidden)


def _failed(asked: Asked, hidden: bool) -> Hint | None:
    """No values, or not in the form that is asked for."""
    for case, outcome in zip(asked.cases, asked.got, strict=True):
        if error := raised(asked.exercise, case, outcome, hidden):
            return Hint(error.says, error.cause)
    for outcome in asked.got:
        if outcome.problem:
            return Hint(outcome.problem[:1].upper() + outcome.problem[1:], True)
    return None


def _changed(asked: Asked) -> Hint | None:
    """Right values, and an argument that is written into."""
    for case, outcome in zip(asked.cases, asked.got, strict=True):
        if outcome.changed and not asked.wrong_cases():
            return Hint(diagnose.changed(outcome, case), True)
    return None


def _values(asked: Asked, hidden: bool) -> Hint:
    """Values that are off: the fault if one is found, after the place."""
    e, wrong = asked.exercise, asked.wrong_cases()
    rows = list(zip(asked.cases, asked.got, asked.expected, strict=True))
    shape = next(filter(None, (diagnose.misshaped(e, *row) for row in rows)), None)
    if not wrong:
        return Hint("", False)
    place = shape.says if shape else diagnose.first_wrong(e, *rows[wrong[0]], hidden)
    if shape:
        fault = found(asked) or (depends(asked) if not shape.cause else "")
        return Hint(f"{place} {fault}".strip(), bool(fault) or shape.cause)
    zero = diagnose.zero(e, *rows[wrong[0]][1:])
    if e.explain:
        fault = "" if place.rstrip().count(". ") else found(asked)
        return Hint(f"{place} {fault}".strip(), bool(fault) or place.count(". ") > 0)
    fault = found(asked) or zero or what_is_off(e, rows, [k in wrong for k in range(len(rows))]) or depends(asked)
    if not fault:
        fault = next((diagnose.changed(o, c) for c, o, _ in rows if o.changed), "")
    return Hint(f"{place} {fault}".strip(), bool(fault))
