"""What chapters/gates/gru.md says: its cells against Torch and the equations, its counts against the record."""

import json
import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from test_chapters import links

import rnnkit
from rnnkit.cells import gru
from rnnkit.explorers import CellRace
from rnnkit.explorers.base import engine
from rnnkit.explorers.cell_race import nets
from rnnkit.layouts import from_keras, to_keras
from rnnkit.records import long_memory

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gates" / "gru.md"
SLIPS = ["z turned", "z before r", "reset before", "biases in one"]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step(p, x, h, after, keeps):
    """The equations once more, for one sequence."""
    i_r, i_z, i_n = np.split(p["weight_ih_l0"] @ x + p["bias_ih_l0"], 3)
    W_r, W_z, W_n = np.split(p["weight_hh_l0"], 3)
    b_r, b_z, b_n = np.split(p["bias_hh_l0"], 3)
    r, z = sigmoid(i_r + W_r @ h + b_r), sigmoid(i_z + W_z @ h + b_z)
    n = np.tanh(i_n + (r * (W_n @ h + b_n) if after else W_n @ (r * h) + b_n))
    share = z if keeps else 1 - z
    return share * h + (1 - share) * n


def test_it_opens_with_the_race_and_gives_nothing_away():
    first, second = jupytext.read(PAGE).cells[:2]
    opening = first.source.partition("# The GRU")[2]
    assert "CellRace()" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|\bgate|bias|quick|simplest", opening)


def test_each_screenful_has_something_to_do():
    text = PAGE.read_text("utf-8").partition("# The GRU")[2].partition("## What this does not show")[0]
    parts = re.split(r"```\{code-cell\}.*?```|<details.*?</details>|\{set\}`[^`]*`|:::\{div\}|\n#+ ", text, flags=re.S)
    assert max(len(part.split()) for part in parts) < 150


def test_the_corners_are_what_they_are_called(names):
    assert names["made"] == {"hold": 0.5, "overwrite": 1, "count": 8.5, "clear": 0}


def test_a_gru_is_never_beyond_one_and_an_lstm_counts():
    """However large the weights are, and whatever the input."""
    rng = np.random.default_rng(0)
    for kind in (rnnkit.GRU, rnnkit.GRUResetBefore):
        layer = kind(1, 8)
        layer.params.update({name: rng.normal(0, 30, a.shape) for name, a in layer.params.items()})
        assert np.abs(layer(rng.normal(0, 10, (200, 5, 1))).h).max() <= 1
    counter = rnnkit.LSTM(1, 1)
    counter.params.update({name: 0 * a for name, a in counter.params.items()})
    counter.params["bias_ih_l0"] = [40, 40, 40, 40]
    assert counter(np.zeros((8, 1, 1))).state[1].item() == pytest.approx(8)


def test_a_gru_clears_by_writing_0_and_an_lstm_whatever_is_offered():
    gru, lstm, h = rnnkit.GRU(1, 1), rnnkit.LSTM(1, 1), np.array([[[0.8]]])
    for layer in (gru, lstm):
        layer.params.update({name: 0 * a for name, a in layer.params.items()})
    for offered in (-1, 0, 1):
        gru.params["bias_ih_l0"], lstm.params["bias_ih_l0"] = [0, -40, 40 * offered], [-40, -40, 40 * offered, 40]
        assert gru(np.zeros((1, 1, 1)), (h,)).h.item() == pytest.approx(offered, abs=1e-12)
        assert lstm(np.zeros((1, 1, 1)), (h, h)).state[1].item() == pytest.approx(0, abs=1e-12)


def test_the_lstm_hides_and_the_gru_shows(names):
    assert names["hidden"].state[1].item() == pytest.approx(0.8)
    assert np.abs(names["hidden"].h).max() < 1e-15
    assert np.allclose(names["shown"].h, 0.8, atol=1e-12)


def test_the_four_settings_are_rnnkits_own_step(names):
    layer = rnnkit.GRU(1, 1)
    for (z, r), h in names["became"].items():
        layer.params["weight_ih_l0"], layer.params["weight_hh_l0"] = [[0], [0], [1]], [[0], [0], [1.5]]
        layer.params["bias_ih_l0"], layer.params["bias_hh_l0"] = [80 * r - 40, 80 * z - 40, 0], [0, 0, 0]
        assert layer(-np.ones((1, 1, 1)), (np.array([[[0.8]]]),)).h.item() == pytest.approx(h, abs=1e-12)
    assert [round(h, 2) for h in names["became"].values()] == [0.8, 0.8, 0.2, -0.76]


