"""Gradient River's own ways: painting the bed, the dam, the clip, the inputs, a step of descent and the sign."""

import re

import pytest
from looks import CONTRASTS
from shown import card_of, cells, fields, number, press, said, settle, step_of
from test_touch import PHONE, Finger

from rnnkit.explorers import GradientRiver

LINEAR = {"activation": "linear", "gain": 1, "committed": True}


@pytest.fixture
def open_card(visit, bare_page):
    """``open_card(**traits)`` gives the card on a page of its own; ``touch`` on a phone."""

    def go(touch=False, **traits):
        url = bare_page("gradient-river-own", GradientRiver(**traits))
        return card_of(visit(url, **PHONE) if touch else visit(url))

    return go


def at(locator, across, down):
    """A place within it, in shares of its width and height."""
    box = locator.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def column(card, k):
    """The middle of step k, in the bed."""
    region = card.locator("[data-grip=paint], [data-grip=water]")
    region.scroll_into_view_if_needed()
    return at(region, (k + 0.5) / 21, 0.5)


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_a_painted_guess_is_compared(open_card, touch):
    card = open_card(touch=touch)
    finger = Finger(card.page, touch)
    finger.down(*column(card, 20))
    for k in (18, 14, 9):
        finger.move(*column(card, k))
    finger.up(*column(card, 9))
    assert card.locator(".rk-guessed").count() == 12
    card.locator("[data-answer]").click()
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.startsWith('Steps 14–20')", timeout=9000)
    assert "You painted 12: 5 too many." in said(card)
    assert card.locator(".rk-guessed").count() == 12, "it stands above what is true"


def test_a_guess_is_painted_by_keys(open_card):
    card = open_card()
    bed = card.locator("[data-grip=paint]")
    press(card, "Space", "Shift+ArrowLeft", "Shift+ArrowLeft", on=bed)
    assert bed.get_attribute("aria-valuetext") == "step 18, painted"
    press(card, "Space", on=bed)
    assert bed.get_attribute("aria-valuetext") == "step 18, not painted"
    assert card.locator(".rk-guessed").count() == 2


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_one_guesses_before_one_is_told(open_card, touch):
    """The button stands behind the bed and names what is left out; until then, the card has no empty part."""
    card = open_card(touch=touch)
    bed, go, foot = (card.locator(one) for one in ("[data-grip=paint]", "[data-answer]", ".rk-bar"))
    order = "(bed, go) => Boolean(bed.compareDocumentPosition(go) & Node.DOCUMENT_POSITION_FOLLOWING)"
    assert bed.evaluate(order, go.element_handle())
    assert go.inner_text() == "Let it flow, without a guess"
    picture, side = card.locator(".rk-flow").bounding_box(), go.bounding_box()
    end = max(picture["y"] + picture["height"], side["y"] + side["height"])
    assert foot.bounding_box()["y"] - end < 24
    if not touch:
        assert picture["height"] < 400
    press(card, "Space", on=bed)
    assert go.inner_text() == "Let it flow"
    assert "Painted: 1 step of 20." in card.inner_text()


def test_until_the_answer_no_gradient_is_shown(open_card):
    card = open_card()
    names = cells(card)
    assert not any(name == "g" or name.startswith("part:") for name in names)
    assert not card.locator("[data-act=descend]").is_visible()
    assert card.locator(".rk-badge").is_hidden()


def test_the_dam_is_dragged_and_parked(open_card):
    card = open_card(**LINEAR)
    dam, finger = card.locator("[data-grip=dam]"), Finger(card.page, False)
    x, y = at(dam, 0.5, 0.5)
    finger.down(x, y)
    step = (column(card, 11)[0] - column(card, 1)[0]) / 10
    finger.move(x + 16 * step, y)
    finger.up(x + 16 * step, y)
    assert fields(card)["window"] == "5"
    assert "drops 15 terms" in said(card)
    assert "Not comparable" in card.locator(".rk-badge").inner_text()
    finger.down(x + 16 * step, y)
    finger.move(x - 30, y)
    finger.up(x - 30, y)
    assert fields(card)["window"] == "30", "at the end of the bed there is no window"
    press(card, "ArrowRight", on=dam)
    assert fields(card)["window"] == "19"
    press(card, "ArrowLeft", on=dam)
    assert fields(card)["window"] == "30"


def test_the_arc_clips_and_lets_go(open_card):
    card = open_card(**LINEAR)
    knob, finger = card.locator("[data-grip=knob-clip]"), Finger(card.page, False)
    x, y = at(knob, 0.5, 0.5)
    finger.down(x, y)
    finger.move(x - 14, y + 40)
    finger.up(x - 14, y + 40)
    assert 0 < float(fields(card)["clip"]) <= 99
    assert "Clipping shortens the whole arrow" in said(card)
    press(card, "ArrowDown", on=knob)
    before = float(fields(card)["clip"])
    press(card, "ArrowDown", on=knob)
    assert float(fields(card)["clip"]) == pytest.approx(before / 10**0.1, rel=0.03)
    finger.down(*at(knob, 0.5, 0.5))
    finger.move(x + 20, y - 60)
    finger.up(x + 20, y - 60)
    assert fields(card)["clip"] == "0"


