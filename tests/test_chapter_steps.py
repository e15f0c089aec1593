"""What the page of labels for every step says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

from artefacts.labels import again
from rnnkit.records import comparisons, labels

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "steps.md"
RECORD = labels()
DIGITS, REVIEWS, TAGS = (RECORD[name] for name in ("digits", "reviews", "tags"))
RIVALS = RECORD["again"]["tags"]


def test_it_opens_with_a_program_that_is_read_and_gives_nothing_away():
    text = PAGE.read_text("utf-8")
    head, _, after = text.partition("# Sequence labelling")[2].partition("```")
    assert "Reading(" in after.partition("```")[0]
    assert head.count(".") + head.count("?") <= 5
    assert head.count("?") == 1
    assert not re.search(r"\$|\d|bracket|comment|def\b|both", head)


def test_each_direction_has_wrong_what_it_has_not_read():
    """Of the program that opens the page: which tokens bear a wrong label, by who read it."""
    text, true = TAGS["example"]["text"], TAGS["example"]["true"]
    wrong = {}
    for way, tags in TAGS["example"]["tags"].items():
        off = [a != b for a, b in zip(tags, true, strict=True)]
        wrong[way] = {m[0] for m in re.finditer(r"\w+", text) if any(off[m.start() : m.end()])}
    assert not wrong["both ways"]
    assert {"print", "end", "index"} <= wrong["forwards"]
    assert "format" in wrong["backwards"] - wrong["forwards"]
    comment = text.index("#")
    assert TAGS["example"]["tags"]["backwards"][comment:] == true[comment:]  # "This comment it guesses"


def test_what_is_said_of_tags(page):
    f1 = {way: np.mean(seeds) for way, seeds in TAGS["f1"].items()}
    assert f1["both ways"] > 0.9 > 0.75 > min(f1["forwards"], f1["backwards"]) > f1["wide window"] > f1["window"]
    right = {way: np.mean(seeds) for way, seeds in TAGS["tags_right"].items()}
    assert right["wide window"] > max(right["forwards"], right["backwards"])
    assert "A window of 51 has 95 of 100 labels right." in PAGE.read_text("utf-8")
    assert np.mean(RIVALS["window of 51"]["alone"], 0) == pytest.approx([0.6, 0.95], abs=0.01)
    assert said(page, "Decoded, it comes to 0.9")
    assert said(page, "both windows beat the network that reads from the left")
    several = {name: np.mean(RIVALS[name]["best"], 0) for name in ("both ways", "forwards", *again.WINDOWS)}
    for name in again.WINDOWS:
        assert several[name][0] == pytest.approx(0.9, abs=0.03)
        assert (several[name] > several["forwards"]).all()
        assert 0.28 < (1 - several["both ways"][0]) / (1 - several[name][0]) < 1 / 3
    seeds = [f1 for f1, _ in RIVALS["window of 255"]["alone"]]
    assert said(page, f"its seeds apart, alone from {min(seeds):.2f} to {max(seeds):.2f}")
    window, network = (RIVALS[f"{name}, trained longer"] for name in ("window of 255", "both ways"))
    assert said(
        page,
        "Trained longer, for 21 to 25 epochs, until six in a row had not bettered the validation part, "
        "it comes to 0.97",
    )
    assert said(page, "Trained longer as well, for 18 to 36, the network comes to 0.99")
    assert [sorted(of["epochs"])[::2] for of in (window, network)] == [[21, 25], [18, 36]]
    far, near = (np.mean(of["best"], 0)[0] for of in (window, network))
    assert (f"{far:.2f}", f"{near:.2f}") == ("0.97", "0.99")
    assert said(page, "lacks about a fifth of what the window lacks")
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
    assert "kkkkkk c aaa n   ####" in page.printed  # the reader's own line: return, a keyword
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
        page,
        "the wider one has comments at 0.92 and strings at 0.92, where the network, trained longer, has 1.00 and 0.98",
    )
    on = [RIVALS[f"{name}, trained longer"]["by_kind"] for name in ("window of 255", "both ways")]
    shown = [f"{np.mean(of[kind]):.2f}" for of in on for kind in ("comment", "string")]
    assert shown == ["0.92", "0.92", "1.00", "0.98"]
    assert all(max(on[0][kind]) < min(on[1][kind]) for kind in ("comment", "string"))
    assert said(page, "Three comments in four are longer than the 25 letters")
    assert RIVALS["longer"]["comment"] == pytest.approx([0.75, 0], abs=0.005)
    assert said(page, "numbers are at 0.87 and 0.86, and none of them is longer than 25 letters")
    assert [f"{np.mean(of['number']):.2f}" for of in (short, long)] == ["0.87", "0.86"]
    assert RIVALS["longer"]["number"][0] == 0
    assert said(page, "half a million characters")
    assert TAGS["characters"][0] == pytest.approx(5e5, rel=0.1)
    low, high = min(TAGS["weights"].values()), max(TAGS["weights"].values())
    assert high < 1.05 * low


def test_the_table_of_the_page_has_the_records_verdicts(page):
    assert said(page, "it wins beside the strongest window. It loses to the rules that made the labels")
    rows = comparisons(ROOT / "rnnkit" / "records" / "labels.json")
    assert page.names["ROWS"] == rows[2:]
    assert [row.verdict for row in rows] == ["loses", "loses", "wins", "loses", "loses"]
    assert [bool(row.apart) for row in rows[2:]] == [False, True, True]


def test_what_is_said_of_probabilities(page):
    of = REVIEWS["reliability"]["LSTM"]
    (right,) = [r for s, r in zip(of["said"], of["right"], strict=True) if 0.8 < s < 0.9]
    assert said(page, "of its answers with 0.85 about four in five are right")
    assert right == pytest.approx(0.8, abs=0.02)
    assert np.mean(of["error"]) > 3 * np.mean(REVIEWS["reliability"]["counts"]["error"])
    tagger = TAGS["reliability"]["both ways"]
    errors = {name: np.mean(found["error"]) for name, found in page.names["CALIBRATED"].items()}
    assert min(errors, key=errors.get) == "tags, both ways"
    (right,) = [r for s, r in zip(tagger["said"], tagger["right"], strict=True) if 0.7 < s < 0.8]
    assert said(page, "of the tagger's answers with 0.75, 83 in 100 are right")
    assert right == pytest.approx(0.83, abs=0.005)
    assert said(page, "nearly all its answers are in the fullest tenth")
    assert tagger["counts"][-1] > 0.97 * sum(tagger["counts"])
    below = slice(-5, -1)  # tenths from 0.5 up, but for the fullest
    assert (np.subtract(tagger["right"], tagger["said"])[below] > 0).all()
    assert said(page, "The one of the digits does so between 0.7 and 0.9, in a tenth of its answers.")
    few = DIGITS["reliability"]
    off = [r - s for s, r in zip(few["said"], few["right"], strict=True) if 0.7 < s < 0.9]
    assert max(off) < -0.05
    some = sum(n for s, n in zip(few["said"], few["counts"], strict=True) if 0.7 < s < 0.9)
    assert some / sum(few["counts"]) == pytest.approx(0.1, abs=0.015)


def test_a_space_before_the_bracket_makes_a_keyword_of_a_call(page):
    assert "print(end)\nccccc " in page.printed
    assert "print (end)\nkkkkk " in page.printed
    assert "if(end)\ncc " in page.printed
