"""Say what is wrong with an answer that no one foresaw: where it first goes wrong, and which term is off there."""

import difflib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rnnkit.course.exercise import Case, Exercise, Fit, Output, Values
from rnnkit.course.run import Outcome, agreeing, close

CAUSES: tuple[tuple[type[BaseException], str, str], ...] = (
    (NameError, "", "a name is used that your function does not know; is it spelled as in the signature?"),
    (TypeError, "argument", "the function was called with the arguments of the exercise; is its signature changed?"),
    (TypeError, "NoneType", "something is None there; does a function that you call end without a return?"),
    (TypeError, "only", "an array stands where one number, or an index, is needed"),
    (ValueError, "", "the shapes in a product or a sum do not fit; print them, and mind which weight is transposed"),
    (IndexError, "", "an index runs over the end of an axis; which axis is time, and which the batch?"),
    (AttributeError, "", "an object lacks what you ask of it; print its type on the line above"),
    (RecursionError, "", "the function calls itself without an end"),
    (ZeroDivisionError, "", "something is divided by zero"),
)


def explain(
    exercise: Exercise, cases: Sequence[Case], got: Sequence[Outcome], expected: Sequence[Outcome], hidden: bool
) -> str:
    """One hint: an exception first, then types and shapes, then changed inputs, then the first wrong number."""
    for describe in (_raised, _mistyped, _misshaped):
        for case, a, b in zip(cases, got, expected, strict=True):
            if text := describe(exercise, case, a, b, hidden):
                return text
    right = [_right(exercise, a, b) for a, b in zip(got, expected, strict=True)]
    for case, outcome in zip(cases, got, strict=True):
        if outcome.changed and all(right):
            return changed(outcome, case)
    first = min((k for k, ok in enumerate(right) if not ok), default=None)
    if first is None:
        return ""
    text = _first_wrong(exercise, cases[first], got[first], expected[first], hidden)
    return " ".join(filter(None, (text, _off(exercise, cases, got, expected, first))))


def changed(outcome: Outcome, case: Case) -> str:
    names = " and ".join(outcome.changed)
    return (
        f"Your function changes {names}, which the caller still needs ({case.label}). "
        "An assignment such as a += b or a[0] = b writes into the array that came in; make a new one: a = a + b."
    )


def _raised(exercise: Exercise, case: Case, got: Outcome, expected: Outcome, hidden: bool) -> str:
    error = got.error
    if error is None:
        return ""
    kind = type(error).__name__
    text = kind if hidden else f"{kind}: {_message(error)}"  # a message could carry hidden inputs out
    causes = [c for t, word, c in CAUSES if isinstance(error, t) and word in _message(error)]
    shapes = [f"{n} {np.shape(a)}" for n, a in zip(exercise.parameters, case.args, strict=False) if np.ndim(a)]
    where = f" It was called with {', '.join(shapes)}." if shapes else f" It was called for {case.label}."
    return f"Your function raised {text}." + (f" Likely cause: {causes[0]}." if causes else "") + where


def _message(error: BaseException) -> str:
    try:
        return str(error)[:300]
    except Exception:  # an exception of the student's whose own __str__ fails
        return "(no message)"


def _mistyped(exercise: Exercise, case: Case, got: Outcome, expected: Outcome, hidden: bool) -> str:
    return got.problem[:1].upper() + got.problem[1:]


def _misshaped(exercise: Exercise, case: Case, got: Outcome, expected: Outcome, hidden: bool) -> str:
    for output, a, b in zip(exercise.outputs, got.values, expected.values, strict=True):
        if a.shape == b.shape:
            continue
        text = f"Expected {output.name} of shape {b.shape}, but {a.shape} came, for {case.label}."
        if a.shape == b.shape[::-1] or sorted(a.shape) == sorted(b.shape):
            return text + " The axes are in another order."
        if a.ndim == b.ndim and a.shape[0] == b.shape[0] + 1:
            return text + " One row too many: does the initial state stand among the results?"
        if a.ndim < b.ndim:
            return text + " An axis is lost: is something summed, averaged or indexed that should stay?"
        return text
    return ""


def _right(exercise: Exercise, got: Outcome, expected: Outcome) -> bool:
    with np.errstate(all="ignore"):
        return all(close(a, b, exercise.rtol, exercise.atol) for a, b in zip(got.values, expected.values, strict=True))


