"""Pictures to choose from, and units to hold: a click and the arrow keys change what is seen, and nothing moves."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Chosen, Held


def line(slope):
    return (lambda ax: ax.plot([0, slope])), f"a line of slope {slope}", f"slope {slope}"


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    pictures = Chosen("Slope", {str(k): line(k) for k in (1, 2, 3)}, "Look.", first="2")
    answers = {"neither": [0.7, 0.3], "A": [0.7, 0.3], "B": [0.1, 0.9]}
    states = {name: [-1, 0.5, 1] for name in "AB"}
    hold = Held("f(x", states, answers, [")", "space"], "inside", "Hold:", alt="A line.", caption="Look.")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Two</title><style>{style}</style>'
    body = f"<main>{pictures._repr_html_()}{hold._repr_html_()}</main>"
    file.write_text(f"{text}</head><body>{body}</body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def shown(page):
    """The words below the picture, and what is said of the hold."""
    return [page.locator(f"{place} > div:visible > p").inner_text() for place in (".rk-one", ".rk-said")]


def test_a_click_and_a_key_choose_and_nothing_moves(page):
    figures = page.locator("figure")
    before = [figures.nth(k).bounding_box() for k in range(2)]
    assert shown(page) == ["slope 2", "neither held: the likeliest next is ), with 0.70."]
    page.locator(".rk-chosen label").nth(2).click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert shown(page)[0] == "slope 1"
    assert page.locator(".rk-one > div:visible svg:visible").get_attribute("aria-label") == "a line of slope 1"
    tint = page.locator(".rk-last > span")
    marked = [tint.nth(k).evaluate("n => getComputedStyle(n).backgroundColor") for k in range(2)]
    page.locator(".rk-held label").nth(2).click()
    assert shown(page)[1] == "B held: the likeliest next is space, with 0.90."
    after = [tint.nth(k).evaluate("n => getComputedStyle(n).backgroundColor") for k in range(2)]
    assert after == [marked[0], "rgba(0, 0, 0, 0)"]
    assert [figures.nth(k).bounding_box() for k in range(2)] == before
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert min(page.locator("label").nth(k).bounding_box()["height"] for k in range(6)) >= 44


def test_paper_has_all_pictures_and_answers(page):
    page.emulate_media(media="print")
    assert page.locator(".rk-one > div:visible").count() == 3
    assert page.locator(".rk-said > div:visible").count() == 3


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
