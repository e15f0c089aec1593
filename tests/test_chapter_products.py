"""What chapters/gradients/products.md says: its norms against Torch, its links against rnnkit."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT, executed
from test_chapters import links

from rnnkit.explorers import SpectrumScope

pytestmark = pytest.mark.slow  # the page is executed
PATH = ROOT / "chapters" / "gradients" / "products.md"


@pytest.fixture(scope="module")
def page():
    return executed(PATH)


def test_products_opens_with_the_explorer_and_gives_nothing_away():
    first, second = jupytext.read(PATH).cells[:2]
    opening = first.source.partition("# Products of Jacobians")[2]
    assert "SpectrumScope()" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\d|grow|singular|explode|lean", opening)


def test_each_screenful_has_something_to_do():
    """Between two things that are opened, bet on, linked or seen stand at most so many words of prose."""
    text = PATH.read_text("utf-8").partition("# Products of Jacobians")[2].partition("## Recap")[0]
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
    assert grown[8][1] > 20  # "grew twentyfold"
    assert max(norms[2] for norms in grown.values()) < 0.01  # "after a hundred steps all are small"
    for lean, norms in grown.items():
        W = np.array([[0.9, lean], [0, 0.8]])
        for T, norm in zip((1, 6, 100), norms, strict=True):
            assert np.linalg.svd(np.linalg.matrix_power(W, T))[1][0] == pytest.approx(norm)


def test_two_pieces_are_the_nudge(page):
    """Along the first unit, of (0, 1) under the most leaning of the four."""
    W, v = np.array([[0.9, 8], [0, 0.8]]), np.array([0.0, 1])
    for gap in page.names["gap"]:
        assert v[0] == pytest.approx(gap, abs=1e-9)
        v = W @ v
    assert 20 < page.names["gap"].max() < 24
    assert page.names["gap"].argmax() == 6
    assert page.names["gap"][40] < 1.5


def test_drawn_weights_tell_radius_and_singular_value_apart(page):
    told = page.printed.partition("gain  radius  largest singular value")[2].splitlines()[1:4]
    rows = np.array([[float(v) for v in line.split()] for line in told])
    assert 1.9 < rows[0, 2] / rows[0, 1] < 2.1  # "twice the radius"
    assert rows[0, 2] > 1 > rows[0, 1]
    assert rows[0, 5] < 1e-3 < 10 < rows[1, 5]
    assert abs(np.log(rows[0, 3] / rows[1, 3])) < 0.3  # "look alike"


def test_no_norm_is_beyond_its_bound(page):
    found, steepest = page.names["found"], page.names["STEEPEST"]
    assert set(found) == {(c, g) for c in ("linear", "tanh", "sigmoid", "ReLU") for g in (0.9, 1.0, 1.1)}
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
    for gain in (0.9, 1.0, 1.1):
        assert middle["sigmoid", gain][4] < (1.1 / 4) ** 199
        assert middle["ReLU", gain][4] < 1e-15
    assert middle["linear", 1.1][0] == pytest.approx(1.6, abs=0.05)
    assert 1e4 < middle["linear", 1.1][3] < 2e4
    assert ((middle["tanh", 1.1] > 1) & (middle["tanh", 1.1] < 10)).all()


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
    apart = [float(v) for v in re.findall(r"step +\d+: apart by (\S+)", page.printed)]
    assert apart[0] < 1e-9
    assert apart[-1] > 1


def test_a_cliff_grows_and_the_rest_is_flat(page):
    after, edge = page.names["after"], page.names["edge"]
    assert np.tanh(2 * -0.3 + edge) == pytest.approx(-0.3)
    for T, (steep, beside) in page.names["slopes"].items():
        b = torch.tensor(edge, dtype=torch.float64, requires_grad=True)
        h = torch.tensor(-0.3, dtype=torch.float64)
        for _ in range(T):
            h = torch.tanh(2 * h + b)
        (0.5 * (h - 0.7) ** 2).backward()
        assert steep == pytest.approx(b.grad.item(), rel=1e-6)
        assert T < 10 or abs(steep) > 1000 * abs(beside)
    assert abs(page.names["slopes"][30][0]) > 1e7
    h = np.array([after(30, edge + d)[0] for d in (-0.01, 0.01)])
    assert h[0] < -0.5 < 0.5 < h[1]


def test_the_surface_has_its_wall_where_the_line_is(page):
    for w in (1.5, 2.0, 2.6):
        line = np.arctanh(-0.3) + 0.3 * w
        below, above = (page.names["cliff"](30, line + d, w) for d in (-0.02, 0.02))
        assert below > 0.5 > 0.2 > above


def test_a_step_at_the_edge_flies_and_beside_it_does_nothing(page):
    rows = re.findall(r"b moves by +(\S+), clipped to length 1 by +(\S+)", page.printed)
    (flies, clipped), (stays, same) = [[float(v) for v in row] for row in rows]
    assert abs(flies) > 1e6
    assert abs(clipped) == pytest.approx(0.1)
    assert np.sign(flies) == np.sign(clipped)
    assert abs(stays) < 0.01
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
    "tanh grows and then stays": lambda s: 10 < s.max() < 100 and 1 < s[-1] < 20,
    "linear units never stop": lambda s: s[-1] > 1e5 and s.argmax() == 60,
}


def test_products_links_claim_what_the_card_shows():
    seen = {words: values for words, _, values in links(PATH)}
    assert set(seen) == set(CLAIMS)
    for words, values in seen.items():
        scope = SpectrumScope(**values)
        assert CLAIMS[words](scope.singular_values[:, 0]), words
        radius = np.abs(np.linalg.eigvals(scope.weight_hh)).max()
        assert (radius > 1) == ("gain" in values), words
