"""What chapters/gradients/memory.md says: its latch against high precision, its counts against the record."""

import math
import re
from itertools import pairwise

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT, said

from rnnkit.records import long_memory

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "gradients" / "memory.md"
NETWORKS = ("tanh", "orthogonal", "IRNN")
RECORD = long_memory().only(*NETWORKS)
LONGER = re.compile(r"^(.+), tanh, T = 40: (\d+) of 10 within ([\d,]+)$", re.M)


def test_memory_opens_with_a_guess_and_gives_nothing_away():
    first, _, second = jupytext.read(PAGE).cells[:3]
    opening = first.source.partition("# Long memory, tested")[2]
    assert "Guessed(" in second.source
    assert opening.count(".") + opening.count("?") <= 5
    assert not re.search(r"\$|vanish|gradient|fewer|longer|fail|hard", opening)


def test_memory_asks_for_what_the_record_has(page):
    """The bars of the opening are the solved runs of the record, counted here again."""
    counted = {}
    for run in RECORD.runs:
        if run.task == "adding":
            counted.setdefault(run.T, dict.fromkeys(NETWORKS, 0))[run.network] += run.solved
    assert page.names["adding"] == counted


def test_memory_holds_a_bit_of_which_no_gradient_comes_back(page):
    """By autograd, and in the logarithm, where nothing underflows."""
    h = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    states, at = [h], h
    for _ in range(1000):
        at = torch.tanh(2 * at)
        states.append(at)
    rows = re.findall(r"^ *(\d+) +(0\.\d+) +-(0\.\d+) +(\S+)$", page.printed, re.M)[:4]
    assert [int(t) for t, *_ in rows] == [1, 10, 100, 1000]
    for t, held, other, slope in rows:
        value = states[int(t)]
        (d,) = torch.autograd.grad(value, h, retain_graph=True)
        assert float(held) == pytest.approx(value.item(), abs=1e-6)
        assert held == other
        assert float(slope) == pytest.approx(d.item(), rel=0.05)
    assert float(rows[-1][-1]) == 0
    log_slope = sum(np.log(2 * (1 - s.item() ** 2)) for s in states[1:])
    assert log_slope < np.log(5e-324)  # "below the least number that a computer has"


def test_memory_runs_one_length_that_is_learned_and_one_that_is_not(page):
    right = page.names["right"]
    assert right[10][-1] == 1
    assert right[10][:6][-1] > 0.95  # "within 300 updates"
    assert abs(np.mean(right[40]) - 0.25) < 0.05


def test_memory_draws_each_task_as_it_is(page):
    """What is coloured decides: two marked numbers, the letter 8 before, X and Y, and the grammar's second letter."""
    names = page.names
    number, mark = names["add"].xs[:, 0].T
    assert number @ mark == pytest.approx(names["add"].targets[0, 0])
    assert len(names["recalled"]) == 16
    kept = [names["word"][k] for k in names["far"]]
    assert len(kept) == 2
    assert set(kept) <= {"X", "Y"}
    assert names["reber"][1] == names["reber"][-2]


def test_memory_says_where_counts_fall(page):
    """For tanh in one doubling, in two of the three tasks; in recall it does not fall, and the IRNN's falls at once."""
    assert said(page, "falls from nearly all to none in one doubling of the length, in adding and in temporal order")
    for name in ("adding", "temporal order"):
        counts = RECORD.solved(name)
        assert (counts[20]["tanh"] >= 9, counts[40]["tanh"]) == (True, 0)
    recall = RECORD.solved("delayed recall")
    assert min(row[name] for row in recall.values() for name in ("tanh", "orthogonal")) >= 8
    assert [row["IRNN"] for row in recall.values()] == [10, 0, 0, 0]


def test_memory_has_the_gradients_of_the_first_weights(page):
    """The three networks of the page are those of the artefact: their medians agree with its own first weights."""
    from artefacts.long_memory.networks import NETWORKS as MADE
    from rnnkit.data import Adding, TemporalOrder

    def measured(make, task, sizes):
        found = []
        for seed in range(20, 30):
            rng = np.random.default_rng(seed)
            layer = make(sizes, 32, rng)
            run = layer(task.sample(rng, 32).xs[:40])
            d_h = np.zeros_like(run.h)
            d_h[-1] = rng.normal(size=32)
            norms = np.linalg.norm(layer.backward(run, d_h).h["h_l0"], axis=(1, 2))
            found.append(norms[::-1] / norms[-1])
        return np.log10(np.median(found, 0)[[5, 15]])

    assert said(page, "On adding the curves are nearly the same")
    for name, seeds in page.names["lags"].items():
        assert seeds.shape == (10, 40)
        there = np.log10(np.median(seeds, 0)[[5, 15]])
        for task, sizes in (TemporalOrder(40), 8), (Adding(40), 2):
            assert np.abs(there - measured(MADE[name], task, sizes)).max() < 0.8, (name, task.name)
    ends = {name: np.median(seeds[:, -1]) for name, seeds in page.names["lags"].items()}
    assert ends["tanh"] < 1e-8
    assert 0.005 < ends["orthogonal"] < 0.1
    assert ends["IRNN"] > 0.5


