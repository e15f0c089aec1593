"""The release notebook as a student runs it, and nbgrader's own validation of it."""

import json
import subprocess
import sys

import pytest
from course_notebooks import FULL, PARTLY, partly_right, right, set_jupyter_folders, submission, write

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def jupyter(monkeypatch, tmp_path):
    set_jupyter_folders(monkeypatch, tmp_path)


def executed(folder, answers):
    """Every cell's outputs after Run All, by cell id; a cell that raises fails the test, as it would stop a student."""
    path = write(folder / "ps1-forward.ipynb", submission(answers))
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    nb = json.loads(path.read_text(encoding="utf-8"))
    return {cell["id"]: cell["outputs"] for cell in nb["cells"] if cell["cell_type"] == "code"}


def scores(outputs):
    return {name: float(outputs[f"{name}-check"][0]["data"]["text/plain"][0]) for name in FULL}


def test_the_untouched_notebook_runs_through_with_no_points(tmp_path):
    outputs = executed(tmp_path, {})
    assert scores(outputs) == dict.fromkeys(FULL, 0.0)
    for name in FULL:
        (output,) = outputs[f"{name}-check"]
        assert output["output_type"] == "execute_result"
        said = "STUDENT is" if name == "trajectory" else "not written yet"
        assert said in "".join(output["data"]["text/html"])
    assert "Write your own between the quotes" in outputs["numbers"][0]["data"]["text/plain"][0]


def test_with_right_answers_it_gets_full_marks(tmp_path):
    outputs = executed(tmp_path, right())
    assert scores(outputs) == FULL
    assert "weight_hh" in "".join(outputs["numbers"][0]["data"]["text/html"])
    assert "Ada Lovelace" in "".join(outputs["numbers"][0]["data"]["text/html"])
    assert "Exercise 1, rnn_step: 4 of 4 points" in "".join(outputs["rnn_step-check"][0]["data"]["text/html"])


def test_with_wrong_answers_it_gets_part_of_them_and_the_hints_whatever_check_is_made_to_mean(tmp_path):
    answers = partly_right()
    answers["count_parameters"] += "\n\ncheck = check_hidden = lambda *args, **options: 3\nprint(3)\n3\n"
    outputs = executed(tmp_path, answers)
    assert scores(outputs) == PARTLY
    assert "Add h @ weight_hh.T" in "".join(outputs["rnn_step-check"][0]["data"]["text/html"])


@pytest.mark.parametrize("name", ["None", "12345"])
def test_a_name_that_is_no_text_is_answered_without_a_traceback(tmp_path, name):
    outputs = executed(tmp_path, {"student": f"STUDENT = {name}", "trajectory": "trajectory = [0.1, 0.2, 0.3, 0.4]"})
    assert outputs["numbers"][0]["data"]["text/plain"][0].startswith("Expected STUDENT to be your name as text")
    assert scores(outputs)["trajectory"] == 0


def test_a_setting_that_shows_every_expression_costs_nothing(tmp_path):
    setting = '\nget_ipython().ast_node_interactivity = "all"'
    outputs = executed(tmp_path, right() | {"student": right()["student"] + setting})
    assert scores(outputs) == FULL
    assert "ast_node" not in "".join(outputs["trajectory-check"][0]["data"]["text/html"])


def validated(folder, answers):
    path = write(folder / "ps1-forward.ipynb", submission(answers))
    command = [sys.executable, "-m", "nbgrader", "validate", path.name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_nbgrader_validate_passes_a_right_notebook_and_counts_partial_credit_as_failed(tmp_path):
    assert "Success! Your notebook passes all the tests." in validated(tmp_path, right())
    said = validated(tmp_path, partly_right())
    assert "VALIDATION FAILED ON 4 CELL(S)" in said  # all but rnn_forward
    assert "Partial credit" in said
