"""The published page as a whole: its requests, its still pictures, its layout, its accessibility, its speed."""

import time

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from shown import card_of, cells, commit

from rnnkit.explorers import StateStepper

# The theme's own two findings, in its header and sidebar; everything else is ours.
THEMES_OWN = {"label-content-name-mismatch", "region"}

# What of a card breaks a rule of layout, as markup.
LEAVING = """(card) => [...card.querySelectorAll("*")]
    .filter((node) => node.getBoundingClientRect().right > card.getBoundingClientRect().right + 1)
    .map((node) => node.outerHTML.slice(0, 80))"""
SMALL_TARGETS = """(card) => [...card.querySelectorAll("button, input, select, summary, .rk-hit")]
    .filter((node) => {
        const { width, height } = node.getBoundingClientRect();
        return height > 0 && Math.min(width, height) < 44;
    })
    .map((node) => node.outerHTML)"""
SMALL_TEXT = """(card) => [...card.querySelectorAll("*")]
    .filter((node) => node.getClientRects().length)
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .filter((node) => parseFloat(getComputedStyle(node).fontSize) * (node.getScreenCTM?.()?.a ?? 1) < 11.99)
    .map((node) => node.outerHTML)"""


def pages_of(book_html):
    """Every page of the book: not the theme's templates, nor Jupyter Book's redirect to the first page."""
    pages = [path for path in sorted(book_html.rglob("*.html")) if "_static" not in path.parts]
    return [path for path in pages if 'http-equiv="Refresh"' not in path.read_text("utf-8")]


def test_every_page_stays_on_its_host_and_is_silent(book_html, book_url, visit):
    for path in pages_of(book_html):
        visit(f"{book_url}/{path.relative_to(book_html).as_posix()}")


def test_only_pages_with_an_explorer_load_its_script(book_html):
    pages = {path: path.read_text("utf-8") for path in pages_of(book_html)}
    assert any('class="rk-explorer"' in text for text in pages.values())
    for path, text in pages.items():
        assert ("rnnkit-explorers.js" in text) == ('class="rk-explorer"' in text), path
        assert "widget-state+json" not in text, f"{path} embeds widget state that nothing reads"


def texts(nodes):
    return {node.get_attribute("data-cell"): node.text_content() for node in nodes.all()}


@pytest.mark.parametrize("how", ["scripts off", "print"])
def test_the_still_picture_shows_what_the_table_shows(visit, chapter_url, how):
    mounted = card_of(visit(chapter_url))
    commit(mounted)
    table = {name: text for name, text in cells(mounted).items() if name.startswith("table")}
    if how == "scripts off":
        page = visit(chapter_url, java_script_enabled=False)
    else:
        page = mounted.page
        page.emulate_media(media="print")
        assert not mounted.is_visible()
    still = page.locator(".rk-still").first
    picture = still.locator(".rk-wide")
    assert still.is_visible()
    assert picture.is_visible()
    assert len(table) == 17
    assert texts(still.locator("table [data-cell]")) == table
    drawn = texts(picture.locator("[data-cell^='heat']"))
    assert drawn == {name.replace("table", "heat"): text for name, text in table.items() if ":h:" in name}


def test_paper_is_white(visit, chapter_url):
    page = visit(chapter_url, theme="dark")
    ink = "getComputedStyle(document.querySelector('.rk-explorer')).getPropertyValue('--rk-page').trim()"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    dark = page.evaluate(ink)
    page.emulate_media(media="print")
    assert (dark, page.evaluate(ink)) == ("#121417", "#FFFFFF")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing_but_the_themes_own(visit, chapter_url, theme, width):
    page = visit(chapter_url, theme=theme, viewport={"width": width, "height": 900})
    card = card_of(page)
    for act in (lambda: None, lambda: commit(card), lambda: card.locator("summary").click()):
        act()
        # without preload: axe would ask for the theme's imported styles at a wrong address
        found = Axe().run(page, options={"preload": False}).response["violations"]
        rules = {v["id"]: [(n["target"], n["html"][:200]) for n in v["nodes"]] for v in found}
        assert set(rules) <= THEMES_OWN, rules
        targets = [node["target"][0] for v in found for node in v["nodes"]]
        inside = "(targets) => targets.filter((t) => document.querySelector(t)?.closest('.rk-explorer'))"
        assert not page.evaluate(inside, targets), "the theme's findings may not be the explorer's"


