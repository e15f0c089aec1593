"""Figures: the page's colours, text of readable size at both widths, alternative text."""

import re
from functools import partial

import numpy as np
import pytest

from rnnkit.figures import (
    Aligned,
    Covered,
    Figure,
    Guessed,
    Marked,
    Nudged,
    Opened,
    Reading,
    Stepped,
    Views,
    Wins,
    bar,
    colours,
    nets,
    wiring,
)
from rnnkit.records import BY_RULE, BY_US, Comparison


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


WIRINGS = {
    "stage": (lambda ax: wiring.stage(ax, "ifo"), ["cₜ₋₁", "iₜ", "fₜ", "oₜ", "tanh", "hₜ"]),
    "step": (wiring.step, ["g: tanh", "xₜ, hₜ₋₁"]),
    "numbered": (lambda ax: wiring.step(ax, numbered=True), [*"①②③④⑤⑥", "g: tanh"]),
    "product": (wiring.product, ["N×4H", "σ", "tanh", "oₜ"]),
    "both ways": (nets.both_ways, ["x₁", "→h₁", "←h₄", "y₄"]),
    "stack": (nets.stack, ["x₁", "h⁽³⁾", "cell", "+", "L"]),
    "halves": (lambda ax: nets.halves(ax, [3, 1]), ["→ from the front", "← from the end", "1+", "+1", "pad"]),
}


@pytest.mark.parametrize(("drawn", "words"), WIRINGS.values(), ids=WIRINGS)
def test_a_wiring_names_its_parts_at_both_widths(drawn, words):
    figure = Figure(drawn, alt="a cell", caption="look")
    for svg in (figure.wide, figure.narrow):
        assert not [word for word in words if f">{word}</text>" not in svg]


def strokes(svg, name):
    """How many lines of a figure, arrows' heads included, have this colour."""
    return len(re.findall(rf"stroke: var\(--rk-{name},", svg))


def test_a_way_is_marked_in_both_networks():
    """From x₄ over two cells into y₃: three wires; from the loss past and through the cells: a dashed one a path."""
    both, stack = (Figure(one, alt="a net", caption="look").wide for one in (nets.both_ways, nets.stack))
    assert 0 < strokes(both, "positive") < strokes(stack, "positive")
    assert strokes(both, "positive") == 3 * 3  # a wire is a line, and an arrow of two strokes
    bold = re.findall(r'<text style="font-weight: 700;[^>]*>([^<]*)</text>', both)
    assert sorted(bold) == ["←h₃", "←h₄"]


def test_a_new_gate_has_a_thick_ring_and_the_others_have_not():
    svg = Figure(lambda ax: wiring.stage(ax, "if"), alt="a cell", caption="look").wide
    rings = re.findall(r'<path d="[^"]*C [^"]*" style="[^"]*stroke-width: 2.6[^"]*"', svg)
    assert len(rings) == 2  # f and its product
    assert "font-weight: 700" not in svg  # a bold i looks like an I
    assert "oₜ" not in svg


def test_a_leak_goes_before_the_forget_gate_comes():
    cells = {gates: Figure(partial(wiring.stage, gates=gates), alt="a cell", caption="look") for gates in wiring.STAGES}
    svgs = {gates: cell.wide for gates, cell in cells.items()}
    assert [gates for gates, svg in svgs.items() if ">0.8</text>" in svg] == ["", "li"]
    assert [gates for gates, svg in svgs.items() if ">0.2</text>" in svg] == [""]
    assert [gates for gates, svg in svgs.items() if "stroke-width: 2.6" in svg] == ["li", "if", "ifo"]  # what is new


def test_a_step_has_its_numbers_where_they_are_asked_for():
    plain, numbered = (
        Figure(partial(wiring.step, numbered=n), alt="a cell", caption="look").wide for n in (False, True)
    )
    assert not [mark for mark in "①②③④⑤⑥" if mark in plain]
    assert numbered.count(">⑤</text>") == 4  # one at each box
    assert numbered.count(">⑥</text>") == 2  # h goes in below, c on the left


