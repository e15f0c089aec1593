"""The package as a whole: what importing it needs, how long its core is, and that its examples run."""

import ast
import doctest
import importlib
import io
import pkgutil
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import rnnkit

ROOT = Path(rnnkit.__file__).parent
CORE = ("rnnkit.unroll", "rnnkit.layers.kinds")  # the loop, and the face: RNN, LSTM, GRU and their kin


def test_import_needs_numpy_alone():
    """In a fresh interpreter in which every other installed package refuses to be imported."""
    program = """
import sys
class OnlyNumpy:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"numpy", "rnnkit"}:
            raise ModuleNotFoundError(f"{name} was asked for", name=name)
sys.meta_path.insert(0, OnlyNumpy())
try:
    import torch
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("the guard does not work")
import numpy as np, rnnkit
from rnnkit.course import check
layer = rnnkit.GRU(3, 4, rng=0)
run = layer(np.ones((5, 2, 3)))
assert layer.backward(run, np.ones_like(run.h)).xs.shape == (5, 2, 3)
print("torch" in sys.modules, "anywidget" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "False"]


def code_lines(path):
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    source = path.read_text()
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines & set(range(1, len(source.splitlines()) + 1)))


def file_of(module):
    """The file of a module or package of rnnkit's, or None if the name is something else's."""
    path = ROOT.parent.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def imported(path):
    """The modules of rnnkit's that an import of this one executes; what a function imports is left to its call."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rnnkit":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if file_of(name) else node.module for name in names)


def reached(start):
    """All files that these modules need. The package's own face, which names everything, is not followed."""
    found, ahead = set(), list(start)
    while ahead:
        path = file_of(ahead.pop())
        if path not in found | {ROOT / "__init__.py"}:
            found.add(path)
            ahead += imported(path)
    return found


def test_the_core_stays_short_enough_to_be_read():
    """1,285 lines. Without the faster kernel and the checks of what users give it would be 1,070."""
    assert sum(map(code_lines, reached(CORE))) < 1290


def test_only_checks_words_a_complaint():
    """So that each has one form: what came, what was expected, and a hint."""
    paths = [p for p in ROOT.rglob("*.py") if not {"course", "explorers"} & set(p.relative_to(ROOT).parts)]
    makes = {path.name for path in paths for node in ast.walk(ast.parse(path.read_text())) if makes_value_error(node)}
    assert makes == {"checks.py"}


def makes_value_error(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError"


def test_the_map_knows_how_large_each_room_is():
    text = (ROOT.parent / "CONTRIBUTING.md").read_text("utf-8")
    said = {room: int(n) for room, n in re.findall(r"^\| (?:the |`)(\w+)/?`? \| (\d+) \|", text, re.M)}
    found = {path.parent.name: code_lines_of(path.parent) for path in ROOT.glob("*/__init__.py")}
    found["core"] = sum(map(code_lines, reached(CORE)))
    assert said.keys() == found.keys()
    assert {room: n for room, n in said.items() if not 2 / 3 < n / found[room] < 4 / 3} == {}


def code_lines_of(room):
    return sum(map(code_lines, room.rglob("*.py")))


def modules():
    for found in pkgutil.walk_packages(rnnkit.__path__, "rnnkit."):
        if not found.name.endswith("__main__"):
            yield found.name


@pytest.mark.parametrize("name", ["rnnkit", *modules()])
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