def test_two_explorers_do_not_disturb_each_other(visit, bare_page):
    page = visit(bare_page("two", StateStepper(name="a"), StateStepper(name="b"), StateStepper(name="b")))
    first, second = card_of(page, 0), card_of(page, 1)
    untouched = second.evaluate("(card) => card.outerHTML")
    commit(first)
    first.locator("[data-edit='W_ih[1,1]']").fill("-1")
    first.focus()
    page.keyboard.press("End")
    assert second.evaluate("(card) => card.outerHTML") == untouched
    commit(second)
    assert cells(first)["heat:h:5:0"] != cells(second)["heat:h:5:0"]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((n) => n.id)")
    assert len(ids) == len(set(ids))


def test_nothing_jumps_and_nothing_scrolls_sideways(visit, chapter_url):
    for width in (1280, 768, 375, 320):
        page = visit(chapter_url, viewport={"width": width, "height": 900})
        card = card_of(page)
        page.wait_for_timeout(200)
        assert page.evaluate("layoutShift") < 0.02, f"the page jumped at {width} px"
        commit(card)
        card.get_by_label("Units H").select_option("4")
        card.get_by_label("Steps T").select_option("12")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wide = card.evaluate(LEAVING)
        assert not wide, f"at {width} px something leaves the card: {wide}"


def test_targets_are_44_px_and_text_is_12(visit, chapter_url):
    for width in (1280, 375):
        card = card_of(visit(chapter_url, viewport={"width": width, "height": 900}))
        card.locator("summary").click()
        assert not card.evaluate(SMALL_TARGETS)
        assert not card.evaluate(SMALL_TEXT)


def test_moves_are_still_where_less_motion_is_asked_for(visit, chapter_url):
    for motion, moving in (("no-preference", True), ("reduce", False)):
        card = card_of(visit(chapter_url, reduced_motion=motion))
        card.focus()
        card.page.keyboard.press("ArrowLeft")
        assert (card.page.evaluate("document.getAnimations().length") > 0) == moving


def test_a_big_edit_is_redrawn_within_two_frames(visit, bare_page):
    rng = np.random.default_rng(5)
    W, U, b, x = (rng.uniform(-0.5, 0.5, shape).round(3) for shape in ((4, 1), (4, 4), (4,), (12, 1)))
    page = visit(bare_page("big", StateStepper(weight_ih=W, weight_hh=U, bias=b, inputs=x, step=5, committed=True)))
    field = card_of(page).locator("[data-edit='W_hh[2,3]']")
    took = field.evaluate(
        """async (field) => {
            const times = [];
            for (let k = 0; k < 30; k++) {
                const start = performance.now();
                field.value = (k - 15) / 20;
                field.dispatchEvent(new Event("input", { bubbles: true }));
                await Promise.resolve();
                document.body.getBoundingClientRect();
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b);
        }"""
    )
    assert took[7] < 33, f"{took[7]:.1f} ms in the faster quarter, {took[15]:.1f} in the median"


def test_an_unmounted_explorer_shows_its_still_picture_after_all(visit, book_html, tmp_path):
    """A page whose script is lost (a moved folder, a blocked file) keeps its picture."""
    page_file = tmp_path / "page.html"
    styles = [book_html / "_static" / f"rnnkit-{kind}.css" for kind in ("tokens", "explorers")]
    style = "".join(path.read_text("utf-8") for path in styles)
    page_file.write_text(f'<meta charset="utf-8"><style>{style}</style>{StateStepper().to_html()}', encoding="utf-8")
    page = visit(page_file.as_uri())
    assert not page.locator(".rk-still").is_visible()
    deadline = time.monotonic() + 6
    while not page.locator(".rk-still").is_visible() and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    assert page.locator(".rk-still .rk-wide").is_visible()