def test_gates_are_added_in_one_order():
    with pytest.raises(ValueError, match="gates is 'f', expected '', 'li', 'i', 'if' or 'ifo': the order"):
        Figure(lambda ax: wiring.stage(ax, "f"), alt="a cell", caption="look")


def test_drawing_twice_gives_the_same_figure():
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
    with pytest.raises(ValueError, match="alt of the figure is empty, expected text"):
        Figure(draw, alt=" ", caption="look")


def test_two_names_of_one_colour_do_not_nest():
    html = Figure(lambda ax: ax.plot([1, 2], color=colours()["negative"]), alt="a line", caption="look")._repr_html_()
    assert "var(--rk-negative, #2B5C9E)" in html
    assert not re.search(r"var\(--rk-[a-z-]+, var\(", html)


def reading(text="a <b>", **more):
    h = np.array([[0.9, -1], [0.9, -1], [0.2, 0.5], [-0.3, 0.5], [-0.3, 0]])
    given = {"units": ["one", "two"], "choice": "w:", "alt": "a text", "caption": "look"} | more
    return Reading(text, {"2": h, "1": -h}, **given)


def test_a_reading_marks_characters_by_the_units():
    html = reading()._repr_html_()
    first = html[html.index('-0-text"') :].split("</p>")[0]
    marked = re.findall(r'<span class="rk-yes-(\d)" style="--rk-h: (\d+)%">', first)
    assert re.sub(r"<[^>]*>", "", first.split(">", 1)[1]) == "a &lt;b&gt;"
    assert marked == [("1", "40"), ("2", "70"), ("1", "9"), ("2", "70")], "runs of one look, a no without a mark"
    assert html.count('type="radio"') == 2
    assert html.count(" checked") == 1


def test_each_reading_may_have_its_own_text():
    html = reading({"2": "abcde", "1": "abXde"})._repr_html_()
    texts = [re.sub(r"<[^>]*>", "", part.split("</p>")[0]) for part in html.split(' lang="en">')[1:]]
    assert texts == ["abcde", "abXde"]
    with pytest.raises(ValueError, match="a text for each reading"):
        reading({"2": "abcde"})
    with pytest.raises(ValueError, match=r"expected \(T, K\)"):
        reading({"2": "abcde", "1": "abc"})


def test_an_answer_has_a_ground_of_its_own():
    html = reading("abcde", answer=(3, "the <server>"))._repr_html_()
    first = html[html.index('-0-text"') :].split("</p>")[0]
    assert first.count('<span class="rk-answer">') == 1
    assert re.sub(r"<[^>]*>", "", first.split('<span class="rk-answer">')[1]) == "de"
    assert '<span class="rk-answer">the &lt;server&gt;</span>' in html
    assert "var(--rk-ink, #1F2328) 8%" in html
    assert 'class="rk-answer"' not in reading("abcde")._repr_html_()


def test_a_program_keeps_its_lines():
    assert reading(code=True)._repr_html_().count(' class="rk-code"') == 2
    assert "rk-code" not in reading()._repr_html_().partition("</style>")[2]


def test_a_line_of_a_program_that_wraps_goes_on_behind_its_beginning():
    """Each line is a block that knows how far in it begins, and the text is sized by the longest."""
    text = "if\n\n  a"
    html = Reading(text, {"1": np.zeros((7, 1))}, ["u"], "w", "a text", "look", code=True)._repr_html_()
    body = html.partition("--rk-longest: 3")[2].partition(">")[2].partition("</p>")[0]
    rows = re.findall(r'<span class="rk-row" style="--rk-in: (\d)">(.*?)</span>', body, re.S)
    assert rows == [("0", "if\n"), ("0", "\n"), ("2", "  a")]


@pytest.mark.parametrize("wrong", [{"text": "abc"}, {"units": ["one"]}, {"alt": " "}, {"caption": ""}])
def test_a_reading_has_to_fit_its_text(wrong):
    with pytest.raises(ValueError, match=r"expected \(T, K\) = |of the reading is empty"):
        reading(**wrong)


