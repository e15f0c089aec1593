"""What an explorer computes with and is too large for its script: asked for when it is needed, from a file too."""

import pytest
from shown import act, card_of, fields, open_fold, settle

from rnnkit.explorers import EXPLORERS, TypeAhead, page_data

WITH_DATA = [kind for kind in EXPLORERS if kind.data]
FAR = "<p style='height: 4000px'>A long text.</p>"
ASKED = "() => performance.getEntriesByType('resource').filter((e) => e.name.includes('-data.js')).length"


@pytest.fixture(params=WITH_DATA, ids=lambda kind: kind.slug)
def kind(request):
    return request.param


@pytest.fixture
def far(kind, visit, bare_page, tmp_path):
    """A page whose card is far below what is seen: it comes when the browser has nothing else to do."""
    page = visit(bare_page(f"{kind.slug}-far", kind(committed=True), http=True, above=FAR))
    page.wait_for_selector(".rk-card")
    return page


def test_a_card_far_away_asks_for_nothing_until_it_comes_near(far):
    far.wait_for_timeout(500)
    assert far.evaluate(ASKED) == 0
    assert far.locator(".rk-loading").count() == 1
    before = far.evaluate("document.documentElement.scrollHeight")
    far.mouse.wheel(0, 3700)
    far.wait_for_selector(".rk-card:not(.rk-loading)")
    settle(far)
    assert far.evaluate(ASKED) == 1
    assert far.evaluate("document.documentElement.scrollHeight") == before, "it keeps its size"


def test_a_card_far_away_asks_when_it_is_used(far):
    far.evaluate("document.querySelector('.rk-card [data-act=forward]').focus({ preventScroll: true })")
    far.wait_for_selector(".rk-card:not(.rk-loading)")


def test_until_it_has_come_the_card_says_so_and_shows_no_number(far):
    card = far.locator(".rk-card")
    assert "is on its way" in card.locator(".rk-say").inner_text()
    shown = card.evaluate("(card) => [...card.querySelectorAll('[data-cell^=\"h:\"]')].map((n) => n.dataset.h)")
    assert not shown


def test_a_card_at_the_top_is_laid_out_before_its_data_is_asked_for(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-near", kind(), http=True))
    card_of(page)
    read, asked = page.evaluate(
        """() => [performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
            performance.getEntriesByType('resource').find((e) => e.name.includes('-data.js')).startTime]"""
    )
    assert asked > read > 0


def test_two_cards_ask_once(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-twice", kind(committed=True), kind(committed=True), http=True))
    for k in (0, 1):
        card_of(page, k)
    assert page.evaluate(ASKED) == 1


def test_where_it_is_lost_the_card_says_so_and_a_use_asks_again(kind, bare_page, browser):
    url = bare_page(f"{kind.slug}-lost", kind(committed=True), http=True)
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*-data.js*", lambda route: route.abort())
    page.goto(url)
    page.wait_for_function("document.querySelector('.rk-say').textContent.includes('could not be loaded')")
    page.unroute("**/*-data.js*")
    page.locator(".rk-card [data-act=forward]").click()
    page.wait_for_selector(".rk-card:not(.rk-loading)")
    settle(page)
    assert "could not" not in page.locator(".rk-say").inner_text()
    context.close()


def test_paper_keeps_the_pages_picture_until_it_has_come(kind, far):
    before = far.locator(".rk-still").inner_html()
    far.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert far.locator(".rk-still").inner_html() == before


def test_the_notebooks_module_brings_it(kind):
    for text in page_data(kind).values():
        assert text.partition("(")[2].rpartition(")")[0] in kind._esm


def test_a_card_of_tunes_asks_for_its_own_network(visit, bare_page):
    page = visit(bare_page("type-ahead-tunes", TypeAhead(model="tunes", text="M:3/4\n", step=6), http=True))
    card_of(page)
    names = page.evaluate("() => performance.getEntriesByType('resource').map((e) => e.name)")
    assert [name for name in names if "rnnkit-type-ahead-tunes-data.js" in name]
    assert not [name for name in names if "rnnkit-type-ahead-data.js" in name], "and for no other"


def test_edits_made_while_it_is_on_its_way_are_kept(kind, far):
    card = far.locator(".rk-card")
    field = card.locator("input[inputmode='decimal']").first
    field.evaluate("(f) => { f.value = '0.5'; f.dispatchEvent(new Event('input', { bubbles: true })); }")
    want = fields(card)
    act(card, "back")
    far.wait_for_selector(".rk-card:not(.rk-loading)")
    open_fold(card)
    assert fields(card) == want
