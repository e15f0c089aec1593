"""What chapters/gates/building.md says: its networks against Torch and arithmetic, its counts against the records."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT, said
from test_chapter_bothways import slope

import rnnkit
from artefacts.building.entries import RECIPE
from artefacts.building.networks import CELLS, DEPTHS, DROPOUTS
from artefacts.long_memory.entries import recall
from rnnkit.records import building, long_memory

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gates" / "building.md"


def test_it_opens_with_a_guess_and_gives_nothing_away():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# Building with cells")[2]
    shown = next(cell for cell in cells if "Guessed(" in cell.source)
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|GRU|LSTM|simple", opening)
    between = [cell.source for cell in cells[1 : cells.index(shown)] if cell.cell_type == "markdown"]
    assert between == ["(cell-table)="]


def test_each_screenful_of_it_has_something_to_do():
    text = PAGE.read_text("utf-8").partition("# Building with cells")[2].partition("## What this does not show")[0]
    parts = re.split(r"```\{(?:code-cell|literalinclude)\}.*?```|<details.*?</details>|\n#+ ", text, flags=re.S)
    assert max(len(part.split()) for part in parts) < 190


def known(network, task, T):
    """The runs of the record, gone through here by themselves."""
    runs = [run for run in building().runs if run[:3] == (network, task, T)]
    assert len(runs) == len(RECIPE.seeds) >= 3
    return runs


def solved(network, task, T):
    return sum(run.solved for run in known(network, task, T))


def middle(network, task, T):
    return np.median([run.updates for run in known(network, task, T)])


def test_a_stack_is_that_of_the_flag(page, names):
    """Three layers: num_layers=3, forwards and backwards; with paths, sums of squares by central differences."""
    rng = np.random.default_rng(0)
    xs, tall = rng.normal(size=(5, 3, 2)), rnnkit.GRU(2, 4, num_layers=3, rng=0)
    layers = [rnnkit.GRU(reads, 4) for reads in (2, 4, 4)]
    for k, layer in enumerate(layers):
        for name in layer.params:
            layer.params[name] = tall.params[name.replace("l0", f"l{k}")]
    h, runs = names["stack"](layers, xs)
    d_h = rng.normal(size=h.shape)
    assert np.allclose(h, tall(xs).h, atol=1e-12)
    assert np.allclose(names["stack_backward"](layers, runs, d_h)[0][-1], tall.backward(tall(xs), d_h).xs, atol=1e-12)
    mask = np.arange(5)[:, None] < np.array([5, 2, 3])
    h, runs = names["stack"](layers, xs, mask=mask)
    d_hs, d_params = names["stack_backward"](layers, runs, d_h)
    expected = tall.backward(tall(xs, mask=mask), d_h)
    assert np.allclose(h, tall(xs, mask=mask).h, atol=1e-12)
    assert np.allclose(d_hs[-1], expected.xs, atol=1e-12)
    for k, d_layer in enumerate(d_params[::-1]):
        assert all(np.allclose(d, expected.params[name.replace("l0", f"l{k}")]) for name, d in d_layer.items())
    along, ends = rng.normal(size=xs.shape), []
    for eps in (1e-5, -1e-5):
        ends.append((names["stack"](layers, xs + eps * along, True)[0] ** 2).sum())
    h, runs = names["stack"](layers, xs, True)
    d_hs, d_params = names["stack_backward"](layers, runs, 2 * h, True)
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx((d_hs[-1] * along).sum(), rel=1e-6)
    for layer, d_layer in zip(layers[::-1], d_params, strict=True):
        for name, d in d_layer.items():
            measured = slope(lambda: (names["stack"](layers, xs, True)[0] ** 2).sum(), layer, name)
            assert measured == pytest.approx(d.sum(), rel=1e-6, abs=1e-8)
    (off,) = re.findall(r"^num_layers=\w+: off by (.*)$", page.printed, re.M)
    assert float(off) < 1e-12


def test_by_layer_is_the_gradient_of_its_outputs(names):
    """Of a stack of two, by autograd, with and without a path."""
    for past in (0, 1):
        rng = np.random.default_rng(3)
        layers = [rnnkit.LSTM(32, 32, rng=rng) for _ in range(2)]
        theirs = []
        for layer in layers:
            one = torch.nn.LSTM(32, 32, dtype=torch.float64)
            one.load_state_dict({name: torch.tensor(a) for name, a in layer.params.items()})
            theirs.append(one)
        h = torch.tensor(rng.normal(size=(20, 8, 32)))
        first = theirs[0](h)[0] + past * h
        first.retain_grad()
        top = theirs[1](first)[0] + past * first
        along = torch.tensor(rng.normal(size=(8, 32)))
        (top[-1] * along).sum().backward()
        norms = [first.grad[-1].norm().item(), first.grad.norm().item()]
        expected = np.array(norms) / along.norm().item()
        assert names["by_layer"](rnnkit.LSTM, 2, past, 3)[-1] == pytest.approx(expected, rel=1e-9)


def test_a_layer_hands_down_the_share_that_the_page_names(page, names):
    """At the last step; over all steps another share; with a path it stays near 1; with larger weights it is larger."""
    assert said(page, "a simple one passes on .53, a GRU .28, an LSTM .14")
    assert said(page, "a simple layer passes on .81")
    assert said(page, "back in time: with first weights .64, .48 and .24 a layer")
    assert names["a_layer"]["simple, √3"][0] == pytest.approx(0.81, abs=0.006)
    for name, share, over_all, blocks in (
        ("simple", 0.53, 0.64, 1),
        ("GRU", 0.28, 0.48, 2),
        ("LSTM", 0.14, 0.24, 4),
    ):
        assert names["a_layer"][name] == pytest.approx([share, over_all], abs=0.006)
        assert share == pytest.approx(3**-0.5 / blocks, rel=0.1)  # what the page reasons
        down = names["fell"][name][:, 0]
        assert np.abs(down[1:] / down[:-1] / share - 1).max() < 0.16  # "much the same share"
        past = np.array(names["norms"][name, 1])[..., 0]
        assert 0.9 < past.min() <= past.max() < 2.2  # the band
    larger = names["larger"]
    assert (larger[1, 0], larger[1, 1]) == pytest.approx((0.53**7, 1.7), rel=0.1)
    for gain in (3, 6, 12):  # "from 3 times on the plain stack loses nothing"
        assert min(larger[gain, 0], larger[gain, 1]) > 1
    drawn = np.random.default_rng(0).uniform(-1, 1, (400, 400)) / 20
    assert np.linalg.norm(drawn @ np.ones(400)) / 20 == pytest.approx(3**-0.5, rel=0.1)
    layers = [rnnkit.RNN(32, 32, rng=s) for s in range(8)]
    runs = names["stack"](layers, np.random.default_rng(0).normal(size=(20, 8, 32)))[1]
    slopes = [np.sqrt(np.mean((1 - run.h**2) ** 2)) for run in runs]
    assert 3**-0.5 * np.prod(slopes[1:]) ** (1 / 7) == pytest.approx(0.53, abs=0.03)  # "the slope of tanh"


def test_no_stack_is_first_and_two_tie(page, names):
    """The rows that are opened, and what is said of them, from the record."""
    assert len(names["deep"]) == len(DEPTHS)
    later = {}
    for (asked, seen), network in zip(names["deep"], DEPTHS, strict=True):
        runs = known(network, "delayed recall", 4)
        depth, units = re.match(r"(\d) × (\d+) units(, paths)?$", asked).groups()[:2]
        assert (depth, "paths" in asked) == (network[0], "residual" in network)
        n, plain_eight = sum(run.solved for run in runs), network == "8 layers"
        assert n == (0 if plain_eight else len(runs))
        assert f"{n} of {len(runs)}" in seen
        assert {run.rate for run in runs} == {0.003 if plain_eight else 0.01}
        assert not plain_eight or {run.updates for run in runs} == {1500}
        if not plain_eight:
            assert f"{middle(network, 'delayed recall', 4):,.0f}<" in seen
            later[network] = middle(network, "delayed recall", 4) - middle("1 layer", "delayed recall", 4)
        model = DEPTHS[network](recall(4), np.random.default_rng(0))
        assert model.params["0.weight_hh_l0"].shape[1] == int(units)
    assert min(later.values()) == 0
    assert middle("1 layer", "delayed recall", 4) == 700
    assert {name for name, n in later.items() if 0 < n <= RECIPE.every} == {"2 layers", "4 layers, residual"}
    trials = {run.rate: run for run in building().trials if run.network == "8 layers"}
    assert trials.keys() == {0.01, 0.003}
    assert not any(run.solved for run in trials.values())
    assert trials[0.01].measure == pytest.approx(0.5, abs=0.02)  # "about half of the letters"
    assert trials[0.003].measure == pytest.approx(0.73, abs=0.006)
    others = [run for run in building().trials if run.network in DEPTHS and run.network != "8 layers"]
    assert {run.network for run in others if run.rate == 0.01 and run.solved} == DEPTHS.keys() - {"8 layers"}
    sizes = [sum(a.size for a in made(recall(4), np.random.default_rng(0)).params.values()) for made in DEPTHS.values()]
    assert 4500 < min(sizes) < max(sizes) < 5050  # "four and a half to five thousand"


def test_the_lone_layer_is_larger_than_the_tables():
    """Units, weights, rates and caps of two LSTMs with one bias on one task, as the page compares them."""
    for made, units, weights in (
        (DEPTHS["1 layer"], 32, 4996),
        (CELLS["LSTM, 3"], 15, 1324),
        (CELLS["tanh"], 32, 1348),
        (CELLS["GRU"], 17, 1245),
    ):
        params = made(recall(4), np.random.default_rng(0)).params
        assert params["0.weight_hh_l0"].shape[1] == units
        assert sum(a.size for a in params.values()) == weights
    assert solved("1 layer", "delayed recall", 4) == 5
    assert {run.rate for run in known("1 layer", "delayed recall", 4)} == {0.01}
    small = [run for run in long_memory().runs if run[:3] == ("LSTM, 3", "delayed recall", 4)]
    assert {(run.solved, run.updates, run.rate) for run in small} == {(False, 2000, 0.003)}
    assert 3.5 < 4996 / 1324 < 4.5
    rates = {name: {run.rate for run in known(name, "adding", 20)} for name in DROPOUTS}
    assert {name for name, rate in rates.items() if rate == {0.003}} == {"c, anew", "g, anew"}
    assert all(rate in ({0.003}, {0.01}) for rate in rates.values())


def test_two_levels_read_the_words_as_they_stand(names):
    rng = np.random.default_rng(0)
    lower, upper = rnnkit.RNN(2, 4, rng=rng), rnnkit.RNN(4, 4, rng=rng)
    xs = rng.normal(size=(12, 5, 2))
    _, run = names["two_levels"](lower, upper, xs, 3)
    words = [lower(xs[k : k + 3]).h[-1] for k in range(0, 12, 3)]
    assert np.allclose(run.h, upper(np.array(words)).h)
    I, H = 2, 19  # as many weights as 32 units have
    two, one = H * (I + H + 2) + H * (2 * H + 2), 32 * (I + 32 + 2)
    assert two == pytest.approx(one, rel=0.06)


def test_dropped_units_hold_what_the_page_says(page, names):
    """By drawing: how many are not 0, what these say, and the mean of all."""
    rng = np.random.default_rng(0)
    held = np.ones(200_000)
    for t in range(1, 21):
        held *= (rng.random(len(held)) >= 0.25) / 0.75
        if t in names["holds"]:
            assert 1000 * (held > 0).mean() == pytest.approx(names["holds"][t], abs=3)
            assert held.max() == pytest.approx(names["large"][t])
    assert names["holds"][20] == 3
    assert round(names["large"][20]) == 315
    assert said(page, "the 3 of a thousand that are not hold 315 times their number")


def test_dropout_of_what_is_kept_erases_it_and_no_other(names):
    """All at one rate: of those whose trials chose another, the runs that were made again."""
    at_one = {}
    for run in (*building().runs, *building().longer):
        if (run.task, run.T, run.rate) == ("adding", 20, 0.01) and run.network in DROPOUTS:
            at_one.setdefault(run.network, []).append(run)
    assert set(at_one) == set(names["PLACES"]) == set(DROPOUTS)
    assert {len(runs) for runs in at_one.values()} == {len(RECIPE.seeds)}
    for name, runs in at_one.items():
        assert sorted(names["dropped"][name]) == sorted(runs)
        assert sum(run.solved for run in runs) == (0 if name == "c, anew" else len(RECIPE.seeds)), name
    assert np.median([run.measure for run in at_one["c, anew"]]) / (1 / 6) == pytest.approx(0.5, abs=0.1)  # "half"


def test_a_rate_of_its_own_made_a_place_seem_slow(names):
    middles = {
        name: np.median([run.updates if run.solved else np.inf for run in names["dropped"][name]])
        for name in ("nothing", "g, anew", "nothing, 0.003", "g, anew, 0.003")
    }
    assert {run.rate for name in names["SLOW"] for run in names["dropped"][name]} == {0.003}
    assert 2.8 < middles["g, anew, 0.003"] / middles["nothing"] < 3.3  # "three times as slow"
    for rate in ("", ", 0.003"):  # "a quarter more"
        assert middles[f"g, anew{rate}"] / middles[f"nothing{rate}"] == pytest.approx(1.25, abs=0.05)


def test_the_mask_of_the_module_is_for_training_alone(page, names):
    said = re.findall(r"^(train|eval): twice the same\? (\w+)$", page.printed, re.M)
    assert said == [("train", "False"), ("eval", "True")]
    model, xs = names["OneMask"](2, 5), torch.randn(4, 3, 2)
    plain = torch.nn.LSTM(2, 5)
    plain.load_state_dict({f"{name}_l0": a for name, a in model.cell.state_dict().items()})
    assert torch.allclose(model.eval()(xs), plain(xs)[0][-1], atol=1e-6)


def test_two_levels_learn_what_one_does_not(names):
    most = len(RECIPE.seeds)
    counts = [solved(kind, "adding", T) for T in (9, 36) for kind in ("tanh, flat", "tanh, two levels")]
    assert counts == [most, most, 0, most]
    for n, runs in zip(counts, names["adds"].values(), strict=True):
        assert f"{n} of {most}" in names["learners"](runs, 3000)
    assert np.median([run.measure for run in known("tanh, flat", "adding", 36)]) > 0.15
    flat = [run.updates for run in long_memory().runs if run[:3] == ("tanh", "adding", 20)]
    assert 3000 < np.median(flat) < np.inf  # "with more it adds at T = 20"
    gated = [run for run in long_memory().runs if (run.task, run.T) == ("adding", 40) and run.network in CELLS]
    assert all(run.solved == (run.network != "tanh") for run in gated)


def test_the_table_is_the_records(names):
    """Its medians and shares, counted here again; an unsolved run counts as one without end."""
    found = {}
    for run in (*long_memory().runs, *building().runs):
        if run.network in CELLS and run.task in (*names["BEFORE"], *names["ASKS"]):
            row = found.setdefault((run.task, run.T), {name: [] for name in names["CELLS"]})
            row[run.network].append(run.updates if run.solved else np.inf)
    assert found.keys() == names["middle"].keys()
    for place, row in found.items():
        assert names["middle"][place] == {name: np.median(updates) for name, updates in row.items()}


def test_what_is_said_of_the_table(names):
    middle, table = names["middle"], names["table"]
    gated = ("LSTM", "LSTM, 3", "GRU", "GRU, 3")
    best = {place: min(row.values()) for place, row in middle.items()}
    recall = [row for (task, _), row in middle.items() if task == "delayed recall"]
    assert all(row["tanh"] < min(row[name] for name in gated) for row in recall)
    assert len(recall) == 4
    assert not [name for T in (8, 16) for name in gated if np.isfinite(middle["delayed recall", T][name])]
    assert all(middle["adding", T]["GRU"] == best["adding", T] for T in (5, 10, 20, 40))
    assert [T for T in (5, 10, 20, 40) if middle["adding", T]["GRU, 3"] <= best["adding", T] + names["LOOK"]] == [5, 40]
    assert names["LOOK"] == RECIPE.every
    assert [T for T in (5, 10, 20, 40) if min(middle["adding", T][k] for k in ("tanh", "LSTM", "LSTM, 3")) < 275] == []
    order = {name: sum(run.solved for run in table["temporal order", 80][name]) for name in CELLS}
    assert (order["LSTM"], order["GRU"]) == (0, 6)
    assert (order["LSTM, 3"], order["GRU, 3"]) == (9, 10)
    ties = {
        place: [name for name in CELLS if row[name] <= best[place] + names["LOOK"]] for place, row in middle.items()
    }
    mine = [place for place, cells in ties.items() if "GRU" in cells]
    assert (len(mine), sum(task == "adding" for task, _ in mine)) == (names["firsts"]["GRU"], 4) == (12, 4)
    assert sum(ties[place] == ["GRU"] for place in mine) == 2  # "in only two rows is it first without a tie"
    lengths = [sum(task == name for task, _ in middle) for name in (*names["BEFORE"], *names["ASKS"])]
    assert (sum(lengths), sum(lengths[:3]), min(lengths), max(lengths)) == (19, 12, 2, 4)
    more = [middle["parity", 40][f"{kind}, 3"] / middle["parity", 40][kind] for kind in ("LSTM", "GRU")]
    assert more == [1.5, 2.25]  # what the page's last table says
    assert 6 < middle["parity", 40]["tanh"] / middle["parity", 40]["GRU"] < 10  # "eight times"
    assert all(max(middle["aⁿbⁿ", T].values()) <= min(middle["aⁿbⁿ", T].values()) + 100 for T in (5, 10))
    for T in (20, 50):
        row = middle["noisy sine", T]
        assert row["tanh"] > 2.9 * max(row[name] for name in gated)
        assert max(row[name] for name in gated) < 2 * best["noisy sine", T]
    for name in CELLS:  # "No column is first everywhere", and the simple one beats each
        assert any(row[name] > best[place] for place, row in middle.items())
    assert 0.75 ** len(RECIPE.seeds) > 0.05  # 5 of 5 may as well be three in four
    assert len(RECIPE.seeds) == 5


def test_over_all_steps_less_is_lost_than_at_the_last(page, names):
    rows = re.findall(r"^(simple|LSTM|GRU) +plain (\S+), with paths (\S+)$", page.printed, re.M)
    assert len(rows) == 3
    for name, plain, paths in rows:
        assert np.median(names["norms"][name, 0], 0)[-1, 0] < float(plain) < 0.1
        assert float(paths) > 0.9
