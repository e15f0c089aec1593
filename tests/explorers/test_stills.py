"""The still picture, its table, the SVG file and the copied Python: all hold rnnkit's numbers."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from engines import ask, plain, random_traits, slug

from rnnkit.explorers import EXPLORERS, Latch

STATE = re.compile(r"(?:table:|heat:)?h:(\d+)(?::(\d+))?")
SVG = "{http://www.w3.org/2000/svg}"
PARTS = r'(?=<svg class="rk-svg rk-(?:wide|narrow)")|(?=<figcaption)|(?=<table)'


def cells(markup):
    """Name and number of each cell of a piece of markup, by its name."""
    found = {}
    for attributes, text in re.findall(r'<\w+ ([^>]*data-cell="[^>]*)>([^<]*)', markup):
        name, h = (re.search(rf'{key}="([^"]*)"', attributes) for key in ("data-cell", "data-h"))
        found[name[1]] = h[1] if h else text
    return found


def assert_states(found, states):
    """Every state among these cells is rnnkit's, to its own last decimal; returns how many there were."""
    count = 0
    for name, text in found.items():
        if where := STATE.fullmatch(name):
            t, j = int(where[1]), int(where[2] or 0)
            digits = len(text.partition(".")[2])
            assert digits >= 2, f"{name} shows {text}"
            assert abs(float(text.replace("−", "-")) - states[t, j]) <= 0.5 * 10**-digits + 1e-9, name
            count += 1
    return count


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_pictures_and_table_hold_rnnkits_numbers(kind):
    rng = np.random.default_rng(13)
    for extreme in (*kind.limits.extremes, *(random_traits(kind, rng) for _ in range(4))):
        one = kind(**extreme)
        _, wide, narrow, caption, table = re.split(PARTS, one.still())
        for markup in (wide, narrow, table):
            assert assert_states(cells(markup), one.states) >= min(len(one.states) - 1, 10)
        assert html.unescape(re.search(r"<figcaption>(.*)</figcaption>", caption)[1]) == one.caption
        assert "?" not in cells(table).values()


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_table_has_a_caption_and_heads(kind):
    table = re.split(PARTS, kind().still())[-1]
    assert re.search(r"<caption>[^<]+", table)
    assert 'scope="row"' in table
    assert 'scope="col"' in table


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_pictures_say_what_is_seen(kind):
    pictures = re.findall(r'<svg class="rk-svg rk-(?:wide|narrow)"[^>]*>', kind().still())
    assert len(pictures) == 2
    for picture in pictures:
        assert 'role="img"' in picture
        assert len(re.search(r'aria-label="([^"]*)"', picture)[1]) > 40


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_a_page_gets_the_traits_and_the_notebook_the_widget(kind):
    data, _ = kind()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    page = data["text/html"]
    traits = json.loads(html.unescape(re.search(r'data-traits="([^"]*)"', page)[1]))
    assert traits == plain(kind().traits_for_page())
    assert "<script" not in page
    assert len(page) < 48_000


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_a_name_brings_no_markup_into_the_page(kind):
    assert "<img" not in kind(name='"><img src=x onerror=alert(1)>').to_html()


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_svg_file_stands_alone(kind):
    for extreme in kind.limits.extremes:
        root = ElementTree.fromstring(kind(**extreme).to_svg())
        assert root.tag == f"{SVG}svg"
        assert "--rk-page" in root.find(f"{SVG}style").text
        assert not list(root.iter(f"{SVG}image"))


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_no_picture_holds_a_number_that_is_none(kind):
    for extreme in kind.limits.extremes:
        assert not re.search(r"NaN|Infinity|undefined|null", kind(**extreme).still())


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_what_a_question_asks_is_withheld(kind):
    """By the words, the table and the pictures: no state that the table withholds stands anywhere."""
    code = """(traits) => { const s = it.derive({ ...traits, ui: {}, ghost: null });
        return [shared_node.toText([it.words(s)].flat()), shared_node.toText([it.table(s)])]; }"""
    one = kind()
    words, table = ask(code, one.traits_for_page(), kind=kind)
    hidden = [where for name, text in cells(table).items() if text == "?" and (where := STATE.fullmatch(name))]
    assert hidden
    shown = {text.lstrip("−") for text in cells(table).values()}
    for where in hidden:
        value = f"{abs(one.states[int(where[1]), int(where[2] or 0)]):.3f}"
        assert value in shown or value not in words + table


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_opening_asks_and_withholds(kind):
    """A state that the table withholds before the question is answered stands in neither picture."""
    one = kind()
    opening = one.opening()
    table = ask("(traits) => shared_mount.still(it, traits, false).table", plain(one.traits_for_page()), kind=kind)
    hidden = {name.removeprefix("table:") for name, text in cells(table).items() if text == "?"}
    assert opening["question"].endswith("?")
    assert opening["questions"] == ask("() => it.questions.length", kind=kind)
    assert hidden
    for width in ("wide", "narrow"):
        told = {name for name, text in cells(opening[width]).items() if text != "?"}
        assert told
        assert not told & hidden
        assert "?" in opening[width]


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_copied_python_gives_rnnkits_states(kind):
    rng = np.random.default_rng(14)
    code = "(traits) => it.python(it.derive({ ...traits, committed: true, playing: false, ui: {}, ghost: null }))"
    for extreme in ({}, *kind.limits.extremes, *(random_traits(kind, rng) for _ in range(3))):
        one = kind(**extreme)
        space = {"print": lambda *_: None}
        exec(ask(code, plain(one.traits_for_page()), kind=kind), space)
        runs = [np.array(v, dtype=float) for v in space.values() if isinstance(v, list | np.ndarray)]
        fits = [run for run in runs if run.size == one.states.size]
        assert fits
        assert min(np.abs(run.reshape(one.states.shape) - one.states).max() for run in fits) <= 1e-12


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_copied_python_runs_by_itself(kind):
    code = "(traits) => it.python(it.derive({ ...traits, committed: true, playing: false, ui: {}, ghost: null }))"
    program = ask(code, plain(kind().traits_for_page()), kind=kind)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = [float(number) for number in re.findall(r"-?\d+\.\d*", done.stdout)]
    last = kind().states[-1, getattr(kind(), "unit", 0) - 1]
    assert any(abs(value - last) < 6e-4 for value in printed)


def test_the_readmes_picture_is_what_the_explorer_draws():
    """`make exercises` writes it anew."""
    committed = Path(__file__).resolve().parents[2] / "book" / "_static" / "latch.svg"
    assert committed.read_text("utf-8") == Latch().to_svg()
