"""One thing in several views: one is seen at a time, a bet is marked, print has all, and nothing scrolls sideways."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Figure, Views

NAMES = ("curve", "by date", "by answer")
LOOKS = {n: Figure(lambda ax: ax.plot([1, 2]), alt=n, caption=f"Seen {n}.", height=0.3, narrow=0.8) for n in NAMES}
TOLD = {"A": "It drifts.", "B": "It is sound."}


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Views("Which is sound?", LOOKS, TOLD, "Uncover", "Bet first.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Views</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def looks(page):
    return page.locator(".rk-look:visible").all_inner_texts()


def test_a_click_and_an_arrow_key_change_the_view_and_nothing_moves(page):
    assert looks(page) == ["Seen curve."]
    bet = page.locator(".rk-bet")
    place = bet.bounding_box()["y"]
    page.locator(".rk-pick label").nth(1).click()
    assert looks(page) == ["Seen by date."]
    page.keyboard.press("ArrowRight")
    assert looks(page) == ["Seen by answer."]
    assert bet.bounding_box()["y"] == pytest.approx(place, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert min(label.bounding_box()["height"] for label in page.locator("label").all()) >= 44


def test_a_bet_is_marked_when_all_is_told(page):
    told = 'n => getComputedStyle(n, "::before").content'
    assert not page.locator("details p:visible").count()
    page.locator(".rk-bet label").nth(1).click()
    page.locator("summary").click()
    assert page.locator("details p:visible").all_inner_texts() == ["A It drifts.", "B It is sound."]
    marks = [line.evaluate(told) for line in page.locator("details p").all()]
    assert marks == ["none", '"Your bet. "']


def test_print_has_all_views(page):
    page.emulate_media(media="print")
    assert looks(page) == [f"Seen {name}." for name in NAMES]


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
