"""Questions, the stories that answer them, presets and challenges."""

import time

import pytest
from shown import (
    STATE,
    act,
    answer,
    card_of,
    cells,
    fields,
    first_field,
    open_fold,
    press,
    said,
    settle,
    state,
    step_of,
)

from rnnkit.explorers.type_ahead import network


def withheld(card, states):
    """The numbers that the table withholds, as they would be printed, and that nothing else shows."""
    shown = cells(card)
    hidden = [STATE.fullmatch(name) for name, text in shown.items() if text == "?"]
    values = {f"{abs(states[int(where[1]), int(where[2] or 0)]):.3f}" for where in hidden if where}
    return values - {text.lstrip("−") for text in shown.values()}


def test_the_answer_is_nowhere_until_it_is_given(asking, kind):
    states = kind().states
    open_fold(asking)
    for name in ("", *("forward",) * 3, "back"):
        if name:
            act(asking, name)
        hidden = withheld(asking, states)
        assert hidden
        for holder in (asking.evaluate("(card) => card.outerHTML"), asking.aria_snapshot()):
            assert not [value for value in hidden if value in holder]
    answer(asking)
    press(asking, "End")
    assert "?" not in cells(asking).values()


def test_going_on_does_not_give_the_answer_away(asking, kind):
    """Whoever steps or plays to the end before they answer sees no more than at first."""
    open_fold(asking)
    first = {name for name, text in cells(asking).items() if text == "?"}
    shown = {name for name, text in cells(asking).items() if text != "?"}
    press(asking, "End")
    if asking.locator(".rk-form").is_visible():
        now = cells(asking)
        assert {name for name, text in now.items() if text == "?"} >= first
        later = {name for name in now if STATE.fullmatch(name)} - shown - first
        assert not later, f"these came into sight: {sorted(later)}"


def seen(card):
    return {name for name, text in cells(card).items() if STATE.fullmatch(name) and text != "?"}


def test_a_link_does_not_give_the_answer_away(kind, visit, bare_page):
    url = bare_page(f"{kind.slug}-asking", kind())
    first = seen(card_of(visit(url)))
    assert seen(card_of(visit(f"{url}#{kind.slug}=main;step={len(kind().states) - 1}"))) <= first


def test_an_answer_is_replied_to_and_the_question_goes(asking):
    assert asking.locator(".rk-form").is_visible()
    question = asking.get_by_role("heading").inner_text()
    assert "?" in question
    answer(asking)
    asking.page.wait_for_function("document.querySelector('.rk-say').textContent.trim().length > 10", timeout=3000)
    assert not asking.locator(".rk-form").is_visible()
    assert asking.evaluate("(card) => card.contains(document.activeElement)"), "the focus stays in the card"


def test_a_question_leaves_no_hole_and_the_picture_stays(asking):
    """Before and after the answer, the picture stands at the same place."""
    place = lambda: asking.locator(".rk-picture").first.bounding_box()["y"]  # noqa: E731
    before = place()
    answer(asking)
    settle(asking.page)
    press(asking, "End")
    assert abs(place() - before) < 1


