"""Every page of the book: what it weighs, its icons, its formulas, and that nothing jumps on a slow line."""

import base64
import io
import re
import threading

import pytest
from book_pages import sampled
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops
from test_pages import PAGES

from server import BookServer

MOST = 300  # kB of a page, compressed
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 2e5}  # bytes a second
NO_ICON = "i[class*='fa-'] { color: transparent !important; transition: none !important; }"
# What a glyph is drawn with, wherever the page has an icon: an element of the theme, or a character beside a title.
GLYPHS = """() => [...document.querySelectorAll("*")].flatMap((node) => ["::before", "::after"].map((part) => {
    const style = getComputedStyle(node, part);
    const text = style.content.match(/^"([\\ue000-\\uf8ff])"( \\/ "")?$/)?.[1]; // with / "" it is not read aloud
    return text && [text, style.fontFamily, style.fontWeight];
})).filter(Boolean)"""
NAMELESS = """() => [...document.querySelectorAll("i[class*='fa-']")]
    .filter((n) => !/^"."$/u.test(getComputedStyle(n, "::before").content)).map((n) => n.className)"""


@pytest.fixture(scope="module")
def compressed(book_html):
    server = BookServer(book_html)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.address
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(visit, compressed, name):
    page = visit("about:blank")
    sizes, urls = [], []
    cdp = page.context.new_cdp_session(page)
    cdp.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: urls.append(request.url))
    cdp.send("Network.enable")
    page.goto(f"{compressed}/{name}.html")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert 50 < sum(sizes) / 1000 <= MOST
    assert not [url for url in urls if re.search(r"fontawesome|\.map\b|\.ttf|mathjax/", url)]


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_jumps_on_a_slow_line(visit, compressed, name, width):
    page = visit("about:blank", viewport={"width": width, "height": 900})
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", SLOW)
    page.goto(f"{compressed}/{name}.html")
    page.wait_for_timeout(500)
    assert page.evaluate("layoutShift") < 0.05
    assert page.locator("img:not([width][height]):not([src^='data:'])").count() == 0, "images say their size"


def has_ink(page, icon):
    """Whether the box of an icon is another picture without the icon's colour."""
    icon.scroll_into_view_if_needed()
    box, size = icon.bounding_box(), icon.evaluate("(n) => parseFloat(getComputedStyle(n).fontSize)")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2  # an icon's line may be lower than its glyph
    box = {"x": max(0, x - size / 2), "y": max(0, y - size / 2), "width": size, "height": size}
    seen = [Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")]
    hidden = page.add_style_tag(content=NO_ICON)
    seen.append(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB"))
    hidden.evaluate("(style) => style.remove()")
    return ImageChops.difference(*seen).convert("L").point(lambda v: 255 * (v > 40)).getbbox() is not None


@pytest.mark.parametrize("name", PAGES)
def test_no_icon_is_lost(visit, compressed, book_html, name):
    """Each has a name, and each glyph is in the font that the page asks for."""
    page = visit(f"{compressed}/{name}.html")
    assert page.evaluate(NAMELESS) == []
    drawn = {tuple(glyph) for glyph in page.evaluate(GLYPHS)}
    assert len(drawn) >= 8
    for character, family, weight in drawn:
        assert has_glyph(book_html, character, family, weight), (hex(ord(character)), family, weight)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", sampled(PAGES, 0))
def test_each_icon_that_can_be_seen_or_opened_has_ink(visit, compressed, name, theme):
    page = visit(f"{compressed}/{name}.html", theme=theme)
    seen = set()

    def look(inside=""):
        for icon in page.locator(f"{inside} i[class*='fa-']:visible").element_handles():
            if not icon.is_visible():
                continue  # what leads back to the top comes and goes as one scrolls
            assert has_ink(page, icon), icon.get_attribute("class")
            seen.add(" ".join(icon.get_attribute("class").split()))

    look()
    for menu in page.locator("[data-bs-toggle=dropdown]").all():
        menu.click()
        look()
        menu.click()
    page.keyboard.press("Control+k")
    look("dialog[open]")
    page.evaluate("document.querySelector('dialog[open]').close()")
    page.set_viewport_size({"width": 375, "height": 700})
    look()
    page.set_viewport_size({"width": 820, "height": 1100})  # phones and wide screens do not have it
    page.add_style_tag(content="article.bd-article { min-height: 4000px; }")  # far enough from the top on every page
    for down in (2000, 1500):  # the way back to the top shows itself to whoever turns round
        page.evaluate(f"scrollTo({{ top: {down}, behavior: 'instant' }})")
        page.wait_for_timeout(300)
    page.locator("#pst-back-to-top i").wait_for()
    look()
    for choice in ("light", "dark", "auto"):  # the switch has an icon for each
        page.evaluate(f"document.documentElement.dataset.mode = '{choice}'")
        look()
    names = page.locator("i[class*='fa-']").evaluate_all("(all) => all.map((n) => n.className)")
    never = {" ".join(name.split()) for name in names} - seen
    assert not never, f"never looked at: {never}"


def has_glyph(book_html, character, family, weight):
    """Whether icons.css has a font of this name with an outline for the character."""
    style = (book_html / "_static" / "styles" / "icons.css").read_text()
    face = re.compile(r'font-family: ("[^"]+"); font-weight: (\d+); src: url\("data:font/woff;base64,([^"]+)"\)')
    for name, of_weight, data in face.findall(style):
        if name == family.split(",")[0] and of_weight == weight:
            font = TTFont(io.BytesIO(base64.b64decode(data)))
            glyph, glyphs = font.getBestCmap().get(ord(character)), font.getGlyphSet()
            pen = BoundsPen(glyphs)
            if glyph:
                glyphs[glyph].draw(pen)
            return pen.bounds is not None
    return False


@pytest.mark.parametrize("name", PAGES)
def test_buttons_that_scripts_add_are_drawn(visit, compressed, name):
    """Copy buttons bring a picture of their own; each has lines."""
    page = visit(f"{compressed}/{name}.html")
    blocks = page.locator("div.highlight pre").count()
    if blocks:
        page.locator("button.copybtn svg path").first.wait_for(state="attached")
    assert page.locator("button.copybtn svg:has(rect)").count() == blocks
    boxes = page.locator("details.hide > summary, details.toggle-details > summary")
    assert all(box["width"] > 20 for box in (one.bounding_box() for one in boxes.all()) if box)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("name", PAGES)
def test_formulas_are_drawn_and_have_their_mathml(visit, compressed, name, scripts):
    page = visit(f"{compressed}/{name}.html", java_script_enabled=scripts)
    formulas = page.locator("mjx-container")
    assert page.locator(".math").count() <= formulas.count()
    assert page.locator("mjx-container:has(math)").count() == formulas.count()
    assert not re.search(r"\\\(|\\\[", page.locator("article.bd-article").inner_text())
    if formulas.count() and scripts:
        lost = """() => [...document.querySelectorAll('mjx-container use')]
            .filter((n) => !document.querySelector(n.href.baseVal)).length"""
        assert page.evaluate(lost) == 0
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true;")
        assert page.locator("mjx-container svg:visible").first.bounding_box()["width"] > 3
