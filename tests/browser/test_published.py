"""The book's pages that have an explorer: what they load, that they are silent, and that nothing jumps."""

import re
from pathlib import Path

import pytest
from shown import card_of, open_fold, settle
from test_access import violations

from rnnkit.explorers import EXPLORERS

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r'class="rk-explorer" data-explorer="([\w-]+)"')


def pages_of(book_html):
    """Every page of the book: not the theme's templates, nor Jupyter Book's redirect to the first page."""
    pages = [path for path in sorted(book_html.rglob("*.html")) if "_static" not in path.parts]
    return {path: text for path in pages if 'http-equiv="Refresh"' not in (text := path.read_text("utf-8"))}


@pytest.fixture(scope="module")
def alive(book_html):
    """The pages that have an explorer, with the slugs of what they have."""
    found = {path: MARK.findall(text) for path, text in pages_of(book_html).items()}
    return {path: slugs for path, slugs in found.items() if slugs}


def test_every_listed_explorer_is_in_the_book(alive):
    assert {slug for slugs in alive.values() for slug in slugs} == {kind.slug for kind in EXPLORERS}


def test_pages_load_the_scripts_of_their_explorers_alone(book_html, alive):
    for path, text in pages_of(book_html).items():
        loaded = set(re.findall(r'src="[^"]*/rnnkit-([\w-]+)\.js', text))
        assert loaded == ({"kit", *alive[path]} if path in alive else set()), path
        assert "widget-state+json" not in text, f"{path} embeds widget state that nothing reads"


def test_every_page_stays_on_its_host_and_is_silent(book_html, book_url, visit):
    for path in pages_of(book_html):
        visit(f"{book_url}/{path.relative_to(book_html).as_posix()}")


def test_explorers_of_the_book_live_from_a_file_too(visit, alive):
    for path, slugs in alive.items():
        page = visit(path.as_uri())
        card_of(page)
        assert page.locator(".rk-mounted > .rk-card").count() == len(slugs)


@pytest.mark.parametrize("width", [1280, 768, 375, 320])
def test_the_book_does_not_jump_nor_scroll_sideways(visit, alive, book_html, book_url, width):
    for path in alive:
        url = f"{book_url}/{path.relative_to(book_html).as_posix()}"
        page = visit(url, viewport={"width": width, "height": 900})
        card_of(page)
        page.wait_for_timeout(300)
        assert page.evaluate("layoutShift") < 0.05, f"{path.name} jumped at {width} px"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_an_open_card(visit, alive, book_html, book_url, theme):
    for path in alive:
        page = visit(f"{book_url}/{path.relative_to(book_html).as_posix()}", theme=theme)
        card = card_of(page)
        if card.locator(".rk-more").count():  # a small form has no fold
            open_fold(card)
        assert violations(page) == {}


def test_paper_from_the_books_dark_is_white(visit, alive, book_html, book_url):
    path = next(iter(alive))
    page = visit(f"{book_url}/{path.relative_to(book_html).as_posix()}", theme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    ground = "getComputedStyle(document.querySelector('.rk-explorer')).getPropertyValue('--rk-page').trim()"
    assert page.evaluate(ground) == "#121417"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "#FFFFFF"


def test_headings_of_cards_follow_their_section(visit, alive, book_html, book_url):
    for path in alive:
        page = visit(f"{book_url}/{path.relative_to(book_html).as_posix()}")
        card_of(page)
        levels = """() => [...document.querySelectorAll('.rk-title')].map((n) => [Number(n.getAttribute('aria-level')),
            Number(n.closest('section').querySelector('h1, h2, h3, h4').tagName[1])])"""
        for level, above in page.evaluate(levels):
            assert level == above + 1


def test_every_link_of_the_text_sets_its_explorer(visit, alive, book_html, book_url):
    """Each says what it did, and none is refused."""
    for path in alive:
        page = visit(f"{book_url}/{path.relative_to(book_html).as_posix()}")
        card_of(page)
        for kind in EXPLORERS:
            links = page.locator(f"a[href^='#{kind.slug}=']")
            hidden = "(nodes) => nodes.forEach((n) => n.closest('details')?.setAttribute('open', ''))"
            links.evaluate_all(hidden)
            for k in range(links.count()):
                words = " ".join(links.nth(k).inner_text().split())
                links.nth(k).evaluate("(link) => { link.focus(); link.click(); }")
                card = page.locator(f".rk-card.rk-{kind.slug}").first
                settle(page)
                assert " ".join(card.locator(".rk-say").inner_text().split()).startswith(f"“{words}”: ")
