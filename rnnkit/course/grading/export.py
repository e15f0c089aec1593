"""nbgrader's export to CSV, after a look at what its column of numbers would not show."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin
from traitlets import Bool

from rnnkit.course.grading.whose import Answered, doubts, names_in


class CheckedExport(CsvExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """Refuses a score above its maximum, and whatever was not graded and would be exported as 0."""

    count_ungraded_as_zero = Bool(False, help="Export in spite of work that was not graded yet.").tag(config=True)

    def export(self, gradebook: Any) -> None:
        impossible = list(self._impossible(gradebook))
        ungraded = [] if self.count_ungraded_as_zero else list(self._ungraded(gradebook))
        for line in impossible + ungraded:
            self.log.error(line)
        if impossible or ungraded:
            self.parent.fail("Nothing was exported. %s", self._advice(bool(impossible)))
        for line in doubts(self._answered(gradebook)):
            self.log.warning(line)
        super().export(gradebook)

    def _advice(self, impossible: bool) -> str:
        if impossible:
            return "A score above its maximum comes from no check: find out how it got into the gradebook."
        option = "--CheckedExport.count_ungraded_as_zero=True"
        return f"Grade what is named above, or export it as 0 points with {option}"

    def _impossible(self, gradebook: Any) -> Iterator[str]:
        for submission in self._submissions(gradebook):
            for grade in _grades(submission):
                for score in (grade.auto_score, grade.manual_score):
                    if score is not None and not 0 <= score <= grade.max_score:
                        yield f"{_name(submission)}: {grade.name} has {score:g} of {grade.max_score:g} points."

    def _ungraded(self, gradebook: Any) -> Iterator[str]:
        found = set()
        for submission in self._submissions(gradebook):
            found.add((submission.assignment.name, submission.student.id))
            missing = [g for g in _grades(submission) if g.auto_score is None and g.manual_score is None]
            if any(not grade.needs_manual_grade or grade.cell.cell_type == "code" for grade in missing):
                yield f"{_name(submission)}: autograde has not graded it; it would count as 0."
            else:
                for grade in missing:
                    yield f"{_name(submission)}: {grade.name} waits for a person; it would count as 0."
        for assignment, student in self._handed_in(gradebook):
            if (assignment, student) not in found:
                yield f"{student}, {assignment}: handed in, but autograde has never graded it; it would count as 0."

    def _answered(self, gradebook: Any) -> Iterator[Answered]:
        """Whose numbers each submission answered, as its graded notebooks say."""
        for submission in self._submissions(gradebook):
            student, assignment = submission.student, submission.assignment.name
            whole = " ".join(filter(None, (student.first_name, student.last_name)))
            coursedir = self.parent.coursedir
            folder = Path(coursedir.format_path(coursedir.autograded_directory, student.id, assignment))
            for path in sorted(folder.glob("*.ipynb")):
                for name in names_in(json.loads(path.read_text(encoding="utf-8"))):
                    yield Answered(assignment, student.id, whole, name)

    def _submissions(self, gradebook: Any) -> Iterator[Any]:
        for assignment in gradebook.assignments:
            for submission in gradebook.assignment_submissions(assignment.name):
                if self._wanted(assignment.name, submission.student.id):
                    yield submission

    def _handed_in(self, gradebook: Any) -> Iterator[tuple[str, str]]:
        folder = self.parent.coursedir.format_path(self.parent.coursedir.submitted_directory, "*", "*")
        names = {assignment.name for assignment in gradebook.assignments}
        for path in sorted(Path(folder).parent.parent.glob("*/*")):
            if path.is_dir() and path.name in names and self._wanted(path.name, path.parent.name):
                yield path.name, path.parent.name

    def _wanted(self, assignment: str, student: str) -> bool:
        return (not self.assignment or assignment in map(str, self.assignment)) and (
            not self.student or student in map(str, self.student)
        )


def _grades(submission: Any) -> Iterator[Any]:
    for notebook in submission.notebooks:
        yield from notebook.grades


def _name(submission: Any) -> str:
    return f"{submission.student.id}, {submission.assignment.name}"
