"""What the page of labels for sequences says, held against its cells and its record."""

import re
from itertools import pairwise

import numpy as np
import pytest
from book_pages import ROOT, said

from rnnkit.records import comparisons, labels

pytestmark = pytest.mark.slow  # the pages are executed
PAGE = ROOT / "chapters" / "applications" / "labels.md"
RECORD = labels()
DIGITS, REVIEWS = (RECORD[name] for name in ("digits", "reviews"))
FOLDS, CURVES = (RECORD["again"][name] for name in ("digits", "reviews"))


def test_it_opens_with_a_digit_and_gives_nothing_away(page):
    head = PAGE.read_text("utf-8").partition("# Sequence classification")[2].partition("```")[0]
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
    (run,) = re.findall(r"this network +([\d.]+)", page.printed)
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
    assert said(page, "all 14 sheets take their turn, two at a time")
    assert {len(each) for each in FOLDS["by_sheet"].values()} == {14}
    assert said(page, "The network has fewer digits right than either rival, and each interval is below 0 as a whole.")
    assert max(high for _, _, high in FOLDS["less"].values()) < 0
    assert said(page, "The *fold* of two sheets is the unit of the comparison")
    for name, (_, low, high) in FOLDS["less"].items():
        apart = np.subtract(FOLDS["by_sheet"]["LSTM"], FOLDS["by_sheet"][name]).reshape(7, 2).mean(1)
        half = 2.447 * apart.std(ddof=1) / np.sqrt(7)  # t of 6 degrees of freedom
        assert (low, high) == pytest.approx((apart.mean() - half, apart.mean() + half), abs=2e-4)
    assert said(page, "By its seed alone one of the five others has 88 % right and another 96, as the neighbours have.")
    ends = min(DIGITS["accuracy"]), max(DIGITS["accuracy"]), DIGITS["nearest"]
    assert [round(100 * share) for share in ends] == [88, 96, 96]
    for name, lot in FOLDS["by_lot"].items():  # what a random split flatters
        assert np.mean(lot) - np.mean(FOLDS["by_sheet"][name]) > 0.01
    assert np.mean(DIGITS["by_lot"]["accuracy"]) - np.mean(FOLDS["by_sheet"]["LSTM"]) > 0.02


def test_shuffled_columns_change_no_distance(page):
    (before,) = re.findall(r"nearest neighbour +([\d.]+)", page.printed)
    (after,) = re.findall(r"columns shuffled ([\d.]+)", page.printed)
    assert before == after


def test_what_is_said_of_reviews(page):
    mean = {kind: np.mean(seeds) for kind, seeds in REVIEWS["accuracy"].items()}
    assert said(page, "the network says what one says who has read nothing: five stars")
    assert abs(mean["unmasked"] - REVIEWS["five_stars"]) < 0.01
    assert said(page, "The mean of all states does better. It was chosen among the four on the validation part.")
    promised = {kind: np.mean(shares) for kind, shares in REVIEWS["promised"].items()}
    assert max(promised, key=promised.get) == "mean"
    assert mean["unmasked"] < mean["source"] < mean["small"] < mean["mean"] < REVIEWS["counts"]
    assert said(page, "do not do better; whether they do worse is undecided after three seeds")
    apart = np.subtract(*(REVIEWS["accuracy"][kind] for kind in ("small", "source")))
    assert 0 < apart.mean() < 4.3 * apart.std(ddof=1) / np.sqrt(3)
    assert said(page, "And none of the networks gets to the counts")
    assert max(max(seeds) for seeds in REVIEWS["accuracy"].values()) < REVIEWS["counts"]
    assert said(page, "The pairs are their lead: counts of words alone have about as many right as the control.")
    alone, pairs = (
        float(re.search(rf"counts of {of}, test: ([\d.]+)", page.printed)[1]) for of in ("words", "words and pairs")
    )
    vectors = [one["accuracy"] for one in CURVES["curve"]["mean of vectors"]["3200"]]
    assert abs(alone - np.mean(vectors)) < 0.01 < 0.02 < pairs - alone
    assert REVIEWS["best"] == "mean"
    assert "two in three" in PAGE.read_text("utf-8")
    assert REVIEWS["five_stars"] == pytest.approx(2 / 3, abs=0.02)


def test_what_the_control_and_the_curve_say(page):
    curve = {name: {int(n): of for n, of in sizes.items()} for name, sizes in CURVES["curve"].items()}
    means = {name: {n: np.mean([one["accuracy"] for one in of[n]]) for n in sorted(of)} for name, of in curve.items()}
    assert said(page, "it has at least as many right as the mean of the states")
    assert means["mean of vectors"][3200] > means["mean of states"][3200] - 0.005
    assert said(page, "All three still rise")
    assert all((np.diff(list(of.values())) > 0).all() for of in means.values())
    assert said(page, "it is little better than always saying five stars")
    assert means["mean of states"][800] < REVIEWS["five_stars"] + 0.03
    assert said(page, "its distance to the counts is a little over half of what it was")
    early, late = (means["counts"][n] - means["mean of states"][n] for n in (800, 3200))
    assert 0.5 < late / early < 0.65
    auc, loss = ({name: [one[k] for one in of[3200]] for name, of in curve.items()} for k in ("auc", "log loss"))
    assert said(page, "The order is the same.")
    names = ["counts", "mean of vectors", "mean of states"]
    for better, worse in pairwise(names):  # in every seed
        assert min(auc[better]) > max(auc[worse])
        assert max(loss[better]) < min(loss[worse])
    assert "five stars: 0." in page.printed


def test_the_table_of_the_page_has_the_records_verdicts(page):
    assert said(page, "Both rows are lost.")
    assert page.names["ROWS"] == comparisons(ROOT / "rnnkit" / "records" / "labels.json")[:2]
    assert [row.verdict for row in page.names["ROWS"]] == ["loses", "loses"]
    assert all(np.mean(row.ours) < np.mean(row.theirs) for row in page.names["ROWS"])
    assert said(page, "Neighbours and counts of words have more right than the networks here.")
