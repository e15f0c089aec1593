"""What the page of a training run claims, held against what its cells print."""

import re
from itertools import pairwise

import numpy as np
import pytest
from book_pages import ROOT, executed

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "training.md"


@pytest.fixture(scope="module")
def printed():
    return executed(PAGE).printed


def numbers(printed, label):
    """The numbers of the first line that begins with label."""
    line = next(line for line in printed.splitlines() if line.strip().startswith(label))
    return [float(v) for v in re.findall(r"-?\d[\d.]*(?:e[+-]\d+)?|nan", line.strip()[len(label) :])]


def ladder(printed):
    """What each rung of the found program says, in the line below its name."""
    lines = printed.splitlines()
    return {int(a.split()[0]): b.strip() for a, b in pairwise(lines) if re.match(r"[0-7] \D", a)}


def test_each_fault_has_its_line_and_its_rung():
    """Nine faults, numbered as the rungs that mend them; the lines without one are right."""
    names = executed(PAGE).names
    told = {k for says in names["FAULTS"].values() for k in map(int, re.findall(r"(?<!\w)(\d)(?=[.:])", says))}
    assert told == set(range(1, 10))
    rungs = dict(enumerate(names["REPAIRS"]))
    assert (rungs[1], rungs[6]) == ("a bracket", "a sign")
    assert list(names["MORE"])[:2] == ["8 a memory", "9 small start"]
    lines = [line for line in names["PROGRAM"].splitlines() if line]
    mended = [line for line in names["program"].splitlines() if line]
    changed = {line for line, after in zip(lines, mended, strict=True) if line != after}
    faulty = {line for line in lines if any(f" {code}" in f" {line}" for code in names["FAULTS"])}
    assert changed < faulty
    assert len(faulty - changed) == 3  # the function that was not there, and the start, twice
    assert len(faulty) == len(names["FAULTS"])


def test_it_opens_with_something_to_do():
    """Before any formula: a line of a program is pressed, and says whether it is wrong."""
    head = PAGE.read_text("utf-8").partition("Opened(rows")[0].partition("# A training run")[2]
    prose = re.sub(r"```.*?(```|\Z)", "", head, flags=re.S)
    assert len(prose.split()) < 80
    assert "$" not in prose
    assert "Press a line" in prose


def test_python_refuses_the_program_four_times(printed):
    says = ladder(printed)
    assert list(says) == list(range(8))
    errors = ["SyntaxError", "NameError", "ValueError", "ValueError"]
    assert [says[rung].split(":")[0] for rung in range(4)] == errors


def test_the_wrong_sign_climbs_and_the_mean_only_slows_it(printed):
    says = ladder(printed)
    sums, means, sign, right = ([float(v) for v in says[k].replace("...", "").split()] for k in (4, 5, 6, 7))
    assert sums[0] < means[1] < sums[1]
    assert not np.isfinite([sums[-1], means[-1]]).any()
    assert sign[-1] < sign[0] / 100
    assert 0.0195 < right[-1] < 0.022  # near the floor, however long it trains


def test_the_floor_is_that_of_the_best_answer_without_memory():
    """By counting: waves at many phases, and the mean of the next values that share a value."""
    phase = np.linspace(0, 2 * np.pi, 2_000_001)
    x, after = np.sin(phase), np.sin(phase + 0.2)
    _, bins = np.unique(np.floor(x * 2000), return_inverse=True)
    best = np.bincount(bins, after) / np.bincount(bins)
    assert np.mean((after - best[bins]) ** 2) == pytest.approx(np.sin(0.2) ** 2 / 2, rel=1e-3)


