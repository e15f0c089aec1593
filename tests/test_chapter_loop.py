"""What chapters/math/loop.md says: its formulas, its loop and its worked example, against Torch's autograd."""

import re
from collections import Counter

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "loop.md"


def test_loop_derives_four_formulas_and_then_shows_the_loop_once():
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
        "{\\partial b}",
        "{\\partial W_{hh}",
        "\\text{carry}_{t-",
    ]
    rules = ["used twice", "a curve", "a product", "a product", "a sum", "a product, used H times"]
    assert [rule for _, _, rule in lines] == rules
    assert text.count("def backward(p, xs, hs, own)") == 1
    assert text.rindex("rk-beside") < text.index("def backward(p, xs, hs, own)") < text.index("The same four lines in")
    package = text.partition("<summary>The same four lines in")[2].partition("</details>")[0]
    assert len(re.findall(r"literalinclude\} \.\./\.\./rnnkit/", package)) == 3


def test_loop_loop_is_autograds(page):
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


def test_loop_checks_its_loop_before_the_eyes_of_the_reader(page):
    told = re.findall(r"^(W_ih|W_hh|b) +(\d+) weights, off by (\S+)$", page.printed, re.M)
    assert [(name, int(count)) for name, count, _ in told] == [("W_ih", 8), ("W_hh", 16), ("b", 4)]
    assert sum(int(count) for _, count, _ in told) == 28
    assert all(0 < float(off) < 1e-8 for *_, off in told)


def test_loop_lets_its_rules_be_tried_on_small_numbers(page):
    """What each row opens to, by autograd: what is carried, and a gate."""
    W = torch.tensor([[1.0, 2.0], [3.0, 1.0]], requires_grad=True)
    h = torch.tensor([3.0, 5.0], requires_grad=True)
    came, own = torch.tensor([2.0, -1.0]), torch.tensor([4.0, 1.0])
    (came @ (W @ h) + own @ h).backward()
    g, kept = torch.tensor([1.0, 0.5], requires_grad=True), torch.tensor([3.0, 5.0], requires_grad=True)
    (came @ (g * kept)).backward()
    rowwise = (W.detach() @ came)[None]
    wanted = [[(h.grad - own)[None], rowwise], [g.grad[None], kept.grad[None]]]
    for (_, seen), matrices in zip(page.names["tried"], wanted, strict=True):
        told = [text.replace("\N{MINUS SIGN}", "-") for text in re.findall(r"<b>\((.*?)\)</b>", seen)]
        told = [[[float(v) for v in row.split(",")] for row in text.split(";")] for text in told]
        assert told == [matrix.tolist() for matrix in matrices]


def test_loop_unrolls_the_carry_into_products(page):
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


def test_loop_takes_the_worked_example_back(page):
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


def test_loop_draws_the_numbers_that_it_computes(page):
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


def test_loop_says_what_each_nudge_of_its_picture_does(page):
    """Bold in each line of words: the loss's derivative by that number, by autograd."""
    W = torch.tensor(page.names["W"], dtype=torch.float64, requires_grad=True)
    h = torch.tensor(page.names["before"], dtype=torch.float64, requires_grad=True)
    came, own = (torch.tensor(page.names[name], dtype=torch.float64) for name in ("came", "mine"))
    (came @ (W @ h) + own @ h).backward()
    wanted = {"weight 2": W.grad[0, 1], "weight 3": W.grad[1, 0], "state 3": h.grad[0], "state 5": h.grad[1]}
    assert page.names["shown"].keys() == wanted.keys()
    for name, (_, _, words) in page.names["shown"].items():
        told = re.findall("<b>(.*?)</b>", words)
        assert [float(v.replace("\N{MINUS SIGN}", "-")) for v in told] == [wanted[name].item()], name


def test_loop_opens_with_a_choice_and_gives_nothing_away():
    opening = jupytext.read(PAGE).cells[0].source.partition("# Backpropagation through time, by hand and in code")[2]
    assert opening.count(".") + opening.count("?") <= 6
    assert not re.search(r"\$|carry|transpos|sum of|both sums", opening)
