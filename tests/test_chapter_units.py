"""What chapters/inside/units.md says: its methods against those of others, where the truth is known; bands."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import balanced_accuracy_score

from rnnkit.explorers.type_ahead.network import SYMBOLS, encode, load

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "units.md"
NAMES = ("brackets", "single quotes", "indentation", "place in the line")


def test_units_opens_with_the_twins_and_does_not_say_which():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# What the units hold")[2]
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\d|twin|97|zero", opening)
    first = next(cell for cell in cells[1:] if cell.source.startswith("Held("))
    assert "remove-input" in first.metadata["tags"]
    assert cells.index(first) < cells.index(next(cell for cell in cells if "## A twin" in cell.source))


def test_units_twin_is_torchs_network_of_97_units(names):
    """The planted network by torch.nn.GRU: the first 96 states are the old network's, the 97th is its double's."""
    gru, old = names["gru"], load().gru
    layers = torch.nn.GRU(97, 97, dtype=torch.float64), torch.nn.GRU(97, 96, dtype=torch.float64)
    hs = []
    for layer, ours in zip(layers, (gru, old), strict=True):
        layer.load_state_dict({name: torch.tensor(a) for name, a in ours.params.items()})
        xs = torch.nn.functional.one_hot(torch.tensor(encode(names["SAMPLE"])), 97)
        hs.append(layer(xs.double())[0].detach().numpy())
    assert np.allclose(hs[0][:, :96], hs[1], atol=1e-12)
    assert np.allclose(hs[0][:, 96], hs[1][:, 90], atol=1e-12)
    assert np.abs(hs[1][:, 90]).max() > 0.9  # and it says something
    assert (names["columns"][:, 96] == 0).all()
    assert (names["columns"][:, 90] != 0).sum() > 300


def test_units_hold_of_the_twin_moves_no_bar(names):
    shown = names["shown"]
    assert (shown["A"] == shown["neither"]).all()
    assert shown["neither"][0] == shown["neither"].max() > 0.4  # the closing bracket
    assert shown["B"][0] < 0.01
    assert set(shown) == {"neither", "A", "B"}
    line = names["of_line"]
    assert np.allclose(line[:, 96], line[:, 90], atol=1e-12)


def test_units_labels_by_hand(names):
    source = "a = f('b', [1])  # (\nif a:\n    '''(x'''\n    g(\"c\")\n"
    found = names["labels"](source)
    assert [source[k] for k in np.flatnonzero(found["single quotes"])] == ["'", "b"]
    inside = "".join("#" if on else "." for on in found["brackets"])
    assert inside[:17] == ".....#########..."  # on from the bracket to the character before the last closing one
    assert source[5] == "("
    assert source[14] == ")"
    assert not found["brackets"][source.index("# (") : source.index("if")].any()
    words = "".join(c for c, on in zip(source, found["words"], strict=True) if on)
    assert words == "# ('''(x'''"
    line = source.index("    g(")
    assert found["indentation"][line : line + 6].tolist() == [1, 2, 3, 4, 4, 4]
    assert found["indentation"][source.rindex("\n")] == 4  # after its newline, still that of the line
    assert found["place in the line"][line : line + 3].tolist() == [1, 2, 3]
    assert found["place in the line"][source.index("\n")] == 0


def test_units_pieces_begin_with_nothing_open(names):
    assert len(names["pieces"]) == 50
    for source, cut in names["pieces"]:
        assert len(source) == names["T"] + 1
        assert {len(label) for label in cut.values()} == {names["T"]}
        assert not cut["brackets"][0] or source[0] in "([{"
        assert cut["place in the line"][0] == (source[0] != "\n")


def test_units_correlations_are_numpys(names):
    rng = np.random.default_rng(0)
    h, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    theirs = np.corrcoef(np.column_stack([h, y]).T)[-1, :3]
    assert np.allclose(names["correlation"](h, y), theirs, atol=1e-12)


def test_units_follow_far_above_labels_of_another_place(names):
    assert {name: k + 1 for name, (k, _) in names["chosen"].items()} == dict(zip(NAMES, (91, 93, 96, 89), strict=True))
    for name in NAMES:
        assert names["chosen"][name][1] > 0.5 > 3 * np.mean(names["control"][name])
        assert names["chosen"][name][1] > 3 * max(names["control"][name])


def test_units_best_is_chosen_on_one_half_alone(names):
    """A unit that follows on the second half, and not on the first, is not chosen."""
    rng = np.random.default_rng(0)
    y, half = rng.normal(size=400), np.arange(400) < 200
    h = rng.normal(size=(400, 2))
    h[~half, 1] = y[~half]
    h[half, 0] += y[half]
    k, r = names["best"](h, y, half)
    assert k == 0
    assert r < 0.3


def test_units_cost_is_what_torch_computes(names):
    """The bits of one hold, from the logits of a hold written into the state."""
    at, unit, value = names["PLACES"]["brackets"], 90, -0.3
    h, W = torch.tensor(names["h"][at]), torch.tensor(names["W_ho"])
    held = h.clone()
    held[:, unit] = value
    bias, came = torch.tensor(names["b_o"]), torch.tensor(names["following"][at])
    nats = [torch.nn.functional.cross_entropy(one @ W.T + bias, came) for one in (held, h)]
    theirs = (nats[0] - nats[1]).item() / np.log(2)
    assert np.isclose(names["cost"]("brackets", unit, value), theirs, rtol=1e-10)
    assert {SYMBOLS[k] for k in came.tolist()} <= set(")]}")


def test_units_three_of_four_cause_what_they_follow(names):
    costs = {name: np.array(found) for name, found in names["costs"].items()}
    for name, unit in zip(NAMES, (90, 92, 95, 88), strict=True):
        assert costs[name][96] == 0  # the twin, exactly
        if name == "indentation":
            assert abs(costs[name][unit]) < 0.05
        else:
            assert costs[name].argmax() == unit
            assert costs[name][unit] > 2
            assert costs[name][unit] > 3 * np.sort(costs[name])[-2]


def test_units_hold_at_every_step_takes_the_depth(names):
    more, rise = names["more"], names["rise"]
    assert more["nothing"][0] < 0.1 < 0.35 < more["nothing"][1] < 0.6 < more["nothing"][2]
    assert np.allclose(more["96 once"], more["nothing"], atol=0.05)
    assert np.allclose(more["97 always"], more["nothing"], atol=1e-9)
    assert np.allclose(more["89 always"], more["nothing"], atol=0.1)
    assert (np.diff(more["96 always"]) < 0).all()
    others = [rise(names["along"][k]) for k in names["others"]]
    assert len(set(names["others"])) == 8
    assert min(others) > 0.8 * rise(names["h"])
    assert rise(names["along"][95]) < 0
    for half in (names["first"], ~names["first"]):  # the files fall in two parts, and each says so
        for states, knows in ((names["h"], True), (names["along"][95], False)):
            at = [names["begun"] & half & (names["last"] == depth) for depth in (4, 12)]
            assert min(rows.sum() for rows in at) > 30
            spaces = [names["softmax"](states[rows] @ names["W_ho"].T + names["b_o"])[:, 0].mean() for rows in at]
            assert spaces[1] - spaces[0] > 0.4 if knows else spaces[1] < spaces[0]


def test_units_held_along_is_what_the_layer_does(names):
    """Held at its mean at every step, by a layer whose unit is made to say just that."""
    (mine,) = names["held_all_along"]([95])
    assert np.allclose(mine[:, 95], names["mean"][95])
    layer = torch.nn.GRUCell(97, 97, dtype=torch.float64)
    layer.load_state_dict({name.removesuffix("_l0"): torch.tensor(a) for name, a in names["gru"].params.items()})
    h = torch.zeros(2, 97, dtype=torch.float64)
    for symbols in names["text"][:40, :2]:
        h = layer(torch.nn.functional.one_hot(torch.tensor(symbols), 97).double(), h).detach()
        h[:, 95] = names["mean"][95]
    T = names["T"]
    assert np.allclose(mine[[39, T + 39]], h, atol=1e-10)


def test_units_a_far_end_would_name_the_wrong_unit(names):
    cost, mean = names["cost"], names["mean"]
    assert abs(cost("brackets", 92, mean[92])) < 0.1
    assert cost("brackets", 92, 1) > 2
    assert all(cost("brackets", 96, value) == 0 for value in (0, -1, 1))
    there = names["h"][names["PLACES"]["brackets"], 92]
    assert np.quantile(there, 0.97) < 0.5 < 0.9 < there.max() < 1, "seldom so at this place, and not never"
    assert abs(cost("indentation", 95, mean[95])) < 0.05 < 0.8 < cost("indentation", 95, -1), "idle at its mean alone"


def test_units_deaf_to_b_pays_in_the_mean_and_not_at_every_bracket(names):
    h, W, at = names["h"], names["W_ho"], names["PLACES"]["brackets"]
    z, came = h[at] @ W.T + names["b_o"], (np.arange(at.sum()), names["following"][at])
    moved = z - h[at][:, [90]] * W[:, 90]
    bits = np.log2(names["softmax"](z)[came] / names["softmax"](moved)[came])
    assert np.isclose(bits.mean(), names["mute"])
    assert 0.1 < (bits <= 0).mean() < 0.4


def test_units_probe_is_fishers(names):
    """The same answers as scikit-learn's discriminant with equal shares, on data that a line divides badly."""
    rng = np.random.default_rng(3)
    y = rng.random(600) < 0.3
    h = rng.normal(size=(600, 5)) @ rng.normal(size=(5, 5)) + y[:, None] * rng.normal(size=5)
    half = np.arange(600) % 2 == 0
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=[0.5, 0.5]).fit(h[half], y[half])
    wanted = balanced_accuracy_score(y[~half], theirs.predict(h[~half]))
    assert 0.6 < wanted < 0.95
    assert abs(names["probe"](h, y[:, None], half)[0] - wanted) < 0.01


