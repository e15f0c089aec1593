"""Every problem set by its being there: its exercises, its answers on record, its source as a notebook."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from rnnkit.course.answer.exercise import Exercise
from rnnkit.course.build import source

ROOT = Path(__file__).parent.parent
SETS = source.problem_sets(ROOT)


class OnRecord(NamedTuple):
    """An exercise with the answers on record for it."""

    exercise: Exercise
    answers: source.Answers
    solution: str


@cache
def notebook(name: str):
    return source.notebook(ROOT, name)


@cache
def answers(name: str) -> dict[str, source.Answers]:
    return source.answers(ROOT, name, notebook(name))


def release(name: str) -> Path:
    return ROOT / "exercises" / name / f"{name}.ipynb"


RECORDS = [
    OnRecord(exercise, answers(name)[exercise.name], source.solution_code(notebook(name), exercise))
    for name in SETS
    for exercise in source.exercises(name)
]
IDS = [record.exercise.id for record in RECORDS]
