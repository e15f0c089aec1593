"""Exercise ps5-applications.flattered: what a forecast whose curve follows is worth, on a series of one's own."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Own, Values
from rnnkit.course.answer.typed import TYPED, five_of_own, of_student
from rnnkit.course.sets.ps5_applications.picture import Picture

DAYS = 17
FORECAST = DAYS - 1  # days
STARTS = tuple(range(30, 71, 5))
SIZES = 0.4, 0.9, 1.3, 1.8, 2.4, 2.9, 3.5, 4.6
MOVES = tuple(sign * size for size in SIZES for sign in (1, -1))
OFF = (-0.8, -0.6, -0.5, -0.4, -0.3, -0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)  # from the value of the day before
DAILY = tuple((move, off) for move in MOVES for off in OFF)
TOLERANCE = 0.001  # what is accepted
LOOKS_GOOD = 0.8  # R² of the values
WHAT = (
    "R² of the values",
    "the mean absolute error of the forecast",
    "that of the last value",
    "that of the forecast a day earlier",
    "R² of the changes",
)


class Numbers(NamedTuple):
    """A series of DAYS days, and what was forecast for each of them but the first."""

    series: tuple[float, ...]
    forecasts: tuple[float, ...]


def explained(said: Values, came: Values) -> float:
    """R²: 1 minus the squared error over that of the mean."""
    return float(1 - ((came - said) ** 2).sum() / ((came - came.mean()) ** 2).sum())


def five_numbers(series: Sequence[float], forecasts: Sequence[float]) -> list[float]:
    """R² of the values; errors of forecast, last value, and forecast a day earlier; R² of the changes."""
    y, said = np.array(series), np.array(forecasts)
    before, came = y[:-1], y[1:]
    errors = [float(abs(other).mean()) for other in (said - came, before - came, said - before)]
    return [explained(said, came), *errors, explained(said - before, came - before)]


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    y, said = [float(pick(STARTS))], []
    for _ in range(DAYS - 1):
        move, off = pick(DAILY)
        said.append(round(y[-1] + off, 1))
        y.append(round(y[-1] + move, 1))
    return Numbers(tuple(y), tuple(said))


def _tells(numbers: Numbers) -> bool:
    """Whether the curve follows, and is worth nothing: worse than the last value, far nearer a day earlier."""
    values, error, naive, slid, changes = five_numbers(*numbers)
    off = abs(np.array(numbers.forecasts) - numbers.series[1:])
    moves = abs(np.diff(numbers.series)).round(1)  # as they are read, without what subtracting leaves behind
    nearer, *_, second, largest = sorted(moves - off), *sorted(moves)[-2:]
    both = nearer[0] < 0 < nearer[-1]  # days on which either was nearer
    both = both and second < largest != moves[-1]  # one largest change, and there is a forecast for the day after
    return (
        values > LOOKS_GOOD
        and naive * 1.02 < error
        and slid < 0.4 * error
        and changes < -0.02
        and both
        and _apart(numbers)
    )


def _apart(numbers: Numbers) -> bool:
    """Whether no slip is taken for the right number, written with three decimals."""
    rows = zip(_slips(*numbers), five_numbers(*numbers), strict=True)
    return all(abs(made - right) > TOLERANCE + TYPED for slips, right in rows for made in slips.values())


def _slips(series: Sequence[float], forecasts: Sequence[float]) -> tuple[dict[str, float], ...]:
    """For each of the five numbers, what comes out by a slip, in words."""
    y, said = np.array(series), np.array(forecasts)
    before, came = y[:-1], y[1:]
    moves, meant = came - before, said - before
    r = np.corrcoef(said, came)[0, 1]
    of_values = {
        "the squared correlation: R² is 1 − squared error / squared distance from the mean": r**2,
        "the correlation: R² is 1 − squared error / squared distance from the mean": r,
        "what is not explained: take it from 1": 1 - explained(said, came),
        "that of a forecast which is taken a day too early, beside the last value": explained(said, before),
        "the one with the mean of the forecasts in its denominator: the mean of what came is due": (
            1 - ((came - said) ** 2).sum() / ((came - said.mean()) ** 2).sum()
        ),
        f"the one with the mean of all {DAYS} days: that of the {FORECAST} forecast ones is due": (
            1 - ((came - said) ** 2).sum() / ((came - y.mean()) ** 2).sum()
        ),
        "the one with the spread of the forecasts in its denominator: that of what came is due": explained(came, said),
        f"the one with a variance over {FORECAST} − 1, ddof=1, beside a mean over {FORECAST}: take both sums": (
            1 - ((came - said) ** 2).mean() / came.var(ddof=1)
        ),
        "that of sizes: take squares, in both sums": 1 - abs(came - said).sum() / abs(came - came.mean()).sum(),
        "a percentage: the share itself is due": 100 * explained(said, came),
        "that of the last value, and not of the forecast": explained(before, came),
    }
    of_errors = {
        "the mean squared error: take sizes, and not squares": ((said - came) ** 2).mean(),
        "the root of the mean squared error: take sizes, and not squares": np.sqrt(((said - came) ** 2).mean()),
        "the mean error with its sign: take sizes first": (said - came).mean(),
        "the median of the errors: take their mean": np.median(abs(said - came)),
        f"the sum divided by {FORECAST} − 1: there are {FORECAST} days": abs(said - came).sum() / (FORECAST - 1),
        "that of the last value": abs(moves).mean(),
        "that of the forecast a day earlier: the first forecast is for day 2": abs(meant).mean(),
        f"the sum: divide by {FORECAST}": abs(said - came).sum(),
        f"the sum divided by {DAYS}: only {FORECAST} days were forecast": abs(said - came).sum() / DAYS,
        "the error relative to the values: no division is asked for": (abs(said - came) / came).mean(),
    }
    of_naive = {
        "the mean squared error: take sizes, and not squares": (moves**2).mean(),
        "the root of the mean squared error: take sizes, and not squares": np.sqrt((moves**2).mean()),
        "the mean change with its sign: take sizes first": moves.mean(),
        "that of the value two days before": abs(y[2:] - y[:-2]).mean(),
        f"the sum divided by {DAYS}: there are {FORECAST} changes": abs(moves).sum() / DAYS,
        f"the sum: divide by {FORECAST}": abs(moves).sum(),
        "that of the last value of all, for all days": abs(y[1:] - y[-1]).mean(),
        "that of the changes from forecast to forecast": abs(np.diff(said)).mean(),
        f"that of {FORECAST - 1} changes: the first is from day 1 to day 2": abs(moves[1:]).mean(),
        "that of the forecast": abs(said - came).mean(),
        "that of the first value, for all days": abs(y[1:] - y[0]).mean(),
        "that of the mean": abs(came - came.mean()).mean(),
    }
    of_slid = {
        "that of the forecast as it stands: slide it first": abs(said - came).mean(),
        "that of the forecast a day later, and not earlier": abs(said[:-1] - y[2:]).mean(),
        "that of a forecast slid round, with its first one at the end: np.roll": abs(np.roll(said, -1) - came).mean(),
        f"the sum divided by {DAYS}: there are {FORECAST} forecasts": abs(meant).sum() / DAYS,
        "that of a forecast slid back by two days": abs(said[1:] - y[:-2]).mean(),
        "the root of the mean squared error: take sizes, and not squares": np.sqrt((meant**2).mean()),
        "the mean squared error: take sizes, and not squares": (meant**2).mean(),
        "that without the first forecast, which stands beside day 1 after the slide": abs(meant[1:]).mean(),
        "the mean difference with its sign: take sizes first": meant.mean(),
        f"the sum: divide by {FORECAST}": abs(meant).sum(),
        "that of the last value": abs(moves).mean(),
    }
    own = np.diff(said)
    of_changes = {
        "that of the forecasts' own changes: what is forecast is the change from the last value that came": (
            explained(own, np.diff(came))
        ),
        "the squared correlation: R² is 1 − squared error / squared distance from the mean": (
            np.corrcoef(meant, moves)[0, 1] ** 2
        ),
        "the correlation: R² is 1 − squared error / squared distance from the mean": np.corrcoef(meant, moves)[0, 1],
        "what is not explained: take it from 1": 1 - explained(meant, moves),
        "the R² of the values": explained(said, came),
        "the one without the mean in its denominator: a change has a mean too": 1
        - ((moves - meant) ** 2).sum() / (moves**2).sum(),
        "0, and the number is below 0": 0.0,
        "that of the changes that came, as a forecast of those that were forecast": explained(moves, meant),
        f"that of {FORECAST - 1} changes: the first is from day 1 to day 2": explained(meant[1:], moves[1:]),
        "the one with a variance by ddof=1: take both sums": 1 - ((moves - meant) ** 2).mean() / moves.var(ddof=1),
        "the right one with its sign turned": -explained(meant, moves),
    }
    return of_values, of_errors, of_naive, of_slid, of_changes


CURES = (
    "Print forecasts beside series[1:]: the first forecast is for day 2.",
    "Print forecasts beside series[1:]: the first forecast is for day 2.",
    "The last value is series[:-1], beside series[1:].",
    "Slid back by a day, the first forecast stands beside day 1: series[:-1].",
    "A change is series[1:] − series[:-1], and the forecast one forecasts − series[:-1].",
)


def show_forecast(student: Any) -> Any:
    """The plot of a student's own series, as one would show it to sell the forecast."""
    return of_student("ps5-applications.flattered", student, Picture)


EXERCISE = five_of_own(
    "flattered",
    8,
    Numbers._fields,
    WHAT,
    TOLERANCE,
    five_numbers,
    Own(_candidate, _tells),
    _slips,
    CURES,
    between=", ",
    procedure="five_numbers",
    note="The series is that of {name}.",
)
