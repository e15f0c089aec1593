"""An explorer on a page: mounted from a server and from a file, alone and beside others, with and without scripts."""

import re

import pytest
from shown import MODEL, card_of, cells, fields, first_field, press, settle, state, turned

from rnnkit.explorers import EXPLORERS, page_style, page_tokens


@pytest.mark.parametrize("http", [True, False], ids=["http", "file"])
def test_it_mounts_and_the_still_picture_gives_way(kind, visit, bare_page, http):
    page = visit(bare_page(f"{kind.slug}-mount", kind(), http=http))
    card = card_of(page)
    assert card.is_visible()
    assert not page.locator(".rk-still").is_visible()
    assert card.locator(".rk-picture svg").first.is_visible()


def test_a_card_is_a_named_group_with_a_heading(asking):
    assert asking.get_attribute("role") == "group"
    assert asking.get_attribute("aria-label")
    heading = asking.get_by_role("heading")
    assert heading.count() == 1
    assert heading.get_attribute("aria-level") == "2"
    assert heading.inner_text().strip()


def test_one_voice_speaks_once_things_rest(card):
    """One status in a card, and not a word of it for every step of a held key."""
    status = card.get_by_role("status")
    assert status.count() == 1
    assert card.locator("[aria-live]").count() == 0
    assert status.inner_text() == "", "what it opens with is read in its place"
    card.page.evaluate(
        """() => { window.spoken = 0;
        new MutationObserver(() => { spoken += 1; })
            .observe(document.querySelector("[role=status]"), { childList: true, subtree: true }); }"""
    )
    press(card, "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowLeft", "Home")
    assert card.page.evaluate("spoken") == 0
    card.page.wait_for_function("spoken === 1", timeout=3000)
    assert status.inner_text() == card.locator(".rk-say").inner_text()


def test_every_control_has_a_name(card):
    unnamed = """(card) => [...card.querySelectorAll("button, input, select, [role=slider], textarea, svg[role=img]")]
        .filter((n) => !(n.getAttribute("aria-label") ?? n.textContent).trim()).map((n) => n.outerHTML)"""
    assert not card.evaluate(unnamed)


def test_two_on_a_page_do_not_disturb_each_other(kind, visit, bare_page):
    page = visit(bare_page(f"{kind.slug}-two", *(kind(name=name, committed=True) for name in "abb")))
    first, second = card_of(page, 0), card_of(page, 1)
    untouched = second.evaluate("(card) => card.outerHTML")
    press(first, "End")
    press(first, turned(first_field(first)), on=first_field(first))
    assert second.evaluate("(card) => card.outerHTML") == untouched
    assert fields(first) != fields(second)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((n) => n.id)")
    assert len(ids) == len(set(ids))


def test_all_explorers_live_on_one_page(visit, bare_page):
    page = visit(bare_page("all", *(kind(committed=True) for kind in EXPLORERS)))
    card_of(page)
    assert page.locator(".rk-card").count() == len(EXPLORERS)
    assert page.evaluate("Object.keys(window).filter((name) => /rk|rnnkit|shared/.test(name))") == []


@pytest.mark.parametrize("width", [1280, 768, 375, 320])
def test_the_page_does_not_jump_when_it_mounts(kind, visit, bare_page, width):
    """The scripts come a quarter of a second after the page; what stands below the card is in view."""
    text = "<p>" + "What stands below the explorer. " * 40 + "</p>"
    page = visit(bare_page(f"{kind.slug}-late", kind(), text=text, late=250), viewport={"width": width, "height": 1600})
    card_of(page)
    page.wait_for_timeout(150)
    assert page.evaluate("layoutShift") < 0.05


def test_without_scripts_the_still_picture_is_shown(kind, visit, bare_page):
    for width, look in ((1280, "wide"), (375, "narrow")):
        url = bare_page(f"{kind.slug}-still", kind())
        page = visit(url, java_script_enabled=False, viewport={"width": width, "height": 900})
        still = page.locator(".rk-still")
        assert still.locator(f".rk-{look}").is_visible()
        assert still.locator("svg:visible").first.get_attribute("class").endswith(look)
        assert still.get_by_role("table").is_visible()
        assert page.get_by_text(kind.caption).is_visible()


