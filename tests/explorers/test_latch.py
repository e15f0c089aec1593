"""Latch's mathematics against NumPy."""

import numpy as np
from engines import ask

from rnnkit.explorers import Latch

BASINS = """(w, b) => {
    const points = latch_maths.resting({ w, b });
    return latch_maths.basins(points, latch_maths.cycle({ w, b, u: 0 }, points));
}"""


def latch(code, *given):
    return ask(code, *given, kind=Latch)


def roots(w, b):
    """h with tanh(w h + b) = h: sign changes on a fine grid, each halved 60 times."""
    grid = np.linspace(-1, 1, 20001)
    g = np.tanh(w * grid + b) - grid
    found = list(grid[g == 0])
    for a, c in zip(grid[:-1][g[:-1] * g[1:] < 0], grid[1:][g[:-1] * g[1:] < 0], strict=True):
        low, high = a, c
        for _ in range(60):
            middle = (low + high) / 2
            same = np.sign(np.tanh(w * middle + b) - middle) == np.sign(np.tanh(w * low + b) - low)
            low, high = (middle, high) if same else (low, middle)
        found.append((low + high) / 2)
    return np.sort(found)


def test_resting_points_are_the_roots_to_1e_12():
    rng = np.random.default_rng(8)
    cases = [(w, b) for w, b in rng.uniform([-3, -1.5], [3, 1.5], (300, 2))] + [(2, 0), (3, 0), (-2, 0), (0, 0.5)]
    several = 0
    for w, b in cases:
        got = latch("(w, b) => latch_maths.resting({ w, b })", w, b)
        want = roots(w, b)
        assert len(got) == len(want), (w, b)
        assert np.abs(np.array([q["h"] for q in got]) - want).max() <= 1e-12
        for point in got:
            assert abs(point["slope"] - w * (1 - point["h"] ** 2)) < 1e-12
            assert point["stable"] == (abs(point["slope"]) <= 1)
        several += len(want) == 3
    assert several > 30


def test_points_meet_where_the_fold_is():
    for b in (-1.2, -0.3, -0.05, 0.1, 0.7):
        w = latch("latch_maths.foldW", b)
        assert abs(np.sqrt(w * (w - 1)) - np.arccosh(np.sqrt(w)) - abs(b)) < 1e-9
        assert (len(roots(w - 0.01, b)), len(roots(w + 0.01, b))) == (1, 3)
        h = latch("latch_maths.foldH", b)
        assert abs(np.tanh(w * h + b) - h) < 1e-6
        assert abs(w * (1 - h * h) - 1) < 1e-6
    assert latch("latch_maths.foldW", 0) == 1


def test_a_cycle_is_where_the_run_goes():
    rng, cycles = np.random.default_rng(9), 0
    for w, b, h in rng.uniform([-3, -1.5, -1], [3, 1.5, 1], (300, 3)):
        found = latch("(w, b) => latch_maths.cycle({ w, b, u: 0 }, latch_maths.resting({ w, b }))", w, b)
        for _ in range(4000):
            h = np.tanh(w * h + b)
        after = np.tanh(w * h + b)
        if found is None:
            assert abs(after - h) < 1e-3 or abs(w * (1 - h * h)) > 0.99, (w, b)
        else:
            assert np.abs(np.sort([h, after]) - np.sort(found)).max() < 1e-6, (w, b)
            cycles += 1
    assert cycles > 20


def test_every_start_ends_where_its_zone_says():
    rng = np.random.default_rng(10)
    for w, b, h in rng.uniform([-3, -1.5, -1], [3, 1.5, 1], (300, 3)):
        zones = latch(BASINS, w, b)
        assert zones[0]["from"] == -1
        assert zones[-1]["to"] == 1
        zone = next(zone for zone in zones if zone["from"] <= h <= zone["to"])
        for _ in range(4000):
            h = np.tanh(w * h + b)
        assert zone["end"] is None or abs(zone["end"] - h) < 1e-3, (w, b)


def test_a_run_is_what_rnnkit_gives():
    rng = np.random.default_rng(11)
    for _ in range(100):
        w, b, u, h0 = rng.uniform([-3, -1.5, 0, -1], [3, 1.5, 5, 1])
        one = Latch(w=w, b=b, u=u, h0=h0, inputs=rng.uniform(-1, 1, 10))
        got = latch("(p, h0, xs) => latch_maths.run(p, h0, xs)", {"w": w, "b": b, "u": u}, h0, one.inputs)
        assert np.abs(np.array(got) - one.states[:, 0]).max() <= 1e-12


PASSES = "(ps) => ps.map(([w, b, u]) => [0, 1, 2, 3, 4, 5].every((k) => !latch_maths.fault({ w, b, u }, "
PASSES += "latch_maths.hidden(k))))"


def test_the_challenge_is_neither_trivial_nor_hopeless():
    """A known solution passes; of random numbers some do, and few."""
    assert latch(PASSES, [[2.4, 0, 3.8], [0.8, 0.4, 1], [2, -0.3, 3]]) == [True, False, False]
    tried = np.random.default_rng(12).uniform([-3, -1.5, 0], [3, 1.5, 5], (4000, 3))
    assert 0.005 < np.mean(latch(PASSES, tried.tolist())) < 0.25


def test_hidden_inputs_are_what_the_goal_names():
    hidden = np.array(latch("() => [0, 1, 2, 3, 4, 5].map(latch_maths.hidden)"))
    assert set(np.unique(hidden)) == {-1, -0.3, 0, 0.3, 1}
    for k, inputs in enumerate(hidden):
        assert (inputs == 1).sum() == 1
        assert (inputs == -1).sum() == k % 2
        assert (np.abs(inputs) == 0.3).sum() >= 1


def test_forty_four_zeros_are_enough_to_hold_for_thirty():
    """After the last input come more than thirty zeros, as the goal asks."""
    last = [max(np.flatnonzero(x)) + 1 for x in latch("() => [0, 1, 2, 3, 4, 5].map(latch_maths.hidden)")]
    assert latch("() => latch_maths.END") - max(last) >= 30
