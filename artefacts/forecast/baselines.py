"""What a network has to beat: a season's mean or a weekday's median and what is left of today's distance from it,
Holt–Winters, a regression, and trees.

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
BASE, BASES = "week", ("last", "week", "season")  # what trees say the distance from; and what was tried
MEDIAN = 5  # weekdays, of the base "week"
LEVEL, CUT = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0), (1.0, 1.5, 2.0, np.inf)  # Holt–Winters: tried
WEEK = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
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


def holt_winters(series: Series, train: int = TRAIN) -> tuple[tuple[float, ...], np.ndarray]:
    """The rates of level and week, the cut, and the forecasts of the next 14 days on each day, (T, 14).

    A level and seven numbers of the week follow the days, each at a rate of its own; there is no trend. An error counts
    up to so many times the usual one, so that a holiday leaves little behind (Gelper, Fried and Croux, 2010). Of all
    pairs of rates, with the cut and without, those are taken that are nearest in the year after the training part.
    """
    grid = np.array([(a, g, cut) for a in LEVEL for g in WEEK for cut in CUT])
    alpha, gamma, cut = grid.T
    y, level, usual = (
        series.y,
        np.full(len(grid), series.y[0]),
        np.full(len(grid), np.abs(np.diff(series.y[:56])).mean()),
    )
    week, made = np.zeros((7, len(grid))), np.empty((len(grid), len(y), AHEAD), np.float32)
    turns = (np.arange(len(y))[:, None] + np.arange(1, AHEAD + 1)) % 7
    for t, value in enumerate(y):
        off = value - level - week[t % 7]
        off = np.clip(off, -cut * usual, cut * usual)
        usual += 0.02 * (np.abs(off) - usual)
        level, week[t % 7] = level + alpha * off, week[t % 7] + gamma * (1 - alpha) * off
        made[:, t] = (level + week[turns[t]]).T
    errors = np.zeros(len(grid))
    for k in range(1, AHEAD + 1):
        errors += np.abs(made[:, train - k : train + YEAR - k, k - 1] - y[train : train + YEAR]).mean(1)
    best = int(errors.argmin())
    return tuple(grid[best].tolist()), made[best].astype(float)


def base(series: Series, course: np.ndarray, at: np.ndarray, horizon: int, kind: str) -> np.ndarray:
    """The last value, the median of five of the target's weekday, or the season's mean of its day: (N,)."""
    if kind == "last":
        return series.y[at]
    if kind == "week":
        return weekday(series.y, again(at, horizon, 7), MEDIAN)
    return np.asarray(course[at + horizon])


def bases(series: Series, course: np.ndarray, kind: str) -> np.ndarray:
    """The base of each day's next 14 days, (T, 14); 0 in the first days, and where a season's mean is not known."""
    found = np.zeros((len(series.y), AHEAD))
    for k in range(1, AHEAD + 1):
        at = np.arange(7 * (MEDIAN + 2), len(series.y) - (k if kind == "season" else 0))
        found[at, k - 1] = base(series, course, at, k, kind)
    return found


def seven_lags(series: Series, course: np.ndarray, train: int = TRAIN) -> np.ndarray:
    """Forecasts (T, 14) of a linear fit to the last seven days' distances from the season's mean."""
    away = (series.y - course) / series.y[:train].std()
    days, made = np.arange(6, len(series.y)), np.zeros((len(series.y), AHEAD))
    X = np.stack([np.ones(len(days)), *(away[days - lag] for lag in range(7))], 1)
    for k in range(1, AHEAD + 1):
        known, asked = days < train - k, days < len(series.y) - k
        w = fitted(X[known], (series.y - course)[days[known] + k])
        made[days[asked], k - 1] = course[days[asked] + k] + X[asked] @ w
    return made


def trees(series: Series, course: np.ndarray, horizon: int, seed: int, kind: str) -> tuple[np.ndarray, float]:
    """Forecasts of the three years after the training part, (1092,), by trees of it alone; and the CPU seconds.

    They say the target's distance from a base. They are given the base, the last 28 days' distances from it, and the
    target's place in the week and the year.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    started, scale = time.process_time(), series.y[:TRAIN].std()
    known, asked = np.arange(7 * (MEDIAN + 2), TRAIN - horizon), np.arange(TRAIN, TRAIN + 3 * YEAR) - horizon
    bases = [base(series, course, at, horizon, kind) for at in (known, asked)]
    given = [
        np.concatenate(
            [
                (np.stack([series.y[at - lag] for lag in range(LAGS)], 1) - own[:, None]) / scale,
                own[:, None] / scale,
                calendar(days_of(series)[at] + horizon),
            ],
            axis=1,
        )
        for at, own in zip((known, asked), bases, strict=True)
    ]
    model = HistGradientBoostingRegressor(random_state=seed, **TREES)
    model.fit(given[0], series.y[known + horizon] - bases[0])
    return bases[1] + model.predict(given[1]), time.process_time() - started


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
