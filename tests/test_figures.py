"""Figures: the page's colours, text of readable size at both widths, alternative text."""

import re

import pytest

from rnnkit.figures import Figure, colours


def draw(ax):
    ax.plot([1, 3, 2], label="a line")
    ax.set(xlabel="step", ylabel="h")


def test_every_colour_is_a_token_of_the_page():
    html = Figure(draw, alt="a line", caption="look")._repr_html_()
    named = re.findall(r"var\(--rk-([a-z-]+), (#[0-9A-Fa-f]{6})\)", html)
    assert named
    assert all(colours()[name] == value for name, value in named)
    assert not re.findall(r"#[0-9A-Fa-f]{6}", re.sub(r"var\([^)]*\)", "", html))


@pytest.mark.parametrize(("which", "pixels"), [("wide", 720), ("narrow", 343)])
def test_no_text_under_12_pixels(which, pixels):
    svg = getattr(Figure(draw, alt="a line", caption="look"), which)
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px|font: ([\d.]+)px", svg) for s in s if s]
    assert sizes
    assert min(sizes) * pixels / width >= 12


def test_drawing_twice_gives_the_same_figure_and_ids_do_not_meet():
    a, again = Figure(draw, alt="a line", caption="x"), Figure(draw, alt="a line", caption="x")
    other = Figure(draw, alt="another line", caption="x")
    assert a._repr_html_() == again._repr_html_()
    ids = [set(re.findall(r'\bid="([^"]*)"', svg)) for svg in (a.wide, a.narrow, other.wide)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert not ids[0] & ids[2]


def test_alternative_text_is_escaped_and_required():
    html = Figure(draw, alt='h < 1 & "so"', caption="1 < 2")._repr_html_()
    assert 'aria-label="h &lt; 1 &amp; &quot;so&quot;"' in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    with pytest.raises(ValueError, match="needs alternative text"):
        Figure(draw, alt=" ", caption="look")


def test_two_names_of_one_colour_do_not_nest():
    html = Figure(lambda ax: ax.plot([1, 2], color=colours()["negative"]), alt="a line", caption="look")._repr_html_()
    assert "var(--rk-negative, #2B5C9E)" in html
    assert not re.search(r"var\(--rk-[a-z-]+, var\(", html)
