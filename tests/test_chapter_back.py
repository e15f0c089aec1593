"""What chapters/gates/back.md says: its adjoint and its two ways against Torch's, its comparisons by their order."""

import json
import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

import rnnkit
from artefacts.brackets import __main__ as make
from rnnkit.cells import lstm
from rnnkit.records import BRACKETS, bracket_rates, brackets

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gates" / "back.md"


def test_back_derives_each_line_beside_the_line_that_it_is():
    blocks = re.findall(r":::\{div\} rk-beside\n(.*?)\n:::", PAGE.read_text("utf-8"), re.S)
    source = (ROOT / "rnnkit" / "cells" / "lstm.py").read_text("utf-8").partition("def step_backward")[2]
    body, shown = source.partition("\n\n")[0].splitlines()[1:], []
    for mark, block in zip("①②③④⑤⑥⑦", blocks, strict=True):
        assert block.startswith(mark)
        assert block.count("$$") == 2
        if mark in "①⑦":
            assert "unroll.py" in block  # the loop's
            continue
        ends = (re.search(p, block)[1] for p in ("start-at: (.+)", "end-at: (.+)"))
        first, last = (next(k for k, line in enumerate(body) if line.startswith(f"    {end}")) for end in ends)
        shown += range(first, last + 1)
    assert shown == list(range(2, len(body)))  # two lines unpack; all the others are derived, each once, in order


def test_back_adjoint_is_autograds():
    """One step, as the five blocks say it, from random gradients of h and c."""
    rng = np.random.default_rng(1)
    p = {name: torch.tensor(a) for name, a in rnnkit.params.uniform(lstm, 5, 3, rng=rng).items()}
    a_x, h, c = (torch.tensor(rng.normal(size=(4, k)), requires_grad=True) for k in (12, 3, 3))
    d = tuple(torch.tensor(rng.normal(size=(4, 3))) for _ in "hc")
    (new_h, new_c), trace = lstm.step(p, a_x, (h, c))
    (new_h * d[0] + new_c * d[1]).sum().backward()
    (d_ax, _), d_prev = lstm.step_backward(p, trace, (h, c), d)
    for ours, theirs in zip((d_ax, *d_prev), (a_x, h, c), strict=True):
        assert torch.allclose(ours, theirs.grad, rtol=1e-12)


def test_back_weights_and_input_get_what_line_7_says():
    """The sums of outer products, and the input's share, by Torch: three steps of one sequence from h_0 = c_0 = 0."""
    rng, (T, I, H) = np.random.default_rng(2), (3, 5, 2)
    p = rnnkit.params.uniform(lstm, I, H, rng=rng)
    xs, d_hs = rng.normal(size=(T, 1, I)), rng.normal(size=(T, 1, H))
    theirs, read = torch.nn.LSTM(I, H, dtype=torch.float64), torch.tensor(xs, requires_grad=True)
    theirs.load_state_dict({f"{name}_l0": torch.tensor(a) for name, a in p.items()})
    (theirs(read)[0] * torch.tensor(d_hs)).sum().backward()
    states, trace = rnnkit.unroll(lstm, p, xs, (np.zeros((1, H)),) * 2)
    carries, sums, d_xs = (np.zeros((1, H)),) * 2, dict.fromkeys(p, 0), []
    for t in reversed(range(T)):
        kept, before = lstm.Trace(*(a[t] for a in trace)), [s[t] for s in states]
        own = carries[0] + d_hs[t], carries[1]
        ((d_a, _), carries) = lstm.step_backward(p, kept, before, own)
        shares = {"weight_ih": np.outer(d_a, xs[t]), "weight_hh": np.outer(d_a, before[0]), "bias_ih": d_a[0]}
        for name, share in (shares | {"bias_hh": d_a[0]}).items():
            sums[name] = sums[name] + share
        d_xs.append(p["weight_ih"].T @ d_a[0])
    for name, ours in sums.items():
        assert np.allclose(ours, getattr(theirs, f"{name}_l0").grad, rtol=1e-10), name
    assert np.allclose(d_xs[::-1], read.grad[:, 0], rtol=1e-10)


def test_back_one_step_of_c_has_the_two_ways_of_the_formula():
    """By Torch: dc_t/dc_{t-1} where o_{t-1} is given, of random weights and states."""
    rng, H = np.random.default_rng(8), 3
    p = {name: torch.tensor(a) for name, a in rnnkit.params.uniform(lstm, 2, H, rng=rng).items()}
    a_x, o = torch.tensor(rng.normal(size=4 * H)), torch.tensor(rng.uniform(size=H))

    def ahead(c):
        return lstm.step(p, a_x, (o * torch.tanh(c), c))[0][1]

    c = torch.tensor(rng.normal(size=H))
    (_, _), trace = lstm.step(p, a_x, (o * torch.tanh(c), c))
    i, f, g, _ = trace.gates.chunk(4)
    zero = torch.zeros(H, H, dtype=torch.float64)
    by_a = torch.cat([torch.diag(g * (i - i * i)), torch.diag(c * (f - f * f)), torch.diag(i * (1 - g * g)), zero], 1)
    formula = torch.diag(f) + by_a @ p["weight_hh"] @ torch.diag(o * (1 - torch.tanh(c) ** 2))
    assert torch.allclose(torch.autograd.functional.jacobian(ahead, c), formula, rtol=1e-10)


