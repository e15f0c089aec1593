"""The runs of the page on building with cells: that the record is the script's, a run's band, the networks' parts."""

import numpy as np
import pytest
import torch

from artefacts.building import __main__ as make
from artefacts.building import record
from artefacts.building.entries import AGAIN, COMPARISONS, RECIPE, Comparison
from artefacts.building.layers import PLACES, DroppedLSTM, DroppingCell, Levels, ResidualLSTM
from artefacts.building.networks import CELLS, DEPTHS, LEVELS, UNITS, weights
from artefacts.building.train import train
from artefacts.long_memory.entries import Entry, recall
from artefacts.long_memory.train import measured, step
from rnnkit import LSTM, Last, Linear, Sequential, gradcheck
from rnnkit.data import Adding
from rnnkit.records import BUILDING, building, long_memory
from rnnkit.training import Adam

KNOWN = building()


def test_the_record_is_of_the_settings_of_the_script():
    assert record.settings() == KNOWN.settings
    assert record.fingerprint(record.settings()) == KNOWN.about["settings_sha256"]
    assert BUILDING.stat().st_size < 1e6


def test_every_network_of_a_comparison_ran_on_its_tasks_with_every_seed():
    wanted, trials = set(), set()
    for one in COMPARISONS.values():
        for network in one.networks:
            for name, entry in one.tasks.items():
                rate = KNOWN.rates[network][name]
                wanted |= {(network, name, T, seed, rate) for T in entry.lengths for seed in RECIPE.seeds}
                trials |= {(network, name, entry.trial, s, r) for s in RECIPE.trial_seeds for r in RECIPE.rates}
    assert {run[:5] for run in KNOWN.runs} == wanted
    assert {run[:5] for run in KNOWN.trials} == trials
    assert (len(KNOWN.runs), len(KNOWN.trials)) == (len(wanted), len(trials))
    assert len(RECIPE.seeds) == 5
    assert not set(RECIPE.seeds) & set(RECIPE.trial_seeds)
    ran = (*KNOWN.runs, *KNOWN.trials, *KNOWN.longer)
    assert KNOWN.about["cpu_seconds"] == round(sum(run.cpu_seconds for run in ran))


def test_some_ran_again_at_the_other_rate():
    wanted = {(name, "adding", 20, seed, rate) for name, rate in AGAIN for seed in RECIPE.seeds}
    assert {run[:5] for run in KNOWN.longer} == wanted
    assert len(KNOWN.longer) == len(wanted)
    assert all(KNOWN.rates[name]["adding"] != rate for name, rate in AGAIN)
    for run in KNOWN.longer:
        assert run.solved or run.updates == COMPARISONS["dropout"].tasks["adding"].updates


def test_solved_is_what_the_tasks_criterion_says():
    for run in (*KNOWN.runs, *KNOWN.trials):
        entry = COMPARISONS[KNOWN.settings["networks"][run.network]].tasks[run.task]
        assert entry.made(run.T).solved(run.measure) or not run.solved, run
        assert run.solved or run.updates == entry.updates, "a run that diverged: say so on the page"


def test_rates_are_chosen_by_the_rule_and_of_equal_ones_the_smallest():
    for network, by_task in KNOWN.rates.items():
        for name, rate in by_task.items():
            trials = [run for run in KNOWN.trials if (run.network, run.task) == (network, name)]
            assert record.chosen(trials) == rate
            needed = {r: sum(run.updates for run in trials if run.rate == r) for r in RECIPE.rates}
            assert needed[rate] == min(needed.values())
    spent = [run for run in KNOWN.trials if not run.solved][:1]
    assert record.chosen([spent[0]._replace(rate=0.01), spent[0]._replace(rate=0.003)]) == 0.003


