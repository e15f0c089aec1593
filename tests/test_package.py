"""The package as a whole: what importing it needs, how long its core is, and that its examples run."""

import ast
import doctest
import importlib
import io
import pkgutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import rnnkit

ROOT = Path(rnnkit.__file__).parent
CORE = ["ops.py", "unroll.py", "trace.py", "params.py", "layers.py", "losses.py", "gradcheck.py"]


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


def test_the_core_stays_short_enough_to_be_read():
    files = [ROOT / name for name in CORE] + sorted((ROOT / "cells").glob("*.py"))
    assert sum(map(code_lines, files)) < 900


def modules():
    for found in pkgutil.walk_packages(rnnkit.__path__, "rnnkit."):
        if not found.name.endswith("__main__"):
            yield found.name


@pytest.mark.parametrize("name", ["rnnkit", *modules()])
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
