"""State Stepper as its numbers change: from a kernel one trait at a time, in what it says, in a second prediction."""

import json

import numpy as np
import pytest
from shown import card_of, cells, commit, number, step_of, wait_for_note

from rnnkit.explorers import StateStepper, page_style, page_tokens

# The notebook's own module, mounted on a model that stands for a kernel's: every change is told by itself.
MOUNT = """async ([source, traits, style]) => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
    const it = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const listeners = {};
    window.model = {
        get: (name) => traits[name],
        set: (name, value) => { traits[name] = value; (listeners[`change:${name}`] ?? []).forEach((tell) => tell()); },
        on: (event, tell) => { (listeners[event] ??= []).push(tell); },
        off: () => {},
        save_changes: () => {},
    };
    const el = document.body.appendChild(document.createElement("div"));
    it.default.render({ model, el });
}"""


def of_size(rng, H):
    shapes = {"weight_ih": (H, 1), "weight_hh": (H, H), "bias": (H,), "inputs": (6, 1)}
    return StateStepper(**{name: rng.uniform(-1, 1, shape).round(3) for name, shape in shapes.items()}, step=4, unit=H)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 2), (4, 1)])
@pytest.mark.parametrize("order", [("weight_ih", "weight_hh", "bias"), ("bias", "weight_hh", "weight_ih")])
def test_traits_that_come_one_by_one_are_drawn_when_they_fit(visit, bare_page, before, after, order):
    rng = np.random.default_rng(10)
    page = visit(bare_page("empty"))
    first, second = of_size(rng, before), of_size(rng, after)
    start = {**first.traits_for_page(), "committed": True}
    page.evaluate(MOUNT, [StateStepper._esm, start, page_tokens() + page_style()])
    card = card_of(page)
    shown = cells(card)
    for name in ("inputs", *order):
        assert name == "inputs" or name == order[0] or cells(card) == shown, "drawn too early"
        page.evaluate("([name, value]) => model.set(name, value)", [name, getattr(second, name)])
        shown = cells(card) if name == "inputs" else shown
        card.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
    now = cells(card)
    heat = np.array([[number(now[f"heat:h:{t}:{j}"]) for j in range(after)] for t in range(7)])
    assert np.abs(heat - second.states).max() <= 0.0005 + 1e-9
    assert f"heat:h:0:{after}" not in now
    assert f"{after} unit" in card.locator(".rk-note").inner_text()


def test_a_change_of_size_is_told_and_clears_the_old_note(chapter):
    card = card_of(chapter)
    commit(card)
    card.locator("[data-edit='W_hh[2,1]']").fill("-1.5")
    wait_for_note(chapter, "at all 5 steps")
    card.get_by_label("Units H").select_option("3")
    wait_for_note(chapter, "3 units, 5 steps now.")
    card.get_by_label("Steps T").select_option("7")
    wait_for_note(chapter, "3 units, 7 steps now.")
    card.get_by_role("button", name="Reset").click()
    wait_for_note(chapter, "Back to the numbers it opened with.")


def predict(card, *guess):
    for k, value in enumerate(guess):
        card.locator(".rk-guesses input").nth(k).fill(str(value))
    card.get_by_role("button", name="Commit").click()
    return card.locator(".rk-reply").inner_text()


def test_a_reply_says_when_it_is_of_numbers_no_longer_shown(chapter):
    card = card_of(chapter)
    reply = predict(card, 0.5, 0.5)
    assert "the network gave 0.858" in reply
    card.locator("[data-edit='W_ih[1,1]']").fill("-1.5")
    assert card.locator(".rk-reply").inner_text() == f"For the numbers before your change: {reply}"
    card.get_by_role("button", name="Reset").click()
    assert card.locator(".rk-reply").inner_text() == reply


def test_a_second_prediction_is_of_the_present_numbers(chapter):
    card = card_of(chapter)
    predict(card, 0.5, 0.5)
    card.locator("[data-edit='W_ih[1,1]']").fill("-1.5")
    W, after = [[-1.5], [0]], cells(card)
    card.get_by_role("button", name="Predict again").click()
    assert card.locator(".rk-reply").inner_text() == ""
    hidden = {name for name, text in cells(card).items() if text == "?" and name.startswith("heat")}
    assert hidden == {f"heat:h:{t}:{j}" for t in (3, 4, 5) for j in (0, 1)}
    assert step_of(card) == 2
    focused = card.locator(".rk-guesses input").first
    assert focused.evaluate("(field) => field === document.activeElement && field.value === ''")
    h = StateStepper(weight_ih=W).states[3].round(3)
    assert "That is right to 0.05." in predict(card, *h)
    heat = {name: text for name, text in cells(card).items() if name.startswith("heat")}
    assert heat == {name: text for name, text in after.items() if name.startswith("heat")}
    assert card.get_by_role("button", name="Predict again").is_visible()


