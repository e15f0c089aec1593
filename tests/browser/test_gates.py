"""Gate Lab's own ways: bars that are tapped, dragged and painted, blades, the way back, and gates that are held."""

import pytest
from shown import act, card_of, cells, fields, number, press, said, settle, step_of
from test_touch import PHONE, Finger

from rnnkit.explorers import GateLab

WEIGHTS = {"by": "weights", "committed": True}


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, **traits):
        url = bare_page("gate-lab-own", GateLab(**{"committed": True} | traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def lane(card, k):
    one = card.locator(f"[data-grip=lane-{k}]")
    one.scroll_into_view_if_needed()
    return one


def place(card, k, t, value):
    """Where the bar of step t has this value."""
    box = lane(card, k).bounding_box()
    low = -1 if k in "gx" else 0
    return box["x"] + (t - 0.5) * box["width"] / 10, box["y"] + 44 * (1 - (value - low) / (1 - low))


def c_of(card, t):
    return number(cells(card)[f"h:{t}:0"])


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_a_tap_sets_a_bar(open_card, touch):
    card = open_card(touch=touch)
    finger, (x, y) = Finger(card.page, touch), place(card, "f", 6, 0.5)
    finger.down(x, y)
    finger.up(x, y)
    assert (fields(card)["bar"], step_of(card)) == ("0.5", 6)
    assert c_of(card, 10) == pytest.approx(0.4)
    assert card.locator(".rk-conveyor .rk-ghost").get_attribute("d"), "the river of before stays"
    act(card, "undo")
    assert c_of(card, 10) == pytest.approx(0.8)


def test_the_first_tap_is_no_second_one_on_a_page_that_has_just_opened(open_card):
    card = open_card()
    card.page.evaluate("performance.now = () => 5")
    x, y = place(card, "f", 6, 0.5)
    card.page.mouse.click(x, y)
    assert (fields(card)["bar"], step_of(card)) == ("0.5", 6)


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_a_drag_moves_one_bar_or_paints_many(open_card, touch):
    card = open_card(touch=touch)
    finger, (x, y) = Finger(card.page, touch), place(card, "f", 4, 0.9)
    finger.down(x, y)
    for value in (0.7, 0.4, 0.25):
        finger.move(x + 2, place(card, "f", 4, value)[1])
    finger.up(x + 2, place(card, "f", 4, 0.25)[1])
    assert c_of(card, 4) == pytest.approx(0.2)
    assert c_of(card, 10) == pytest.approx(0.2)
    finger.down(*place(card, "f", 3, 0.5))
    for t in (4, 7, 10):
        finger.move(*place(card, "f", t, 0.5))
    finger.up(*place(card, "f", 10, 0.5))
    assert c_of(card, 10) == pytest.approx(0.8 / 2**8, abs=0.0006)
    assert "0.003 is left at step 10" in said(card)


def test_arrows_walk_a_lane_and_move_its_bar(open_card):
    card = open_card()
    one = lane(card, "f")
    press(card, "ArrowLeft", "ArrowDown", "ArrowDown", on=one)
    assert one.get_attribute("aria-valuetext") == "step 9, 0.90"
    press(card, "Home", on=one)
    assert c_of(card, 9) == 0
    press(card, "End", on=one)
    assert c_of(card, 9) == pytest.approx(0.8)


def test_a_mouse_pulls_blades_in_the_river(open_card):
    card = open_card()
    box = card.locator("[data-grip=river]").bounding_box()
    x, y = box["x"] + 5.5 * box["width"] / 10, box["y"] + 150
    finger = Finger(card.page, False)
    finger.down(x, y)
    finger.move(x, y + 20)
    finger.move(x, y + 35)
    finger.up(x, y + 35)
    assert fields(card)["bar"] == "0.5"
    assert c_of(card, 10) == pytest.approx(0.4)


def test_the_way_back_starts_where_one_says(open_card):
    card = open_card(f=[1, 1, *[0.5] * 8])
    back = card.locator("[data-grip=back]")
    press(card, "ArrowLeft", "ArrowLeft", on=back)
    assert back.get_attribute("aria-valuenow") == "8"
    shown = cells(card)
    assert (shown["along:8"], shown["along:2"]) == ("1.00", "0.016")
    assert "along:9" not in shown
    assert "left at step 8" in said(card)
    box = back.bounding_box()
    card.page.mouse.click(box["x"] + 9.5 * box["width"] / 10, box["y"] + 20)
    settle(card.page)
    assert back.get_attribute("aria-valuenow") == "10"


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_a_gate_that_is_held_is_given_back_by_a_double_tap(open_card, touch):
    card = open_card(touch=touch, **WEIGHTS)
    before, finger = cells(card), Finger(card.page, touch)
    x, y = place(card, "i", 7, 0.1)
    finger.down(x, y)
    finger.up(x, y)
    assert "held by hand" in lane(card, "i").get_attribute("aria-valuetext")
    assert cells(card) != before
    card.page.wait_for_timeout(500)  # or the tap before would count as the first of two
    for _ in range(2):
        finger.down(x, y)
        finger.up(x, y)
    assert "held by hand" not in lane(card, "i").get_attribute("aria-valuetext")
    assert cells(card) == before


def test_delete_and_a_button_give_gates_back(open_card):
    card = open_card(**WEIGHTS)
    before = cells(card)
    press(card, "ArrowDown", on=lane(card, "o"))
    press(card, "Home", on=lane(card, "f"))
    held = cells(card)
    press(card, "Delete", on=lane(card, "f"))
    assert before != cells(card) != held
    act(card, "release")
    assert cells(card) == before
    act(card, "undo")
    assert cells(card) != before


def test_a_field_holds_a_gate_that_follows_the_weights(open_card):
    card = open_card(**WEIGHTS)
    before = c_of(card, 10)
    card.locator("input[data-field=bar]").fill("0")
    assert c_of(card, 10) < before - 0.3
    assert "held by hand" in lane(card, "f").get_attribute("aria-valuetext")
    assert card.locator(".rk-pin").evaluate_all("(all) => all.filter((n) => n.getAttribute('d')).length") == 1


def test_the_weights_are_there_only_where_they_count(open_card):
    card = open_card()
    assert not card.locator(".rk-weights").is_visible()
    assert card.locator("[data-grip=lane-x]").count() == 0
    card.locator("[data-preset='By weights']").click()
    settle(card.page)
    assert card.locator(".rk-weights input:visible").count() == 12
    assert card.locator("[data-grip=lane-x]").is_visible()


def test_on_a_phone_the_river_stays_while_weights_are_edited(open_card):
    card = open_card(touch=True, **WEIGHTS)
    card.locator(".rk-weights input").last.scroll_into_view_if_needed()
    settle(card.page)
    box = card.locator(".rk-conveyor").bounding_box()
    assert box["y"] >= -1
    last = card.locator(".rk-weights input").last.bounding_box()
    assert box["y"] + box["height"] < last["y"]


ANSWERS = [("Open", "Open: the 0.80 is still 0.80"), ("Shut", "Shut: the 0.80 stops at step 3")]


@pytest.mark.parametrize(("said_", "first"), ANSWERS)
def test_the_answer_plays(open_card, said_, first):
    card = open_card(committed=False)
    assert card.locator("text=?").count() > 8
    card.locator(f"[data-answer={said_}]").click()
    card.page.wait_for_function(f"document.querySelector('.rk-say').textContent.startsWith({first!r})", timeout=6000)
    end = "document.querySelector('.rk-say').textContent.startsWith('Open: the 0.80 is still 0.80')"
    card.page.wait_for_function(end, timeout=9000)
    assert c_of(card, 10) == pytest.approx(0.8)
    assert bool(card.locator(".rk-conveyor .rk-ghost").get_attribute("d")) == (said_ == "Shut")
