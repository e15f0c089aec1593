"""nbgrader's own cycle in a temporary course: generate, autograde, feedback, export, for the submissions of a class.

In the sandbox, or without it where there is none: what is tested here holds in both.
"""

import csv
import html
import json
import re
import sqlite3
import subprocess
import sys

import pytest
from course_attacks import change_checks, forged
from course_notebooks import (
    FULL,
    NAME,
    PARTLY,
    RELEASE,
    ROOT,
    SET,
    UNSHOWN,
    partly_right,
    pasted,
    right,
    set_jupyter_folders,
    solution_lines,
    submission,
    write,
)

from rnnkit.course import numbers_for
from rnnkit.course.build import release as build
from rnnkit.course.build import source
from rnnkit.course.grading import prepare, probe
from rnnkit.course.hints import corpus
from rnnkit.course.sets.ps1_forward.trajectory import trajectory

pytestmark = pytest.mark.slow
QUESTION = "weights-and-state"
STUDENTS = {"right": right, "wrong": partly_right, "untouched": dict, "unshown": lambda: {"rnn_step": UNSHOWN}}
ANYWAY = "--CheckedExport.count_ungraded_as_zero=True"


def other_types() -> dict:
    """Right answers in a notebook in which code has become text and text has become code."""
    nb = submission(right())
    for cell in nb["cells"]:
        if cell["id"] in ("rnn_step", "rnn_forward-check", QUESTION):
            text = cell["cell_type"] == "markdown"
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None} if text else {"cell_type": "markdown"}
            for key in () if text else ("outputs", "execution_count"):
                cell.pop(key, None)
    return nb


def ended() -> dict:
    """Right answers, but the kernel ends in the fourth."""
    return submission(right() | {"count_parameters": right()["count_parameters"] + "\nimport os\nos._exit(0)"})


def with_a_helper(folder) -> dict:
    """Right answers, one of them in a file beside the notebook."""
    answers = right()
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text(answers["count_parameters"], encoding="utf-8")
    return submission(answers | {"count_parameters": "from helper import count_parameters"})


