"""Spectrum Scope's eigenvalues, spectra and exponents against NumPy and mpmath; what its presets claim."""

import mpmath
import numpy as np
import pytest
from engines import ask, plain, random_traits

from rnnkit.explorers import SpectrumScope

END = 60
ALL = """(traits) => { const { Js, ...s } = it.derive({ ...traits, committed: true, ui: {}, ghost: null });
    return { ...s, W: s.W.map((row) => [...row]), hs: s.hs.map((h) => [...h]), bs: s.bs.map((h) => [...h]),
        Ps: s.Ps.map((P) => P.map((column) => [...column])) }; }"""


def scope(code, *given):
    return ask(code, *given, kind=SpectrumScope)


def derived(one):
    return scope(ALL, plain(one.traits_for_page()))


def some(count, seed, **more):
    rng = np.random.default_rng(seed)
    return [SpectrumScope(**random_traits(SpectrumScope, rng) | more) for _ in range(count)]


EXTREMES = [SpectrumScope(**extreme) for extreme in SpectrumScope.limits.extremes]


@pytest.fixture(scope="module")
def presets():
    code = f"""(own) => Object.fromEntries(it.presets.map((p) =>
        [p.name, ({ALL})({{ ...own, ...it.base, ...p.set }})]))"""
    return scope(code, plain(SpectrumScope(committed=True).traits_for_page()))


def test_the_page_and_numpy_have_one_matrix_to_the_last_bit():
    for one in [*EXTREMES, *some(60, 30)]:
        assert np.array_equal(derived(one)["W"], one.weight_hh)


def test_eigenvalues_are_exact_by_backward_error():
    """Each one is an eigenvalue of a matrix that is W to rounding: W − λ has a singular value of nothing."""
    for one in [*EXTREMES, *some(80, 31, gain=1.0)]:
        s = derived(one)
        size = max(np.linalg.norm(one.weight_hh, 2), 1e-300)
        assert len(s["eigen"]) == s["H"]
        for value in s["eigen"]:
            shifted = one.weight_hh - (value["re"] + 1j * value["im"]) * np.eye(s["H"])
            assert np.linalg.svd(shifted, compute_uv=False)[-1] <= 1e-14 * s["H"] * size
        assert sum(value["re"] for value in s["eigen"]) == pytest.approx(np.trace(one.weight_hh), abs=1e-13 * s["H"])
        assert s["radius"] == pytest.approx(max(abs(v["re"] + 1j * v["im"]) for v in s["eigen"]))


def test_runs_are_rnnkits():
    for one in [*EXTREMES, *some(40, 32, gain=0.5, lean=0.5)]:
        s = derived(one)
        for got, want in ((s["hs"], one.states), (s["bs"], one.others)):
            assert np.allclose(got, want, rtol=1e-9, atol=1e-12)


def products(one, s):
    """The products of Jacobians along the page's own states, to fifty digits."""
    P, found = mpmath.eye(s["H"]), [mpmath.eye(s["H"])]
    W = mpmath.matrix(s["W"])
    for h in s["hs"][1:]:
        slopes = [1 - mpmath.mpf(v) ** 2 if one.activation == "tanh" else mpmath.mpf(1) for v in h]
        P = mpmath.diag(slopes) * (W * P)
        found.append(P)
    return found


def test_singular_values_of_products_are_right_to_nine_digits():
    """NumPy's on the first steps; later, of fifty digits' arithmetic, those above 1e-10 of the largest."""
    small = 0
    for one in [*EXTREMES, *some(6, 33), *some(4, 34, gain=1.6)]:
        s = derived(one)
        for t in (1, 2, 3):
            found = np.linalg.svd(np.linalg.multi_dot([*one.jacobians[t - 1 :: -1], np.eye(s["H"])]), compute_uv=False)
            assert np.allclose(s["spectra"][t], found, rtol=1e-9, atol=1e-12 * found[0])
        with mpmath.workdps(50):
            exact = products(one, s)
            for t in (7, 30, END):
                want = sorted((float(v) for v in mpmath.svd_r(exact[t], compute_uv=False)), reverse=True)
                for got, value in zip(s["spectra"][t], want, strict=True):
                    if value > 1e-10 * want[0] and value > 1e-140:
                        assert got == pytest.approx(value, rel=1e-9)
                        small += value < 1e-5 * want[0]
    assert small > 10


def test_python_has_the_same_singular_values():
    for one in [*EXTREMES, *some(20, 35)]:
        s, want = derived(one), one.singular_values
        assert want.shape == (END + 1, s["H"])
        assert np.allclose(s["spectra"], want, rtol=1e-7, atol=1e-8 * want[:, :1])


