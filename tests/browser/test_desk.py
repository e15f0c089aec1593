"""Stream Desk: a question, states that are dragged, three servers, and times of this machine."""

import pytest
from shown import act, answer, card_of, cells, fields, press, said, settle, step_of
from test_touch import PHONE, Finger

from rnnkit.explorers import StreamDesk


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, committed=True, **traits):
        url = bare_page("stream-desk-own", StreamDesk(committed=committed, **traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def told(card):
    """What the two guests are told at this symbol."""
    settle(card.page)
    return card.locator(".rk-desk-told").all_text_contents()


def costs(card):
    return [one.inner_text() for one in card.locator(".rk-desk-cost").all()]


def ends(card):
    card.page.wait_for_function("document.querySelector('[data-act=play]').ariaLabel === 'Play'", timeout=30_000)
    settle(card.page)


def test_the_work_is_seen_before_the_bet_and_the_answer_is_not(open_card):
    card = open_card(committed=False)
    assert costs(card) == ["119 steps", "1 step", "1 step"]
    lines = "rk-desk-work", "rk-desk-others-edge"
    work, again = (card.locator(f"path.{name}").first.bounding_box() for name in lines)
    assert work["height"] < 4 < 60 < again["height"]  # flat, where reading again is a triangle
    assert card.locator(".rk-desk-note").inner_text().startswith("Answer first.")
    assert card.locator(".rk-desk-wrong").count() == 0
    card.locator("[data-server=reread]").dispatch_event("click")
    act(card, "time")
    assert card.locator("[data-server=carry]").get_attribute("aria-pressed") == "true", "a bet comes first"
    card.locator("[data-answer='Ben’s table']").click()
    settle(card.page)
    assert said(card).startswith("Right. Anna is told table 7, which is Ben’s")
    ends(card)
    assert step_of(card) == 240
    assert card.locator(".rk-desk-wrong").count() == 2
    assert costs(card) == ["240 steps", "1 step", "1 step"]


def test_what_is_rarely_used_is_folded_and_the_challenge_opens_it(open_card):
    card = open_card()
    every = card.locator("input[data-field=every]")
    assert not every.is_visible()
    card.locator(".rk-all > summary").click()
    assert every.is_visible()
    card.locator(".rk-all > summary").click()
    act(card, "dare")
    assert every.is_visible()


def test_times_are_measured_on_request_and_are_plausible(open_card):
    card = open_card(step=200)
    assert card.locator(".rk-desk-measured").count() == 0
    act(card, "time")
    card.page.wait_for_function("document.querySelectorAll('.rk-desk-measured').length === 6", timeout=20_000)
    assert "on your machine" in card.locator(".rk-desk-note").inner_text()
    texts = card.locator(".rk-desk-time").all_inner_texts()
    value = lambda text: float(text.split()[0]) * (1000 if "ms" in text else 1)  # noqa: E731
    again, carry, ten = map(value, texts)
    assert again > 30 * carry > 0
    assert 0 < ten < 10 * carry
    assert ["times" in name for name in cells(card)].count(True) == 0, "no time is a number of the table"


@pytest.mark.parametrize("touch", [False, True])
def test_states_are_dragged_back_and_away(open_card, touch):
    card = open_card(touch, step=140, at=140)
    assert told(card) == ["table 7", "table 4"]
    finger = Finger(card.page, touch)
    region = card.locator("[data-grip=states]")
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    finger.down(x, y)
    for by in (10, 30, 60, 110):
        finger.move(x, y + by)
    finger.up(x, y + 110)
    assert told(card) == ["table 4", "table 7"]
    assert fields(card)["Anna"] == "0"
    act(card, "undo")
    assert told(card) == ["table 7", "table 4"]


@pytest.mark.parametrize("touch", [False, True])
def test_a_state_that_is_dragged_aside_is_lost_and_the_other_is_not(open_card, touch):
    card = open_card(touch, step=140, at=140, lost=[0, 0])
    finger = Finger(card.page, touch)
    region = card.locator("[data-grip=states]")
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    x, y = box["x"] + 20, box["y"] + box["height"] - 20
    finger.down(x, y)
    for by in (10, 40, 110):
        finger.move(x + by, y)
    finger.up(x + 110, y)
    assert told(card) == ["table 4", "which?"]
    assert fields(card) | {"at": "", "every": ""} == {"Anna": "0", "Ben": "1", "at": "", "every": ""}
    assert said(card).startswith("Symbol 140: Ben is told “which table?”. ")


def test_states_are_swapped_and_lost_by_keys(open_card):
    card = open_card(step=140, at=140, lost=[0, 0])
    grip = card.locator("[data-grip=states]")
    press(card, "End", on=grip)
    assert told(card) == ["table 7", "table 4"]
    press(card, "Delete", on=grip)
    assert told(card) == ["which?", "which?"]
    assert "wrong answers in all: Anna’s to the end, Ben’s up to symbol 198." in said(card)
    press(card, "Home", on=grip)
    assert told(card) == ["table 4", "table 7"]


def test_the_moment_is_dragged_along_the_texts(open_card):
    card = open_card(step=100)
    assert told(card) == ["table 4", "table 7"]
    handle = card.locator(".rk-handle[data-trait=at]")
    press(card, "PageDown", "PageDown", "PageDown", on=handle)
    assert fields(card)["at"] == "90"
    assert told(card) == ["table 7", "table 4"]


def test_a_server_without_states_has_none_to_drag_and_shows_the_triangle(open_card):
    card = open_card(step=200)
    card.locator("[data-server=reread]").click()
    settle(card.page)
    assert card.locator("[data-grip=states]").count() == 0
    assert told(card) == ["table 4", "table 9"]
    assert costs(card) == ["200 steps", "1 step", "1 step"]
    assert "none can be lost" in said(card)
    act(card, "undo")
    assert card.locator("[data-grip=states]").count() == 1


def test_ten_are_served_and_each_is_told_their_own(open_card):
    card = open_card(step=240, server="ten")
    seen = card.locator("svg text").all_text_contents()
    for name, table in {"Cem": 2, "Dora": 1, "Eli": 3, "Fay": 5, "Gus": 8, "Hana": 0, "Ivo": 6, "Jun": 4}.items():
        assert f"{name} {table}" in seen


def test_an_answer_can_be_skipped_over_by_a_preset(open_card):
    card = open_card(committed=False)
    answer(card)
    card.locator("[data-preset]").nth(4).click()
    ends(card)
    assert costs(card)[0] == "240 steps"