ENDED = FULL | {"count_parameters": 0.0, "trajectory": 0.0}
MANUAL = f"""
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as gradebook:
    grade = gradebook.find_grade("{QUESTION}", "{SET}", "{SET}", "wrong")
    grade.manual_score, grade.needs_manual_grade = 3, False
    gradebook.db.commit()
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course after one full cycle."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_jupyter_folders(monkeypatch, folder / "jupyter")
        monkeypatch.setenv("RNNKIT_SEED", "a private seed")
        build.write_course(ROOT, SET, folder)
        if probe.probe().state != "works":
            prepare.unprotect(folder / build.CONFIG)
        build.nbgrader(folder, "generate_assignment", SET)
        for student, answers in STUDENTS.items():
            write(folder / "submitted" / student / SET / f"{SET}.ipynb", submission(answers()))
        whole = {"pasted": pasted(), "other-types": other_types(), "ended": ended()}
        whole["helped"] = with_a_helper(folder / "submitted" / "helped" / SET)
        for student, nb in whole.items():
            write(folder / "submitted" / student / SET / f"{SET}.ipynb", nb)
        (folder / "said.txt").write_text(build.nbgrader(folder, "autograde", SET), encoding="utf-8")
        build.nbgrader(folder, "generate_feedback", SET)
        build.nbgrader(folder, "export", "--to", "before.csv", ANYWAY)
        subprocess.run([sys.executable, "-c", MANUAL], cwd=folder, check=True, capture_output=True)
        build.nbgrader(folder, "export", "--to", "after.csv", ANYWAY)
    return folder


def grades(course, student):
    """(auto_score, needs_manual_grade, manual_score) by cell."""
    query = """
        SELECT base_cell.name, grade.auto_score, grade.needs_manual_grade, grade.manual_score
        FROM grade
        JOIN base_cell ON base_cell.id = grade.cell_id
        JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
        JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
        WHERE submitted_assignment.student_id = ?
    """
    connection = sqlite3.connect(course / "gradebook.db")
    try:
        return {name: rest for name, *rest in connection.execute(query, (student,))}
    finally:
        connection.close()


def exported(course, file):
    with open(course / file, encoding="utf-8") as f:
        return {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(f)}


def feedback(course, student):
    return (course / "feedback" / student / SET / f"{SET}.html").read_text(encoding="utf-8")


def test_the_release_is_the_committed_one(course):
    made = course / "exercises" / SET
    assert [path.name for path in made.iterdir()] == [RELEASE.name]
    text = build.as_text(build.normal(json.loads((made / RELEASE.name).read_text(encoding="utf-8"))))
    assert text == RELEASE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("student", "scores"),
    [
        ("right", FULL),
        ("wrong", PARTLY),
        ("untouched", dict.fromkeys(FULL, 0.0)),
        ("pasted", FULL),
        ("unshown", dict.fromkeys(FULL, 0.0)),
        ("other-types", FULL),  # nbgrader 1941; and 1682 is `pasted`, 1374 the 0.0 of `wrong`
        ("ended", ENDED),  # nbgrader 427
        ("helped", FULL),
    ],
)
def test_every_cell_has_the_right_score(course, student, scores):
    found = grades(course, student)
    assert {name: found[f"{name}-check"][0] for name in FULL} == scores
    assert len(found) == 6


def test_the_written_question_waits_for_a_person_unless_it_is_blank(course):
    assert grades(course, "right")[QUESTION] == [None, 1, None]
    assert grades(course, "wrong")[QUESTION] == [None, 0, 3.0]  # graded by a person, above
    assert grades(course, "untouched")[QUESTION] == [0.0, 0, None]
    assert grades(course, "pasted")[QUESTION] == [None, 1, None]  # the blank copy below the answer is not the one


def test_a_cell_that_hides_its_output_is_told_so(course):
    assert "ast_node_interactivity is" in html.unescape(feedback(course, "unshown"))


def test_the_private_seed_is_used_and_no_cell_finds_it_in_the_environment(course):
    assert "seed: None True" in feedback(course, "pasted")
    assert "RNNKIT_SEED is not set" not in (course / "said.txt").read_text(encoding="utf-8")


def test_a_repeated_cell_is_told_with_the_student_and_which_copy_counts(course):
    said = (course / "said.txt").read_text(encoding="utf-8")
    assert said.count("pasted: Cell rnn_step is there 2 times; the last is graded.") == 1
    assert said.count(f"pasted: Cell {QUESTION} is there 2 times; the last that is not blank is graded.") == 1


def test_an_empty_folder_is_answered_as_the_guide_says(course):
    (course / "submitted" / "empty" / SET).mkdir(parents=True)
    with pytest.raises(source.CourseError, match="No notebooks were matched by"):
        build.nbgrader(course, "autograde", SET, "--student", "empty")
    assert "`No notebooks were matched by`" in (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")


def test_autograding_without_a_seed_is_warned_of_once(course, monkeypatch):
    monkeypatch.delenv("RNNKIT_SEED", raising=False)
    write(course / "submitted" / "late" / SET / f"{SET}.ipynb", submission({}))
    said = build.nbgrader(course, "autograde", SET, "--student", "late")
    assert said.count("RNNKIT_SEED is not set") == 1


def test_what_was_not_run_says_so_in_the_feedback(course):
    said = html.unescape(feedback(course, "ended"))
    assert "The notebook was stopped in this cell: the kernel ended" in said
    assert said.count("This cell was not run, because the notebook was stopped before it") >= 2


def test_an_export_refuses_what_waits_for_a_person_and_writes_nothing(course):
    with pytest.raises(source.CourseError) as told:
        build.nbgrader(course, "export", "--to", "refused.csv")
    assert f"right, {SET}: {QUESTION} waits for a person; it would count as 0." in str(told.value)
    assert ANYWAY in str(told.value)
    assert not (course / "refused.csv").exists()


def test_the_export_has_the_totals_before_and_after_the_manual_grade(course):
    same = {"right": 20.0, "untouched": 0.0, "pasted": 20.0, "unshown": 0.0}
    same |= {"other-types": 20.0, "ended": 13.0, "helped": 20.0}
    assert exported(course, "before.csv") == same | {"wrong": sum(PARTLY.values())}
    assert exported(course, "after.csv") == same | {"wrong": sum(PARTLY.values()) + 3}


def test_the_feedback_has_the_hints(course):
    hint = next(w.hint for w in corpus.load(SET)["rnn_step"] if w.id == "forgot-recurrent-term")
    assert hint in feedback(course, "wrong")
    assert f"The numbers are those of {NAME}." in feedback(course, "wrong")
    assert "not written yet" in feedback(course, "untouched")
    assert "4 of 4 points" in feedback(course, "right")


def shown(course, student):
    """The feedback's lines as they are read, without the tags that colour the code."""
    return {line.strip() for line in html.unescape(re.sub(r"<[^>]+>", "", feedback(course, student))).splitlines()}


