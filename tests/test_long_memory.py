"""The runs of the page on long memory: that the record is the script's, that a run lands in its band, what is kept."""

import dataclasses
import json

import numpy as np
import pytest

from artefacts.long_memory import __main__ as make
from artefacts.long_memory import record
from artefacts.long_memory.entries import AGAIN, ENTRIES, TIMES, Recipe
from artefacts.long_memory.networks import NETWORKS
from artefacts.long_memory.train import train
from rnnkit import GRU
from rnnkit.records import LONG_MEMORY, Run, long_memory

RECIPE, KNOWN = Recipe(), long_memory()


def test_the_record_is_of_the_settings_of_the_script():
    assert record.settings() == KNOWN.settings
    assert record.fingerprint(record.settings()) == KNOWN.about["settings_sha256"]
    assert LONG_MEMORY.stat().st_size < 1e6


def test_every_network_ran_on_every_task_with_every_seed():
    wanted = {
        (network, name, T, seed, KNOWN.rates[network][name])
        for network in NETWORKS
        for name, entry in ENTRIES.items()
        for T in entry.lengths
        for seed in RECIPE.seeds
    }
    assert len(KNOWN.runs) == len(wanted)
    assert {run[:5] for run in KNOWN.runs} == wanted
    assert len(RECIPE.seeds) == 10
    assert not set(RECIPE.seeds) & set(RECIPE.trial_seeds)
    assert KNOWN.about["cpu_seconds"] == round(
        sum(run.cpu_seconds for run in (*KNOWN.runs, *KNOWN.trials, *KNOWN.longer))
    )


def test_solved_is_what_the_tasks_criterion_says():
    for run in (*KNOWN.runs, *KNOWN.trials):
        entry = ENTRIES[run.task]
        assert entry.made(run.T).solved(run.measure) or not run.solved, run
        assert run.updates <= entry.updates
        assert run.solved or run.updates == entry.updates, "a run that diverged: say so on the page"


def test_learning_rates_are_chosen_by_the_rule():
    for network, by_task in KNOWN.rates.items():
        for name, rate in by_task.items():
            trials = [run for run in KNOWN.trials if (run.network, run.task) == (network, name)]
            assert {(run.rate, run.seed) for run in trials} == {
                (r, s) for r in RECIPE.rates for s in RECIPE.trial_seeds
            }
            assert record.chosen(trials) == rate


def test_of_equal_learning_rates_the_smallest_is_chosen():
    def trial(rate, solved, updates):
        return Run("tanh", "adding", 40, 101, rate, solved, updates, 0.1, 1.0)

    assert record.chosen([trial(0.01, False, 5000), trial(0.003, False, 5000)]) == 0.003
    assert record.chosen([trial(0.003, False, 5000), trial(0.01, True, 4000)]) == 0.01


def test_longer_runs_are_the_same_ones_with_more_updates():
    wanted = {(*one, seed, KNOWN.rates[one[0]][one[1]]) for one in AGAIN for seed in RECIPE.seeds}
    assert {run[:5] for run in KNOWN.longer} == wanted
    before = {run[:5]: run for run in KNOWN.runs}
    for run in KNOWN.longer:
        short = before[run[:5]]
        assert run.solved or run.updates == TIMES * ENTRIES[run.task].updates
        assert run[:-1] == short[:-1] if short.solved else run.updates > short.updates


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_trained_anew_lands_in_its_band(network):
    """The same seed; another processor's rounding parts two runs in the end, so the band is that of the ten seeds."""
    T = min(ENTRIES["temporal order"].lengths)
    known = [run for run in KNOWN.runs if (run.network, run.task, run.T) == (network, "temporal order", T)]
    run = train(*known[0][:5], RECIPE)
    updates = [one.updates for one in known]
    assert run.solved
    assert min(updates) / 2 <= run.updates <= 2 * max(updates)


