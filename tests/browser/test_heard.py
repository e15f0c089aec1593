"""Every page of the book for people who listen, or use the keyboard: axe, the accessibility tree, and Tab."""

import importlib.util
import itertools
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from test_access import TAGS
from test_pages import PAGES
from test_paper import RENDERED
from test_phone import OPEN

ROOT = Path(__file__).resolve().parents[2]
# the last two are no rules of WCAG's levels A and AA for axe, but the theme broke both
RULES = {name: {"enabled": True} for name in ("label-content-name-mismatch", "region")}
OPTIONS = {"preload": False, "runOnly": {"type": "tag", "values": TAGS}, "rules": RULES}
CONTROLS = {"link", "button", "textbox", "searchbox", "slider", "spinbutton", "combobox", "checkbox", "radio"}
ICON = re.compile("[\ue000-\uf8ff▸▾●]")  # glyphs of icon fonts, and our own marks
FOCUS = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    node.dataset.seen ??= String(document.querySelectorAll("[data-seen]").length);
    const style = getComputedStyle(node);
    const within = node.matches(".sd-stretched-link, .rk-editor textarea");
    const label = node.type === "radio" ? node.labels[0] : null; // where one is drawn as a button
    const place = within ? node.closest(".sd-card, .rk-editor, article") : label ?? node;
    const part = [place, ...node.querySelectorAll("*")]
        .flatMap((n) => [null, "::before", "::after"].map((part) => getComputedStyle(n, part)))
        .some((s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none");
    let faint = 1;
    for (let up = label ?? node; up; up = up.parentElement) {
        faint = Math.min(faint, Number(getComputedStyle(up).opacity));
    }
    const box = place.getBoundingClientRect();
    const there = style.visibility === "visible" && box.width > 0 && box.height > 0;
    const seen = part || (node.type === "radio" && style.opacity !== "0");
    return [node.dataset.seen, node.outerHTML.slice(0, 120), seen && faint > 0.5 && there];
}"""
REACHABLE = """() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
    return all.filter((n) => n.checkVisibility() && !n.disabled && n.tabIndex >= 0 && n.type !== "radio"
        && !n.dataset.seen && getComputedStyle(n).visibility === "visible").map((n) => n.outerHTML.slice(0, 120));
}"""


def unmended():
    spec = importlib.util.spec_from_file_location("access", ROOT / "book" / "_ext" / "access.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.UNMENDED


@pytest.fixture(params=PAGES)
def page(request, visit, book_url):
    page = visit(f"{book_url}/{request.param}.html", viewport={"width": 1280, "height": 900})
    page.wait_for_function(RENDERED)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_that_is_not_named(visit, book_url, name, width, theme):
    page = visit(f"{book_url}/{name}.html", theme=theme, viewport={"width": width, "height": 900})
    page.wait_for_function(RENDERED)
    page.evaluate(OPEN)
    page.wait_for_timeout(500)
    found = Axe().run(page, options=OPTIONS).response["violations"]
    nodes = [(v["id"], node["html"][:300]) for v in found for node in v["nodes"]]
    assert [one for one in nodes if not any(one[0] == rule and mark in one[1] for rule, mark in unmended())] == []


def tree(page):
    """What is handed to a screen reader, in its order: role, name, properties, and whether a link is around it."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    heard = []

    def read(node):
        if not node.get("ignored"):
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
            name = " ".join(node.get("name", {}).get("value", "").split())
            heard.append((node["role"]["value"], name, properties))
        for child in node.get("childIds", []):
            if child in by_id:
                read(by_id[child])

    read(nodes[0])
    return heard


def named(heard, *roles):
    return [name for role, name, _ in heard if role in roles]


def test_a_page_reads_well(page):
    page.evaluate(OPEN)
    page.wait_for_timeout(500)
    heard = tree(page)
    landmarks = [role for role, _, _ in heard]
    assert landmarks.count("main") == 1
    assert all(named(heard, "navigation", "region"))
    levels = [properties["level"] for role, _, properties in heard if role == "heading"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert all(named(heard, "heading", *CONTROLS, "DisclosureTriangle")), [one for one in heard if not one[1]]
    assert all(named(heard, "image")), "a picture without a text"
    assert not [name for role, name, _ in heard if ICON.search(name) and role != "ListMarker"]
    assert not {name.lower() for name in named(heard, "link")} & {"link", "here", "more", "click here", "#"}


def test_formulas_are_spoken(page):
    formulas = page.locator("article .math:visible").count()
    spoken = page.locator("article .math:visible mjx-assistive-mml math").count()
    assert spoken == formulas
    assert len(named(tree(page), "MathMLMath")) == formulas


def test_tab_reaches_everything_and_is_seen(page):
    """The first stop leads past the navigation."""
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to main content"
    page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")  # the theme lets it glide in
    unseen = []
    for _ in range(600):
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        if not stop[2]:
            unseen.append(stop[1])
        page.keyboard.press("Tab")
    else:
        pytest.fail("Tab does not come to the end of the page")
    assert unseen == []
    assert page.evaluate(REACHABLE) == []


def test_the_skip_link_leads_to_the_text(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
