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
    head = PAGE.read_text("utf-8").partition("# What comes next in numbers")[2].partition("## What decides")[0]
    prose = re.sub(r"```.*?```", "", head, flags=re.S)
    assert "ForecastBench()" in head
    assert prose.rstrip().endswith("?")
    assert len(prose.split()) < 50
    assert not re.search(r"\$|late|shift|yesterday", prose)


def test_naive_forecasts_are_worth_what_is_said(names):
    naive = names["naive"]
    assert naive["temperature", 7]["last"] > 5
    assert naive["temperature", 7]["season"] < 4
    assert naive["ridership", 1]["last"] > 3 * naive["ridership", 1]["week"]
    assert naive["ridership", 1]["weekdays"] < 0.75 * naive["ridership", 1]["week"]
    assert naive["ridership", 1]["season"] > 2 * naive["ridership", 1]["week"]
    assert all(min(naive[name, k], key=naive[name, k].get) == "damped" for name, k in (("temperature", 1), ("walk", 7)))
    assert names["scores"][1] < 0.4 < 1 < names["scores"][7]
    left = names["series"]["temperature"].left
    assert left[0] > 0.7 > left[1] > left[2] > 0.2 > left[6]
    assert all(min(naive["ridership", k], key=naive["ridership", k].get) == "weekdays" for k in (1, 7))


def test_every_benchmark_of_the_table_is_in_the_record(names, page):
    text = PAGE.read_text("utf-8")
    for free in names["NAIVE"]:
        assert f"**{free}**" in text
        assert all(free in names["RECORD"].of(*place) for place in names["shares"])


def test_the_network_is_nearer_than_the_best_naive_forecast_in_no_place_of_six(names, page):
    shares, record = names["shares"], names["RECORD"]
    mean = {place: {model: np.mean(found) for model, found in models.items()} for place, models in shares.items()}
    real = [place for place in shares if place[0] != "walk"]
    assert min(real, key=lambda place: mean[place]["GRU"]) == ("ridership", 1), "its best place"
    beside = {place: names["BESIDE"][place][2:] for place in real}
    assert beside["ridership", 14][0] > 0, "it loses there"
    assert beside["ridership", 14][0] < 0.01, "by a narrow margin"
    assert -0.01 < beside.pop(("temperature", 1))[1] < 0, "it wins there, as narrowly"
    assert mean["temperature", 1]["GRU"] == pytest.approx(0.98, abs=0.005), "by two hundredths"
    assert beside.pop(("ridership", 14))[0] > 0
    assert all(low < 0 < high for low, high in beside.values())
    weekly = record.of("ridership", 1)["last week"][0].mae
    assert np.mean([row.mae for row in record.of("ridership", 1)["GRU"]]) / weekly == pytest.approx(2 / 3, abs=0.02)
    assert all(names["rival"]("ridership", k) == "damped week" for k in (1, 7, 14))
    for k in (1, 7, 14):
        assert max(abs(value - 1) for value in mean["temperature", k].values()) < 0.055, "within a few hundredths"
        assert min(mean["walk", k].values()) > 0.95
    assert max(shares["walk", 14]["boosted trees"]) < 1, "the luck that the caption speaks of"
    assert names["rival"]("temperature", 14) == "season's mean"
    counted = r"than the last value: 6\nthan last week's value: 6\nthan the best naive one: 0 of 6"
    assert re.search(counted, page.printed)
    seconds = record.about["cpu_seconds"]
    assert seconds["boosted trees"] < len(shares) * 5 * 1.5, "each of them in a second"
    assert all(len(record.of(*place)[model]) == 5 for place in shares for model in ("GRU", "boosted trees"))


def test_two_rows_tie_and_four_are_undecided(names):
    ends = [row.verdict for row in names["ROWS"]]
    assert (ends.count("ties"), ends.count("undecided"), len(ends)) == (2, 4, 6)
    tied = {row.task for row in names["ROWS"] if row.verdict == "ties"}
    assert tied == {"temperature, a day ahead", "temperature, 14 days ahead"}
    (tomorrow,) = [row for row in names["ROWS"] if row.task == "ridership, a day ahead"]
    assert tomorrow.baseline == "boosted trees"
    assert max(-tomorrow.difference[1], tomorrow.difference[2]) > tomorrow.margin, "too wide for a tie"


def test_only_a_copy_slides_back_to_nothing(names):
    for name, (in_place, late) in ((key, value) for key, value in names["slid"].items()):
        assert late == 0 if name[1] == "last value" else 0 < late < in_place


def test_the_skill_is_what_is_said(names):
    skill = names["skill"]
    level, change, _, saved = skill["walk", 7]
    assert 0.85 < level < 0.95
    assert change < 0
    assert abs(saved) < 0.03
    _, change, its, saved = skill["temperature", 7]
    assert 0.4 < change < 0.5
    assert change == pytest.approx(its, abs=0.03)
    assert abs(saved) < 0.03
    _, change, its, saved = skill["ridership", 1]
    assert 0.88 < its < change < 0.93, "nine tenths of the change, and the damped week nearly as much"
    assert change - its < 0.03
    assert max(one[3] for one in skill.values()) == saved


