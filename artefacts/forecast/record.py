"""What is measured on the year of the test, and how it is written."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from artefacts.forecast.series import FIRST, YEAR, Series
from rnnkit.metrics import mae, mase
from rnnkit.records import Forecast

COVER = 0.8  # the share of days that an interval is made for
GROUPS = {"ridership": "riders of a station", "temperature": "the temperature", "walk": "a random walk"}
BLOCK, DRAWS = 14, 1000  # days that are drawn together: errors of neighbouring days are alike
BEFORE, TEST = slice(FIRST, FIRST + YEAR), slice(FIRST + YEAR, FIRST + 2 * YEAR)
Errors = dict[str, list[np.ndarray]]  # absolute ones, by model, (364,) for each seed


def origins(horizon: int, start: int) -> np.ndarray:
    """The days on which the forecasts of a year from ``start`` on are made: one for each target."""
    return np.arange(start, start + YEAR) - horizon


def measured(series: Series, model: str, horizon: int, seed: int, year: np.ndarray, test: np.ndarray) -> Forecast:
    """A row of the record, from the forecasts for the year before the test, (364,), and for the test, (364,).

    The interval reaches from the forecast plus the 10 % quantile of the errors of the year before to the forecast plus
    their 90 % quantile. No model was trained or tuned by that year. Its score is the interval's width
    and, on a day outside, ten times what it lacks: 2 / 0.2 (Gneiting and Raftery, 2007).
    """
    y = series.y
    low, high = np.quantile(y[BEFORE] - year, [(1 - COVER) / 2, (1 + COVER) / 2])
    inside = (y[TEST] >= test + low) & (y[TEST] <= test + high)
    scaled = mase(test, y[TEST], y[BEFORE], series.season)
    lacks = np.maximum(0, test + low - y[TEST]) + np.maximum(0, y[TEST] - test - high)
    score = high - low + 2 / (1 - COVER) * lacks.mean()
    numbers = mae(year, y[BEFORE]), mae(test, y[TEST]), scaled, float(inside.mean()), float(high - low), float(score)
    return Forecast(series.name, model, horizon, seed, *(float(f"{v:.5g}") for v in numbers))


class Runs:
    """The rows as they come, and the absolute errors that they are made of."""

    def __init__(self) -> None:
        self.rows: list[Forecast] = []
        self.seconds: dict[str, float] = {}
        self.before: dict[tuple[str, int], Errors] = {}
        self.test: dict[tuple[str, int], Errors] = {}

    def took(self, model: str, seconds: float) -> None:
        self.seconds[model] = self.seconds.get(model, 0) + seconds

    def add(self, series: Series, model: str, horizon: int, seed: int, year: np.ndarray, test: np.ndarray) -> None:
        self.rows.append(measured(series, model, horizon, seed, year, test))
        for kept, made, days in ((self.before, year, BEFORE), (self.test, test, TEST)):
            of = kept.setdefault((series.name, horizon), {})
            of.setdefault(model, []).append(np.abs(made - series.y[days]))

    def comparison(self, name: str, horizon: int, unit: str) -> dict[str, Any]:
        """The GRU beside the baseline that was the best one in the year before the test: a row of *Does it win?*."""
        before, test = (kept[name, horizon] for kept in (self.before, self.test))
        baseline = best((m for m in before if m != "GRU"), before)
        ours, theirs = np.array(test["GRU"]), np.array(test[baseline])
        return {
            "task": f"{name}, {'a day' if horizon == 1 else f'{horizon} days'} ahead",
            "data": "364 days that were drawn" if name == "walk" else "364 days of Chicago",
            "measure": f"MAE{unit and f', {unit}'}",
            "network": "GRU",
            "baseline": baseline,
            "better": "lower",
            "items": YEAR,
            "ours": [float(f"{v:.5g}") for v in ours.mean(1)],
            "theirs": [float(f"{v:.5g}") for v in theirs.mean(1)],
            "difference": [float(f"{v:.4g}") for v in difference(ours, theirs)],
            "group": GROUPS[name],
            "control": name == "walk",
        }

    def beside(self, name: str, horizon: int, naive: Iterable[str]) -> list[Any]:
        """The GRU beside the naive forecast that was the best one in the year before: its name, and the difference."""
        before, test = (kept[name, horizon] for kept in (self.before, self.test))
        rival = best(naive, before)
        apart = difference(np.array(test["GRU"]), np.array(test[rival]))
        return [name, horizon, rival, *(float(f"{v:.4g}") for v in apart)]


def best(models: Iterable[str], errors: Errors) -> str:
    """The model of the smallest mean error."""
    return min(models, key=lambda model: float(np.mean(errors[model])))


def difference(ours: np.ndarray, theirs: np.ndarray, draws: int = DRAWS) -> tuple[float, float, float]:
    """The mean of errors (S, 364) less that of errors (S', 364), and its 95 % interval over seeds and fortnights."""
    rng, blocks = np.random.default_rng(0), np.arange(YEAR).reshape(-1, BLOCK)
    found = []
    for _ in range(draws):
        days = blocks[rng.integers(len(blocks), size=len(blocks))].ravel()
        a, b = (values[rng.integers(len(values), size=len(values))][:, days].mean() for values in (ours, theirs))
        found.append(a - b)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(ours.mean() - theirs.mean()), float(low), float(high)


def fingerprint(of: Any) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()


def written(content: dict[str, Any]) -> str:
    """JSON with a line for each key, and for each row."""
    lines = []
    for key, value in content.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("rows", "beside", "forecasts", "leaks"):
            text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "\n]"
        lines.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