def test_the_water_rests_while_one_drags(open_card):
    """It is redrawn by each move; an animation beside that would only hold its frames up."""
    card = open_card(**LINEAR)
    card.page.emulate_media(reduced_motion="no-preference")
    play = "(all) => [...new Set(all.map((one) => getComputedStyle(one).animationPlayState))]"
    drift = card.locator(".rk-drift")
    assert drift.count() == 4
    assert drift.evaluate_all(play) == ["running"]
    card.page.mouse.move(*at(card.locator("[data-grip=knob-gain]"), 0.5, 0.5))
    card.page.mouse.down()
    assert drift.evaluate_all(play) == ["paused"]
    card.page.mouse.up()
    assert drift.evaluate_all(play) == ["running"]


def test_clipping_leaves_every_part_as_it_is(open_card):
    card = open_card(**LINEAR)
    parts = lambda: {name: text for name, text in cells(card).items() if name.startswith("part:")}  # noqa: E731
    before = parts()
    card.locator("input[data-field=clip]").fill("1")
    assert parts() == before
    assert len(before) == 20


def loss_of(card):
    settle(card.page)
    return float(card.locator(".rk-update svg").get_attribute("aria-label").split("The loss is ")[1].split(";")[0])


def test_a_step_goes_down_and_the_sign_turns_it(open_card):
    card = open_card(clip=0.5, committed=True)
    first = loss_of(card)
    go = card.locator("[data-act=descend]")
    go.click()
    second = loss_of(card)
    assert second < first
    assert "One step down moved the loss" in said(card)
    card.get_by_role("button", name="uphill").click()
    go.click()
    assert loss_of(card) > second
    for _ in range(2):
        card.locator("[data-act=undo]").click()
    assert loss_of(card) == first


def test_the_first_steps_of_descent_descend(open_card):
    """Without a clip: five presses, and each time the loss falls."""
    card = open_card(committed=True, step=20)
    losses = [loss_of(card)]
    for _ in range(5):
        card.locator("[data-act=descend]").click()
        losses.append(loss_of(card))
    assert losses == sorted(set(losses), reverse=True)
    assert losses[-1] < losses[0] / 10


def test_a_preset_turns_the_sign_back(open_card):
    card = open_card(**LINEAR)
    card.get_by_role("button", name="uphill").click()
    card.get_by_role("button", name="One step up").wait_for()
    card.locator("[data-preset=Start]").click()
    card.get_by_role("button", name="One step down").wait_for()


def test_an_edit_while_it_plays_shows_the_last_step(open_card):
    card = open_card(**LINEAR)
    card.locator("[data-preset=Vanishes]").click()
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('how far it reaches')")
    press(card, "ArrowUp", on=card.locator("[data-grip=knob-gain]"))
    assert step_of(card) == 20


def moved(card):
    """The losses that a step's sentence tells, from and to."""
    return [number(v) for v in re.findall(r"\d+\.\d+", said(card).partition(" from ")[2])][:2]


@pytest.mark.parametrize("runs", ["preset", "play"])
def test_a_step_while_it_plays_is_about_the_last_loss(open_card, runs):
    """The replay ends at its last step first: both losses that are told are of that step."""
    card = open_card(clip=0.5, committed=True)
    first = loss_of(card)
    card.locator("[data-preset=Start], [data-act=play]").nth(0 if runs == "play" else 1).click()
    card.page.wait_for_function("document.querySelector('.rk-where').dataset.where < 12")
    card.locator("[data-act=descend]").click()
    assert step_of(card) == 20
    assert "One step down moved the loss" in said(card)
    was, now = moved(card)
    assert was == first > now == loss_of(card)


def test_a_sign_turned_while_it_plays_is_about_the_last_loss(open_card):
    card = open_card(committed=True)
    card.locator("[data-preset=Start]").click()
    card.page.wait_for_function("document.querySelector('.rk-where').dataset.where < 12")
    card.get_by_role("button", name="uphill").click()
    assert step_of(card) == 20
    assert said(card).startswith("The sign is turned")


def test_a_window_that_hardly_turns_the_arrow_says_so(open_card):
    card = open_card(committed=True, step=20, window=8)
    assert "turns by" in said(card)
    assert "only" in said(card)
    card.locator("[data-preset='Linear, cut at 5']").click()
    card.page.wait_for_function("document.querySelector('.rk-say').textContent.includes('another step is taken')")


def test_a_sentence_goes_with_what_it_was_about(open_card):
    """What a step did is not said any longer once the sign is turned, or another state is looked at, by key as well."""
    card = open_card(clip=0.5, committed=True)
    go = card.locator("[data-act=descend]")
    go.click()
    assert "One step down moved the loss" in said(card)
    card.get_by_role("button", name="uphill").click()
    assert said(card).startswith("The sign is turned")
    card.get_by_role("button", name="downhill").click()
    assert "sign" not in said(card)
    go.click()
    press(card, "ArrowLeft", on=card.locator("[data-grip=knob-k]"))
    assert "moved the loss" not in said(card)