def first_index(a: Values, b: Values, rtol: float, atol: float) -> tuple[int, ...]:
    """The index of the first entry that is off, in the order of time."""
    with np.errstate(all="ignore"):
        off = ~agreeing(a, b, rtol, atol)
    return tuple(int(k) for k in np.argwhere(off)[0])


def _first_wrong(exercise: Exercise, case: Case, got: Outcome, expected: Outcome, hidden: bool) -> str:
    for output, a, b in zip(exercise.outputs, got.values, expected.values, strict=True):
        if close(a, b, exercise.rtol, exercise.atol):
            continue
        if exercise.explain:
            return exercise.explain(case, a, b)
        index = first_index(a, b, exercise.rtol, exercise.atol)
        value = f"is {a[index]:.6g}"
        if not np.isfinite(a[index]):
            value += ", which is no number any more: something overflowed, or a logarithm met 0"
        wanted = "" if hidden else f"; expected {b[index]:.6g}"
        return f"The first wrong output is {_place(output, index)}: it {value}{wanted} ({case.label}).{_nearly(a, b)}"
    return ""


def _place(output: Output, index: tuple[int, ...]) -> str:
    if not index:
        return output.name
    words = ", ".join(f"{axis} {k}" for axis, k in zip(output.axes, index, strict=True))
    return f"{output.name}[{', '.join(map(str, index))}], that is {words}"


def _nearly(a: Values, b: Values) -> str:
    if not np.isfinite(a).all() or abs(a - b).max() > 1e-4 * abs(b).max():
        return ""
    return f" It is close, to {abs(a - b).max():.0e}: is something computed in float32, or rounded?"


def _off(
    exercise: Exercise, cases: Sequence[Case], got: Sequence[Outcome], expected: Sequence[Outcome], first: int
) -> str:
    """Which term is missing or off, from fits that leave no remainder: the first wrong case's, then the others'."""
    order = [first, *(k for k in range(len(cases)) if k != first)]
    for fit in _all_fits(exercise, cases, got, expected, order):
        if text := describe_fit(fit):
            return text
    return ""


def _all_fits(
    exercise: Exercise, cases: Sequence[Case], got: Sequence[Outcome], expected: Sequence[Outcome], order: list[int]
) -> Iterator[Fit]:
    with np.errstate(all="ignore"):
        if exercise.joint_fits:
            yield from exercise.joint_fits([(c, o.values) for c, o in zip(cases, got, strict=True)])
        for k in order if exercise.fits else ():
            assert exercise.fits is not None
            yield from exercise.fits(cases[k], got[k].values, expected[k].values)


def describe_fit(fit: Fit) -> str:
    """In words, how the values are put together; "" if they are no such sum, or the right one."""
    names = [*fit.terms, *fit.strange]
    columns = np.stack([np.ravel(t) for t in (*fit.terms.values(), *fit.strange.values())], 1)  # (entries, terms)
    values = np.ravel(fit.values)
    used = np.flatnonzero(abs(columns).max(0) > 0)
    columns = columns[:, used]
    if len(values) < len(used) or not np.isfinite(values).all():
        return ""
    coefficients, _, rank, _ = np.linalg.lstsq(columns, values, rcond=1e-10)
    remainder = abs(columns @ coefficients - values).max()
    if rank < len(used) or remainder > 1e-7 * (1 + abs(values).max()):
        return ""
    said = [_coefficient(names[k], c, names[k] in fit.strange) for k, c in zip(used, coefficients, strict=True)]
    said = [text for text in said if text]
    return f"{fit.says}: {'; '.join(said)}." if said else fit.alike


def _coefficient(name: str, c: float, strange: bool) -> str:
    near: Callable[[float], bool] = lambda value: abs(c - value) < 1e-5  # noqa: E731
    if near(0.0):
        return "" if strange else f"the term {name} is missing"
    if strange:
        return f"{name} is in it and should not be" if near(1.0) else f"{name} is in it {c:.3g} times and should not be"
    if near(1.0):
        return ""
    if near(-1.0):
        return f"the term {name} has the wrong sign"
    return f"the term {name} is counted {'twice' if near(2.0) else f'{c:.3g} times'}"


def nearest(word: str, known: Sequence[str]) -> str:
    """A suggestion for a misspelt id."""
    close_ones = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {close_ones[0]}?" if close_ones else ""