def test_the_conventions_are_the_papers_and_torchs(names):
    """Each by equations written here; PyTorch's by PyTorch."""
    kinds = {"after": (True, True), "before": (False, True), "Chung": (False, False)}
    assert set(names["ends"]) == {*kinds, "before, z turned"}
    assert np.allclose(names["ends"]["before, z turned"], names["ends"]["Chung"], atol=1e-14)
    for name, kind in kinds.items():
        h = np.zeros(3)
        for x in names["five"][:, 0]:
            h = step(names["drawn"], x, h, *kind)
        assert np.allclose(names["ends"][name], h, atol=1e-14), name
    theirs = torch.nn.GRU(2, 3, dtype=torch.float64)
    theirs.load_state_dict({name: torch.tensor(a) for name, a in names["drawn"].items()})
    last = theirs(torch.tensor(names["five"]))[0][-1, 0].detach().numpy()
    assert np.allclose(names["ends"]["after"], last, atol=1e-14)


@pytest.mark.parametrize(("H", "alone", "same"), [(1, False, True), (3, True, True), (3, False, False)])
def test_units_that_hear_themselves_alone_cannot_tell(H, alone, same):
    """Where the reset stands, without b_hn; `alone`: the block of the candidate is diagonal."""
    after, before = rnnkit.GRU(2, H, rng=0), rnnkit.GRUResetBefore(2, H)
    after.params["bias_hh_l0"][2 * H :] = 0
    if alone:
        after.params["weight_hh_l0"][2 * H :] *= np.eye(H)
    before.params.update(after.params)
    xs = np.random.default_rng(0).normal(size=(9, 1, 2))
    assert np.allclose(after(xs).h, before(xs).h, atol=1e-12) == same


@pytest.mark.parametrize(("kind", "moves"), [(rnnkit.GRU, False), (rnnkit.GRUResetBefore, True)])
def test_only_before_the_product_a_proportion_moves_with_r(kind, moves):
    """How much unit 0 hears of unit 1, over how much of unit 2: after the product W_hn's alone, whatever r is.

    The gates hear the input alone here. Gates of the other cell that hear the state do not help: with a large h, z must
    be the same, so it hears no state, and then nor does r, for it would turn from 1 to 0 where h turns its sign.
    """
    layer, H, d = kind(2, 3, rng=0), 3, 1e-6
    layer.params["weight_hh_l0"][: 2 * H] = 0
    proportions = []
    for x in np.random.default_rng(1).normal(size=(5, 2)):
        starts = np.array([[0, d, 0], [0, -d, 0], [0, 0, d], [0, 0, -d]])
        h = layer(np.tile(x, (1, 4, 1)), (starts[None],)).h[0, :, 0]
        proportions.append((h[0] - h[1]) / (h[2] - h[3]))
    assert (np.ptp(proportions) > 0.01 * np.abs(proportions).max()) == moves
    if not moves:
        assert np.allclose(proportions, np.divide(*layer.params["weight_hh_l0"][2 * H, 1:]), rtol=1e-5)


def test_each_slip_costs_the_reader_most_of_what_it_knew(names):
    """Bits a character: the network reads its lines, and after a slip loses most of that; 6.6 is guessing."""
    mean = {name: cost.mean() for name, cost in names["cost"].items()}
    assert list(mean)[1:] == SLIPS
    assert round(mean["as they are"], 1) == 1.2
    assert [round(of(mean[name] for name in SLIPS), 1) for of in (min, max)] == [4.2, 7.0]
    assert sum(mean[name] > np.log2(97) for name in SLIPS) == 1  # "the worst slip costs more than guessing"
    assert np.log2(97) == pytest.approx(6.6, abs=0.01)
    tinted = {name: (cost > 3).mean() for name, cost in names["cost"].items()}
    assert tinted["as they are"] < 0.15
    assert all(tinted[name] > 0.5 for name in SLIPS)