def test_the_feedback_has_neither_solution_nor_expected_values(course):
    nb = source.notebook(ROOT, SET)
    solved = {line for cell in nb.cells if not cell.id.endswith("-check") for line in solution_lines(cell)}
    for student in ("wrong", "untouched"):
        own = {line.strip() for code in STUDENTS[student]().values() for line in code.splitlines()}
        assert len(solved - own) > 15
        assert not (solved - own) & shown(course, student)
        assert not [word for word in ("; expected", "Rubric", "private seed") if word in feedback(course, student)]
    assert "hs.append(h)" in shown(course, "wrong")  # his own code is there, and so would another's be
    values = [f"{h:.3f}" for h in trajectory(*numbers_for("ps1-forward.trajectory", NAME))[1:]]
    assert not [value for value in values if value in feedback(course, "wrong").partition("ps1-forward.trajectory:")[2]]


def test_an_export_tells_whose_numbers_were_answered(course):
    for student, first, last in (("right", "Bert", "Brecht"), ("wrong", *NAME.split())):
        build.nbgrader(course, "db", "student", "add", student, "--first-name", first, "--last-name", last)
    said = build.nbgrader(course, "export", "--to", "names.csv", ANYWAY)
    assert f"right, {SET}: the numbers answered are those of 'Ada Lovelace', and the gradebook calls" in said
    (same,) = re.findall(rf"(\S+ and .*), {SET}: all answered the numbers of 'Ada Lovelace'", said)
    assert set(same.split(" and ")) == {"helped", "other-types", "pasted", "right"}
    assert not re.search(rf"\bwrong, {SET}", said)
    assert "one another alone for 3 of them" in said


def test_outputs_that_were_handed_in_are_not_graded(course):
    write(course / "submitted" / "forger" / SET / f"{SET}.ipynb", change_checks(forged))
    with pytest.raises(source.CourseError, match=r"not graded by the outputs .*: run autograde without --no-execute"):
        build.nbgrader(course, "autograde", SET, "--student", "forger", "--no-execute")
    assert not (course / "autograded" / "forger").exists() or not [*(course / "autograded" / "forger").rglob("*.ipynb")]
    assert {auto for auto, *_ in grades(course, "forger").values()} <= {None}
    build.nbgrader(course, "autograde", SET, "--student", "forger", "--ClearOutput.enabled=False")
    assert {name: grades(course, "forger")[f"{name}-check"][0] for name in FULL} == dict.fromkeys(FULL, 0.0)


def test_a_prepared_course_holds_no_source_text(course):
    assert not [*course.rglob("*.md"), *course.rglob("*.yml")]
