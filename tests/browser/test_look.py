"""What is seen at every size and in every mode: no collisions, no clipping, targets, text, contrast."""

import pytest
from looks import COLLIDING, LEAVING, LOST, SMALL_TARGETS, SMALL_TEXT, UNREADABLE
from shown import act, answer, card_of, first_field, open_fold, press, settle

SIZES = (1100, 688, 343)


def sized(visit, bare_page, kind, width, *explorers, **options):
    """A page whose explorers are so wide."""
    url = bare_page(f"{kind.slug}-{width}-{len(explorers)}", *explorers)
    return visit(url, viewport={"width": width + 16, "height": 900}, **options)


@pytest.mark.parametrize("width", SIZES)
def test_no_label_meets_another_nor_is_clipped(kind, visit, bare_page, width):
    """At the extremes of the controls, at the first, a middle and the last step."""
    ones = [kind(**extreme, committed=True) for extreme in ({}, *kind.limits.extremes)]
    page = sized(visit, bare_page, kind, width, *ones)
    found = {}
    for k in range(len(ones)):
        card = card_of(page, k)
        assert card.bounding_box()["width"] == pytest.approx(width, abs=1)
        for keys in (["Home"], ["ArrowRight"], ["ArrowRight", "ArrowRight"], ["End"]):
            press(card, *keys)
            if bad := card.evaluate(COLLIDING):
                found[k, keys[0], len(keys)] = bad
    assert not found