def test_the_ellipse_is_the_product():
    for one in some(20, 36, eigenvalues=[[0.3, -0.4]], start=[[0.2, -0.1]], push=[[0.1, 0]]):
        P = np.eye(2)
        for got, J in zip(derived(one)["Ps"][1:], one.jacobians, strict=True):
            P = J @ P
            assert np.allclose(np.transpose(got), P, rtol=1e-9, atol=1e-12)


def numpys_exponents(one, settle=200, steps=600):
    """By NumPy's QR, along NumPy's own states."""
    W, h, Q, total = one.weight_hh, np.ravel(one.start), None, 0
    for t in range(settle + steps):
        h = np.tanh(W @ h) if one.activation == "tanh" else W @ h
        if t < settle:
            continue
        slopes = 1 - h**2 if one.activation == "tanh" else np.ones_like(h)
        Q, R = np.linalg.qr(slopes[:, None] * W @ (np.eye(len(W)) if Q is None else Q))
        total = total + np.log(np.abs(np.diag(R)))
    return np.sort(total / steps)[::-1]


RATES = "(traits) => spectrum_scope_maths.rates(it.derive({ ...traits, committed: true, ui: {}, ghost: null }))"


def test_exponents_are_numpys():
    """Of linear units the logarithms of the eigenvalues, and of tanh on a cycle NumPy's along NumPy's own states."""
    for pairs in ([[0.8, -0.3], [0.2, 0.4]], [[0.9, 0.05], [-0.5, 0.1]], [[1.0, -0.2], [0.3, -0.1]]):
        start = [[0.1, 0], [0, 0.1]]
        one = SpectrumScope(eigenvalues=pairs, lean=1, gain=0.9, activation="linear", start=start, push=start)
        got = scope(RATES, plain(one.traits_for_page()))
        size = np.sort(np.log(np.abs(np.linalg.eigvals(one.weight_hh))))[::-1]
        assert np.allclose(got, size, atol=0.02)
        assert np.allclose(got, numpys_exponents(one), atol=0.02)
    cycle = SpectrumScope(eigenvalues=[[1.17, -0.57]], lean=0, start=[[0.3, 0.1]], push=[[0.05, -0.05]])
    assert np.allclose(scope(RATES, plain(cycle.traits_for_page())), numpys_exponents(cycle), atol=0.01)


def test_the_first_exponent_is_the_one_that_the_card_shows():
    for one in some(6, 38, activation="tanh", gain=1.5):
        s = derived(one)
        assert s["longest"] == pytest.approx(scope(RATES, plain(one.traits_for_page()))[0], abs=0.01)


MOVED = "(to, other, near) => spectrum_scope_maths.moved(to, other, near)"


def values_of(pair):
    return np.array([complex(v["re"], v["im"]) for v in scope("compute_schur.pairOf", pair)])


def test_a_pair_meets_on_the_axis_before_it_splits():
    """Pulled down to the axis and along it: complex, then twice the same number, then two real ones."""
    (pair, other), seen = ([0.5, -0.3], None), []
    for x, y in [(0.5, 0.2), (0.5, 0.07), (0.5, 0.03), (0.5, 0.0), (0.55, 0.0), (0.8, 0.0)]:
        pair, other = scope(MOVED, [x, y], other, 0.06)
        seen.append(values_of(pair))
    assert [bool(abs(v.imag).max() > 0) for v in seen] == [True, True, False, False, False, False]
    met = seen[2]
    assert met[0] == met[1] == 0.5
    assert np.allclose(seen[-1], [0.8, 0.5])


def test_two_of_the_axis_meet_before_they_leave_it():
    (pair, other), seen = ([0.5, 0.3], 0.2), []
    for x, y in [(0.8, 0.4), (0.5, 0.4), (0.28, 0.4), (0.28, 0.5)]:
        pair, other = scope(MOVED, [x, y], other, 0.06)
        seen.append(values_of(pair))
    assert [bool(abs(v.imag).max() > 0) for v in seen] == [False, False, True, True]
    assert np.allclose(seen[0], [0.8, 0.2])
    assert np.allclose(np.sort_complex(seen[-1]), [0.28 - 0.5j, 0.28 + 0.5j])


def test_moves_stay_within_the_limits():
    rng = np.random.default_rng(39)
    for x, y, other in rng.uniform(-9, 9, (60, 3)):
        pair, _ = scope(MOVED, [x, abs(y)], other if rng.random() < 0.5 else None, 0.06)
        assert np.abs(pair).max() <= 1.5


