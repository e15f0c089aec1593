"""Guesses on tracks: set by keys, told by a label, no count to be seen before; then each bar ends under its number."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Guessed

COUNTS = {"T = 5": {"one": 10, "two": 3}, "T = 50": {"one": 0, "two": 7}}
ENDS = """() => [...document.querySelectorAll(".rk-count")].map((n) => {
    const bar = getComputedStyle(n, "::before");
    return n.getBoundingClientRect().left + parseFloat(bar.width);
})"""


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Guessed("How many?", COUNTS, 10, "Show", "Seen.", "Look.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Guess</title><style>{style}</style>'
    file.write_text(f"{text}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 800})


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


def test_paper_has_the_counts_and_no_slider(page):
    page.emulate_media(media="print")
    assert all(one.is_visible() for one in page.locator(".rk-truth").all())
    assert page.locator("input:visible").count() == 0


def test_axe_finds_nothing(page):
    from test_access import violations

    assert violations(page) == {}
    page.locator("summary").click()
    assert violations(page) == {}