def test_back_half_life_is_what_a_forget_gate_leaves(names):
    for bias, steps in names["half_life"].items():
        f = 1 / (1 + np.exp(-bias))
        assert f ** np.ceil(steps) <= 0.5 < f ** (np.ceil(steps) - 1) + 1e-12
    assert [f"{n:.1f}" for n in names["half_life"].values()] == ["1.0", "2.2", "14.3", "103.2"]


def test_back_ways_are_torchs_jacobian_and_the_product_of_f(names):
    T, H, seed = 12, 4, 3
    found = names["ways"](2, 1, seed, T=T, back=T - 1, H=H)
    assert len(names["ways"](2, 1, seed, T=T, back=3, H=H)) == 4
    rng = np.random.default_rng(seed)
    p = rnnkit.params.forget_bias(lstm, rnnkit.params.uniform(lstm, 8, H, rng=rng), 1)
    p["weight_hh"] *= 2
    xs = rng.normal(size=(T, 1, 8))
    cell = torch.nn.LSTMCell(8, H, dtype=torch.float64)
    cell.load_state_dict({name: torch.tensor(a) for name, a in p.items()})

    (_, c), trace = rnnkit.unroll(lstm, p, xs, (np.zeros((1, H)),) * 2)
    assert found[0] == (1, 1)
    for t in (1, 5, T - 1):

        def last(c_t, t=t):
            state = torch.tensor(trace.gates[t - 1][:, 3 * H :]) * torch.tanh(c_t[None]), c_t[None]
            for x in torch.tensor(xs[t:]):
                state = cell(x, state)
            return state[1][0]

        jacobian = torch.autograd.functional.jacobian(last, torch.tensor(c[t, 0]))
        assert np.isclose(found[T - t][0], torch.linalg.norm(jacobian, 2).item(), rtol=1e-10)
        assert np.isclose(found[T - t][1], trace.gates[t:, 0, H : 2 * H].prod(0).max(), rtol=1e-12)


def test_back_gradient_vanishes_and_explodes(names):
    end = {name: np.median(norms[:, -1], 0) for name, norms in names["lags"].items()}
    assert list(end) == ["b_f = 0", "b_f = 3", "b_f = 5", "b_f = 0, 8 W_hh"]
    assert {norms.shape for norms in names["lags"].values()} == {(10, 201, 2)}
    assert end["b_f = 0"].max() < 1e-30
    assert 5e-4 < end["b_f = 3"][1] < 2e-3  # "a thousandth is left along c"
    assert 200 < end["b_f = 3"][0] / end["b_f = 3"][1] < 2000  # "hundreds of times as much"
    assert end["b_f = 0, 8 W_hh"][0] > 1e3
    assert end["b_f = 0, 8 W_hh"][1] < 1e-6  # along c it is gone
    last = {name: norms[:, -1, 0] for name, norms in names["lags"].items()}
    assert (last["b_f = 0, 8 W_hh"] > 1).sum() >= 6  # "in most"; which ones may differ by processor
    assert 1 < last["b_f = 5"].min() <= last["b_f = 5"].max() < 25  # "about twenty times what it was"
    for every, along in end.values():
        assert every > along
    for norms in names["lags"].values():
        assert (np.diff(norms[..., 1]) <= 0).all()  # no forget gate makes it grow


def test_back_keeps_the_bracket_of_a_line_where_its_bias_begins_at_3(page, names):
    sizes = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) weights: ", page.printed)]
    assert len(sizes) == 3
    assert max(sizes) < 1.01 * min(sizes)
    simple, at_0, at_3 = names["costs"].values()  # of all other characters, of a kind of bracket; by seed
    assert min(simple[1].min(), at_0[1].min()) > 1.85  # a guess among four costs 2
    assert at_3[1].max() < 0.6
    assert min(names["on_short"][k].min() for k in ("simple", "LSTM, b_f = 0")) > 1.5  # "hardly better"
    others = [one[0].mean() for one in (simple, at_0, at_3)]
    assert max(others) < 1.15 * min(others)  # "nearly the same"


