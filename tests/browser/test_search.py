"""The book's own search finds what formulas and code name, and leads to the right page first."""

import re
from urllib.parse import urlencode

import pytest
from book_pages import LANDING, PAGES, ROOT

RESULTS = "#search-results ul.search li > a"
GLOSSARY = re.findall(r"^(\w[\w -]*)\n  \S", (ROOT / "book" / "glossary.md").read_text("utf-8"), re.M)
SYMBOLS = re.findall(r"`(\w+_\w+)`", (ROOT / "book" / "notation.md").read_text("utf-8"))
FORWARD = "chapters/math/forward"


@pytest.fixture
def found(visit, book_url):
    """``found(words)`` gives the pages that the search lists, best first, and their scores."""
    page = visit(f"{book_url}/search.html")
    done = "/Search finished|did not match/.test(document.querySelector('.search-summary')?.textContent)"

    def search(words):
        page.goto(f"{book_url}/search.html?{urlencode({'q': words})}")
        page.wait_for_function(done)
        links = page.locator(RESULTS).evaluate_all("(all) => all.map((a) => [a.getAttribute('href'), a.dataset.score])")
        scores = {}
        for link, score in links:
            scores.setdefault(re.sub(r"\.html.*", "", link), float(score))
        return scores

    return search


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("softmax", {FORWARD}),
        ("tanh", {FORWARD}),
        ("weight_hh", {FORWARD}),
        ("W_hh", {FORWARD}),
        ("W_{hh}", {FORWARD}),
        ("unroll", {FORWARD, "book/glossary"}),
        ("latch", {FORWARD}),
        ("fixed point", {FORWARD, "book/glossary"}),
        ("rnnkit.softmax_cross_entropy", {FORWARD}),
        ("epsilon", {FORWARD}),
        ("ε", {FORWARD}),
        ("σ", {FORWARD}),
        ("sigma", {FORWARD}),
        ("RNNKIT_SEED", {"book/instructors"}),
    ],
)
def test_a_name_leads_to_its_page(found, words, right):
    assert next(iter(found(words))) in right


def test_a_term_leads_to_the_glossary(found):
    for word in GLOSSARY:
        assert "book/glossary" in list(found(word))[:3], word


def test_a_symbol_leads_to_the_notation_too(found):
    for word in SYMBOLS:
        assert "book/notation" in found(word), word


def test_a_page_is_found_by_its_title(found):
    for name in PAGES:
        title = re.search(r"^# (.*)$", (ROOT / f"{name}.md").read_text("utf-8"), re.M)[1]
        assert next(iter(found(title))) == name


def test_pages_that_fit_equally_well_come_in_reading_order_the_landing_page_last(found):
    order, ties = [*PAGES, LANDING], 0
    for word in ("seed", "state", "gradient", "exercise"):
        scores = found(word)
        for level in {int(score) for score in scores.values()}:
            equal = [name for name, score in scores.items() if int(score) == level and name in order]
            assert equal == sorted(equal, key=order.index), word
            ties += len(equal) > 1
    assert ties


def test_a_result_opens_where_the_word_stands(visit, book_url):
    """In a fold too, and without harm to a formula that holds the word."""
    page = visit(f"{book_url}/search.html?{urlencode({'q': 'toggle'})}")
    page.locator(f"{RESULTS}[href^='{FORWARD}']").first.click()
    page.wait_for_function("document.querySelector('article .highlighted')?.checkVisibility()")
    page.wait_for_timeout(300)
    seen = "(n) => { const box = n.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight }"
    assert page.locator("article .highlighted").first.evaluate(seen)
    assert page.locator("mjx-container .highlighted").count() == 0
