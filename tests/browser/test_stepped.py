"""An image that is read row by row: a click and the arrow keys cover and uncover rows, and what is said follows."""

import numpy as np
import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Stepped

IMAGES = {"first": np.eye(8), "second": np.ones((8, 8))}
ANSWERS = {name: np.roll(np.eye(10), shift, 1)[:8] * 0.5 + 0.05 for name, shift in (("first", 0), ("second", 2))}
COVERED = """() => [...document.querySelectorAll(".rk-one")].filter((n) => n.offsetHeight)[0]
    .querySelectorAll("label").values().toArray().map((n) => getComputedStyle(n, "::after").content !== "none")"""


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Stepped(IMAGES, ANSWERS, range(10), 3, "Images.", "Look.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Rows</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def seen(page):
    """How many rows are covered, and what is said."""
    return sum(page.evaluate(COVERED)), page.locator(".rk-said p:visible").inner_text()


def test_a_click_on_a_row_reads_as_far_as_that(page):
    assert seen(page) == (5, "After 3 rows it says 2, with 0.55.")
    page.locator(".rk-image label:visible").nth(6).click()
    assert seen(page) == (1, "After 7 rows it says 6, with 0.55.")
    page.locator(".rk-image label:visible").nth(0).click()
    assert seen(page) == (7, "After 1 row it says 0, with 0.55.")
    box = page.locator(".rk-image label:visible").first.bounding_box()
    assert box["height"] >= 44


def test_arrow_keys_go_from_row_to_row(page):
    page.locator(".rk-image label:visible").nth(2).click()
    page.keyboard.press("ArrowDown")
    assert seen(page) == (4, "After 4 rows it says 3, with 0.55.")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    assert seen(page) == (6, "After 2 rows it says 1, with 0.55.")


def test_another_image_has_rows_of_its_own(page):
    page.locator(".rk-image label:visible").nth(7).click()
    page.get_by_text("second").click()
    assert seen(page) == (5, "After 3 rows it says 4, with 0.55.")
    page.get_by_text("first").click()
    assert seen(page)[0] == 0


def test_all_of_it_fits_the_screen_and_nothing_moves(page):
    figure = page.locator("figure")
    before = figure.bounding_box()
    assert before["height"] < 700
    page.locator(".rk-image label:visible").nth(7).click()
    assert figure.bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_paper_has_all_rows_and_the_last_answer(page):
    page.emulate_media(media="print")
    assert seen(page) == (0, "After 8 rows it says 7, with 0.55.")


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
