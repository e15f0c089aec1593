"""Hold a set's corpus against its checker: right answers are right, wrong ones get their own hints."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Draw, Exercise
from rnnkit.course.answer.run import defined
from rnnkit.course.build import source
from rnnkit.course.build.source import CourseError
from rnnkit.course.check.grade import grade
from rnnkit.course.check.own import cases_of
from rnnkit.course.hints.corpus import Corpus

SEEDS = (0, 1)
NAMES = ("Ada Lovelace", "Jürgen Beispiel")


def verify(name: str, found: dict[str, source.Answers]) -> Corpus:
    """Every right answer gets full marks, and every wrong one less, and its own hint, on several draws."""
    corpus = source.corpus(found)
    for exercise, rows in zip(source.exercises(name), found.values(), strict=True):
        for draw in draws(exercise, corpus):
            for answer in rows.right:
                _verify_right(exercise, answer, draw)
            for answer in rows.wrong:
                _verify_wrong(exercise, answer, draw)
    return corpus


def draws(exercise: Exercise, corpus: Corpus) -> Iterator[Draw]:
    for seed, name in zip(SEEDS, NAMES, strict=True):
        yield Draw(np.random.default_rng(seed), name, corpus[exercise.name])


def answer_of(exercise: Exercise, code: str, draw: Draw) -> Any:
    """What a student with this code hands in: the function, or the value that it comes to on his numbers."""
    function = defined(exercise, code)
    return function if exercise.is_function else function(*cases_of(exercise, draw)[0].args)


def _verify_right(exercise: Exercise, answer: source.Answer, draw: Draw) -> None:
    result = grade(exercise, answer_of(exercise, answer.code, draw), draw)
    if result.score != exercise.points:
        raise CourseError(f"expected full marks for the right answer {answer.id}, but it got:\n{result}")


def _verify_wrong(exercise: Exercise, answer: source.Answer, draw: Draw) -> None:
    result = grade(exercise, answer_of(exercise, answer.code, draw), draw)
    if result.score == exercise.points:
        raise CourseError(f"expected {exercise.id} to reject the wrong answer {answer.id}, but it got full marks.")
    if result.hint != answer.hint:
        raise CourseError(
            f"expected the wrong answer {answer.id} of {exercise.id} to get its own hint, but it got: {result.hint} "
            "If another entry of wrong.yml computes the same, give both one hint or change the cases."
        )
