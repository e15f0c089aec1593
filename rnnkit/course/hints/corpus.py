"""The wrong answers that come with hints: how they travel inside the package, and how one is recognised.

The one corpus is ``wrong.yml`` beside a problem set's source. ``python -m rnnkit.course build`` writes it to
``wrong.json`` in the set's folder, with the code in base64: not a secret, but nothing that is read by accident.
"""

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rnnkit.course import sets
from rnnkit.course.answer.exercise import Case, Exercise, Wrong
from rnnkit.course.answer.memory import clear
from rnnkit.course.answer.run import Outcome, call, defined, same
from rnnkit.course.answer.written import exactness

SETS = Path(sets.__file__).parent
TYPED = 1e-5  # nobody types more digits than that
Corpus = dict[str, tuple[Wrong, ...]]  # by the exercise's name


def dump(corpus: Corpus) -> str:
    """The corpus as the text of its JSON file."""
    rows = {
        name: [{"id": w.id, "hint": w.hint, "code": base64.b64encode(w.code.encode()).decode()} for w in wrong]
        for name, wrong in corpus.items()
    }
    return json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def parse(text: str) -> Corpus:
    """What ``dump`` wrote."""
    return {
        name: tuple(Wrong(r["id"], r["hint"], base64.b64decode(r["code"]).decode()) for r in rows)
        for name, rows in json.loads(text).items()
    }


def file(folder: Path, problem_set: str) -> Path:
    """Where the corpus of a set lies, in a folder of sets."""
    return folder / sets.folder(problem_set) / "wrong.json"


@cache
def load(problem_set: str) -> Corpus:
    """The corpus that is installed with the package."""
    path = file(SETS, problem_set)
    if not path.exists():
        raise FileNotFoundError(
            f"rnnkit was expected to hold the hints of {problem_set} ({path.parent.name}/{path.name}), but the file is "
            f"missing. Install rnnkit again; in its repository, run python -m rnnkit.course build {problem_set}."
        )
    return parse(path.read_text(encoding="utf-8"))


def recognise(
    exercise: Exercise, got: Sequence[Outcome], cases: Sequence[Case], wrong: Sequence[Wrong]
) -> Wrong | None:
    """The wrong answer that does the same as the student's, with values, on the inputs that the student's was given."""
    if not any(v.size for outcome in got for v in outcome.values):
        return None
    for candidate in wrong:
        function = defined(exercise, candidate.code)
        if all(_alike(exercise, function, *row) for row in zip(got, cases, strict=True)):  # called while they agree
            return candidate
    return None


def _alike(exercise: Exercise, function: Callable[..., Any], got: Outcome, case: Case) -> bool:
    came, atol = call(exercise, function, case), exercise.atol
    if exercise.own and not exercise.rtol:
        near = min((exactness(values, atol) for values in got.values), default=atol)
        atol = near if near < TYPED else atol  # a program's numbers; a person's carry the errors of a few digits
    try:
        return same(got, came, max(exercise.rtol, 1e-9), max(atol, 1e-9))
    finally:
        clear(came.values)  # much of a wrong answer is right
