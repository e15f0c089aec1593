"""Numbers in the prose of a chapter are numbers that its cells print; the worked example is right."""

import ast
import contextlib
import io
import re

import jupytext
import numpy as np
import pytest
from book_pages import ROOT, executed, extension

from rnnkit.explorers import EXPLORERS, StateStepper

FORWARD = ROOT / "chapters" / "math" / "forward.md"
CHAPTERS = sorted((ROOT / "chapters").rglob("*.md"))
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*\.\d{3,}|\d{1,3}(?:,\d{3})+")


@pytest.fixture(scope="module")
def forward():
    return executed(FORWARD)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_every_long_number_of_the_prose_is_printed_by_a_cell(path):
    printed, prose, _ = executed(path)
    computed = printed + " ".join(ELSEWHERE.get(path.stem, []))
    missing = {n for n in NUMBER.findall(prose) if n not in computed}
    assert not missing, f"{path.name} says {sorted(missing)}, which none of its cells prints"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_code_fits_the_column(path):
    """About 78 characters stand beside one another on a wide page; a reader should not have to scroll."""
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    assert not [line for source in cells for line in source.splitlines() if len(line) > 78]
    assert max(len(source.splitlines()) for source in cells) <= 30  # a figure with its text and alternative text


@pytest.mark.parametrize("path", [p for p in CHAPTERS if p.parent.name == "inside"], ids=lambda p: p.stem)
def test_printed_lines_of_looking_inside_fit_a_phone(path):
    """Of a screen of 375 px; a table that wraps is no table any more."""
    assert not [line for line in executed(path).printed.splitlines() if len(line) > 36]


# A link of the text, {set}`words <explorer: trait=value; trait=value>`.
LINK = re.compile(r"\{set\}`([^`<]+?)\s*<([a-z-]+):\s*([^>]+)>`")
BY_SLUG = {kind.slug: kind for kind in EXPLORERS}


def links(path):
    """The links of a page: what it says, the explorer, and the traits that it sets."""
    value_of = extension("explorers").value_of
    for words, explorer, sets in LINK.findall(" ".join(path.read_text("utf-8").split())):
        limits = BY_SLUG[explorer].limits.traits
        pairs = (assignment.split("=") for assignment in sets.replace(" ", "").split(";"))
        yield words, explorer, {name: value_of(limits[name], text) for name, text in pairs}


def latch(w, b, u, h0, inputs, step=54):
    """The Latch's unit, in lines of our own; zeros after its ten inputs."""
    h, hs = h0, []
    for x in [*inputs, *[0.0] * 44]:
        h = np.tanh(w * h + b + u * x)
        hs.append(h)
    assert step == len(hs)
    return np.array(hs)


def stepper(weight_ih, weight_hh, bias, inputs, step=5, unit=1):
    h, hs = np.zeros(len(bias)), []
    for x in inputs:
        h = np.tanh(np.array(weight_ih) @ x + np.array(weight_hh) @ h + bias)
        hs.append(h)
    assert 1 <= step <= len(hs)
    assert 1 <= unit <= len(bias)
    return np.array(hs)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_links_set_traits_that_the_explorer_has(path):
    for words, explorer, values in links(path):
        traits = BY_SLUG[explorer].class_trait_names(sync=True)
        assert set(values) <= set(traits), f"{words!r} sets {sorted(set(values) - set(traits))}"


# What the text of each link to the Latch claims, of the 54 states.
LATCH_CLAIMS = {
    "A stray \N{MINUS SIGN}0.3 at step 8": lambda h: (h[3:] > 0).all(),
    "right after the 1": lambda h: h[3] > 0 > h[-1],
    "w = 1.1 holds": lambda h: abs(h[-1] - 0.503) < 1e-3,
    "w = 0.9 fades": lambda h: abs(h[-1]) < 0.01,
    "w = 1.66 holds": lambda h: (h[3:] > 0.6).all(),
    "w = 1.64 lets go": lambda h: (h > 0).sum() == 40 and h[-1] < -0.9,  # the 1, and 39 zeros
    "+1 sets it, \N{MINUS SIGN}1 releases it": lambda h: h[5] > 0.8 > -0.9 > h[6] > h[-1],
    "below \N{MINUS SIGN}1 it never stops": lambda h: (h[-10:-1] * h[-9:] < -0.5).all(),
    "w = 2.7: the 1 is too weak": lambda h: h[-1] < -0.9,
    "with u = 4 it is not": lambda h: h[-1] > 0.9,
    "one 0.6 is forgotten, two in a row stick": lambda h: h[2] > 0 > h[3] > h[5] and h[-1] > 0.9,
}
STEPPER_CLAIMS = {
    "let h\N{SUBSCRIPT TWO} do the opposite": lambda h: np.allclose(h[:, 1], -StateStepper().states[1:, 1]),
    "Give h\N{SUBSCRIPT ONE} the weight 0.9 on itself": lambda h: (
        [f"{v:.3f}" for v in h[2:, 0]] == ["0.978", "0.523", "0.169"] and h[3, 1] > h[4, 1] > 0 > h[2, 1]
    ),
    "Take the bias away": lambda h: (h[:2] == 0).all() and (h[2:, 0] > 0.9).all(),
}


