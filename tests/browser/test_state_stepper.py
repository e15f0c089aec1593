"""State Stepper on the published page: what the reader does, and what he then sees."""

import re

import numpy as np
import pytest
from shown import assert_shows, card_of, cells, commit, expected, number, parameters, step_of

from rnnkit.explorers import StateStepper

ANSWERS = [f"{v:.3f}".lstrip("-") for v in StateStepper().states[3:].ravel()]


def test_it_mounts_and_the_still_picture_gives_way(card):
    assert card.is_visible()
    assert not card.page.locator(".rk-still").first.is_visible()


def test_keys_change_the_step_only_while_the_card_has_the_focus(card):
    keyboard = card.page.keyboard
    start = step_of(card)
    for key in ("ArrowRight", "End", "Space", "r"):
        keyboard.press(key)
    assert step_of(card) == start, "keys reached an explorer that has no focus"
    card.focus()
    keys = ("Home", "ArrowLeft", "ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft")
    for key, step in zip(keys, (0, 0, 1, 2, 5, 5, 4), strict=True):
        keyboard.press(key)
        assert step_of(card) == step, key
    keyboard.press("r")
    assert step_of(card) == start
    keyboard.press("Space")
    assert card.get_by_role("button", name="Pause").is_visible()
    card.page.wait_for_function(f"document.querySelector('.rk-card input[type=range]').value > {start}")
    keyboard.press("Space")
    assert card.get_by_role("button", name="Play").is_visible()


def test_keys_belong_to_the_control_that_has_the_focus(card):
    field = card.locator("[data-edit='W_hh[2,1]']")
    field.focus()
    start = step_of(card)
    card.page.keyboard.press("ArrowUp")
    card.page.keyboard.press("Home")
    assert (step_of(card), field.input_value()) == (start, "3")
    card.get_by_role("slider", name="Step").focus()
    card.page.keyboard.press("ArrowRight")
    assert step_of(card) == start + 1, "a slider moves by one, not by one for itself and one for the card"
    card.get_by_role("button", name="First step").focus()
    card.page.keyboard.press("Space")
    assert step_of(card) == 0
    assert card.get_by_role("button", name="Play").is_visible()


def test_buttons_and_a_click_in_the_picture_change_the_step(card):
    for name, step in (("Last step", 5), ("One step back", 4), ("First step", 0), ("One step forward", 1)):
        card.get_by_role("button", name=name).click()
        assert step_of(card) == step
    card.locator(".rk-hit[data-step='4']").click()
    assert step_of(card) == 4


def test_playing_ends_at_the_last_step(card):
    card.get_by_role("button", name="One step forward").click()
    card.get_by_role("button", name="One step forward").click()
    card.get_by_role("button", name="Play").click()
    card.page.wait_for_function("document.querySelector('.rk-card input[type=range]').value == 5", timeout=5000)
    card.get_by_role("button", name="Play").wait_for()


def test_the_answer_is_nowhere_until_the_reader_commits(card):
    for _ in range(7):
        for holder in (card.evaluate("(card) => card.outerHTML"), card.aria_snapshot()):
            assert not [answer for answer in ANSWERS if answer in holder]
        card.focus()
        card.page.keyboard.press("ArrowRight")
    card.page.keyboard.press("Home")
    hidden = [name for name, text in cells(card).items() if text == "?"]
    owed = [(place, t, j) for place in ("heat", "table") for t in (3, 4, 5) for j in (0, 1)]
    assert sorted(hidden) == sorted(f"{place}:h:{t}:{j}" for place, t, j in owed)
    commit(card)
    assert "?" not in cells(card).values()
    assert set(ANSWERS) <= {text.lstrip("−") for text in cells(card).values()}


def test_a_prediction_needs_numbers(card):
    card.get_by_role("button", name="Commit").click()
    assert "A prediction is a number for h₁ and h₂." in card.inner_text()
    assert "?" in cells(card).values()


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        ((1, 1), "h is no copy of the input"),
        ((0.99, 0), "They leave out W_hh times the state after step 2"),
        ((0.86, -0.9), "That is right to 0.05"),
        ((3, -2), "tanh never leaves the range from −1 to 1"),
        ((-0.5, 0.5), "Step 3 in the sum below shows each term"),
    ],
)
def test_the_reply_names_the_misconception(chapter, guess, sentence):
    card = card_of(chapter)
    for k, value in enumerate(guess):
        card.locator(".rk-guesses input").nth(k).fill(str(value))
    card.get_by_role("button", name="Commit").click()
    reply = card.locator(".rk-reply").inner_text()
    assert sentence in reply
    off = np.abs(np.array(guess) - StateStepper().states[3])
    assert f"off by {off[0]:.3f} and {off[1]:.3f}" in reply
    assert step_of(card) == 3


