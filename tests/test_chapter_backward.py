"""What chapters/math/backward.md says: its numbers against Torch's autograd, its comparisons by their order."""

import re
from collections import Counter

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
    assert "GradientRiver()" in second.source
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


def test_backward_derives_four_formulas_and_then_shows_the_loop_once():
    """Line by line in the order of the formulas; each line names its rule; rnnkit's lines come after, in a fold."""
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r":::\{div\} rk-beside rk-said\n(.*?)\n:::", text, re.S)
    assert len(blocks) == 5
    assert all(block.count("$$") == 2 for block in blocks)
    left = [re.search(r"\$\$\n(?:\\begin\{aligned\}\n)?(.*?) &?=", block)[1] for block in blocks]
    lines = re.findall(r"^        (\S+) \+?= .*# \((.+)\): (.+)$", text, re.M)
    assert [name for name, _, _ in lines] == ["d_h", "d_a", 'd_p["W_hh"]', 'd_p["W_ih"]', 'd_p["b"]', "carry"]
    assert [name.replace("\\frac{\\partial L}", "")[:16] for name in left] == [
        "{\\partial h_t}",
        "{\\partial a_t}",
        "{\\partial W_{hh}",
        "{\\partial W_{ih}",
        "\\text{carry}_{t-",
    ]
    rules = ["used twice", "a curve", "a product", "a product", "a sum", "a product, used H times"]
    assert [rule for _, _, rule in lines] == rules
    assert text.count("def backward(p, xs, hs, own)") == 1
    assert text.rindex("rk-beside") < text.index("def backward(p, xs, hs, own)") < text.index("The same four lines in")
    package = text.partition("<summary>The same four lines in")[2].partition("</details>")[0]
    assert len(re.findall(r"literalinclude\} \.\./\.\./rnnkit/", package)) == 3


def test_backward_loop_is_autograds(page):
    """Every entry that the page's loop fills, for a loss at each step."""
    rng = np.random.default_rng(4)
    p = {k: rng.uniform(-0.5, 0.5, shape) for k, shape in (("W_hh", (4, 4)), ("W_ih", (4, 3)), ("b", 4))}
    xs, targets = rng.normal(size=(6, 3)), rng.uniform(-0.9, 0.9, (6, 4))
    q = {name: torch.tensor(a, requires_grad=True) for name, a in p.items()}
    h, loss = torch.zeros(4, dtype=torch.float64), 0
    for x, target in zip(torch.tensor(xs), torch.tensor(targets), strict=True):
        h = torch.tanh(q["W_ih"] @ x + q["W_hh"] @ h + q["b"])
        loss = loss + 0.5 * ((h - target) ** 2).sum()
    loss.backward()
    hs = page.names["forward"](p, xs)
    d_p = page.names["backward"](p, xs, hs, hs[1:] - targets)
    for name, a in q.items():
        assert np.allclose(d_p[name], a.grad, rtol=1e-12), name


def test_backward_checks_its_loop_before_the_eyes_of_the_reader(page):
    told = re.findall(r"^(W_ih|W_hh|b) +(\d+) weights, off by (\S+)$", page.printed, re.M)
    assert [(name, int(count)) for name, count, _ in told] == [("W_ih", 8), ("W_hh", 16), ("b", 4)]
    assert sum(int(count) for _, count, _ in told) == 28
    assert all(0 < float(off) < 1e-8 for *_, off in told)


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
    told = [re.search("<b>(.*?)</b>", seen)[1].replace("\N{MINUS SIGN}", "-") for _, seen in page.names["turn"]]
    assert [float(v) for v in told] == [round(wire.grad.item(), 3) for wire in wires]
    assert round(page.names["shares"][5], 3) == float(told[3])


