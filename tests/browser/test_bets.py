"""Evidence Bench: a bet on a number, numbers that are dragged in their columns, methods, and shuffled weights."""

import re

import pytest
from shown import act, card_of, cells, fields, number, press, said, settle, step_of
from test_touch import PHONE, Finger

from rnnkit.explorers import EvidenceBench


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, committed=True, **traits):
        url = bare_page("evidence-bench-own", EvidenceBench(committed=committed, **traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def place(card, grip, step, height=0.5):
    """A place in the column of a step, ``height`` of the way down a region."""
    region = card.locator(f"[data-grip={grip}]")
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    return box["x"] + (step - 0.5) / 12 * box["width"], box["y"] + height * box["height"]


def tap(card, finger, *where):
    x, y = place(card, *where)
    finger.down(x, y)
    finger.up(x, y)


@pytest.mark.parametrize("touch", [False, True])
def test_a_tap_is_a_bet_and_the_truth_comes_at_once(open_card, touch):
    card = open_card(touch, committed=False)
    assert card.locator(".rk-turn").count() == 0
    assert not re.search(r"[\d%?]", card.locator(".rk-methods").inner_text()), "no method's score"
    assert card.locator(".rk-methods i").count() == 0
    tap(card, Finger(card.page, touch), "bet", 12)
    assert not card.locator(".rk-form").is_visible()
    assert "You bet on 12. The answer rests on 9" in said(card)
    assert step_of(card) == 9
    assert card.locator(".rk-turn").get_attribute("d").count("M") == 1
    assert card.locator(".rk-bet").get_attribute("d")


BARS = "(nodes) => nodes.map((n) => Number(n.dataset.h))"


def test_before_the_bet_each_method_shows_its_picture_and_uncovers_nothing(open_card):
    """And what is there to be pressed is there for the bet: no preset, no challenge, no empty panel."""
    card = open_card(committed=False)
    seen = []
    for button in card.locator("[data-method]").all():
        button.click()
        settle(card.page)
        assert button.get_attribute("aria-pressed") == "true"
        seen.append(tuple(card.locator(".rk-evidence").evaluate_all(BARS)))
        assert card.locator(".rk-turn, .rk-tell, .rk-truth-mark, .rk-share-found").count() == 0
        assert card.locator(".rk-form").is_visible()
    assert len(set(seen)) == 6
    for what in ("[data-preset]", "[data-act=dare]", "[data-act=shuffle]", "[data-act=again]"):
        assert not card.locator(what).first.is_visible(), what
    assert card.locator(".rk-word").text_content() == "no", "beside the numbers stands the answer"
    tap(card, Finger(card.page, False), "bet", 9)
    assert "Right. The answer rests on 9" in said(card)
    assert card.locator("[data-preset]").first.is_visible()
    assert card.locator("[data-method=size]").get_attribute("aria-pressed") == "true", "the last that was chosen"


def test_before_the_bet_a_walk_shows_where_it_is(open_card):
    card = open_card(committed=False)
    assert card.locator(".rk-now").count() == 0
    act(card, "back")
    assert card.locator(".rk-now").count() == 1
    assert card.locator(".rk-form").is_visible()


@pytest.mark.parametrize(
    ("shuffle", "step", "words"),
    [(0, 9, "no, and is right"), (0, 12, "yes, and is right"), (1, 12, "no, and is wrong")],
)
def test_it_says_whether_the_network_is_right(open_card, shuffle, step, words):
    one = EvidenceBench(shuffle=shuffle, planted=[step, 4])
    assert words.startswith("yes" if one.states[0, 0] > 0 else "no")
    assert words.endswith("right" if (one.states[0, 0] > 0) == (one.inputs[step - 1] > 0) else "wrong")
    assert f"The network says {words}." in said(open_card(committed=False, shuffle=shuffle, planted=[step, 4]))


def test_a_bet_is_made_by_keys(open_card):
    card = open_card(committed=False)
    press(card, "Home", *["ArrowRight"] * 8, "Enter", on=card.locator("[data-grip=bet]"))
    assert "Right. The answer rests on 9" in said(card)


def test_two_are_bet_on_where_two_decide_and_a_second_tap_takes_one_back(open_card):
    sequence = [-0.72, -0.91, -0.62, -0.48, -0.19, -0.25, -0.11, -0.14, -0.1, 0.51, -0.63, -0.27]
    card = open_card(committed=False, task="sum", planted=[2, 10], inputs=sequence)
    finger = Finger(card.page, False)
    tap(card, finger, "bet", 11)
    tap(card, finger, "bet", 11)
    tap(card, finger, "bet", 10)
    assert card.locator(".rk-form").is_visible()
    tap(card, finger, "bet", 2)
    assert "Right. The answer rests on 2 and 10" in said(card)


@pytest.mark.parametrize("touch", [False, True])
def test_the_number_that_decides_is_dragged_and_the_answer_turns(open_card, touch):
    card = open_card(touch, step=9)
    finger = Finger(card.page, touch)
    assert "Now it is no" in said(card)
    x, y = place(card, "numbers", 9, 0.9)
    finger.down(x, y)
    for by in (40, 90, 120):
        finger.move(x, y - by)
    finger.up(x, y - 120)
    assert number(cells(card)["x:9"]) > 0
    assert "Now it is yes" in said(card)
    assert float(fields(card)["x"]) == number(cells(card)["x:9"])
    act(card, "undo")
    assert number(cells(card)["x:9"]) == -0.82


def test_a_tap_on_a_column_chooses_it_and_changes_nothing(open_card):
    card = open_card(step=9)
    before = {name: text for name, text in cells(card).items() if name.startswith("h:")}
    tap(card, Finger(card.page, False), "numbers", 3, 0.2)
    assert step_of(card) == 3
    assert {name: text for name, text in cells(card).items() if name.startswith("h:")} == before
    assert "alone turns nothing" in said(card)


def test_a_method_says_what_it_names_and_how_often_it_finds(open_card):
    card = open_card()
    names = {}
    for button in card.locator("[data-method]").all():
        button.click()
        settle(card.page)
        names[button.get_attribute("data-method")] = said(card)
    assert names["attention"].startswith("Attention names step 12; planted: 9.")
    assert names["occlusion"].startswith("Occlusion names step 9, as planted.")
    assert all("1000 hidden sequences" in text for text in names.values())


def test_bars_and_gap_add_up_as_printed(open_card):
    card = open_card(method="integrated", points=4)
    for points in ("4", "32", "256"):
        card.locator("input[data-field=points]").fill(points)
        settle(card.page)
        total, gap, whole = (number(text) for text in card.locator(".rk-what b").all_inner_texts())
        assert round(total + gap, 2) == whole
    assert abs(gap) < 0.1


def test_shuffled_weights_change_every_picture_but_the_decoys(open_card):
    card = open_card()
    card.locator("[data-method=size]").click()
    act(card, "shuffle")
    assert "has not changed at all" in said(card)
    assert card.locator("[data-method=size] .rk-share-of").inner_text() == "1.00"
    card.locator("[data-method=occlusion]").click()
    assert "the same picture" in said(card) or "another picture" in said(card)
    act(card, "shuffle")
    assert card.locator("[data-act=shuffle]").get_attribute("aria-pressed") == "false"
    assert "%" in card.locator("[data-method=size]").inner_text()


def test_another_sequence_asks_again(open_card):
    card = open_card()
    before = cells(card)
    act(card, "again")
    after = cells(card)
    assert [after[f"h:{t}:0"] for t in range(1, 13)] != [before[f"h:{t}:0"] for t in range(1, 13)]
    assert card.locator(".rk-turn").count() == 0
    assert "?" in card.get_by_role("heading").inner_text()
    tap(card, Finger(card.page, False), "bet", 1)
    assert "The answer rests on" in said(card)
    act(card, "again")
    press(card, "ArrowDown", on=card.locator("[data-method]").first)
    card.locator("[data-preset]").first.click()
    settle(card.page)
    assert card.locator(".rk-turn").count() == 1, "a preset ends the bet"


def test_while_dared_no_mark_is_shown(open_card):
    card = open_card()
    act(card, "dare")
    assert card.locator(".rk-truth-mark").get_attribute("d") == ""
    assert card.locator(".rk-tell").count() == 0
    assert "planted" not in said(card)
