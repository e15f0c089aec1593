"""What the page of sampling says, held against its cells and its record."""

import inspect

import numpy as np
import pytest
from book_pages import ROOT, said

from artefacts.text.writing import Writer
from rnnkit.explorers.type_ahead import network
from rnnkit.records import text

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "sampling.md"
RECORD = text()
CODE, TUNES = RECORD["code"], RECORD["tunes"]
WAYS, SUNG = CODE["written"]["ways"], TUNES["written"]["ways"]


def test_it_opens_with_tunes_and_one_question():
    head = PAGE.read_text("utf-8").partition("# Sampling")[2].partition("```")[0]
    assert len(head.split()) < 80
    assert head.count("?") == 1
    assert "$" not in head


def test_what_is_said_of_both_ends_of_the_slider(page):
    assert said(page, "makes every tune of the same few bars")
    assert SUNG["temperature 0.1"]["different"] < 0.1 < 0.4 < SUNG["temperature 1.0"]["different"]
    assert said(page, "the bars are too long or too short")
    assert SUNG["temperature 3.0"]["adding_up"] < 0.5 < 0.95 < SUNG["temperature 1.0"]["adding_up"]
    composer, half, one = (SUNG[way] for way in ("composer", "temperature 0.5", "temperature 1.0"))
    assert said(page, "network has twice as many, because it fails to repeat")
    assert one["different"] > 2 * composer["different"]
    assert composer["repeated"] == 1 > 0.8 > one["repeated"]
    assert said(page, "At 0.5 it has as many as they have, and still does not repeat as they do")
    assert half["different"] == pytest.approx(composer["different"], abs=0.01)
    assert half["repeated"] < 0.85


def test_what_is_said_of_ways_to_write(page):
    people = WAYS["people"]
    assert said(
        page, "What people wrote stands above both paths: as right as the coldest, and nearly eight times as different."
    )
    assert people["parses"] == pytest.approx(WAYS["temperature 0.1"]["parses"], abs=0.05)
    assert 7.5 < people["different"] / WAYS["temperature 0.1"]["different"] < 8
    assert said(
        page,
        "A beam of 4 writes *more* of its lines in Python than people do, greedy about as many, a beam of 16 far fewer",
    )
    assert WAYS["beam 16"]["parses"] < 0.4 < people["parses"]
    assert WAYS["beam 4"]["parses"] > people["parses"] + 0.1
    assert WAYS["beam 1"]["parses"] == pytest.approx(people["parses"], abs=0.06)
    assert max(WAYS[name]["different"] for name in ("beam 1", "beam 4", "beam 16")) < 0.05
    assert said(page, "nearly the same ones everywhere")
    assert WAYS["temperature 0.1"]["different"] < 0.1
    drawn = [one for name, one in WAYS.items() if name.startswith(("temperature", "top"))]
    assert not [one for one in drawn if one["parses"] >= people["parses"] and one["different"] > 0.5]
    assert not [one for one in drawn if one["different"] >= people["different"] and one["parses"] > 0.5]
    assert min(one["lines"] for one in drawn) > 100  # a share of lines needs lines
    degrees = [one for name, one in WAYS.items() if name.startswith("temperature")]
    assert all(np.diff([one["different"] for one in degrees]) > 0)
    assert degrees[0]["parses"] > degrees[-1]["parses"] + 0.3
    assert said(page, "A wider beam finds a likelier text, here and over a hundred places, and a duller one")
    beams = [WAYS[f"beam {width}"] for width in (1, 4, 16)]
    for name in ("bits", "different"):
        assert all(np.diff([one[name] for one in beams]) < 0)
    shown = CODE["written"]["shown"]
    assert said(page, "a beam of 16 begins an error, and goes on with blank space")
    assert shown["beam 16"].split() == ["raise", "ValueError("]
    assert CODE["written"]["prompt"].endswith(":\n"), "a block has just begun"
    assert all(one.strip() for one in shown.values()), "samples of text are no blanks"
    assert said(page, "Over all hundred places it costs about as many bits as the network pays on any code")
    assert people["bits"] == pytest.approx(np.mean(CODE["network"]), abs=0.15)
    assert WAYS["temperature 1.0"]["bits"] == pytest.approx(people["bits"], abs=0.15)


def test_a_shown_text_has_its_own_bits(page):
    """Not the mean of a hundred places."""
    prompt, shown, cost = CODE["written"]["prompt"], CODE["written"]["shown"], page.names["cost"]
    begun, ways = network.encode(prompt)[None], ("beam 1", "temperature 0.3", "temperature 1.0", "people")
    bits = {way: float(cost(shown[way]).mean()) for way in ways}
    writer = Writer(network.load())
    for way in ways:
        assert bits[way] == pytest.approx(writer.bits(begun, network.encode(shown[way])[None])[0], abs=1e-3)
    assert bits["people"] > bits["temperature 1.0"] > bits["beam 1"] > bits["temperature 0.3"]


def test_the_five_lines_choose_as_they_say(page):
    pick, rng = page.names["pick"], np.random.default_rng(0)
    assert said(page, "the five lines of `pick`")
    assert len(inspect.getsource(pick).strip().splitlines()) == 5
    y = rng.normal(size=96)
    assert {int(pick(y, rng, top=1)) for _ in range(20)} == {int(y.argmax())}
    assert {int(pick(y, rng, top=3)) for _ in range(200)} == set(np.argsort(-y)[:3].tolist())
    cold, hot = (np.mean([pick(y, rng, temperature=t) == y.argmax() for _ in range(200)]) for t in (0.1, 10))
    assert cold > 0.5 > 0.1 > hot
    greedy = page.names["write"](page.names["START"], top=1)
    assert said(page, "Greedy goes round in the same few words.")
    assert greedy.count("self._set_parser") > 2


def test_the_exercise_works_its_shares_out(page):
    """By hand: e to the logits, divided by their sum."""
    e, found = np.e, {way: page.names["ASKED"][way] for way in ("τ = 1", "τ = 0.5", "the two likeliest")}
    for p, odds in zip(found.values(), ([e**2, e, 1], [e**4, e**2, 1], [e, 1, 0]), strict=True):
        assert p == pytest.approx(np.array(odds) / sum(odds))
