"""What chapters/math/backward.md says: its numbers against Torch's autograd, its comparisons by their order."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

from rnnkit.explorers import GradientRiver

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "backward.md"


def test_backward_opens_with_the_explorer_and_gives_nothing_away():
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# The backward pass")[2]
    assert 'GradientRiver(name="first-look")' in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\d|vanish|fade|near|last few|sum", opening)


def test_backward_sums_the_uses_of_one_weight(page):
    """Copies of one weight, by autograd: each one's slope, and that of all together."""
    copies = torch.full((6,), 0.9, dtype=torch.float64, requires_grad=True)
    h, before = torch.tensor(0.5, dtype=torch.float64), []
    for w, x in zip(copies, [1, 0, -1, 0, 1, 0.2], strict=True):
        before.append(h.item())
        h = torch.tanh(w * h + x)
    (0.5 * (h - 1) ** 2).backward()
    expected = copies.grad.numpy()
    assert np.allclose(page.names["shares"], expected, atol=1e-9)
    assert 0 < abs(expected[0]) < abs(expected.sum()) / 8  # the longest chain is one term, and a small one
    signal = expected / before
    assert (signal < 0).all()
    assert (np.diff(np.abs(signal)) > 0).all()
    assert not (np.diff(np.abs(expected)) > 0).all()  # "the bars do not fall in order"
    told = re.findall(r"^(\d) +(\S+) +(\S+) +(\S+) +(\S+)$", page.printed, re.M)
    assert [float(v) for _, v, *_ in told] == [round(v, 3) for v in signal[::-1]]
    assert [float(v) for _, _, v, *_ in told] == [round(v, 3) for v in before[::-1]]
    assert [[float(v) for v in row[3:]] for row in told] == [[round(v, 3)] * 2 for v in expected[::-1]]
    assert (expected > 1e-3).any()
    assert (expected < -1e-3).any()
    assert np.isclose(page.names["together"], expected.sum(), atol=1e-9)
    shown = [
        re.search(r"(\N{MINUS SIGN}?\+?\d\.\d{3})[^<]*(?:</?b>|[^<])*</span>$", seen)[0]
        for _, seen in page.names["rows"]
    ]
    signs = [f"{v:+.3f}".replace("-", "\N{MINUS SIGN}") for v in [*expected[::-1], expected.sum()]]
    assert all(words.startswith(sign) for words, sign in zip(shown, signs, strict=True))
    assert f", sum {signs[-1]}<" in page.names["rows"][-2][1]


def test_backward_goes_one_turn_back_wire_by_wire(page):
    """Each wire's derivative, by autograd; the bar of step 6 and what step 5 starts from among them."""
    h5 = torch.tensor(page.names["states"](np.full(6, 0.9))[5], requires_grad=True)
    w = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
    product = w * h5
    a6 = product + 0.2
    h6 = torch.tanh(a6)
    wires = [h6, a6, product, w, h5]
    for wire in wires:
        wire.retain_grad()
    (0.5 * (h6 - 1) ** 2).backward()
    told = [
        re.search("<b>(.*?)</b>", seen)[1].replace("\N{MINUS SIGN}", "-")
        for _, _, seen in list(page.names["pictures"].values())[1:]
    ]
    assert [float(v) for v in told] == [round(wire.grad.item(), 3) for wire in wires]
    assert round(page.names["shares"][5], 3) == float(told[3])


def parts(river):
    """What each step adds to ∂L/∂W_hh along the whole, by autograd; and the terms themselves."""
    W = [torch.tensor(river.gain * np.array(river.direction), requires_grad=True) for _ in river.inputs]
    h = torch.zeros(len(river.readout), dtype=torch.float64)
    for copy, x in zip(W, river.inputs, strict=True):
        h = torch.tanh(copy @ h + x * torch.tensor(river.weight_ih, dtype=torch.float64))
    (0.5 * (h @ torch.tensor(river.readout, dtype=torch.float64) - river.target) ** 2).backward()
    terms = np.array([copy.grad.numpy() for copy in W])
    whole = terms.sum(0)
    return (terms * whole).sum((1, 2)) / np.linalg.norm(whole), terms


def test_backward_links_claim_what_the_card_shows():
    seen = {words: values for words, _, values in links(PAGE)}
    halved = ["Halve the weights between units", "Halve these weights and clip"]
    bends = ["with the bend, gain 0.9", "without it", "without it, gain 0.7"]
    assert list(seen) == [*halved, *bends, "a gain of 1.3 without the bend"]
    rivers = {words: GradientRiver(**values) for words, values in seen.items()}
    for words in halved:
        river = rivers[words]
        assert river.gain == GradientRiver().gain / 2
        norms = np.linalg.norm(river.gradients, axis=1)
        assert norms[5] < 1e-6 * norms[20]  # "not a millionth"
        share, _ = parts(river)
        assert share[-4:].sum() > 0.95 * share.sum()
    clipped = rivers["Halve these weights and clip"]
    assert 0 < clipped.clip < np.linalg.norm(clipped.weight_gradient)
    assert np.array_equal(clipped.gradients, rivers["Halve the weights between units"].gradients)  # "as thin as before"
    for words, fold in zip(bends, (260, 5, 210), strict=True):
        norms = np.linalg.norm(rivers[words].gradients, axis=1)
        assert np.isclose(norms[20] / norms[5], fold, rtol=0.04)
    norms = np.linalg.norm(rivers["a gain of 1.3 without the bend"].gradients, axis=1)
    assert round(norms[5] / norms[20]) == 51
    direction = np.array(GradientRiver().direction)
    assert np.allclose(direction @ direction.T, np.eye(2))  # "turn a state and keep its length"


def test_backward_says_that_a_long_term_can_have_a_low_bar():
    share, terms = parts(GradientRiver())
    lengths = np.linalg.norm(terms, axis=(1, 2))
    assert share[0] == 0  # h_0 is 0
    assert [f"{v:.2f}" for v in (lengths[17], lengths[18], share[18], share[17])] == ["0.52", "0.46", "0.21", "0.50"]
    assert round(np.degrees(np.arccos(share[18] / lengths[18]))) == 63


def test_backward_says_what_five_turns_leave(page):
    """Of the printed first column, from step 6 to step 1."""
    h = page.names["states"](np.full(6, 0.9))
    product = np.prod([0.9 * (1 - h[t] ** 2) for t in range(1, 6)])
    assert f"five turns from step 6 to step 1, {product:.2f} of it is left" in PAGE.read_text("utf-8")
    column = [float(v) for v in re.findall(r"^\d +(\S+) +\S+ +\S+ +\S+$", page.printed, re.M)]
    assert abs(column[-1] / column[0] - product) < 0.003
