"""What chapters/gates/lstm.md says: its cell against Torch's, what it reads and counts, its comparisons by order."""

import re
import textwrap
from itertools import pairwise

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

import rnnkit
from rnnkit.figures import wiring

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gates" / "lstm.md"


def test_lstm_opens_with_the_explorer_and_gives_nothing_away():
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# The LSTM")[2]
    assert "GateLab()" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\d|forgets|nothing|=", opening)


def test_lstm_mends_a_fault_with_each_gate(names):
    off = names["off"]
    assert list(off) == ["a leak", "+ input gate", "no leak", "+ forget gate", "+ output gate"]
    assert (off["+ output gate"] == 0).all()
    assert off["+ forget gate"][0] == 0 < off["+ forget gate"][1]  # right, but it talks all the time
    assert min(off["a leak"].min(), *off["+ input gate"], *off["no leak"]) > 0.1
    asked = {name: error[0] for name, error in off.items()}
    assert asked["+ input gate"] < asked["a leak"] < asked["no leak"]  # "helps a little", then "rises"
    marks = [(w, s) for w in (0, 1) for s in (0, 1)]
    factors = [[unit(*mark) for mark in marks] for unit in names["UNITS"].values()]
    for above, below in pairwise(factors):  # each unit changes one of f, i and o
        assert sum(a != b for a, b in zip(zip(*above, strict=True), zip(*below, strict=True), strict=True)) == 1
    assert list(names["UNITS"]) == list(off)
    assert len(wiring.STAGES) == len(off)  # a picture of a cell beside each strip
    xs, write, say = names["stream"](7)
    kept, said = names["listen"]("no leak", xs, write, say)
    first, second = np.flatnonzero(write)[:2]
    assert np.allclose(kept[first:second], xs[first])  # the first number is kept as it is
    assert np.isclose(kept[second], xs[first] + xs[second])
    assert np.allclose(said, np.tanh(kept))


def test_lstm_grows_without_a_forget_gate(names):
    for size, flat in names["grown"]["without"]:
        assert 6 < size[9999] / size[999] < 14  # ten times the steps, ten times the state
        assert flat[29] < flat[99] <= flat[-1]
        assert flat[99] > 0.5  # "by step 100 in most units"
        assert flat[-1] > 0.8
    assert np.mean([flat[-1] for _, flat in names["grown"]["without"]]) > 0.9
    for size, flat in names["grown"]["with"]:
        assert size.max() < 0.5
        assert (flat == 0).all()
    pushed = names["pushed"]
    for name in ("biases alone", "W_hh alone"):
        assert pushed["both"].mean() > pushed[name].mean() > 10 * pushed["neither"].mean()


