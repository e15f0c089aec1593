"""Say what is wrong with an answer that no one foresaw: where it first goes wrong, and which term is off there."""

import numpy as np

from rnnkit.course.answer.compare import agreeing, close
from rnnkit.course.answer.exercise import Case, Exercise, Output, Told, Values
from rnnkit.course.answer.run import Outcome
from rnnkit.course.hints.words import say

COMMAS = " Are decimals written with a comma? In Python they have a point: 0.5, and not 0,5."
FROM_1 = ("step", "epoch")  # what is counted from 1

MET = {  # words of NumPy's warnings
    "divide by zero encountered in log": "np.log met 0",
    "invalid value encountered in log": "np.log met a negative number",
    "invalid value encountered in sqrt": "np.sqrt met a negative number",
    "overflow encountered in exp": "np.exp overflowed",
    "overflow encountered in square": "a square overflowed",
    "divide by zero encountered in divide": "something is divided by 0",
    "invalid value encountered in divide": "0 is divided by 0, or ∞ by ∞",
    "invalid value encountered in subtract": "∞ is subtracted from ∞",
    "invalid value encountered in multiply": "0 is multiplied by ∞",
}


def zero(exercise: Exercise, got: Outcome, expected: Outcome) -> str:
    """What zeros mean: as a sum they would look as if every term were missing."""
    for output, a, b in zip(exercise.outputs, got.values, expected.values, strict=True):
        if close(a, b, exercise.rtol, exercise.atol):
            continue
        place = first_index(a, b, exercise.rtol, exercise.atol)[:1]
        if output.kind == "array" and not a[place].any():
            return "This value is 0: never written, zeroed, or an array of ints?"
        return ""
    return ""


def changed(outcome: Outcome, case: Case) -> str:
    names = " and ".join(outcome.changed)
    return (
        f"Your function changes {names}, which the caller still needs{_in_brackets(case)}. "
        "An assignment such as h += b or h[0] = b writes into the array that came in; make a new one: h = h + b."
    )


def _in_brackets(case: Case) -> str:
    return f" ({case.label})" if case.label else ""


def misshaped(exercise: Exercise, case: Case, got: Outcome, expected: Outcome) -> Told | None:
    """What is wrong with the shape of a result."""
    for output, a, b in zip(exercise.outputs, got.values, expected.values, strict=True):
        if a.shape != b.shape:
            return _of_shape(output, case, a, b)
    return None


def _of_shape(output: Output, case: Case, a: Values, b: Values) -> Told:
    text = f"Expected {output.name} of shape {b.shape}, but {a.shape} came{_in_brackets(case)}."
    if output.size and a.ndim != 1:
        cure = f"{output.name}.ravel() makes it so." if a.size == output.size else "The numbers stand in one row."
        return Told(f"Expected {output.name} of shape {b.shape}, but an array of shape {a.shape} came. {cure}", True)
    if output.size:
        text = f"Expected {output.size} values in {output.name}, but {a.size} came."
        return Told(f"{text}{COMMAS if a.size > output.size and (a % 1 == 0).all() else ''}", True)
    if output.kind in ("number", "integer"):
        one = f"one number{output.means and f' ({output.means})'}"
        text = f"Expected {output.name} to be {one}, but an array of shape {a.shape} came{_in_brackets(case)}."
        return Told(text, True)
    if not a.size and not output.size:
        cure = (
            f"It is empty: nothing was ever put into it. {output.name}.append(...) adds to a list, and + makes another."
        )
        return Told(
            f"Expected {output.name} of shape {b.shape}, but shape {a.shape} came{_in_brackets(case)}. {cure}", True
        )
    if a.shape == b.shape[::-1] or sorted(a.shape) == sorted(b.shape):
        return Told(text + " The axes are in another order.", False)
    if a.ndim == b.ndim and a.shape[0] == b.shape[0] + 1:
        return Told(f"{text} One row too many{': ' + output.one_more if output.one_more else '.'}", False)
    if a.ndim < b.ndim:
        return Told(text + " An axis is lost: is something summed, averaged or indexed that should stay?", False)
    return Told(text, False)


def first_index(a: Values, b: Values, rtol: float, atol: float) -> tuple[int, ...]:
    """The index of the first entry that is off, in the order of time."""
    with np.errstate(all="ignore"):
        off = ~agreeing(a, b, rtol, atol)
    return tuple(int(k) for k in np.argwhere(off)[0])


