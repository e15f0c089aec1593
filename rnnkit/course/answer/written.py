"""How exactly a person's numbers are written, and what explains all of those that are off."""

from collections.abc import Iterable

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.answer.memory import clear

Told = tuple[str, Values]  # what would have made such numbers, in words, and the numbers


def exactness(got: Values, tolerance: float) -> float:
    """By how much a number may differ from what it was made by: half of its last digit, and a little."""
    numbers = got[np.isfinite(got)]
    for digits in range(9):
        if (abs(numbers - numbers.round(digits)) < 1e-9).all():
            return min(tolerance, 0.6 * 10.0**-digits)
    return min(tolerance, 1e-6)


def explained(got: Values, right: Values, slips: Iterable[Told], tolerance: float) -> list[str]:
    """The slips that account for every number that is off, and no other number. What they made is overwritten."""
    off, near = ~(abs(got - right) <= tolerance), exactness(got, tolerance)
    found = [words for words, made in slips if _fits(made, got, off, near)]
    return list(dict.fromkeys(found)) if off.any() else []


def _fits(made: Values, got: Values, off: Values, near: float) -> bool:
    away = made - got
    fits = bool((abs(away[off]) <= near).all())
    clear([away, made])  # where one slip shows in some numbers alone, the others are right
    return fits


def either(told: list[str], when: str) -> str:
    """One cause, or two between which these numbers do not decide; "" where more would do, or none."""
    return f" It is what comes out {when} {f', or {when} '.join(told)}." if 1 <= len(told) <= 2 else ""
