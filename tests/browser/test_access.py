"""axe, with WCAG 2.1 AA: in light and dark, wide and narrow, before and after the answer, with the fold open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from shown import answer, card_of, open_fold, press, settle

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# without preload: axe would ask for the theme's imported styles at a wrong address
OPTIONS = {"preload": False, "runOnly": {"type": "tag", "values": TAGS}}


def violations(page):
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return {v["id"]: [node["html"][:160] for node in v["nodes"]] for v in found}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing(kind, visit, bare_page, theme, width):
    url = bare_page(f"{kind.slug}-axe-{theme}", kind(), theme=theme)
    page = visit(url, viewport={"width": width, "height": 900})
    card = card_of(page)
    assert violations(page) == {}
    answer(card)
    press(card, "End")
    open_fold(card)
    for fold in card.locator("details:not([open]) > summary:visible").all():
        fold.click()
    settle(page)
    assert violations(page) == {}


def test_axe_would_find_something(kind, visit, bare_page):
    """The check above can fail."""
    page = visit(bare_page(f"{kind.slug}-axe-broken", kind(committed=True)))
    card = card_of(page)
    card.evaluate("(card) => card.querySelector('[data-act=play]').removeAttribute('aria-label')")
    card.evaluate("(card) => card.querySelector('[data-act=play]').removeAttribute('title')")
    card.evaluate("(card) => { card.querySelector('.rk-say').style.color = '#bbb'; }")
    assert set(violations(page)) >= {"button-name", "color-contrast"}


def test_the_page_reads_in_order(card):
    """Heading first, then what answers it, the picture, the numbers, the bar; the fold last."""
    order = """(card) => [...card.querySelectorAll('.rk-title, .rk-say, .rk-picture, .rk-bar, .rk-more')]
        .map((n) => ['rk-title', 'rk-say', 'rk-picture', 'rk-bar', 'rk-more'].find((c) => n.classList.contains(c)))"""
    seen = list(dict.fromkeys(card.evaluate(order)))
    assert seen == ["rk-title", "rk-say", "rk-picture", "rk-bar", "rk-more"]


def test_sliders_tell_their_value_and_range(card):
    for slider in card.get_by_role("slider").all():
        low, now, high = (float(slider.get_attribute(f"aria-value{end}")) for end in ("min", "now", "max"))
        assert low <= now <= high
        assert slider.get_attribute("aria-valuetext")
        assert slider.get_attribute("aria-label")


def test_the_table_is_named_and_has_heads(card):
    open_fold(card)
    table = card.get_by_role("table")
    assert table.count() == 1
    assert card.locator("table caption").inner_text()
    assert table.get_by_role("columnheader").count() >= 3
    assert table.get_by_role("rowheader").count() >= 5
