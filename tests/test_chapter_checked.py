"""What chapters/math/checked.md says of a check of gradients: its errors, its mistakes, other ways to one gradient."""

import re
from itertools import pairwise

import jupytext
import numpy as np
import pytest
from book_pages import ROOT

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "math" / "checked.md"


def test_checked_opens_with_nudges_and_gives_nothing_away():
    first, *cells = jupytext.read(PAGE).cells
    opening = first.source.partition("# Is the gradient right?")[2]
    assert opening.index("A, B or C") < opening.index("nudge until")  # a choice comes before the slider
    assert opening.count(".") + opening.count("?") + opening.count(":") <= 5
    assert not re.search(r"\$|\d|transpos|slope|small", opening)
    until = next(k for k, cell in enumerate(cells) if cell.source.startswith("Nudged("))
    assert {tuple(cell.metadata["tags"]) for cell in cells[: until + 1]} == {("remove-input",)}


def test_checked_has_the_loop_of_the_page_before():
    """Line by line: the check is of what that page derives."""
    loops = [
        re.search(r"^def forward\(p, xs\):.*?    return d_p$", path.read_text("utf-8"), re.M | re.S)[0]
        for path in (PAGE, PAGE.with_name("loop.md"))
    ]
    assert loops[0] == loops[1]


def test_checked_begins_with_three_loops_of_which_a_nudge_confirms_one(page):
    """B is the page's own; the nudge comes near its number and leaves it again; A, a mistake, ends lowest."""
    names = page.names
    right = names["suspects"]["B"][1]
    said = np.array([d_p["W_hh"][0, 0] for d_p in names["sizes"].values()])
    apart = np.abs(said - right) / abs(right)
    assert apart[5] < 1e-8
    assert apart[0] > 0.1
    assert apart[-1] > 1e-3
    for name in "AC":
        claimed = names["suspects"][name][1]
        assert (np.abs(said - claimed) > 0.1 * abs(right)).all()
    for losses, _ in names["suspects"].values():
        assert losses[-1] < 0.02 * losses[0]
    assert names["suspects"]["A"][0][-1] < names["suspects"]["B"][0][-1] / 2
    exchanged, backward = names["exchanged"], names["backward"]
    for name, mistake in ("A", "slope at h, not at a"), ("C", "W, not transposed"):
        way = exchanged(backward, *names["MISTAKES"][mistake])
        assert names["gradient"](*names["task"](0), way)["W_hh"][0, 0] == names["suspects"][name][1]


def test_checked_says_where_a_nudge_is_too_small(page):
    best = {n: (float(e), float(o)) for n, e, o in re.findall(r"(\S+) +best (\S+), off by (\S+)", page.printed)}
    assert 1e-6 <= best["central"][0] <= 1e-4
    assert best["central"][1] < 1e-8
    assert 1e-9 <= best["one-sided"][0] <= 1e-6
    assert best["one-sided"][1] > 10 * best["central"][1]
    assert best["float32"][1] > 1e-6
    decades = page.names["epsilons"]
    for name, order in ("central", 2), ("one-sided", 1):
        left = np.polyfit(np.log10(decades[2:7]), np.log10(page.names["errors"][name][2:7]), 1)[0]
        right = np.polyfit(np.log10(decades[-9:]), np.log10(page.names["errors"][name][-9:]), 1)[0]
        assert abs(left - order) < 0.25
        assert abs(right + 1) < 0.35


def test_checked_has_one_gradient_by_three_ways(page):
    told = re.findall(r"^network (\d): +(\S+) +(\S+)$", page.printed, re.M)
    assert [name for name, *_ in told] == ["1", "2", "3"]
    assert all(float(v) < 1e-13 for _, *off in told for v in off)


def test_checked_catches_mistakes_that_learn(page):
    """Five of eight train about as well as the right gradient, a sixth far down; the check refuses all eight."""
    names, before = page.names, np.array(page.names["before"])
    after = {name: np.exp(np.log(losses).mean()) for name, losses in names["after"].items()}
    right, faulty = after["no mistake"], {n: v for n, v in after.items() if n != "no mistake"}
    start = np.exp(np.log(before).mean())
    assert len(faulty) == 8
    assert sum(loss < 3 * right for loss in faulty.values()) == 5
    assert sum(loss < 0.1 * start for loss in faulty.values()) == 6
    assert sum(loss > start for loss in faulty.values()) == 1
    best = {n for n, loss in faulty.items() if loss < right}
    assert best >= {"no carry", "slope at h, not at a"}
    assert all(3 <= np.less(names["after"][n], names["after"]["no mistake"]).sum() <= 8 for n in best)  # as a coin does
    mistaken = [names["exchanged"](names["backward"], *pair) for pair in names["MISTAKES"].values()]
    for one in names["tasks"]:
        nudges = names["nudged"](*one)
        assert names["off"](names["gradient"](*one), nudges) < 1e-8
        assert min(names["off"](names["gradient"](*one, way), nudges) for way in mistaken) > 0.1
    first, second = re.findall(r"call: off by (\S+)", page.printed)
    assert float(first) < 1e-8
    assert float(second) > 0.1