def test_where_the_script_is_lost_the_still_picture_comes(kind, visit, tmp_path):
    style = page_tokens() + page_style((kind,))
    (tmp_path / "lost.html").write_text(f'<meta charset="utf-8"><style>{style}</style>{kind().to_html()}', "utf-8")
    page = visit((tmp_path / "lost.html").as_uri())
    assert not page.locator(".rk-still .rk-wide").is_visible()
    page.wait_for_timeout(3300)
    assert page.locator(".rk-still .rk-wide").is_visible()


CONSISTENT = """(card) => [...card.querySelectorAll("input[data-field]")]
    .filter((f) => Number(f.value.replace("−", "-")) !== Number(f.getAttribute("aria-valuenow")))
    .map((f) => f.outerHTML)"""


def test_after_back_fields_and_pictures_agree(card, bare_page):
    page = card.page
    press(card, "PageUp", "PageUp", on=first_field(card))
    page.goto(bare_page("elsewhere"))
    page.go_back()
    again = card_of(page)
    assert not again.evaluate(CONSISTENT)


def test_text_that_a_browser_restores_gives_way(card):
    before = state(card)
    first_field(card).evaluate("(field) => { field.value = '77'; dispatchEvent(new Event('pageshow')); }")
    assert state(card) == before
    assert card.locator("input:not([autocomplete=off]), select:not([autocomplete=off])").count() == 0


def test_names_of_one_page_become_different(kind, visit, bare_page):
    """So that a link means one of them."""
    url = bare_page(f"{kind.slug}-names", kind(committed=True), kind(committed=True))
    page = visit(f"{url}#{kind.slug}=main-2;step=1")
    where = [card_of(page, k).locator(".rk-where").get_attribute("data-where") for k in (0, 1)]
    assert where == [str(kind().step), "1"]


@pytest.fixture
def modelled(kind, visit, bare_page):
    """Two views of one model that stands for a kernel's, from the notebook's own module."""
    page = visit(bare_page("empty"))
    traits = kind(committed=True).traits_for_page()
    page.evaluate(MODEL, [kind._esm, traits, page_tokens() + page_style((kind,))])
    return card_of(page), card_of(page, 1)


def test_two_views_of_one_model_show_the_same(modelled):
    one, other = modelled
    press(one, "Home", "ArrowRight")
    press(one, "PageUp", on=first_field(one))
    settle(one.page)
    assert cells(one) == cells(other)
    assert fields(one) == fields(other)
    assert one.page.evaluate("saved") > 0


def test_two_views_play_at_the_speed_of_one(modelled):
    one, other = modelled
    press(one, "Home")
    one.locator("[data-act=play]").click()
    one.page.wait_for_function("Number(document.querySelector('.rk-where').dataset.where) >= 2", timeout=6000)
    settle(one.page)
    alike = "new Set([...document.querySelectorAll('.rk-where')].map((n) => n.dataset.where)).size === 1"
    one.page.wait_for_function(alike, timeout=500)  # one may be a frame ahead
    other.locator("[data-act=play]").click()
    settle(one.page)
    assert not one.page.evaluate("model.get('playing')")


def test_a_view_that_leaves_hears_nothing_more(modelled):
    one, other = modelled
    page = one.page
    before = page.evaluate("heard()")
    page.evaluate("views[1].leave()")
    assert page.evaluate("heard()") == before / 2
    shown = other.evaluate("(card) => card.outerHTML")
    press(one, "Home")
    page.evaluate("location.hash = 'nothing'")
    assert other.evaluate("(card) => card.outerHTML") == shown


def test_scripts_ask_no_other_host(kind):
    assert not re.search(r"https?://(?!www\.w3\.org)", kind._esm)
