"""What chapters/inside/fixed-points.md says: its search where the truth is known, and what a saddle foretells."""

import re

import jupytext
import numpy as np
import pytest
import torch
from book_pages import ROOT
from scipy.optimize import root

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "inside" / "fixed-points.md"


def test_fixed_points_opens_with_the_push_and_gives_nothing_away():
    cells = jupytext.read(PAGE).cells
    opening = cells[0].source.partition("# Where a network stands still")[2]
    assert opening.count(".") + opening.count("?") <= 6
    assert not re.search(r"\$|\d|saddle|ridge|middle|half", opening)


def test_fixed_points_targets_are_the_last_pulses(names):
    xs, y = names["switches"](np.random.default_rng(0), T=30, N=4, B=3)
    for n in range(4):
        for b in range(3):
            last = 0
            for t in range(30):
                last = xs[t, n, b] or last
                assert y[t, n, b] == last


def test_fixed_points_map_is_the_networks_step_without_input(names):
    for model, net in zip(names["models"], names["nets"], strict=True):
        layer, h = model.layers[0], np.random.default_rng(0).uniform(-1, 1, (5, 16))
        step = layer(np.zeros((1, 5, 2)), (h[None],))
        assert np.allclose(names["F"](net, h), step.h[0], atol=1e-12)


def test_fixed_points_jacobian_is_torchs(names):
    net, h = names["nets"][1], np.random.default_rng(1).uniform(-1, 1, 16)
    W, b = (torch.tensor(a) for a in net)
    theirs = torch.autograd.functional.jacobian(lambda one: torch.tanh(W @ one + b), torch.tensor(h))
    assert np.allclose(names["J"](net, h[None])[0], theirs, atol=1e-12)


def test_fixed_points_search_goes_where_scipy_goes(names):
    """Each point, disturbed a little, is found again by another method; and it is where the map leaves it."""
    rng = np.random.default_rng(2)
    for net, points in zip(names["nets"], names["found"], strict=True):
        assert np.abs(names["F"](net, points) - points).max() < 1e-7
        for point in points:
            begin = point + 1e-3 * rng.normal(size=16)
            theirs = root(lambda h, net=net: names["F"](net, h[None])[0] - h, begin, method="hybr", tol=1e-13)
            assert np.allclose(theirs.x, point, atol=1e-6)


def test_fixed_points_are_nine_from_three_seeds(page, names):
    assert len(names["models"]) == 3
    assert re.findall(r"^(\d): 4 stable, 4 one way out, 1 two$", page.printed, re.M) == [*"012"]
    for model, points in zip(names["models"], names["found"], strict=True):
        said = model.layers[1](points).h
        assert {tuple(np.sign(z)) for z in said[:4]} == {(a, b) for a in (-1, 1) for b in (-1, 1)}
        assert np.abs(said[:4]).min() > 0.8  # a memory says both switches
        assert (np.sort(np.abs(said[4:8]), 1)[:, 0] < 0.15).all()  # a saddle says one
        assert (np.sort(np.abs(said[4:8]), 1)[:, 1] > 0.7).all()
        assert np.abs(said[8]).max() < 0.15
        assert names["known"](model, 2) > 0.995


def test_fixed_points_stable_ones_take_a_push_back_and_others_do_not(names):
    rng = np.random.default_rng(3)
    for net, points in zip(names["nets"], names["found"], strict=True):
        for k, point in enumerate(points):
            pushed = point + 0.02 * rng.normal(size=(10, 16))
            end = names["path"](net, pushed, 200)[-1]
            back = np.linalg.norm(end - point, axis=1) < 1e-3
            assert back.all() if k < 4 else not back.any()


def test_fixed_points_middle_has_two_unstable_directions_and_a_saddle_one(names):
    rng = np.random.default_rng(4)
    for net, points in zip(names["nets"], names["found"], strict=True):
        sizes = np.abs(np.linalg.eigvals(names["J"](net, points)))
        assert (sizes > 1).sum(1).tolist() == [0] * 4 + [1] * 4 + [2]
        for saddle in points[4:8]:
            values = np.linalg.eigvals(names["J"](net, saddle[None])[0])
            assert 1.1 < values[np.abs(values).argmax()].real < 1.3, "lambda is above 1, so a push keeps its sign"
        pushes = rng.normal(size=(1000, 16))
        pushes *= 0.05 / np.linalg.norm(pushes, axis=1, keepdims=True)
        away = np.linalg.norm(names["path"](net, points[8] + pushes, 60) - points[8], axis=2)
        assert (away[1] < away[0]).mean() > 0.6, "most pushes shrink first: not all leads away"
        assert (away[60] > 0.5).all(), "and then each leaves"


def test_fixed_points_of_the_planted_network_are_known_by_hand(names):
    for seed in range(3):
        net, truth = names["planted"](seed)
        assert truth.shape == (27, 12)
        assert len(np.unique(truth.round(6), axis=0)) == 27
        assert np.allclose(np.tanh(truth @ net[0].T), truth, atol=1e-12)
        high = np.abs(truth).max()
        slope = 1.5 * (1 - high**2)  # of one latch at its upper point; 1.5 at 0
        sizes = np.sort(np.abs(np.linalg.eigvals(names["J"](net, truth))), axis=1)[:, ::-1]
        zeros = (np.abs(truth) < 1e-9).sum(1) // 4
        for size, n in zip(sizes, zeros, strict=True):
            assert np.allclose(size[:3], [1.5] * n + [slope] * (3 - n), atol=1e-6)
            assert np.allclose(size[3:], 0, atol=1e-6)
        assert np.bincount(zeros).tolist() == [8, 12, 6, 1]


