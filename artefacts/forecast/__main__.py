"""Forecast three daily series for two years: the cheap ways, boosted trees and a GRU, each of several seeds.

It writes rnnkit/records/forecasts.json, and what Forecast Bench computes with: bench.json in its folder.
"""

import argparse
import base64
import json
import platform
from dataclasses import asdict
from typing import Any

import numpy as np

from artefacts.forecast import holidays
from artefacts.forecast import series as source
from artefacts.forecast.baselines import (
    BASE,
    BASES,
    LEVEL,
    MEDIAN,
    PENALTIES,
    ROUNDS,
    TREES,
    WEEK,
    WEEKS,
    bases,
    boosted,
    damped,
    damped_week,
    holt_winters,
    regression,
    season,
    seven_lags,
    trees,
)
from artefacts.forecast.networks import Recipe, days_of, forecasts, scaling_of, train
from artefacts.forecast.record import BLOCK, COVER, DRAWS, EVERY, Runs, fingerprint, origins, written
from artefacts.forecast.series import AHEAD, FIRST, PAGE, TRAIN, YEAR, Series
from artefacts.type_ahead.export import rounded
from benchmarks.machine import processor
from rnnkit import Sequential
from rnnkit.explorers.forecast_bench import bench
from rnnkit.records import FORECASTS, Forecast, Leak

SEEDS, HORIZONS = (0, 1, 2, 3, 4), (1, 7, 14)
UNITS = {"ridership": "thousand people", "temperature": "°C", "walk": ""}
LAGS = bench.LAGS
NAIVES = {  # what they are called on the page
    "last": "last value",
    "week": "last week",
    "season": "season's mean",
    "damped": "damped season",
    "weekdays": "damped week",
}
BASED = "GRU from the median"  # the network that reads and says distances from the median that the trees have
COURSE = "trees, season's mean"  # those that say the distance from it
ADDED = {"ridership": (BASED,), "temperature": (COURSE, "seven lags")}  # a second reader asked for them
KNOWING = ("damped week", "Holt–Winters", "boosted trees", "GRU")  # which are told of the holidays
BLOCKS = 4  # of the test, each asked of trees that learned from days far from it


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    runs, pages = Runs(), {}
    leaks: list[Leak] = []
    for name, one in source.everything().items():
        models = networks(one, runs)
        linear, free = regression(one), whole(one)
        cheap(one, runs, linear, free)
        added(one, runs, free)
        pages[name] = page(one, models[chosen(runs.rows, name)], linear, free) | {"trees": grown(one, free)}
        leaks += leaky(one)
    riders = source.everything()["ridership"]
    told, factors = of_known_days(riders)
    text = json.dumps({"first": int(days_of(one)[FIRST]), "series": pages}, ensure_ascii=False, indent=1)
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
        "bases": [row for name in ADDED for row in of_bases(source.everything()[name])],
        "holt_winters": runs.rates,
        "holidays": factors,
        "rows": [
            runs.comparison(name, horizon, UNITS[name], network)
            for name in pages
            for network in ("GRU", BASED)
            for horizon in HORIZONS
            if network in runs.errors[name, horizon]
        ],
        "beside": [row for name in pages for horizon in HORIZONS for row in runs.beside(name, horizon)],
        "forecasts": runs.rows,
        "told": told.rows,
        "told_beside": [row for horizon in HORIZONS for row in told.beside("ridership", horizon)],
        "leaks": leaks,
    }
    FORECASTS.write_text(written(content), "utf-8")


def settings_of() -> dict[str, Any]:
    """All that the record depends on."""
    split = {
        "train": TRAIN,
        "first": FIRST,
        "year": YEAR,
        "ahead": AHEAD,
        "page": PAGE,
        "cover": COVER,
        "block": BLOCK,
        "draws": DRAWS,
    }
    content = {"recipe": asdict(Recipe()), "seeds": SEEDS, "horizons": HORIZONS, "split": split}
    content |= {"penalties": PENALTIES, "rounds": ROUNDS, "trees": TREES, "blocks": BLOCKS, "weeks": list(WEEKS)}
    content |= {"bases": BASES, "base": BASE, "median": MEDIAN, "level": LEVEL, "week": WEEK, "near": holidays.NEAR}
    content |= {"file_sha256": source.SHA256}
    found: dict[str, Any] = json.loads(json.dumps(content))
    return found