def test_the_reader_has_not_seen_its_lines(names):
    from artefacts import type_ahead

    folder = ROOT / "artefacts" / "type_ahead"
    assert type_ahead
    texts = [file.read_text("utf-8") for file in folder.rglob("*") if file.suffix in (".py", ".txt")]
    assert not [text for text in texts if "self.values[name.strip()] = value" in text]


def test_which_test_sees_which_slip(names):
    missed = {test: found[1:] for test, found in names["missed"].items()}
    assert all(found[0] == "as they are" for found in names["missed"].values())  # and none cries wolf
    assert missed == {
        "all weights 0.1, five steps": ["z before r"],
        "random weights, no biases": ["biases in one"],
        "random weights, no biases, one step": ["reset before", "biases in one"],
        "random weights and biases, five steps": [],
    }


@pytest.mark.parametrize("kind", [rnnkit.GRU, rnnkit.GRUResetBefore])
def test_the_kits_converter_makes_none_of_the_slips(kind):
    layer, xs = kind(4, 3, rng=0), np.random.default_rng(1).normal(size=(5, 1, 4))
    back = from_keras(to_keras(layer))
    assert type(back) is kind
    assert np.abs(back(xs).h - layer(xs).h).max() < 1e-14


def test_one_block_of_four_tells_its_biases_apart(names):
    *others, last = names["moves"].values()
    assert max(others) < 1e-12
    assert last > 0.1


@pytest.mark.parametrize("after", [True, False])
def test_the_way_back_is_autograds(after):
    """Both files that the page shows; the equations in Torch."""
    layer = (rnnkit.GRU if after else rnnkit.GRUResetBefore)(2, 3, rng=3)
    rng = np.random.default_rng(4)
    xs, d_h = rng.normal(size=(6, 1, 2)), rng.normal(size=(6, 1, 3))
    p = {name: torch.tensor(np.array(a), requires_grad=True) for name, a in layer.params.items()}
    h, total = torch.zeros(3, dtype=torch.float64), 0
    for x, d in zip(torch.tensor(xs[:, 0]), torch.tensor(d_h[:, 0]), strict=True):
        i_r, i_z, i_n = torch.chunk(p["weight_ih_l0"] @ x + p["bias_ih_l0"], 3)
        h_r, h_z, h_n = torch.chunk(p["weight_hh_l0"] @ h + p["bias_hh_l0"], 3)
        r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
        n = torch.tanh(i_n + (r * h_n if after else p["weight_hh_l0"][6:] @ (r * h) + p["bias_hh_l0"][6:]))
        h = z * h + (1 - z) * n
        total = total + h @ d
    total.backward()
    grads = layer.backward(layer(xs), d_h).params
    for name, a in p.items():
        assert np.allclose(grads[name], a.grad.numpy(), atol=1e-12), name


def test_the_four_ways_are_the_carry_and_the_steps_own_loss_comes_on_top():
    """Of one step, by Torch: what the cell hands back is the gradient at h_{t-1} of the later loss alone."""
    theirs, rng = torch.nn.GRUCell(2, 3, dtype=torch.float64), np.random.default_rng(7)
    x, h, own, later = (torch.tensor(rng.normal(size=n)) for n in (2, 3, 3, 3))
    h.requires_grad_()
    (own @ h + later @ theirs(x, h)).backward()
    p = {name: a.detach().numpy() for name, a in theirs.named_parameters()}
    state = (h.detach().numpy(),)
    _, trace = gru.step(p, p["weight_ih"] @ x.numpy() + p["bias_ih"], state)
    _, (carry,) = gru.step_backward(p, trace, state, (later.numpy(),))
    assert np.allclose(own.numpy() + carry, h.grad.numpy(), atol=1e-12)


def test_what_is_said_of_the_ways_back(names):
    kept, lost = (np.median(names["ways"][b], 0)[:, -1] for b in (3, 0))  # whole, along z; at lag 60
    assert 0.5 < kept[1] / kept[0] < 1.2  # "most of it has come along z"
    assert 0.03 < kept[0] < 0.2
    assert lost[1] < lost[0] / 100 < 1e-12
    assert all(np.allclose(seeds[:, :, 0], 1) for seeds in names["ways"].values())


