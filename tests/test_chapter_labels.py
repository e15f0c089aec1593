"""What the page of labels says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, executed

from rnnkit.records import comparisons, labels

pytestmark = pytest.mark.slow  # the pages are executed
PAGE = ROOT / "chapters" / "applications" / "labels.md"
RECORD = labels()
DIGITS, REVIEWS, TAGS = (RECORD[name] for name in ("digits", "reviews", "tags"))


@pytest.fixture(scope="module")
def page():
    return executed(PAGE)


def said(page, words):
    """Whether the page says this, however its lines are broken."""
    return words in " ".join(page.prose.split())


def test_it_opens_with_a_digit_and_gives_nothing_away(page):
    head = PAGE.read_text("utf-8").partition("# A label for a sequence")[2].partition("```")[0]
    assert len(head.split()) < 80
    assert "$" not in head
    assert head.count("?") == 1


def test_the_shown_digits_are_of_the_test_and_change_their_answer(page):
    names = page.names
    for one in names["shown"].values():
        answers = np.argmax(one["probabilities"], 1)
        assert one["row"] in names["test"]
        assert answers[-1] == names["targets"][one["row"]]
        assert (np.diff(answers) != 0).sum() >= 2


def test_the_pages_split_is_the_records(page):
    assert [len(part) for part in page.names["parts"].values()] == DIGITS["sizes"]
    assert "expected parts that share nothing" in page.printed  # the planted leak


def test_the_pages_run_is_like_the_recorded_ones(page):
    (run,) = re.findall(r"this run, seed 0 +([\d.]+)", page.printed)
    assert min(DIGITS["accuracy"]) - 0.03 < float(run) < max(DIGITS["accuracy"]) + 0.03
    near = (page.names["by_near"] == page.names["targets"][page.names["test"]]).mean()
    assert near == pytest.approx(DIGITS["nearest"], abs=1e-9)


def test_the_counts_of_the_page_are_the_recorded_ones(page):
    names = page.names
    right = ((names["counted"] > 0.5) == names["second"].targets[names["kept"]]).mean()
    assert right == pytest.approx(REVIEWS["counts"], abs=0.01)
    assert len(names["shared"]) == REVIEWS["shared"]
    assert len(names["kept"]) == REVIEWS["sizes"][2]


def test_what_is_said_of_digits(page):
    assert said(page, "Two hundred thousand weights")
    assert DIGITS["weights"] == pytest.approx(200_000, rel=0.05)
    ours, beside = np.array(DIGITS["accuracy"]), DIGITS["nearest"]
    assert said(page, "are no better than a comparison with each known digit")
    assert next(row for row in comparisons() if "digit" in row.task).verdict != "wins"
    assert said(page, "from seed to seed they differ by more than that")
    assert np.ptp(ours) > abs(ours.mean() - beside)
    lot = DIGITS["by_lot"]
    assert np.mean(lot["accuracy"]) - ours.mean() > 0.02  # what a split by lot flatters
    assert lot["nearest"] - beside > 0.01


def test_shuffled_columns_change_no_distance(page):
    (before,) = re.findall(r"nearest neighbour ([\d.]+)", page.printed)
    (after,) = re.findall(r"columns shuffled ([\d.]+)", page.printed)
    assert before == after


def test_what_is_said_of_reviews(page):
    mean = {kind: np.mean(seeds) for kind, seeds in REVIEWS["accuracy"].items()}
    assert said(page, "does what one does who reads nothing")
    assert abs(mean["unmasked"] - REVIEWS["five_stars"]) < 0.01
    assert said(page, "The mean of all states asks less of the memory, and does better. Four times the units do worse")
    assert mean["unmasked"] < mean["source"] < mean["small"] < mean["mean"] < REVIEWS["counts"]
    assert said(page, "And none of them gets to the counts.")
    assert max(max(seeds) for seeds in REVIEWS["accuracy"].values()) < REVIEWS["counts"]
    assert said(page, "Some three thousand reviews")
    assert 3000 < REVIEWS["sizes"][0] < 3500
    assert REVIEWS["best"] == "mean"
    assert "two in three" in PAGE.read_text("utf-8")
    assert REVIEWS["five_stars"] == pytest.approx(2 / 3, abs=0.02)


def test_what_is_said_of_tags(page):
    f1 = {way: np.mean(seeds) for way, seeds in TAGS["f1"].items()}
    assert f1["both ways"] > 0.9 > 0.75 > min(f1["forwards"], f1["backwards"]) > f1["wide window"] > f1["window"]
    right = {way: np.mean(seeds) for way, seeds in TAGS["tags_right"].items()}
    assert said(page, "Of its labels 95 in 100 are right, more than with either direction alone.")
    assert right["wide window"] == pytest.approx(0.95, abs=0.01)
    assert right["wide window"] > max(right["forwards"], right["backwards"])
    assert said(page, "four in ten are wrong, more than with these")
    assert f1["wide window"] == pytest.approx(0.6, abs=0.03)
    kinds = {way: {kind: np.mean(f) for kind, f in of.items()} for way, of in TAGS["by_kind"].items()}
    assert said(page, "From left to right no argument is found at all, and few calls are.")
    assert kinds["forwards"]["argument"] == 0
    assert kinds["forwards"]["call"] < 0.4
    assert said(page, "From right to left most comments are lost.")
    assert kinds["backwards"]["comment"] < 0.3
    assert said(page, "is better than either at keywords")
    assert kinds["wide window"]["keyword"] > max(kinds[way]["keyword"] for way in ("forwards", "backwards"))
    assert kinds["wide window"]["comment"] < 0.2
    assert min(kinds["both ways"].values()) > 0.85  # "near 1 in all of them"
    assert said(page, "half a million characters")
    assert TAGS["characters"][0] == pytest.approx(5e5, rel=0.1)
    low, high = min(TAGS["weights"].values()), max(TAGS["weights"].values())
    assert high < 1.05 * low


def test_the_table_of_the_page_has_the_records_verdicts():
    found = [row.verdict for row in comparisons(ROOT / "rnnkit" / "records" / "labels.json")]
    assert found == ["undecided", "loses", "wins", "wins"]


def test_what_is_said_of_probabilities(page):
    of = REVIEWS["reliability"]["LSTM"]
    (right,) = [r for s, r in zip(of["said"], of["right"], strict=True) if 0.8 < s < 0.9]
    assert said(page, "of the answers on reviews with 0.85 four in five are right")
    assert right == pytest.approx(0.8, abs=0.02)
    assert np.mean(of["error"]) > 3 * np.mean(REVIEWS["reliability"]["counts"]["error"])
    assert said(page, "The counts may be believed to a hundredth.")
    assert np.mean(REVIEWS["reliability"]["counts"]["error"]) == pytest.approx(0.01, abs=0.004)
    assert said(page, "The two networks that do not win also say too much")
    for found in (DIGITS["reliability"], of):
        assert np.average(np.subtract(found["right"], found["said"]), weights=found["counts"]) < -0.01
    tags = TAGS["reliability"]["both ways"]
    less = np.average(np.subtract(tags["right"], tags["said"]), weights=tags["counts"])
    assert said(page, "The tagger says a bit less than it could.")
    assert 0 < less < 0.01