def chosen(rows: list[Forecast], name: str) -> int:
    """The page's network is the one of the middle error at horizon 1: neither the luckiest nor the unluckiest."""
    own = sorted((row for row in rows if (row.series, row.model, row.horizon) == (name, "GRU", 1)), key=lambda r: r.mae)
    return own[len(own) // 2].seed


def targets(made: np.ndarray, horizon: int) -> np.ndarray:
    """From forecasts (T, 14) of all days those of the three years after the training part, (1092,)."""
    return made[np.arange(TRAIN, TRAIN + 3 * YEAR) - horizon, horizon - 1]


def networks(
    one: Series, runs: Runs, seeds: tuple[int, ...] = SEEDS, name: str = "GRU", known: np.ndarray | None = None
) -> dict[int, Sequential]:
    """A network for each seed, and their rows; it says the distance from what is ``known``, or from the last value."""
    models = {}
    for seed in seeds:
        model, took = train(one, seed, Recipe(), bases=known)
        models[seed] = model
        start = TRAIN - 2 * YEAR
        made = np.concatenate([np.zeros((start, AHEAD)), forecasts(model, one, start, known)])
        for h in HORIZONS:
            runs.add(one, name, h, seed, targets(made, h))
        runs.took(name, took)
        print(one.name, name, seed, [row.mae for row in runs.rows[-len(HORIZONS) :]], f"{took:.0f} s", flush=True)
    return models


def whole(one: Series) -> bench.Cheap:
    """What the naive forecasts of all days are made from, rounded as the page has it."""
    course = season(one)
    weeks, lasts = damped_week(one)
    left = damped(one, course).round(2)
    course = np.array([float(f"{value:.6g}") for value in course])
    return bench.Cheap(one.y, int(days_of(one)[0]), course, left, weeks, lasts.round(2))


def cheap(one: Series, runs: Runs, linear: np.ndarray, free: bench.Cheap) -> None:
    """The naive forecasts, Holt–Winters, the regression, and boosted trees."""
    xs = bench.features(one.y, days_of(one), scaling_of(one))
    made_by = one.y[:, None] + scaling_of(one).change * xs @ linear.T
    rates, smooth = holt_winters(one)
    runs.rates[one.name] = [rate if np.isfinite(rate) else None for rate in rates]
    for h in HORIZONS:
        said = bench.naives(free, np.arange(TRAIN, TRAIN + 3 * YEAR) - h, h)
        for key, name in NAIVES.items():
            runs.add(one, name, h, 0, said[key])
        runs.add(one, "Holt–Winters", h, 0, targets(smooth, h))
        runs.add(one, "regression", h, 0, targets(made_by, h))
        print(one.name, h, [(row.model, row.mae) for row in runs.rows[-7:]], flush=True)
    forest(one, free, runs)


def added(one: Series, runs: Runs, free: bench.Cheap) -> None:
    """What a second reader asked for, who had seen the two years: one more network, or two more rivals."""
    course, more = bench.season(free, np.arange(len(one.y))), ADDED.get(one.name, ())
    runs.late = (*runs.late, *more)
    if BASED in more:
        networks(one, runs, name=BASED, known=bases(one, course, BASE))
    if "seven lags" in more:
        made = seven_lags(one, course)
        for h in HORIZONS:
            runs.add(one, "seven lags", h, 0, targets(made, h))
    if COURSE in more:
        forest(one, free, runs, COURSE, "season")


def forest(one: Series, free: bench.Cheap, runs: Runs, name: str = "boosted trees", kind: str = BASE) -> None:
    """Trees that say the distance from a median of five of that weekday, or from another base.

    The base is fixed: the median moves with the level, and forgets a holiday.
    """
    course = bench.season(free, np.arange(len(one.y)))
    for h in HORIZONS:
        for seed in SEEDS:
            made, took = trees(one, course, h, seed, kind)
            runs.add(one, name, h, seed, made)
            runs.took(name, took)


def of_bases(one: Series) -> list[list[Any]]:
    """Series, horizon, base, two errors of trees that say the distance from it: in the year to choose by, and after."""
    course, found = bench.season(whole(one), np.arange(len(one.y))), []
    for h in HORIZONS:
        for kind in BASES:
            first, *others = np.abs(trees(one, course, h, SEEDS[0], kind)[0] - one.y[EVERY]).reshape(3, YEAR).mean(1)
            found.append([one.name, h, kind, *(float(f"{v:.4g}") for v in (first, np.mean(others)))])
    return found


def of_known_days(one: Series) -> tuple[Runs, list[float]]:
    """Four models that know the holidays ahead, on the riders; and what is left of a day of each of the 30 kinds.

    All of them forecast the days divided by what a holiday leaves of them, which the training part has told, and
    multiply what they say of a holiday by it.
    """
    leaves = holidays.shares(one.y, days_of(one), TRAIN)
    plain, runs, told = one._replace(counts=one.counts / leaves), Runs(), Runs()
    networks(plain, runs, SEEDS[:3])
    cheap(plain, runs, regression(plain), whole(plain))
    for (_, horizon), of in runs.made.items():
        for model in KNOWING:
            for seed, made in enumerate(of[model]):
                told.add(one, model, horizon, seed, made * leaves[EVERY])
    kinds = holidays.kinds(days_of(one))
    return told, [round(float(leaves[kinds == kind][0]), 3) for kind in range(holidays.KINDS)]


def leaky(one: Series) -> list[Leak]:
    """Boosted trees on the test's days, each time on as many windows, all of the page's two years.

    They learn from the year before; from windows far from a quarter of the test, before and after it; or from four of
    five shuffled folds. What they say is a change, so that a level that they did not see is no excuse.
    """
    found = []
    for h in HORIZONS:
        test, rng = origins(h, FIRST + YEAR), np.random.default_rng(h)
        at, before = np.arange(FIRST + LAGS, FIRST + PAGE - h), np.arange(FIRST + LAGS, FIRST + YEAR - h)
        purged, folds, shuffled = [], bench.fold(len(at)), np.empty(len(one.y))
        for own in np.split(test, BLOCKS):
            far = at[np.abs(at[:, None] - own).min(1) >= LAGS + h]
            purged.append(boosted(one, h, 0, some(far, len(before), rng), own)[0])
        for k in range(bench.FOLDS):
            known = some(at[folds != k], len(before), rng)
            shuffled[at[folds == k]] = boosted(one, h, 0, known, at[folds == k])[0]
        made = boosted(one, h, 0, before, test)[0], np.concatenate(purged), shuffled[test]
        found.append(Leak(one.name, "boosted trees", h, *(off(each, one.y[test + h]) for each in made)))
    return found


def some(days: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.choice(days, most, replace=False))


def near(one: bench.Bench) -> list[Leak]:
    """The same for the nearest windows, as the page has them."""
    found = []
    for h in HORIZONS:
        test = np.arange(YEAR, 2 * YEAR) - h
        made = [bench.nearest(one, test, h, split) for split in ("ordered", "purged", "shuffled")]
        found.append(Leak(one.name, "nearest windows", h, *(off(each, one.y[test + h]) for each in made)))
    return found


def off(made: np.ndarray, truth: np.ndarray) -> float:
    return float(f"{np.abs(made - truth).mean():.5g}")


def rivals(free: bench.Cheap) -> list[str]:
    """The nearest of the naive forecasts in the year to choose by, for each horizon."""
    found = []
    for h in range(1, AHEAD + 1):
        made = bench.naives(free, origins(h, TRAIN), h)
        errors = {name: float(np.abs(said - free.y[TRAIN : TRAIN + YEAR]).mean()) for name, said in made.items()}
        found.append(min(errors, key=lambda name: errors[name]))
    return found


def grown(one: Series, free: bench.Cheap) -> str:
    """For the bench, which cannot compute them: the errors of trees in its seven stretches, by horizon.

    Thousandths of the unit, int16 (14, 7), of one seed, and with a fit for each horizon. On the temperature the trees
    say the distance from the season's mean.
    """
    course, found = bench.season(free, np.arange(len(one.y))), []
    days = np.arange(2 * YEAR - 3 * bench.STRETCH, 3 * YEAR)  # of the three years
    kind = "season" if COURSE in ADDED.get(one.name, ()) else BASE
    for h in range(1, AHEAD + 1):
        made = trees(one, course, h, SEEDS[0], kind)[0]
        found.append(np.abs(made - one.y[EVERY])[days].reshape(bench.STRETCHES, bench.STRETCH).mean(1))
    return base64.b64encode(np.rint(1000 * np.array(found)).astype("<i2").tobytes()).decode()


def page(one: Series, model: Sequential, linear: np.ndarray, free: bench.Cheap) -> dict[str, Any]:
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
        "linear": text(np.rint(linear / step).astype("<i2")),
        "course": free.course.tolist(),
        "left": free.left.tolist(),
        "weeks": free.weeks,
        "lasts": free.lasts.tolist(),
        "rivals": rivals(free),
    }


if __name__ == "__main__":
    main()