@pytest.mark.slow
@pytest.mark.parametrize(
    ("comparison", "network", "name", "T"),
    [
        ("levels", "tanh, two levels", "adding", 9),
        ("dropout", "h, one mask", "adding", 20),
        ("cells", "LSTM", "parity", 16),
    ],
)
def test_a_run_trained_anew_lands_in_its_band(comparison, network, name, T):
    """The same seed; another processor's rounding parts two runs in the end, so the band is that of the five seeds."""
    known = KNOWN.only(network).of(name)[T][network]
    run = train(comparison, *known[0][:5])
    updates = [one.updates for one in known]
    assert run.solved
    assert min(updates) / 2 <= run.updates <= 2 * max(updates)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A recall of one letter by the shallowest network: a second."""
    entry = Entry(recall, (1,), trial=1, updates=50, test=50)
    one = Comparison({"1 layer": DEPTHS["1 layer"]}, {"delayed recall": entry})
    for name in list(COMPARISONS):
        monkeypatch.delitem(COMPARISONS, name)
    monkeypatch.setitem(COMPARISONS, "depth", one)
    return record.Record(tmp_path / "record.json")


def test_a_run_is_written_as_it_ends_and_not_run_again(small, monkeypatch):
    make.everything(small)
    known = building(small.file)
    assert [run.seed for run in known.runs] == list(RECIPE.seeds)
    monkeypatch.setattr(make, "train", None)  # a call would fail
    make.everything(record.Record(small.file))
    assert building(small.file) == known
    monkeypatch.setitem(COMPARISONS["depth"].tasks, "delayed recall", Entry(recall, (1,), 1, updates=60, test=50))
    assert not record.Record(small.file).runs


# The parts that the networks are built of.


def derivatives_agree(model, task, rng=None):
    """The gradient of a sum of squares, beside a nudge along a random direction."""
    batch = task.sample(0, 3)

    def loss():
        return (model(batch.xs, None, None, rng and np.random.default_rng(rng)).h ** 2).sum()

    run = model(batch.xs, None, None, rng and np.random.default_rng(rng))
    grads, draw = model.backward(run, 2 * run.h).params, np.random.default_rng(1)
    before = {name: np.array(a) for name, a in model.params.items()}
    along = {name: draw.normal(size=a.shape) for name, a in before.items()}
    ends = []
    for eps in (1e-5, -1e-5):
        for name, a in before.items():
            model.params[name] = a + eps * along[name]
        ends.append(loss())
    expected = sum((grads[name] * along[name]).sum() for name in before)
    return (ends[0] - ends[1]) / 2e-5 == pytest.approx(expected, rel=1e-6)


def test_a_residual_stack_and_levels_go_back_as_they_came():
    task, rng = Adding(6), np.random.default_rng(0)
    stack = Sequential(LSTM(2, 4, rng=rng), ResidualLSTM(4, 4, rng=rng), Last(), Linear(4, 1, rng=rng))
    assert derivatives_agree(stack, task)
    lower = Sequential(LSTM(2, 4, rng=rng), Last())
    levels = Levels(3, lower, Sequential(LSTM(4, 4, rng=rng), Last(), Linear(4, 1, rng=rng)))
    assert derivatives_agree(levels, task)


def test_a_residual_layer_adds_what_it_reads():
    plain, past = LSTM(4, 4, rng=3), ResidualLSTM(4, 4, rng=3)
    xs = np.random.default_rng(0).normal(size=(5, 2, 4))
    assert np.allclose(past(xs).h, xs + plain(xs).h)


def test_levels_read_each_word_by_itself():
    """A letter of word 1 moves the vector of word 1 of its own sequence, and no other's."""
    rng = np.random.default_rng(0)
    levels = Levels(3, Sequential(LSTM(2, 4, rng=rng), Last()), Sequential(LSTM(4, 4, rng=rng), Last()))
    xs = rng.normal(size=(12, 5, 2))
    other = xs.copy()
    other[4, 2] += 1  # step 4 is a letter of word 1, of four
    moved = np.abs(levels(other).lower.h - levels(xs).lower.h).max(1).reshape(4, 5) > 0
    assert moved.sum() == 1
    assert moved[1, 2]
    word = Sequential(*levels.lower.layers)(xs[3:6, 2:3])
    assert np.allclose(word.h, levels(xs).lower.h.reshape(4, 5, 4)[1, 2])


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("place", PLACES)
def test_the_dropping_cell_goes_back_as_it_came(place, anew):
    layer = DroppedLSTM(2, 4, place, 0.3, anew, rng=0)
    model = Sequential(layer, Last(), Linear(4, 1, rng=1))
    assert derivatives_agree(model, Adding(6), rng=7)
    assert gradcheck(DroppingCell(place, 0.3, anew)) < 1e-6  # without a generator


