"""Tunes that are heard: a slider chooses, nothing sounds before a press, the note that sounds is marked."""

import pytest

from rnnkit.explorers import page_tokens
from rnnkit.figures import Heard

TUNES = {
    "0.1": ("M:3/4\nK:G\nG2F2d2|\n\n", "One bar."),
    "1.0": ("M:3/4\nK:C\nCDEFGA|B4c2|\n\n", "Two bars."),
    "1.7": ("M3:\n||2\n\n", "No note."),
}
MOMENTS = {0.05: "", 0.11: "G2", 0.43: "G2", 0.45: "F2", 0.77: "F2", 0.79: "d2", 1.11: "d2", 1.13: ""}  # seconds
COUNTED = """
    window.made = [];
    const { AudioContext: Real } = window;
    window.AudioContext = class extends Real {
        constructor() { super(); window.made.push(this); this.tones = []; }
        get currentTime() { return window.clock ?? super.currentTime; }
        createOscillator() { const tone = super.createOscillator(); this.tones.push(tone); return tone; }
    };"""


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=lambda p: p[1])
def page(request, visit, tmp_path):
    width, theme = request.param
    figure = Heard("temperature", TUNES, "1.0", "Tunes.", "Listen.")._repr_html_()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    style = page_tokens() + "body { background: var(--rk-page); color: var(--rk-ink); } figure { margin: 0; }"
    file = tmp_path / "page.html"
    text = f'<!doctype html><html lang="en" data-theme="{theme}"><head>{head}<title>Tunes</title><style>{style}</style>'
    script = f"<script>{COUNTED}</script>"
    file.write_text(f"{text}{script}</head><body><main>{figure}</main></body></html>", "utf-8")
    return visit(file.as_uri(), viewport={"width": width, "height": 812})


def shown(page):
    return page.locator("pre:visible").inner_text()


def test_it_is_silent_until_it_is_asked(page):
    assert shown(page) == "M:3/4\nK:C\nCDEFGA|B4c2|"
    page.locator("input").press("ArrowLeft")
    assert shown(page).endswith("G2F2d2|")
    assert page.locator("output").inner_text() == "0.1"
    assert page.evaluate("made.length") == 0


def test_a_key_plays_it_and_the_note_that_sounds_is_marked(page):
    """In the key of G the F is sharp; a 2 lasts twice as long; at its end the button is as before."""
    page.evaluate("window.clock = 0")
    page.locator("input").press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for seconds, note in MOMENTS.items():
        page.evaluate("(seconds) => { window.clock = seconds; }", seconds)
        sounds = "(note) => [...document.querySelectorAll('.rk-sounds')].map((n) => n.textContent).join() === note"
        page.wait_for_function(sounds, arg=note)
    page.wait_for_function("document.querySelector('button').textContent === 'Play'")
    hertz = page.evaluate("made[0].tones.map((tone) => tone.frequency.value)")
    assert hertz == pytest.approx([392.0, 369.99, 587.33], abs=0.01)
    assert page.evaluate("made[0].state") == "closed"


@pytest.mark.parametrize("how", ["press", "slider"])
def test_another_press_or_another_tune_stops_it(page, how):
    page.locator("button").click()
    page.wait_for_selector("pre:visible b.rk-sounds")
    page.locator("button").click() if how == "press" else page.locator("input").press("ArrowLeft")
    assert page.locator("button").inner_text() == "Play"
    assert page.locator(".rk-sounds").count() == 0
    page.wait_for_function("made[0].state === 'closed'")


def test_a_text_without_notes_makes_no_sound(page):
    page.locator("input").press("ArrowRight")
    page.locator("button").click()
    assert page.evaluate("made.length") == 0


def test_all_of_it_fits_the_screen_and_is_large_enough(page):
    figure = page.locator("figure")
    assert figure.evaluate("(n) => n.scrollWidth <= n.clientWidth")
    assert min(page.locator(name).bounding_box()["height"] for name in ("input", "button")) >= 44


def test_paper_has_every_tune(page):
    page.emulate_media(media="print")
    assert page.locator("pre:visible").count() == 3
    assert not page.locator("button").is_visible()
