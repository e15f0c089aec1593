"""What is said first of a split: an argument that a call changed, which makes all else look wrong."""

from collections.abc import Callable, Sequence
from typing import Any

from rnnkit.course.answer.exercise import Case, Exercise
from rnnkit.course.answer.run import call


def what_is_changed(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The argument that a call writes into, sorts or shuffles; "" if none."""
    for case in cases:
        if names := call(exercise, function, case).changed:
            name = names[0]
            return (
                f"Your function changes {name}, which the caller still needs ({case.label}): rows have other numbers "
                f"from then on. np.sort({name}) or {name}.copy() makes a new array; {name}.sort(), a shuffle and "
                f"{name}[...] = write into the one that came."
            )
    return ""
