"""The one hint of a check: a fault on record, else what general ways find out, else the place where it goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course.answer.convert import NO_RETURN
from rnnkit.course.answer.exercise import Case, Exercise, Told, Wrong
from rnnkit.course.answer.limit import TooLong
from rnnkit.course.answer.run import Outcome
from rnnkit.course.answer.written import exactness
from rnnkit.course.hints import diagnose
from rnnkit.course.hints.corpus import recognise
from rnnkit.course.hints.errors import raised
from rnnkit.course.hints.fits import what_is_off
from rnnkit.course.hints.ways.again import again
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.ways.calls import cured, one_by_one
from rnnkit.course.hints.ways.depends import depends
from rnnkit.course.hints.ways.in_place import one_array
from rnnkit.course.hints.ways.reordered import exchanged, reordered
from rnnkit.course.hints.ways.search import found
from rnnkit.course.hints.words import say


def hint(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    wrong: Sequence[Wrong],
    hidden: bool,
) -> Told:
    """What to say to an answer that is not right in everything."""
    asked = Asked(exercise, function, cases, got, expected, wrong)
    with np.errstate(all="ignore"):
        if any(isinstance(outcome.error, TooLong) for outcome in got):
            return _failed(asked, hidden) or Told("", False)
        if exercise.watch and (seen := exercise.watch(exercise, function, cases)):
            return Told(seen, True)
        if known := recognise(exercise, got, cases, wrong):
            return Told(known.hint, True)
        for way in (again, exchanged, cured, reordered):
            if text := way(asked):
                return Told(text, True)
        return _failed(asked, hidden) or _changed(asked) or _values(asked, hidden)


def _failed(asked: Asked, hidden: bool) -> Told | None:
    """No values, or not in the form that is asked for."""
    for case, outcome in zip(asked.cases, asked.got, strict=True):
        if error := raised(asked.exercise, case, outcome, hidden):
            return error
    for outcome in asked.got:
        if outcome.problem:
            text = outcome.problem[:1].upper() + outcome.problem[1:]
            if outcome.printed and text.endswith(NO_RETURN):
                text = text.removesuffix(NO_RETURN) + "Your function prints, and hands nothing on: return the result."
            return Told(text, True)
    return None


def _changed(asked: Asked) -> Told | None:
    """Right values, and an argument that is written into."""
    for case, outcome in zip(asked.cases, asked.got, strict=True):
        if outcome.changed and not asked.wrong_cases():
            return Told(diagnose.changed(outcome, case), True)
    return None


def _values(asked: Asked, hidden: bool) -> Told:
    """Values that are off: the place, and the fault if one is found."""
    e, wrong = asked.exercise, asked.wrong_cases()
    if e.by_property and (seen := e.by_property(e, asked.function, asked.cases)):
        return Told(seen, True)
    if not wrong:
        return Told("", False)
    rows = list(zip(asked.cases, asked.got, asked.expected, strict=True))
    shape = next(filter(None, (diagnose.misshaped(e, *row) for row in rows)), None)
    place = shape or diagnose.first_wrong(e, *rows[wrong[0]], hidden)
    if e.explain and place.names_a_fault:
        return place
    ways: list[Callable[[], str]] = [lambda: found(_as_written(asked)), lambda: one_by_one(asked)]
    if not shape:
        ways += [
            lambda: overflow(asked),
            lambda: diagnose.zero(e, *rows[wrong[0]][1:]),
            lambda: what_is_off(e, rows, [k in wrong for k in range(len(rows))]),
            lambda: one_array(asked),
            lambda: depends(asked),
            lambda: next((diagnose.changed(o, c) for c, o, _ in rows if o.changed), ""),
        ]
    fault = next(filter(None, (way() for way in ways)), "")
    fact = "" if fault or shape or e.explain or hidden else diagnose.in_common(e, *rows[wrong[0]][1:])
    return Told(f"{place.says} {fault or fact}".strip(), bool(fault) or place.names_a_fault)


def _as_written(asked: Asked) -> Asked:
    """With the tolerance that a student's own numbers have by their digits: a cause is looked for, and not a score."""
    e = asked.exercise
    if not e.own or e.rtol:
        return asked
    near = min(exactness(values, e.atol) for outcome in asked.got for values in outcome.values)
    return asked._replace(exercise=replace(e, atol=near))


def overflow(asked: Asked) -> str:
    """Whether nothing is wrong but values that are no numbers."""
    wrong = asked.wrong_cases()
    broken = [k for k in wrong if any(not np.isfinite(v).all() for v in asked.got[k].values)]
    large = [k for k in wrong if asked.cases[k].layer == asked.cases[wrong[0]].layer]
    if asked.exercise.overflow and broken and len(large) == len(wrong) < len(asked.cases):
        return say("overflow", cure=asked.exercise.overflow)
    return ""