def test_a_memory_helps_only_from_a_small_start_and_then_by_two_orders(printed):
    floor = numbers(printed, "on new waves, three seeds (floor without memory")[0]
    assert floor == pytest.approx(np.sin(0.2) ** 2 / 2, abs=1e-6)
    assert min(numbers(printed, "8 a memory")) > 3 * floor
    seventh, eighth = (executed(PAGE).names["ladder"][rung] for rung in (7, 8))
    assert seventh[0][99] < min(losses[-1] for losses in eighth)
    assert max(numbers(printed, "9 small start")) < floor / 3
    assert max(numbers(printed, "10 Adam")) < floor / 100
    assert numbers(printed, "the floor over the worst of rung 10:")[0] > 100


def test_an_untrained_network_knows_nothing(printed):
    for kind, cost in {"a number": 1, "yes or no": np.log(2), "one of 50": np.log(50)}.items():
        untrained, nothing = numbers(printed, f"{kind}: untrained")
        assert nothing == pytest.approx(cost, abs=0.005)
        assert untrained == pytest.approx(cost, rel=0.15)


def test_one_batch_shows_that_the_memory_is_cut(printed):
    assert max(numbers(printed, "in order")) < 0.01 < 0.1 < min(numbers(printed, "memory cut"))


def test_what_arrives_at_the_first_step_depends_on_the_start(printed):
    assert min(numbers(printed, "N(0, 1) ")) > 1e14
    assert max(numbers(printed, "PyTorch ")) < 1e-12
    for name in ("N(0, 1/H) ", "orthogonal "):
        lengths = numbers(printed, name)
        assert min(lengths) > 1e-3
        assert max(lengths) < 1


def test_optimisers_are_torchs(printed):
    for name in ("momentum", "rmsprop", "adam"):
        assert numbers(printed, f"{name:8} against PyTorch, 100 updates:")[0] < 1e-12


def test_the_best_way_of_stepping_turns_with_the_rate():
    names = executed(PAGE).names
    kinds, runs = zip(*names["by_rate"].items(), strict=True)
    middles = np.median(runs, axis=1)
    best = [kinds[k] for k in middles.argmin(0)]
    assert best == ["RMSProp", "Adam", "Adam", "momentum", "momentum"]
    at = names["RATES"].index(0.01)
    adam, rmsprop = (names["by_rate"][kind][:, at] for kind in ("Adam", "RMSProp"))
    assert np.median(rmsprop) - np.median(adam) < np.ptp(rmsprop)  # a thin lead


def test_of_sgds_runs_none_diverges(printed):
    by_rate = executed(PAGE).names["by_rate"]
    assert [kind for kind, runs in by_rate.items() if (runs[:, -1] == 1e3).any()] == ["momentum", "RMSProp"]
    assert [int((by_rate[kind] == 1e3).sum()) for kind in ("momentum", "RMSProp")] == [1, 1]
    assert numbers(printed, "runs that diverged: {'SGD':")[0] == 0


def test_clipping_decides_and_leaves_what_is_tiny(printed):
    assert numbers(printed, "cosine with the gradient, by value:")[0] == pytest.approx(4 / np.sqrt(20), abs=5e-4)
    assert numbers(printed, "a gradient of 3e-9, clipped to 1:")[0] == 3e-9
    assert min(numbers(printed, "limit None:")) > 2 * np.log(2)
    assert max(numbers(printed, "limit 0.3:")) < 0.05


def test_decay_lowers_the_floor_and_starts_no_faster(printed):
    mean = {
        (name, at): float(found)
        for name, at, found in re.findall(r"^(0\.\S+(?: decaying)?) +(at 30|at 150|end) +([\d.]+) ±", printed, re.M)
    }
    large, small, decaying = "0.03", "0.003", "0.03, decaying"
    assert mean[decaying, "at 30"] == pytest.approx(mean[large, "at 30"], abs=0.004)
    assert mean[small, "at 30"] > mean[large, "at 30"] + 0.01
    assert mean[small, "at 150"] < min(mean[large, "at 150"], mean[decaying, "at 150"]) + 0.003
    assert mean[decaying, "end"] < mean[small, "end"] + 0.001
    assert mean[decaying, "end"] < mean[large, "end"] - 0.005