def test_what_is_less_than_the_bed_can_show_is_dotted_and_named(open_card):
    """Fewer dots for less, and none for nothing; the width has its ticks at both banks."""
    dots = {}
    for gain in (0.9, 0.5, 0.3, 0):
        card = open_card(gain=gain, committed=True, source=20)
        dots[gain] = (card.locator(".rk-trickle").get_attribute("d") or "").count("M")
        named = set(card.locator(".rk-flow svg text").all_text_contents()) & {"10⁻⁶", "10⁻⁹", "10⁻¹²"}
        assert bool(named) == (0 < gain < 0.9)
    assert dots[0.5] > dots[0.3] > dots[0] == 0
    ticks = card.locator(".rk-flow svg text").all_text_contents()
    assert (ticks.count("10²"), ticks.count("10⁻³")) == (2, 1)


# Not the ribbons: they only lead the eye from a bar to its place in the sum, and both of these are among the parts.
MARKS = (".rk-part", ".rk-reach", ".rk-bank", ".rk-trickle", ".rk-used")
MARKS += (".rk-reading[fill-opacity^='0.9']",)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_stand_out_from_the_page(visit, bare_page, theme):
    """By 3 to 1, with their fill or with their edge."""
    one = GradientRiver(gain=0.45, inputs=[*[2, -2] * 5, *GradientRiver().inputs[10:]], committed=True)
    page = visit(bare_page("gradient-river-marks", one, theme=theme), theme=theme)
    card, seen = card_of(page), set()
    for mark in MARKS:
        contrasts = card.evaluate(CONTRASTS, mark)
        assert contrasts, mark
        assert not [found for found in contrasts if found[1] < 3]
        seen |= {look for name, _ in contrasts for look in name.split()}
    assert {"rk-adds", "rk-takes"} <= seen


def test_a_step_that_is_too_long_says_so(open_card):
    card = open_card(committed=True)
    card.locator("[data-preset=Explodes]").click()
    press(card, "End")
    card.locator("[data-act=descend]").click()
    assert "Downhill, and yet the loss rose" in said(card)


def test_a_step_beyond_all_weights_is_refused(open_card):
    card = open_card(activation="linear", gain=1.5, committed=True)
    before = fields(card)
    card.locator("[data-act=descend]").click()
    assert "beyond ±99" in said(card)
    assert fields(card) == before


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
def test_the_inputs_are_drawn(open_card, touch):
    card = open_card(touch=touch, committed=True)
    lane, finger = card.locator("[data-grip=inputs]"), Finger(card.page, touch)
    lane.scroll_into_view_if_needed()
    before = cells(card)
    finger.down(*at(lane, 0.5 / 20, 0.2))
    for k in range(1, 5):
        finger.move(*at(lane, (k + 0.5) / 20, 0.2))
    finger.up(*at(lane, 4.5 / 20, 0.2))
    after = cells(card)
    drawn = [float(after[f"x:{k}"]) for k in range(1, 6)]
    assert drawn == pytest.approx([drawn[0]] * 5, abs=0.05)
    assert drawn[0] > 0.4
    assert all(after[f"x:{k}"] == before[f"x:{k}"] for k in range(6, 21))
    card.locator("[data-act=undo]").click()
    assert cells(card)["x:1"] == before["x:1"]


def test_an_input_is_changed_by_keys(open_card):
    card = open_card(committed=True)
    lane = card.locator("[data-grip=inputs]")
    press(card, "Home", "ArrowRight", "ArrowRight", on=lane)
    assert lane.get_attribute("aria-valuetext") == "step 3, input 0.3"
    press(card, "Space", "ArrowUp", on=lane)
    assert cells(card)["x:3"] == "−0.2"


def test_the_river_is_read_where_one_points(open_card):
    card = open_card(**LINEAR)
    finger = Finger(card.page, False)
    x, y = column(card, 12)
    finger.down(x, y + 60)
    finger.up(x, y + 60)
    water = card.locator("[data-grip=water]")
    assert water.get_attribute("aria-valuenow") == "12"
    press(card, "ArrowLeft", on=water)
    assert water.get_attribute("aria-valuenow") == "11"
    press(card, "Home")
    assert step_of(card) == 0
    assert water.get_attribute("aria-valuenow") == "0", "the source is never after the loss"


def test_more_steps_and_units_keep_the_card_alive(open_card):
    card = open_card(committed=True)
    for title, sizes in (("Steps", ("4", "30")), ("Units", ("1", "4", "2"))):
        for size in sizes:
            card.get_by_label(title, exact=True).select_option(size)
            settle(card.page)
            assert card.locator(".rk-water").count() == 6
            assert "NaN" not in card.evaluate("(card) => card.outerHTML")
    assert step_of(card) == 30