@pytest.mark.parametrize(("place", "same"), [("h", True), ("g", True), ("c", True), ("zoneout", False)])
def test_without_a_generator_nothing_is_dropped(place, same):
    """But for zoneout, which then mixes: a quarter of the old c stays."""
    plain, dropping = LSTM(2, 4, rng=0), DroppedLSTM(2, 4, place, 0.25, anew=True, rng=0)
    xs = np.random.default_rng(0).normal(size=(6, 3, 2))
    assert np.allclose(plain(xs).h, dropping(xs).h) == same
    if not same:
        c = [layer(xs[:1]).state[1] for layer in (plain, dropping)]
        assert np.allclose(c[1], 0.75 * c[0])


@pytest.mark.parametrize("anew", [True, False])
def test_a_mask_is_drawn_at_each_step_or_once(anew):
    layer = DroppedLSTM(1, 200, "h", 0.25, anew, rng=0)
    trace = layer(np.ones((8, 1, 1)), rng=np.random.default_rng(0)).records[0].directions[0].trace
    assert (trace.keep_h == trace.keep_h[0]).all() != anew
    assert trace.keep_h.mean() == pytest.approx(1, abs=0.1)
    assert set(np.unique(trace.keep_h)) == {0, 1 / 0.75}


def test_the_dropping_cells_step_is_torchs_with_its_factors():
    """One step of every place, with masks of its own, by autograd's own arithmetic."""
    rng, H = np.random.default_rng(2), 3
    layer = LSTM(2, H, rng=rng)
    p = {name.removesuffix("_l0"): np.array(a) for name, a in layer.params.items()}
    x, h, c = (torch.tensor(rng.normal(size=(1, n))) for n in (2, H, H))
    for place in PLACES:
        cell = DroppingCell(place, 0.5, anew=True)
        cell.begin(np.random.default_rng(1))
        m = torch.tensor((np.random.default_rng(1).random((1, H)) >= 0.5).astype(float))
        W = {name: torch.tensor(a) for name, a in p.items()}
        heard = h * m / 0.5 if place == "h" else h
        a = x @ W["weight_ih"].T + W["bias_ih"] + heard @ W["weight_hh"].T + W["bias_hh"]
        i, f, g, o = torch.chunk(a, 4, 1)
        g = torch.tanh(g) * (m / 0.5 if place == "g" else 1)
        new = torch.sigmoid(f) * c + torch.sigmoid(i) * g
        new = {"c": new * m / 0.5, "zoneout": torch.where(m > 0, new, c)}.get(place, new)
        a_x = (x @ W["weight_ih"].T + W["bias_ih"] + W["bias_hh"]).numpy()
        (found_h, found_c), _ = cell.step(p, a_x, (h.numpy(), c.numpy()))
        assert np.allclose(found_c, new.numpy()), place
        assert np.allclose(found_h, (torch.sigmoid(o) * torch.tanh(new)).numpy()), place


def recurrent_weights(model):
    return sum(a.size for name, a in model.params.items() if "_l0" in name)


@pytest.mark.parametrize(("networks", "task"), [(DEPTHS, recall(4)), (LEVELS, Adding(16)), (CELLS, recall(4))])
def test_what_is_compared_has_as_many_weights(networks, task):
    sizes = [recurrent_weights(made(task, np.random.default_rng(0))) for made in networks.values()]
    assert len(sizes) > 1
    assert max(sizes) / min(sizes) < 1.11  # the nearest whole number of units
    assert weights(4, UNITS, 4) == recurrent_weights(DEPTHS["1 layer"](recall(4), np.random.default_rng(0)))


def test_the_cells_are_those_of_long_memory():
    assert set(CELLS) < set(long_memory().settings["networks"])


def test_dropout_is_drawn_in_training_and_not_in_the_test():
    task, rng = Adding(6), np.random.default_rng(0)
    model = COMPARISONS["dropout"].networks["c, anew"](task, rng)
    batch = task.sample(0, 50)
    assert measured(model, task, batch) == measured(model, task, batch)
    outputs = [model(batch.xs, None, None, np.random.default_rng(s)).h for s in (0, 1)]
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3
    before = {name: np.array(a) for name, a in model.params.items()}
    from rnnkit import squared_error

    step(model, Adam(0.01), squared_error, batch, 1.0, rng)
    assert any((a != before[name]).any() for name, a in model.params.items())
