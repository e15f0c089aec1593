"""Measures of forecasts, in the unit of the targets or relative to the naive forecast."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.metrics.scored import check_finite, reals, scored
from rnnkit.ops import Array


def mae(predictions: Array, targets: Array, mask: Array = None) -> float:
    """The mean absolute error.

    Parameters
    ----------
    predictions, targets : arrays of real numbers, of one shape
        Of any shape.
    mask : array of bool, optional
        True where an answer is scored, for each number or for each row of the last axis: (T, N) for (T, N, K).

    Returns
    -------
    float
        0 or more, in the unit of the targets.

    Raises
    ------
    ValueError
        If shapes differ, a scored number is not finite, or none is scored.

    Examples
    --------
    >>> mae(np.array([1.0, 2.0, 7.0]), np.array([1.0, 4.0, 3.0]))
    2.0
    """
    return float(np.abs(_errors(predictions, targets, mask)[0]).mean())


def rmse(predictions: Array, targets: Array, mask: Array = None) -> float:
    """The root of the mean squared error, in the unit of the targets. Arguments and errors: :func:`mae`.

    Examples
    --------
    >>> rmse(np.array([1.0, 2.0]), np.array([2.0, 9.0]))
    5.0
    """
    return float(np.sqrt((_errors(predictions, targets, mask)[0] ** 2).mean()))


def mase(predictions: Array, targets: Array, history: Array, season: int = 1, mask: Array = None) -> float:
    """The mean absolute scaled error: each error, divided by the naive forecast's mean error within the history.

    The naive forecast of y_t is y_{t-season}. Each series is scaled by its own history.

    Parameters
    ----------
    predictions, targets : arrays of float, of one shape, time first
        (T,) for one series, (T, N) or (T, N, K) for more.
    history : array of float of shape (S,), or (S, N) or (S, N, K)
        The same series before the forecast, usually the training part.
    season : int
        Steps in a period, fewer than S; 1 repeats the last value.
    mask : array of bool, optional
        As for :func:`mae`.

    Returns
    -------
    float
        0 or more, without unit. Below 1, the error is smaller than the naive forecast's within the history.

    Raises
    ------
    ValueError
        If shapes do not fit, a scored number is not finite, the history is not longer than a season, or the naive
        forecast of a scored series has no error to divide by, as that of a constant history.

    References
    ----------
    Hyndman and Koehler (2006).

    Examples
    --------
    >>> mase(np.array([15.0, 16.0]), np.array([13.0, 17.0]), history=np.array([10.0, 12.0, 11.0, 15.0, 14.0]))
    0.75
    """
    errors, keep = _errors(predictions, targets, mask)
    history, season = reals("history", history), checks.whole("season", season)
    if history.ndim == 0 or history.shape[1:] != keep.shape[1:]:
        hint = f"the same series as in targets, which has shape {keep.shape}."
        raise checks.wrong(f"history has shape {history.shape}", f"time and then {keep.shape[1:]}", hint)
    if len(history) <= season:
        raise checks.wrong(f"history has {len(history)} steps", f"{season + 1} or more for season {season}")
    check_finite("history", history, np.ones(history.shape, bool))
    scale = np.abs(history[season:] - history[:-season]).mean(0)
    perfect = np.argwhere((scale == 0) & keep)
    if len(perfect):
        where = f" of series {perfect[0][1:].tolist()}" if keep.ndim > 1 else ""
        came = f"history{where} repeats itself exactly with season {season}"
        raise checks.wrong(came, "a naive forecast with an error to divide by", "Is the series constant?")
    return float((np.abs(errors) / np.broadcast_to(scale, keep.shape)[keep]).mean())


def _errors(predictions: Array, targets: Array, mask: Array) -> tuple[Any, Any]:
    """The errors of the scored predictions, in one row, and which are scored."""
    predictions, targets = reals("predictions", predictions), reals("targets", targets)
    keep = scored(mask, "predictions", predictions, targets)
    check_finite("predictions", predictions, keep)
    check_finite("targets", targets, keep)
    return predictions[keep] - targets[keep], keep
