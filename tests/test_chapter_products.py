"""What chapters/gradients/products.md says: its norms against Torch, its links against rnnkit."""

import json
import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

from rnnkit.explorers import SpectrumScope
from rnnkit.explorers.base import engine

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gradients" / "products.md"


def test_products_opens_with_the_explorer_and_gives_nothing_away():
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# Products of Jacobians")[2]
    assert "SpectrumScope()" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\d|grow|singular|explode|lean", opening)


def test_each_screenful_has_something_to_do():
    """Between two things that are opened, bet on, linked or seen stand at most so many words of prose."""
    text = PAGE.read_text("utf-8").partition("# Products of Jacobians")[2].partition("## Recap")[0]
    parts = re.split(r"```\{code-cell\}.*?```|<details.*?</details>|\{set\}`[^`]*`|\n#+ ", text, flags=re.S)
    assert max(len(part.split()) for part in parts) < 190


def test_a_product_is_torchs_jacobian(page):
    names, rng = page.names, np.random.default_rng(50)
    W, xs = rng.normal(size=(5, 5)) / 2, rng.normal(size=(7, 5))
    functions = {"linear": lambda a: a, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "ReLU": torch.relu}

    def last(h, f):
        for x in torch.tensor(xs):
            h = f(torch.tensor(W) @ h + x)
        return h

    for cell, f in functions.items():
        zero = torch.zeros(5, dtype=torch.float64)
        want = torch.autograd.functional.jacobian(lambda h, f=f: last(h, f), zero)
        P, hs = names["product"](W, xs, *names["CELLS"][cell])
        assert np.allclose(P, want.numpy(), rtol=1e-12, atol=1e-14)
        assert np.allclose(hs[-1], last(zero, f).numpy())


def test_one_radius_has_four_ways(page):
    grown, radius = page.names["grown"], page.names["radius_of"]
    assert {round(r, 12) for r in radius.values()} == {0.9}
    assert max(grown[0]) <= 0.9 + 1e-12
    assert 15.5 < grown[6][1] < 16.5  # "grew sixteenfold"
    assert max(norms[2] for norms in grown.values()) < 0.01  # "after a hundred steps all are small"
    for lean, norms in grown.items():
        W = np.array([[0.9, lean], [0, 0.8]])
        for T, norm in zip((1, 6, 100), norms, strict=True):
            assert np.linalg.svd(np.linalg.matrix_power(W, T))[1][0] == pytest.approx(norm)


def test_two_pieces_are_the_nudge(page):
    """Along the first unit, of (0, 1) under the most leaning of the four."""
    W, v = np.array([[0.9, 6], [0, 0.8]]), np.array([0.0, 1])
    for gap in page.names["gap"]:
        assert v[0] == pytest.approx(gap, abs=1e-9)
        v = W @ v
    assert 15.5 < page.names["gap"].max() < 16.5
    assert page.names["gap"].argmax() == 6
    assert page.names["gap"][40] < 1.5


def test_a_tenth_in_one_number_moves_the_chains_zeros_to_the_circle(page):
    """λ⁸ = 0.1 · 1.4⁷, by hand."""
    rows = [[float(v) for v in row] for row in re.findall(r"spectral radius (\S+), norm (\S+)$", page.printed, re.M)]
    assert rows == [[0, 1.4], [round((0.1 * 1.4**7) ** (1 / 8), 2), 1.4]]
    assert np.count_nonzero(page.names["bent"] - page.names["chain"]) == 1


def test_a_network_inside_the_circle_holds_a_state(page):
    """Both eigenvalues inside; with v = (0.2, 1.5), z = v·h becomes 1.5 tanh z - 0.2 tanh 4z, whose rest is found."""
    assert max(page.names["size"]) == pytest.approx(0.7)
    low, high = 0.6, 1.2
    for _ in range(60):
        z = (low + high) / 2
        low, high = (z, high) if 1.5 * np.tanh(z) - 0.2 * np.tanh(4 * z) > z else (low, z)
    (fades, there), (stays, here) = page.names["held"].values()
    assert np.abs(fades).max() < 1e-100
    assert there == pytest.approx(0.7)
    assert np.allclose(stays, [-np.tanh(4 * z), np.tanh(z)])
    assert here == pytest.approx(1.5 / np.cosh(z) ** 2 - 0.8 / np.cosh(4 * z) ** 2)
    assert here < 1


def test_drawn_weights_tell_radius_and_singular_value_apart(page):
    told = page.printed.partition("gain radius sigma")[2].splitlines()[1:4]
    rows = np.array([[float(v) for v in line.split()] for line in told])
    assert 1.9 < rows[0, 2] / rows[0, 1] < 2.1  # "twice the radius"
    assert rows[0, 2] > 1 > rows[0, 1]
    assert rows[0, 4] < 1e-3 < 10 < rows[1, 4]
    assert abs(np.log(rows[0, 3] / rows[1, 3])) < 0.3  # "look alike"