def first_wrong(exercise: Exercise, case: Case, got: Outcome, expected: Outcome, hidden: bool) -> Told:
    """The first entry that is off, and what follows from how far."""
    for k in exercise.made_in or range(len(exercise.outputs)):
        output, a, b = exercise.outputs[k], got.values[k], expected.values[k]
        if close(a, b, exercise.rtol, exercise.atol):
            continue
        if exercise.explain:
            return exercise.explain(case, a, b)
        index = first_index(a, b, exercise.rtol, exercise.atol)
        came, wanted = in_digits(float(a[index]), float(b[index]))
        if not np.isfinite(a[index]):
            came += f", which is no number any more: {_no_number(float(a[index]), got.warned)}"
        text = f"it is {came}" + ("" if hidden else f"; expected {wanted}")
        nearly = _nearly(a, b)
        return Told(
            f"The first wrong output is {_place(output, index)}: {text}{_in_brackets(case)}.{nearly}", bool(nearly)
        )
    return Told("", False)


def _no_number(value: float, warned: tuple[str, ...]) -> str:
    """What made an infinity or a NaN of numbers: NumPy's warnings say it."""
    met = [says for text in warned for word, says in MET.items() if word in text]
    if met:
        return " and ".join(dict.fromkeys(met))
    usual = "a logarithm or a root of a negative number, 0 / 0, or ∞ − ∞"
    return usual if np.isnan(value) else "something overflowed, or a logarithm met 0"


def in_digits(a: float, b: float) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    a, b = a + 0, b + 0  # −0 is 0
    for digits in range(6, 18):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _place(output: Output, index: tuple[int, ...]) -> str:
    """Steps are counted from 1, as in the equations; indices from 0, as in the array: both are said."""
    if not index:
        return output.name
    at = f"{output.name}[{', '.join(map(str, index))}]"
    counted = dict(zip(output.axes.values(), index, strict=True))
    words = ", ".join(f"{axis} {k}" for axis, k in counted.items())
    if output.place:
        words = output.place.format(**(counted | {axis: counted[axis] + 1 for axis in FROM_1 if axis in counted}))
    return f"{at} ({words})"


def in_common(exercise: Exercise, got: Outcome, expected: Outcome) -> str:
    """Whether one factor, or one number added, is in all entries of the results that are off."""
    off = [
        (o.name, a, b)
        for o, a, b in zip(exercise.outputs, got.values, expected.values, strict=True)
        if not close(a, b, exercise.rtol, exercise.atol)
    ]
    names = ", ".join(name for name, _, _ in off)
    a, b = (np.concatenate([np.ravel(values) for values in side]) for side in list(zip(*off, strict=True))[1:])
    if _one_factor(a, b):
        return say("one-factor", out=names, n=f"{float(a @ b / (b @ b)):.6g}")
    return say("one-offset", out=names, n=f"{float((a - b).mean()):.2g}") if _one_offset(a, b) else ""


def _one_factor(a: Values, b: Values) -> bool:
    return _are_enough(a, b) and bool(abs(a - (a @ b / (b @ b)) * b).max() < 1e-9 * abs(b).max())


def _one_offset(a: Values, b: Values) -> bool:
    return _are_enough(a, b) and bool(np.ptp(a - b) < 1e-9 * abs(b).max())


def _are_enough(a: Values, b: Values) -> bool:
    """Of one or two numbers, much could be said."""
    return bool(np.count_nonzero(b) > 2 and np.isfinite(a).all())


def _are_rounded(a: Values, b: Values) -> bool:
    """Whether these are the right values with some decimals less."""
    return any((abs(a - b.round(digits)) < 1e-12).all() for digits in range(1, 8))


def _nearly(a: Values, b: Values) -> str:
    if not np.isfinite(a).all() or abs(a - b).max() > 1e-3 * abs(b).max():
        return ""
    if a.size < 3 and abs(a - b).max() > 1e-5 * abs(b).max() and not _are_rounded(a, b):
        return ""  # a number or two may come near by chance
    if _one_factor(np.ravel(a), np.ravel(b)) or _one_offset(np.ravel(a), np.ravel(b)):
        return ""  # rounding would leave neither
    if a.size < 3 and _are_rounded(a, b):
        return " It is rounded: return it as it comes."
    return f" The largest difference is {abs(a - b).max():.0e}: is something computed in float32, or rounded?"
