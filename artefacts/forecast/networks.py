"""The GRU of Forecast Bench: it reads the series day by day, and says after each day how far the next 14 will be.

Another one reads and says distances from a base, as the trees do: from a weekday's median, or from the season's mean.
"""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from artefacts.forecast.series import AHEAD, LAST, TRAIN, YEAR, Series
from rnnkit import GRU, Linear, Sequential
from rnnkit.explorers.forecast_bench.bench import INPUTS, UNITS, Scaling, inputs
from rnnkit.training import Adam, Cosine, clip_by_global_norm

START = 49  # days before there is a median of five weekdays


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    steps: int = 140  # days of a training window
    burn: int = 28  # the first of them, which count for nothing: the state has to come into its own
    batch: int = 64
    updates: int = 500
    rate: float = 0.01  # of Adam, down to 0 by a cosine
    clip: float = 1.0
    every: int = 25  # updates between two looks at the year to choose by


def scaling_of(series: Series, train: int = TRAIN) -> Scaling:
    """From the days that are learned from, and no other. A walk has no level to come back to."""
    y = series.y[:train]
    return Scaling(float(y.mean()), 0.0 if series.name == "walk" else float(1 / y.std()), float(np.diff(y).std()))


def days_of(series: Series) -> np.ndarray:
    """The numbers of the days, counted from 1970-01-01."""
    return np.arange(len(series.y)) + int(LAST.astype("datetime64[D]").astype(int)) - len(series.y) + 1


class Given(NamedTuple):
    """What a network reads, and what it says the distance from."""

    xs: np.ndarray  # (T, 11): the level, the distance from the base that the day before knew, the calendar
    bases: np.ndarray  # (T, 14), as known at the end of each day
    scale: float  # of a distance
    first: int  # the first day of a window


def given(series: Series, train: int = TRAIN, bases: np.ndarray | None = None) -> Given:
    """By the last value, whose distance is a day's change, or by ``bases`` (T, 14), which begin after START days."""
    scaling = scaling_of(series, train)
    xs = inputs(series.y, days_of(series), scaling)
    if bases is None:
        return Given(xs, np.repeat(series.y[:, None], AHEAD, 1), scaling.change, 0)
    away = series.y[1:] - bases[:-1, 0]
    scale = float(away[START:train].std())
    xs[1:, 0] = (bases[:-1, 0] - scaling.mean) * scaling.level
    xs[1:, 1] = away / scale
    xs[:START] = 0
    return Given(xs, bases, scale, START)


def train(
    series: Series, seed: int, recipe: Recipe, train: int = TRAIN, bases: np.ndarray | None = None
) -> tuple[Sequential, float]:
    """The network at its best moment by the year after the training part, and the CPU seconds.

    The loss is the mean absolute error of the 14 horizons, in standard deviations of a day's change or distance.
    """
    started, rng = time.process_time(), np.random.default_rng(seed)
    xs, base, scale, first = given(series, train, bases)
    ahead = np.lib.stride_tricks.sliding_window_view(series.y, AHEAD + 1)  # (T - 14, 15)
    targets = (ahead[:, 1:] - base[:-AHEAD]) / scale
    model = Sequential(GRU(INPUTS, UNITS, rng=rng), Linear(UNITS, AHEAD, rng=rng))
    optimizer, rates = Adam(recipe.rate), Cosine(recipe.rate, recipe.updates)
    best, kept = np.inf, model.params
    days = np.arange(recipe.steps)[:, None]
    for update in range(recipe.updates):
        at = days + rng.integers(first, train - AHEAD - recipe.steps, recipe.batch)
        run = model(xs[at])
        off = np.sign(run.h - targets[at])
        off[: recipe.burn] = 0
        grads = model.backward(run, off / (off.size * (1 - recipe.burn / recipe.steps))).params
        clip_by_global_norm(grads, recipe.clip)
        optimizer.update(model.params, grads, rates(update))
        if (update + 1) % recipe.every == 0:
            error = chosen_by(model, xs, targets, train)
            if error < best:
                best, kept = error, {name: a.copy() for name, a in model.params.items()}
    model.params = kept
    return model, time.process_time() - started


def chosen_by(model: Sequential, xs: np.ndarray, targets: np.ndarray, train: int) -> float:
    """The loss on the year to choose by, whose targets end with it."""
    start, end = train - 56, train + YEAR - AHEAD
    return float(np.abs(model(xs[start:end, None]).h[56:, 0] - targets[train:end]).mean())


def forecasts(model: Sequential, series: Series, start: int, bases: np.ndarray | None = None) -> np.ndarray:
    """As the page makes them, from zeros at day ``start`` on: (T, 14)."""
    xs, base, scale, _ = given(series, bases=bases)
    return np.asarray(base[start:] + scale * model(xs[start:, None]).h[:, 0])
