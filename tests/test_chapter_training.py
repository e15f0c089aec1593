"""What the page of a training run claims, held against what its cells print."""

import re

import numpy as np
import pytest
from book_pages import ROOT, executed

from rnnkit import SGD

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "training.md"


@pytest.fixture(scope="module")
def printed():
    return executed(PAGE).printed


def numbers(printed, label):
    """The numbers of the first line that begins with label."""
    line = next(line for line in printed.splitlines() if line.strip().startswith(label))
    return [float(v) for v in re.findall(r"-?\d[\d.]*(?:e[+-]\d+)?|nan", line.strip()[len(label) :])]


def test_eight_rows_say_in_which_line_the_next_fault_is(names):
    """Each repair changes the lines that its row names; a missing function and a memory are no edits of the text."""
    program, changed = names["PROGRAM"], []
    for repair in names["REPAIRS"]:
        before = program
        for fault, right in repair.items():
            assert fault in program
            program = program.replace(fault, right)
        lines = [[line for line in text.splitlines() if line] for text in (before, program)]
        changed.append([n for n, (old, new) in enumerate(zip(*lines, strict=True), start=1) if old != new])
    told = [[int(n) for n in re.findall(r"\d+", said.split(":")[0])] for said in names["TOLD"]]
    assert len(names["TOLD"]) == len(names["says"]) == 8
    assert [found or [6] for found in changed] == told[:7]
    assert told[7] == changed[0] == [8]
    assert [line for line in program.splitlines() if line][5].startswith("x, wanted = waves(")


def test_it_opens_with_something_to_do():
    """Before any formula: a guess is set, and the answer is what the repairs leave over."""
    head = PAGE.read_text("utf-8").partition("## Nine faults")[0].partition("# A training run")[2]
    prose = re.sub(r"```.*?(```|\Z)", "", head, flags=re.S)
    assert len(prose.split()) < 80
    assert "$" not in prose
    assert "How many are left?" in prose.split("This chapter")[0]
    assert "Guessed(" in head


def test_python_refuses_the_program_four_times(names):
    errors = ["SyntaxError", "NameError", "ValueError", "ValueError"]
    assert [said.split(":")[0] for said in names["says"][:4]] == errors
    assert list(names["ladder"]) == [4, 5, 6, 7]


def test_the_wrong_sign_climbs_and_the_mean_only_slows_it(names):
    sums, means, sign, right = (names["ladder"][k][0] for k in (4, 5, 6, 7))
    assert sums[0] < means[1] < sums[1]
    assert not np.isfinite([sums[-1], means[-1]]).any()
    assert 400 < sign[0] / sign[-1] < 600  # "five-hundredfold"
    assert (np.diff(np.log(right)[[0, 9, 99, 999, 1999]]) < 0).all()  # it falls to the last update, ever more slowly
    assert 0.0195 < right[-1] < 0.0214


def test_the_floor_is_that_of_the_best_answer_without_memory():
    """By counting: waves at many phases, and the mean of the next values that share a value."""
    phase = np.linspace(0, 2 * np.pi, 2_000_001)
    x, after = np.sin(phase), np.sin(phase + 0.2)
    _, bins = np.unique(np.floor(x * 2000), return_inverse=True)
    best = np.bincount(bins, after) / np.bincount(bins)
    assert np.mean((after - best[bins]) ** 2) == pytest.approx(np.sin(0.2) ** 2 / 2, rel=1e-3)


def test_a_memory_helps_only_from_a_small_start_and_then_by_two_orders(names):
    floor = names["FLOOR"]
    assert floor == pytest.approx(np.sin(0.2) ** 2 / 2)
    without, memory, small, adam = names["errors"].values()
    assert floor < without[0] < 1.1 * floor
    assert min(memory) > 3 * without[0]
    assert max(small) < floor / 3
    assert max(adam) < floor / 100


def test_the_visible_programs_gradient_is_the_slope(names):
    """By central differences, in each of its parameters; T, N and H differ."""
    rng = np.random.default_rng(1)
    p = {"W_ih": (1, 3), "W_hh": (3, 3), "b": 3, "W_ho": (3, 1), "b_o": 1}
    p = {name: 0.5 * rng.normal(size=shape) for name, shape in p.items()}
    x, d = rng.normal(size=(2, 5, 4, 1))
    loss = lambda: np.mean(names["gradients"](p, x, d)[0] ** 2)  # noqa: E731
    for name, gradient in names["gradients"](p, x, d)[1].items():
        assert gradient.shape == p[name].shape
        for at in np.ndindex(p[name].shape):
            there, sides = p[name][at], []
            for step in (1e-5, -1e-5):
                p[name][at] = there + step
                sides.append(loss())
            p[name][at] = there
            assert gradient[at] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-6, abs=1e-9), (name, at)


