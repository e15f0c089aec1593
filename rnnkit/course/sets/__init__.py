"""The problem sets: a folder each, found by its being there. A set's exercises are the files in it with an EXERCISE.

The folder ps1_forward is the set ps1-forward, whose text and wrong answers stand in solutions/ps1-forward.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from rnnkit.course.answer.exercise import Exercise


def names() -> list[str]:
    """The names of all sets."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if module.ispkg)


@cache
def exercises(name: str) -> tuple[Exercise, ...]:
    """A set's exercises in their order.

    Raises
    ------
    ValueError
        If there is no such set.
    """
    known = names()
    if name not in known:
        raise ValueError(
            f"expected a problem set, one of {', '.join(known)}, but {name!r} came.{nearest(str(name), known)}"
        )
    package = importlib.import_module(f"{__name__}.{folder(name)}")
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    found = [replace(module.EXERCISE, set=name) for module in modules if hasattr(module, "EXERCISE")]
    return tuple(sorted(found, key=lambda exercise: exercise.number))


def folder(name: str) -> str:
    """The name of a set's folder in this one."""
    return name.replace("-", "_")


def find(exercise_id: Any) -> Exercise:
    """An exercise by its id, such as ps1-forward.rnn_step.

    Raises
    ------
    ValueError
        If there is none; the message names those that there are in the set, or all sets.
    """
    name, _, _ = exercise_id.partition(".") if isinstance(exercise_id, str) else ("", "", "")
    sets = [name] if name in names() else names()
    known = {exercise.id: exercise for one in sets for exercise in exercises(one)}
    if exercise_id in known:
        return known[exercise_id]
    raise ValueError(
        f"expected the id of an exercise, one of {', '.join(known)}, but {exercise_id!r} came."
        + nearest(str(exercise_id), list(known))
    )


def nearest(word: str, known: Sequence[str]) -> str:
    """A suggestion for a misspelt name."""
    close_ones = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {close_ones[0]}?" if close_ones else ""
