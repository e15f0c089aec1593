"""Forecast three daily series for a year: the cheap ways, boosted trees and a GRU, each of several seeds.

It writes rnnkit/records/forecasts.json, and what Forecast Bench computes with: bench.json in its folder.
"""

import argparse
import base64
import json
import platform
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from artefacts.forecast import series as source
from artefacts.forecast.baselines import PENALTIES, TREES, boosted, ridge
from artefacts.forecast.networks import Recipe, days_of, forecasts, scaling_of, train
from artefacts.forecast.record import BLOCK, COVER, DRAWS, Runs, fingerprint, origins, written
from artefacts.forecast.series import AHEAD, PAGE, TRAIN, YEAR, Series
from artefacts.type_ahead.export import rounded
from benchmarks.machine import processor
from rnnkit import Sequential
from rnnkit.explorers.forecast_bench import bench
from rnnkit.records import FORECASTS, Forecast, Leak

SEEDS, HORIZONS = (0, 1, 2), (1, 7, 14)
UNITS = {"ridership": "thousand people", "temperature": "°C", "walk": ""}
LAGS = bench.LAGS


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    runs, pages = Runs(), {}
    leaks: list[Leak] = []
    for name, one in source.everything().items():
        models = networks(one, runs)
        pages[name] = page(one, models[chosen(runs.rows, name)], ridge(one))
        cheap(one, runs)
        leaks += leaky(one)
    text = json.dumps({"first": int(days_of(one)[TRAIN]), "series": pages}, ensure_ascii=False, indent=1)
    bench.FILE.write_text(text + "\n", "utf-8")
    for each in bench.load().values():
        leaks += near(each)
    settings = settings_of()
    content = {
        "settings": settings,
        "settings_sha256": fingerprint(settings),
        "page_seed": {name: chosen(runs.rows, name) for name in pages},
        "cpu_seconds": {model: round(seconds) for model, seconds in runs.seconds.items()},
        "processor": processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "columns": Forecast._fields,
        "rows": [runs.comparison(name, horizon, UNITS[name]) for name in pages for horizon in HORIZONS],
        "forecasts": runs.rows,
        "leaks": leaks,
    }
    FORECASTS.write_text(written(content), "utf-8")


def settings_of() -> dict[str, Any]:
    """All that the record depends on."""
    split = {"train": TRAIN, "year": YEAR, "ahead": AHEAD, "page": PAGE, "cover": COVER, "block": BLOCK, "draws": DRAWS}
    content = {"recipe": asdict(Recipe()), "seeds": SEEDS, "horizons": HORIZONS, "split": split}
    content |= {"penalties": PENALTIES, "trees": TREES, "file_sha256": source.SHA256}
    found: dict[str, Any] = json.loads(json.dumps(content))
    return found


