"""The GRU of Forecast Bench: it reads the series day by day, and says after each day how far the next 14 will be."""

import time
from dataclasses import dataclass

import numpy as np

from artefacts.forecast.series import AHEAD, LAST, TRAIN, YEAR, Series
from rnnkit import GRU, Linear, Sequential
from rnnkit.explorers.forecast_bench.bench import INPUTS, UNITS, Scaling, inputs
from rnnkit.training import Adam, Cosine, clip_by_global_norm


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


def train(series: Series, seed: int, recipe: Recipe, train: int = TRAIN) -> tuple[Sequential, float]:
    """The network at its best moment by the year after the training part, and the CPU seconds.

    The loss is the mean absolute error of the 14 horizons, in standard deviations of a day's change.
    """
    started, rng = time.process_time(), np.random.default_rng(seed)
    scaling = scaling_of(series, train)
    xs, y = inputs(series.y, days_of(series), scaling), series.y
    ahead = np.lib.stride_tricks.sliding_window_view(y, AHEAD + 1)  # (T - 14, 15)
    targets = (ahead[:, 1:] - ahead[:, :1]) / scaling.change
    model = Sequential(GRU(INPUTS, UNITS, rng=rng), Linear(UNITS, AHEAD, rng=rng))
    optimizer, rates = Adam(recipe.rate), Cosine(recipe.rate, recipe.updates)
    best, kept = np.inf, model.params
    days = np.arange(recipe.steps)[:, None]
    for update in range(recipe.updates):
        at = days + rng.integers(0, train - AHEAD - recipe.steps, recipe.batch)
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


def forecasts(model: Sequential, series: Series, scaling: Scaling, start: int) -> np.ndarray:
    """As the page makes them, from zeros at day ``start`` on: (T, 14)."""
    y = series.y[start:]
    change = model(inputs(series.y, days_of(series), scaling)[start:, None]).h[:, 0]
    return np.asarray(y[:, None] + scaling.change * change)