def test_rows_open_one_by_one_and_bars_share_a_zero():
    html = Opened([("a", bar(0.5, 2) + "x"), ("b", bar(-2, 2)), ("c", "words")], caption="1 < 2")._repr_html_()
    assert html.count("<details><summary>") == 3
    assert "<details open" not in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    ends = [(float(a), float(a) + float(w)) for a, w in re.findall(r"--from:([\d.]+);--wide:([\d.]+)", html)]
    assert ends == [(50, 62.5), (0, 50)]
    assert re.findall(r"--look:var\(--rk-(\w+), #", html) == ["plus", "minus"]


def test_rows_that_are_compared_open_at_once():
    rows = [("a", bar(0.5, 1) + "0.5"), ("b", "b is &lt; a")]
    page = Opened(rows, "Which is larger?", once="Show <both>")._repr_html_()
    assert page.count("<details>") == 1
    assert page.count('<div class="rk-row">') == 2
    assert page.index("b is") < page.index("<summary>Show &lt;both&gt;</summary>")


def test_bars_have_an_axis_where_it_is_named():
    rows = [("a", bar(1, 2))]
    assert 'rk-scale"' not in Opened(rows, "look")._repr_html_()
    html = Opened(rows, "look", scale=("<1", "1", "10"))._repr_html_()
    assert '<div class="rk-scale" aria-hidden="true"><span>&lt;1</span><span>1</span><span>10</span></div>' in html


@pytest.mark.parametrize("given", [([], "look"), ([("a", "b")], " ")])
def test_rows_to_open_need_a_caption_and_a_row(given):
    with pytest.raises(ValueError, match="is empty, expected"):
        Opened(*given)


COUNTS = {"T = 5": {"one": 10, "two <": 3}, "T = 50": {"one": 0, "two <": 4}}


def guessed(**more):
    given = {"counts": COUNTS, "most": 10, "button": "Show", "seen": "<b>seen</b>", "caption": "1 < 2"}
    return Guessed(**{"question": "How many?"} | given | more)


def test_a_guess_is_a_labelled_slider_that_tells_nothing():
    """Each begins in the middle, whatever the count is; the question is read with each."""
    html = guessed()._repr_html_()
    sliders = re.findall(r'<label for="([^"]+)">([^<]+)</label><div class="rk-set"><input ([^>]+)>', html)
    assert [label for _, label, _ in sliders] == list(COUNTS)
    question = re.search(r'<p id="([^"]+)">How many\?</p>', html)[1]
    for key, _, given in sliders:
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', given))
        assert said.pop("id") == key
        assert said == {"type": "range", "min": "0", "max": "10", "value": "5", "autocomplete": "off"} | {
            "aria-describedby": question
        }


