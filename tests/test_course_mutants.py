"""The grader against automatic mutants of each solution: at least 95 % rejected, every survivor explained."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from course_lint import ugly
from course_mutants import mutants
from course_sets import IDS, RECORDS, answers

from rnnkit.course.build import source, verify
from rnnkit.course.check.grade import grade

pytestmark = pytest.mark.slow
SECONDS = 3


@contextmanager
def stopped_after(seconds: int) -> Iterator[None]:
    """A mutant that loops for ever is stopped as nbgrader stops it: by KeyboardInterrupt.

    The seconds are the process's own, so that a busy machine stops no mutant that would have ended.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def survives(exercise, code, k) -> bool:
    """Whether a mutant gets full marks on the k-th draw. If not, it must get a hint."""
    draw = list(verify.draws(exercise, source.corpus(answers(exercise.set))))[k]
    try:
        with stopped_after(SECONDS):
            result = grade(exercise, answer_of(exercise, code, draw), draw)
    except KeyboardInterrupt:
        return False
    assert result.score == exercise.points or result.hint, f"no hint for\n{code}"
    assert not ugly(str(result)), f"{ugly(str(result))} in the answer to\n{code}\n{result}"
    return result.score == exercise.points


def answer_of(exercise, code, draw) -> object:
    try:
        return verify.answer_of(exercise, code, draw)
    except Exception as e:  # a value is computed before it is handed in, and a mutant may fail at that
        assert not exercise.is_function
        return str(e)


@cache
def run(record) -> tuple[int, dict[str, str]]:
    """How many mutants there are, and those that survive two draws: survivors see another, as in grading."""
    found = mutants(record.solution, record.answers.roles)
    exercise = record.exercise
    return len(found), {w: c for w, c in found.items() if survives(exercise, c, 0) and survives(exercise, c, 1)}


@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_at_least_95_percent_of_the_mutants_are_rejected_and_every_survivor_is_listed(record, record_property):
    total, alive = run(record)
    record_property("told", f"{record.exercise.id}: {total - len(alive)} of {total} mutants rejected")
    assert total >= 5
    assert len(alive) <= 0.05 * total
    listed = dict(record.answers.survivors)
    assert set(alive) == set(listed)
    assert all(len(reason.split()) >= 4 for reason in listed.values())
