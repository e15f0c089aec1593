"""wrong.yml drives the hints and tests them: every entry, through the same `check` that a student runs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from course_lint import ugly

from rnnkit.course import build, check, guard, hints, numbers_for, source

ROOT = Path(__file__).parent.parent
SET = "ps1-forward"
NOTEBOOK = source.notebook(ROOT, SET)
ANSWERS = source.answers(ROOT, SET, NOTEBOOK)
EXERCISES = {exercise.id.partition(".")[2]: exercise for exercise in source.exercises(SET)}
WRONG = [(name, answer) for name, rows in ANSWERS.items() for answer in rows.wrong]
RIGHT = [(name, answer) for name, rows in ANSWERS.items() for answer in rows.right]
NAMES = [f"{first} {last}" for first in ("Ada", "Bert", "Çelik", "Dora", "Émile") for last in ("Ng", "Öz", "Sol", "Wu")]


def results(name, code):
    """What `check` says on the visible inputs, on hidden ones, and to each of twenty names."""
    exercise = EXERCISES[name]
    function = hints.function_of(exercise, code)
    if exercise.is_function:
        return [check(exercise.id, function), check(exercise.id, function, hidden=True)]
    rounded = [(who, [round(float(h), 3) for h in function(*numbers_for(who))]) for who in NAMES]
    return [check(exercise.id, answer, name=who) for who, answer in rounded]


def ids(pairs):
    return [f"{name}-{answer.id}" for name, answer in pairs]


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=ids(WRONG))
def test_a_wrong_answer_loses_points_and_gets_its_own_hint(name, answer, monkeypatch, capsys):
    monkeypatch.setattr(guard, "SEED", "7")
    for result in results(name, answer.code):
        assert result.score < result.points
        assert result.hint == answer.hint
        assert not ugly(str(result))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=ids(RIGHT))
def test_a_right_answer_written_differently_gets_full_marks(name, answer, monkeypatch):
    monkeypatch.setattr(guard, "SEED", "7")
    assert answer.code != source.solution_code(NOTEBOOK, EXERCISES[name])
    for result in results(name, answer.code):
        assert (result.score, result.hint) == (result.points, "")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_gets_full_marks(name):
    for result in results(name, source.solution_code(NOTEBOOK, EXERCISES[name])):
        assert result.score == result.points


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_six_wrong_and_two_right_answers_for_every_exercise(name):
    assert len(ANSWERS[name].wrong) >= 6
    assert len(ANSWERS[name].right) >= 2
    assert all(len(answer.hint.split()) >= 6 for answer in ANSWERS[name].wrong)


def test_a_doing_nothing_answer_earns_nothing_and_no_wrong_one_nearly_everything():
    for name, answer in WRONG:
        exercise = EXERCISES[name]
        if exercise.is_function and answer.id not in ("changes-h", "h0-overwritten", "logits-changed"):
            best = max(result.score for result in results(name, answer.code))
            assert best <= exercise.points - 0.5, answer.id


def test_the_package_holds_the_corpus_as_it_stands_and_not_for_reading():
    path = hints.FOLDER / f"{SET}.json"
    assert hints.parse(path.read_text(encoding="utf-8")) == source.corpus(ANSWERS, SET)
    rows = [row for rows in json.loads(path.read_text(encoding="utf-8")).values() for row in rows]
    assert not [row["code"] for row in rows if not re.fullmatch(r"[A-Za-z0-9+/]+=*", row["code"])]


def with_wrong(name, *extra):
    rows = ANSWERS[name]
    return ANSWERS | {name: rows._replace(wrong=(*rows.wrong, *extra))}


def test_two_wrong_answers_that_do_the_same_cannot_have_two_hints():
    code = next(answer.code for answer in ANSWERS["rnn_step"].wrong if answer.id == "sigmoid")
    with pytest.raises(source.CourseError, match=r"wrong answer twin of ps1\.rnn_step to get its own hint"):
        build.verify(SET, with_wrong("rnn_step", source.Answer("twin", code, "Another hint for a sigmoid.")))


def test_a_wrong_answer_that_is_right_is_refused():
    right = source.Answer("right-after-all", ANSWERS["rnn_step"].right[0].code, "There is nothing wrong here.")
    with pytest.raises(source.CourseError, match="reject the wrong answer right-after-all, but it got full marks"):
        build.verify(SET, with_wrong("rnn_step", right))


def test_a_right_answer_that_is_wrong_is_refused():
    rows = ANSWERS["rnn_step"]
    wrong = source.Answer("not-right", rows.wrong[0].code, "")
    with pytest.raises(source.CourseError, match="full marks for the right answer not-right"):
        build.verify(SET, ANSWERS | {"rnn_step": rows._replace(right=(wrong,))})


def test_two_entries_that_compute_the_same_trajectory_are_found():
    code = ANSWERS["trajectory"].wrong[0].code
    with pytest.raises(ValueError, match=r"Do two entries of wrong\.yml compute the same"):
        build.verify(SET, with_wrong("trajectory", source.Answer("twin", code, "Another hint for the same values.")))


def test_trajectories_are_told_apart_by_more_than_the_tolerance():
    exercise = EXERCISES["trajectory"]
    assert exercise.apart > 2 * exercise.atol
    for who in NAMES:
        n = numbers_for(who)
        came = [np.array(hints.function_of(exercise, a.code)(*n), float) for a in ANSWERS["trajectory"].wrong]
        gaps = [abs(a - b).max() for k, a in enumerate(came) for b in came[:k] if a.shape == b.shape]
        assert min(gaps) > exercise.apart