def test_counts_are_bars_on_the_guesses_scale_shut_at_first():
    html = guessed()._repr_html_()
    assert "<details><summary>Show</summary><div><b>seen</b></div></details>" in html
    counts = re.findall(r'<div>([^<]+)</div><div class="rk-count" style="--share:([\d.]+)"><span>(\d+)</span>', html)
    assert counts == [("one", "100.0", "10"), ("two &lt;", "30.0", "3"), ("one", "0.0", "0"), ("two &lt;", "40.0", "4")]
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    assert not re.findall(r"#[0-9A-Fa-f]{6}", re.sub(r"var\(--rk-[a-z]+, #[0-9A-Fa-f]{6}\)", "", html))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"counts": {}}, "counts is empty, expected a row"),
        ({"counts": COUNTS | {"T = 9": {"one": 1}}}, "row 'T = 9' has one, expected one, two <"),
        ({"most": 9}, "one of row 'T = 5' is 10, expected a count from 0 to 9"),
        ({"caption": " "}, "caption is empty, expected text"),
        ({"question": ""}, "question is empty, expected text"),
    ],
)
def test_guesses_need_rows_of_one_kind_and_words(wrong, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        guessed(**wrong)


def test_powers_on_a_logarithmic_axis_are_letters():
    """As mathematics they took two thirds of a figure's time, and a small type."""

    def powers(ax):
        inner = ax.inset_axes([0.5, 0.5, 0.4, 0.4])
        for one in (ax, inner):
            one.loglog([1e-4, 1e3], [2e-7, 2e-7 * 3])

    svg = Figure(powers, alt="a line", caption="look").wide
    words = re.findall(r">([^<>]*10[^<>]*)</text>", svg)
    assert {"10⁻³", "10⁰", "10²", "3·10⁻⁷"} <= set(words)
    assert not [word for word in words if re.search(r"[$\\\\{}^]", word)]


def test_a_scale_of_a_hundred_has_numbers_that_fit_a_phone():
    html = Guessed("How many?", {"a": {"b": 78}}, 100, "Show", "Many.", "Look.")._repr_html_()
    scale = html[html.index("rk-scale") :].split("</div>")[0]
    assert re.findall(r"<span>(\d+)</span>", scale) == ["0", "20", "40", "60", "80", "100"]
    assert 'style="--most:10;' in html
    few = Guessed("How many?", {"a": {"b": 7}}, 10, "Show", "Many.", "Look.")._repr_html_()
    assert re.findall(r"<span>(\d+)</span>", few[few.index("rk-scale") :].split("</div>")[0]) == [*map(str, range(11))]


def stepped(**more):
    """Two images of three rows of two, with two answers after each."""
    images = {"a <": np.eye(3)[:, :2], "b": np.ones((3, 2))}
    answers = {name: np.array([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]]) for name in images}
    given = {"images": images, "answers": answers, "classes": "xy", "first": 2, "alt": "images", "caption": "1 < 2"}
    return Stepped(**given | more)


def test_an_image_is_read_row_by_row():
    """A radio button a row, one of which is chosen, and what is said then; another for each image."""
    html = stepped()._repr_html_()
    rows = re.findall(
        r'<input type="radio" name="(rk-\w+-\d)" id="[^"]*"( checked)? aria-label="(\d) of 3 rows read">', html
    )
    assert [int(row) for _, _, row in rows] == [1, 2, 3] * 2
    assert [row for _, checked, row in rows if checked] == ["2", "2"]
    assert len({name for name, *_ in rows}) == 2
    assert re.findall(r"After (\d rows?) it says <b>(\w)</b>, with (\d\.\d\d)\.", html)[:3] == [
        ("1 row", "x", "0.50"),
        ("2 rows", "y", "0.80"),
        ("3 rows", "x", "0.90"),
    ]
    assert html.count("--ink:1.00") == 2 + 6
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= set(ids)
    assert set(re.findall(r"#(rk-[\w-]+)", html)) <= set(ids)
    assert ">a &lt;</label>" in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html


def test_one_image_needs_no_choice():
    html = stepped(images={"b": np.ones((3, 2))})._repr_html_()
    assert "rk-which" not in html.partition("</style>")[2]
    assert html.count('type="radio"') == 3


def test_every_colour_of_an_image_is_a_token_of_the_page():
    html = stepped()._repr_html_()
    named = re.findall(r"var\(--rk-([a-z-]+), (#[0-9A-Fa-f]{6})\)", html)
    assert {name for name, _ in named} == {"ink", "line", "positive", "baseline", "page", "candidate"}
    assert all(colours()[name] == value for name, value in named)
    assert not re.search(r"\b(?:INK|LINE|LOOK|PAGE|BASE\w*|POSITIVE)\b", html)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"first": 0}, "first 0, expected"),
        ({"first": 4}, "first 4, expected"),
        ({"classes": "xyz"}, r"expected \(T, I\), \(T, 3\) and 1 to T"),
        ({"images": {}}, "images is empty, expected an image"),
        ({"alt": " "}, "alt of the image is empty"),
    ],
)
def test_an_image_has_to_fit_its_answers(more, said):
    with pytest.raises(ValueError, match=said):
        stepped(**more)


