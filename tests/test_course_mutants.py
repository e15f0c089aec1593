"""The grader against automatic mutants of each solution: at least 95 % rejected, every survivor explained."""

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


def alive(record, found) -> set[str]:
    """Those of these mutants that survive two draws: survivors see another, as in grading."""
    exercise = record.exercise
    return {which for which, code in found.items() if survives(exercise, code, 0) and survives(exercise, code, 1)}


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.heavy)], ids=["a sixth", "all"])
@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_at_least_95_percent_of_the_mutants_are_rejected_and_every_survivor_is_listed(record, every, record_property):
    found = mutants(record.solution, record.answers.roles)
    listed = dict(record.answers.survivors)
    tried = dict(list(found.items())[::every])
    record_property(
        "told", f"{record.exercise.id}: {len(found) - len(listed)} of {len(found)} mutants rejected, {len(tried)} tried"
    )
    assert len(found) >= 5
    assert len(listed) <= 0.05 * len(found)
    assert set(listed) <= set(found)
    assert alive(record, tried) == set(listed) & set(tried)
    assert all(len(reason.split()) >= 4 for reason in listed.values())