# What is kept when the script changes.


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A recall of one letter, two seeds, and one network: seconds."""
    for name in list(ENTRIES):
        if name != "delayed recall":
            monkeypatch.delitem(ENTRIES, name)
    entry = dataclasses.replace(ENTRIES["delayed recall"], lengths=(1,), trial=1, updates=100, test=50)
    monkeypatch.setitem(ENTRIES, "delayed recall", entry)
    for name in list(NETWORKS):
        if name != "tanh":
            monkeypatch.delitem(NETWORKS, name)
    recipe = Recipe(units=8, rates=(0.01,), trial_seeds=(101,), seeds=(0, 1))
    monkeypatch.setattr(make, "AGAIN", (("tanh", "delayed recall", 1),))
    for module in (make, record):
        monkeypatch.setattr(module, "Recipe", lambda: recipe)
    return record.Record(tmp_path / "record.json")


def test_a_run_is_written_as_it_ends_and_not_run_again(small, monkeypatch):
    make.everything(small)
    known = long_memory(small.file)
    assert [run.seed for run in known.runs] == [0, 1]
    monkeypatch.setattr(make, "train", None)  # a call would fail
    again = record.Record(small.file)
    make.everything(again)
    assert long_memory(small.file) == known


def test_one_more_network_is_one_more_entry(small, monkeypatch):
    make.everything(small)
    before = long_memory(small.file)
    monkeypatch.setitem(NETWORKS, "GRU", lambda I, H, rng: GRU(I, H, dtype=np.float32, rng=rng))
    seen = []
    monkeypatch.setattr(make, "train", lambda *given: seen.append(given[0]) or train(*given))
    make.everything(record.Record(small.file))
    after = long_memory(small.file)
    assert set(seen) == {"GRU"}
    assert [run for run in after.runs if run.network == "tanh"] == before.runs
    assert {run.network for run in after.runs} == {"tanh", "GRU"}
    assert after.of("delayed recall")[1].keys() == {"tanh", "GRU"}


@pytest.mark.parametrize(("changed", "kept"), [({"updates": 50}, 0), ({"lengths": (1, 2)}, 2), ({"test": 60}, 0)])
def test_a_changed_setting_forgets_what_depended_on_it(small, monkeypatch, changed, kept):
    make.everything(small)
    monkeypatch.setitem(ENTRIES, "delayed recall", dataclasses.replace(ENTRIES["delayed recall"], **changed))
    assert len(record.Record(small.file).runs) == kept


def test_the_record_has_a_line_for_each_run(small):
    make.everything(small)
    text = small.file.read_text("utf-8")
    content = json.loads(text)
    assert content["columns"] == list(Run._fields)
    assert [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith('["tanh"')] == [
        *content["trials"],
        *content["runs"],
        *content["longer"],
    ]


def test_first_weights_are_what_they_are_said_to_be():
    made = {name: dict(one(2, 32, np.random.default_rng(0)).params) for name, one in NETWORKS.items()}
    bound = 32**-0.5
    assert all(np.abs(a).max() <= bound for a in made["tanh"].values())
    W = made["orthogonal"].pop("weight_hh_l0")
    assert np.allclose(W @ W.T, np.eye(32), atol=1e-5)
    assert all(np.array_equal(a, made["tanh"][name]) for name, a in made["orthogonal"].items())
    assert np.array_equal(made["IRNN"]["weight_hh_l0"], np.eye(32))
    assert 0 < np.abs(made["IRNN"]["weight_ih_l0"]).max() < 0.01
    assert not any(made["IRNN"][f"bias_{part}_l0"].any() for part in ("ih", "hh"))


@pytest.mark.parametrize(("network", "gate"), [("LSTM", "f"), ("GRU", "z")])
def test_gated_networks_have_as_many_weights_and_one_bias_of_three(network, gate):
    for I in (2, 4, 7, 8):
        tanh, plain, biased = (
            NETWORKS[name](I, 32, np.random.default_rng(0)) for name in ("tanh", network, f"{network}, 3")
        )
        H, many = plain.hidden_size, [sum(a.size for a in layer.params.values()) for layer in (tanh, plain, biased)]
        assert many[1] == many[2] == pytest.approx(many[0], rel=0.05)
        assert all(np.abs(a).max() <= H**-0.5 for a in plain.params.values())
        rows = slice(plain.cell.GATES.index(gate) * H, (plain.cell.GATES.index(gate) + 1) * H)
        assert np.allclose(biased.params["bias_ih_l0"][rows] + biased.params["bias_hh_l0"][rows], 3)
        others = np.delete(np.arange(len(plain.params["bias_ih_l0"])), rows)
        assert all(np.array_equal(biased.params[k][others], a[others]) for k, a in plain.params.items())