def test_fixed_points_search_finds_the_planted_ones_from_where_it_goes(page, names):
    blocks = re.findall(r"^from (.*)\nstarts corners .*\n((?:[ \d]+\n)+)", page.printed, re.M)
    rows = [(how, *map(int, line.split())) for how, lines in blocks for line in lines.splitlines()]
    found = {(how, n): kinds for how, n, *kinds in rows}
    assert len(found) == 6
    assert found["where it goes", 2000] == found["where it goes", 200] == [8, 12, 6, 1]
    assert found["anywhere", 2000][0] <= 2  # memories are missed
    assert found["where it goes", 20][0] >= 4
    for seed in (1, 2):
        net, truth = names["planted"](seed)
        assert names["compare"](net, truth, 400, "where it goes")[0].tolist() == [8, 12, 6, 1]
        assert names["compare"](net, truth, 400, "anywhere")[0][0] <= 2


def test_fixed_points_controls_come_out_empty(page, names):
    assert "everything shrinks: 1 fixed point\n" in page.printed
    assert np.linalg.norm(names["small"], 2) < 1
    counts = [int(n) for n in re.findall(r"q below \S+: (\d) points", page.printed)]
    assert counts == [2, 1, 1]
    h = np.linspace(-1, 1, 200_001)
    off = np.tanh(1.64 * h - 0.3) - h
    assert (np.diff(np.sign(off)) != 0).sum() == 1  # one crossing: the upper point is a ghost
    assert 0 < np.abs(off[h > 0.4]).min() < 0.01


def test_fixed_points_saddle_foretells_where_it_tips(names):
    tipped = names["tipped"]
    assert tipped.shape == (12, 3)
    error = np.abs(tipped[:, [0, 2]] - tipped[:, [1]])
    assert error[:, 0].max() < 2e-4  # four digits
    assert error[:, 1].mean() > 100 * error[:, 0].mean()
    assert np.abs(0.5 - tipped[:, 1]).mean() < 1.3 * error[:, 1].mean()  # "no better than to say halfway"
    assert 0.005 < error[:, 1].mean() < 0.02  # "to a hundredth, in the mean"; single ones differ between processors


def test_fixed_points_push_ends_on_the_side_where_it_begins(names):
    """The seven of the opening tip over once, by the middle; and a state that says up and goes down."""
    ends = np.sign(names["says"][-1])
    assert ends[:3].tolist() == [-1] * 3
    assert ends[4:].tolist() == [1] * 3
    slow = (np.abs(names["says"]) < 0.5).sum(0)
    assert slow[3] == slow.max() > 10
    model, net, points = names["models"][0], names["nets"][0], names["found"][0]
    wrong = 0
    for row, saddle in zip(names["tipped"][:4], range(4, 8), strict=True):
        middle = (row[1] + row[2]) / 2
        said = model.layers[1](points).h
        k = np.abs(said[saddle]).argmin()
        same = np.sign(said[:4, 1 - k]) == np.sign(said[saddle, 1 - k])
        a, b = sorted(np.flatnonzero(same), key=lambda n, k=k: said[n, k])
        h = (points[a] + middle * (points[b] - points[a]))[None]
        end = names["path"](net, h, 300)[-1]
        wrong += np.sign(model.layers[1](h).h[0, k]) != np.sign(model.layers[1](end).h[0, k])
    assert wrong == 4


def test_fixed_points_side_of_the_saddle_is_the_end_and_what_is_said_is_not(names):
    spoken, ahead, pushes = names["spoken"], names["ahead"], names["PUSHES"]
    assert spoken.shape == ahead.shape == (names["STEPS"] + 1, len(pushes))
    assert (np.sign(ahead) == np.sign(ahead[0])).all(), "the dashed line never crosses 0"
    assert (np.sign(spoken[-1]) == np.sign(ahead[0])).all()
    assert ((spoken[0] > 0) & (spoken[-1] < 0)).sum() == 3, "three start as up and end down"
    assert (np.diff(spoken[0]) > 0).all()
    assert np.abs(spoken[-1]).min() > 0.5, "all have left"
    tip = names["tipped"][names["SADDLE"] - 4]
    assert np.allclose(ahead[0], pushes - tip[0], atol=1e-9), "in shares of the way"
    h = names["roads"][0, 0]
    theirs = torch.linalg.eig(torch.tensor(names["J"](names["net"], names["points"][[5]])[0].T))
    left = theirs.eigenvectors[:, theirs.eigenvalues.abs().argmax()].real.numpy()
    share = left @ (h - names["points"][5]) / (left @ names["way"])
    assert ahead[0, 0] == pytest.approx(share)


def test_fixed_points_lingering_grows_by_the_eigenvalue(page):
    steps = float(re.search(r"lambda \S+: ([\d.]+) steps more", page.printed)[1])
    leaves = [int(n) for n in re.findall(r"leaves after (\d+) steps", page.printed)]
    assert np.allclose(np.diff(leaves), steps, atol=1)


def test_fixed_points_of_three_switches_are_the_planted_lattice(page, names):
    for kinds in names["cubes"]:
        assert kinds[0] == 8
        assert 10 <= kinds[1] <= 12
        assert 4 <= kinds[2] <= 6
        assert kinds[3] == 1
    assert all(names["known"](model, 3) > 0.99 for model in names["three"])