def test_where_less_motion_is_asked_for_the_story_is_over_at_once(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-asking", kind()), reduced_motion="reduce")
    card = card_of(page)
    answer(card)
    page.wait_for_timeout(300)
    after = state(card)
    page.wait_for_timeout(500)
    assert state(card) == after
    assert page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length") == 0
    press(card, "Home", "Space")
    assert step_of(card) == len(kind().states) - 1, "playing is a jump to the end"


TOUCHES = {
    "a key": lambda card: press(card, "ArrowLeft"),
    "a button": lambda card: act(card, "back"),
    "a field": lambda card: press(card, "ArrowDown", on=first_field(card)),
    "reset": lambda card: act(card, "reset"),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_any_touch_ends_what_runs_by_itself(kind, asking, touch):
    answer(asking)
    asking.page.wait_for_timeout(500)
    if touch == "a field" and not first_field(asking).count():
        act(asking, "back")
    TOUCHES[touch](asking)
    after = state(asking)
    asking.page.wait_for_timeout(900)
    assert state(asking) == after


def test_a_touch_ends_a_glide(asking):
    """Where a story moves a number by itself, it lets go of it for good."""
    answer(asking)
    before, deadline = fields(asking), time.monotonic() + 7
    while fields(asking) == before and time.monotonic() < deadline:
        asking.page.wait_for_timeout(50)
    if fields(asking) == before:
        pytest.skip("its story moves no number")
    press(asking, "ArrowLeft")
    after = state(asking)
    asking.page.wait_for_timeout(2500)
    assert state(asking) == after


def test_playing_is_ended_by_a_field(card):
    press(card, "Home", "Space")
    card.page.wait_for_timeout(100)
    press(card, "ArrowDown", on=first_field(card))
    after = state(card)
    card.page.wait_for_timeout(900)
    assert state(card) == after


def test_presets_set_say_and_are_marked(card):
    buttons = card.locator("[data-preset]")
    assert buttons.count() >= 3
    seen = []
    for k in range(buttons.count()):
        buttons.nth(k).click()
        settle(card.page)
        assert buttons.nth(k).get_attribute("aria-pressed") == "true"
        assert card.locator("[data-preset][aria-pressed=true]").count() == 1
        press(card, "End")
        seen.append(str({k: v for k, v in cells(card).items() if STATE.fullmatch(k)}))
        assert said(card)
    assert len(set(seen)) >= len(seen) - 1
    press(card, "ArrowUp", on=first_field(card))
    assert card.locator("[data-preset][aria-pressed=true]").count() == 0, "an edit is no preset"


def test_a_presets_sentence_is_spoken(card):
    """And that of each one after another, once it has come to rest."""
    for preset in card.locator("[data-preset]").all():
        preset.click()
        card.page.wait_for_function(
            """() => {
                const text = (one) => document.querySelector(one).textContent;
                const [said, heard] = [text(".rk-say"), text("[role=status]")];
                return said.length > 10 && heard === said;
            }""",
            timeout=9000,
        )


def test_a_preset_can_be_undone(card):
    before = fields(card), {k: v for k, v in cells(card).items() if k.startswith("x:")}
    press(card, "PageDown", on=first_field(card))
    edited = fields(card)
    card.locator("[data-preset]").last.click()
    settle(card.page)
    act(card, "undo")
    assert fields(card) == edited
    act(card, "undo")
    assert (fields(card), {k: v for k, v in cells(card).items() if k.startswith("x:")}) == before


def lamps(card):
    settle(card.page)
    return card.evaluate("(card) => [...card.querySelectorAll('.rk-lamp')].map((n) => n.className.split('rk-').at(-1))")


def test_a_failed_challenge_lights_its_lamps_and_shows_the_first_failure(card, kind):
    dare = card.locator("[data-act=dare]")
    if not dare.count():
        pytest.skip("it has no challenge")
    assert set(lamps(card)) == {"open"}
    dare.click()
    settle(card.page)
    begun = said(card)
    dare.click()
    lit = lamps(card)
    assert set(lit) <= {"passed", "failed"}
    assert "failed" in lit
    settle(card.page)
    assert f"Test {lit.index('failed') + 1}, " in said(card)
    assert said(card) != begun
    for k, look in enumerate(lit):
        assert card.get_by_role("img", name=f"hidden test {k + 1}: {look}").count() == 1
    assert {name for name, text in cells(card).items() if name.startswith("x:") and text != "0"}
    press(card, "ArrowDown", on=first_field(card))
    assert set(lamps(card)) == {"open"}, "lamps tell of the numbers that were checked"


SOLVED = {
    "evidence-bench": {"x 4": "-0.5", "x 10": "-0.5"},
    "forecast-bench": {"mix[1]": "0.3"},
    "gate-lab": {"i x": "12", "i h": "-16", "i b": "-6", "f b": "6", "o b": "6"},
    "gradient-river": {"gain": "1.2"},
    "spectrum-scope": {"gain": "1.1", "lean": "5"},
    "latch": {"w": "2.4", "b": "0", "u": "3.8"},
    "stream-desk": {"every": "16"},
    "state-stepper": {"W_ih[1,1]": "3", "W_hh[1,1]": "8", "W_hh[1,2]": "15", "b[1]": "-5"},
    "type-ahead": {"unit": str(network.load().about["presets"]["brackets"]["unit"] + 1), "held": "1"},
}


def turn_to(card, name, text):
    """By its field ("x 4" is x at step 4); a number without one has a handle, and the strip of units none of both."""
    name, _, step = name.partition(" ") if name.startswith("x ") else (name, "", "")
    if step:
        press(card, "Home", *["ArrowRight"] * int(step))
    field = card.locator(f"input[data-field='{name}']:visible")
    if field.count():
        field.first.fill(text)
        field.first.press("Enter")
    elif name == "unit":
        card.locator("[data-grip=cells]").focus()
        while (now := int(card.locator(".rk-unit b").first.inner_text().split()[1])) != int(text):
            press(card, "ArrowDown" if now < int(text) else "ArrowUp", on=card.locator("[data-grip=cells]"))
    else:
        press(card, {"1": "End", "-1": "Home"}[text], on=card.locator(f".rk-handle[data-trait='{name}']"))


def test_a_solved_challenge_says_so(card, kind):
    dare = card.locator("[data-act=dare]")
    if not dare.count():
        pytest.skip("it has no challenge")
    dare.click()
    settle(card.page)
    for name, text in SOLVED[kind.slug].items():
        turn_to(card, name, text)
    dare.click()
    assert set(lamps(card)) == {"passed"}
    assert "All six" in said(card)