def compared(**more):
    given = {"task": "a <", "data": "b", "measure": "accuracy", "network": "LSTM", "baseline": "a table"}
    numbers = {"better": "higher", "items": 9, "ours": [0.9, 0.8], "theirs": [0.7], "difference": (0.15, -0.02, 0.2)}
    return Comparison(**given | numbers | more)


def test_a_table_of_wins_says_mean_spread_interval_and_verdict():
    html = Wins([compared(), compared(difference=(-0.1, -0.2, -0.05))], "look <")._repr_html_()
    cells = re.findall(r"<td>(.*?)</td>", html)
    assert cells[:5] == [
        "a &lt;<small>b; accuracy</small>",
        "0.850 ± 0.071<small>LSTM</small>",
        "0.700<small>a table</small>",
        "+0.150<small>\N{MINUS SIGN}0.020 to +0.200</small>",
        "<b>undecided</b>",
    ]
    assert cells[9] == "<b>loses</b>"
    assert html.count('scope="col"') == 5
    assert "<figcaption>look &lt;</figcaption>" in html
    grouped = Wins([compared(group="x <"), compared(group="x <"), compared()], "look")._repr_html_()
    assert re.findall(r'<th scope="rowgroup" colspan="5">(.*?)</th>', grouped) == ["x &lt;"]
    assert grouped.count("<tr>") == 4
    assert "lower is better" in Wins([compared(better="lower")], "look")._repr_html_()


def test_a_table_of_wins_parts_real_data_from_made():
    tunes, labels, real = compared(group="tunes"), compared(group="the labels of a program"), compared(task="real")
    html = Wins([tunes, labels, real], "look")._repr_html_()
    heads = re.findall(r'<th scope="rowgroup" colspan="5">(.*?)</th>', html)
    assert heads == ["Real data", BY_RULE, "the labels of a program", BY_US, "tunes"]
    assert html.index("Real data") < html.index("real<small>") < html.index(BY_RULE)


@pytest.mark.parametrize("given", [([], "look"), ([compared()], " ")])
def test_a_table_of_wins_needs_a_row_and_a_caption(given):
    with pytest.raises(ValueError, match="is empty, expected"):
        Wins(*given)


def aligned(**more):
    """A word of two letters and one sound, and one of three and two."""
    one = {"sound": ["AY"], "weights": [[0.9, 0.1]], "without": [["Y"], ["AY"]]}
    two = {"sound": ["T", "IY"], "weights": [[1, 0, 0], [0, 0.3, 0.7]], "without": [["IY"], ["T", "IY"], ["T"]]}
    given = {"words": {"<y": one, "tea": two}, "examples": {"IY": "eat"}, "alt": "a word", "caption": "1 < 2"}
    return Aligned(**given | more)


def test_a_word_is_said_step_by_step():
    """A radio button a sound, the first is chosen; what is looked at, and what is left without that letter."""
    html = aligned()._repr_html_()
    steps = re.findall(r'name="rk-\w+-\d" id="[^"]*"( checked)? aria-label="step (\d) of \d">', html)
    assert [int(step) for _, step in steps] == [1, 1, 2]
    assert [step for checked, step in steps if checked] == ["1", "1"]
    assert "Step 2: it says <b>IY</b>, as in <i>eat</i>. It looks at <b>a</b> with 0.70." in html
    assert "Of <i>ea</i> it says <u>&nbsp;&nbsp;&nbsp;</u> IY." in html
    assert "Of <i>y</i> it says <u>Y</u>." in html
    assert html.count("<line ") == 2 + (1 + 3)  # weights below 0.05 have none; earlier steps stay
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= set(ids)
    assert ">&lt;y</label>" in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    named = re.findall(r"var\(--rk-([a-z-]+), (#[0-9A-Fa-f]{6})\)", html)
    assert all(colours()[name] == value for name, value in named)
    assert not re.search(r"\b(?:INK|LINE|OUTPUT|PAGE|BASELINE|POSITIVE)\b", html)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"first": 2}, r"first is 2, expected \(1, 2\), 2, and 1 to 1"),
        ({"words": {}}, "words is empty"),
        ({"words": {"a": {"sound": ["B"], "weights": [[0.5, 0.5]], "without": [[]]}}}, r"have shape \(1, 2\)"),
        ({"caption": " "}, "caption of the figure is empty"),
    ],
)
def test_a_word_that_does_not_fit_is_refused(more, said):
    with pytest.raises(ValueError, match=said):
        aligned(**more)