def test_back_bias_buys_speed_on_a_text(names):
    """The longer runs begin as the page's own do; then b_f = 0 comes down later, and a simple one later still."""
    updates, late = brackets()
    assert updates == list(range(150, 5401, 150))
    assert list(late) == list(names["READERS"])
    for name, runs in late.items():
        assert {len(run) for run in runs} == {len(updates)}
        assert np.allclose(names["costs"][name][1], [run[updates.index(450)] for run in runs], atol=0.3)
    learned = names["LEARNED"]
    assert 2 * max(learned["LSTM, b_f = 3"]) < min(learned["LSTM, b_f = 0"])  # "more than twice the updates"
    assert max(learned["LSTM, b_f = 0"]) < min(learned["simple"])  # "later still"
    assert [f"{run[-1]:.2f}" for run in late["LSTM, b_f = 0"]] == ["0.40", "0.00", "0.01"]  # "one at 0.40"
    assert sum(run[-1] > 1 for run in late["simple"]) == 2  # "do not keep"
    wavers = [run for run in late["LSTM, b_f = 3"] if max(run[3:]) > 1]
    assert len(wavers) == 1
    assert wavers[0][-1] < 0.1
    again = make.course(
        make.of_the_page(), names["READERS"]["LSTM, b_f = 3"], 0, looks=1
    )  # the script runs, on the page's own cells
    assert np.allclose(again, late["LSTM, b_f = 3"][0][:1], atol=0.1)


def test_back_bits_are_those_of_a_softmax(names):
    """By torch's cross-entropy, at every character that is scored and at no other."""
    (model, *_), lines = names["readers"]["LSTM, b_f = 3"], ["(for)\n", "<in is>\n"]
    every, ends, kind = names["bits"](model, lines)
    xs, targets, scored = names["read"](lines)
    logits = torch.tensor(np.array(model(xs).h)[scored], dtype=torch.float64)
    theirs = torch.nn.functional.cross_entropy(logits, torch.tensor(targets[scored]), reduction="none") / np.log(2)
    assert len(every) == sum(len(one) - 1 for one in lines)
    assert np.allclose(every, theirs, atol=1e-4)
    assert ends.sum() == len(lines) == len(kind)
    at = np.nonzero(scored)[0][ends] + 1
    assert at.tolist() == [4, 6]
    assert (kind <= every.max() + 1e-6).all()


def test_back_exercises_have_the_answers_that_are_given(page):
    """A tenth in 1,000 steps; the check sees what is cut."""
    assert "f = 0.99989, bias 9.2" in page.printed
    assert 1 / (1 + np.exp(-9.2)) ** 1000 > 0.9 > 1 / (1 + np.exp(-9.1)) ** 1000
    assert "noticed: GradientMismatch" in page.printed


def test_back_opens_with_something_to_set_and_gives_nothing_away(names):
    first, *_, card = jupytext.read(PAGE).cells[:4]
    opening = first.source.partition("# The way back of an LSTM")[2]
    assert "Guessed(" in card.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|vanish|explode|=", opening)
    assert [round(10 * share) for share in names["left"].values()] == [0, 0, 4, 9]


def test_back_card_answers_its_two_tasks():
    """Along c gains more by a larger bias of f; where g does not hear h, the two ways are one."""
    from rnnkit.explorers import GateLab

    def ways(row=0, column=0, weight=0.0):
        weights = np.array(GateLab().weights)
        weights[row, column] = weight
        return GateLab(by="weights", weights=weights.tolist()).gradients[2]

    (along, every), (along_3, every_3) = ways(), ways(1, 2, 3.0)
    assert 0.003 < along < 0.005 < 0.09 < every < 0.11
    assert along_3 / along > 100 > every_3 / every > 1
    assert np.isclose(*ways(2, 1, 0.0))


def test_back_links_claim_what_the_card_shows():
    ((words, _, values),) = links(PAGE)
    assert words == "a half-life of one step"
    assert values["by"] == "hand"
    assert values["f"][2:] == [0.5] * 8
    assert values["i"][2:] == [0.0] * 8


def test_back_tries_its_rates(names):
    """The rates of the page are the best of the five for two readers; for the third a larger one is better still."""
    tried, used = bracket_rates(), {name: str(one[-1]) for name, one in names["READERS"].items()}
    best = {name: min(row, key=row.get) for name, row in tried.items()}
    assert best["simple"] == used["simple"] == "0.005"
    assert best["LSTM, b_f = 0"] == used["LSTM, b_f = 0"] == used["LSTM, b_f = 3"] == "0.02"
    assert best["LSTM, b_f = 3"] == "0.04"
    reader = (*names["READERS"]["LSTM, b_f = 3"][:3], 0.02)
    again = make.course(make.of_the_page(), reader, make.TRIED[0], looks=1, long=False)
    kept = json.loads(BRACKETS.read_text("utf-8"))["rates"]
    last = {rate: np.mean([run[-1] for run in runs]) for rate, runs in kept["bits"]["simple"].items()}
    assert min(last, key=last.get) == "0.0025"
    assert np.allclose(again, kept["bits"]["LSTM, b_f = 3"]["0.02"][0][:1], atol=0.1)
    assert kept["seeds"] == list(make.TRIED)
    assert {len(run) for row in kept["bits"].values() for runs in row.values() for run in runs} == {make.HALF}
