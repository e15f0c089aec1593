"""A new set from one command, in a copy of the repository: it builds, checks, and passes what every set has to pass."""

import os
import shutil
import subprocess
import sys

import pytest
from course_sets import ROOT, SETS

from rnnkit.course.__main__ import main

NAME = "ps9-mean-states"
CHECK = """
import numpy as np
from rnnkit.course import check
print(check("ps9-mean-states.mean_over_time", lambda hs: hs.mean(0)))
print(check("ps9-mean-states.mean_over_time", lambda hs: hs.mean(1)))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for name in ("rnnkit", "solutions", "exercises", "tests"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "browser", "explorers")
        )
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def ran(folder, *arguments):
    env = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_a_new_set_builds_checks_and_passes_the_tests_of_every_set(copy):
    said = ran(copy, "-m", "rnnkit.course", "new", NAME)
    assert said.count("wrote ") == 5
    ran(copy, "-m", "rnnkit.course", "build", NAME)
    right, wrong = ran(copy, "-c", CHECK).split("Exercise 1, mean_over_time: ")[1:]
    assert right.startswith("4 of 4 points")
    assert "hint: The mean runs over the sequences. Time is the first axis: axis=0." in wrong
    tests = [f"tests/test_course_{name}.py" for name in ("corpus", "build", "mutants")]
    passed = ran(copy, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *tests, "-k", "ps9 or mean_over_time")
    assert "failed" not in passed
    assert int(passed.rpartition(" passed")[0].split()[-1]) >= 20
    assert len((copy / "rnnkit/course/sets/ps9_mean_states/mean_over_time.py").read_text().splitlines()) <= 60


@pytest.mark.parametrize(
    ("name", "said"),
    [("attention", "a name such as ps9-attention"), ("ps9", "such as"), (SETS[0], "a name that is free, but")],
)
def test_a_name_that_cannot_be_one_is_answered_with_one_error(name, said, capsys):
    assert main(["--root", str(ROOT), "new", name]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error


def test_a_set_is_begun_in_the_repository_alone(tmp_path, capsys):
    assert main(["--root", str(tmp_path), "new", NAME]) == 1
    assert "expected the repository in" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
