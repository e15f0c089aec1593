"""Fingers and the mouse in the picture: a grab moves nothing, a drag does, and a swipe still scrolls the page."""

import pytest
from shown import card_of, cells, first_field, press, settle, state

PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}


class Finger:
    """One finger, or the mouse, that goes down, moves and comes up."""

    def __init__(self, page, touch):
        self.page, self.touch = page, touch
        self.client = page.context.new_cdp_session(page) if touch else None

    def send(self, kind, x, y):
        if self.touch:
            points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
            self.client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        elif kind == "touchMove":
            self.page.mouse.move(x, y)
        else:
            self.page.mouse.move(x, y)
            (self.page.mouse.down if kind == "touchStart" else self.page.mouse.up)()
        settle(self.page)

    def down(self, x, y):
        self.send("touchStart", x, y)

    def move(self, x, y):
        self.send("touchMove", x, y)

    def up(self, x, y):
        self.send("touchEnd", x, y)


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture(params=[True, False], ids=["touch", "mouse"])
def held(request, kind, visit, bare_page):
    """A card and a finger or the mouse over it."""
    url = bare_page(kind.slug, kind(committed=True))
    page = visit(url, **PHONE) if request.param else visit(url)
    return card_of(page), Finger(page, request.param)


def test_a_grab_beside_the_middle_moves_nothing(held):
    card, finger = held
    handles = card.locator(".rk-handle[data-trait]")
    if not handles.count():
        pytest.skip("it has no handles")
    for k in range(handles.count()):
        handle = handles.nth(k)
        handle.scroll_into_view_if_needed()
        before = float(handle.get_attribute("aria-valuenow"))
        x, y = middle(handle)
        right, up = (2, 0) if handle.get_attribute("aria-orientation") == "horizontal" else (0, 1)
        finger.down(x + 3, y + 9)
        assert float(handle.get_attribute("aria-valuenow")) == before, "it jumped when it was taken"
        finger.move(x + 3 + 14 * right, y + 9 - 14 * up)
        finger.move(x + 3 + 20 * right, y + 9 - 20 * up)
        assert float(handle.get_attribute("aria-valuenow")) != before
        finger.move(x + 3, y + 9)
        assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(before, abs=0.025), "there and back"
        finger.up(x + 3, y + 9)


def test_a_handle_stays_within_its_limits(held, kind):
    card, finger = held
    handles = card.locator(".rk-handle[data-trait]")
    if not handles.count():
        pytest.skip("it has no handles")
    handle = handles.first
    limit = kind.limits.traits[handle.get_attribute("data-trait")]
    high = float(handle.get_attribute("aria-valuemax"))
    x, y = middle(handle)
    finger.down(x, y)
    for to in (-400, 400):
        finger.move(x + to, y + to)
        assert limit["low"] <= float(handle.get_attribute("aria-valuenow")) <= high
    finger.up(x, y)


def cell_of(card, column):
    """The first strip, and a place in it so many px from its left end."""
    if not card.locator(".rk-strip").count():
        pytest.skip("it has no row of inputs")
    strip = card.locator(".rk-strip").first
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    return strip, box["x"] + column, box["y"] + box["height"] / 2


def test_a_tap_on_an_input_flips_it_and_undo_flips_it_back(held):
    card, finger = held
    strip, x, y = cell_of(card, 14)
    before = state(card)
    values = [strip.get_attribute("aria-valuenow")]
    for _ in range(2):
        finger.down(x, y)
        finger.up(x, y)
        values.append(strip.get_attribute("aria-valuenow"))
    assert values[0] == "0"
    assert values[1] == "1"
    assert values[2] != "1"
    card.locator("[data-act=undo]").click()
    settle(card.page)
    assert card.locator(".rk-strip").first.get_attribute("aria-valuenow") == "1"
    card.locator("[data-act=undo]").click()
    assert state(card)[1] == before[1]


def test_a_drag_on_an_input_sets_tenths(held):
    card, finger = held
    strip, x, y = cell_of(card, 14)
    finger.down(x, y)
    finger.move(x, y - 8)
    finger.move(x, y - 12)
    finger.up(x, y - 12)
    value = float(strip.get_attribute("aria-valuenow"))
    assert 0.2 <= value <= 0.9
    assert value == round(value, 1)


def test_sideways_over_the_steps_scrubs(held):
    card, finger = held
    region = card.locator(".rk-region:not(.rk-strip)").first
    region.scroll_into_view_if_needed()
    box = region.bounding_box()
    y, seen = box["y"] + box["height"] / 2, []
    finger.down(box["x"] + 0.1 * box["width"], y)
    for share in (0.4, 0.7, 0.97):
        finger.move(box["x"] + share * box["width"], y)
        seen.append(int(card.locator(".rk-where").get_attribute("data-where")))
    finger.up(box["x"] + box["width"] - 3, y)
    assert seen == sorted(set(seen))
    assert len(seen) == 3


def test_a_swipe_over_the_picture_scrolls_the_page(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-tall", kind(committed=True), text="<p style='height: 2000px'></p>"), **PHONE)
    card = card_of(page)
    region, before = card.locator(".rk-region:not(.rk-strip)").first, cells(card)
    region.scroll_into_view_if_needed()
    x, y = middle(region)
    top, finger = page.evaluate("scrollY"), Finger(page, True)
    finger.down(x, y)
    for by in range(20, 200, 20):
        finger.move(x, y - by)
    finger.up(x, y - 200)
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") > top + 50
    assert {k for k in before if k.startswith("h:")} == {k for k in cells(card) if k.startswith("h:")}


def test_a_second_finger_changes_nothing(kind, visit, bare_page):
    page = visit(bare_page(kind.slug, kind(committed=True)), **PHONE)
    card = card_of(page)
    strip, x, y = cell_of(card, 14)
    client = page.context.new_cdp_session(page)
    one, two = {"x": x, "y": y, "id": 0}, {"x": x + 60, "y": y, "id": 1}
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [one]})
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [one, two]})
    settle(page)
    before = state(card), strip.get_attribute("aria-valuetext")
    client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [one, two | {"y": y - 60}]})
    settle(page)
    assert (state(card), strip.get_attribute("aria-valuetext")) == before
    client.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})


def test_a_cancelled_touch_changes_nothing(kind, visit, bare_page):
    """The browser takes the gesture for itself; the edit before it stays."""
    page = visit(bare_page(kind.slug, kind(committed=True)), **PHONE)
    card = card_of(page)
    press(card, "PageDown", on=first_field(card))
    press(card, "End")
    before = state(card)
    _, x, y = cell_of(card, 14)
    client = page.context.new_cdp_session(page)
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    assert state(card) == before