def test_no_norm_is_beyond_its_bound(page):
    found, steepest = page.names["found"], page.names["STEEPEST"]
    gains = {cell: {g for c, g in found if c == cell} for cell in steepest}
    assert gains == {cell: {0.9, 1.0, 1.1} for cell in steepest} | {"tanh": {0.9, 1.0, 1.1, 1.2, 1.5}}
    for (cell, gain), by_seed in found.items():
        bound = (gain * steepest[cell]) ** np.array(page.names["TIMES"], dtype=float)
        assert (by_seed <= bound * (1 + 1e-9)).all()
        if cell == "linear":
            assert np.allclose(by_seed, bound)


def test_what_is_said_of_the_four_curves(page):
    middle = {key: np.median(norms, axis=0) for key, norms in page.names["found"].items()}
    slopes = {(c, float(g)): float(v) for c, g, v in re.findall(r"(\w+) gain (\S+): mean slope (\S+)", page.printed)}
    assert middle["linear", 0.9][3] == pytest.approx(0.9**100)
    assert 0.3 < middle["tanh", 0.9][3] / middle["linear", 0.9][3] < 1
    assert slopes["tanh", 0.9] > 0.98
    assert slopes["tanh", 1.1] < 0.95
    assert 0.45 < slopes["ReLU", 0.9] < 0.6  # "about half are off"
    assert middle["linear", 1.0][4] == pytest.approx(1)
    assert 0.001 < middle["tanh", 1.0][4] < 0.01  # "a few thousandths": the curve's doing alone
    for gain in (0.9, 1.0, 1.1):
        assert middle["sigmoid", gain][4] < (1.1 / 4) ** 199
        assert middle["ReLU", gain][4] < 1e-15
    assert middle["linear", 1.1][0] == pytest.approx(1.6, abs=0.05)
    assert 1e4 < middle["linear", 1.1][3] < 2e4
    assert ((middle["tanh", 1.1] > 1) & (middle["tanh", 1.1] < 10)).all()
    assert 10 < middle["tanh", 1.2][3] < middle["tanh", 1.2][4] < 1e-10 * 1.2**200  # "at 1.2 only slows it"
    assert 1e5 < middle["tanh", 1.5][4] < 1e-10 * 1.5**200


def test_exponents_are_those_of_the_product(page):
    """Of a network that rests they are the logarithms of W's eigenvalues; an orthogonal W has one factor for all."""
    exponents, names = page.names["exponents"], page.names
    W = 0.4 * np.random.default_rng(51).normal(size=(5, 5))
    sizes = np.sort(np.log(np.abs(np.linalg.eigvals(W))))[::-1]
    assert np.allclose(exponents(W, scale=0), sizes, atol=0.01)
    level = np.exp(names["spectra"]["0.9, orthogonal"])
    assert np.ptp(level) < 0.02
    assert level.max() < 0.9
    assert np.exp(names["spectra"]["1, orthogonal"]).max() < 1
    assert 5 <= names["positive"] <= 11
    assert np.exp(names["spectra"]["0.9, drawn"])[0] == pytest.approx(0.9, abs=0.03)


def test_drawn_weights_lose_directions_and_orthogonal_ones_do_not(page):
    drawn, orthogonal = page.names["left"].values()
    assert orthogonal == [64, 64, 64]
    assert drawn[0] < 40
    assert drawn[0] > drawn[1] > drawn[2]


def test_chaos_parts_what_was_together(page):
    apart = page.names["apart"]
    assert apart[1] < 1e-9
    assert apart[300] > 1


def test_a_cliff_grows_and_the_slopes_beside_it_stay(page):
    after, edge = page.names["after"], page.names["edge"]
    assert np.tanh(2 * -0.3 + edge) == pytest.approx(-0.3)
    for T, (left, steep, right) in page.names["slopes"].items():
        b = torch.tensor(edge, dtype=torch.float64, requires_grad=True)
        h = torch.tensor(-0.3, dtype=torch.float64)
        for _ in range(T):
            h = torch.tanh(2 * h + b)
        (0.5 * (h - 0.7) ** 2).backward()
        assert steep == pytest.approx(b.grad.item(), rel=1e-6)
        assert T < 10 or abs(steep) > 100 * abs(left) > 1000 * abs(right)
        assert T < 30 or (left, right) == pytest.approx(page.names["slopes"][100][::2], rel=0.01)
    assert abs(page.names["slopes"][30][1]) > 1e7
    h = np.array([after(30, edge + d)[0] for d in (-0.01, 0.01)])
    assert h[0] < -0.5 < 0.5 < h[1]


