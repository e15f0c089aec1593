"""Maps whose truth is covered: trusted by keys or a tap, drawn anew with other weights, uncovered without a jump."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Covered, Marked

RIGHT, SIZE = [1.0, 0, 0, 0.5], [0, 0, 1.0, 0]
ONE = Marked([0.5, -1, 0.1, 0], {"right": RIGHT, "size": SIZE}, {"right": [1] * 4, "size": SIZE}, "Yes.", "No.", [0, 3])
FIRST = """() => [...document.querySelectorAll(".rk-one")].filter((one) => one.offsetParent)
    .flatMap((one) => [...one.querySelectorAll(".rk-map")])
    .map((map) => [...map.querySelectorAll("i")].map((i) => getComputedStyle(i).backgroundImage))"""


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    pair = {"first": ONE, "second": ONE._replace(truth=[1])}
    figure = Covered(pair, "Other weights", "Uncover", "Seen.", "Two maps.", "Which?")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Maps</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 800})


def shown(page, what):
    return [one.inner_text() for one in page.locator(what).all() if one.is_visible()]


def test_names_truth_and_scores_are_hidden_until_uncovered(page):
    assert not shown(page, ".rk-name, .rk-found")
    assert shown(page, ".rk-letter") == ["A", "B"]
    before = page.locator("summary").bounding_box()
    page.locator("summary").press("Enter")
    assert shown(page, ".rk-name") == ["right", "size"]
    assert shown(page, ".rk-found") == ["2 of 2", "1 of 2"]
    assert page.locator("summary").bounding_box() == before, "nothing above it moved"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_other_weights_change_the_maps_of_the_network_alone_and_keep_a_strip_of_it(page):
    right, size = page.evaluate(FIRST)
    assert shown(page, ".rk-says span") == ["Yes."]
    page.get_by_label("Other weights").press("Space")
    assert shown(page, ".rk-says span") == ["No."]
    other, same = page.evaluate(FIRST)
    assert same == size
    assert other != right
    main, strip = ([one.split("), linear")[part] for one in other] for part in (0, -1))
    assert len(set(main)) == 1, "all four cells are of one shade now"
    assert len(set(strip)) == 3, "below them the three shades of before"


def test_a_map_is_trusted_by_a_tap_or_an_arrow_and_each_sequence_has_its_own(page):
    rows = page.locator("label.rk-row:visible")
    assert all(row.bounding_box()["height"] >= 44 for row in rows.all())
    rows.nth(0).click()
    (one, two), cells = page.locator(".rk-top:visible").all(), rows.nth(0).locator(".rk-map i").all()
    for outline, cell in ((one, cells[0]), (two, cells[3])):
        assert abs(outline.bounding_box()["x"] - cell.bounding_box()["x"]) < 1, "its strongest steps are outlined"
    assert page.get_by_role("radio", name="map A, strongest at 1 and 4").is_checked()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio", name="map B, strongest at 1 and 3").is_checked()
    page.get_by_text("second", exact=True).click()
    assert page.locator("label.rk-row:visible").count() == 2
    assert not page.locator(".rk-one:visible input:checked").count()
    page.locator("summary").click()
    assert shown(page, ".rk-found") == ["0 of 1", "0 of 1"]


def test_paper_has_the_truth_and_the_first_maps(page):
    page.emulate_media(media="print")
    first = page.evaluate(FIRST)  # in paper's colours
    page.emulate_media(media="screen")
    page.get_by_label("Other weights").check(force=True)
    page.emulate_media(media="print")
    assert shown(page, ".rk-name") == ["right", "size"]
    assert not shown(page, ".rk-tools, summary")
    assert shown(page, ".rk-says span") == ["Yes."]
    assert page.evaluate(FIRST) == first
    over = """() => [...document.querySelectorAll(".rk-name")].filter((name) => {
        const ring = getComputedStyle(name.parentElement, "::before");
        return getComputedStyle(name).position !== "static" || ring.display !== "none"; }).length"""
    assert page.evaluate(over) == 0, "no name over the ring of its button"