def nudged(**more):
    given = {"nudges": {"1": 0.3, "0.1": 0.1254, "0.01": 0.1257}, "loops": {"<A": ([9, 1, 0.5], 0.12565)}}
    words = {"button": "Which?", "seen": "<i>A</i>.", "alt": "a row", "caption": "1 < 2"}
    return Nudged(**given | {"printed": "0.1"} | words | more)


def test_a_nudge_is_chosen_and_rows_say_how_many_digits_agree():
    """0.12565 beside 0.3, 0.1254 and 0.1257: no digit, three, three; of another sign, none."""
    html = nudged()._repr_html_()
    assert re.findall(r'id="rk-\w+-(\d)"( checked)?', html) == [("0", " checked"), ("1", ""), ("2", "")]
    assert re.findall(r"<span>(\d+ digits?)</span>", html) == ["0 digits", "3 digits", "3 digits"]
    assert "<b>0.125</b>650000000" in html
    assert "<b></b>0.125650000000" in html
    assert html.count(" rk-printed") == 3
    assert "loss 9.0 \N{RIGHTWARDS ARROW} 0.50" in html
    assert 'points="0.0,0.0 40.0,27.4 80.0,36.0"' in html
    assert "<b>&lt;A</b>" in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    other = nudged(loops={"A": ([9, 1], -0.3)})._repr_html_()
    assert re.findall(r"<span>(\d+ digits?)</span>", other) == ["0 digits"] * 3
    assert "<b></b>\N{MINUS SIGN}0.300000000000" in other
    one = nudged(loops={"A": ([9, 1], 0.35)})._repr_html_()
    assert re.findall(r"<span>(\d+ digits?)</span>", one)[0] == "1 digit"
    named = re.findall(r"var\(--rk-([a-z-]+), (#[0-9A-Fa-f]{6})\)", html)
    assert all(colours()[name] == value for name, value in named)
    assert not re.search(r"\b(?:INK|LINE|PAGE|BASELINE|LOOK)\b", html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert re.findall(r'\bfor="([^"]+)"', html) == ids


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"nudges": {}}, "nudges is empty"),
        ({"loops": {}}, "loops is empty"),
        ({"seen": ""}, "seen is empty"),
        ({"printed": "2"}, "printed is '2', expected one of the nudges, 1, 0.1, 0.01"),
        ({"loops": {"A": ([1, 0], 1)}}, "the least loss of 'A' is 0, expected a loss above 0"),
        ({"caption": " "}, "caption of the nudge is empty"),
    ],
)
def test_a_nudge_that_does_not_fit_is_refused(more, said):
    with pytest.raises(ValueError, match=said):
        nudged(**more)


def hidden(**changed):
    """Three steps; the method "right" names the two that count, "size" is the same with other weights."""
    size, right = [0.1, 0.2, 4.0], [3.0, 1.5, 0.0]
    one = {"numbers": [0.1, -0.2, 1], "maps": {"size": size, "right": right}, "truth": [0, 1]}
    one |= {"others": {"size": size, "right": [1, 1, 1]}, "says": "It says <b>yes</b>.", "others_say": "No."}
    return Marked(**one | changed)


def covered(**changed):
    given = {"sequences": {"first": hidden(), "second": hidden()}, "switch": "Other", "button": "Uncover"}
    return Covered(**given | {"seen": "<b>Two</b>.", "alt": "maps", "caption": "Which?"} | changed)


