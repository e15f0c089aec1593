"""The release notebook and the hints are what `build` makes of the sources; nothing of a solution is in them."""

import json
import re
import shutil

import pytest
from course_notebooks import solution_lines
from course_sets import ROOT, SETS, answers, notebook, release

from rnnkit.course.__main__ import main
from rnnkit.course.build import release as build
from rnnkit.course.build import source
from rnnkit.course.grading.probe import Probe
from rnnkit.course.hints import corpus

SET = SETS[0]  # for what an instructor can get wrong
each_set = pytest.mark.parametrize("name", SETS)


@pytest.fixture
def root(tmp_path):
    """A repository with nothing but what the build reads."""
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions", ignore=shutil.ignore_patterns("*.ipynb"))
    shutil.copyfile(ROOT / build.CONFIG, tmp_path / build.CONFIG)
    return tmp_path


def edit(root, file, old, new):
    path = root / "solutions" / SET / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def made_as_committed(name, root):
    for committed in (release(name), corpus.file(corpus.SETS, name)):
        assert (root / committed.relative_to(ROOT)).read_bytes() == committed.read_bytes(), (
            f"{committed.name} is not what its source makes. Run python -m rnnkit.course build {name}."
        )


@pytest.mark.slow
@each_set
def test_writing_again_changes_nothing(name, root):
    """That the corpus holds together is tested in test_course_corpus.py."""
    build.write(root, name, source.notebook(root, name), source.corpus(answers(name)))
    made_as_committed(name, root)


@pytest.mark.heavy
@each_set
def test_building_again_changes_nothing(name, root, capsys):
    assert main(["--root", str(root), "build", name]) == 0
    assert "wrote" in capsys.readouterr().out
    made_as_committed(name, root)


def cells(name):
    return json.loads(release(name).read_text(encoding="utf-8"))["cells"]


@each_set
def test_nothing_but_the_notebook_is_released(name):
    assert [path.name for path in release(name).parent.iterdir()] == [release(name).name]


@each_set
def test_no_solution_and_no_hidden_test_is_in_exercises(name):
    solved = {line for cell in notebook(name).cells for line in solution_lines(cell)}
    assert len(solved) >= 2
    text = release(name).read_text(encoding="utf-8")
    words = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN", "check_hidden", "Rubric", "jupytext")
    assert not [word for word in words if word in text]
    released = {line.strip() for cell in cells(name) for line in "".join(cell["source"]).splitlines()}
    assert not solved & released


@each_set
def test_cell_ids_are_those_of_the_grade_ids_and_do_not_move(name, root):
    found = [cell["id"] for cell in cells(name)]
    assert len(set(found)) == len(found)
    for cell in cells(name):
        if "nbgrader" in cell["metadata"]:
            assert cell["id"] == cell["metadata"]["nbgrader"]["grade_id"]
    path = root / "solutions" / name / f"{name}.md"
    head, heading, rest = path.read_text(encoding="utf-8").partition("\n## ")
    path.write_text(f"{head}\n+++\n\nA new cell.\n\n+++\n{heading}{rest}", encoding="utf-8")
    now = [c.id for c in source.notebook(root, name).cells]
    assert "a-new-cell" in now
    assert [i for i in now if i in found] == found


