"""Exercise ps5-applications.mase: errors in units of the naive forecast's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE

ALIKE = 1e-4  # float32 is as good


def mase(forecast: Values, actual: Values, history: Values, season: int) -> float:
    """The mean absolute scaled error, each series scaled by its own history."""
    naive = abs(history[season:] - history[:-season]).mean(axis=0)
    return float((abs(forecast - actual) / naive).mean())


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("one", 6, 1, 20, 1), ("one", 9, 1, 14, 1), ("season", 8, 1, 30, 7), ("season", 5, 1, 23, 4)]
    plan += [("several", 7, 3, 18, 1), ("several", 4, 5, 25, 6)]
    cases = []
    for layer, T, N, S, season in plan:
        rhythm = rng.normal(0, 2, (season, N))
        whole = np.cumsum(rng.normal(0, 1, (S + T, N)), 0) + np.resize(rhythm, (S + T, N)) + rng.uniform(5, 40, N)
        whole = whole * 10.0 ** rng.permutation(np.linspace(-1, 2, N))
        history, actual = whole[:S], whole[S:] * rng.uniform(1.2, 1.6)
        forecast = actual + rng.normal(0, 1, (T, N)) * abs(np.diff(whole, axis=0)).mean(0)
        cases.append(Case(layer, (forecast, actual, history, season), f"with T={T}, N={N}, S={S}, season={season}"))
    return cases


def _number(exercise: Exercise, function: Callable[..., Any], case: Case, *args: Any) -> float:
    came = call(exercise, function, case._replace(args=args)).values
    return float(came[0]) if came and came[0].shape == () else np.nan


def _grows(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether errors that are twice as large give twice the number, and none gives 0."""
    for case in cases:
        forecast, actual, *rest = case.args
        once, twice, never = (
            _number(exercise, function, case, actual + k * (forecast - actual), actual, *rest) for k in (1, 2, 0)
        )
        if not (once > 0 and abs(twice - 2 * once) < ALIKE * once and abs(never) < ALIKE * once):
            return False
    return True