def test_a_held_gru_is_the_leaky_network_and_the_simple_one(names):
    rng = np.random.default_rng(6)
    for z in (0.9, names["SHUT"]):
        layer = rnnkit.GRU(2, 4, rng=rng)
        names["hold"](layer, r=names["OPEN"], z=z)
        p, h = {name: np.array(a)[8:] for name, a in layer.params.items()}, np.zeros(4)
        xs = rng.normal(size=(20, 1, 2))
        for x, theirs in zip(xs[:, 0], layer(xs).h[:, 0], strict=True):
            a = p["weight_ih_l0"] @ x + p["bias_ih_l0"] + p["weight_hh_l0"] @ h + p["bias_hh_l0"]
            h = z * h + (1 - z) * np.tanh(a)
            assert np.allclose(h, theirs, atol=1e-10)


def test_what_each_gate_earns(names):
    recalls = {name: np.array(right) for name, right in names["recalls"].items()}
    simple, leaky, open_reset, shut_reset, gru = recalls.values()
    assert simple.min() > 0.97
    assert 0.75 < min(gru.min(), open_reset.min()) < max(gru.max(), open_reset.max()) < simple.min()
    assert open_reset.mean() > gru.mean() - 0.05  # "r = 1 does as well"
    assert max(leaky.max(), shut_reset.max()) < 0.7
    assert abs(shut_reset.mean() - leaky.mean()) < 0.08
    assert list(names["adds"].values()) == [False, False, True, True, True]
    assert all(len(found) == 3 for found in recalls.values())


def test_weights_and_products_are_as_one_to_three_to_four(names):
    assert names["products"] == [32_768, 98_304, 131_072]
    assert [w / names["weights"][0] for w in names["weights"]] == [1, 3, 4]


def test_times_stand_in_the_order_that_the_page_names(names):
    numpy, small, large, not_fused = (q[1] for q in names["times"].values())
    assert numpy < small  # bands would fail on a busy machine; what is compared was timed in alternation
    assert large < small
    assert not_fused < small  # "the lead of the small LSTM is gone"
    assert all(q[0] <= q[1] <= q[2] for q in names["times"].values())


def test_torchs_lstm_is_one_kernel_on_a_processor_and_its_gru_is_not():
    called = {}
    for kind in ("LSTM", "GRU"):
        layer = getattr(torch.nn, kind)(4, 3)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            layer(torch.ones(5, 2, 4))
        called[kind] = {event.key: event.count for event in profile.key_averages()}
    assert called["LSTM"]["aten::mkldnn_rnn_layer"] == 1  # "one fused call for all steps"
    assert not any("mkldnn" in name for name in called["GRU"])
    assert sum(count >= 5 for count in called["GRU"].values()) > 3  # "several at each step"


def test_the_counts_are_the_records(names):
    record = long_memory()
    counted = {}
    for run in record.runs:
        if run.task in names["NAMES"] and run.network in names["ROWS"]:
            row = counted.setdefault(run.task, {}).setdefault(run.T, dict.fromkeys(names["ROWS"], 0))
            row[run.network] += run.solved
    assert {task: dict(rows) for task, rows in names["solved"].items()} == counted


def test_what_is_said_of_the_counts(names):
    adding, recall, order = (names["solved"][name] for name in names["NAMES"])
    gated = ("LSTM", "LSTM, 3", "GRU", "GRU, 3")
    assert adding[40] == {"tanh": 0} | dict.fromkeys(gated, 10)
    assert all(set(adding[T].values()) == {10} for T in (5, 10, 20))
    assert min(row["tanh"] for row in recall.values()) >= 9
    assert not any(recall[T][name] for T in (8, 16) for name in gated)
    assert (recall[4]["GRU"], recall[4]["GRU, 3"]) == (9, 0)
    assert (order[80]["tanh"], order[80]["LSTM"], order[80]["GRU"]) == (0, 0, 6)
    assert min(order[80]["LSTM, 3"], order[80]["GRU, 3"]) >= 9
    for network in names["ROWS"]:  # "No row is full"
        assert min(row[network] for rows in (adding, recall, order) for row in rows.values()) < 10