def test_checked_shows_which_mistakes_learn_what_must_be_carried(page):
    """One mistake of eight learns it as well as the right loop does; six leave most of it."""
    recalled = {name: np.array(left) for name, left in page.names["recalled"].items()}
    assert max(recalled.pop("no mistake")) < 0.01
    assert len(recalled) == 8
    assert max(recalled.pop("slope at h, not at a")) < 0.01
    assert min(recalled["carry only"]) > 0.02
    assert max(recalled.pop("carry only")) < 0.5
    assert min(left.mean() for left in recalled.values()) > 0.5  # "leave most of it unexplained"


def test_checked_measures_which_error_is_too_large(page):
    """Tiny weights hide a mistake, large ones and many steps make the right gradient look wrong."""
    names, checked = page.names, page.names["checked"]
    at = {scale: k for k, scale in enumerate(names["scales"])}
    few, many, turned, slope = checked.values()
    assert few.max() < 1e-7
    assert many[[at[s] for s in (0.01, 0.1, 0.3, 1, 2)]].max() < 1e-6
    assert max(many[at[1]].max(), few[at[1]].max()) < 1e-8
    assert many[at[0.01]].min() > 1e-7  # "some 10⁻⁷"
    assert many[at[4]].min() > 1e-6
    assert np.median(many[at[6]]) > 0.1
    assert slope[at[0.01]].max() < 1e-7 < slope[at[0.1]].min()
    for mistake in turned, slope:
        assert mistake[at[1] :].min() > 0.05
    assert (np.diff(np.median(slope, 1)) > 0).all()


def test_checked_warms_a_network_up_before_it_checks(page):
    most, least = page.names["most"], page.names["least"]
    assert least[0.01, 0] < 1e-7  # a mistake passes
    assert min(error for case, error in least.items() if case != (0.01, 0)) > 1e-3
    assert max(most.values()) < 1e-8
    assert list(most) == [(0.01, 0), (0.01, 1), (0.5, 0), (1, 0), (2, 0), (1, 20)]


def test_checked_tells_an_error_by_a_smaller_nudge(page):
    right, mistake, trained = page.names["large"].values()
    assert min(right[0], mistake[0], trained[0]) > 1e-6  # "all three are above"
    assert all(50 < a / b < 200 for a, b in pairwise(right))
    assert max(mistake) / min(mistake) < 1.1
    assert 50 < trained[0] / trained[1] < 200
    assert trained[2] > 0.5 * trained[1]  # "the second division does not help"


def test_checked_checks_large_nets_single_precision_and_kinks(page):
    names = page.names
    assert max(names["sampled"]) < 1e-7
    assert min(names["few"]) > 1e-2
    assert sum(a.size for a in names["wide"][0][0].values()) == 50_200
    assert 1e-5 < np.median(names["single_off"]) < 1e-3
    assert "relu: 1 of 100 right ones is above 1e-6" in page.printed
    assert max(names["kink"](n, 1e-6) for n in names["over"]) < 1e-8


def test_checked_measures_memory_and_checkpoints(page):
    whole, checkpointed = (np.array(mb) for mb in page.names["memory"].values())
    assert ((whole[1:] / whole[:-1] > 3.5) & (whole[1:] / whole[:-1] < 4.5)).all()
    assert ((checkpointed[1:] / checkpointed[:-1] > 1.5) & (checkpointed[1:] / checkpointed[:-1] < 2.3)).all()
    assert 0.02 < checkpointed[-1] / whole[-1] < 0.035  # "3 %"
    assert max(page.names["apart"]) < 1e-13
    assert page.names["forwards"] == [[T, 2 * T] for T in (100, 400, 1600, 6400)]  # "twice as many steps"


def test_checked_hands_over_a_check_that_tells_right_from_wrong(page):
    told = re.findall(r"^scale (\S+): (off by|∂L/∂)", page.printed, re.M)
    assert told == [(scale, words) for words in ("off by", "∂L/∂") for scale in ("0.5", "1", "2")]


def test_checked_agrees_forward_in_time(page):
    told = re.findall(r"^T = \d+: (\S+)$", page.printed, re.M)
    assert len(told) == 2
    assert all(float(v) < 1e-13 for v in told)