def test_units_probe_reads_what_is_there_and_nothing_else(names):
    rng = np.random.default_rng(4)
    h, half = rng.normal(size=(4000, 20)), np.arange(4000) % 2 == 0
    planted, none = h[:, 3] > 0.2, rng.random(4000) < 0.4
    yes, no = names["probe"](h, np.stack([planted, none], 1), half)
    assert yes > 0.97
    assert abs(no - 0.5) < 0.04


def test_units_probe_knows_before_training_and_reads_coins(names):
    right = names["right"]
    assert right["brackets"][1].min() > 0.7  # each of three untrained networks
    assert right["brackets"][0] > 0.9
    assert right["brackets"][0] - right["brackets"][1].max() > 0.08  # training did add
    assert right["past 40"][0] - right["past 40"][1].mean() < 0.08
    assert abs(right["a coin"][0] - right["brackets"][0]) < 0.04  # "next to nothing"
    assert right["coin, 2 back"][0] < right["coin, 1 back"][0] < right["a coin"][0] - 0.08
    assert abs(right["coin, 2 back"][0] - right["coin, 2 back"][1].mean()) < 0.04
    assert all(len(raw) == 3 for _, raw in right.values())


def test_units_what_a_probe_is_worth_depends_on_its_control(names):
    """The bars of the picture: from the control to the trained network, for each of the four labels."""
    gains = {name: np.subtract(*names["above"](control)) for name, control in names["CONTROLS"].items()}
    assert list(gains) == ["chance", "before training", "a coin", "coin, 1 back", "coin, 2 back"]
    first, asked = {name: found[0] for name, found in gains.items()}, list(names["asked"])
    assert asked[0] == "brackets"
    assert first["chance"] > 0.4
    assert 0.08 < first["before training"] < 0.25
    assert abs(first["a coin"]) < 0.04
    assert first["a coin"] < first["coin, 1 back"] < first["coin, 2 back"]
    for k, name in enumerate(asked):
        trained, raw = names["right"][name]
        assert gains["before training"][k] == pytest.approx(trained - raw.mean())
        assert gains["chance"][k] == pytest.approx(trained - 0.5)


