"""Problem sets: build them, check an answer, grade a course.

>>> from rnnkit.course import check
>>> check("ps1.rnn_step", rnn_step)  # doctest: +SKIP
"""

from rnnkit.course.grade import check, check_hidden
from rnnkit.course.ps1_forward.trajectory import numbers_for, show_numbers
from rnnkit.course.result import Result

__all__ = ["Result", "check", "check_hidden", "numbers_for", "show_numbers"]
