"""What a network has to beat: a ridge regression and boosted trees, on windows of the same days."""

import time
from typing import Any

import numpy as np

from artefacts.forecast.networks import days_of, scaling_of
from artefacts.forecast.series import AHEAD, TRAIN, YEAR, Series
from rnnkit.explorers.forecast_bench.bench import LAGS, calendar, features

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
TREES = {"loss": "absolute_error", "learning_rate": 0.05, "max_iter": 300, "max_leaf_nodes": 15, "max_features": 0.5}


def changes_ahead(series: Series, horizon: int) -> np.ndarray:
    """y_{t+h} - y_t, (T - h,)."""
    return np.asarray(series.y[horizon:] - series.y[:-horizon])


def ridge(series: Series, train: int = TRAIN) -> np.ndarray:
    """Weights of the 38 features for each of 14 horizons, (14, 38), in standard deviations of a day's change.

    The penalty of each horizon is the one with the smallest mean absolute error in the year before the test. The
    constant is not punished.
    """
    scaling, found = scaling_of(series, train), []
    xs = features(series.y, days_of(series), scaling)
    for horizon in range(1, AHEAD + 1):
        ahead = changes_ahead(series, horizon) / scaling.change
        known, year = slice(LAGS, train - horizon), slice(train, train + YEAR - horizon)
        X, target = xs[known], ahead[known]
        tried = []
        for penalty in PENALTIES:
            loaded = penalty * np.diag(np.arange(X.shape[1]) > 0)
            w = np.linalg.solve(X.T @ X + loaded, X.T @ target)
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
