"""Forecast Bench: its forecasts are rnnkit's, its errors are rnnkit's measures, and what its presets say is so."""

import numpy as np
import pytest
from engines import ask, plain, random_traits

from rnnkit.explorers import ForecastBench
from rnnkit.explorers.forecast_bench import bench
from rnnkit.metrics import mae, mase

ALL = """(traits) => { const { one, said, board, rows, gains, nearer, windows, fan, slid, left, whole, rival } =
    it.derive({ ...traits, committed: true, ui: {}, ghost: null });
    return { said, board, rows, gains, nearer, windows, fan, slid, left, whole, rival, y: one.y, made: one.made }; }"""
SERIES = bench.load()


def asked(code, *given):
    return ask(code, *given, kind=ForecastBench)


def derived(one):
    return asked(ALL, plain(one.traits_for_page()))


def some(count, seed, **more):
    rng = np.random.default_rng(seed)
    return [ForecastBench(**random_traits(ForecastBench, rng) | more) for _ in range(count)]


EXTREMES = [ForecastBench(**extreme) for extreme in ForecastBench.limits.extremes]


@pytest.fixture(scope="module")
def presets():
    code = f"""(own) => Object.fromEntries(it.presets.map((p) =>
        [p.name, {{ ...({ALL})({{ ...own, ...it.base, ...p.set }}), traits: {{ ...own, ...it.base, ...p.set }} }}]))"""
    return asked(code, plain(ForecastBench(committed=True).traits_for_page()))


@pytest.mark.parametrize("name", SERIES)
def test_the_page_forecasts_what_rnnkits_gru_does(name):
    """All 742 days and 14 horizons."""
    one, s = SERIES[name], derived(ForecastBench(series=name))
    assert np.array_equal(s["y"], one.y)
    want = bench.network(one)
    assert np.abs(np.array(s["made"]) - want).max() <= 1e-12 * np.abs(want).max()


def test_what_was_said_is_rnnkits():
    for one in [*EXTREMES, *some(30, 50)]:
        s = derived(one)
        assert np.abs(np.array(s["rows"]) - one.states).max() < 1e-12
        for name, (error, scaled) in one.errors.items():
            assert s["board"][name]["mae"] == pytest.approx(error, abs=1e-12)
            assert s["board"][name]["mase"] == pytest.approx(scaled, abs=1e-12)
        assert s["rival"] == SERIES[one.series].rivals[one.horizon - 1]


def test_the_leak_is_scored_without_its_neighbours_too():
    for one in some(8, 55, split="shuffled"):
        s, series = derived(one), SERIES[one.series]
        days = bench.YEAR + bench.STRETCH * (one.stretch - 1) + np.arange(bench.STRETCH)
        for split in ("purged", "ordered"):
            said = bench.nearest(series, days - one.horizon, one.horizon, split)
            assert s["board"][split]["mae"] == pytest.approx(mae(said, series.y[days]), abs=1e-12)


def test_the_days_ahead_are_said_at_the_origin():
    """The fan's k-th value is what a horizon of k has said of that day."""
    for one in some(12, 51, step=40):
        fan = derived(one)["fan"]
        for k in {1, one.horizon}:
            later = ForecastBench(**{name: getattr(one, name) for name in one.limits.traits} | {"horizon": k})
            row = later.states[40 + k]
            assert (fan["yours"][k - 1], fan["network"][k - 1]) == pytest.approx(tuple(row[1:3]), abs=1e-12)


def test_a_mix_is_its_parts():
    """By NumPy alone, day by day."""
    one = SERIES["ridership"]
    y, days = one.y, bench.YEAR + np.arange(91)
    for h in (1, 6, 7, 8, 14):
        last = y[days - h]
        week = np.array([next(y[d] for d in range(day - 7, 0, -7) if d <= day - h) for day in days])
        month = np.array([y[day - h - 27 : day - h + 1].mean() for day in days])
        year = bench.season(one, days)
        for mix in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.2, 0.1], [0.6, 0.6, 0], [1, 1, 1]):
            by = max(1, sum(mix))
            want = (mix[0] * last + mix[1] * week + mix[2] * month) / by + (1 - sum(mix) / by) * year
            got = ForecastBench(series="ridership", stretch=1, horizon=h, mix=mix).states[:, 1]
            assert np.allclose(got, want, atol=1e-12)