def test_backward_lets_its_rules_be_tried_on_small_numbers(page):
    """What each row opens to, by autograd: the weights' share, what is carried, both parts, and a gate."""
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    h = torch.tensor([3.0, 5.0], requires_grad=True)
    came, own = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 4.0])
    (came @ (W @ h) + own @ h).backward()
    g, kept = torch.tensor([1.0, 0.5], requires_grad=True), torch.tensor([3.0, 5.0], requires_grad=True)
    (came @ (g * kept)).backward()
    rowwise = (W.detach() @ came)[None]
    wanted = [[W.grad], [(h.grad - own)[None], rowwise], [h.grad[None]], [g.grad[None], kept.grad[None]]]
    for (_, seen), matrices in zip(page.names["tried"], wanted, strict=True):
        told = [text.replace("\N{MINUS SIGN}", "-") for text in re.findall(r"<b>\((.*?)\)</b>", seen)]
        told = [[[float(v) for v in row.split(",")] for row in text.split(";")] for text in told]
        assert told == [matrix.tolist() for matrix in matrices]


def test_backward_unrolls_the_carry_into_products(page):
    """The page's equation, term by term, against autograd's derivative by a state, all later losses counted."""
    rng = np.random.default_rng(3)
    p = {k: rng.uniform(-0.5, 0.5, shape) for k, shape in (("W_hh", (4, 4)), ("W_ih", (4, 3)), ("b", 4))}
    xs, targets = rng.normal(size=(6, 3)), rng.uniform(-0.9, 0.9, (6, 4))
    hs = page.names["forward"](p, xs)
    weights = {name: torch.tensor(a) for name, a in p.items()}
    states, losses = [torch.zeros(4, dtype=torch.float64)], []
    for x, target in zip(torch.tensor(xs), torch.tensor(targets), strict=True):
        a = weights["W_ih"] @ x + weights["W_hh"] @ states[-1] + weights["b"]
        states.append(torch.tanh(a).requires_grad_())
        states[-1].retain_grad()
        losses.append(0.5 * ((states[-1] - target) ** 2).sum())
    sum(losses).backward()
    T, W, whole = len(xs), p["W_hh"], np.zeros((4, 4))
    for t in range(1, T + 1):
        total = np.zeros(4)
        for s in range(t, T + 1):
            product = np.eye(4)
            for k in range(t + 1, s + 1):
                product = product @ W.T @ np.diag(1 - hs[k] ** 2)
            total += product @ (hs[s] - targets[s - 1])
        assert np.allclose(total, states[t].grad, rtol=1e-12)
        whole += np.outer((1 - hs[t] ** 2) * total, hs[t - 1])
    assert np.allclose(whole, page.names["backward"](p, xs, hs, hs[1:] - targets)["W_hh"], rtol=1e-12)


WEIGHTS = {
    "W_hh": [[0.1, 0.2], [0.3, 0.4]],
    "W_ih": [[0.2], [0.4]],
    "b": [0.5, 0.6],
    "W_ho": [[0.7, 0.8]],
    "b_o": [0.9],
}
# From the last step to the first: dL/dz, and a pair each of own, carried and dL/da.
WORKED = [
    [-0.009148, -0.006404, -0.007319, 0.000000, 0.000000, -0.001047, -0.000571],
    [0.013663, 0.009564, 0.010931, -0.000276, -0.000438, 0.001729, 0.001194],
    [0.040890, 0.028623, 0.032712, 0.000531, 0.000823, 0.006464, 0.006593],
]


