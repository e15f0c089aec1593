"""Which term of a sum is missing or off: an answer's values, fitted by the terms that they should be made of."""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Fit
from rnnkit.course.answer.run import Outcome

Row = tuple[Case, Outcome, Outcome]  # the case, what came, what was expected
UNDETERMINED = None


def what_is_off(exercise: Exercise, rows: Sequence[Row], wrong: Sequence[bool]) -> str:
    """One sentence, or "" where no fit can be believed.

    With a term at zero, much fits that is not so: ``return h`` looks like a sum without x when x alone is not zero.
    A fit counts if all cases with every term in them agree on it. Else a case is named with what is zero in it.
    """
    with np.errstate(all="ignore"):
        if exercise.joint_fits:
            joint = exercise.joint_fits([(case, got.values) for case, got, _ in rows])
            return next(filter(None, map(describe, joint)), "")
        off = [row for row, is_wrong in zip(rows, wrong, strict=True) if is_wrong]
        if text := _agreed(exercise, [row for row in off if not row[0].only]):
            return text
        for case, got, expected in off:
            some = any(np.any(values) for values in got.values)  # a zero comes of too many things
            if case.only and some and (fit := _first(exercise, (case, got, expected), whole=True)) and fit[1]:
                return f"{case.only}, {fit[1][0].lower()}{fit[1][1:]}"
        alone = {case.term for case, _, _ in off if case.term}
        return f"Off: the term {alone.pop()}." if len(alone) == 1 else ""


def _agreed(exercise: Exercise, rows: Sequence[Row]) -> str:
    """What every case says that has enough numbers to say anything; the first case's words."""
    found = [fit for row in rows if (fit := _first(exercise, row)) is not UNDETERMINED]
    if not found or len({text for _, text in found}) > 1 or not found[0][1]:
        return ""
    where, text = found[0]
    return f"{where}{text[0].lower()}{text[1:]}" if where else text


def _first(exercise: Exercise, row: Row, whole: bool = False) -> tuple[str, str] | None:
    """(where, what) of the first fit without a remainder; what is "" if none fits. UNDETERMINED: too few numbers."""
    case, got, expected = row
    fits = [fit._replace(whole=fit.whole or whole) for fit in _fits(exercise, case, got, expected)]
    texts = [(fit.where, describe(fit)) for fit in fits if not (whole and fit.partial)]
    for where, text in texts:
        if text:
            return where, text
    return UNDETERMINED if any(text is UNDETERMINED for _, text in texts) else ("", "")


def _fits(exercise: Exercise, case: Case, got: Outcome, expected: Outcome) -> Iterator[Fit]:
    return exercise.fits(case, got.values, expected.values) if exercise.fits else iter(())


def describe(fit: Fit) -> str | None:
    """How the values are put together; "" if they are no such sum, or the right one; UNDETERMINED if too few tell."""
    names = [*fit.terms, *fit.strange]
    columns = np.stack([np.ravel(t) for t in (*fit.terms.values(), *fit.strange.values())], 1)  # (entries, terms)
    values = np.ravel(fit.values)
    kept = np.isfinite(values)
    if not kept.all() and not fit.partial:
        return ""
    columns, values = columns[kept], values[kept]
    used = np.flatnonzero(abs(columns).max(0, initial=0) > 0)
    columns = columns[:, used]
    if len(values) <= len(used):
        return UNDETERMINED
    coefficients, _, rank, _ = np.linalg.lstsq(columns, values, rcond=1e-10)
    if rank < len(used):
        return UNDETERMINED
    if abs(columns @ coefficients - values).max() > 1e-7 * (1 + abs(values).max()):
        return ""
    found = [(names[k], float(c)) for k, c in zip(used, coefficients, strict=True)]
    return _sentence(fit, found) if not fit.whole or _made_by_a_slip([c for _, c in found]) else ""


def _made_by_a_slip(factors: Sequence[float]) -> bool:
    """Whether the factors are −1, 0, 1/2, 1 and 2, or one whole number for all."""
    usual = all(min(abs(c - value) for value in (-1, 0, 0.5, 1, 2)) < 1e-5 for c in factors)
    return usual or all(_near(c, round(factors[0])) for c in factors)


def _sentence(fit: Fit, found: list[tuple[str, float]]) -> str:
    terms = [(name, c) for name, c in found if name not in fit.strange]
    strange = [(name, c) for name, c in found if name in fit.strange]
    said = _all_alike(terms) or list(filter(None, (_coefficient(name, c, name in fit.plural) for name, c in terms)))
    said += filter(None, (_foreign(name, c, name in fit.plural) for name, c in strange))
    return " ".join(filter(None, (fit.alike, f"{fit.says}: {'; '.join(said)}." if said else "")))


def _near(c: float, value: float) -> bool:
    return abs(c - value) < 1e-5


def _all_alike(terms: list[tuple[str, float]]) -> list[str]:
    """One sentence where one factor is wrong in every term."""
    c = terms[0][1] if terms else 1.0
    if len(terms) < 2 or _near(c, 1) or _near(c, 0) or not all(_near(other, c) for _, other in terms):
        return []
    if _near(c, -1):
        return ["everything has the wrong sign"]
    return [f"everything is {c:.3g} times too large" if c > 1 else f"everything is {c:.3g} times what it should be"]


def _coefficient(name: str, c: float, many: bool) -> str:
    term = name if name.startswith("the ") else f"the term {name}"
    if _near(c, 1):
        return ""
    if _near(c, 0):
        return f"{term} {'are' if many else 'is'} missing"
    if _near(c, -1):
        return f"{term} {'have' if many else 'has'} the wrong sign"
    times = "twice" if _near(c, 2) else "half" if _near(c, 0.5) else f"{c:.3g} times"
    return f"{term} {'are' if many else 'is'} counted {times}"


def _foreign(name: str, c: float, many: bool) -> str:
    if _near(c, 0):
        return ""
    are = "are" if many else "is"
    if _near(c, -1):
        return f"{name} {are} subtracted and should not be"
    times = "" if _near(c, 1) else f" {c:.3g} times".replace("-", "−")
    return f"{name} {are} in it{times} and should not be"
