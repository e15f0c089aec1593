"""Figures of which a reader chooses one: pictures by a setting, and a line under three holds."""

import re

import numpy as np
import pytest

from rnnkit.figures import Chosen, Held, colours


def line(slope):
    return (lambda ax: ax.plot([0, slope])), f"slope {slope}", f"<b>{slope}</b> a step"


def chosen(**more):
    given = {"choice": "slope", "pictures": {"1 <": line(1), "2": line(2)}, "caption": "1 < 2"}
    return Chosen(**given | more)


def held(**more):
    given = {
        "text": "f(<x",
        "states": {"A": [-1, 0.5, 1, 1], "B": [-1, 0.5, 1, 1]},
        "answers": {"neither": [0.7, 0.3], "A": [0.7, 0.3], "B": [0.1, 0.9]},
        "symbols": [")", "space"],
        "yes": "inside",
        "choice": "Hold:",
        "alt": "a line",
        "caption": "1 < 2",
    }
    return Held(**given | more)


@pytest.mark.parametrize(("figure", "choices"), [(chosen(), 2), (held(), 3)], ids=["chosen", "held"])
def test_a_choice_is_radio_buttons_with_labels(figure, choices):
    html = figure._repr_html_()
    assert html.count('type="radio"') == choices
    assert html.count(" checked>") == 1
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= set(ids)
    assert set(re.findall(r"#(rk-[\w-]+?)(?::checked|[ ).])", html)) <= set(ids)
    assert "<figcaption>1 &lt; 2</figcaption>" in html


@pytest.mark.parametrize("figure", [chosen(), held()], ids=["chosen", "held"])
def test_every_colour_of_a_choice_is_a_token_of_the_page(figure):
    html = figure._repr_html_()
    named = re.findall(r"var\(--rk-([a-z-]+), (#[0-9A-Fa-f]{6})\)", html)
    assert named
    assert all(colours()[name] == value for name, value in named)
    assert not re.search(r"\b(?:INK|LINE|LOOK|BASELINE|POSITIVE)\b", html)


def test_each_picture_has_both_widths_its_words_and_its_alternative():
    html = chosen()._repr_html_()
    assert html.count("<svg") == 4
    assert html.count('aria-label="slope 2"') == 2
    assert "<p><b>2</b> a step</p>" in html
    assert ">1 &lt;</label>" in html
    second = chosen(first="2")._repr_html_()
    assert re.search(r"-1\" checked>", second)


def test_a_text_stands_where_a_picture_would():
    html = chosen(pictures={"1": line(1), "2": ("<pre>a <mark>b</mark></pre>", "two letters", "said")})._repr_html_()
    assert "<pre>a <mark>b</mark></pre><p>said</p>" in html
    assert html.count("<svg") == 2
    with pytest.raises(ValueError, match="alt of the picture is empty"):
        chosen(pictures={"1": line(1), "2": ("<pre></pre>", "", "said")})


def test_a_held_unit_shows_its_line_bars_and_marks_of_before():
    html = held()._repr_html_()
    lines = re.findall(r'<p class="rk-line rk-code"[^>]*>(.*?)</p>', html)
    assert [re.sub(r"<[^>]*>", "", one) for one in lines] == ["Af(&lt;x", "Bf(&lt;x"]
    assert lines[0].count("rk-yes-1") == 3  # levels of 5 and 10 tenths, and the last character by itself
    bars = re.findall(r"--now:([\d.]+);--before:([\d.]+)", html)
    assert bars == [("70.0", "70.0"), ("30.0", "30.0")] * 2 + [("10.0", "70.0"), ("90.0", "30.0")]
    said = re.findall(r"the likeliest next is <b>(.*?)</b>, with (\d\.\d\d)", html)
    assert said == [(")", "0.70"), (")", "0.70"), ("space", "0.90")]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: chosen(pictures={"1": line(1)}), "two or more"),
        (lambda: chosen(first="3"), "first '3'"),
        (lambda: chosen(caption=" "), "caption of the picture is empty"),
        (lambda: held(states={"A": [0, 1], "B": [0, 1, 1, 1]}), r"unit 'A' has shape \(2,\), expected \(4,\)"),
        (lambda: held(answers={"A": [1, 0], "B": [1, 0]}), "answers are of"),
        (lambda: held(symbols=[")"]), r"answer 'neither' has shape \(2,\)"),
        (lambda: held(alt=""), "alt of the line is empty"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_states_may_be_arrays():
    assert held(states={k: np.array([0, 0.2, 1, 0.1]) for k in "AB"})._repr_html_().count("rk-line") >= 2
