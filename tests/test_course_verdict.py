"""A check cell is worth its one result; an export refuses what its numbers would not show; links are refused."""

import logging
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.utils import determine_grade
from traitlets import Any
from traitlets.config import Configurable

from rnnkit.course.check.result import DATA
from rnnkit.course.grading.export import CheckedExport
from rnnkit.course.grading.sanitize import NoLinks
from rnnkit.course.grading.verdict import settle
from rnnkit.course.grading.whose import Answered, doubts, names_in

# --- one result a check -----------------------------------------------------------------------------------------


def result(text):
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def graded(*outputs):
    """The points that nbgrader gives a check cell worth 4 with these outputs, and the cell, once it was settled."""
    options = {"grade": True, "grade_id": "x-check", "locked": True, "points": 4, "solution": False}
    cell = new_code_cell("check()", metadata={"nbgrader": options}, outputs=list(outputs))
    settle(cell)
    return determine_grade(cell)[0], cell


ERROR = new_output("error", ename="E", evalue="", traceback=["E"])
WARNING = new_output("stream", name="stderr", text="RuntimeWarning: overflow")
PRINTED = new_output("stream", name="stdout", text="4\n")


@pytest.mark.parametrize("points", ["0", "0.0", "2.5", "4", "4.0"])
def test_one_result_is_the_score_with_or_without_a_warning(points):
    for outputs in ([result(points)], [WARNING, PRINTED, result(points)], [result(points), WARNING]):
        assert graded(*outputs)[0] == float(points)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([], "it has 0"),
        ([PRINTED], "it has 0"),
        ([result("1"), result("4")], "it has 2"),
        ([result("'4'")], "has to end in a number"),
        ([result("<Result>")], "has to end in a number"),
        ([result("-1")], "0 to 4 points, but it ended in -1"),
        ([result("5")], "but it ended in 5"),
        ([result("inf")], "but it ended in inf"),
        ([result("nan")], "but it ended in nan"),
        ([new_output("display_data", data={"text/plain": "4"})], "it has 0"),
    ],
)
def test_anything_else_is_0_points_and_says_why(outputs, said):
    score, cell = graded(*outputs)
    assert score == 0
    assert said in cell.outputs[-1]["evalue"]


@pytest.mark.parametrize("outputs", [[ERROR], [result("4"), ERROR], [ERROR, result("4")]])
def test_an_error_is_0_points_before_and_after_a_result(outputs):
    score, cell = graded(*outputs)
    assert (score, cell.outputs) == (0, [ERROR])


def test_other_cells_are_left_as_they_are():
    cell = new_code_cell("1", outputs=[result("1"), WARNING])
    settle(cell)
    assert [o.output_type for o in cell.outputs] == ["execute_result", "stream"]


# --- the export ---------------------------------------------------------------------------------------------------


def book(*grades, student="ada"):
    """A gradebook with one submission; a grade is (name, maximum, auto, manual)."""
    rows = [SimpleNamespace(name=n, max_score=m, auto_score=a, manual_score=s) for n, m, a, s in grades]
    for row in rows:
        row.cell = SimpleNamespace(cell_type="code" if row.name.endswith("check") else "markdown")
        row.needs_manual_grade = row.auto_score is None
    submission = SimpleNamespace(
        assignment=SimpleNamespace(name="ps1"),
        student=SimpleNamespace(id=student, first_name=None, last_name=None),
        notebooks=[SimpleNamespace(grades=rows)],
    )
    assignments = [SimpleNamespace(name="ps1")]
    return SimpleNamespace(assignments=assignments, assignment_submissions=lambda name: [submission])


class App(Configurable):
    """What the plugin asks of nbgrader's application."""

    coursedir = Any()

    def fail(self, text, *arguments):
        raise SystemExit(text % arguments)


class Lines(logging.Handler):
    def __init__(self, lines):
        super().__init__(logging.ERROR)
        self.lines = lines

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture
def exported(tmp_path, monkeypatch):
    """What an export of a gradebook says: its lines, and how it ends."""
    folders = {"submitted_directory": "submitted", "autograded_directory": "autograded"}
    coursedir = SimpleNamespace(**folders, format_path=lambda *parts: str(tmp_path.joinpath(*parts)))

    def export(gradebook, **options):
        lines = []
        log = logging.Logger("export")
        log.addHandler(Lines(lines))
        plugin = CheckedExport(parent=App(coursedir=coursedir), log=log, **options)
        monkeypatch.setattr("nbgrader.plugins.export.CsvExportPlugin.export", lambda *a: lines.append("exported"))
        try:
            plugin.export(gradebook)
        except SystemExit as e:
            lines.append(str(e))
        return lines

    return export


