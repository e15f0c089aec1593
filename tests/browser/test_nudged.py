"""Three loops and a nudge: a click and the arrow keys make it smaller, and the digits that agree follow."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Nudged

DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SAID = {f"10⁻{str(k).translate(DIGITS)}": 0.25 + 10.0 ** -(k if k < 8 else 15 - k) for k in range(1, 15)}
LOOPS = {"A": ([9, 2, 1], -0.25), "B": ([9, 4, 2], 0.25)}


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Nudged(SAID, LOOPS, "10⁻⁷", "Which?", "B.", "Two rows.", "Look.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>A nudge</title><style>{style}</style>'
    )
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def seen(page):
    """What the nudge says, and how many digits of each row agree with it."""
    words = page.locator("p > .rk-at:visible b").inner_text()
    return float(words), page.locator(".rk-agrees .rk-at:visible").all_inner_texts()


def test_a_click_chooses_a_nudge_and_the_digits_follow(page):
    assert seen(page) == (0.35, ["0 digits", "0 digits"])
    page.locator("label").nth(6).click()
    assert seen(page) == (0.2500001, ["0 digits", "6 digits"])
    bars = [bar.bounding_box()["width"] for bar in page.locator(".rk-at:visible u").all()]
    assert bars[1] > 30 > 3 > bars[0]
    for label in page.locator("label").all():
        box = label.bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_arrow_keys_go_from_nudge_to_nudge(page):
    page.locator("label").nth(1).click()
    page.keyboard.press("ArrowRight")
    assert seen(page)[0] == 0.251
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert seen(page)[0] == 0.35


def test_all_of_it_fits_the_screen_and_nothing_moves(page):
    figure = page.locator("figure")
    before = figure.bounding_box()
    for k in (6, 13):
        page.locator("label").nth(k).click()
        assert figure.bounding_box() == before
    assert before["height"] < 640
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_paper_has_one_nudge(page):
    page.emulate_media(media="print")
    assert seen(page) == (0.2500001, ["0 digits", "6 digits"])


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
