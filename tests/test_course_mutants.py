"""The grader against automatic mutants of each solution: at least 95 % rejected, every survivor explained."""

from functools import cache

import pytest
from course_lint import ugly
from course_mutants import mutants
from course_sets import IDS, RECORDS, answers

from rnnkit.course.answer import limit
from rnnkit.course.build import source, verify
from rnnkit.course.check.grade import grade

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A mutant that loops for ever is stopped as an answer is, only sooner."""
    monkeypatch.setattr(limit, "SECONDS", 1)


def survives(exercise, code, k) -> bool:
    """Whether a mutant gets full marks on the k-th draw. If not, it must get a hint."""
    draw = list(verify.draws(exercise, source.corpus(answers(exercise.set))))[k]
    result = grade(exercise, answer_of(exercise, code, draw), draw)
    assert result.score == exercise.points or result.hint, f"no hint for\n{code}"
    assert not ugly(str(result)), f"{ugly(str(result))} in the answer to\n{code}\n{result}"
    return result.score == exercise.points


def answer_of(exercise, code, draw) -> object:
    try:
        with limit.capped(limit.SECONDS):
            return verify.answer_of(exercise, code, draw)
    except (Exception, limit.TooLong) as e:  # a value is computed before it is handed in, and a mutant may fail at that
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