def test_graded_work_is_exported(exported):
    assert exported(book(("a-check", 4, 4.0, None), ("words", 5, None, 3.0))) == ["exported"]


@pytest.mark.parametrize("score", [4.5, 145, -1, float("nan")])
def test_a_score_above_its_maximum_is_refused_whatever_is_allowed(exported, score):
    for grades in (("a-check", 4, score, None), ("a-check", 4, 1.0, score)):
        lines = exported(book(grades), count_ungraded_as_zero=True)
        assert lines[0] == f"ada, ps1: a-check has {score:g} of 4 points."
        assert lines[1].startswith("Nothing was exported.")


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ([("a-check", 4, None, None), ("words", 5, None, None)], "autograde has not graded it"),
        ([("a-check", 4, 4.0, None), ("words", 5, None, None)], "words waits for a person"),
    ],
)
def test_ungraded_work_is_refused_unless_allowed_in_words(exported, grades, said):
    lines = exported(book(*grades))
    assert said in lines[0]
    assert "--CheckedExport.count_ungraded_as_zero=True" in lines[1]
    assert exported(book(*grades), count_ungraded_as_zero=True) == ["exported"]


def test_work_that_was_handed_in_and_never_graded_is_refused(exported, tmp_path):
    (tmp_path / "submitted" / "bert" / "ps1").mkdir(parents=True)
    (tmp_path / "submitted" / "bert" / "an older set").mkdir()
    lines = exported(book(("a-check", 4, 4.0, None)))
    assert lines[0] == "bert, ps1: handed in, but autograde has never graded it; it would count as 0."
    assert len(lines) == 2
    assert exported(book(("a-check", 4, 4.0, None)), student=["ada"]) == ["exported"]


# --- whose numbers were answered ----------------------------------------------------------------------------------


def answered(student, typed, whole=""):
    return Answered("ps1", student, whole, typed)


@pytest.mark.parametrize("typed", ["Ada Lovelace", "ada  lovelace", "Lovelace, Ada", "ÁDA LOVELACE", "ada"])
def test_ones_own_name_is_no_doubt_however_it_is_written(typed):
    assert not [*doubts([answered("ada", typed, "Ada Lovelace")])]


def test_another_name_than_the_gradebooks_is_told():
    (line,) = doubts([answered("bert", "Ada Lovelace", "Bert Brecht")])
    assert line.startswith("bert, ps1: the numbers answered are those of 'Ada Lovelace'")
    assert line.endswith("calls this student Bert Brecht.")


def test_a_name_that_two_students_typed_is_told_with_both():
    found = [answered("ada", "Ada Lovelace", "Ada Lovelace"), answered("u17", "ADA LOVELACE"), answered("gil", "Gil")]
    same, nameless = doubts([*found, answered("u17", "ADA LOVELACE")])
    assert same == "ada and u17, ps1: all answered the numbers of 'Ada Lovelace'."
    assert "alone for 1 of them: the gradebook has no name of theirs" in nameless
    assert not [*doubts([found[0]._replace(assignment="ps2"), found[2]])]


def test_a_name_is_read_from_the_result_of_a_check_and_from_nothing_else():
    output = result("4")
    output["data"][DATA] = {"drawn_from": "Ada Lovelace"}
    shown = new_output("display_data", data={DATA: {"drawn_from": "Someone Else"}})
    odd = new_output("execute_result", data={DATA: ["drawn_from"]}, execution_count=1)
    check = new_code_cell("check()", metadata={"nbgrader": {"grade": True}}, outputs=[shown, odd, output])
    other = new_code_cell("f()", outputs=[new_output("execute_result", data=shown["data"], execution_count=1)])
    assert names_in(new_notebook(cells=[check, other])) == ["Ada Lovelace"]


# --- links --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["data.csv", "folder/data.csv"])
def test_a_link_in_a_submission_is_refused(tmp_path, name):
    folder = tmp_path / "submitted" / "eve" / "ps1"
    (folder / "folder").mkdir(parents=True)
    resources = {"metadata": {"path": str(folder)}}
    NoLinks().preprocess(new_notebook(), resources)
    (folder / name).symlink_to(tmp_path / "gradebook.db")
    with pytest.raises(ValueError, match=r"is a link to .*gradebook\.db"):
        NoLinks().preprocess(new_notebook(), resources)
