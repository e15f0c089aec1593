"""What exercises share whose answer is a list of numbers that a student has typed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.convert import is_missing
from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Told, Values

TYPED = 0.0006  # how near a slip's number is to one with three decimals


def near(k: int, tolerance: float) -> Callable[[Values, Values], bool]:
    """Whether number k is right: what a layer of its own asks."""

    def alike(got: Values, expected: Values) -> bool:
        return got.shape == expected.shape and bool(abs(got[k] - expected[k]) <= tolerance)

    return alike


def first_off(
    got: Values,
    expected: Values,
    tolerance: float,
    what: Sequence[str],
    slips: Callable[[], Sequence[Mapping[str, float]]],
    cures: Sequence[str],
    comes: tuple[str, str] = ("It comes out as", "Or as"),
    between: str = "",
) -> Told:
    """The first number that is off, and the slip that makes it; never the right one.

    Parameters
    ----------
    what, cures : sequence of str
        Of each number, what it is, and what to do where no slip makes it.
    slips : callable
        Of each number, the values that slips come to, by what each slip is.
    comes : pair of str
        How a slip is told, and a second one that comes near to it.
    between : str
        What stands between the names of numbers that are right in another order; "" if the order is not looked at.
    """
    k = int(np.flatnonzero(~(abs(got - expected) <= tolerance))[0])
    if is_missing(got[k]):
        return Told(f"Number {k + 1}, {what[k]}, is missing: {len(what)} are expected.", True)
    if (got == got.round(2)).all() and (abs(got - expected) < 0.0055).all():
        return Told("You wrote two decimals: write down three.", True)
    if between and sorted(got.round(3).tolist()) == sorted(expected.round(3).tolist()):
        return Told(f"All five numbers are right, and stand in another order: {between.join(what)}.", True)
    text = f"Number {k + 1}, {what[k]}, is {got[k] + 0:g}, which is off."
    told = [words for words, made in slips()[k].items() if abs(made - got[k]) <= TYPED]
    if 1 <= len(told) <= 2:
        return Told(f"{text} {comes[0]} {f'. {comes[1]} '.join(told)}.", True)
    return Told(f"{text} {cures[k]}", False)


def five_of_own(
    name: str,
    number: int,
    fields: Sequence[str],
    what: Sequence[str],
    tolerance: float,
    reference: Callable[..., Sequence[float]],
    own: Own,
    slips: Callable[..., Sequence[Mapping[str, float]]],
    cures: Sequence[str],
    **told: Any,
) -> Exercise:
    """An exercise whose answer is five numbers of what is a student's own: half a point each, and half for all.

    Parameters
    ----------
    fields : sequence of str
        The names of what is the student's own: what ``reference`` and ``slips`` are called with.
    what, slips, cures
        See `first_off`.
    **told
        ``between`` and ``comes`` of `first_off`, and what else the exercise has, such as its ``note``.
    """
    between, comes = told.pop("between", "; "), told.pop("comes", ("It comes out as", "Or as"))

    def explain(case: Case, got: Values, expected: Values) -> Told:
        return first_off(got, expected, tolerance, what, lambda: slips(*case.args), cures, comes, between)

    return Exercise(
        name=name,
        number=number,
        parameters=dict.fromkeys(fields, ""),
        outputs=(Output(name, "sequence", {"K": "number"}, len(what)),),
        layers=(
            *(Layer(each, 0.5, "own", alike=near(k, tolerance)) for k, each in enumerate(what)),
            Layer("all five", 0.5, "own"),
        ),
        reference=reference,
        own=own,
        explain=explain,
        atol=tolerance,
        rtol=0.0,
        apart=0.005,
        **told,
    )


def of_student(key: str, student: Any, shown: Callable[..., Any]) -> Any:
    """What a notebook shows of a student's own numbers, or why there are none."""
    from rnnkit.course.check.names import usable
    from rnnkit.course.numbers import Message, numbers_for

    problem = usable(student)
    return Message(problem) if problem else shown(*numbers_for(key, student))
