"""What the page on intervals claims, held against what its cells compute and what the record holds."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "intervals.md"


def test_it_opens_with_a_band_and_a_question():
    head = PAGE.read_text("utf-8").partition("# Prediction intervals and anomalies")[2].partition("## How sure?")[0]
    prose = re.sub(r"```.*?```|^\(.*\)=$", "", head, flags=re.S | re.M)
    assert "Chosen(" in head
    assert prose.rstrip().endswith("?")
    assert prose.count(".") + prose.count("?") <= 5
    assert not re.search(r"\$|winter|summer|quantile|narrow than|%", prose)


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
