"""What the page of text says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, executed

from rnnkit.records import TEXT, comparisons, text

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "text.md"
RECORD = text()
CODE, TUNES = RECORD["code"], RECORD["tunes"]
WAYS, SUNG = CODE["written"]["ways"], TUNES["written"]["ways"]


@pytest.fixture(scope="module")
def page():
    return executed(PAGE)


def said(page, words):
    """Whether the page says this, however its lines are broken."""
    return words in " ".join(page.prose.split())


def test_it_opens_with_tunes_and_one_question():
    head = PAGE.read_text("utf-8").partition("# Text that continues")[2].partition("```")[0]
    assert len(head.split()) < 80
    assert head.count("?") == 1
    assert "$" not in head


def test_what_is_said_of_both_ends_of_the_slider(page):
    assert said(page, "makes every tune of the same few bars")
    assert SUNG["temperature 0.1"]["different"] < 0.1 < 0.4 < SUNG["temperature 1.0"]["different"]
    assert said(page, "the bars are too long or too short")
    assert SUNG["temperature 3.0"]["adding_up"] < 0.5 < 0.95 < SUNG["temperature 1.0"]["adding_up"]


def test_what_is_said_of_a_split_by_lot(page):
    assert said(page, "gets better, though it knows no more")
    gain = np.subtract(CODE["by_order"], CODE["by_lot"]["by_order"])
    assert gain[8] > gain[5] > gain[2] > 0
    assert CODE["by_lot"]["copied"][1] > 1.5 * CODE["by_lot"]["copied"][0]


def test_what_is_said_of_bits(page):
    ours = np.mean(CODE["network"])
    assert said(page, "The network beats the table of the same files. It loses to both that remember.")
    assert CODE["table"] > ours > CODE["remembering"] > CODE["xz"]
    assert said(page, "ahead of both memories, narrowly, and clearly if it is trained three times as long")
    tunes = np.mean(TUNES["network"])
    assert TUNES["longer"] < 0.75 * TUNES["remembering"] < 0.9 * tunes < TUNES["remembering"] < TUNES["xz"]
    assert max(TUNES["network"]) < TUNES["remembering"] < 1.1 * tunes
    assert said(page, "far from the composer")
    assert TUNES["longer"] > 1.5 * TUNES["truth"]


def test_what_is_said_of_bars(page):
    truth, memory, short, longer = (np.array(TUNES["by_bar"][k]) for k in ("truth", "remembering", "network", "longer"))
    new = [(0, 0), (0, 1), (2, 0), (2, 1)]
    assert said(page, "hardly more than the composer")
    assert all(longer[at] - truth[at] < 0.05 for at in new)
    assert said(page, "is nearly free. So is the first bar of the second line")
    assert max(*longer[:, 2], longer[1, 0]) < 0.25
    assert said(page, "as if it were new")
    assert abs(longer[1, 1] - longer[0, 1]) < 0.1
    assert said(page, "nothing of it is left")
    assert longer[3, 0] > 1
    assert said(page, "pays more for what is new")
    assert all(memory[at] > longer[at] for at in new)
    assert max(memory[[1, 3], 1:].ravel()) < 0.3 < 0.8 < min(memory[[1, 3], 0])
    assert said(page, "With a third of the training the network knows no third bar either")
    assert min(short[:, 2]) > 0.5


def test_what_is_said_of_the_state(page):
    carried, emptied = (float(bits) for bits in re.findall(r"carry=\w+ +([\d.]+)", page.printed))
    assert carried < emptied - 0.05
    bits = CODE["emptied_mean"]
    assert bits["32"] > bits["128"] > bits["512"] > np.mean(CODE["network"])
    assert said(page, "Most of the loss is made up within a line of code")
    curve, mean = np.array(CODE["emptied"]["128"]), np.mean(CODE["network"])
    assert curve[0] - mean > 2
    assert curve[28:36].mean() - mean < 0.15 * (curve[0] - mean)


def test_what_is_said_of_ways_to_write(page):
    people = WAYS["people"]
    assert said(page, "People stand above it: their lines are right *and* different.")
    drawn = [one for name, one in WAYS.items() if name.startswith(("temperature", "top"))]
    assert not [one for one in drawn if one["parses"] >= people["parses"] and one["different"] > 0.5]
    assert not [one for one in drawn if one["different"] >= people["different"] and one["parses"] > 0.5]
    assert min(one["lines"] for one in drawn) > 100  # a share of lines needs lines
    degrees = [one for name, one in WAYS.items() if name.startswith("temperature")]
    assert all(np.diff([one["different"] for one in degrees]) > 0)
    assert degrees[0]["parses"] > degrees[-1]["parses"] + 0.3
    assert said(page, "The wider the beam, the likelier the text, and the duller")
    beams = [WAYS[f"beam {width}"] for width in (1, 4, 16)]
    for name in ("bits", "different"):
        assert all(np.diff([one[name] for one in beams]) < 0)
    assert not CODE["written"]["shown"]["beam 16"].strip()  # blank space
    assert said(page, "It costs about as many bits as the network pays on average")
    assert people["bits"] == pytest.approx(np.mean(CODE["network"]), abs=0.15)
    assert WAYS["temperature 1.0"]["bits"] == pytest.approx(people["bits"], abs=0.15)


def test_what_is_said_of_perplexities(page):
    few, many = CODE["words"]
    assert said(page, "The table that knows fewer words has the *smaller* perplexity")
    assert few["perplexity"] < many["perplexity"]
    assert said(page, "With all words spelled the order is turned round.")
    assert few["spelled"] > many["spelled"]
    assert said(page, "it and the table of 10,000 words are close")
    assert abs(many["spelled"] - np.mean(CODE["network"])) < 0.1
    assert 2 ** np.mean(CODE["network"]) < few["perplexity"]
    found = [float(bits) for bits in re.findall(r"by \w+ +([\d.]+) bits, perplexity", page.printed)]
    assert found == sorted(found)
    assert len(found) == 4


def test_the_three_letters_stand_in_lines_that_repeat(page):
    names = page.names
    worst = np.argsort(names["one"].bits - names["paid"])[:3]
    assert names["one"].bits[worst].max() == 0
    assert (names["paid"][worst] > 1).all()
    assert said(page, "All three stand in the last line")
    assert set(names["one"].line[worst]) == {4}


def test_the_rows_are_what_the_page_says_of_them(page):
    verdicts = [row.verdict for row in comparisons(TEXT)]
    assert verdicts == ["wins", "loses", "wins", "wins"]
