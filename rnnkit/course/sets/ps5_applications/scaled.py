"""Exercise ps5-applications.mase: errors in units of the naive forecast's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE


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
        if not (once > 0 and abs(twice - 2 * once) < 1e-6 * once and abs(never) < 1e-9):
            return False
    return True


def _in_any_unit(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    for case in cases:
        *arrays, season = case.args
        once = _number(exercise, function, case, *case.args)
        if not abs(_number(exercise, function, case, *(1000 * a for a in arrays), season) - once) < 1e-6 * once:
            return False
    return True


EXERCISE = Exercise(
    name="mase",
    number=4,
    parameters={"forecast": "T N", "actual": "T N", "history": "S N", "season": ""},
    outputs=(Output("mase", "number", means="the mean over all steps and series"),),
    layers=(
        Layer("twice the error gives twice the number, and none gives 0", 0.5, "one", judge=_grows),
        Layer("the same in other units", 0.5, "one", judge=_in_any_unit, needs=(0,)),
        Layer("one series, with season = 1", 0.75, "one"),
        Layer("one series with a longer season", 0.5, "season"),
        Layer("several series, each scaled by its own history", 0.5, "several"),
        Layer(UNCHANGED, 0.25, "", needs=(0, 2), unchanged=True),
    ),
    cases=_cases,
    reference=mase,
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
