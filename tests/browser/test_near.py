"""Cards that wait until their place is near, or until somebody goes there."""

import pytest
from shown import FRAMES, card_of, settle

BUSY = "window.requestIdleCallback = () => 0"  # a browser that never comes to rest: nothing comes by itself
MANY = 7
MOUNTED = "() => [...document.querySelectorAll('.rk-explorer')].map((n) => n.matches('.rk-mounted'))"


@pytest.fixture
def waiting(kind, visit, bare_page):
    """A page of many cards, of which only those near its top are there."""
    links = f'<p><a href="#{kind.slug}=x6;step=1">set the last</a></p>'
    url = bare_page(f"{kind.slug}-many", *(kind(name=f"x{k}") for k in range(MANY)), text=links)

    def go(hash=""):
        page = visit("about:blank", viewport={"width": 768, "height": 900})
        page.add_init_script(BUSY)
        page.goto(url + hash)
        page.wait_for_selector(".rk-card")
        page.wait_for_timeout(200)
        return page

    return go


def test_only_what_is_near_is_mounted_and_no_place_moves(waiting):
    page = waiting()
    there = page.evaluate(MOUNTED)
    assert there[0]
    assert not there[-1]
    assert page.locator(".rk-waiting").count() == MANY - sum(there)
    before = page.evaluate("document.documentElement.scrollHeight")
    page.wait_for_timeout(3300)  # the still picture that stands in for a lost script does not come
    assert page.evaluate("document.documentElement.scrollHeight") == before
    assert page.evaluate(MOUNTED) == there
    page.locator(".rk-explorer").last.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('.rk-explorer')[6].matches('.rk-mounted')")
    assert page.evaluate("layoutShift") < 0.05


def test_tab_finds_every_card(waiting):
    page = waiting()
    page.keyboard.press("Tab")
    assert all(page.evaluate(MOUNTED))


def test_a_link_of_the_text_brings_its_card(waiting):
    page = waiting()
    page.get_by_text("set the last").evaluate("(link) => link.click()")
    last = page.locator(".rk-explorer").last
    last.locator(".rk-card").wait_for()
    page.evaluate(FRAMES)
    assert last.locator(".rk-where").get_attribute("data-where") == "1"


def test_a_copied_link_brings_its_card(kind, waiting):
    for page in (waiting(f"#{kind.slug}=x6;step=1"), waiting()):
        page.evaluate(f"location.hash = '#{kind.slug}=x6;step=1'")
        last = page.locator(".rk-explorer").last
        last.locator(".rk-card").wait_for()
        page.evaluate(FRAMES)
        assert last.locator(".rk-where").get_attribute("data-where") == "1"


def test_a_card_that_waits_is_printed_as_its_still_picture(waiting):
    page = waiting()
    page.emulate_media(media="print")
    assert not page.evaluate(MOUNTED)[-1]
    still = page.locator(".rk-explorer").last.locator(".rk-still")
    assert still.locator("> svg:visible").count() == 1
    short = still.locator("tbody tr").count() <= 12
    assert still.locator("table").is_visible() == short, "a long table is for those who hear the page"


def test_a_browser_at_rest_brings_them_all(kind, visit, bare_page):
    """A list of the page's headings names every card, and a search in the page finds its words."""
    page = visit(bare_page(f"{kind.slug}-rest", *(kind(name=f"x{k}") for k in range(MANY))))
    card_of(page)
    settle(page)
    assert page.evaluate("scrollY") == 0
    assert all(page.evaluate(MOUNTED))


@pytest.mark.parametrize(("place", "width"), [("wide", 1148), ("middle", 768), ("narrow", 375)])
def test_the_place_that_is_kept_is_as_high_as_the_card(kind, visit, bare_page, place, width):
    """As a reader meets it, before the question is answered."""
    page = visit(bare_page(f"{kind.slug}-asking", kind()), viewport={"width": width, "height": 900})
    card_of(page)
    settle(page)
    height = page.locator(".rk-explorer").bounding_box()["height"]
    assert abs(height - kind.limits.height[place]) <= 4
