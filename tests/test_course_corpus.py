"""wrong.yml drives the hints and tests them: entries of every set, through the same `check` that a student runs.

`make test` tries every third, on hidden inputs and for many names; test_course_matrix.py has every one on one draw.
"""

import json
import re
from itertools import islice

import numpy as np
import pytest
from course_lint import ugly
from course_sets import IDS, RECORDS, SETS, answers

from rnnkit.course import check, numbers_for
from rnnkit.course.answer.exercise import Draw, Told
from rnnkit.course.answer.run import defined
from rnnkit.course.build import source
from rnnkit.course.build.matrix import typed
from rnnkit.course.build.verify import verify
from rnnkit.course.check import grade, guard
from rnnkit.course.check.own import cases_of
from rnnkit.course.hints import corpus

WRONG = [(record, answer) for record in RECORDS for answer in record.answers.wrong]
RIGHT = [(record, answer) for record in RECORDS for answer in record.answers.right]
NAMES = [f"{first} {last}" for first in ("Ada", "Bert", "Çelik", "Dora", "Émile") for last in ("Ng", "Öz", "Sol", "Wu")]
each_record = pytest.mark.parametrize("record", RECORDS, ids=IDS)


def results(exercise, code):
    """What `check` says on the visible inputs, on hidden ones, and to each of twenty names."""
    function = defined(exercise, code)
    names = NAMES[:: 1 if exercise.cases is None else 7] if exercise.own else [""]
    for name in names:
        answer = function
        if not exercise.is_function:
            draw = Draw(np.random.default_rng(0), name, corpus.load(exercise.set)[exercise.name])
            answer = typed(function(*cases_of(exercise, draw)[0].args))
        yield check(exercise.id, answer, name=name)
        if exercise.cases:
            yield check(exercise.id, answer, name=name, hidden=True)


def tried(pairs, every):
    """As parameters: each of so many; make test-all tries the others."""
    return [
        pytest.param(
            record, answer, id=f"{record.exercise.name}-{answer.id}", marks=[pytest.mark.heavy] * (k % every > 0)
        )
        for k, (record, answer) in enumerate(pairs)
    ]


@pytest.mark.parametrize(("record", "answer"), tried(WRONG, 3))
def test_a_wrong_answer_loses_points_and_gets_its_own_hint(record, answer, monkeypatch, capsys):
    monkeypatch.setattr(guard, "SEED", "7")
    for result in results(record.exercise, answer.code):
        assert result.score < result.points
        assert result.hint == answer.hint
        assert not ugly(str(result))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("record", "answer"), tried(RIGHT, 1))
def test_a_right_answer_written_differently_gets_full_marks(record, answer, monkeypatch):
    monkeypatch.setattr(guard, "SEED", "7")
    assert answer.code != record.solution
    for result in results(record.exercise, answer.code):
        assert (result.score, result.hint) == (result.points, "")


@each_record
def test_the_solution_gets_full_marks(record):
    for result in results(record.exercise, record.solution):
        assert result.score == result.points


@each_record
def test_there_are_six_wrong_and_two_right_answers(record):
    assert len(record.answers.wrong) >= 6
    assert len(record.answers.right) >= 2
    assert all(len(answer.hint.split()) >= 6 for answer in record.answers.wrong)


@pytest.mark.parametrize("draws", [1, pytest.param(None, marks=pytest.mark.heavy)], ids=["visible", "all"])
@pytest.mark.parametrize("record", [r for r in RECORDS if r.exercise.is_function], ids=lambda r: r.exercise.id)
def test_half_of_the_wrong_functions_keep_a_quarter_of_the_points(record, draws, record_property, monkeypatch):
    """One slip does not cost nearly everything; nor does it leave nearly everything."""
    monkeypatch.setattr(grade, "hint", lambda *_: Told("", False))  # the scores alone
    kept = []
    for answer in record.answers.wrong:
        shares = [result.score / result.points for result in islice(results(record.exercise, answer.code), draws)]
        kept.append(float(np.mean(shares)))
        assert max(shares) < 0.95, answer.id
    record_property("told", f"{record.exercise.id}: a wrong answer keeps {np.median(kept):.0%} (median)")
    assert np.median(kept) >= 1 / 4


@pytest.mark.parametrize("name", SETS)
def test_the_package_holds_the_corpus_as_it_stands_and_not_for_reading(name):
    text = corpus.file(corpus.SETS, name).read_text(encoding="utf-8")
    assert corpus.parse(text) == source.corpus(answers(name))
    rows = [row for rows in json.loads(text).values() for row in rows]
    assert not [row["code"] for row in rows if not re.fullmatch(r"[A-Za-z0-9+/]+=*", row["code"])]


# --- a corpus that does not hold together is refused ---------------------------------------------------------------

FIRST = RECORDS[0]
ANSWERS = answers(FIRST.exercise.set)
VALUES = next(record for record in RECORDS if record.exercise.own)


def changed(record, **fields):
    found = answers(record.exercise.set)
    return record.exercise.set, found | {record.exercise.name: record.answers._replace(**fields)}


def test_two_wrong_answers_that_do_the_same_cannot_have_two_hints():
    twin = source.Answer("twin", FIRST.answers.wrong[-1].code, "Another hint for the same fault.")
    with pytest.raises(source.CourseError, match=r"wrong answer twin of \S+ to get its own hint"):
        verify(*changed(FIRST, wrong=(*FIRST.answers.wrong, twin)))


def test_a_wrong_answer_that_is_right_is_refused():
    right = source.Answer("right-after-all", FIRST.answers.right[0].code, "There is nothing wrong here.")
    with pytest.raises(source.CourseError, match="reject the wrong answer right-after-all, but it got full marks"):
        verify(*changed(FIRST, wrong=(right, *FIRST.answers.wrong)))


def test_a_right_answer_that_is_wrong_is_refused():
    wrong = source.Answer("not-right", FIRST.answers.wrong[0].code, "")
    with pytest.raises(source.CourseError, match="full marks for the right answer not-right"):
        verify(*changed(FIRST, right=(wrong,)))


def test_two_entries_that_come_to_the_same_values_are_found():
    twin = source.Answer("twin", VALUES.answers.wrong[0].code, "Another hint for the same values.")
    with pytest.raises(ValueError, match=r"Do two entries of wrong\.yml compute the same"):
        verify(*changed(VALUES, wrong=(*VALUES.answers.wrong, twin)))


@pytest.mark.parametrize(
    "record", [r for r in RECORDS if r.exercise.own and not r.exercise.cases], ids=lambda r: r.exercise.id
)
def test_own_numbers_tell_answers_apart_by_more_than_the_tolerance(record):
    exercise = record.exercise
    assert exercise.apart > 2 * exercise.atol
    for who in NAMES:
        n = numbers_for(exercise.id, who)
        came = [np.array(defined(exercise, a.code)(*n), float) for a in record.answers.wrong]
        gaps = [abs(a - b).max() for k, a in enumerate(came) for b in came[:k] if a.shape == b.shape]
        assert min(gaps) > exercise.apart
