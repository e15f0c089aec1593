"""The grader against automatic mutants of each solution: at least 95 % rejected, every survivor explained."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from course_lint import ugly
from course_mutants import mutants

from rnnkit.course import build, source
from rnnkit.course.exercise import Draw, Exercise
from rnnkit.course.grade import grade

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
SET = "ps1-forward"
NOTEBOOK = source.notebook(ROOT, SET)
ANSWERS = source.answers(ROOT, SET, NOTEBOOK)
CORPUS = source.corpus(ANSWERS, SET)
EXERCISES = {exercise.id.partition(".")[2]: exercise for exercise in source.exercises(SET)}
ROLES = (
    ("weight_ih", "weight_hh"),
    ("bias_ih", "bias_hh"),
    ("x", "h"),
    ("h", "h0", "hs", "xs"),
    ("logits", "shifted", "log_p", "d_logits"),
    ("N", "targets"),
    ("input_size", "hidden_size", "num_layers", "reads", "directions"),
)
SECONDS = 1


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


def survives(exercise: Exercise, code: str, k: int) -> bool:
    """Whether a mutant gets full marks on the k-th draw. If not, it must get a hint."""
    draw = list(build.draws(exercise, CORPUS))[k]
    try:
        with stopped_after(SECONDS):
            result = grade(exercise, answer_of(exercise, code, draw), draw)
    except KeyboardInterrupt:
        return False
    assert result.score == exercise.points or result.hint, f"no hint for\n{code}"
    assert not ugly(str(result)), f"{ugly(str(result))} in the answer to\n{code}\n{result}"
    return result.score == exercise.points


def answer_of(exercise: Exercise, code: str, draw: Draw) -> object:
    try:
        return build.answer_of(exercise, code, draw)
    except Exception as e:  # a trajectory is computed before it is handed in, and a mutant may fail at that
        assert not exercise.is_function
        return str(e)


def run(name: str) -> tuple[int, dict[str, str]]:
    exercise = EXERCISES[name]
    found = mutants(source.solution_code(NOTEBOOK, exercise), ROLES)
    # Who survives one draw is shown a second one, as in grading.
    return len(found), {w: c for w, c in found.items() if survives(exercise, c, 0) and survives(exercise, c, 1)}


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[int, dict[str, str]]]:
    return {name: run(name) for name in EXERCISES}


def test_at_least_95_percent_of_the_mutants_are_rejected(results, record_property):
    total, alive = sum(n for n, _ in results.values()), sum(len(s) for _, s in results.values())
    for name, (n, survivors) in results.items():
        record_property("told", f"{name}: {n - len(survivors)} of {n} mutants rejected")
    record_property("told", f"together: {total - alive} of {total}, {1 - alive / total:.1%}")
    assert total >= 200
    assert all(n >= 20 for n, _ in results.values())
    assert alive <= 0.05 * total


@pytest.mark.parametrize("name", EXERCISES)
def test_every_survivor_is_listed_with_its_reason_and_every_listed_one_survives(results, name):
    listed = dict(ANSWERS[name].survivors)
    assert set(results[name][1]) == set(listed)
    assert all(len(reason.split()) >= 4 for reason in listed.values())