def test_a_price_is_explained_and_its_change_is_not(names):
    assert f"{names['level']:.2f}" == "0.96"
    assert names["moves"] < 0
    assert 1 < names["ratio"] < 1.05


def test_a_shuffle_flatters_as_is_said(names):
    leaks = names["leaks"]
    for name in ("temperature", "walk"):
        near = [leaks[name, "nearest windows", k] for k in (1, 7, 14)]
        assert 1 < near[2].shuffled / near[0].shuffled < 1.12, "nearly as well in two weeks as tomorrow"
        assert all(row.shuffled < 0.6 * row.purged for row in near)
    assert all(
        leaks["walk", "nearest windows", k].purged < 0.5 * leaks["walk", "nearest windows", k].ordered for k in (1, 14)
    )
    assert leaks["walk", "nearest windows", 14].shuffled < 0.5 * names["RECORD"].of("walk", 14)["last value"][0].mae
    for name in ("temperature", "walk"):
        trees = [leaks[name, "boosted trees", k] for k in (1, 14)]
        assert 1 - trees[1].shuffled / trees[1].purged == pytest.approx(0.1, abs=0.015)
        assert 1 - trees[0].shuffled / trees[0].purged < 0.01
        assert all(abs(row.purged / row.ordered - 1) < 0.06 for row in trees)
    riders = [leaks["ridership", "nearest windows", k] for k in (1, 14)]
    assert 1 - riders[0].shuffled / riders[0].purged == pytest.approx(1 / 12, abs=0.01), "a twelfth off"
    assert 1 < riders[1].shuffled / riders[1].purged < 1.1, "and in two weeks some more"


def test_intervals_cover_on_the_whole_and_not_in_each_season(names):
    record, covered = names["RECORD"], names["covered"]
    rows = [row for row in record.rows if row.horizon == 7 and row.series != "walk"]
    assert 0.7 < np.mean([row.cover for row in rows]) < 0.85
    assert covered[1][0] < 0.8 < covered[3][1], "winter, and all of the range in summer"
    assert covered[1][1] < 0.8 < covered[1][2], "one winter"
    four = {
        model: np.mean([(row.mae, row.score) for row in record.of("temperature", 7)[model]], 0)
        for model in ("damped season", "regression", "boosted trees", "GRU")
    }
    assert min(four, key=lambda model: four[model][0]) == max(four, key=lambda model: four[model][1]) == "damped season"


def test_holidays_are_rare_and_surprise(names):
    rare, areas = names["rare"], names["areas"]
    assert rare.sum() == 10
    assert f"{100 * (1 - rare.mean()):.0f}" == "97"
    assert f"{rare.mean():.2f}" == "0.03"
    assert areas["GRU"][0] > areas["damped week"][0] > 0.8
    _, low, high = areas["damped week"]
    assert low < 0 < high, "on the same draws"
    assert areas["the day alone"][1] > 0, "the network is better than that"
    assert areas["the day alone"][0] < 0.3


def test_the_worst_days_are_those_that_are_named(page):
    worst = re.findall(r"^(\w{3}) (\d+) (\w{3}) 201\d: said", page.printed, re.M)
    assert len(worst) == 6
    assert worst[0] == ("Thu", "26", "Nov")
    assert ("Mon", "04", "Jul") in worst
    assert ("Thu", "24", "Dec") in worst
    rare, wrong = page.names["rare"], page.names["wrong"]
    assert rare[wrong].sum() == 5
    assert 0.27 < page.names["share"] < 1 / 3, "nearly a third"
    assert page.names["third"] == pytest.approx(page.names["network"], abs=0.03)


def test_ten_known_dates_outweigh_the_choice_of_the_model(names):
    told = names["told"]
    for k in (1, 7, 14):
        (without, known), (its, its_told) = told["week", k], told["GRU", k]
        assert min(without - known, its - its_told) > abs(without - its), k
        assert 1 - known / its > (0.25 if k > 1 else 0.1), "a fourth and more"
    rare, days = names["rare"], names["days"]
    one = bench.load()["ridership"]
    assert all(names["sunday"][days - (one.first + days + 4) % 7]), "1970-01-01 was a Thursday"
    assert rare.sum() == 10


def test_links_lead_to_what_is_said():
    seen = {words: ForecastBench(**values) for words, _, values in links(PAGE)}
    assert len(seen) == 4
    walk = next(one for one in seen.values() if one.series == "walk")
    assert np.abs(walk.states[:, 2] - walk.states[:, 1]).mean() < 0.4 * np.abs(np.diff(walk.states[:, 0])).mean()
    leak = next(one for one in seen.values() if one.split == "shuffled")
    origin = bench.YEAR + bench.STRETCH * (leak.stretch - 1) + leak.step
    ends = bench.neighbours(bench.load()["temperature"], np.array([origin]), "shuffled")[0]
    assert sorted(ends - origin) == [-1, 1]
    far = next(one for one in seen.values() if one.horizon == 14 and one.split == "ordered").errors
    assert far["network"][1] > 1.6
    assert all(far["network"][0] <= far[free][0] for free in ("last", "week", "season", "damped", "weekdays"))
    near = next(one for one in seen.values() if one.horizon == 1 and one.series == "temperature").errors
    assert near["last"][1] < 0.8