def test_an_untrained_network_knows_nothing(printed):
    for kind, cost in {"a number": 1, "yes or no": np.log(2), "one of 50": np.log(50)}.items():
        untrained, nothing = numbers(printed, f"{kind}: untrained")
        assert nothing == pytest.approx(cost, abs=0.005)
        assert untrained == pytest.approx(cost, rel=0.15)


def test_one_batch_shows_that_the_memory_is_cut(names):
    assert max(names["heart"]["in order"]) < 0.01 < 0.1 < min(names["heart"]["memory cut"])


def test_what_arrives_at_the_first_step_depends_on_the_start(names):
    first = {name: runs[:, 0] for name, runs in names["by_start"].items()}
    assert first["N(0, 1)"].min() > 1e14
    assert first["PyTorch"].max() < 1e-12
    for name in ("N(0, 1/H)", "orthogonal"):
        assert 1e-3 < first[name].min() < first[name].max() < 1


def test_the_orthogonal_start_learns_soonest(names):
    late = {name: [n or 1000 for n in at] for name, at in names["learned"].items()}
    assert max(late["orthogonal"]) < min(late["PyTorch"])
    assert max(late["orthogonal"]) < 60
    assert np.median(late["orthogonal"]) < np.median(late["N(0, 1/H)"]) < np.median(late["N(0, 1)"])


def test_optimisers_are_torchs(printed):
    for name in ("momentum", "rmsprop", "adam"):
        assert numbers(printed, f"{name:8} against PyTorch, 100 updates:")[0] < 1e-12


def test_the_best_way_of_stepping_turns_with_the_rate(names):
    kinds, middles = zip(*names["middles"].items(), strict=True)
    best = [kinds[k] for k in np.argmin(middles, axis=0)]
    assert best == ["RMSProp", "RMSProp", "Adam", "momentum", "momentum", "Adam"]
    at = {kind: names["RATES"][k] for kind, k in zip(kinds, np.argmin(middles, axis=1), strict=True)}
    assert at == {"momentum": 0.1, "Adam": 0.03, "SGD": 0.3, "RMSProp": 0.01}  # none at the grid's edge
    other, rmsprop = (names["by_rate"][kind][:, 1] for kind in ("momentum", "RMSProp"))
    assert 0 < np.median(other) - np.median(rmsprop) < np.ptp(rmsprop)  # a thin lead


def test_clipping_decides_and_leaves_what_is_tiny(names):
    g = names["g"]
    assert names["cosine"](g, g.clip(-1, 1)) == pytest.approx(4 / np.sqrt(20))
    assert names["clipped"](names["tiny"], 1)["w"][0] == 3e-9
    ends = {setting: losses[:, -20:].mean(1) for setting, losses in names["jumps"].items()}
    assert ends[1.0, None].min() > 2 * np.log(2)
    assert ends[1.0, 0.1].max() < 0.2
    assert (abs(ends[0.1, None] - np.log(2)) < 0.1).all()  # neither thrown nor learned
    assert ((ends[0.1, 0.1] < 0.2).sum(), (abs(ends[0.1, 0.1] - np.log(2)) < 0.1).sum()) == (2, 1)  # "two of three do"


def test_decay_ends_lower_than_its_rate_and_starts_no_faster(names):
    large, small, decaying = (names["by_plan"][name].mean(0) for name in ("0.03", "0.003", "0.03, decaying"))
    assert decaying[2] == pytest.approx(large[2], abs=0.004)
    assert small[2] > large[2] + 0.01
    assert decaying[-1] < large[-1] - 0.005
    assert decaying[-1] == pytest.approx(small[-1], abs=0.005)  # "about even"


def test_a_shuffle_explains_what_nobody_can_know(names):
    shuffled, by_time = names["leak"].T
    assert shuffled.min() > 0.5
    assert by_time.max() < 0.1


def test_choosing_flatters(printed):
    chosen, later = numbers(printed, "where it was chosen")
    assert chosen > 0.6
    assert later == pytest.approx(0.5, abs=0.015)


def test_the_validation_loss_turns_and_dropout_brakes(names):
    rises = {}
    for words in ("histories", "dropped"):
        runs = names[words]
        rises[words] = [h.validation_loss[-1] - min(h.validation_loss) for h in runs]
        if words == "histories":
            for h in runs:
                assert h.best_epoch < 120
                assert min(h.validation_loss) < 0.85 * h.validation_loss[-1]
                assert h.loss[-1] < names["noisy"].optimum < min(h.validation_loss)
    assert len(rises["dropped"]) == 3
    assert all(with_it < 0.65 * without for without, with_it in zip(*rises.values(), strict=True))
    best = [[min(h.validation_loss) for h in names[words]] for words in ("histories", "dropped")]
    assert np.allclose(*best, atol=0.01)


