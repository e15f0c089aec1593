"""How nbgrader makes releases from solutions/ and grades what comes back. Used in place, and copied by `prepare`."""

import sys

from rnnkit.course.sanitize import OneCellAnId, warn_without_seed

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "rnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Whatever lies beside a notebook in solutions/ and is not ignored is copied into the release.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.md", "*.yml", "*.py"]

# No `raise` here: an exercise's source has its own after the solution, so that a cell without a function runs through.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

c.Execute.timeout = 60
c.OverwriteCells.add_missing_cells = True  # a deleted test cell scores 0 instead of nothing for ever
c.Autograde.sanitize_preprocessors.prepend([OneCellAnId])  # a pasted cell would leave its submission ungraded

if "autograde" in sys.argv:
    warn_without_seed()