def test_the_rim_is_how_far_a_small_change_of_w_moves_eigenvalues():
    """On the rim W − z is 0.1 from singular: a change of that size, and none smaller, has z as an eigenvalue."""
    rim = "(pair, lean, gain, angle) => spectrum_scope_maths.rim(pair, lean, gain, angle)"
    rng = np.random.default_rng(40)
    for centre, split, lean in rng.uniform([-1, -1, 0], [1, 1, 6], (40, 3)):
        one = SpectrumScope(eigenvalues=[[centre, split]], lean=lean, gain=1)
        for angle in (0.0, 0.7, np.pi / 2):
            far = scope(rim, list(one.eigenvalues[0]), one.lean, 1, angle)
            if far is None:
                continue
            z = one.eigenvalues[0][0] + far * np.exp(1j * angle)
            assert np.linalg.svd(one.weight_hh - z * np.eye(2), compute_uv=False)[-1] == pytest.approx(0.1, rel=1e-4)
        top = scope(rim, list(one.eigenvalues[0]), one.lean, 1, np.pi / 2)
        if top is not None:
            lean_of = scope("(pair, far) => spectrum_scope_maths.leanFor(pair, 1, far)", list(one.eigenvalues[0]), top)
            assert lean_of == pytest.approx(one.lean, abs=0.01)


def test_the_default_grows_inside_the_circle():
    s = derived(SpectrumScope())
    assert s["radius"] < 0.9
    assert s["peak"] > 10
    assert s["grown"][END] < 0.05
    assert SpectrumScope().activation == "tanh"


def test_presets_do_what_they_are_called(presets):
    grown = {name: np.array(s["grown"]) for name, s in presets.items()}
    assert list(presets) == ["Leaning", "Orthogonal", "Cycle", "Latch", "Chain", "Chaos"]
    assert np.allclose(grown["Orthogonal"], 1, atol=1e-12)
    assert presets["Cycle"]["radius"] > 1.2
    assert grown["Cycle"].max() < 10
    assert abs(presets["Cycle"]["longest"]) < 0.01
    ends = np.array([presets["Latch"]["hs"][END], presets["Latch"]["bs"][END]])
    assert np.allclose(ends[0], -ends[1], atol=1e-6)
    assert np.abs(ends[0]).max() > 0.5
    assert presets["Latch"]["longest"] < 0
    assert [v["re"] for v in presets["Chain"]["eigen"]] == [0] * 8
    assert grown["Chain"][7] == pytest.approx(1.4**7)
    assert (presets["Chain"]["peakAt"], presets["Chain"]["gone"]) == (7, 8)
    assert not grown["Chain"][8:].any()
    assert presets["Chaos"]["H"] == 16
    assert presets["Chaos"]["longest"] > 0.03
    assert presets["Chaos"]["gaps"][0] <= 0.011
    assert presets["Chaos"]["gaps"][END] > 1
    assert np.abs(presets["Chaos"]["hs"]).max() <= 1


def test_chaos_stays_chaos_for_three_thousand_steps(presets):
    W, h = np.array(presets["Chaos"]["W"]), np.array(presets["Chaos"]["hs"][0])
    v, total = np.ones(16), 0.0
    for t in range(3500):
        h = np.tanh(W @ h)
        v = (1 - h**2) * (W @ v)
        long = np.linalg.norm(v)
        v, total = v / long, total + (np.log(long) if t >= 500 else 0)
    assert total / 3000 > 0.03


CHECK = """(own, more) => Array.from({ length: it.challenge.cases }, (_, k) =>
    it.challenge.check({ ...own, ...it.challenge.start, ...more }, k))"""


@pytest.mark.parametrize(
    ("more", "fails"),
    [
        ({"eigenvalues": [[0.88, -0.15]], "lean": 5}, None),
        ({"eigenvalues": [[0.7, -0.4]], "lean": 1}, "growth"),
        ({"eigenvalues": [[0.8, 0]], "lean": 0}, "growth"),
        ({"eigenvalues": [[1.1, -0.1]], "lean": 4}, "inside"),
        ({"eigenvalues": [[0.999, 0]], "lean": 0.4}, "an end"),
        ({"eigenvalues": [[0.88, -0.15]], "lean": 5, "activation": "linear"}, "tanh"),
    ],
)
def test_the_challenge_tells_what_solves_it(more, fails):
    faults = scope(CHECK, plain(SpectrumScope(committed=True).traits_for_page()), more)
    if fails is None:
        assert faults == [None] * 6
    else:
        assert fails in {fault["want"] for fault in faults if fault}


def test_the_hidden_pushes_point_in_six_directions():
    hidden = scope("() => Array.from({ length: 6 }, (_, k) => spectrum_scope_maths.hidden(k))")
    pushes = np.array([one["push"][0] for one in hidden])
    units = pushes / np.linalg.norm(pushes, axis=1)[:, None]
    assert np.abs(units @ units.T - np.eye(6)).max() < 0.95