@pytest.mark.parametrize("width", SIZES)
def test_no_label_meets_another_after_an_edit(kind, visit, bare_page, width):
    """With the question open, a ghost, each preset, a challenge begun and failed."""
    page = sized(visit, bare_page, kind, width, kind())
    card, found = card_of(page), {}

    def look(when):
        settle(page)
        settle(page)  # a picture whose place has changed is drawn once more
        if bad := card.evaluate(COLLIDING):
            found[when] = bad

    look("asking")
    answer(card)
    look("answered")
    press(card, "PageDown", on=first_field(card))
    look("edited")
    for preset in card.locator("[data-preset]").all():
        preset.click()
        press(card, "End")
        look(preset.inner_text())
    for when in ("dared", "checked"):
        if card.locator("[data-act=dare]").count():
            act(card, "dare")
            look(when)
    assert not found


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_nothing_scrolls_sideways_nor_leaves_the_card(kind, visit, bare_page, width):
    ones = [kind(), *(kind(**extreme, committed=True) for extreme in kind.limits.extremes)]
    page = visit(bare_page(f"{kind.slug}-sizes", *ones), viewport={"width": width, "height": 900})
    for k in range(len(ones)):
        open_fold(card_of(page, k))
        for fold in card_of(page, k).locator("details:not([open]) > summary:visible").all():
            fold.click()
        settle(page)
        assert card_of(page, k).evaluate(LEAVING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_nothing_scrolls_sideways(kind, visit, bare_page):
    ones = [kind(**extreme) for extreme in kind.limits.extremes]
    url = bare_page(f"{kind.slug}-stills", *ones)
    page = visit(url, java_script_enabled=False, viewport={"width": 375, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_at_200_percent_nothing_is_lost(kind, visit, bare_page):
    """A window of 1280 px at 200 % has 640."""
    url = bare_page(f"{kind.slug}-zoom", kind(committed=True))
    page = visit(url, viewport={"width": 640, "height": 450}, device_scale_factor=2)
    card = card_of(page)
    open_fold(card)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert card.evaluate(LEAVING) == []
    assert card.evaluate(COLLIDING) == []


def test_larger_letters_alone_break_nothing(kind, visit, bare_page):
    """Text at 200 %, by the reader's own style."""
    page = visit(bare_page(f"{kind.slug}-zoom", kind(committed=True)), viewport={"width": 1280, "height": 900})
    page.add_style_tag(content="html { font-size: 32px; }")
    card = card_of(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert card.evaluate(LEAVING) == []


@pytest.mark.parametrize("width", [1280, 375])
def test_targets_are_44_px_and_text_is_12(kind, visit, bare_page, width):
    ones = [kind(), *(kind(**extreme, committed=True) for extreme in kind.limits.extremes)]
    page = visit(bare_page(f"{kind.slug}-sizes", *ones), viewport={"width": width, "height": 900})
    for k in range(len(ones)):
        card = card_of(page, k)
        open_fold(card)
        assert card.evaluate(SMALL_TARGETS) == []
        assert card.evaluate(SMALL_TEXT) == []


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_an_input_of_a_strip_is_24_px_wide(kind, visit, bare_page, width):
    """Pressed every 4 px along the strip: the same input six times at least."""
    page = visit(bare_page(f"{kind.slug}-strip", kind(committed=True)), viewport={"width": width, "height": 900})
    card = card_of(page)
    if not card.locator(".rk-strip").count():
        pytest.skip("it has no row of inputs")
    strip = card.locator(".rk-strip").first
    strip.scroll_into_view_if_needed()
    box, steps = strip.bounding_box(), []
    for at in range(2, 130, 4):
        page.mouse.move(box["x"] + at, box["y"] + box["height"] / 2)
        page.mouse.down()
        settle(page)
        steps.append(strip.get_attribute("aria-valuetext").split(",")[0])
        page.mouse.up()
    whole = list(dict.fromkeys(steps))[:-1]
    assert len(whole) >= 1
    assert min(4 * steps.count(step) for step in whole) >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(kind, visit, bare_page, theme):
    """In the pictures too, where axe does not look: at the extremes, at the first and the last step."""
    ones = [kind(), *(kind(**extreme, committed=True) for extreme in kind.limits.extremes)]
    page = visit(bare_page(f"{kind.slug}-{theme}-all", *ones, theme=theme))
    for keys in ("Home", "End"):
        for k in range(len(ones)):
            press(card_of(page, k), keys)
        assert page.evaluate(UNREADABLE, ".rk-card") == []


def test_forced_colours_are_the_readers(kind, visit, bare_page):
    """Text in their colours, pictures that still show their lines, and buttons with borders."""
    page = visit(bare_page(kind.slug, kind(committed=True)), forced_colors="active")
    card = card_of(page)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    press(card, "End")
    assert page.evaluate(UNREADABLE, ".rk-card") == []
    assert card.evaluate(LOST) == []
    bare = "(nodes) => nodes.filter((n) => getComputedStyle(n).borderStyle === 'none').length"
    assert card.locator("button").evaluate_all(bare) == 0


def test_what_is_current_is_outlined_in_the_text_colour(card):
    press(card, "ArrowLeft")
    now = card.locator(".rk-picture .rk-now").first
    assert now.evaluate("(n) => getComputedStyle(n).stroke") == "rgb(31, 35, 40)"


@pytest.mark.parametrize(("width", "most"), [(1280, 820), (375, 812)])
def test_question_picture_and_numbers_are_one_screen(kind, visit, bare_page, width, most):
    page = visit(bare_page(kind.slug, kind(committed=True)), viewport={"width": width, "height": 900})
    card = card_of(page)
    top, picture = card.bounding_box()["y"], card.locator(".rk-picture").last.bounding_box()
    field = card.locator("input[data-field]:visible").first.bounding_box()
    assert picture["y"] + picture["height"] - top < most
    assert field["y"] + 44 - top < most


def test_pictures_are_styled_in_every_part(card):
    """A class that no style knows leaves a shape black."""
    press(card, "End")
    black = """(card) => [...card.querySelectorAll(".rk-picture svg :is(path, rect, circle)")]
        .filter((n) => getComputedStyle(n).fill === "rgb(0, 0, 0)").map((n) => n.outerHTML.slice(0, 120))"""
    assert card.evaluate(black) == []
