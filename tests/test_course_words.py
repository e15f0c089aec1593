"""The machinery knows no word of any set: what it says about an exercise stands in the exercise's data."""

import ast
import re

import pytest
from course_sets import ROOT, SETS

from rnnkit.course import sets

COURSE = ROOT / "rnnkit" / "course"
MACHINERY = sorted(path for path in COURSE.rglob("*.py") if "sets" not in path.relative_to(COURSE).parts[:1])

EXAMPLE = SETS[0]  # of the name of a set, in what the commands say of themselves


def words_of(name):
    """What belongs to one set: its name, its exercises, their arguments and results, from two letters on."""
    for exercise in sets.exercises(name):
        yield from (name, exercise.name, exercise.function)
        yield from (word for word in exercise.parameters if len(word) > 1)
        yield from (output.name for output in exercise.outputs if len(output.name) > 1)


@pytest.mark.parametrize("path", MACHINERY, ids=[str(path.relative_to(COURSE)) for path in MACHINERY])
def test_no_word_of_a_set_is_in_what_the_machinery_does_or_says(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found += [word for text in strings if text not in docstrings for word in re.findall(r"[\w-]+", text)]
    words = {word for name in SETS for word in words_of(name)}
    assert not words & set(found) - {"loss", "count", "terms", "kinds", "rng", EXAMPLE}