def test_print_shows_the_readers_numbers_once_he_has_committed(chapter):
    card = card_of(chapter)
    printed = lambda: chapter.locator(".rk-still .rk-wide [data-cell='heat:h:3:0']").text_content()  # noqa: E731
    card.locator("[data-edit='W_ih[1,1]']").fill("-1.5")
    chapter.pdf()
    assert printed() == "0.858", "before he commits, the numbers that it opened with"
    commit(card)
    chapter.pdf()
    want = StateStepper(weight_ih=[[-1.5], [0]]).states
    assert abs(number(printed()) - want[3, 0]) <= 0.0005 + 1e-9
    assert abs(number(chapter.locator(".rk-still table [data-cell='table:h:5:1']").text_content()) - want[5, 1]) < 6e-4
    assert chapter.locator(".rk-still .rk-wide [data-cell='weight:ih:0:0']").text_content() == "−1.5"
    assert chapter.locator(".rk-still figcaption").count() == 1


COLLIDING = """(card) => {
    const all = [...card.querySelectorAll(".rk-timeline :is(.rk-math, .rk-number)")].filter((n) => n.textContent);
    const boxes = all.map((node) => ({ text: node.textContent, at: node.getBoundingClientRect() }));
    const edge = card.querySelector(".rk-timeline").getBoundingClientRect();
    const meet = (a, b, by) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > by
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > by + 5; // a text's box is higher than its letters
    const met = (a, k) => boxes.slice(k + 1).filter((b) => meet(a.at, b.at, 1));
    const pairs = boxes.flatMap((a, k) => met(a, k).map((b) => [a.text, b.text]));
    const outside = boxes.filter(({ at }) => at.right > edge.right + 1 || at.left < edge.left - 1).map((b) => b.text);
    const inputs = [...card.querySelectorAll("[data-cell^='graph:x']")].filter((node) => {
        const [x, frame] = [node.getBoundingClientRect(), node.previousElementSibling?.getBoundingClientRect()];
        return node.previousElementSibling?.matches(".rk-box") && (x.left < frame.left || x.right > frame.right);
    });
    return JSON.stringify([pairs, outside, inputs.map((node) => node.textContent)]);
}"""


@pytest.mark.parametrize("width", [720, 343])
@pytest.mark.parametrize(("hidden", "steps"), [(4, 12), (2, 12), (2, 5)])
def test_no_letter_meets_another_nor_leaves_its_place(visit, bare_page, width, hidden, steps):
    rng = np.random.default_rng(11)
    shapes = {"weight_ih": (hidden, 1), "weight_hh": (hidden, hidden), "bias": (hidden,), "inputs": (steps, 1)}
    numbers = {name: rng.uniform(-1, 1, shape) for name, shape in shapes.items()}
    numbers["inputs"][1] = -12.345
    page = visit(bare_page("tight", StateStepper(**numbers, committed=True)), viewport={"width": width, "height": 900})
    assert json.loads(card_of(page).evaluate(COLLIDING)) == [[], [], []]


def test_the_question_leaves_no_hole_above_the_picture(visit, chapter_url):
    for width, most in ((1280, 28), (375, 40)):
        card = card_of(visit(chapter_url, viewport={"width": width, "height": 900}))
        form, picture = card.locator(".rk-form").bounding_box(), card.locator(".rk-picture").bounding_box()
        assert 0 < picture["y"] - form["y"] - form["height"] <= most


LOOK = {
    ".rk-timeline .rk-box": ("fill", "rgb(255, 255, 255)"),
    ".rk-timeline .rk-now": ("fill", "none"),
    ".rk-timeline .rk-now ~ .rk-gap": ("fill", "rgb(255, 255, 255)"),  # the border does not pierce W_hh
    ".rk-timeline .rk-hit": ("fill", "rgba(0, 0, 0, 0)"),
    ".rk-timeline .rk-node": ("strokeDasharray", "0.1px, 4px"),
    ".rk-timeline .rk-negative": ("fill", "rgb(43, 92, 158)"),
    ".rk-timeline .rk-positive": ("fill", "rgb(196, 86, 26)"),
    ".rk-timeline .rk-arrow": ("fill", "none"),
    ".rk-timeline .rk-math": ("fontStyle", "italic"),
    ".rk-timeline .rk-number": ("textAnchor", "middle"),
    ".rk-card": ("borderRadius", "12px"),
    ".rk-player": ("display", "flex"),
    ".rk-table": ("borderCollapse", "collapse"),
}


def test_the_style_reaches_every_part(chapter):
    """A brace that is missing, or a file left out, would leave pictures black and parts in a heap."""
    card_of(chapter)
    got = chapter.evaluate(
        """(look) => Object.entries(look)
            .map(([at, [name]]) => [at, getComputedStyle(document.querySelector(at))[name]])""",
        LOOK,
    )
    assert dict(got) == {at: value for at, (_, value) in LOOK.items()}
