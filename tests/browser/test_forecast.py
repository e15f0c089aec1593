"""Forecast Bench's own ways: origin and horizon are dragged, the answer slides back, the leak shows its windows."""

import pytest
from shown import act, answer, card_of, cells, fields, number, press, said, settle
from test_touch import PHONE, Finger, middle

from rnnkit.explorers import ForecastBench


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, **traits):
        url = bare_page("forecast-bench-own", ForecastBench(**{"committed": True} | traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def scores(card):
    """The names on the board, and their mean absolute errors."""
    settle(card.page)
    texts = card.locator(".rk-scores svg text:not(.rk-tick)").all_text_contents()
    return {texts[k]: number(texts[k + 1]) for k in range(0, len(texts), 3)}


@pytest.mark.parametrize("touch", [False, True])
def test_the_horizon_is_dragged_at_the_far_end_of_the_forecast(open_card, touch):
    card = open_card(touch, step=40)
    handle, finger = card.locator(".rk-handle[data-trait=horizon]"), Finger(card.page, touch)
    handle.scroll_into_view_if_needed()
    before, (x, y) = scores(card), middle(handle)
    finger.down(x, y)
    finger.move(x + 12, y)
    finger.move(x + 40, y)
    finger.up(x + 40, y)
    days = int(fields(card)["horizon"])
    assert days > 3
    assert cells(card)["x:1"] == f"{days} days ahead, 91 days; m = 1"
    assert scores(card)["network"] > before["network"]
    assert abs(middle(handle)[0] - x - 40) < 9


def test_the_origin_is_dragged_through_the_weeks(open_card):
    card = open_card(step=10)
    ends = "(card) => card.querySelector('.rk-daily .rk-of-network').getAttribute('d').split('L').length"
    region, finger = card.locator("[data-grip=origin]"), Finger(card.page, False)
    box, before = region.bounding_box(), card.evaluate(ends)
    finger.down(box["x"] + 0.4 * box["width"], box["y"] + 80)
    finger.move(box["x"] + 0.7 * box["width"], box["y"] + 80)
    finger.up(box["x"] + 0.7 * box["width"], box["y"] + 80)
    assert card.evaluate(ends) > before + 20, "more of the forecasts has been made"
    assert card.locator("[data-act=undo]").get_attribute("aria-disabled") == "true", "to look is no edit"


def test_the_answer_slides_back_and_lies_on_the_series(visit, bare_page):
    card = card_of(visit(bare_page("forecast-bench-asking", ForecastBench())))
    assert "?" in card.locator(".rk-scores svg").text_content()
    answer(card)
    card.page.wait_for_function("document.querySelector('[data-field=\"slide\"]').value === '1'", timeout=8000)
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('B lags as well')")
    press(card, "ArrowLeft")
    assert "is off by 0.00 instead of 2.14: 0 is the mark of a copy" in said(card)
    assert "it lags, too" in said(card)
    assert set(scores(card)) >= {"last value", "network", "damped season"}


def test_an_edit_takes_the_slide_back(open_card):
    card = open_card(slide=1)
    press(card, "ArrowDown", on=card.locator("input[data-field='mix[1]']"))
    assert fields(card)["slide"] == "0"


def test_the_leak_shows_both_scores_and_where_its_windows_are(open_card):
    card = open_card()
    assert card.locator(".rk-its-like").count() == 0
    card.locator("[data-preset='A leak']").click()
    settle(card.page)
    board = scores(card)
    assert board["like, shuffled"] < 0.6 * min(board["like, ordered"], board["like, purged"])
    assert board["like, shuffled"] < board["network"]
    assert card.locator(".rk-its-like").count() >= 1
    assert "end" in said(card)


def test_numbers_of_the_board_do_not_move_with_the_origin(open_card):
    card = open_card()
    before = scores(card)
    act(card, "back")
    assert scores(card) == before


def test_before_the_answer_nothing_that_is_set_can_tell_it(visit, bare_page):
    card = card_of(visit(bare_page("forecast-bench-unanswered", ForecastBench())))
    field = card.locator("input[data-field='horizon']")
    field.evaluate("(field) => field.focus()")
    assert not field.evaluate("(field) => field === document.activeElement")
    assert card.locator(".rk-handle[data-trait=horizon]").count() == 0
    assert "?" in card.locator(".rk-scores svg").text_content()
    answer(card)
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('B lags as well')")
    press(card, "ArrowUp", on=field)
    assert fields(card)["horizon"] == "2"
    assert "the errors are of all 91" in said(card)
    act(card, "reset")
    settle(card.page)
    assert "?" in card.locator(".rk-scores svg").text_content()


def test_a_share_has_the_name_that_stands_above_it(open_card):
    card = open_card()
    field = card.get_by_label("last week", exact=True)
    field.fill("much")
    field.press("Enter")
    settle(card.page)
    assert said(card).startswith("last week needs a number from 0 to 1")


def test_trees_stand_on_the_board_before_the_network_on_the_riders(open_card):
    board = scores(open_card(series="ridership", stretch=2, mix=[0, 1, 0]))
    assert board["boosted trees"] < board["network"] < board["damped week"]


def test_what_was_before_is_dotted_and_the_best_naive_is_not(open_card):
    card = open_card()
    press(card, "ArrowDown", on=card.locator("input[data-field='mix[1]']"))
    dashes = "(at) => getComputedStyle(document.querySelector(at)).strokeDasharray"
    assert card.page.evaluate(dashes, ".rk-daily .rk-ghost") != "none"
    assert card.page.evaluate(dashes, ".rk-scores .rk-mark") == "none"
