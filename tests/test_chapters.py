"""Numbers in the prose of a chapter are numbers that its cells print; the worked example is right."""

import contextlib
import io
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest

from rnnkit.explorers import StateStepper

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "chapters").rglob("*.md"))
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*\.\d{3,}|\d{1,3}(?:,\d{3})+")


def run(path):
    """What the cells of a chapter print, and its prose without code."""
    printed, names, prose = io.StringIO(), {"__name__": "__main__"}, []
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(printed):
                exec(compile(cell.source, path.name, "exec"), names)
        else:
            prose.append(re.sub(r"```.*?```", "", cell.source, flags=re.S))
    return printed.getvalue(), "\n".join(prose)


@pytest.fixture(scope="module")
def forward():
    return run(ROOT / "chapters" / "math" / "forward.md")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_every_long_number_of_the_prose_is_printed_by_a_cell(path):
    printed, prose = run(path)
    computed = printed + " ".join(ELSEWHERE.get(path.stem, []))
    missing = {n for n in NUMBER.findall(prose) if n not in computed}
    assert not missing, f"{path.name} says {sorted(missing)}, which none of its cells prints"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_code_fits_the_column(path):
    """About 78 characters stand beside one another on a wide page; a reader should not have to scroll."""
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    assert not [line for source in cells for line in source.splitlines() if len(line) > 78]
    assert max(len(source.splitlines()) for source in cells) <= 26  # a figure with its alternative text


def first_unit(inputs, own=2.0, bias=-0.3):
    """The first unit of the chapter's network, with its weight on itself and its bias changed."""
    h, hs = 0.0, []
    for x in inputs:
        h = np.tanh(3 * x + own * h + bias)
        hs.append(h)
    return hs


def test_the_forward_chapters_experiments_turn_out_as_it_says():
    assert first_unit([0, 0, 0.7, 0, 0])[-1] > 0
    assert [h > 0 for h in first_unit([0, 0, 0.6, 0, 0])] == [False, False, True, False, False]
    assert first_unit([0.6, 0, 0, 0, 0])[-1] > 0
    assert first_unit([0, 0, 1, 0, 0], bias=0)[:2] == [0, 0]


# What the prose says about experiments that the reader makes: computed here.
ELSEWHERE = {
    "forward": [
        *(f"{h:.3f}" for own in (0.9, 0) for h in first_unit([0, 0, 1, 0, 0], own)),
        f"{128 * (28 + 128 + 1):,}",  # one bias
        f"{0.1 * 0.668188 + 0.2 * 0.731059:.5f}",
        "3,000",  # the length of an experiment, an argument of its function
    ]
}


def test_nothing_before_the_explorer_gives_its_answer_away():
    """Its opening question is what h is after the third step."""
    cells = jupytext.read(ROOT / "chapters" / "math" / "forward.md").cells
    first = next(k for k, cell in enumerate(cells) if "StateStepper()" in cell.source)
    printed, names = io.StringIO(), {}
    for cell in cells[:first]:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(printed):
                exec(cell.source, names)
    seen = printed.getvalue() + "".join(cell.source for cell in cells[:first])
    assert not [h for h in StateStepper().states[2:].ravel() if f"{abs(h):.3f}" in seen]
    assert not [h for h in StateStepper().states[3] if f"{abs(h):.2f}" in seen]


# Recomputed independently of the page, with six digits: t, a, h, z, y of the three steps, and the loss.
WORKED = """
1  0.700000  1.000000  0.668188  0.731059  1.952578  0.875728
2  1.113030  1.892880  0.752694  0.869084  2.122152  0.893038
3  1.349086  2.373442  0.793980  0.914780  2.187610  0.899131
"""


def test_worked_example(forward):
    printed, _ = forward
    for line in WORKED.strip().splitlines():
        assert line in printed
    assert "L = 0.085903" in printed


def test_the_page_says_what_the_window_misses_and_the_mask_holds(forward):
    printed, _ = forward
    yes, no = re.findall(r"first unit, .*: +(-?[\d.]+)", printed)
    assert float(yes) > 0.9
    assert float(no) < -0.9
    off = [float(v) for v in re.findall(r"masked by ([\d.]+)", printed)]
    assert off == [0, 0, 0]


def test_a_larger_state_recovers_more_of_the_past(forward):
    """The ordering that the page claims, by a margin; digits differ between processors."""
    reach = [float(v) for v in re.findall(r"([\d.]+) inputs recovered", forward[0])]
    assert 2 <= reach[0] < reach[1] / 1.5
    assert reach[1] < reach[2] / 1.5
    assert reach[2] / reach[0] < 5  # "do not reach five times as far": 64 units against 4
    assert reach[3] > reach[2] + 1  # the same units with larger weights
