"""Every page of the book, printed from the dark."""

import pytest
from looks import UNREADABLE
from printed import MARGINS, tails
from test_pages import PAGES

RENDERED = "!document.querySelector('.math') || document.querySelector('mjx-container')"
SHUT = """() => [...document.querySelectorAll("article details > :not(summary)")]
    .filter((n) => !n.closest(".rk-card") && !n.checkVisibility({ contentVisibilityAuto: true })
        && getComputedStyle(n).display !== "none").map((n) => n.outerHTML.slice(0, 100))"""
ADDRESSES = """() => [...document.querySelectorAll("article a")].map((n) => [
    n.matches(".external") && !n.closest(".citation"), getComputedStyle(n, "::after").content])"""


@pytest.fixture(params=PAGES)
def paper(request, visit, book_url):
    page = visit(f"{book_url}/{request.param}.html", theme="dark", viewport={"width": 720, "height": 1000})
    page.wait_for_function(RENDERED)
    page.emulate_media(media="print")
    return page


def test_all_text_can_be_read(paper):
    assert paper.evaluate("document.documentElement.dataset.theme") == "dark"
    assert paper.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert paper.evaluate(UNREADABLE, "article") == []


def test_what_needs_a_screen_is_not_there_and_folds_are_open(paper):
    assert paper.locator("nav:visible, button:visible, input:visible, dialog:visible").count() == 0
    assert paper.evaluate(SHUT) == []


def test_links_that_lead_out_say_where(paper):
    for leads_out, shown in paper.evaluate(ADDRESSES):
        assert (shown.count("http") == 1) == leads_out


def test_no_page_is_left_half_empty(paper, tmp_path):
    file = tmp_path / "page.pdf"
    paper.pdf(path=file, format="A4", margin=MARGINS, print_background=True)
    assert all(tail <= 0.55 for tail in tails(file)[:-1]), tails(file)