def test_dice_thrown_at_each_step_erase_the_memory(names):
    assert names["held"][True][-1] == pytest.approx(0.8**20, abs=0.003)
    assert names["held"][False][-1] == pytest.approx(0.8, abs=0.01)


def test_padding_moves_the_state_and_flatters_the_loss(printed):
    assert numbers(printed, "without a mask: 97 pads move the last state by")[0] > 0.1
    assert numbers(printed, "with a mask: 97 pads move the last state by")[0] == 0
    counted, only = re.search(r"all counted ([\d.]+), data only ([\d.]+)", printed).groups()
    assert float(counted) == pytest.approx(float(only) / 2, abs=0.001)


def test_measures_lie_as_the_page_says(names):
    assert (names["metrics"].accuracy(names["never"], names["rare"]), names["f1"]) == (0.98, 0)
    assert (round(names["mixed"], 2), round(names["true"], 2)) == (0.66, 0.4)
    assert np.median(1 - names["missed"]) > 0.95
    assert names["whole"] == pytest.approx(np.exp(1.3))
    assert names["each"] == pytest.approx((np.e + np.exp(4)) / 2)


def test_one_method_beats_itself_in_many_pairs(names):
    assert len(names["pairs"]) == 45
    assert 0.2 < names["better"] < 0.6


def test_each_of_the_five_curves_has_its_shape(names):
    """From the arrays that the figure draws."""
    late, wild, thrown, slow = (names["curves"][name] for name in "ABDE")
    for losses in late:
        assert losses[: losses.size // 2].mean() > 0.65  # at ln 2
        assert losses[-1] < 0.02
    for losses in wild:
        late_half = losses[-75:]
        assert late_half.mean() > 0.14  # where a rate of 0.01 comes to 0.08
        assert late_half.max() > 2 * late_half.min()  # 2.8 to 4.1, by processor
    for losses in thrown:
        lowest = losses.argmin()
        assert losses[lowest] < 0.6 * losses[0] or losses[lowest] < 0.2
        assert losses[-1] > 1e6
    for losses in slow:
        assert losses[-3:].mean() < 0.9 * losses[:3].mean()
        assert losses[-3:].mean() > 0.15


def test_where_the_answer_lies_far_back_no_gradient_arrives_before_the_fall(names):
    for losses, share in names["bits"]["PyTorch"]:
        assert share[0] < 1e-5
        assert share[: losses.size // 2].max() < 0.01
        assert share[-20:].max() > 0.5


def test_the_norm_and_a_limit_tell_the_rate_from_the_cliff(names):
    """B and D of the five curves."""
    for _, norms in names["five"]["B"]:
        assert np.median(norms[-20:]) < 20
    for losses, norms in names["five"]["D"]:
        assert losses.size < 100
        assert norms[-10:].max() > 1e4
        assert np.median(norms[: losses.size // 2]) < 20
    ends = {name: [run[-20:].mean() for run in runs] for name, runs in names["limited"].items()}
    assert max(ends["D"]) < 0.25
    halved = [names["by_update"](seed, lambda: SGD(0.19, momentum=0.9), 4, None, 80) for seed in range(3)]
    assert max(losses[-20:].mean() for losses, _ in halved) < 0.25  # "Half the rate mends it as well"
    assert min(ends["B"]) > 0.25


def test_the_cards_are_what_fit_kept(names):
    """Read back from TensorBoard's file, in float32."""
    history, cards = names["histories"][0], names["cards"]
    for name in ("loss", "validation_loss", "grad_norm", "lr"):
        assert np.allclose(cards[name][:, 0], np.arange(1, 201))
        assert np.allclose(cards[name][:, 1], getattr(history, name), rtol=1e-6)


def test_arguments_named_in_the_prose_are_those_of_the_cells():
    source = PAGE.read_text("utf-8")
    for words in ("range(2000)", "n=20_000", "Adam(2e-4)", "Adam(0.5)", "SGD(0.38, momentum", "limit=", "(0.7 * len"):
        assert words in source


def test_it_says_how_far_back_a_retained_graph_goes(printed):
    assert "a second time\n" in printed
    assert "modified by an inplace operation\n" in printed
    assert "retained: [10, 20, 30, 40] steps" in printed
    assert "detached: [10, 10, 10, 10] steps" in printed