def test_no_forecast_knows_a_day_to_come():
    """Another future after the origin leaves what is said at the origin alone; a shuffled split does not."""
    rng, o, h, moved = np.random.default_rng(52), 500, 7, []
    for one in SERIES.values():
        counts = one.counts.copy()
        counts[o + 1 :] = rng.permutation(counts[o + 1 :])
        other = one._replace(counts=counts)
        for of in (bench.network, bench.regression):
            assert np.array_equal(of(one)[: o + 1], of(other)[: o + 1])
            assert not np.array_equal(of(one)[o + 1 :], of(other)[o + 1 :])
        at = np.array([o])
        assert bench.mixed(one, at, h, [0.3, 0.3, 0.3]) == bench.mixed(other, at, h, [0.3, 0.3, 0.3])
        assert bench.nearest(one, at, h, "ordered") == bench.nearest(other, at, h, "ordered")
        assert bench.nearest(one, at - 300, h, "ordered") == bench.nearest(other, at - 300, h, "ordered")
        said = [bench.naives(each, at, h) for each in (one, other)]
        assert said[0] == said[1]
        late = np.arange(o - 20, o)
        moved += (bench.neighbours(one, late, "shuffled") != bench.neighbours(other, late, "shuffled")).ravel().tolist()
    assert any(moved)


def test_shuffled_neighbours_are_the_windows_next_door():
    """Of each origin of the test, in the series with a level: a day or two earlier or later."""
    for name in ("temperature", "walk"):
        origins = np.arange(bench.YEAR, 2 * bench.YEAR - bench.AHEAD)
        away = np.abs(bench.neighbours(SERIES[name], origins, "shuffled") - origins[:, None])
        assert np.median(away) <= 2
        assert bench.neighbours(SERIES[name], origins, "ordered").max() < bench.YEAR - bench.AHEAD
        far = np.abs(bench.neighbours(SERIES[name], origins, "purged", 35) - origins[:, None])
        assert far.min() >= 35
    early = np.arange(77, bench.YEAR)
    assert (bench.neighbours(SERIES["walk"], early, "ordered") + bench.AHEAD <= early[:, None]).all()


def test_neighbours_never_come_from_their_own_fold():
    folds = bench.fold(bench.DAYS - bench.WINDOW + 1)
    assert np.ptp(np.bincount(folds)) <= 1
    assert np.array_equal(folds, asked("() => forecast_bench_maths.folds('')"))
    origins = np.arange(bench.YEAR, 2 * bench.YEAR)
    ends = bench.neighbours(SERIES["temperature"], origins, "shuffled")
    assert (folds[ends - bench.WINDOW + 1] != folds[origins - bench.WINDOW + 1][:, None]).all()


def test_measures_are_those_of_the_definition():
    one = ForecastBench(series="ridership", stretch=3, horizon=7, mix=[0, 1, 0])
    truth, yours = one.states[:, :2].T
    y = SERIES["ridership"].y
    naive = np.mean([abs(y[t] - y[t - 7]) for t in range(7, 364)])
    error = np.mean(np.abs(yours - truth))
    assert one.errors["yours"] == pytest.approx((error, error / naive))
    assert one.errors["week"] == one.errors["yours"]
    assert (mae(yours, truth), mase(yours, truth, y[:364], 7)) == one.errors["yours"]


def test_the_last_value_slid_back_is_the_series():
    for series in SERIES:
        for h in (1, 5, 14):
            assert derived(ForecastBench(series=series, horizon=h, slide=h))["slid"]["yours"] == 0
    assert derived(ForecastBench(slide=0))["slid"] is None
    assert derived(ForecastBench(slide=0.5))["slid"] is None
    assert derived(ForecastBench(slide=1, mix=[0.5, 0, 0]))["slid"]["yours"] > 0.1


def test_a_good_network_fits_better_slid_back_too():
    """So that to fit better late proves nothing; by NumPy, on the test."""
    for series, h in (("temperature", 1), ("ridership", 7), ("walk", 1)):
        one = ForecastBench(series=series, horizon=h, slide=h)
        truth, _, network, _ = one.states.T
        slid = np.abs(network[h:] - truth[:-h]).mean()
        assert derived(one)["slid"]["network"] == pytest.approx(slid, abs=1e-12)
        assert 0 < slid < one.errors["network"][0]


def test_who_was_nearer_adds_up():
    for one in [*EXTREMES, *some(10, 53)]:
        s, off = derived(one), np.abs(one.states[:, 1:3] - one.states[:, :1])
        assert np.allclose(s["gains"], off[:, 0] - off[:, 1], atol=1e-12)
        assert s["nearer"] == (np.array(s["gains"]) > 0).sum()