def test_what_a_link_claims_is_so():
    seen = {(explorer, words): values for words, explorer, values in links(FORWARD)}
    claims = {("latch", k): v for k, v in LATCH_CLAIMS.items()} | {
        ("state-stepper", k): v for k, v in STEPPER_CLAIMS.items()
    }
    assert set(seen) == set(claims)
    for (explorer, words), claim in claims.items():
        values = dict(seen[explorer, words])
        if explorer == "state-stepper":
            values["inputs"] = np.reshape(values["inputs"], (-1, 1))
            values["weight_ih"] = np.reshape(values["weight_ih"], (-1, 1))
        h = {"latch": latch, "state-stepper": stepper}[explorer](**values)
        assert claim(h), words


# What the prose says about experiments that the reader makes, and of hands that compute.
ELSEWHERE = {
    "page": [
        f"{(50 + 150) / 0.1:,.0f}"
    ],  # characters a second, of a keystroke: those read and written in so many seconds
    "forward": [
        "0.978 0.523 0.169",  # a link's, tested above
        f"{0.1 * 0.668188 + 0.2 * 0.731059:.5f}",
        "3,000",  # the length of an experiment, an argument of its function
    ],
    "training": ["2,000 20,000 0.0002"],  # updates, latches and a rate: arguments of cells, held in their own test
    "memory": ["200,000 8,440 74,000 31,390"],  # what others report
    "windows": ["4,000 2,000"],  # the length of an experiment, an argument of its function, and updates
}


def before(name):
    """The cells of the page before an explorer's, and what they print."""
    cells = jupytext.read(FORWARD).cells
    first = next(k for k, cell in enumerate(cells) if f"{name}()" in cell.source)
    printed, names = io.StringIO(), {}
    for cell in cells[:first]:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(printed):
                exec(cell.source, names)
    return cells[:first], printed.getvalue()


def test_the_page_opens_with_the_latch_and_gives_nothing_away():
    cells, printed = before("Latch")
    assert [cell.cell_type for cell in cells] == ["markdown"]
    assert not printed
    text = cells[0].source.partition("# The forward pass")[2]
    assert text.count(".") + text.count("?") <= 5
    assert not re.search(r"\$|hold|stays|remember|forget|fade", text)


def test_nothing_before_the_stepper_gives_its_answer_away():
    """Its opening question is what the two units say at the third step."""
    cells, printed = before("StateStepper")
    seen = printed + "".join(cell.source for cell in cells)
    assert not [h for h in StateStepper().states[2:].ravel() if f"{abs(h):.3f}" in seen]
    assert not [h for h in StateStepper().states[3] if f"{abs(h):.2f}" in seen]
    assert not re.search(r"(?i)step late\b|\blags\b|step (?:after|behind) the first", seen)


# Recomputed independently of the page, with six digits: t, a, h, z, y of the three steps, and the loss.
WORKED = """
1  0.700000  1.000000  0.668188  0.731059  1.952578  0.875728
2  1.113030  1.892880  0.752694  0.869084  2.122152  0.893038
3  1.349086  2.373442  0.793980  0.914780  2.187610  0.899131
"""


def test_worked_example(forward):
    printed = forward.printed
    for line in WORKED.strip().splitlines():
        assert line in printed
    assert "L = 0.085903" in printed


def test_a_push_is_multiplied_by_the_slope(forward):
    """The three fixed points, of which the middle one repels; a push of 0.01 is small enough to show it."""
    rows = [[float(v) for v in r] for r in re.findall(r"^ +(-?[\d.]+) +([\d.]+) +([\d.]+)$", forward.printed, re.M)][:3]
    assert len(rows) == 3
    for h, slope, factor in rows:
        assert abs(np.tanh(2 * h - 0.3) - h) < 1e-3
        assert abs(slope - factor) < 0.02
    assert [slope < 1 for _, slope, _ in rows] == [True, False, True]


def test_two_places_to_stay_need_the_weight_that_the_page_says():
    """Counted as crossings of the curve and the diagonal on a fine grid, on both sides of eq-fold."""

    def crossings(w, b):
        h = np.linspace(-1, 1, 200_001)
        return (np.diff(np.sign(np.tanh(w * h + b) - h)) != 0).sum()

    assert [crossings(w, -0.3) for w in (1.64, 1.653, 1.6535, 1.66, 2)] == [1, 1, 3, 3, 3]
    for w in (1.2, 1.5, 2.5):
        b = np.sqrt(w * (w - 1)) - np.arccosh(np.sqrt(w))
        assert [crossings(w, 0.99 * b), crossings(w, 1.01 * b)] == [3, 1]
    assert [crossings(w, b) for w in (0.5, 0.99) for b in (0.05, 0.3)] == [1, 1, 1, 1]