def test_units_are_as_many_as_have_the_weights():
    from artefacts.long_memory.networks import NETWORKS

    units = {"LSTM": set(), "GRU": set()}
    for I in (2, 4, 8):  # of adding, recall and temporal order
        made = {name: one(I, 32, np.random.default_rng(0)) for name, one in NETWORKS.items()}
        sizes = {name: sum(a.size for a in layer.params.values()) for name, layer in made.items()}
        for name, seen in units.items():
            seen.add(made[name].hidden_size)
            assert sizes[name] == sizes[f"{name}, 3"] == pytest.approx(sizes["tanh"], rel=0.05)
    assert units == {"LSTM": {14, 15}, "GRU": {17, 18}}


def test_updates_are_fewer_for_the_gru_where_the_page_says_so(page):
    found = re.findall(r"^  (LSTM|GRU)(, bias 3)? +(\d+)$", page.printed, re.M)
    needed = {kind + bias: int(updates) for kind, bias, updates in found[:4]}
    assert needed["GRU"] < needed["LSTM"] / 2
    assert needed["GRU, bias 3"] < needed["LSTM, bias 3"]


RACE_LINKS = {
    "turn z round": "20, z turned",
    "ten letters": "10 letters",
    "twenty": "20 letters",
    "bias 3": "20, bias 3",
    "at thirty": "30, bias 3",
}


def test_each_link_to_the_race_is_one_whose_end_is_committed():
    """tests/explorers runs each of them and holds it to this file: updates to come home, 0 for never."""
    ends = json.loads((ROOT / "tests" / "explorers" / "cell_race.json").read_text("utf-8"))
    sets = {one["name"]: one["set"] for one in json.loads(engine(CellRace).eval("JSON.stringify(it.presets)"))}
    own = CellRace().traits_for_page()
    linked = {words: values for words, explorer, values in links(PAGE) if explorer == "cell-race"}
    assert set(linked) == set(RACE_LINKS)
    for words, values in linked.items():
        assert own | values == own | sets[RACE_LINKS[words]], words
    first = {words: ends[name]["home"] for words, name in RACE_LINKS.items()}
    simple, *gated = first["ten letters"]
    assert 0 < simple < min(gated)
    assert [bool(home) for home in first["twenty"]] == [False, False, True]
    assert all([bool(home) for home in first[words]] == [False, True, True] for words in ("bias 3", "at thirty"))
    assert [bool(home) for home in first["turn z round"]] == [False, True, False]


def test_the_simple_network_of_the_race_has_its_room_to_thank(monkeypatch):
    """Ten letters, five seeds: home within 100 updates with 25 units; within 420 once with 12, four times with 14."""
    assert {name: H for name, (_, H) in nets.UNITS.items()} == {"RNN": 25, "LSTM": 12, "GRU": 14}
    race, cell = CellRace(), nets.UNITS["RNN"][0]
    settings = {"rate": race.rate, "clip": race.clip, "updates": 420}
    home = {}
    for H in (25, 12, 14):
        monkeypatch.setattr(nets, "UNITS", {"RNN": (cell, H)})
        home[H] = [
            nets.train(nets.begin("recall", seed, race.bias, "keeps"), "recall", 10, seed, **settings)["RNN"]
            for seed in range(1, 6)
        ]
    assert all(0 < n < 100 for n in home[25])
    assert [sum(n == 0 for n in home[H]) for H in (12, 14)] == [4, 1]


def test_what_the_race_begins_with():
    """The gradient at the first of twenty letters, over that at the answer."""
    ((_, _, values),) = [link for link in links(PAGE) if link[0] == "bias 3"]
    simple, lstm, gated = 10 ** CellRace(**values).states[1, :3]
    assert simple == pytest.approx(1 / 30_000, rel=0.1)
    assert lstm > gated > 0.4


def test_turned_round_the_same_bias_lets_go():
    """The link's race: with z as PyTorch has it a bias of 3 keeps, turned round it writes nearly all at each step."""
    ((_, _, values),) = [link for link in links(PAGE) if link[0] == "turn z round"]
    assert (values["z"], values["bias"], len(values["word"])) == ("renews", 3, 20)
    assert sigmoid(values["bias"]) ** 20 > 0.3 > 1e-20 > (1 - sigmoid(values["bias"])) ** 20
