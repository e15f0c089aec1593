"""How nbgrader makes releases from solutions/ and grades what comes back. Used in place, and copied by `prepare`."""

import sys

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, IgnorePattern, LimitOutput, SaveAutoGrades

from rnnkit.course.grading.execute import ExecuteSubmission
from rnnkit.course.grading.export import CheckedExport
from rnnkit.course.grading.sanitize import NoLinks, OneCellAnId, warn_without_seed

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "rnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Whatever lies beside a notebook in solutions/ and is not ignored is copied into the release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.md", "*.yml"]

# No `raise` here: an exercise's source has its own after the solution, so that a cell without a function runs through.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

c.OverwriteCells.add_missing_cells = True  # a deleted test cell scores 0 instead of nothing for ever
c.Autograde.sanitize_preprocessors.prepend([NoLinks, OneCellAnId])  # a pasted cell would leave its submission ungraded
c.Autograde.autograde_preprocessors = [
    ExecuteSubmission,  # in place of nbgrader's Execute: in a sandbox, one result a check
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.ExportApp.plugin_class = CheckedExport

# What a submission may use. A cell is interrupted after `timeout` seconds.
c.ExecuteSubmission.timeout = 60
c.ExecuteSubmission.seconds = 300
c.ExecuteSubmission.memory_mb = 3072
c.ExecuteSubmission.processes = 64
c.ExecuteSubmission.output_mb = 4
c.ExecuteSubmission.unprotected = False

if "autograde" in sys.argv:
    warn_without_seed()
