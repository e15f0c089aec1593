"""What the page on forecasts claims, held against what its cells compute and what the record holds."""

import re

import numpy as np
import pytest
from book_pages import ROOT, executed
from test_chapters import links

from rnnkit.explorers import ForecastBench
from rnnkit.explorers.forecast_bench import bench

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "forecast.md"


@pytest.fixture(scope="module")
def page():
    return executed(PAGE)


@pytest.fixture(scope="module")
def names(page):
    return page.names


def test_it_opens_with_the_bench_and_a_question():
    head = PAGE.read_text("utf-8").partition("# What comes next in numbers")[2].partition("## What a forecast")[0]
    prose = re.sub(r"```.*?```", "", head, flags=re.S)
    assert "ForecastBench()" in head
    assert prose.rstrip().endswith("?")
    assert len(prose.split()) < 50
    assert not re.search(r"\$|late|shift|yesterday", prose)


def test_naive_forecasts_are_worth_what_is_said(names):
    naive = names["naive"]
    assert f"{naive['temperature'][0]:.1f}" == "2.7"
    assert naive["ridership"][0] > 3 * naive["ridership"][1]
    assert all(naive[name][0] < naive[name][1] for name in ("temperature", "walk"))
    assert names["scores"][1] < 0.4 < 0.9 < names["scores"][7]


def test_the_network_beats_what_is_free_and_not_the_best_of_the_others(names):
    shares, record = names["shares"], names["RECORD"]
    for (name, h), models in shares.items():
        mean = {model: np.mean(found) for model, found in models.items()}
        if name == "walk":
            assert min(mean.values()) > 0.98
        else:
            assert mean["GRU"] < 0.95
        assert mean["GRU"] > 0.95 * min(mean.values()), (name, h)
    places = [record.of(*place) for place in shares]
    won = [np.mean([row.mae for row in models["GRU"]]) < models["last value"][0].mae for models in places]
    assert sum(won) == 7
    assert all(row["difference"][1] <= 0 <= row["difference"][2] for row in record.about["rows"]), "nine ties"
    assert len(record.about["rows"]) == 9
    seconds = record.about["cpu_seconds"]
    assert seconds["ridge"] < 0.01 * seconds["GRU"]
    assert seconds["boosted trees"] < len(shares) * 3, "each of them in a second"
    assert all(len(record.of(*place)[model]) == 3 for place in shares for model in ("GRU", "boosted trees"))


def test_a_price_is_explained_and_its_change_is_not(names):
    assert f"{names['level']:.2f}" == "0.96"
    assert names["moves"] < 0
    assert 1 < names["ratio"] < 1.05


def test_a_shuffle_flatters_as_is_said(names):
    leaks = names["leaks"]
    for name in ("temperature", "walk"):
        near = [leaks[name, "nearest windows", h] for h in (1, 7, 14)]
        assert near[2].shuffled < 1.2 * near[0].shuffled, "as well in two weeks as tomorrow"
        assert all(row.shuffled < 0.65 * row.ordered for row in near)
    assert leaks["walk", "nearest windows", 7].shuffled < 0.5 * names["RECORD"].of("walk", 7)["last value"][0].mae
    trees = [leaks["walk", "boosted trees", h] for h in (1, 7, 14)]
    flattered = [1 - row.shuffled / row.ordered for row in trees]
    assert flattered == sorted(flattered)
    assert flattered[-1] == pytest.approx(0.2, abs=0.02)
    riders = [leaks["ridership", "nearest windows", h] for h in (1, 7, 14)]
    assert all(row.shuffled > 0.85 * row.ordered for row in riders)


def test_intervals_cover_on_the_whole_and_not_in_each_season(names):
    record, covered = names["RECORD"], names["covered"]
    rows = [row for row in record.rows if row.horizon == 7]
    assert 0.7 < np.mean([row.cover for row in rows]) < 0.85
    assert max(covered) - min(covered) > 0.15
    assert covered[1] < 0.8 < covered[3], "winter and summer"
    for name in ("temperature", "ridership"):
        width = {model: np.mean([row.width for row in found]) for model, found in record.of(name, 7).items()}
        assert width["GRU"] < width["last value"]


def test_holidays_are_rare_and_surprise(names):
    rare, areas = names["rare"], names["areas"]
    assert rare.sum() == 6
    assert f"{100 * (1 - rare.mean()):.0f}" == "98"
    assert f"{rare.mean():.2f}" == "0.02"
    assert areas["GRU"] > 0.9
    assert areas["the day alone"] < 0.5


def test_the_worst_days_are_those_that_are_named(page):
    worst = re.findall(r"^(\w{3}) (\d+) (\w{3}) 201\d: said", page.printed, re.M)
    assert len(worst) == 6
    assert worst[0] == ("Thu", "26", "Nov")
    assert ("Mon", "04", "Jul") in worst
    assert ("Thu", "24", "Dec") in worst
    rare, wrong = page.names["rare"], page.names["wrong"]
    assert rare[wrong].sum() == 5
    assert page.names["share"] > 0.2, "more than a fifth"
    network, trees = (np.mean(page.names["shares"]["ridership", 1][model]) for model in ("GRU", "boosted trees"))
    assert network / trees == pytest.approx(1.02, abs=0.01)


def test_links_lead_to_what_is_said():
    seen = {words: ForecastBench(**values) for words, _, values in links(PAGE)}
    assert len(seen) == 2
    walk = next(one for one in seen.values() if one.series == "walk")
    assert np.abs(walk.states[:, 2] - walk.states[:, 1]).mean() < 0.4 * np.abs(np.diff(walk.states[:, 0])).mean()
    leak = next(one for one in seen.values() if one.split == "shuffled")
    origin = bench.YEAR + bench.STRETCH * (leak.stretch - 1) + leak.step
    ends = bench.neighbours(bench.load()["temperature"], np.array([origin]), "shuffled")[0]
    assert sorted(ends - origin) == [-1, 1]