@each_set
def test_the_notebook_carries_nothing_of_the_machine_it_was_built_on(name):
    nb = json.loads(release(name).read_text(encoding="utf-8"))
    assert set(nb["metadata"]) == {"kernelspec"}
    for cell in nb["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"nbgrader", "deletable", "editable"}


@each_set
def test_the_points_are_those_of_the_exercises_and_of_the_text(name):
    points = {c["id"]: c["metadata"]["nbgrader"].get("points") for c in cells(name) if "nbgrader" in c["metadata"]}
    for exercise in source.exercises(name):
        assert points[f"{exercise.name}-check"] == exercise.points
    total, checked = (sum(p for i, p in points.items() if p and i.endswith(end)) for end in ("", "-check"))
    text = "".join("".join(cell["source"]) for cell in cells(name))
    assert f"{total:g} points" in text
    assert total == checked or f"{checked:g} are checked by the notebook" in text


@each_set
def test_every_check_cell_names_its_exercise(name):
    code = {c["id"]: "".join(c["source"]) for c in cells(name) if c["cell_type"] == "code"}
    for exercise in source.exercises(name):
        assert code[f"{exercise.name}-check"].endswith(f'check("{exercise.id}")')


@pytest.fixture(autouse=True)
def a_sandbox(monkeypatch):
    """What is tested of `prepare` here does not hang on a sandbox; test_course_sandbox.py tests that."""
    monkeypatch.setattr("rnnkit.course.grading.prepare.probe", lambda **options: Probe("works", "A sandbox."))


@pytest.fixture
def outside(tmp_path_factory):
    """A place beside the repository."""
    return tmp_path_factory.mktemp("outside")


def test_a_course_folder_is_prepared_and_both_files_are_named(root, outside, capsys):
    folder = outside / "course"
    assert main(["--root", str(root), "prepare", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "nbgrader generate_assignment" in said
    sets = [folder / "solutions" / name / f"{name}.ipynb" for name in SETS]
    written = [*sets, folder / build.CONFIG]
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)
    assert all(f"wrote {path}\n" in said for path in written)
    assert all("BEGIN SOLUTION" in path.read_text(encoding="utf-8") for path in sets)


@pytest.mark.parametrize("options", [[], ["--force"]])
@pytest.mark.parametrize(
    ("target", "said"), [(".", "is in it"), ("course", "is in it"), (build.CONFIG, "is a file"), ("x/../y", "is in it")]
)
def test_a_course_in_the_repository_or_in_a_file_is_refused(root, capsys, target, said, options):
    before = sorted(root.rglob("*"))
    assert main(["--root", str(root), "prepare", *options, str(root / target)]) == 1
    error = capsys.readouterr().err
    assert (error.count("error: "), error.count("\n")) == (1, 1)
    assert said in error
    assert sorted(root.rglob("*")) == before


def test_an_edited_configuration_is_kept_unless_forced(root, outside, capsys):
    folder = outside / "course"
    arguments = ["--root", str(root), "prepare", str(folder)]
    assert main(arguments) == 0
    assert "kept" not in capsys.readouterr().out
    edited = (folder / build.CONFIG).read_text(encoding="utf-8") + "# mine\n"
    (folder / build.CONFIG).write_text(edited, encoding="utf-8")
    assert main(arguments) == 0
    assert "kept" in capsys.readouterr().out
    assert (folder / build.CONFIG).read_text(encoding="utf-8") == edited
    assert main([*arguments, "--force"]) == 0
    assert "kept" not in capsys.readouterr().out
    assert (folder / build.CONFIG).read_bytes() == (root / build.CONFIG).read_bytes()


# --- what an instructor can get wrong: one error that says what was expected, what came, what to do ----------------

WRONG_YML, SOURCE = "wrong.yml", f"{SET}.md"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (WRONG_YML, "rnn_step:", "rnn_stap:", "to hold the exercises rnn_step, rnn_forward.*rnn_stap"),
        (WRONG_YML, "rnn_step:\n  roles:", "rnn_step: [\n  roles:", "expected YAML in"),
        (WRONG_YML, "  wrong:\n", "  false_ones:\n", "rnn_step in .* to have wrong, right"),
        (WRONG_YML, "- id: relu", "- id: sigmoid", "every id once for rnn_step.*sigmoid came more than once"),
        (WRONG_YML, '[" + h @ weight_hh.T", ""]', '["h @ W_hh", ""]', "to hold 'h @ W_hh'.*Did it change"),
        (WRONG_YML, '[" + h @ weight_hh.T", ""]', '"h @ W_hh"', r"to be \[from, to\], but 'h @ W_hh' came"),
        (WRONG_YML, '      replace: [" + h @ weight_hh.T", ""]\n', "", "either code or replace"),
        (WRONG_YML, "      reason: The layers", "      because: The layers", "survivor of count_parameters"),
        (SOURCE, "grade_id: rnn_step,", "grade_id: step,", r"a cell with grade_id rnn_step for ps1-forward\.rnn_step"),
        (SOURCE, "def rnn_step(", "def step(", "to define rnn_step"),
        (SOURCE, "{grade_id: rnn_step, solution", "{id: rnn_step, solution", "grade_id in the nbgrader options"),
        pytest.param(SOURCE, "### END SOLUTION", "### END OF IT", "failed", marks=pytest.mark.slow),
    ],
)
def test_a_malformed_source_is_answered_with_one_error(root, capsys, file, old, new, said):
    edit(root, file, old, new)
    assert main(["--root", str(root), "build", SET]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert re.search(said, error, re.DOTALL)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (f"solutions/{SET}/wrong.yml", "the wrong answers of the problem set at"),
        (f"solutions/{SET}/{SET}.md", "the source of the problem set at"),
        pytest.param("nbgrader_config.py", "expected nbgrader_config.py in", marks=pytest.mark.slow),
    ],
)
def test_a_missing_file_is_answered_with_one_error(root, capsys, missing, said):
    (root / missing).unlink()
    assert main(["--root", str(root), "build", SET]) == 1
    assert said in capsys.readouterr().err


def test_an_unknown_set_and_a_wrong_place_are_answered_with_one_error(root, tmp_path, capsys):
    assert main(["--root", str(root), "build", "ps1-foward"]) == 1
    assert "Did you mean ps1-forward?" in capsys.readouterr().err
    assert main(["--root", str(tmp_path / "solutions"), "build"]) == 1
    assert "no folder solutions in it. Run this in the clone" in capsys.readouterr().err


def test_prepare_in_an_empty_folder_says_what_is_missing(outside, monkeypatch, capsys):
    monkeypatch.chdir(outside)
    assert main(["prepare", "course"]) == 1
    error = capsys.readouterr().err
    assert f"expected a clone of the course's repository in {outside}" in error
    assert "--root CLONE" in error
    assert not list(outside.iterdir())
