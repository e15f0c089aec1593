"""A word that is said step by step: clicks and arrow keys move from sound to sound, and a letter is taken away."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Aligned

KNEE = {
    "sound": ["N", "IY"],
    "weights": [[0.1, 0.9, 0, 0], [0, 0.02, 0.68, 0.3]],
    "without": [["N", "IY"], ["K", "IY"], ["N", "EH"], ["N", "EH"]],
}
BOX = {"sound": ["B", "AA", "K", "S"], "weights": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], "without": [["AA"]] * 3}
COVERED = """() => [...document.querySelectorAll(".rk-one")].filter((n) => n.offsetHeight)[0]
    .querySelectorAll(".rk-sounds label").values().toArray()
    .map((n) => getComputedStyle(n, "::after").content !== "none")"""


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Aligned({"knee": KNEE, "box": BOX}, {"IY": "eat"}, "A word.", "Look.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Word</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def seen(page):
    """How many sounds are covered, and what is said."""
    return sum(page.evaluate(COVERED)), page.locator(".rk-said:visible").inner_text()


def test_clicks_and_arrow_keys_go_from_sound_to_sound(page):
    assert seen(page) == (1, "Step 1: it says N. It looks at n with 0.90.")
    page.locator(".rk-sounds label:visible").nth(1).click()
    assert seen(page) == (0, "Step 2: it says IY, as in eat. It looks at e with 0.68.")
    page.keyboard.press("ArrowLeft")
    assert seen(page)[0] == 1
    box = page.locator(".rk-sounds label:visible").first.bounding_box()
    assert min(box["height"], box["width"]) >= 44


def test_a_letter_is_taken_away(page):
    page.locator(".rk-take label:visible").click()
    assert page.locator(".rk-without:visible").inner_text() == "Of kee it says K IY."
    assert page.locator(".rk-without:visible u").inner_text() == "K"
    struck = "(n) => getComputedStyle(n).textDecorationLine"
    assert page.locator(".rk-letters:visible b").nth(1).evaluate(struck) == "line-through"
    page.locator(".rk-take label:visible").click()
    assert page.locator(".rk-without:visible").count() == 0


def test_another_word_has_steps_of_its_own(page):
    page.get_by_text("box", exact=True).click()
    assert seen(page) == (3, "Step 1: it says B. It looks at b with 1.00.")
    page.locator(".rk-sounds label:visible").nth(3).click()
    assert seen(page)[0] == 0


def test_all_of_it_fits_the_screen_and_nothing_moves(page):
    figure = page.locator("figure")
    before = figure.bounding_box()
    assert before["height"] < 600
    page.locator(".rk-sounds label:visible").nth(1).click()
    page.locator(".rk-take label:visible").click()
    assert figure.bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_axe_finds_nothing(page):
    from test_access import violations

    page.locator(".rk-take label:visible").click()
    assert violations(page) == {}


def test_paper_has_all_steps(page):
    page.emulate_media(media="print")
    assert seen(page) == (0, "Step 2: it says IY, as in eat. It looks at e with 0.68.")
