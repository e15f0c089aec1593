"""What the page of labels says, held against its cells and its record."""

import re
from itertools import pairwise

import numpy as np
import pytest
from book_pages import ROOT, said

from artefacts.labels import again
from rnnkit.records import comparisons, labels

pytestmark = pytest.mark.slow  # the pages are executed
PAGE = ROOT / "chapters" / "applications" / "labels.md"
RECORD = labels()
DIGITS, REVIEWS, TAGS = (RECORD[name] for name in ("digits", "reviews", "tags"))
FOLDS, CURVES, RIVALS = (RECORD["again"][name] for name in ("digits", "reviews", "tags"))


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
    assert said(page, "Beside the neighbours alone, this one would have won.")
    run, near = (float(re.search(rf"{name} +([\d.]+)", page.printed)[1]) for name in ("this network", "neighbour"))
    assert run > near > np.mean(DIGITS["accuracy"])
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


def test_what_is_said_of_tags(page):
    f1 = {way: np.mean(seeds) for way, seeds in TAGS["f1"].items()}
    assert f1["both ways"] > 0.9 > 0.75 > min(f1["forwards"], f1["backwards"]) > f1["wide window"] > f1["window"]
    right = {way: np.mean(seeds) for way, seeds in TAGS["tags_right"].items()}
    assert right["wide window"] > max(right["forwards"], right["backwards"])
    assert said(page, "the window of 51 has 95 of 100 labels right and an $F_1$ of 0.6")
    assert np.mean(RIVALS["window of 51"]["alone"], 0) == pytest.approx([0.6, 0.95], abs=0.01)
    assert said(page, "the same outputs come to 0.9")
    assert said(page, "Both windows now beat the network that reads from the left, by both measures.")
    several = {name: np.mean(RIVALS[name]["best"], 0) for name in ("both ways", "forwards", *again.WINDOWS)}
    for name in again.WINDOWS:
        assert several[name][0] == pytest.approx(0.9, abs=0.03)
        assert (several[name] > several["forwards"]).all()
        assert 0.28 < (1 - several["both ways"][0]) / (1 - several[name][0]) < 1 / 3
    seeds = [f1 for f1, _ in RIVALS["window of 255"]["alone"]]
    assert said(page, f"its seeds are apart, alone from {min(seeds):.2f} to {max(seeds):.2f}")
    window, network = (RIVALS[f"{name}, trained longer"] for name in ("window of 255", "both ways"))
    assert said(page, "Trained on, for 21 to 25 epochs, it comes to 0.97")
    assert said(page, "Trained on as well, for 18 to 36, the network comes to 0.99")
    assert [sorted(of["epochs"])[::2] for of in (window, network)] == [[21, 25], [18, 36]]
    far, near = (np.mean(of["best"], 0)[0] for of in (window, network))
    assert (f"{far:.2f}", f"{near:.2f}") == ("0.97", "0.99")
    assert said(page, "with about a fifth of the window's loss")
    assert (1 - near) / (1 - far) == pytest.approx(0.2, abs=0.02)
    assert said(page, "that was ahead by 0.06 is ahead by less than 0.01")
    assert several["both ways"][0] - several["window of 255"][0] == pytest.approx(0.06, abs=0.005)
    assert 0 < several["both ways"][0] - far < 0.01
    assert said(page, "from an $F_1$ of 0.68 to one of 0.97")
    assert np.mean(seeds) == pytest.approx(0.68, abs=0.005)
    assert -0.02 < several["window of 255"][0] - several["window of 51"][0] <= 0
    assert said(page, "Each mean is of three seeds.")
    assert {len(RIVALS[name]["best"]) for name in several} == {3}
    assert {len(seeds) for seeds in TAGS["f1"].values()} == {3}
    assert RIVALS["tokenizer"] == [1, 1]
    assert said(page, "The test has 19 packages, and one of them holds six pieces in ten.")
    assert RIVALS["packages"] == 19
    assert RIVALS["largest"][1] == pytest.approx(0.6, abs=0.04)
    assert "kkkkkk " in page.printed  # the reader's own line: return, a keyword
    kinds = {way: {kind: np.mean(f) for kind, f in of.items()} for way, of in TAGS["by_kind"].items()}
    assert said(page, "From left to right no argument is found at all, and few calls are.")
    assert kinds["forwards"]["argument"] == 0
    assert kinds["forwards"]["call"] < 0.4
    assert said(page, "From right to left most comments are lost.")
    assert kinds["backwards"]["comment"] < 0.3
    assert said(page, "looks both ways and is better than either at keywords")
    assert kinds["wide window"]["keyword"] > max(kinds[way]["keyword"] for way in ("forwards", "backwards"))
    assert kinds["wide window"]["comment"] < 0.2
    assert min(kinds["both ways"].values()) > 0.85  # "near 1 in all of them"


def test_what_a_decoded_window_still_misses(page):
    short, long, both = (RIVALS[name]["by_kind"] for name in ("window of 51", "window of 255", "both ways"))
    assert said(page, "Keywords, calls and arguments come back")
    alone = TAGS["by_kind"]["wide window"]
    for kind in ("keyword", "call", "argument"):
        assert min(short[kind]) > max(alone[kind]) + 0.1
        assert min(short[kind]) > 0.93
    assert said(page, "*Comments and strings stay behind*, in each of three seeds of each window")
    for kind in ("comment", "string"):
        assert max(short[kind] + long[kind]) < min(both[kind]) - 0.05
    assert said(
        page, "the wider one has comments at 0.92 and strings at 0.92, where the network, trained on, has 1.00 and 0.98"
    )
    on = [RIVALS[f"{name}, trained longer"]["by_kind"] for name in ("window of 255", "both ways")]
    shown = [f"{np.mean(of[kind]):.2f}" for of in on for kind in ("comment", "string")]
    assert shown == ["0.92", "0.92", "1.00", "0.98"]
    assert all(max(on[0][kind]) < min(on[1][kind]) for kind in ("comment", "string"))
    assert said(page, "Three comments in four are longer than the 25 letters")
    assert RIVALS["longer"]["comment"] == pytest.approx([0.75, 0], abs=0.005)
    assert said(page, "half a million characters")
    assert TAGS["characters"][0] == pytest.approx(5e5, rel=0.1)
    low, high = min(TAGS["weights"].values()), max(TAGS["weights"].values())
    assert high < 1.05 * low


def test_the_table_of_the_page_has_the_records_verdicts(page):
    assert said(page, "One row of three is won")
    rows = comparisons(ROOT / "rnnkit" / "records" / "labels.json")
    assert page.names["ROWS"] == [row for row in rows if not row.apart]
    assert [row.verdict for row in rows] == ["loses", "loses", "wins", "loses", "loses"]


def test_what_is_said_of_probabilities(page):
    of = REVIEWS["reliability"]["LSTM"]
    (right,) = [r for s, r in zip(of["said"], of["right"], strict=True) if 0.8 < s < 0.9]
    assert said(page, "of its answers with 0.85 about four in five are right")
    assert right == pytest.approx(0.8, abs=0.02)
    assert np.mean(of["error"]) > 3 * np.mean(REVIEWS["reliability"]["counts"]["error"])
    counts = REVIEWS["reliability"]["counts"]
    assert said(page, "a single tenth may be further off")
    assert np.abs(np.subtract(counts["said"], counts["right"])).max() > 2 * np.mean(counts["error"])