def test_memory_says_what_was_counted(page):
    adding, recall, order = (RECORD.solved(name) for name in ("adding", "delayed recall", "temporal order"))
    assert said(page, "All thirty networks learn to add at $T = 20$.")
    assert sum(adding[20].values()) == 30
    assert said(page, "At twice the length, with as many updates, no tanh network does, and no orthogonal one.")
    assert adding[40]["tanh"] == adding[40]["orthogonal"] == 0 < adding[40]["IRNN"]
    assert said(page, "At $T = 40$ no tanh network finds the temporal order, and all the orthogonal ones do.")
    assert (order[40]["tanh"], order[40]["orthogonal"]) == (0, 10)
    assert said(page, "learns no recall beyond $T = 2$, where nearly all of the others still do at 16.")
    assert [recall[T]["IRNN"] for T in (2, 4, 8, 16)] == [10, 0, 0, 0]
    assert min(recall[16]["tanh"], recall[16]["orthogonal"]) >= 8
    assert said(page, "None of the first learned this task, 19 of the 20 others did.")
    assert order[40]["orthogonal"] + order[40]["IRNN"] == 19
    assert (order[80]["tanh"], order[80]["orthogonal"], order[80]["IRNN"]) == (0, 0, 2)  # the alternative text


def test_memory_says_how_little_ten_seeds_tell(page):
    """Six of ten, from a third and from five sixths: neither is far out, by the binomial distribution."""
    assert said(page, "With 6 of ten, the true share may well be a third, or five sixths.")
    assert RECORD.solved("adding")[40]["IRNN"] == 6
    chance = lambda p: [math.comb(10, k) * p**k * (1 - p) ** (10 - k) for k in range(11)]  # noqa: E731
    assert min(sum(chance(1 / 3)[6:]), sum(chance(5 / 6)[:7])) > 0.05


def test_memory_prints_the_counts_of_the_record(page):
    """The table, row by row, from the record."""
    table = page.printed.partition("  T       tanh orthogonal       IRNN\n")[2]
    rows = [[int(n) for n in re.findall(r"\d+", re.sub(r"\(\d+\)", "", line))] for line in table.splitlines()[:17]]
    expected = []
    for name in RECORD.settings["tasks"]:
        expected.append([])
        expected += [[T, *(row[network] for network in NETWORKS)] for T, row in RECORD.solved(name).items()]
    assert rows == expected


def test_memory_says_how_near_the_unsolved_runs_came(page):
    near = {
        n: int(k) for n, k in re.findall(r"^(\w+) +T = 40: \d+ not solved, (\d+) of them near$", page.printed, re.M)
    }
    for network, runs in RECORD.of("adding")[40].items():
        assert near[network] == sum(run.measure < 1 / 60 for run in runs if not run.solved)
    assert near["tanh"] > 0
    low, high = (float(v) for v in re.search(r"temporal order, tanh: right (\S+) to (\S+)", page.printed).groups())
    assert 0.2 < low < high < 0.3  # "where they began, guessing"


def test_memory_gives_two_zeros_more_time(page):
    """What the prose says of the longer runs, counted from the record."""
    solved = {n: (int(k), int(u.replace(",", ""))) for n, k, u in LONGER.findall(page.printed)}
    for task in ("adding", "temporal order"):
        again = [run for run in RECORD.longer if run.task == task]
        limit = RECORD.settings["again"]["times"] * RECORD.settings["tasks"][task]["updates"]
        assert solved[task] == (sum(run.solved for run in again), limit)
        assert len(again) == 10
        assert {run.network for run in again} == {"tanh"}
    assert said(page, "Adding wanted patience: eight of the ten get there. In temporal order nine of ten still guess.")
    assert said(page, "eight of ten tanh networks learned to add at $T = 40$ after all")
    assert (solved["adding"][0], solved["temporal order"][0]) == (8, 0)
    assert "temporal order, tanh: 9 of 10 still below 0.3\n" in page.printed
    assert sum(run.measure < 0.3 for run in again) == 9


def test_memory_says_that_twice_the_length_needs_twice_the_updates(page):
    medians = [np.median([run.updates for run in RECORD.of("adding")[T]["tanh"]]) for T in (5, 10, 20)]
    assert said(page, "with twice the length, a tanh network needs about twice the updates to learn to add")
    assert all(1.6 < after / before < 2.4 for before, after in pairwise(medians))
    assert 2 * medians[-1] > 5000


def test_memory_says_how_far_back_the_letters_stand(page):
    """Temporal order at T = 40: of any sequence, both are 15 steps or more before the last."""
    from rnnkit.data import TemporalOrder

    batch = TemporalOrder(40).sample(0, 5000)
    relevant = batch.xs[..., 6:].any(-1)
    last = batch.mask.sum(0) - 1
    second = len(relevant) - 1 - relevant[::-1].argmax(0)
    assert (relevant.sum(0) == 2).all()
    assert (last - second).min() == 15
    assert (last - relevant.argmax(0)).min() == 31
    left = {name: np.median(seeds[:, 15]) for name, seeds in page.names["lags"].items()}
    assert 1e-4 < left["tanh"] < 2e-4  # "about a ten-thousandth"
    assert left["orthogonal"] == pytest.approx(0.2, abs=0.05)  # "a fifth"
    assert left["IRNN"] > 0.5  # "most of it"


def test_memory_compares_with_elmans_networks(page):
    words = {
        n: int(w.replace(",", ""))
        for n, w in re.findall(r"^(\w+) +solved by 10 of 10, after ([\d,]+) words$", page.printed, re.M)
    }
    assert words.keys() == set(NETWORKS)
    assert max(words.values()) < 200_000