def test_covered_maps_are_drawn_from_0_to_their_largest_with_both_weights():
    page = covered(sequences={"first": hidden()})._repr_html_()
    shades = [(float(a), float(b)) for a, b in re.findall(r'<i style="--a:([\d.]+);--b:([\d.]+)">', page)]
    size, right = shades[:3], shades[3:]
    assert size == [(0.03, 0.03), (0.05, 0.05), (1, 1)]
    assert right == [(1, 1), (0.5, 1), (0, 1)]


def test_covered_maps_are_named_by_letters_and_scored_by_their_strongest_steps():
    others = {"size": [0.1, 0.2, 4.0], "right": [1, 0, 3]}
    page = covered(sequences={"first": hidden(others=others)})._repr_html_()
    rows = re.findall(
        r'rk-letter">(\w)</span><span class="rk-name">(\w+)<.*?rk-found"><span>(\d of \d)</span><span>(\d of \d)<', page
    )
    assert rows == [("A", "size", "1 of 2", "1 of 2"), ("B", "right", "2 of 2", "1 of 2")], "with both weights"
    assert re.findall(r'aria-label="map (\w), strongest at ([^"]+)"', page) == [("A", "2 and 3"), ("B", "1 and 2")]
    marks = re.findall(r'class="rk-truth" style="--at:(\d)"', page)
    assert marks == ["0", "1"] * 3, "over the numbers and over each map"


def test_one_sequence_is_chosen_one_map_trusted_in_each():
    page = covered()._repr_html_()
    groups = re.findall(r'type="radio" name="([^"]+)"', page)
    assert len(set(groups)) == 3
    assert page.count('type="checkbox"') == 1
    assert page.count(" checked>") == 1
    assert covered(sequences={"one": hidden()})._repr_html_().count('type="radio"') == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"caption": " "}, "caption of the maps is empty"),
        ({"switch": ""}, "switch is empty"),
        ({"sequences": {}}, "sequences is empty"),
        ({"sequences": {"a": hidden(truth=[3])}}, "steps from 0 to 2"),
        ({"sequences": {"a": hidden(truth=[])}}, "steps from 0 to 2"),
        ({"sequences": {"a": hidden(others={"size": [1, 2, 3]})}}, "size, right, each with 3 steps"),
        ({"sequences": {"a": hidden(numbers=[1, 1])}}, "each with 2 steps"),
    ],
)
def test_covered_maps_have_to_fit(changed, words):
    with pytest.raises(ValueError, match=words):
        covered(**changed)


def views(**more):
    look = {name: Figure(draw, alt=f"a {name}", caption=f"The {name}.") for name in ("curve", "date")}
    given = {"views": look, "bets": {"A": "Sound.", "B": "It <i>drifts</i>."}} | more
    return Views("Which is sound?", **given, button="Uncover", caption="Bet first.")


def test_views_are_radios_and_bets_are_marked_when_they_are_told():
    html = views()._repr_html_()
    key = re.search(r'name="(rk-[0-9a-f]{8})"', html)[1]
    assert html.count(f'name="{key}"') == html.count(f'name="{key}-bet"') == 2
    assert html.count(" checked") == 1  # a view is shown; a bet is the reader's
    assert html.count('role="radiogroup"') == 2
    assert "The date." in html
    assert html.index("<details>") < html.index("It <i>drifts</i>.")
    for k in (0, 1):
        assert f"#{key}-{k}:checked) > #{key}-{k}-view {{ display: block; }}" in html
        assert f"#{key}-bet-{k}:checked) #{key}-bet-{k}-told::before" in html
        assert f'id="{key}-bet-{k}-told"' in html
        assert f'for="{key}-{k}"' in html


def test_views_have_two_views_two_bets_and_texts():
    one = {"curve": Figure(draw, alt="a line", caption="Look.")}
    with pytest.raises(ValueError, match="views has 1, expected 2 or more: a reader chooses among them"):
        views(views=one)
    with pytest.raises(ValueError, match="bets has 0, expected 2 or more"):
        views(bets={})
    with pytest.raises(ValueError, match="button is empty"):
        Views("Which?", one | {"date": one["curve"]}, {"A": "a", "B": "b"}, button=" ", caption="Bet.")
