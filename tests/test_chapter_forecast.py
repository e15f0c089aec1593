"""What the page on forecasts claims, held against what its cells compute and what the record holds."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said
from test_chapters import links

from rnnkit.explorers import ForecastBench
from rnnkit.explorers.forecast_bench import bench
from rnnkit.records import MARGIN, ending

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "forecast.md"


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


def test_the_trees_are_nearest_on_the_riders_and_the_walk_is_luck(names):
    shares, record = names["shares"], names["RECORD"]
    mean = {place: {model: np.mean(found) for model, found in models.items()} for place, models in shares.items()}
    for k in (1, 7, 14):
        riders = mean["ridership", k]
        assert min(riders, key=riders.get) == "boosted trees"
        assert riders["GRU from the median"] < riders["GRU"]
        assert all(abs(mean["temperature", k][m] - 1) < 0.03 for m in ("seven lags", "trees, season's mean"))
        assert max(shares["ridership", k]["boosted trees"]) < min(shares["ridership", k]["GRU"])
        assert riders["regression"] > 1.05, "a weak rival"
        assert names["rival"]("ridership", k) == "damped week"
        assert min(mean["walk", k].values()) > 0.99
        assert all(abs(mean["temperature", k][model] - 1) < 0.06 for model in ("GRU", "regression"))
    assert all(len(record.of(*place)[model]) == 5 for place in shares for model in ("GRU", "boosted trees"))


def test_the_network_from_the_median_beats_the_damped_week_and_loses_to_the_trees(names, page):
    beside, text = names["BESIDE"], PAGE.read_text("utf-8")
    for k in (1, 7, 14):
        own = {free: beside["ridership", k, "GRU from the median", free] for free in names["NAIVE"]}
        assert own["damped week"][2] < 0
        _, low, high = beside["ridership", k, "GRU from the median", "Holt–Winters"]
        assert low < 0 < high
        assert beside["ridership", k, "GRU from the median", "boosted trees"][1] > 0
        assert beside["temperature", k, "GRU", "boosted trees"][2] < 0
        assert beside["temperature", k, "GRU", "Holt–Winters"][2] < 0
        _, low, high = beside["temperature", k, "GRU", "trees, season's mean"]
        assert low < 0 < high
    lost = {
        (k, m): f"{beside['ridership', k, m, 'boosted trees'][0]:.2f}"
        for k in (1, 7, 14)
        for m in ("GRU", "GRU from the median")
    }
    old, new = "GRU", "GRU from the median"
    assert (
        f"falls from {lost[7, old]} to {lost[7, new]} in a week and from {lost[14, old]} to {lost[14, new]} in two"
        in text
    )
    assert lost[1, old] == lost[1, new] == "0.11"


def test_the_first_year_chooses_the_network_from_the_median(names):
    first = {
        model: sum(np.mean([row.first for row in names["RECORD"].of("ridership", k)[model]]) for k in (1, 7, 14))
        for model in ("GRU", "GRU from the median")
    }
    assert first["GRU from the median"] < first["GRU"]
    assert {row.network for row in names["ROWS"] if row.group == "riders of a station"} == {"GRU from the median"}


def test_without_the_added_models_each_row_ends_as_it_does(names, page):
    """The plain network beside the nearest of the others, as the counted rows are made."""
    assert said(page, "Without the four, each row of the last table ends as it does now.")
    record, added = names["RECORD"], {*names["ADDED"], "Holt–Winters"}
    assert len(added) == 4
    ends = [row.verdict for row in names["ROWS"]]
    for verdict, (name, k) in zip(ends, [p for p in names["PLACES"] if p[0] != "walk"], strict=True):
        means = {m: np.mean([names["both"](row) for row in rows]) for m, rows in record.of(name, k).items()}
        old = {m: error for m, error in means.items() if m not in added | {"GRU"}}
        rival = min(old, key=old.get)
        apart = names["BESIDE"][name, k, "GRU", rival]
        assert ending(apart, MARGIN * old[rival], "lower") == verdict, (name, k)


def test_the_verdicts_are_those_of_the_page(names):
    """And no stronger rival is left out of them."""
    ends = {row.task: row.verdict for row in names["ROWS"]}
    assert [ends[f"ridership, {k} ahead"] for k in ("a day", "7 days", "14 days")] == ["loses"] * 3
    assert [ends[f"temperature, {k} ahead"] for k in ("a day", "7 days", "14 days")] == ["ties", "undecided", "ties"]
    assert names["BESIDE"]["walk", 1, "GRU", "Holt–Winters"][2] < 0, "a win where nothing is to be won"
    first = {m: np.mean([row.first for row in rows]) for m, rows in names["RECORD"].of("walk", 1).items() if m != "GRU"}
    assert min(first, key=first.get) == "Holt–Winters"
    damped = [names["BESIDE"]["temperature", k, "GRU", "damped season"] for k in (1, 7, 14)]
    assert all(low < 0 < high for _, low, high in damped)
    for row in names["ROWS"]:
        name, k = row.task.split(",")[0], next(k for k in (14, 7, 1) if f"{k} days" in row.task or k == 1)
        own = {free: apart for (n, h, m, free), apart in names["BESIDE"].items() if (n, h, m) == (name, k, row.network)}
        lost = [free for free, apart in own.items() if apart[1] > 0]
        assert not lost or row.verdict == "loses", (row.task, lost)


def test_only_a_copy_slides_back_to_nothing(names):
    better = []
    for (name, k, who), (in_place, late) in names["slid"].items():
        assert (late == 0) == (who == "last value")
        better += [(name, k)] if 0 < late < in_place else []
    assert better == [("temperature", 1), ("ridership", 7), ("walk", 1)]


def test_the_skill_is_what_is_said(names):
    skill, record = names["skill"], names["RECORD"]
    assert all(abs(skill[name, k]) < 0.03 for name in ("temperature", "walk") for k in (1, 7))
    assert max(skill, key=skill.get) == ("ridership", 1)
    assert f"{100 * skill['ridership', 1]:.0f}" == "5"
    of = record.of("ridership", 1)
    trees, free = (np.mean([row.mae for row in of[model]]) for model in ("boosted trees", "damped week"))
    assert 1 - trees / free > skill["ridership", 1]


def test_a_price_is_explained_and_its_change_is_not(names):
    assert f"{names['level']:.2f}" == "0.96"
    assert names["moves"] < 0
    assert 1 < names["ratio"] < 1.05
    assert (names["found"][:, 2] < 1).mean() == pytest.approx(0.15, abs=0.005)


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


def test_the_bars_of_the_splits_are_those_of_the_record(names):
    score, leaks = names["score"], names["leaks"]
    last = names["RECORD"].of("walk", 14)["last value"][0].mae
    assert score("walk", "nearest windows", "shuffled") == leaks["walk", "nearest windows", 14].shuffled / last
    assert score("walk", "nearest windows", "shuffled") < 0.25 < 1 < score("walk", "nearest windows", "purged")
    assert score("walk", "nearest windows", "in time") > 5
    assert abs(score("walk", "boosted trees", "in time") - 1) < 0.01, "honest trees are as near as the last value"


def test_a_third_of_the_last_value_is_as_near_as_the_network(names):
    assert names["third"] == pytest.approx(names["network"], abs=0.03)


def test_the_mixes_of_the_first_exercise_are_those_of_the_three_stretches():
    one, shares = bench.load()["temperature"], np.arange(101) / 100
    good = np.full(101, True)
    for stretch in (-2, -1, 0):
        days = bench.YEAR + bench.STRETCH * (stretch - 1) + np.arange(bench.STRETCH)
        errors = np.array([np.abs(bench.mixed(one, days - 2, 2, [a, 0, 0]) - one.y[days]).mean() for a in shares])
        good &= errors < 0.98 * min(errors[0], errors[-1])
    found = shares[good]
    assert np.ptp(np.flatnonzero(good)) + 1 == good.sum(), "no gap"
    assert f"From {found[0]:.2f} to {found[-1]:.2f} of the last value." in PAGE.read_text("utf-8")
    assert bench.STRETCH == 91


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
