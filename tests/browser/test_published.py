"""The book's pages that have an explorer: what they load, that they are silent, and that nothing jumps."""

import re
from pathlib import Path

import pytest
from book_pages import LANDING, PAGES
from shown import card_of, open_fold, settle
from test_access import violations

from rnnkit.explorers import EXPLORERS

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r'class="rk-explorer" data-explorer="([\w-]+)"')


def pages_of(book_html):
    """Every page of the book: not the theme's templates, nor Jupyter Book's redirect to the first page."""
    pages = [path for path in sorted(book_html.rglob("*.html")) if "_static" not in path.parts]
    return {path: text for path in pages if 'http-equiv="Refresh"' not in (text := path.read_text("utf-8"))}


ALIVE = [
    name for name in (LANDING, *PAGES) if "from rnnkit.explorers import" in (ROOT / f"{name}.md").read_text("utf-8")
]
each_page = pytest.mark.parametrize("name", ALIVE)


@pytest.fixture(scope="module")
def explorers_of(book_html):
    """The slugs of what each page has, by its name: the pages that have an explorer."""
    texts = {path.relative_to(book_html).with_suffix("").as_posix(): text for path, text in pages_of(book_html).items()}
    return {name: slugs for name, text in texts.items() if (slugs := MARK.findall(text))}


def test_every_listed_explorer_is_in_the_book(explorers_of):
    assert {slug for slugs in explorers_of.values() for slug in slugs} == {kind.slug for kind in EXPLORERS}
    assert set(explorers_of) == set(ALIVE)


def test_pages_load_the_scripts_of_their_explorers_alone(book_html, explorers_of):
    for path, text in pages_of(book_html).items():
        loaded = set(re.findall(r'src="[^"]*/rnnkit-([\w-]+)\.js', text))
        slugs = explorers_of.get(path.relative_to(book_html).with_suffix("").as_posix())
        assert loaded == ({"kit", *slugs} if slugs else set()), path
        assert "widget-state+json" not in text, f"{path} embeds widget state that nothing reads"


def test_every_page_stays_on_its_host_and_is_silent(book_html, book_url, visit):
    for path in pages_of(book_html):
        visit(f"{book_url}/{path.relative_to(book_html).as_posix()}")


@each_page
def test_explorers_of_the_book_live_from_a_file_too(visit, book_html, explorers_of, name):
    page = visit((book_html / f"{name}.html").as_uri())
    card_of(page)
    assert page.locator(".rk-mounted > .rk-card").count() == len(explorers_of[name])


@each_page
@pytest.mark.parametrize("width", [1280, 768, 375, 320])
def test_the_book_does_not_jump_nor_scroll_sideways(visit, book_url, name, width):
    page = visit(f"{book_url}/{name}.html", viewport={"width": width, "height": 900})
    card_of(page)
    page.wait_for_timeout(300)
    assert page.evaluate("layoutShift") < 0.05
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_explorer_leaves_a_tablet(visit, book_url):
    """Between 992 and 1199 px the theme widens cells, and has no margin yet: every page, in every run."""
    page = visit("about:blank", viewport={"width": 1100, "height": 900})
    wide, boxes = {}, "[...document.querySelectorAll('.rk-explorer, .full-width')]"
    for name in ALIVE:
        page.goto(f"{book_url}/{name}.html", wait_until="domcontentloaded")
        card_of(page)
        wide[name] = page.evaluate(
            "Math.max(document.documentElement.scrollWidth, "
            f"...{boxes}.map((n) => Math.floor(n.getBoundingClientRect().right)))"
        )
    assert {name: right for name, right in wide.items() if right > 1100} == {}


@each_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_an_open_card(visit, book_url, name, theme):
    page = visit(f"{book_url}/{name}.html", theme=theme)
    card = card_of(page)
    if card.locator(".rk-more").count():  # a small form has no fold
        open_fold(card)
    assert violations(page) == {}


@each_page
def test_paper_from_the_books_dark_is_white(visit, book_url, name):
    page = visit(f"{book_url}/{name}.html", theme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    ground = "getComputedStyle(document.querySelector('.rk-explorer')).getPropertyValue('--rk-page').trim()"
    assert page.evaluate(ground) == "#121417"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "#FFFFFF"


@each_page
def test_headings_of_cards_follow_their_section(visit, book_url, name):
    page = visit(f"{book_url}/{name}.html")
    card_of(page)
    levels = """() => [...document.querySelectorAll('.rk-title')].map((n) => [Number(n.getAttribute('aria-level')),
        Number(n.closest('section').querySelector('h1, h2, h3, h4').tagName[1])])"""
    for level, above in page.evaluate(levels):
        assert level == above + 1


@each_page
def test_every_link_of_the_text_sets_its_explorer(visit, book_url, name):
    """Each says what it did, and none is refused."""
    page = visit(f"{book_url}/{name}.html")
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
