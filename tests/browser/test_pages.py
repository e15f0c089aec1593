"""Every page of the book, as a reader meets it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_names_its_licence(visit, book_url, name):
    page = visit(f"{book_url}/{name}.html", viewport={"width": 375, "height": 800})
    page.wait_for_function("!document.querySelector('.math') || document.querySelector('mjx-container')")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    ends = "[...document.querySelectorAll('.prev-next-area a *')].map((one) => one.getBoundingClientRect().right)"
    assert max(page.evaluate(ends)) <= 375  # the names of the pages before and after
    assert page.get_by_role("link", name="CC BY 4.0").count() == 1


def test_a_page_follows_the_readers_system_until_he_chooses(visit, book_url):
    dark = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme in ("light", "dark"):
        page = visit(f"{book_url}/{PAGES[0]}.html", theme="auto", color_scheme=scheme)
        seen[scheme] = page.evaluate(dark)
    assert seen["light"] == "rgb(255, 255, 255)"
    assert seen["dark"] != seen["light"]


def test_a_page_printed_from_the_dark_is_dark_on_white(visit, chapter_url):
    page = visit(chapter_url, theme="dark")
    page.emulate_media(media="print")
    got = page.evaluate(
        """() => ["body", "h1", "article p", "article pre", "article pre span", "article td"].map((at) => {
            const node = document.querySelector(at);
            return [at, getComputedStyle(node).color, getComputedStyle(document.body).backgroundColor];
        })"""
    )
    for at, ink, ground in got:
        assert ground == "rgb(255, 255, 255)"
        assert max(int(v) for v in ink[4:-1].split(",")[:3]) < 80, (at, ink)