def test_backward_takes_the_worked_example_back(page):
    told = page.printed[page.printed.index("step 3:  d_z") :].partition("[[")[0]
    assert [float(v) for v in re.findall(r"-?\d\.\d{6}", told)] == [v for row in WORKED for v in row]
    q = {k: torch.tensor(a, dtype=torch.float64, requires_grad=True) for k, a in WEIGHTS.items()}
    h, loss, a_s, z_s = torch.zeros(2, dtype=torch.float64), 0, [], []
    for x, target in ((1.0, 0.5), (2.0, 0.75), (3.0, 1.0)):
        a = q["W_ih"][:, 0] * x + q["W_hh"] @ h + q["b"]
        h = torch.sigmoid(a)
        z = q["W_ho"] @ h + q["b_o"]
        loss = loss + 0.5 * (torch.sigmoid(z) - target) ** 2
        a_s, z_s = [*a_s, a], [*z_s, z]
    for node in (*a_s, *z_s):
        node.retain_grad()
    loss.backward()
    for row, a, z in zip(WORKED, a_s[::-1], z_s[::-1], strict=True):
        assert np.allclose(row[:1] + row[-2:], [*z.grad, *a.grad], atol=6e-7)
    for name, a in q.items():
        assert np.allclose(page.names["d_p"][name], a.grad, rtol=1e-12), name
    assert "[[0.000367 0.000354]\n [0.000368 0.000377]]" in page.printed
    for words, after in ("against", "0.085473"), ("along", "0.086333"):
        assert f"{words} it: L 0.085903 -> {after}" in page.printed


def test_backward_draws_the_numbers_that_it_computes(page):
    """The graph, wide and narrow: states as they are, gradients in thousandths, each beside its wire."""
    for svg in (page.names["graph"].wide, page.names["graph"].narrow):
        told = re.findall(r">\s*(\u2212?\d+(?:\.\d\d+)?)\s*</text>", svg)
        steps, due = [page.names["backs"][t] for t in (3, 2, 1)], np.array([[0.5], [0.75], [1.0]])
        backs = [v for d_z, own, carry, d_a in steps for v in (*d_z, *own, *(own + carry), *d_a)]  # of h: both parts
        errors = [f"{1000 * v:.0f}" for v in np.ravel(page.names["ys"][1:] - due)]  # of y
        gradients = [v.replace("-", "\u2212") for v in (*(f"{1000 * v:.2f}" for v in backs), *errors)]
        carried = [f"{1000 * v:.2f}".replace("-", "\u2212") for row in WORKED[1:] for v in row[3:5]]
        _, own, carry, d_a = steps[-1]
        for v in (own[1], own[1] + carry[1], d_a[1]):  # what the reader is asked for
            gradients.remove(f"{1000 * v:.2f}".replace("-", "\u2212"))
        carried.remove(f"{1000 * carry[1]:.2f}".replace("-", "\u2212"))
        assert len(re.findall(r">\s*\?\s*</text>", svg)) == 4
        assert not Counter([*gradients, *carried]) - Counter(told)
        a_s, hs, ys, _ = page.names["run"]({name: np.array(a) for name, a in WEIGHTS.items()})
        z_s = np.log(np.ravel(ys[1:]) / (1 - np.ravel(ys[1:])))
        assert {f"{v:.3f}" for values in (a_s[1:], hs[1:], z_s, ys[1:]) for v in np.ravel(values)} <= set(told)


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
    assert list(seen) == [*halved, *bends]
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
    for words, fold in zip(bends, (260, 5, 210), strict=True):
        norms = np.linalg.norm(rivers[words].gradients, axis=1)
        assert np.isclose(norms[20] / norms[5], fold, rtol=0.04)
    direction = np.array(GradientRiver().direction)
    assert np.allclose(direction @ direction.T, np.eye(2))  # "turn a state and keep its length"


def test_backward_says_that_a_long_term_can_have_a_low_bar():
    share, terms = parts(GradientRiver())
    lengths = np.linalg.norm(terms, axis=(1, 2))
    assert share[0] == 0  # h_0 is 0
    assert [f"{v:.2f}" for v in (lengths[17], lengths[18], share[18], share[17])] == ["0.52", "0.46", "0.21", "0.50"]
    assert round(np.degrees(np.arccos(share[18] / lengths[18]))) == 63


def test_backward_puts_a_number_to_the_product_of_one_unit(page):
    h = page.names["states"](np.full(6, 0.9))
    product = np.prod([0.9 * (1 - h[t] ** 2) for t in range(2, 7)])
    assert f"make {product:.2f}." in PAGE.read_text("utf-8")
