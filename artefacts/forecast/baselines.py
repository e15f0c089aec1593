"""What a network has to beat: a season's mean or a weekday's median and what is left of today's distance from it, a
regression, and trees.

All of them are fitted on the training part, for the absolute error, which is what they are scored by. What has to be
chosen is chosen in the year after it.
"""

import time
from typing import Any

import numpy as np

from artefacts.forecast.networks import days_of, scaling_of
from artefacts.forecast.series import AHEAD, TRAIN, YEAR, Series
from rnnkit.explorers.forecast_bench.bench import HARMONICS, LAGS, again, calendar, features, seasonal, weekday

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
WEEKS = range(1, 10)  # whose days of one name a median is taken of
ROUNDS = 40  # in which the rows of a fit are weighted
TREES = {"loss": "absolute_error", "learning_rate": 0.05, "max_iter": 300, "max_leaf_nodes": 15, "max_features": 0.5}


def fitted(X: np.ndarray, target: np.ndarray, penalty: float = 0.0) -> np.ndarray:
    """Weights w of the smallest sum of absolute errors |target - X w|, plus the penalty times w², but for the constant.

    By least squares, again and again, each row weighted by 1 / its last error (Schlossmacher, 1973).
    """
    loaded = np.diag(penalty * (np.arange(X.shape[1]) > 0) + 1e-9)
    rows = np.ones(len(X))
    for _ in range(ROUNDS):
        w = np.linalg.solve((X.T * rows) @ X + loaded, X.T @ (rows * target))
        rows = 1 / np.maximum(np.abs(target - X @ w), 1e-3)
    return np.asarray(w)


def season(series: Series, train: int = TRAIN) -> np.ndarray:
    """13 weights of :func:`.bench.seasonal`, fitted on all days of the training part.

    Tried are 0 to 3 harmonics of the year, with the days of the week and without; the one that is nearest in the year
    after the training part is taken.
    """
    basis, tried = seasonal(days_of(series)), []
    year = slice(train, train + YEAR)
    for harmonics in range(HARMONICS + 1):
        for week in (False, True):
            used = [*range(1 + 2 * harmonics), *(range(1 + 2 * HARMONICS, 7 + 2 * HARMONICS) if week else ())]
            w = np.zeros(basis.shape[1])
            w[used] = fitted(basis[:train, used], series.y[:train])
            tried.append((float(np.abs(series.y[year] - basis[year] @ w).mean()), len(used), w))
    return min(tried, key=lambda one: one[:2])[2]


def damped(series: Series, weights: np.ndarray, train: int = TRAIN) -> np.ndarray:
    """The share of today's distance from the season's mean that is best expected after 1, 2, ... 14 days, (14,)."""
    away = (series.y - seasonal(days_of(series)) @ weights)[:train]
    shares = np.linspace(0, 1, 101)
    errors = [[np.abs(away[k:] - share * away[:-k]).mean() for share in shares] for k in range(1, AHEAD + 1)]
    return np.asarray(shares[np.argmin(errors, 1)])


def damped_week(series: Series, train: int = TRAIN) -> tuple[int, np.ndarray]:
    """Of how many weeks a median is taken, and the share of today's distance from it left after 1, ... 14 days, (14,).

    The shares are fitted on the training part, for each of one to nine weeks. The number of weeks is the one that is
    nearest in the year after it, over the 14 horizons.
    """
    tried, shares = [], np.linspace(0, 1, 101)
    for weeks in WEEKS:
        found, errors = [], []
        for k in range(1, AHEAD + 1):
            origin = np.arange(7 * max(WEEKS) + 7, train + YEAR - k)
            away = series.y[origin] - weekday(series.y, origin - 7, weeks)
            lacks = series.y[origin + k] - weekday(series.y, again(origin, k, 7), weeks)
            known = origin + k < train
            share = shares[np.argmin([np.abs(lacks[known] - share * away[known]).mean() for share in shares])]
            found.append(share)
            errors.append(np.abs(lacks[~known] - share * away[~known]).mean())
        tried.append((float(np.mean(errors)), weeks, np.array(found)))
    return min(tried, key=lambda one: one[:2])[1:]


def changes_ahead(series: Series, horizon: int) -> np.ndarray:
    """y_{t+k} - y_t for k days, (T - k,)."""
    return np.asarray(series.y[horizon:] - series.y[:-horizon])


def regression(series: Series, train: int = TRAIN) -> np.ndarray:
    """Weights of the 38 features for each of 14 horizons, (14, 38), in standard deviations of a day's change.

    The penalty of each horizon is the one with the smallest mean absolute error in the year after the training part.
    """
    scaling, found = scaling_of(series, train), []
    xs = features(series.y, days_of(series), scaling)
    for horizon in range(1, AHEAD + 1):
        ahead = changes_ahead(series, horizon) / scaling.change
        known, year = slice(LAGS, train - horizon), slice(train, train + YEAR - horizon)
        tried = []
        for penalty in PENALTIES:
            w = fitted(xs[known], ahead[known], penalty)
            tried.append((float(np.abs(xs[year] @ w - ahead[year]).mean()), penalty, w))
        found.append(min(tried, key=lambda one: one[:2])[2])
    return np.array(found)


def windows(series: Series) -> np.ndarray:
    """What the trees are given on each day, (T, 38): the level, the last 28 changes, the calendar."""
    xs = features(series.y, days_of(series), scaling_of(series))
    return np.concatenate([xs[:, 1 : 2 + LAGS], calendar(days_of(series))], 1)


def boosted(series: Series, horizon: int, seed: int, known: np.ndarray, asked: np.ndarray) -> tuple[Any, float]:
    """Forecasts for the days ``asked``, made by trees that learned from the days ``known``; and the CPU seconds."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    started, xs, ahead = time.process_time(), windows(series), changes_ahead(series, horizon)
    trees = HistGradientBoostingRegressor(random_state=seed, **TREES).fit(xs[known], ahead[known])
    return series.y[asked] + trees.predict(xs[asked]), time.process_time() - started