def test_the_surface_has_its_wall_where_the_line_is(page):
    for w in (1.5, 2.0, 2.6):
        line = np.arctanh(-0.3) + 0.3 * w
        below, above = (page.names["cliff"](30, line + d, w) for d in (-0.02, 0.02))
        assert below > 0.5 > 0.2 > above


def test_a_step_at_the_edge_flies_and_beside_it_is_sound_or_nothing(page):
    (over, whole), (flies, clipped), (stays, same) = page.names["moves"].values()
    assert 0.03 < over == whole  # from 0.01 left of the edge to its right
    assert abs(flies) > 1e6
    assert abs(clipped) == pytest.approx(0.1)
    assert np.sign(flies) == np.sign(clipped)
    assert abs(stays) < 0.002
    assert stays == same


def test_the_near_terms_are_most_of_the_gradient(page):
    """Against Torch's gradient of a copy of W at each step."""
    names, lengths = page.names, page.names["lengths"]
    assert len(names["terms"]) == 300
    assert 0.8 < names["share"] < 0.95
    assert lengths[0] > 0.3
    assert lengths[30] < 0.05
    assert lengths[200] < 1e-8
    copies = [torch.tensor(names["W"], requires_grad=True) for _ in range(300)]
    h = torch.zeros(64, dtype=torch.float64)
    for copy, x in zip(copies, torch.tensor(names["xs"]), strict=True):
        h = torch.tanh(copy @ h + x)
    rng = np.random.default_rng(0)
    names["orthogonal"](rng)
    rng.normal(0, 0.05, (300, 64))
    (h @ torch.tensor(rng.normal(size=64))).backward()
    for lag in (0, 10, 100):
        want = copies[299 - lag].grad.numpy()
        assert np.abs(names["terms"][lag] - want).max() <= 1e-10 * np.abs(want).max()


def test_far_terms_are_lost_sooner_in_fewer_bits(page):
    (half, none), (short_half, short_none) = page.names["unmoved"].values()
    assert list(page.names["unmoved"]) == ["float32", "bfloat16"]
    assert short_half < half < none
    assert short_half < short_none < none < 300


# What each link claims of the largest singular value after 0 to 60 steps.
CLAIMS = {
    "take the lean away": lambda s: s.max() <= 1 + 1e-9 and s[-1] < 0.01,
    "Make the units linear": lambda s: s.max() > 10 and s[-1] < 0.1,
    "A is held, B fades": lambda s: s.max() <= 1 + 1e-9 and s[-1] < 0.01,
    "tanh grows and then stays": lambda s: s[10] > 30 and 60 < s[20:].min() <= s.max() < 120,
    "linear units never stop": lambda s: s[-1] > 1e10 and (np.diff(s) > 0).all(),
}
# And the sentence with which the card answers it, once step 60 is reached.
SENTENCES = {
    "take the lean away": "It never grows, and is ×0.00",
    "Make the units linear": "It grows to ×11.5 by step 6, though no eigenvalue is outside; at step 60 it is ×0.0",
    "A is held, B fades": "It never grows, and is ×",
    "tanh grows and then stays": "It grows to ×108.0 by step 28; at step 60 it is ×106.4.",
    "linear units never stop": "It is still growing at step 60: ×3.7·10¹⁰.",
}
SAYS = """(traits) => { const s = it.derive({ ...traits, step: 60, committed: true, ui: {} });
    return shared_node.toText([it.words(s)].flat()); }"""


def test_products_links_claim_what_the_card_shows():
    seen = {words: values for words, _, values in links(PAGE)}
    assert set(seen) == set(CLAIMS)
    for words, values in seen.items():
        scope = SpectrumScope(**values)
        assert CLAIMS[words](scope.singular_values[:, 0]), words
        radius = np.abs(np.linalg.eigvals(scope.weight_hh)).max()
        assert (radius > 1) == (words in ("tanh grows and then stays", "linear units never stop")), words
        given = json.dumps(scope.traits_for_page())
        says = json.loads(engine(SpectrumScope).eval(f"JSON.stringify(({SAYS})({given}))"))
        assert re.sub("<.*?>", "", says).startswith(SENTENCES[words]), says
    held = SpectrumScope(**seen["A is held, B fades"])
    assert np.abs(held.weight_hh - [[-0.8, -6], [0.2, 1.5]]).max() < 0.01
    assert np.abs(held.states[-1]).min() > 0.5
    assert np.abs(held.others[-1]).max() < 1e-3