def test_units_probe_takes_the_twin_for_a_cause(names):
    assert names["only"] > 0.85
    assert names["without"] > 0.8
    assert names["mute"] > 0.8
    assert names["right"]["brackets"][0] > names["without"]


def test_units_keeper_is_one_function_at_every_loudness(names):
    for seed in range(5):
        xs, sign = names["told"](200, seed=100 + seed)
        said = [names["last_state"](names["keeper"](c, seed), xs)[1] for c in names["LOUDNESS"]]
        assert np.allclose(said, said[0], atol=1e-9)
        assert (np.sign(said[0]) == sign).all()


def test_units_components_are_those_of_scikit_learn(names):
    h = np.random.default_rng(0).normal(size=(60, 4)) * [4, 2, 1, 0.5]
    v, share = names["components"](h)
    theirs = PCA().fit(h)
    assert np.allclose(share, theirs.explained_variance_ratio_)
    assert np.allclose(np.abs((v * theirs.components_).sum(1)), 1)


def test_units_plane_loses_the_sign_and_the_network_does_not(names):
    planes = names["planes"]
    assert {right for *_, right, _ in planes.values()} == {400}
    assert planes[2][3] > 0.98
    assert max(planes[c][3] for c in (1.4, 1, 0.3)) < 0.62
    assert planes[0.3][1] > planes[2][1]  # and it holds more of the variance


def test_units_quiet_unit_carries_more_than_the_plane(page):
    rows = re.findall(r"^(plane|unit 91) +([\d.]+) % +([\d.]+) +(-?[\d.]+)$", page.printed, re.M)
    (plane, unit) = (np.array(row[1:], float) for row in rows)
    assert plane[0] > 20 * unit[0]
    assert plane[1] < 0.7 < 0.85 < unit[1]
    assert unit[2] > 4 * plane[2]


def test_units_gates_saturate_on_nonsense_too(page):
    text, nonsense, *never = (
        np.array(line.split()[-4:], float)
        for line in page.printed.splitlines()
        if line.startswith(("trained  ", "shuffled  ", "drawn, "))
    )
    assert len(never) == 3
    assert np.abs(text - nonsense).max() < 0.05
    assert text[1] > 0.5
    assert max(one.max() for one in never) < 0.01


def test_units_gate_of_91_is_low_behind_an_opening_bracket(names):
    line, z = names["LINE"], names["z_91"]
    low = np.flatnonzero(z < 0.2)
    assert len(low) == line.count("(") == 3
    assert all("(" in line[k - 1 : k + 1] for k in low)  # at an opening bracket, or right behind it
    assert np.allclose(names["of_gates"]["z_l0"][:, 0, 96], z)  # the twin's opens as well
    assert np.median(z) > 0.9