def test_the_page_prints_the_weight_and_what_happens_beside_it(forward):
    assert "above w = 1.653" in forward.printed
    assert re.findall(r"yes after (\d+) of the 50 zeros", forward.printed) == ["50", "39"]


def test_without_tanh_the_unit_fades_or_explodes(forward):
    rows = [[float(v) for v in r] for r in re.findall(r"^ *([\d.]+) +(0\.\d{4}) +(\S+)$", forward.printed, re.M)]
    assert [w for w, _, _ in rows] == [0.9, 1, 1.1, 2]
    for w, bent, line in rows:
        assert bent < 1
        assert np.isclose(line, 3 * w**50, rtol=1e-3)
        assert (bent > 0.5) == (w > 1)


def test_the_second_unit_says_what_the_first_said_a_step_ago():
    rng = np.random.default_rng(0)
    default = StateStepper()
    xs = rng.integers(0, 2, (50, 40, 1))
    for seq in xs:
        h = stepper(default.weight_ih, default.weight_hh, default.bias, seq, step=40)
        assert (np.sign(h[1:, 1]) == np.sign(h[:-1, 0])).all()
        first = (h[:, 0] > 0) & (h[:, 1] <= 0)
        assert list(np.flatnonzero(first)) == list(np.flatnonzero(seq[:, 0])[:1])  # the step of the first 1 alone


def test_the_network_reads_the_paragraph_without_a_mistake(forward):
    printed = forward.printed
    rows = re.findall(r"w = ([\d.]+): \( held for (\d+); wrong: “ ” (\d+), \( \) (\d+)", printed)
    held, quotes, rest = np.array([row[1:] for row in rows], dtype=int).T
    assert [row[0] for row in rows] == ["2", "1.66", "1.64", "0.9"]
    assert list(held) == [252, 252, 39, 3]
    assert list(quotes[:2]) == list(rest[:2]) == [0, 0]
    assert (quotes[2:] > 100).all()
    assert (rest[2:] > 200).all()
    assert "10,000 characters: h\N{SUBSCRIPT TWO} = 0.908" in printed
    assert "17 characters wrong" in printed
    assert re.findall(r"(?:quotes|lost), wrong: +(\d+)", printed) == ["0", "596"]
    assert re.findall(r"the latch, with “ ”: +(\d+)", printed) == ["17"]


def test_the_paragraph_has_the_traps_that_the_page_speaks_of():
    """Marks that alternate, an apostrophe within a quotation, no parenthesis inside another."""
    text = FORWARD.read_text("utf-8")
    alice = "".join(re.findall(r'^    "(.*)"$', text[text.index("ALICE = (") : text.index("units = [")], re.M))
    assert len(alice) == 702
    assert re.sub("[^“”]", "", alice) == "“”" * 3
    assert re.sub("[^()]", "", alice) == "()" * 2
    assert "’" in alice[alice.index("“") : alice.index("”")]


def test_the_mask_holds(forward):
    off = [float(v) for v in re.findall(r"masked by ([\d.]+)", forward.printed)]
    assert off == [0, 0, 0]


def test_a_larger_state_recovers_more_of_the_past(forward):
    """The ordering that the page claims, by a margin; digits differ between processors."""
    reach = [float(v) for v in re.findall(r"([\d.]+) inputs recovered", forward.printed)]
    assert 2 <= reach[0] < reach[1] / 1.5
    assert reach[1] < reach[2] / 1.5
    assert reach[2] / reach[0] < 5  # "Not five times": 64 units against 4
    assert reach[3] > reach[2] + 1  # the same units with larger weights


def of_own_lines(path, text):
    """The lines of a page's own cells that it shows by literalinclude."""
    ends = r"literalinclude\} " + re.escape(path.name) + r"\n(?:.*\n)*?:start-at: '(.*)'\n:end-before: '```'"
    return [text[text.index(f"\n{start}") :].split("```", 1)[0] for start in re.findall(ends, text)]


def assigned(source):
    """Names that a cell leaves behind, but for those it imports."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def asked(source):
    """Names that a cell reads, but for those it makes itself."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {(n.id, type(n.ctx)) for n in nodes if isinstance(n, ast.Name)}
    made = {name for name, use in names if use is ast.Store} | {n.arg for n in nodes if isinstance(n, ast.arg)}
    return {name for name, _ in names} - made - {n.name for n in nodes if isinstance(n, ast.FunctionDef)}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_reader_can_open_what_a_cell_uses(path):
    text = path.read_text("utf-8")
    shown = {name for lines in of_own_lines(path, text) for name in assigned(lines)}
    hidden, missing = set(), {}
    for cell in (cell for cell in jupytext.read(path).cells if cell.cell_type == "code"):
        if {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", [])):
            hidden |= set(assigned(cell.source)) - shown
            continue
        for name in asked(cell.source) & hidden:
            missing.setdefault(name, cell.source.splitlines()[0])
        shown |= set(assigned(cell.source))
        hidden -= shown
    assert not missing
