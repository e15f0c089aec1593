"""Guesses on tracks: set by keys, told by a label, no count to be seen before; then each bar ends under its number."""

from itertools import pairwise

import pytest

from rnnkit.explorers import EXPLORERS, page_style, page_tokens
from rnnkit.figures import Guessed

COUNTS = {"T = 5": {"one": 10, "two": 3}, "T = 50": {"one": 0, "two": 7}}
ENDS = """() => [...document.querySelectorAll(".rk-count")].map((n) => {
    const bar = getComputedStyle(n, "::before");
    return n.getBoundingClientRect().left + parseFloat(bar.width);
})"""


def opened(visit, folder, figures, width, theme):
    """A page of figures as the book has it, where explorers bring their styles too."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    own = "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    style = page_tokens() + page_style(EXPLORERS) + own
    file = folder / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Guess</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figures}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 800})


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    return opened(
        visit, tmp_path, Guessed("How many?", COUNTS, 10, "Show", "Seen.", "Look.")._repr_html_(), *request.param
    )


def test_counts_are_hidden_until_asked_for(page):
    counts = page.locator(".rk-truth")
    assert not any(one.is_visible() for one in counts.all())
    before = page.locator(".rk-guessed").bounding_box()
    page.locator("summary").press("Enter")
    assert all(one.is_visible() for one in counts.all())
    assert page.locator(".rk-count").all_inner_texts() == ["10", "3", "0", "7"]
    after = page.locator("summary").bounding_box()
    assert before["y"] < after["y"] < before["y"] + before["height"]  # nothing above it moved


def test_a_guess_is_set_by_keys_and_stays(page):
    slider = page.get_by_role("slider", name="T = 50")
    slider.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert slider.input_value() == "2"
    page.locator("summary").click()
    assert slider.input_value() == "2"
    assert slider.bounding_box()["height"] >= 44


def test_a_bar_ends_under_the_thumb_of_a_right_guess(page):
    page.locator("summary").click()
    ends = page.evaluate(ENDS)
    slider = page.get_by_role("slider", name="T = 5", exact=True)
    box, thumb = slider.bounding_box(), 20
    for count, end in zip((10, 3), ends, strict=False):
        assert end == pytest.approx(box["x"] + thumb / 2 + count / 10 * (box["width"] - thumb), abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_thumb_casts_a_dot_on_each_bar_once_they_are_open(page):
    """Chromium does not tell a thumb's style; the pixels at the dots' places tell it."""
    slider = page.get_by_role("slider", name="T = 5", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")

    def dots():
        box = slider.bounding_box()
        middle = box["x"] + 10 + 0.5 * (box["width"] - 20)
        rows = page.locator(".rk-count").all()[:2]
        clips = []
        for row in rows:
            at = row.bounding_box()
            clips.append({"x": middle - 2, "y": at["y"] + at["height"] / 2 - 2, "width": 4, "height": 4})
        return [page.screenshot(clip=clip) for clip in clips]

    before = dots()
    page.locator("summary").click()
    slider.evaluate("(n) => n.blur()")
    opened = dots()
    for key in ("Home", "ArrowRight"):
        slider.press(key)
    slider.evaluate("(n) => n.blur()")
    elsewhere = dots()
    assert all(one != two for one, two in zip(opened, before, strict=True))
    assert all(one != two for one, two in zip(opened, elsewhere, strict=True))


@pytest.mark.parametrize("width", [1440, 375])
def test_one_bar_a_row_stands_below_its_label(visit, tmp_path, width):
    """Each row has a line of its own, and each thumb one dot, though the next figure's rows have two bars."""
    alone = {f"{name} alone": {"right": n} for name, n in (("h", 2), ("c", 3))}
    figures = [Guessed("How many?", counts, 20, "Show", "Seen.", "Look.") for counts in (alone, COUNTS)]
    page = opened(visit, tmp_path, "".join(one._repr_html_() for one in figures), width, "light")
    first = page.locator(".rk-guessed").first
    first.locator("summary").click()
    boxes = first.evaluate("""(n) => {
        const ends = (one) => [one.getBoundingClientRect().top, one.getBoundingClientRect().bottom];
        return [...n.querySelectorAll(".rk-track")].map((row) => [row, ...row.children].map(ends));
    }""")
    assert len(boxes) == 5  # the scale, and two rows of two
    for (top, bottom), *inside in boxes:
        assert all(top - 0.5 <= up and down <= bottom + 0.5 for up, down in inside)
    for upper, lower in pairwise(boxes):
        assert upper[0][1] <= lower[0][0] + 0.5
    numbers = first.locator(".rk-scale span:not(:empty)").evaluate_all("""(all) => all.map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const box = range.getBoundingClientRect();
        return [box.left, box.right];
    })""")
    assert all(left[1] + 1 < right[0] for left, right in pairwise(numbers))

    slider = first.get_by_role("slider").last
    box = first.bounding_box()
    below = first.locator(".rk-truth").last.bounding_box()

    def pixels(key):
        slider.press(key)
        slider.evaluate("(n) => n.blur()")
        bar = {"x": box["x"], "width": box["width"], "y": below["y"], "height": below["height"]}
        rest = bar | {"y": below["y"] + below["height"], "height": 11}
        return page.screenshot(clip=bar), page.screenshot(clip=rest)

    before, after = pixels("Home"), pixels("End")
    assert before[0] != after[0]  # the dot moves on the bar
    assert before[1] == after[1]  # and nothing below it


def test_paper_has_the_counts_and_no_slider(page):
    page.emulate_media(media="print")
    assert all(one.is_visible() for one in page.locator(".rk-truth").all())
    assert page.locator("input:visible").count() == 0


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
    page.locator("summary").click()
    assert violations(page) == {}
