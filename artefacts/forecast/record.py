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
EVERY = slice(FIRST - YEAR, FIRST + 2 * YEAR)  # the year to choose by, and these two
Errors = dict[str, list[np.ndarray]]  # absolute ones, by model, (3, 364) for each seed


def origins(horizon: int, start: int) -> np.ndarray:
    """The days on which the forecasts of a year from ``start`` on are made: one for each target."""
    return np.arange(start, start + YEAR) - horizon


def measured(series: Series, model: str, horizon: int, seed: int, made: np.ndarray) -> Forecast:
    """A row of the record, from the forecasts for the year to choose by, the one before the test, the test: (1092,).

    The interval reaches from the forecast plus the 10 % quantile of the errors of the year before to the forecast plus
    their 90 % quantile. No model was trained or tuned by that year. Its score is the interval's width
    and, on a day outside, ten times what it lacks: 2 / 0.2 (Gneiting and Raftery, 2007).
    """
    y, (first, year, test) = series.y, made.reshape(3, YEAR)
    low, high = np.quantile(y[BEFORE] - year, [(1 - COVER) / 2, (1 + COVER) / 2])
    inside = (y[TEST] >= test + low) & (y[TEST] <= test + high)
    scaled = mase(test, y[TEST], y[BEFORE], series.season)
    lacks = np.maximum(0, test + low - y[TEST]) + np.maximum(0, y[TEST] - test - high)
    score = high - low + 2 / (1 - COVER) * lacks.mean()
    errors = mae(first, y[EVERY][:YEAR]), mae(year, y[BEFORE]), mae(test, y[TEST])
    numbers = *errors, scaled, float(inside.mean()), float(high - low), float(score)
    return Forecast(series.name, model, horizon, seed, *(float(f"{v:.5g}") for v in numbers))


class Runs:
    """The rows as they come, and the absolute errors that they are made of."""

    def __init__(self) -> None:
        self.rows: list[Forecast] = []
        self.seconds: dict[str, float] = {}
        self.errors: dict[tuple[str, int], Errors] = {}
        self.made: dict[tuple[str, int], Errors] = {}  # the forecasts themselves, (1092,)
        self.late: tuple[str, ...] = ()  # models that came after the two years had been seen
        self.rates: dict[str, Any] = {}  # of Holt–Winters: of the level, of the week, and the cut

    def took(self, model: str, seconds: float) -> None:
        self.seconds[model] = self.seconds.get(model, 0) + seconds

    def add(self, series: Series, model: str, horizon: int, seed: int, made: np.ndarray) -> None:
        """A model's forecasts of three years, (1092,)."""
        self.rows.append(measured(series, model, horizon, seed, made))
        of = self.errors.setdefault((series.name, horizon), {})
        self.made.setdefault((series.name, horizon), {}).setdefault(model, []).append(made)
        of.setdefault(model, []).append(np.abs(made - series.y[EVERY]).reshape(3, YEAR))

    def comparison(self, name: str, horizon: int, unit: str, network: str) -> dict[str, Any]:
        """A network beside the strongest of its rivals over the two years that are scored: a row of *Does it win?*.

        To name the rival by the days that score makes a win harder. One year before them names it by luck: on the walk
        a forecast that later is worse than the last value.
        """
        of = self.errors[name, horizon]
        baseline = best((m for m in of if not m.startswith("GRU")), of)
        ours, theirs = clean(of[network]), clean(of[baseline])
        late = "".join(
            f"; the {model} came after they were seen" for model in (network, baseline) if model in self.late
        )
        return {
            "task": f"{name}, {'a day' if horizon == 1 else f'{horizon} days'} ahead",
            "data": ("728 days that were drawn" if name == "walk" else "728 days of Chicago") + late,
            "measure": f"MAE{unit and f', {unit}'}",
            "network": network,
            "baseline": baseline,
            "better": "lower",
            "items": 2 * YEAR,
            "ours": [float(f"{v:.5g}") for v in ours.mean(1)],
            "theirs": [float(f"{v:.5g}") for v in theirs.mean(1)],
            "difference": [float(f"{v:.4g}") for v in difference(ours, theirs)],
            "group": GROUPS[name],
            "control": name == "walk",
        }

    def beside(self, name: str, horizon: int) -> list[list[Any]]:
        """Each network beside each of its rivals, over the same two years: network, rival, and the difference."""
        of = self.errors[name, horizon]
        return [
            [
                name,
                horizon,
                network,
                rival,
                *(float(f"{v:.4g}") for v in difference(clean(of[network]), clean(of[rival]))),
            ]
            for network in of
            if network.startswith("GRU")
            for rival in of
            if not rival.startswith("GRU")
        ]


def clean(errors: list[np.ndarray]) -> np.ndarray:
    """Of errors (3, 364) a seed those of the two years that nothing was tuned or chosen by, (S, 728)."""
    return np.array(errors)[:, 1:].reshape(len(errors), -1)


def best(models: Iterable[str], errors: Errors) -> str:
    """The model of the smallest mean error over the two years that are scored."""
    return min(models, key=lambda model: float(clean(errors[model]).mean()))


def difference(ours: np.ndarray, theirs: np.ndarray, draws: int = DRAWS) -> tuple[float, float, float]:
    """The mean of errors (S, N) less that of errors (S', N), and its 95 % interval over seeds and fortnights."""
    rng, blocks = np.random.default_rng(0), np.arange(ours.shape[1]).reshape(-1, BLOCK)
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
        if key in ("rows", "beside", "forecasts", "told", "told_beside", "leaks"):
            text = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "\n]"
        lines.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
