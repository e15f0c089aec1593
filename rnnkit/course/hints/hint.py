"""The one hint of a check: a fault that is on record, else what can be found out about one that is not."""

from collections.abc import Callable, Sequence
from typing import Any

from rnnkit.course.check.exercise import Case, Exercise, Wrong
from rnnkit.course.check.run import Outcome
from rnnkit.course.hints.corpus import recognise
from rnnkit.course.hints.diagnose import changed, explain


def hint(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    wrong: Sequence[Wrong],
    hidden: bool,
) -> str:
    """What to say to an answer that is not right in everything."""
    if known := recognise(exercise, got, cases, wrong):
        return known.hint
    text = explain(exercise, cases, got, expected, hidden)
    for case, outcome in zip(cases, got, strict=True) if not text else ():
        if outcome.changed:
            return changed(outcome, case)
    return text