def test_lstm_counts_its_weights_as_torch_does(page, names):
    theirs = sum(a.numel() for a in torch.nn.LSTM(28, 128).parameters())
    assert names["counts"] == {"PyTorch": theirs, "Keras": theirs - 512, "simple": theirs // 4}
    assert re.findall(r"in all ([\d,]+)", page.printed) == ["20,224", "80,896", "80,384"]
    assert names["counts"]["Keras"] == 4 * 128 * (28 + 128 + 1)
    assert names["apart"] < 1e-12


def cell_of(names):
    """The page's one unit as Torch's cell, whose four blocks are i, f, g, o."""
    cell = torch.nn.LSTMCell(1, 1, dtype=torch.float64)
    W, U, b = (torch.tensor(names[k])[:, None] for k in "WUb")
    cell.load_state_dict({"weight_ih": W, "weight_hh": U, "bias_ih": b[:, 0], "bias_hh": 0 * b[:, 0]})
    return cell


def test_lstm_says_what_the_zen_says(page, names):
    """Each net ends each of the seven lines; the page prints three; one of the pair alone is no better than a guess."""
    assert "Flat is better than ... nested." in page.printed
    assert "Complex is better than ... complicated." in page.printed
    both, h_alone, c_alone = names["rightly"].values()
    assert both == 21
    assert max(h_alone, c_alone) <= 8
    assert sum(end == "nested.\n" for _, end in names["LINES"] for _ in names["readers"]) == 3  # "3 of 21"
    assert len({end for _, end in names["LINES"]}) == 7
    assert sum(names["scored"].sum(0)) == sum(len(one) - 1 for one in names["ZEN"])
    assert len(names["ZEN"]) == 19


def test_lstm_carries_the_word_in_both_halves(names):
    """Were the ending made of one half alone, the other would be right in a sixth of the rest at most."""
    by_h, by_c = (np.array(counts) for counts in names["crossed"].values())
    assert names["pairs"] == 42
    assert min(*by_h, *by_c) > 6
    assert (by_h > (42 - by_c) / 6).all()
    assert (by_c > (42 - by_h) / 6).all()


@pytest.mark.heavy
def test_other_seeds_carry_the_word_less_evenly(names):
    followed = []
    for seed in range(3, 8):
        net = names["by_heart"](seed)
        states = [names["hear"](net, word, *names["nothing"]) for word in names["words"]]
        counts = [0, 0]
        for one, (h, _) in enumerate(states):
            for other, (_, c) in enumerate(states):
                if one != other:
                    said = names["go_on"](net, *names["hear"](net, names["REST"], h, c))
                    counts[0] += said == names["LINES"][one][1]
                    counts[1] += said == names["LINES"][other][1]
        followed.append(counts)
    by_h, by_c = zip(*followed, strict=True)
    assert min(*by_c, *by_h) < 6, "in some, one half is followed less often than one ending for all"


def test_lstm_hears_as_the_layer_does(names):
    net, told = names["readers"][1], names["ZEN"][4]
    ours = names["hear"](net, told, *names["nothing"])
    run = net.layers[0](np.eye(len(names["KEYS"]))[[[names["KEYS"].index(a)] for a in told]].astype("float32"))
    for mine, theirs in zip(ours, run.state, strict=True):
        assert np.allclose(mine, np.ravel(theirs), atol=1e-4)


def test_lstm_is_torchs_where_it_is_not_misprinted(names):
    cell, state, hs = cell_of(names), None, []
    for x in names["A"]:
        state = cell(torch.tensor([[x]]), state)
        hs.append(state[0].item())
    as_it_is, other = names["told"]["as it is"]
    assert np.allclose(as_it_is, hs, atol=1e-12)
    assert np.abs(as_it_is - other).max() > 0.2


def test_lstm_solves_the_first_misprint_and_measures_the_second(page, names):
    before, W, U, b = np.array([0.3, 0.6, 0.1, 0.5]), *(names[k] for k in "WUb")
    now = names["of_themselves"](5.0, -1.0, before)
    a = W * now + U * before + b
    squashed = np.where(np.arange(4) == 2, np.tanh(a), 1 / (1 + np.exp(-a)))
    assert np.allclose(now, squashed, atol=1e-12)
    assert "of themselves: h for A and for B differ by 0.0" in page.printed
    i = np.array([0.2, 0.5, 0.9])
    assert np.allclose(names["lets_in"](i), i**2, atol=1e-4)
    assert "i = 0.5 lets in 0.25" in page.printed


def test_lstm_in_a_loop_is_the_layer(page):
    """The page's seven steps end where rnnkit's layer and torch.nn.LSTM end."""
    off = [float(number) for number in re.findall(r"last [hc], less ours: +(\S+)", page.printed)]
    assert len(off) == 3
    assert max(off) < 1e-14


def test_lstm_has_its_equations_beside_the_lines_of_the_step():
    """The five pieces are the body of the step, in its order; and the step runs with NumPy alone."""
    text = PAGE.read_text("utf-8")
    beside = re.findall(r":::\{div\} rk-beside\n\*\*(\d)\..*?```python\n(.*?)```\n:::", text, re.S)
    assert [number for number, _ in beside] == list("12345")
    (cell,) = (one.source for one in jupytext.read(PAGE).cells if "def step(" in one.source)
    body = cell.partition("def step(p, x, h, c):\n")[2].partition("    return")[0]
    assert "".join(lines for _, lines in beside) == textwrap.dedent(body)
    alone = {}
    exec(cell, alone)
    assert {line for line in cell.splitlines() if "import" in line} == {"import numpy as np"}
    rng = np.random.default_rng(0)
    theirs = torch.nn.LSTMCell(2, 4, dtype=torch.float64)
    p = {name: w.numpy(force=True) for name, w in theirs.named_parameters()}
    x, h, c = rng.normal(size=(3, 2)), *rng.normal(size=(2, 3, 4))
    both = theirs(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
    for mine, other in zip(alone["step"](p, x, h, c), both, strict=True):
        assert np.allclose(mine, other.numpy(force=True), atol=1e-12)


def test_lstm_draws_its_weights_as_torch_does(names):
    """Biases too, within 1/√H."""
    for name, w in names["p"].items():
        assert np.abs(w).max() <= 1 / np.sqrt(names["H"]), name
    assert max(a.abs().max() for a in torch.nn.LSTM(2, 4).parameters()) <= 0.5


def test_lstm_counts_as_far_as_its_weights_are_large(names):
    hand = names["hand"]
    assert list(hand.values()) == sorted(hand.values())
    assert hand[4] < 10 < hand[8] < 100 < hand[12] < 1000 == hand[20]
    assert names["task_of"]([3])[1].xs.shape == (7, 1, 4)
    f = 1 / (1 + np.exp(-4))
    assert 1 / 60 < 1 - f < 1 / 50  # "about a fiftieth"
    model, (n, m) = names["by_hand"](20), (30, 29)
    trace = model.layers[0](names["task_of"]([n])[1].xs).trace
    assert np.allclose(trace["c_l0"][:, 0, 0], [0, *range(1, n + 1), *range(n - 1, -1, -1)], atol=1e-5)
    assert 1e-9 < 1 - trace["f_l0"].min() < 1e-8  # "to eight digits"
    assert names["counts_to"](model, most=50) == 50
    assert abs(names["stairs"][20][-1]) < 0.01
    assert 14 < names["stairs"][4].max() < 18
    assert names["stairs"][4][-1] < -1
    short = rnnkit.data.AnBn(most=n).symbols
    y = model(np.eye(4)[[short.index(k) for k in "S" + "a" * n + "b" * m]][:, None]).h[-1, 0]
    assert y.argmax() == short.index("b")  # one b is still to come


def test_lstm_learns_to_count(names):
    reach = sorted(names["reach"])
    assert sum(n >= 10 for n in reach) >= 8
    assert sum(n < 30 for n in reach) > 5  # "most are wrong soon after"
    assert reach[0] <= 12  # "some fail at the very next n"
    assert reach[-1] > 100  # "one goes on for hundreds"
    assert 0.2 < names["share"] < 0.6


def unit(f, i, g, o, read, step, by):
    """The card's unit, in lines of our own."""
    c, cs, hs = 0.0, [], []
    for f_t, i_t, g_t, o_t in zip(f, i, g, o, strict=True):
        c = f_t * c + i_t * g_t
        cs.append(c)
        hs.append(o_t * np.tanh(c))
    assert by == "hand"
    assert 1 <= step <= len(cs)
    assert read <= len(cs)
    return np.array(cs), np.array(hs)


HAND_CLAIMS = {
    "a new number replaces the old": lambda c, h: np.allclose(c[1:5], 0.8) and np.allclose(c[5:], -0.6),
    "kept, and not said until step 10": lambda c, h: np.allclose(c[1:], 0.8) and list(np.flatnonzero(h)) == [9],
    "without, as in 1997": lambda c, h: np.isclose(c[-1], 8) and h[-1] > 0.999,
    "up and down": lambda c, h: c[4] == 5 and c[9] == 0,
}


def test_lstm_links_claim_what_the_card_shows():
    from rnnkit.explorers import GateLab

    seen = {words: values for words, _, values in links(PAGE)}
    for words, claim in HAND_CLAIMS.items():
        assert claim(*unit(**seen.pop(words))), words
    lab = GateLab(**seen.pop("the mark comes in, and the 0s do not"))
    assert lab.gate_values[:, 0].round(2).tolist() == [0.01, 0.99, *[0.01] * 8]
    assert abs(lab.states[10, 0] - lab.states[2, 0]) < 0.05
    assert not seen


def test_lstm_exercises_have_the_answers_that_are_given():
    """0.99 and 0.01 by a bias of -4.6 and a weight of 9.2."""
    assert np.log(0.01 / 0.99) == pytest.approx(-4.6, abs=0.01)