def test_one_edit_of_a_weight_changes_every_step(card):
    commit(card)
    before = cells(card)
    card.locator("[data-edit='W_hh[2,1]']").fill("-1.5")
    assert "W_hh[2,1] is now −1.5, at all 5 steps." in card.locator(".rk-note").inner_text()
    assert card.locator(".rk-timeline .rk-marked").count() == 5
    changed = {name for name, text in cells(card).items() if name.startswith("heat") and text != before[name]}
    assert changed == {f"heat:h:{t}:1" for t in range(2, 6)}
    card.focus()
    card.page.keyboard.press("ArrowRight")
    assert card.locator(".rk-timeline .rk-marked").count() == 0


def test_what_is_no_number_stays_out(card):
    field = card.locator("[data-edit='b[1]']")
    for text in ("", "100", "-1e9"):
        field.fill(text)
        assert field.get_attribute("aria-invalid") is not None
        assert number(cells(card)["sum:bias"]) == -0.3
        field.blur()
        assert "b[1] needs a number from −99 to 99; it stays −0.3." in card.locator(".rk-note").inner_text()
        assert field.input_value() == "-0.3"


def random_edit(card, rng):
    """One edit through the page's own controls; returns the field's name and what was typed, or None."""
    kind = rng.choice(["number", "number", "number", "number", "units", "steps", "unit"])
    hidden, steps = (int(card.get_by_label(f"{name}").input_value()) for name in ("Units H", "Steps T"))
    if kind == "units":
        card.get_by_label("Units H").select_option(str(rng.integers(1, 5)))
    elif kind == "steps":
        card.get_by_label("Steps T").select_option(str(rng.integers(3, 13)))
    elif kind == "unit":
        card.get_by_label("Unit", exact=True).select_option(str(rng.integers(1, hidden + 1)))
    else:
        j, k, t = rng.integers(1, hidden + 1), rng.integers(1, hidden + 1), rng.integers(1, steps + 1)
        name = rng.choice([f"W_ih[{j},1]", f"W_hh[{j},{k}]", f"b[{j}]", f"x at step {t}"])
        typed = str(round(rng.uniform(-1, 1) / np.sqrt(hidden), int(rng.integers(1, 6))))
        card.locator(f"[data-edit='{name}']").fill(typed)
        return name, float(typed)
    return None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_after_twenty_random_edits_every_number_is_rnnkits(chapter, seed):
    card, rng = card_of(chapter), np.random.default_rng(seed)
    commit(card)
    for _ in range(20):
        edit = random_edit(card, rng)
        if edit:
            assert float(card.locator(f"[data-edit='{edit[0]}']").input_value()) == edit[1]
    W, U, b, x = parameters(card)
    assert np.abs(W).sum() > 0
    assert len(x) >= 3
    h = StateStepper(weight_ih=W, weight_hh=U, bias=b, inputs=x, step=0).states
    unit = int(card.get_by_label("Unit", exact=True).input_value())
    for step in range(len(x) + 1):
        card.get_by_role("button", name="First step" if step == 0 else "One step forward").click()
        assert_shows(card, expected(W, U, b, x, h, step, unit), step)
        words = card.locator(".rk-words").inner_text()
        said = [number(text) for text in re.findall(r"h[₁₂₃₄] = (−?\d+\.\d{3})", words)]
        assert words.startswith(f"Step {step} of {len(x)}")
        assert len(said) == len(b)
        assert np.abs(said - h[step]).max() <= 0.0005 + 1e-9


def test_many_inputs_and_four_units_are_shown_as_rnnkit_has_them(visit, bare_page):
    rng = np.random.default_rng(3)
    W, U, b, x = (rng.uniform(-0.5, 0.5, shape) for shape in ((4, 3), (4, 4), (4,), (12, 3)))
    stepper = StateStepper(weight_ih=W, weight_hh=U, bias=b, inputs=x, step=0, unit=3, committed=True)
    card = card_of(visit(bare_page("many", stepper), viewport={"width": 375, "height": 800}))
    for step in range(13):
        assert_shows(card, expected(W, U, b, x, stepper.states, step, 3), step)
        card.get_by_role("button", name="One step forward").click()


def test_reset_brings_back_what_it_opened_with(card):
    commit(card)
    before = cells(card)
    card.get_by_label("Units H").select_option("4")
    card.get_by_label("Steps T").select_option("2")
    card.locator("[data-edit='b[4]']").fill("0.5")
    card.get_by_role("button", name="Reset").click()
    assert cells(card) == before
