"""Whether values agree. Only operators decide about closeness: nothing here can be replaced from a notebook."""

import numpy as np

from rnnkit.course.answer.exercise import Values


def close(a: Values, b: Values, rtol: float, atol: float) -> bool:
    """Whether two arrays of one shape agree."""
    if a.shape != b.shape:
        return False
    return bool(agreeing(a, b, rtol, atol).all())


def agreeing(a: Values, b: Values, rtol: float, atol: float) -> Values:
    """Entry by entry; an infinity agrees with itself alone, a NaN with a NaN."""
    off, size = a - b, abs(b)
    off = np.abs(off, out=off) if off.shape else abs(off)
    near = (off <= atol + rtol * size) & (size < float("inf"))
    agree: Values = near | (a == b) | ((a != a) & (b != b))
    for part in (off, size):  # freed as they are, they would lie in memory: the right values, and what is off
        if part.shape:
            part *= 0
    return agree


def same_order(got: Values, expected: Values) -> bool:
    """Whether the entries stand in the same order of size, so that one is a growing function of the other."""
    if got.shape != expected.shape or not np.isfinite(got).all():
        return False
    _, first = np.unique(expected, return_index=True)  # in growing order, each value once
    return bool((np.diff(np.ravel(got)[first]) > 0).all())


def same_numbers(got: Values, expected: Values) -> bool:
    """Whether the entries are the right ones, wherever they stand."""
    if got.size != expected.size:
        return False
    return close(np.sort(np.ravel(got)), np.sort(np.ravel(expected)), 1e-5, 1e-6)
