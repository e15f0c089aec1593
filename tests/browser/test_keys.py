"""The keyboard: through time, into the picture, and never where it does not belong."""

import pytest
from shown import act, first_field, press, state, step_of, turned

PLAYING = "() => document.querySelector('[data-act=play]').getAttribute('aria-label') === 'Pause'"


def test_keys_move_the_step_only_while_the_card_has_the_focus(card):
    start = step_of(card)
    for key in ("ArrowRight", "End", "Space", "r"):
        card.page.keyboard.press(key)
    assert step_of(card) == start, "keys reached an explorer that has no focus"
    press(card, "End")
    last = step_of(card)
    for key, step in (("ArrowRight", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1)):
        press(card, key)
        assert step_of(card) == step, key
    press(card, "r")
    assert step_of(card) == start


def test_space_plays_and_pauses(card):
    press(card, "Home", "Space")
    card.page.wait_for_function(PLAYING)
    card.page.wait_for_function("Number(document.querySelector('.rk-where').dataset.where) >= 1", timeout=4000)
    press(card, "Space")
    assert not card.page.evaluate(PLAYING)
    here = step_of(card)
    card.page.wait_for_timeout(900)
    assert step_of(card) == here


def test_space_on_a_button_presses_that_button(card):
    press(card, "Home")
    press(card, "Space", on=card.locator("[data-act=forward]"))
    assert step_of(card) == 1
    assert not card.page.evaluate(PLAYING)


def test_buttons_move_the_step(card):
    press(card, "Home")
    act(card, "forward")
    act(card, "forward")
    act(card, "back")
    assert step_of(card) == 1


def test_playing_ends_at_the_last_step(card):
    press(card, "End")
    last = step_of(card)
    press(card, "ArrowLeft")
    act(card, "play")
    card.page.wait_for_function(f"document.querySelector('.rk-where').dataset.where === '{last}'", timeout=4000)
    card.page.wait_for_function(f"!({PLAYING})()")


def test_keys_in_a_field_stay_in_the_field(card):
    start = step_of(card)
    press(card, "ArrowLeft", "ArrowRight", "Home", "End", on=first_field(card))
    assert step_of(card) == start


def test_undo_by_keys_and_never_within_a_text(card):
    before = state(card)
    press(card, turned(first_field(card)), on=first_field(card))
    edited = state(card)
    assert edited[0] != before[0]
    press(card, "Control+z", on=first_field(card))
    press(card, "Control+z")
    assert state(card)[0] == before[0]
    press(card, "Control+Shift+z")
    assert state(card)[0] == edited[0]


def test_tab_reaches_every_slider_of_the_picture(card):
    sliders = card.locator("[role=slider]:visible").count()
    card.focus()
    reached = set()
    for _ in range(60):
        card.page.keyboard.press("Tab")
        name = card.page.evaluate("document.activeElement.closest('.rk-card') && document.activeElement.dataset.grip")
        if name:
            reached.add(name)
    assert len(reached) == sliders > 0


def test_what_has_the_focus_is_outlined(card):
    look = """() => { const node = document.activeElement;
        return [node, node.querySelector("span"), node.closest(".rk-editor")].filter(Boolean)
            .some((n) => getComputedStyle(n).outlineStyle !== "none" || getComputedStyle(n).boxShadow !== "none"); }"""
    card.focus()
    seen = 0
    for _ in range(40):
        card.page.keyboard.press("Tab")
        if card.page.evaluate("Boolean(document.activeElement.closest('.rk-card'))"):
            assert card.page.evaluate(look), card.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            seen += 1
    assert seen > 8


def test_arrows_turn_a_handle_finely_and_with_shift_coarsely(card, kind):
    handles = card.locator(".rk-handle[data-trait]")
    if not handles.count():
        pytest.skip("it has no handles")
    for k in range(handles.count()):
        handle = handles.nth(k)
        limit = kind.limits.traits[handle.get_attribute("data-trait")]
        value = lambda handle=handle: float(handle.get_attribute("aria-valuenow"))  # noqa: E731
        before, high = value(), float(handle.get_attribute("aria-valuemax"))
        down = -1 if before + limit["coarse"] > high else 1
        keys = ("ArrowUp", "ArrowDown") if down > 0 else ("ArrowDown", "ArrowUp")
        press(card, keys[0], on=handle)
        assert value() == pytest.approx(before + down * limit["fine"])
        press(card, keys[1], f"Shift+{keys[0]}", on=handle)
        assert value() == pytest.approx(before + down * limit["coarse"])
        press(card, "Home", on=handle)
        assert value() == limit["low"]
        press(card, "End", on=handle)
        assert value() == high


def test_a_handle_keeps_the_focus_while_it_is_turned(card):
    sliders = card.locator("[role=slider]:visible")
    for k in range(sliders.count()):
        name = sliders.nth(k).get_attribute("data-grip")
        press(card, "ArrowUp", "ArrowDown", on=sliders.nth(k))
        assert card.page.evaluate("document.activeElement.dataset.grip") == name


def test_the_strip_is_set_by_keys(card):
    """Arrows choose an input, Space flips it, up and down change it by a tenth."""
    if not card.locator(".rk-strip").count():
        pytest.skip("it has no row of inputs")
    strip = card.locator(".rk-strip").first
    value = lambda: float(strip.get_attribute("aria-valuenow"))  # noqa: E731
    press(card, "Home", "ArrowRight", "ArrowRight", on=strip)
    assert "step 3" in strip.get_attribute("aria-valuetext")
    press(card, "ArrowLeft", on=strip)
    before = value()
    press(card, "Space", on=strip)
    assert value() != before
    flipped = value()
    press(card, "ArrowDown", on=strip)
    assert value() == pytest.approx(flipped - 0.1)


def test_keys_with_a_modifier_are_the_browsers(card):
    start = step_of(card)
    press(card, "Control+ArrowRight", "Shift+Tab", "Control+ArrowRight")
    assert step_of(card) == start