def test_a_shuffle_explains_what_nobody_can_know(printed):
    assert min(numbers(printed, "shuffled")) > 0.5
    assert max(numbers(printed, "by time")) < 0.1


def test_choosing_flatters(printed):
    chosen, later = numbers(printed, "where it was chosen")
    assert chosen > 0.6
    assert later == pytest.approx(0.5, abs=0.015)


def test_the_validation_loss_turns(printed):
    rows = re.findall(r"best at epoch (\d+): ([\d.]+); at 200: ([\d.]+), training ([\d.]+)", printed)
    assert len(rows) == 3
    for epoch, best, last, training in np.array(rows, dtype=float):
        assert epoch < 120
        assert best < 0.85 * last
        assert training < 0.0593 < best  # the optimum of the noisy wave


def test_dice_thrown_at_each_step_erase_the_memory(printed):
    anew, *_, expected = numbers(printed, "anew at each step:")
    assert expected == 0.0115
    assert anew == pytest.approx(0.8**20, abs=0.003)
    assert numbers(printed, "once a sequence:")[0] == pytest.approx(0.8, abs=0.01)


def test_padding_moves_the_state_and_flatters_the_loss(printed):
    assert numbers(printed, "without a mask: 97 pads move the last state by")[0] > 0.1
    assert numbers(printed, "with a mask: 97 pads move the last state by")[0] == 0
    counted, only = re.search(r"all counted ([\d.]+), data only ([\d.]+)", printed).groups()
    assert float(counted) == pytest.approx(float(only) / 2, abs=0.001)


def test_measures_lie_as_the_page_says(printed):
    assert "accuracy 0.98, F1 0.00" in printed
    assert [numbers(printed, f"'F1' of {name} and recall:")[0] for name in ("accuracy", "precision")] == [0.66, 0.4]
    assert numbers(printed, "explained variance")[0] > 0.95
    whole, each = re.search(r"of the mean loss ([\d.]+), mean of the batches' ([\d.]+)", printed).groups()
    assert float(whole) == pytest.approx(np.exp(1.3), abs=0.05)
    assert float(each) == pytest.approx((np.e + np.exp(4)) / 2, abs=0.05)


def test_one_method_beats_itself_in_about_half_of_the_pairs(printed):
    assert 35 <= numbers(printed, "pairs of which one beats the other by 20 %:")[0] <= 70


def test_each_of_the_five_curves_has_its_shape():
    """From the arrays that the figure draws."""
    names = executed(PAGE).names
    slow, wild, late, thrown = (names[name] for name in ("slow", "wild", "late", "thrown"))
    assert (late[:, 0] > 0.5).all()
    assert (late.min(1) < 1e-2).all()
    assert ((late > 0.5).sum(1) > 2).all()  # flat at first
    assert (wild[:, -10:].mean(1) > 2 * 0.0953).all()  # worse than without memory, and it has been long
    assert (thrown[:, -10:].mean(1) > 2 * thrown[:, 0]).all()
    assert (slow[:, -5:].mean(1) < 0.9 * slow[:, :5].mean(1)).all()
    assert (slow[:, -5:].mean(1) > 0.15).all()


def test_the_cards_are_what_fit_kept():
    """Read back from TensorBoard's file, in float32."""
    names = executed(PAGE).names
    history, cards = names["histories"][0], names["cards"]
    for name in ("loss", "validation_loss", "grad_norm", "lr"):
        assert np.allclose(cards[name][:, 0], np.arange(1, 201))
        assert np.allclose(cards[name][:, 1], getattr(history, name), rtol=1e-6)


def test_arguments_named_in_the_prose_are_those_of_the_cells():
    source = PAGE.read_text("utf-8")
    for words in ("range(2000)", "n=20_000", "by_update(seed, 2e-4)", "by_update(seed, 0.5)", "limit=", "(0.7 * len"):
        assert words in source
