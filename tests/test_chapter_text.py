"""What the page of text says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

from artefacts.text import tables
from artefacts.text.writing import Writer, decoded
from rnnkit.data.tunes import adding_up
from rnnkit.explorers.type_ahead import network
from rnnkit.records import TEXT, comparisons, text

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "text.md"
RECORD = text()
CODE, TUNES = RECORD["code"], RECORD["tunes"]


def test_it_opens_with_a_line_and_one_question():
    head = PAGE.read_text("utf-8").partition("# Text that continues")[2].partition("```")[0]
    assert len(head.split()) < 80
    assert head.count(".") + head.count("?") <= 5
    assert head.count("?") == 1
    assert not re.search(r"\$|remember|forget|bits", head)


def test_the_line_comes_again_in_its_first_bar_and_not_in_its_second(page):
    """What stands in grey: the likeliest letter, again and again."""
    line, begun = page.names["LINE"], page.names["start"]
    assert begun.endswith(line)
    row = Writer(network.load(network.TUNES)).drawn(network.encode(begun)[None], len(line), 0.01)[0]
    (first, second, third, _), (known, other, *_) = (text.strip().split("|")[:4] for text in (decoded(row), line))
    assert first == third == known
    assert second != other
    assert TUNES["tunes"][0] == 30_000
    assert TUNES["written"]["ways"]["composer"]["repeated"] == 1, "in each the second line is the first"


def test_what_is_said_of_a_split_by_lot(page):
    assert said(page, "gets better, though it knows no more")
    gain = np.subtract(CODE["by_order"], CODE["by_lot"]["by_order"])
    assert gain[8] > gain[5] > gain[2] > 0
    assert CODE["by_lot"]["copied"][1] > 1.5 * CODE["by_lot"]["copied"][0]


def test_what_is_said_of_bits(page):
    ours = np.mean(CODE["network"])
    assert said(page, "The network beats the table of the same files, and loses to all that remember.")
    assert CODE["table"] > ours > CODE["xz"] > CODE["remembering"] > max(CODE["network remembering"])
    assert said(page, "`xz` finds whole stretches that stood before, in any file, and it is behind both.")
    both = np.mean(CODE["network remembering"])
    assert said(page, "it saves 0.42 bits, too: now it is ahead again, by 0.04")
    assert ours - both == pytest.approx(0.42, abs=0.005)
    assert CODE["remembering"] - both == pytest.approx(0.04, abs=0.005)
    assert said(page, "On tunes the network alone is level with the table that remembers, and clearly ahead")
    tunes = np.mean(TUNES["network"])
    assert TUNES["longer"] < 0.8 * tunes
    assert tunes == pytest.approx(TUNES["remembering"], abs=0.03)
    assert said(page, "With a memory each of them is far ahead, and still far from the composer")
    assert TUNES["truth"] * 1.4 < TUNES["longer remembering"] < np.mean(TUNES["network remembering"]) < 0.8 * tunes
    assert said(page, "far from the composer")
    assert TUNES["longer"] > 1.5 * TUNES["truth"]
    assert said(page, "saves the table 0.50 bits, and with it the table is 0.38 ahead of a network that has none")
    assert CODE["table"] - CODE["remembering"] == pytest.approx(0.505, abs=0.005)
    assert ours - CODE["remembering"] == pytest.approx(0.38, abs=0.005)
    assert said(page, "$w$ is 8 for code and 4 for tunes, and the range is two or three to eight")
    chosen = [of[kind] for of in (CODE, TUNES) for kind in ("memory", "memory of the network")]
    assert [weight for _, weight in chosen] == [8, 8, 4, 4]
    assert all((orders[0] in (2, 3), orders[-1]) == (True, 8) for orders, _ in chosen)
    assert said(page, "Of six weights $w$ and of 28 ranges from two to eight symbols back")
    assert (len(tables.WEIGHTS), len(tables.ORDERS)) == (6, 7), "7 + 6 + … + 1 ranges"
    assert said(page, "Here 388 tunes are unseen")
    assert TUNES["tunes"][1] == 388


def test_what_is_said_of_bars(page):
    truth, memory, short, longer = (np.array(TUNES["by_bar"][k]) for k in ("truth", "remembering", "network", "longer"))
    new = [(0, 0), (0, 1), (2, 0), (2, 1)]
    assert said(page, "hardly more than the composer")
    assert all(longer[at] - truth[at] < 0.05 for at in new)
    assert said(page, "is nearly free. So is the first bar of the second line")
    assert max(*longer[:, 2], longer[1, 0]) < 0.25
    assert said(page, "as if it were new")
    assert abs(longer[1, 1] - longer[0, 1]) < 0.1
    assert said(page, "its first bar is a little cheaper than a new one, and its second is not")
    assert 0.1 < longer[0, 0] - longer[3, 0] < 0.4
    assert abs(longer[3, 1] - longer[0, 1]) < 0.05
    assert said(page, "pays more for what is new")
    assert all(memory[at] > longer[at] for at in new)
    assert said(page, "its first bar costs the table 0.9 bits at most, and each of the next three 0.3 at most")
    assert max(memory[[1, 3], 1:].ravel()) < 0.305 < 0.8 < min(memory[[1, 3], 0])
    assert max(memory[[1, 3], 0]) < 0.9
    assert said(page, "It is as certain, and there the table pays 1.2 bits or more")
    assert truth[[0, 2], 2].max() == 0
    assert min(memory[[0, 2], 2]) > 1.195
    assert said(page, "costs 0.3 bits instead of 1.4")
    kept = np.array(TUNES["by_bar"]["network remembering"])
    assert (kept[1, 1], short[1, 1]) == pytest.approx((0.3, 1.4), abs=0.05)
    assert said(page, "the fourth bar of a new line is dearer with it, 0.74 bits instead of 0.48 in A")
    assert (kept[[0, 2], 3] > short[[0, 2], 3] + 0.2).all()
    assert (kept[0, 3], short[0, 3]) == pytest.approx((0.74, 0.48), abs=0.005)
    assert len(re.findall(r"^[AB] [1-4]( +\d\.\d\d){5}$", page.printed, re.M)) == 16
    assert said(page, "With a third of the training the network half knows its third bars, and hardly any other repeat")
    assert short[:, 2] == pytest.approx(short[0, 0] / 2, abs=0.1)
    assert min(short[1, 0], short[1, 1], short[3, 0], short[3, 1]) > 1.1


def test_what_is_said_of_the_state(page):
    carried, emptied = (float(bits) for bits in re.findall(r"carry=\w+ +([\d.]+)", page.printed))
    assert carried < emptied - 0.05
    bits = CODE["emptied_mean"]
    assert bits["32"] > bits["128"] > bits["512"] > np.mean(CODE["network"])
    assert said(page, "Most of the loss is made up within a line of code")
    curve, mean = np.array(CODE["emptied"]["128"]), np.mean(CODE["network"])
    assert curve[0] - mean > 2
    assert said(page, "the first point of the curve, more than four bits")
    assert curve[0] > 4
    assert curve[28:36].mean() - mean < 0.15 * (curve[0] - mean)


def test_what_is_said_of_perplexities(page):
    rows = re.findall(r"^(?:letters|notes|bars|tunes) +([\d.]+) +([\d.e+]+)$", page.printed, re.M)
    found, powers = ([float(one) for one in column] for column in zip(*rows, strict=True))
    assert found == sorted(found)
    assert len(found) == 4
    assert said(page, "grows by fifteen powers of ten")
    assert 15 < np.log10(powers[-1] / powers[0]) < 16
    assert said(page, "has 1.3 on the same tunes if letters are counted, and a number of sixteen digits if tunes are")
    assert powers[0] == pytest.approx(1.3, abs=0.05)
    assert 15 < np.log10(powers[-1]) < 16


def test_twelve_times_g_is_not_lost(page):
    """A cold text goes on with a whole tune, in each of forty runs."""
    stroke = page.names["stroke"]
    assert page.names["first"] == 8
    assert stroke[[8, 12]] == pytest.approx([0.898, 0.806], abs=0.01)
    begun = np.tile(network.encode("G" * 12), (40, 1))
    rows = Writer(network.load(network.TUNES)).drawn(begun, 400, 0.1)
    ended = [decoded(row).split("\n\n")[1] for row in rows]
    assert [adding_up(text + "\n") for text in ended] == [1] * 40
    assert all(re.fullmatch(r"M:./4\nK:[CGDA]", text[:9].strip()) for text in ended)


def test_the_three_letters_stand_in_lines_that_repeat(page):
    names = page.names
    worst = np.argsort(names["one"].bits - names["paid"])[:3]
    assert names["one"].bits[worst].max() == 0
    assert (names["paid"][worst] > 1).all()
    assert said(page, "the three largest sums are for letters of the last line")
    assert set(names["one"].line[worst]) == {4}


def test_the_rows_are_what_the_page_says_of_them(page):
    verdicts = [row.verdict for row in comparisons(TEXT)]
    assert verdicts == ["wins", "loses", "within the margin", "within the margin", "wins", "ties", "wins"]
