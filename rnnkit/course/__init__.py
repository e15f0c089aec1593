"""Problem sets: build them, check an answer, grade a course.

>>> from rnnkit.course import check
>>> check("ps1-forward.rnn_step", rnn_step)  # doctest: +SKIP
"""

from rnnkit.course.check.grade import check, check_hidden
from rnnkit.course.check.result import Result
from rnnkit.course.numbers import numbers_for, show_numbers

__all__ = ["Result", "check", "check_hidden", "numbers_for", "show_numbers"]
