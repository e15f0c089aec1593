"""What chapters/math/windows.md says: what a border turns, by autograd, and what windows teach, by their order."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

from rnnkit.explorers import GradientRiver

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "windows.md"


def test_windows_open_with_a_border_that_the_reader_moves():
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# Truncated backpropagation")[2]
    assert "GradientRiver(committed=True, window=5)" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"vanish|eight|length", opening)


def terms(river):
    """What each use adds to ∂L/∂W_hh, by autograd."""
    curve = {"tanh": torch.tanh, "linear": torch.clone}[river.activation]
    W = [torch.tensor(river.gain * np.array(river.direction), requires_grad=True) for _ in river.inputs]
    h = torch.zeros(len(river.readout), dtype=torch.float64)
    for copy, x in zip(W, river.inputs, strict=True):
        h = curve(copy @ h + x * torch.tensor(river.weight_ih, dtype=torch.float64))
    (0.5 * (h @ torch.tensor(river.readout, dtype=torch.float64) - river.target) ** 2).backward()
    return np.array([copy.grad.numpy().ravel() for copy in W])


def turn(each, window):
    """The angle between the last terms' sum and that of all, in degrees; and how long the one is beside the other."""
    kept, whole = each[-window:].sum(0), each.sum(0)
    lengths = np.linalg.norm(kept), np.linalg.norm(whole)
    return np.degrees(np.arccos(kept @ whole / np.prod(lengths))), lengths[0] / lengths[1]


def test_windows_say_how_far_each_update_turns():
    """Its angle and its length, beside the link that shows the network; and how many uses the opening asks for."""
    rows = re.findall(r"^\| \{set\}`(.*?) <.*?> *` \| (\d+)° \| × (\d\.\d\d) \|$", PAGE.read_text("utf-8"), re.M)
    linked = {words: values for words, _, values in links(PAGE)}
    assert [words for words, *_ in rows] == list(linked)
    turned = {}
    for words, angle, share in rows:
        turned[words] = turn(terms(GradientRiver(**linked[words])), 5)
        assert (f"{turned[words][0]:.0f}", f"{turned[words][1]:.2f}") == (angle, share)
    bent, halved, even = turned.values()
    assert halved[0] < bent[0] < even[0]
    assert even[1] < 0.5  # "it takes more than half"
    angles = [turn(terms(GradientRiver()), window)[0] for window in range(1, 21)]
    assert max(angles[7:]) < 3 < min(angles[:7])  # eight, and it stays so


def test_windows_of_fixed_borders_are_autograds_with_a_detached_state(page):
    """Some orders' gradients, with a loss at each step; then what the page prints of all orders, and says of that."""
    card, names = GradientRiver(), page.names
    W_ih = torch.tensor(card.weight_ih, dtype=torch.float64)
    v = torch.tensor(card.readout, dtype=torch.float64)

    def gradient(xs, K):
        W = torch.tensor(card.gain * np.array(card.direction), requires_grad=True)
        h, loss = torch.zeros(2, dtype=torch.float64), 0
        for t, x in enumerate(xs[:, 0]):
            h = torch.tanh(W @ (h.detach() if t % K == 0 else h) + x * W_ih)
            loss = loss + 0.5 * (h @ v - card.target) ** 2
        loss.backward()
        return W.grad.numpy().ravel()

    told = re.findall(r"^ *(\d+) +at most +(\d+)° +(\d+)°$", page.printed, re.M)
    assert [int(K) for K, *_ in told] == [2, 4, 8, 10, 15, 20]
    assert len(names["orders"]) == 300
    angles = {int(K): [names["turned"](order, int(K)) for order in names["orders"]] for K, *_ in told}
    for xs in (names["xs"], *names["orders"][:5]):
        whole = gradient(xs, len(xs))
        for K in angles:
            kept = gradient(xs, K)
            cosine = kept @ whole / np.linalg.norm(kept) / np.linalg.norm(whole)
            assert np.isclose(np.degrees(np.arccos(min(cosine, 1))), names["turned"](xs, K), atol=1e-4)
    for K, half, most in told:
        assert [int(half), int(most)] == [round(v) for v in np.percentile(angles[int(K)], [50, 90])]
    half = {K: np.median(each) for K, each in angles.items()}
    assert half[8] > 20
    assert half[15] >= half[10]
    assert half[20] < 1e-3


def test_windows_have_the_loop_of_the_pages_before():
    loops = [
        re.search(r"^def forward\(p, xs\):.*?    return d_p$", path.read_text("utf-8"), re.M | re.S)[0]
        for path in (PAGE, PAGE.with_name("loop.md"))
    ]
    assert loops[0] == loops[1]


def test_windows_show_what_a_window_can_teach(page):
    names, lags = page.names, np.array(page.names["delays"])
    reached = {K: (shares > 0.9).sum(1) for K, shares in names["one_target"].items()}
    for K in (8, 16):
        assert (reached[K][lags < min(K, 10)] == 10).all()
        assert (reached[K][lags >= K] == 0).all()  # "and nothing beyond"
    echo = (names["echo"] > 0.9).sum(1)
    beyond = (lags == 3) | (lags == 4)
    assert reached[2][lags == 2] > 5  # "most networks learn it"
    assert (echo[beyond] > reached[2][beyond]).all()
    for K in (2, 4):
        assert lags[reached[K] > 0].max() < lags[echo > 0].max() + 1  # no further than the readout alone
    longer, before = (names["longer"] > 0.9).sum(1), reached[16][[list(lags).index(d) for d in (15, 16)]]
    assert before[0] == 2  # "two of ten networks learn it"
    assert longer[0] == 10
    assert before[1] == longer[1] == 0
    assert (names["every_step"] > 0.9).all()
    assert names["one_step"].shape == (6, 10)
    assert (names["one_step"] > 0.9).all()  # without any carry: this task needs no gradient across a step
    assert not (names["from_zeros"] > 0.9).any()
    assert "of 60 networks, K = 1\n  60 still say (\n  60 still say )\n" in page.printed