def chosen(rows: list[Forecast], name: str) -> int:
    """The page's network is the one of the middle error at horizon 1: neither the luckiest nor the unluckiest."""
    own = sorted((row for row in rows if (row.series, row.model, row.horizon) == (name, "GRU", 1)), key=lambda r: r.mae)
    return own[len(own) // 2].seed


def both(made: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """From forecasts (T, 14) of days TRAIN - 14 and on, those of the year before the test and of the test."""
    year, test = (origins(horizon, start) - (TRAIN - AHEAD) for start in (TRAIN, TRAIN + YEAR))
    return made[year, horizon - 1], made[test, horizon - 1]


def networks(one: Series, runs: Runs) -> dict[int, Sequential]:
    """A network for each seed, and their rows."""
    models = {}
    for seed in SEEDS:
        model, took = train(one, seed, Recipe())
        models[seed] = model
        made = forecasts(model, one, scaling_of(one), TRAIN - YEAR)[YEAR - AHEAD :]
        for h in HORIZONS:
            runs.add(one, "GRU", h, seed, *both(made, h))
        runs.took("GRU", took)
        print(one.name, "GRU", seed, [row.mae for row in runs.rows[-len(HORIZONS) :]], f"{took:.0f} s", flush=True)
    return models


def cheap(one: Series, runs: Runs) -> None:
    """Both naive forecasts, the ridge regression, and boosted trees."""
    started = time.process_time()
    xs = bench.features(one.y, days_of(one), scaling_of(one))
    linear = one.y[:, None] + scaling_of(one).change * xs @ ridge(one).T
    runs.took("ridge", time.process_time() - started)
    for h in HORIZONS:
        year, test = origins(h, TRAIN), origins(h, TRAIN + YEAR)
        runs.add(one, "last value", h, 0, one.y[year], one.y[test])
        runs.add(one, "last week", h, 0, *(one.y[bench.again(at, h, 7)] for at in (year, test)))
        runs.add(one, "ridge", h, 0, linear[year, h - 1], linear[test, h - 1])
        for seed in SEEDS:
            made, took = boosted(one, h, seed, np.arange(LAGS, TRAIN - h), np.concatenate([year, test]))
            runs.add(one, "boosted trees", h, seed, made[:YEAR], made[YEAR:])
            runs.took("boosted trees", took)
        print(one.name, h, [(row.model, row.mae) for row in runs.rows[-3 - len(SEEDS) :]], flush=True)


def leaky(one: Series) -> list[Leak]:
    """Boosted trees on the page's days: learned from the year before, or from four of five shuffled folds."""
    found = []
    for h in HORIZONS:
        test = origins(h, TRAIN + YEAR)
        truth = one.y[test + h]
        ordered, _ = boosted(one, h, 0, np.arange(TRAIN + LAGS, TRAIN + YEAR - h), test)
        at = np.arange(TRAIN + LAGS, TRAIN + PAGE - h)
        folds, shuffled = bench.fold(len(at)), np.empty(len(one.y))
        for k in range(bench.FOLDS):
            shuffled[at[folds == k]], _ = boosted(one, h, 0, at[folds != k], at[folds == k])
        errors = [float(f"{np.abs(made - truth).mean():.5g}") for made in (ordered, shuffled[test])]
        found.append(Leak(one.name, "boosted trees", h, *errors))
    return found


def near(one: bench.Bench) -> list[Leak]:
    """The same for the nearest windows, as the page has them."""
    found = []
    for h in HORIZONS:
        test = np.arange(YEAR, 2 * YEAR) - h
        made = [bench.nearest(one, test, h, split) for split in ("ordered", "shuffled")]
        errors = [float(f"{np.abs(each - one.y[test + h]).mean():.5g}") for each in made]
        found.append(Leak(one.name, "nearest windows", h, *errors))
    return found


def page(one: Series, model: Sequential, linear: np.ndarray) -> dict[str, Any]:
    """A series of bench.json, in the layout that :func:`rnnkit.explorers.forecast_bench.bench.load` reads."""
    p = model.params
    matrices = [rounded(p[name]) for name in ("0.weight_ih_l0", "0.weight_hh_l0", "1.weight")]
    biases = [p[name].astype("<f4") for name in ("0.bias_ih_l0", "0.bias_hh_l0", "1.bias")]
    step = float(f"{np.abs(linear).max() / 32000:.6g}")
    scales = [*(scale for _, scale in matrices), *biases]

    def text(*arrays: np.ndarray) -> str:
        return base64.b64encode(b"".join(a.tobytes() for a in arrays)).decode()

    return {
        "unit": UNITS[one.name],
        "scale": one.scale,
        "season": one.season,
        "scaling": [float(f"{value:.8g}") for value in scaling_of(one)],
        "step": step,
        "counts": text(one.counts[-PAGE:].astype("<i2")),
        "rows": text(*(rows for rows, _ in matrices)),
        "scales": text(*scales),
        "ridge": text(np.rint(linear / step).astype("<i2")),
    }


if __name__ == "__main__":
    main()
