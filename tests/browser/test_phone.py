"""Every page of the book on a phone: nothing sideways, nothing cut, and what wraps or scrolls says so."""

import pytest
from test_pages import PAGES
from test_paper import RENDERED

OPEN = "document.querySelectorAll('article details').forEach((fold) => { fold.open = true; })"
SCROLLING = """() => [...document.querySelectorAll("article *")]
    .filter((n) => n.checkVisibility() && n.scrollWidth > n.clientWidth + 1
        && ["auto", "scroll"].includes(getComputedStyle(n).overflowX))
    .map((n) => [n.matches("pre"), n.tabIndex, n.getAttribute("role"), n.getAttribute("aria-label"),
        getComputedStyle(n).boxShadow !== "none" || n.matches(".rk-card *")])"""
CUT = """() => [...document.querySelectorAll("article *")]
    .filter((n) => n.checkVisibility() && !n.closest("svg, mjx-container, .rk-unseen, span.math"))
    .filter((n) => getComputedStyle(n).overflowX === "hidden" && n.clientWidth > 1 && n.scrollWidth > n.clientWidth + 1)
    .map((n) => n.outerHTML.slice(0, 120))"""
ROWS = """() => [...document.querySelectorAll(".rk-codeline")].filter((n) => n.checkVisibility()).map((n) => {
    const mark = getComputedStyle(n, "::before");
    const wraps = n.offsetHeight > 1.5 * parseFloat(getComputedStyle(n).lineHeight);
    return [wraps, parseFloat(mark.height) > 5, mark.content];
})"""
FIELDS = """() => [...document.querySelectorAll("input:not([type=radio]), select, textarea")]
    .filter((n) => parseFloat(getComputedStyle(n).fontSize) < 16).map((n) => n.outerHTML.slice(0, 120))"""


@pytest.fixture(params=[375, 320])
def phone(request, visit, book_url):
    def go(name):
        page = visit(f"{book_url}/{name}.html", viewport={"width": request.param, "height": 800}, has_touch=True)
        page.wait_for_function(RENDERED)
        page.evaluate(OPEN)
        page.wait_for_timeout(500)  # what scrolls is named a moment after it has changed
        return page

    return go


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits(phone, name):
    page = phone(name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT) == []
    assert page.evaluate(FIELDS) == []
    for is_code, stop, role, label, edge in page.evaluate(SCROLLING):
        assert not is_code
        assert (stop, bool(role), bool(label), edge) == (0, True, True, True), label
    for goes_on, marked, content in page.evaluate(ROWS):
        assert goes_on == marked
        assert content.startswith('"↪')
        assert content.endswith('/ ""')


def test_the_check_of_fields_can_fail(phone):
    page = phone(PAGES[0])
    page.evaluate("document.querySelector('input').style.setProperty('font-size', '15px', 'important')")
    assert len(page.evaluate(FIELDS)) == 1


def test_wrapped_code_is_copied_as_it_was_written(phone):
    page = phone("chapters/math/forward")
    got, want = page.evaluate(
        """() => {
            const block = [...document.querySelectorAll("article pre")].find((n) => n.offsetHeight > 200);
            getSelection().selectAllChildren(block);
            return [getSelection().toString(), block.textContent];
        }"""
    )
    assert got.rstrip("\n") == want.rstrip("\n")


def test_a_table_stacks_its_rows_each_cell_behind_the_name_of_its_column(phone):
    page = phone("book/notation")
    rows = page.locator("table.table tbody tr")
    boxes = rows.first.locator("td").evaluate_all("(cells) => cells.map((c) => c.getBoundingClientRect().left)")
    assert len(boxes) > 1
    assert len(set(boxes)) == 1
    heads = page.locator("table.table").first.locator("th").all_inner_texts()
    shown = rows.first.locator("td").nth(1).evaluate("(cell) => getComputedStyle(cell, '::before').content")
    assert heads[1] in shown
    assert {"row", "cell"} == {rows.first.get_attribute("role"), rows.first.locator("td").first.get_attribute("role")}


def test_what_is_too_wide_scrolls_by_key(phone):
    page = phone("chapters/math/forward")
    wide = page.locator("[data-more~=right]").first
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(n) => n.scrollLeft > 0", arg=wide.element_handle())
