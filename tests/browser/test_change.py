"""Changes: one redraw a frame, undo, redo, reset, the ghost; and changes that come from a kernel."""

import numpy as np
import pytest
from shown import (
    MODEL,
    STATE,
    act,
    assert_states,
    card_of,
    cells,
    fields,
    first_field,
    open_fold,
    press,
    settle,
    state,
    turned,
)

from rnnkit.explorers import page_style, page_tokens

REDRAWS = """async ([selector, many]) => {
    const [card, field] = [document.querySelector(".rk-card"), document.querySelector(selector)];
    let redraws = 0;
    const watch = new MutationObserver(() => { redraws += 1; });
    for (const part of card.querySelectorAll(".rk-picture, .rk-bars")) {
        watch.observe(part, { childList: true, subtree: true, attributes: true });
    }
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    const before = redraws;
    for (let k = 0; k < many; k++) {
        field.value = String(0.1 + k / 10);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        await Promise.resolve();
    }
    await new Promise((done) => setTimeout(done, 0));
    const early = redraws - before;
    await frame();
    await frame();
    return [early, redraws - before];
}"""


def test_the_changes_of_a_frame_are_one_redraw(card):
    first_field(card).focus()
    early, all_of_them = card.page.evaluate(REDRAWS, ["input[inputmode='decimal']", 7])
    assert early <= 1, "nothing is drawn before the frame"
    assert all_of_them == 1
    assert first_field(card).get_attribute("aria-valuenow") == "0.7"


def test_what_rests_is_not_redrawn(card):
    settle(card.page)
    watch = """() => new Promise((done) => { let changes = 0;
        new MutationObserver((list) => { changes += list.length; }).observe(document.querySelector(".rk-card"),
            { childList: true, subtree: true, attributes: true, characterData: true });
        setTimeout(() => done(changes), 300); })"""
    card.page.wait_for_timeout(700)
    assert card.page.evaluate(watch) == 0


def test_an_edit_changes_the_numbers_to_rnnkits(kind, card):
    """Twenty random edits through the fields; every state shown is what rnnkit computes from the link's numbers."""
    rng = np.random.default_rng(15)
    open_fold(card)
    inputs = card.locator("input[data-field]:visible")
    for _ in range(20):
        field = inputs.nth(int(rng.integers(inputs.count())))
        low, high = (float(field.get_attribute(f"aria-value{end}")) for end in ("min", "max"))
        field.fill(str(round(rng.uniform(max(low, -2), min(high, 2)), 2)))
    settle(card.page)
    card.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    card.get_by_role("button", name="Copy link").click()
    link = card.get_by_label("Text to copy").input_value()
    given = {}
    for part in link.split(";")[1:]:
        name, text = part.split("=")
        rows = [[float(v) for v in row.split(",")] for row in text.split("/")]
        limit = kind.limits.traits[name]
        given[name] = [int(rows[0][0]) if limit.get("whole") else rows[0][0], rows[0], rows][len(limit.get("axes", ()))]
    one = kind(**given)
    press(card, "End")
    assert assert_states(cells(card), one.states) > 8


@pytest.mark.parametrize("k", [0, 1, 2])
def test_extremes_show_rnnkits_numbers(kind, visit, bare_page, k):
    one = kind(**kind.limits.extremes[k], committed=True)
    card = card_of(visit(bare_page(f"{kind.slug}-extreme-{k}", one)))
    open_fold(card)
    assert assert_states(cells(card), one.states) >= min(one.states.size, 11)
    act(card, "back")
    assert assert_states(cells(card), one.states) >= min(one.states.size, 11)


def ghosts(card):
    """What is left of the numbers of before."""
    settle(card.page)
    drawn = "(nodes) => nodes.filter((n) => (n.getAttribute('d') ?? '-') !== '').length"
    return card.locator(".rk-ghost, .rk-was").evaluate_all(drawn)


def test_an_edit_leaves_the_old_numbers_as_a_ghost(card):
    press(card, "End")
    assert ghosts(card) == 0
    press(card, "PageDown", on=first_field(card))
    assert ghosts(card) > 0
    press(card, "PageUp", on=first_field(card))
    assert ghosts(card) == 0, "back at the old numbers, there is nothing to compare"


def test_undo_redo_and_reset_go_the_whole_way(card):
    press(card, "End")
    seen = [fields(card)]
    visible = card.locator("input[data-field]:visible")
    for k in range(min(3, visible.count())):
        press(card, turned(visible.nth(k)), on=visible.nth(k))
        seen.append(fields(card))
    for want in seen[-2::-1]:
        act(card, "undo")
        assert fields(card) == want
    assert card.locator("[data-act=undo]").get_attribute("aria-disabled") == "true"
    act(card, "undo")
    assert fields(card) == seen[0], "there is nothing more to undo"
    for want in seen[1:]:
        act(card, "redo")
        assert fields(card) == want
    act(card, "redo")
    act(card, "reset")
    assert fields(card) == seen[0]
    act(card, "undo")
    assert fields(card) == seen[-1], "a reset can be undone too"


def test_an_edit_after_an_undo_ends_the_redo(card):
    press(card, "PageDown", on=first_field(card))
    act(card, "undo")
    press(card, "ArrowDown", on=first_field(card))
    now = fields(card)
    act(card, "redo")
    assert fields(card) == now


def test_one_visit_of_a_field_is_one_undo(card):
    before = fields(card)
    press(card, "ArrowDown", "ArrowDown", "ArrowDown", on=first_field(card))
    act(card, "undo")
    assert fields(card) == before


def test_undo_does_not_move_in_time(card):
    press(card, "PageDown", on=first_field(card))
    press(card, "Home", "ArrowRight")
    act(card, "undo")
    assert state(card)[2] == 1


def test_reset_brings_back_what_it_opened_with(card):
    before = state(card)
    press(card, "PageDown", on=first_field(card))
    card.locator("[data-preset]").first.click()
    press(card, "End")
    act(card, "reset")
    assert state(card) == before


@pytest.fixture
def kernel(kind, visit, bare_page):
    """A card on a model that stands for a kernel's, where each change is told by itself."""
    page = visit(bare_page("empty"))
    page.evaluate(MODEL, [kind._esm, kind(committed=True).traits_for_page(), page_tokens() + page_style((kind,))])
    return card_of(page)


def test_traits_that_come_one_by_one_are_drawn_when_they_fit(kernel, kind):
    first = cells(kernel)
    for extreme in kind.limits.extremes:
        one = kind(**extreme, committed=True)
        traits = {name: value for name, value in one.traits_for_page().items() if name in kind.limits.traits}
        for name, value in traits.items():
            kernel.page.evaluate("([name, value]) => model.set(name, value)", [name, value])
            settle(kernel.page)
            press(kernel, "ArrowLeft", "ArrowRight")
        kernel.page.evaluate("(step) => model.set('step', step)", one.step)
        assert assert_states(cells(kernel), one.states) >= min(one.states.size - 1, 10)
    assert cells(kernel) != first


def test_an_edit_is_saved_once_a_frame(kernel):
    kernel.page.evaluate("() => { saved = 0; }")
    first_field(kernel).focus()
    kernel.page.evaluate(REDRAWS, ["input[inputmode='decimal']", 7])
    assert 1 <= kernel.page.evaluate("saved") <= 2


def test_a_kernels_step_moves_the_card(kernel, kind):
    kernel.page.evaluate("model.set('step', 1)")
    settle(kernel.page)
    assert state(kernel)[2] == 1
    states = {name for name in cells(kernel) if STATE.fullmatch(name)}
    assert states