def test_shares_add_up_as_shown():
    for one in some(20, 54):
        s, total = derived(one), sum(one.mix)
        assert s["whole"] == pytest.approx(total)
        left = asked("(v) => shared_numbers.fixed(v, 2)", s["left"])
        assert float(left) == pytest.approx(max(0, 1 - total), abs=0.0051), "no share is below 0"


def test_no_forecast_stands_on_the_board_twice():
    rows = "(traits) => forecast_bench_picture.rowsOf(it.derive({ ...traits, committed: true, ui: {}, ghost: null }))"
    for one in [*EXTREMES, *(ForecastBench(horizon=h) for h in (1, 7, 8, 14))]:
        shown = asked(rows, plain(one.traits_for_page()))
        errors = derived(one)["board"]
        assert ("week" in shown and "last" in shown) <= (one.horizon % 7 > 0)
        assert "last" not in shown or one.mix != [1, 0, 0], "your mix is the last value"
        assert len(set(shown)) == len(shown) <= 10
        assert set(shown) <= set(errors)


def test_a_bar_that_is_longer_than_drawn_is_cut():
    """8.69 and 30.37 end at the same place; each has a mark, and its number."""
    cuts = """(traits) => JSON.stringify(forecast_bench_picture.board(
        it.derive({ ...traits, committed: true, ui: {}, ghost: null }), 300)).split("rk-broken").length - 1"""
    assert asked(cuts, plain(ForecastBench(series="temperature").traits_for_page())) == 0
    assert asked(cuts, plain(ForecastBench(series="walk").traits_for_page())) > 0


def test_presets_show_what_they_are_called(presets):
    board = {name: {who: one["mae"] for who, one in s["board"].items()} for name, s in presets.items()}
    assert list(presets) == ["A day late", "A week ahead", "Ridership", "A walk", "A leak", "A walk, foretold"]
    assert presets["A day late"]["slid"]["yours"] == 0
    assert board["A day late"]["network"] < board["A day late"]["last"]
    assert board["A week ahead"]["last"] > 1.4 * board["A day late"]["last"]
    assert board["Ridership"]["yours"] == board["Ridership"]["week"] < board["Ridership"]["last"] / 1.5
    assert abs(board["A walk"]["network"] / board["A walk"]["last"] - 1) < 0.05
    walk = np.array(presets["A walk"]["rows"])
    assert np.abs(walk[:, 2] - walk[:, 1]).mean() < 0.4 * np.abs(walk[:, 1] - walk[:, 0]).mean()
    for name in ("A leak", "A walk, foretold"):
        assert board[name]["nearest"] < 0.5 * min(board[name]["ordered"], board[name]["purged"])
        assert board[name]["nearest"] < min(board[name][who] for who in ("network", "regression", "last", "damped"))
    tomorrow = derived(ForecastBench(**{**presets["A leak"]["traits"], "horizon": 1}))["board"]
    assert board["A leak"]["nearest"] < 1.1 * tomorrow["network"]["mae"]


def test_the_default_is_a_question_that_the_eye_gets_wrong():
    """The last value has every height of the series, the network is flatter and nearer."""
    truth, last, network, _ = ForecastBench().states.T
    assert np.ptp(last) > 0.95 * np.ptp(truth)
    assert np.ptp(network) < 0.95 * np.ptp(last)
    assert mae(network, truth) < mae(last, truth)


CHECK = """(own, more) => Array.from({ length: it.challenge.cases }, (_, k) =>
    it.challenge.check({ ...own, ...it.challenge.start, ...more }, k))"""


@pytest.mark.parametrize(
    ("mix", "passes"),
    [([0.3, 0, 0], 6), ([0.2, 0, 0.02], 6), ([1, 0, 0], 0), ([0, 1, 0], 0), ([0, 0, 0], 2)],
)
def test_the_challenge_tells_what_solves_it(mix, passes):
    """In the year before the test, whose stretches are -2, -1 and 0."""
    own = plain(ForecastBench(committed=True).traits_for_page())
    faults = asked(CHECK, own, {"mix": mix})
    for k, (naive, stretch) in enumerate((naive, stretch) for naive in ("last", "season") for stretch in (-2, -1, 0)):
        errors = ForecastBench(mix=mix, stretch=stretch, horizon=2).errors
        want = 0.98 * errors[naive][0]
        assert (faults[k] is None) == (errors["yours"][0] < want)
    assert sum(fault is None for fault in faults) == passes
