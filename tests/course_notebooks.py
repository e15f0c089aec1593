"""Submissions to ps1-forward: the committed release with a student's cells filled in."""

import json
import re
from pathlib import Path

from rnnkit.course import numbers_for
from rnnkit.course.build import source
from rnnkit.course.sets.ps1_forward.trajectory import trajectory

ROOT = Path(__file__).parent.parent
SET = "ps1-forward"
RELEASE = ROOT / "exercises" / SET / f"{SET}.ipynb"
NAME = "Mary Somerville"


def submission(answers: dict[str, str]) -> dict:
    """The release with the source of some cells replaced."""
    nb = json.loads(RELEASE.read_text(encoding="utf-8"))
    assert set(answers) <= {cell["id"] for cell in nb["cells"]}
    for cell in nb["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    return nb


def right() -> dict[str, str]:
    """The solution of every cell, and an answer to the written question."""
    cells = {cell.id: cell.source for cell in source.notebook(ROOT, SET).cells}
    names = ("rnn_step", "rnn_forward", "softmax_cross_entropy", "count_parameters", "student", "trajectory")
    return {name: cells[name] for name in names} | {"weights-and-state": "Because the weights are shared."}


def partly_right() -> dict[str, str]:
    """Five exercises with known scores: 2, 4, 4, 0.75 and 0.75 of 4, 4, 5, 3 and 4 points."""
    nb = source.notebook(ROOT, SET)
    wrong = {(key, a.id): a.code for key, rows in source.answers(ROOT, SET, nb).items() for a in rows.wrong}
    h_1 = round(trajectory(*numbers_for("ps1-forward.trajectory", NAME))[0], 3)
    return right() | {
        "rnn_step": wrong["rnn_step", "forgot-recurrent-term"],
        "softmax_cross_entropy": wrong["softmax_cross_entropy", "not-stable"],
        "count_parameters": wrong["count_parameters", "one-bias"],
        "student": f'STUDENT = "{NAME}"',
        "trajectory": f"trajectory = [{h_1}, 0.0, 0.0, 0.0]",
    }


PARTLY = {
    "rnn_step": 2.0,
    "rnn_forward": 4.0,
    "softmax_cross_entropy": 4.0,
    "count_parameters": 0.75,
    "trajectory": 0.75,
}
FULL = {"rnn_step": 4.0, "rnn_forward": 4.0, "softmax_cross_entropy": 5.0, "count_parameters": 3.0, "trajectory": 4.0}


def pasted() -> dict:
    """Right answers in a notebook in which cells were copied and pasted, below or split, with nbgrader's metadata."""
    answers = right()
    answers["student"] += f"\n{SPY}"
    nb = submission(answers)
    for cell_id, source_of_the_copy in (
        ("rnn_step", "# a first try\n"),  # above the right one
        ("rnn_step-check", None),
        ("count_parameters-check", None),
        ("weights-and-state", "YOUR ANSWER HERE"),  # a blank copy below the answer
    ):
        k = next(k for k, cell in enumerate(nb["cells"]) if cell["id"] == cell_id)
        copy = json.loads(json.dumps(nb["cells"][k])) | {"id": f"{cell_id}-copy"}
        copy["source"] = copy["source"] if source_of_the_copy is None else source_of_the_copy
        nb["cells"].insert(k if cell_id == "rnn_step" else k + 1, copy)
    nb["cells"].append({"cell_type": "markdown", "id": "idless", "metadata": {"nbgrader": {}}, "source": "A note."})
    return nb


SPY = """
import os, sys
g = sys.modules["rnnkit.course.check.guard"]
print("seed:", os.environ.get("RNNKIT_SEED"), g.SEED == "a private seed")
"""
UNSHOWN = 'get_ipython().ast_node_interactivity = "none"'


def solution_lines(cell) -> set[str]:
    """The lines of a source cell that a student must not see."""
    options = cell.metadata.get("nbgrader", {})
    parts = [cell.source] if options.get("grade") and options["solution"] else []
    parts += re.findall(r"### BEGIN SOLUTION\n(.*?)### END", cell.source, re.DOTALL)
    parts += re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END", cell.source, re.DOTALL)
    return {line.strip() for part in parts for line in part.splitlines() if line.strip()}


def write(path: Path, nb: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb), encoding="utf-8")
    return path


def set_jupyter_folders(monkeypatch, folder: Path) -> None:
    """Nothing that Jupyter writes, or reads of a user's own settings, lies outside ``folder``."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