def _in_any_unit(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    for case in cases:
        *arrays, season = case.args
        once = _number(exercise, function, case, *case.args)
        if not abs(_number(exercise, function, case, *(1000 * a for a in arrays), season) - once) < ALIKE * once:
            return False
    return True


Scale = Callable[[Values, Values, int], Any]  # from actual, history and season


def _scaled(scale: Scale) -> Callable[..., float]:
    """A MASE with another scale."""
    return lambda f, a, h, season: float(np.mean(abs(f - a) / scale(a, h, season)))


def _errors(together: Callable[[Values], Any]) -> Callable[..., float]:
    """The right scaled errors, with their signs, put together in another way."""
    return lambda f, a, h, season: float(together((f - a) / _naive(h, season).mean(0)))


def _naive(h: Values, season: int) -> Values:
    return abs(h[season:] - h[:-season])


def _whole(a: Values, h: Values) -> Values:
    return np.concatenate([h, a])


TEST = "The scale comes from the days of the test, which nobody knows in time. It is that of history"
SLIPS: dict[str, Callable[..., Any]] = {
    f"{TEST}: actual has no part in it.": _scaled(lambda a, h, m: _naive(a, m).mean(0)),
    f"{TEST}: here the last value before the test stands for all of its days.": _scaled(
        lambda a, h, m: abs(a - h[-1]).mean(0)
    ),
    f"{TEST}: here it is the seasonal naive forecast's error on them.": _scaled(
        lambda a, h, m: _naive(_whole(a, h)[-len(a) - m :], m).mean(0)
    ),
    "The naive errors keep their signs, and make up for one another: abs, and then the mean.": _scaled(
        lambda a, h, m: (h[m:] - h[:-m]).mean(0)
    ),
    "The size is taken of the mean naive error, whose signs have made up for one another: abs first, then the mean.": (
        _scaled(lambda a, h, m: abs((h[m:] - h[:-m]).mean(0)))
    ),
    "The scale is the sum of the naive errors. Divide it by their number, S − season: mean.": _scaled(
        lambda a, h, m: _naive(h, m).sum(0)
    ),
    "The naive errors are summed, and divided by S − 1. Their number is S − season: mean.": _scaled(
        lambda a, h, m: _naive(h, m).sum(0) / (len(h) - 1)
    ),
    "The naive errors are summed, and divided by S − season − 1. Their number is S − season: mean.": _scaled(
        lambda a, h, m: _naive(h, m).sum(0) / max(1, len(h) - m - 1)
    ),
    "The naive errors are summed, and divided by the T steps of the test. Their number is S − season: mean.": _scaled(
        lambda a, h, m: _naive(h, m).sum(0) / len(a)
    ),
    "The first naive error is left out: counted from 0, the loop runs over range(season, S).": _scaled(
        lambda a, h, m: _naive(h[1:], m).mean(0)
    ),
    "The first naive error is left out, and the sum is divided by S − season all the same: range(season, S).": _scaled(
        lambda a, h, m: _naive(h[1:], m).sum(0) / (len(h) - m)
    ),
    "Values before the first are taken: counted from 0, history[t − season] begins at the end for t below season.": (
        _scaled(lambda a, h, m: abs(h - np.roll(h, m, 0)).sum(0) / (len(h) - m))
    ),
    "The scale is the median of the naive errors. A MASE has their mean.": _scaled(
        lambda a, h, m: np.median(_naive(h, m), 0)
    ),
    "The scale is that of the last season of history alone. It is the mean over all of it.": _scaled(
        lambda a, h, m: _naive(h[-2 * m :], m).mean(0)
    ),
    "The scale is the mean of history. It is the naive forecast's mean error in it.": _scaled(
        lambda a, h, m: h.mean(0)
    ),
    "Every season-th value of history is taken alone. All naive errors count: history[season:] − history[:-season].": (
        _scaled(lambda a, h, m: abs(np.diff(h[::m], axis=0)).mean(0))
    ),
    "All series share one scale, the largest. Each has its own, mean(axis=0).": _scaled(
        lambda a, h, m: _naive(h, m).mean(0).max()
    ),
    "The mean error is divided by the mean scale, so that series in large numbers decide alone. Divide first.": (
        lambda f, a, h, m: float(abs(f - a).mean() / _naive(h, m).mean(0).mean())
    ),
    "The median of the scaled errors came. It is their mean.": _errors(lambda e: np.median(abs(e))),
    "The signs of the errors are lost after the mean over time: abs first.": _errors(lambda e: abs(e.mean(0)).mean()),
    "It is a percentage, 100 times what is due: a MASE is a number of naive errors.": _errors(
        lambda e: 100 * abs(e).mean()
    ),
    "It stands upside down: divide the errors by the scale, and not the scale by the errors.": _errors(
        lambda e: 1 / abs(e).mean()
    ),
    "The inverse of each scaled error is averaged: divide the errors by the scale.": _errors(
        lambda e: (1 / abs(e)).mean()
    ),
    "Roots of mean squares stand in place of both mean absolute errors. Take sizes, abs.": lambda f, a, h, m: float(
        np.mean(np.sqrt(((f - a) ** 2).mean(0)) / np.sqrt((_naive(h, m) ** 2).mean(0)))
    ),
    "Only the first series counts. The mean runs over all of them.": _errors(lambda e: abs(e[:, 0]).mean()),
    "Only the last step counts. The mean runs over all steps.": _errors(lambda e: abs(e[-1]).mean()),
}


def _axis_of_scale(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether an exception comes of a scale for each step of history, in place of one for each series."""
    for case in cases:
        error, (forecast, _, history, season) = call(exercise, function, case).error, case.args
        if isinstance(error, ValueError) and f"({len(history) - season},)" in str(error) and forecast.shape[1] > 1:
            return (
                f"The scale has {len(history) - season} numbers, one for each step of history ({case.label}): a mean "
                "over axis 1, or over each row. Each series has one scale, a mean over time: mean(axis=0)."
            )
    return ""


EXERCISE = Exercise(
    name="mase",
    number=4,
    parameters={"forecast": "T N", "actual": "T N", "history": "S N", "season": ""},
    outputs=(Output("mase", "number", means="the mean over all steps and series"),),
    layers=(
        Layer("twice the error gives twice the number, and none gives 0", 0.25, "one", judge=_grows),
        Layer("the same in other units", 0.25, "one", judge=_in_any_unit, needs=(0,)),
        Layer("one series, with season = 1", 0.5, "one"),
        Layer("one series with a longer season", 0.5, "season"),
        Layer("several series, each scaled by its own history", 1.25, "several"),
        Layer(UNCHANGED, 0.25, "", needs=(0, 2), unchanged=True),
    ),
    cases=_cases,
    reference=mase,
    slips=SLIPS,
    watch=_axis_of_scale,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            ValueError,
            "could not be broadcast",
            "the values a season before are history[:-season], beside history[season:]: both have S − season rows.",
        ),
    ),
    absent=FORBIDDEN,
)
