"""Gradient River's adjoint against rnnkit's and torch's, its badge, its window, its clip and its step of descent."""

import json

import numpy as np
import pytest
from engines import ask, plain, random_traits

from rnnkit.cells import rnn, rnn_relu
from rnnkit.explorers import GradientRiver
from rnnkit.unroll import bptt, unroll

DERIVE = "(traits) => it.derive({ ...traits, committed: true, ui: {}, ghost: null })"


def river(code, *given):
    return ask(code, *given, kind=GradientRiver)


def derived(one, **ui):
    code = "(traits, ui) => it.derive({ ...traits, committed: true, ui, ghost: null })"
    return river(code, plain(one.traits_for_page()), ui)


def contracting(rng, **more):
    """A random river that does not overflow, its loss at a random step."""
    return GradientRiver(**random_traits(GradientRiver, rng) | more)


def close(got, want, within=1e-12):
    """Within so much of the largest entry."""
    got, want = np.array(got, dtype=float), np.array(want, dtype=float)
    return got.shape == want.shape and np.abs(got - want).max() <= within * max(1, np.abs(want).max())


def test_the_docstring_has_the_rate_of_a_step():
    assert f"at rate {river('() => gradient_river_maths.RATE')}." in GradientRiver.__doc__


@pytest.mark.parametrize("activation", GradientRiver.limits.traits["activation"]["choices"])
def test_a_steps_adjoint_is_rnnkits(activation):
    rng, cell = np.random.default_rng(20), GradientRiver(activation=activation).cell
    for _ in range(50):
        H = int(rng.integers(1, 5))
        weight, before, a_x, d_h = (rng.uniform(-2, 2, shape) for shape in ((H, H), (1, H), (1, H), (1, H)))
        (h,), trace = cell.step({"weight_hh": weight}, a_x, (before,))
        (d_a, _), (d_before,) = cell.step_backward({"weight_hh": weight}, trace, (before,), (d_h,))
        code = "(W, h, d, f) => compute_rnn.rnnStepBackward(W, h, d, compute_rnn.ACTIVATIONS[f].slope)"
        got = river(code, weight.tolist(), h[0].tolist(), d_h[0].tolist(), activation)
        assert close(got["dSum"], d_a[0])
        assert close(got["dBefore"], d_before[0])


def test_all_gradients_are_rnnkits():
    rng, steps = np.random.default_rng(21), set()
    for _ in range(120):
        one = contracting(rng)
        s = derived(one)
        assert close(s["states"], one.states)
        assert close(s["norms"], np.linalg.norm(one.gradients, axis=1))
        whole = np.sum(s["terms"][1:], axis=0) if one.step else np.zeros(one.weight_gradient.size)
        assert close(whole, one.weight_gradient.ravel())
        assert close(s["length"], np.linalg.norm(one.weight_gradient))
        assert sum(s["parts"][1:]) == pytest.approx(s["length"], rel=1e-12, abs=1e-12), "the bars add up to the whole"
        steps.add(min(one.step, 1))
    assert steps == {0, 1}


def test_gradients_are_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(22)
    functions = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "linear": lambda a: a}
    for activation, f in functions.items():
        one = contracting(rng, activation=activation, step=4)
        p = {name: torch.as_tensor(value.copy()) for name, value in one.parameters.items()}
        weight, h, hs = p["weight_hh"].requires_grad_(), torch.zeros(len(one.readout), dtype=torch.float64), []
        for x in one.inputs[: one.step]:
            h = f(p["weight_ih"][:, 0] * x + weight @ h)
            h.retain_grad()
            hs.append(h)
        loss = (torch.as_tensor(one.readout, dtype=torch.float64) @ h - one.target) ** 2 / 2
        loss.backward()
        s = derived(one)
        assert s["loss"] == pytest.approx(loss.item(), rel=1e-12)
        assert close(one.weight_gradient, weight.grad.numpy())
        assert close(s["norms"][1:], [state.grad.norm().item() for state in hs])


def test_a_window_drops_what_rnnkit_drops():
    """BPTT from the state before the window, which is then given; and rnnkit's own window, where both cut there."""
    rng, cut = np.random.default_rng(23), 0
    for _ in range(90):
        one = contracting(rng, clip=0)
        t, w = one.step, one.window
        s = derived(one)
        if t <= w:
            assert s["cut"] == 0
            continue
        xs, states = np.array(one.inputs)[:t, None, None], one.states[:, None]
        d_hs = np.zeros((t, 1, len(one.readout)))
        d_hs[-1] = one.gradients[-1]
        (h,), trace = unroll(one.cell, one.parameters, xs[t - w :], (states[t - w],))
        d_p = bptt(one.cell, one.parameters, xs[t - w :], (h,), trace, d_hs[t - w :])[0]
        assert close(s["update"]["used"], d_p["weight_hh"].ravel())
        if t % w == 0:
            (h,), trace = unroll(one.cell, one.parameters, xs, (states[0],))
            d_p = bptt(one.cell, one.parameters, xs, (h,), trace, d_hs, window=w)[0]
            assert close(s["update"]["used"], d_p["weight_hh"].ravel())
        cut += 1
    assert cut > 15


def test_a_clip_shortens_and_never_turns():
    rng, clipped = np.random.default_rng(24), 0
    for _ in range(60):
        one = contracting(rng, window=30)
        s = derived(one)
        whole, used = one.weight_gradient.ravel(), np.array(s["update"]["used"])
        long = np.linalg.norm(whole)
        assert np.linalg.norm(used) == pytest.approx(min(long, one.clip or np.inf), rel=1e-9, abs=1e-12)
        assert close(used * long, whole * np.linalg.norm(used), 1e-9)
        clipped += s["update"]["factor"] < 1
    assert clipped > 5


def test_an_arrow_has_its_true_length_and_angle():
    s = derived(GradientRiver(activation="linear", gain=1, window=5))
    whole, used = np.sum(s["terms"][1:], axis=0), np.array(s["update"]["used"])
    cosine = whole @ used / np.linalg.norm(whole) / np.linalg.norm(used)
    assert s["update"]["angle"] == pytest.approx(np.degrees(np.arccos(cosine)))
    assert np.hypot(s["update"]["x"], s["update"]["y"]) == pytest.approx(np.linalg.norm(used))


def test_the_badge_is_the_difference_to_central_differences():
    rng = np.random.default_rng(25)
    for activation in ("tanh", "sigmoid", "linear"):
        one = contracting(rng, activation=activation, step=4)
        W, G = one.parameters["weight_hh"], one.weight_gradient

        def loss(weight, one=one):
            p = one.parameters | {"weight_hh": weight}
            (h,), _ = unroll(one.cell, p, np.array(one.inputs)[:4, None, None], (np.zeros((1, len(weight))),))
            return (np.array(one.readout) @ h[-1, 0] - one.target) ** 2 / 2

        numeric = np.zeros_like(W)
        for place in np.ndindex(W.shape):
            nudge = np.zeros_like(W)
            nudge[place] = 1e-5
            numeric[place] = (loss(W + nudge) - loss(W - nudge)) / 2e-5
        want = np.linalg.norm(numeric - G) / np.linalg.norm(G)
        assert derived(one)["off"] == pytest.approx(want, rel=0.5, abs=1e-10)


BADGE = (
    "(traits) => shared_node.toText(gradient_river_explorer.badge(it.derive({ ...traits, committed: true, ui: {} })))"
)


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({}, "✓ Central differences agree: off by"),
        ({"window": 5}, "Not comparable with central differences: the window drops 15 terms, by design."),
        ({"clip": 1}, "Not comparable with central differences: clipping shortens it, by design."),
        ({"clip": 0.1, "window": 19}, "the window drops 1 term, clipping shortens it, by design."),
        ({"clip": 99}, "✓ Central differences agree: off by"),
        ({"step": 0}, "No gradient to check."),
        ({"gain": 0, "activation": "relu", "inputs": [-1] * 8, "weight_ih": [1, 1]}, "No gradient to check."),
    ],
)
def test_the_badge_says_what_can_be_compared(traits, says):
    text = river(BADGE, plain(GradientRiver(**traits).traits_for_page())).replace("<b>", "").replace("</b>", "")
    assert says in text


def test_a_wrong_gradient_would_not_pass_the_badge():
    """Central differences of another loss: at a kink of relu, where there is no gradient to agree on."""
    one = GradientRiver(
        activation="relu", direction=[[1]], gain=0, weight_ih=[1], readout=[1], inputs=[1, 1, 0, 0], step=4
    )
    text = river(BADGE, plain(one.traits_for_page()))
    assert text.startswith("No gradient") or text.startswith("✗")


def test_a_step_of_descent_is_what_it_says():
    rng, taken = np.random.default_rng(26), 0
    for _ in range(40):
        one = contracting(rng)
        for uphill in (False, True):
            s = derived(one, uphill=uphill)
            code = "(traits, ui) => gradient_river_maths.descend(it.derive({ ...traits, committed: true, ui }))"
            to = river(code, plain(one.traits_for_page()), {"uphill": uphill})
            if to is None:
                continue
            sign = 1 if uphill else -1
            want = one.parameters["weight_hh"].ravel() + sign * 0.1 * np.array(s["update"]["used"])
            after = GradientRiver(**{name: getattr(one, name) for name in one.limits.traits} | to)
            assert close(after.parameters["weight_hh"].ravel(), want)
            assert derived(after)["loss"] == pytest.approx(s["next"], rel=1e-9)
            taken += 1
    assert taken > 60


def test_downhill_goes_down_where_the_step_is_short():
    """Clipped to a hundredth, the loss falls, and with the sign turned it rises."""
    for preset in ({}, {"gain": 1.8}, {"gain": 1, "activation": "linear"}):
        one = GradientRiver(**preset, clip=0.01)
        loss = derived(one)["loss"]
        assert derived(one)["next"] < loss < derived(one, uphill=True)["next"]


PRESETS = """(own) =>
    Object.fromEntries(it.presets.map((p) => [p.name, it.derive({ ...own, ...it.base, ...p.set, ui: {} })]))"""


def test_presets_do_what_they_are_called():
    presets = river(PRESETS, plain(GradientRiver(committed=True).traits_for_page()))
    ratio = {name: s["norms"][1] / s["norms"][20] for name, s in presets.items()}
    assert list(ratio) == ["Start", "Vanishes", "Explodes", "Stays", "Saturated", "Linear, cut at 5"]
    assert ratio["Vanishes"] == pytest.approx(0.7**19)
    assert ratio["Explodes"] > 50
    assert ratio["Stays"] == pytest.approx(1)
    assert 0 < ratio["Saturated"] < 1e-4
    assert presets["Linear, cut at 5"]["update"]["angle"] > 60
    assert presets["Explodes"]["next"] > presets["Explodes"]["loss"], "without a clip, its step is too long"
    assert presets["Vanishes"]["parts"][20] > 0.1 * presets["Vanishes"]["length"], "vanishing leaves what is near"


def test_clipping_an_explosion_makes_its_step_fall():
    own = plain(GradientRiver(committed=True).traits_for_page())
    code = """(own) => { const p = it.presets.find((one) => one.name === "Explodes");
        return it.derive({ ...own, ...it.base, ...p.set, clip: 1, ui: {} }); }"""
    s = river(code, own)
    assert s["next"] < s["loss"]


def test_the_reach_is_the_fewest_steps_whose_bars_add_up_to_nine_tenths():
    rng = np.random.default_rng(27)
    for _ in range(40):
        s = derived(contracting(rng))
        t, parts = s["step"], s["parts"]
        if t == 0 or s["length"] == 0:
            continue
        left = [abs(sum(parts[1 : t - n + 1])) for n in range(t + 1)]
        want = next(n for n in range(t + 1) if all(rest <= 0.1 * s["length"] * (1 + 1e-9) for rest in left[n:]))
        assert s["reach"] == want
    s = derived(GradientRiver())
    assert 0.9 * s["length"] <= sum(s["parts"][-s["reach"] :]) <= s["length"]
    assert sum(s["parts"][1 - s["reach"] :]) < 0.9 * s["length"], "with one step less it is not nine tenths"


def test_a_rotation_is_one():
    for H in range(1, 5):
        Q = np.array(river("gradient_river_maths.rotation", H))
        assert close(Q @ Q.T, np.eye(H))
        assert np.linalg.det(Q) == pytest.approx(1)
    assert close(river("gradient_river_maths.rotation", 2), GradientRiver().direction)


def test_the_largest_stretch_is_the_largest_singular_value():
    rng = np.random.default_rng(28)
    for _ in range(40):
        W = rng.uniform(-2, 2, (int(rng.integers(1, 5)),) * 2)
        assert river("gradient_river_maths.largest", W.tolist()) == pytest.approx(np.linalg.norm(W, 2), rel=0.02)


NUM = "(values) => values.map((v) => shared_magnitude.num(v))"


def test_numbers_of_any_size_have_three_figures_and_none_is_a_false_zero():
    values = [0, 1.527, 0.00689, 23.817, 142.3, 32385922.4, 8.78e-6, -0.0042, 1e-16]
    want = ["0.00", "1.53", "0.00689", "23.8", "142", "3.2·10⁷", "8.8·10⁻⁶", "−0.00420", "1.0·10⁻¹⁶"]
    assert river(NUM, values) == want


def test_the_sum_adds_up_as_printed():
    rng = np.random.default_rng(29)
    code = """(traits) => it.still(it.derive({ ...traits, committed: true, ui: {}, ghost: null }), 720).body
        .flatMap((n) => [n, ...n?.tag === "g" ? n.children : []])
        .filter((n) => n && n.tag === "text").map((n) => n.children.join(""))
        .filter((t) => /kept|‖∂L.∂Wₕₕ‖|^steps? \\d/.test(t))"""
    exact = 0
    for _ in range(60):
        shown = river(code, plain(contracting(rng).traits_for_page()))
        if not shown:
            continue
        numbers = [
            float(word.replace("−", "-"))
            for word in " ".join(shown).split()
            if word.replace("−", "").replace(".", "").isdigit() and "." in word
        ]
        if "=" in shown[-1] and len(numbers) == 3 and "·" not in "".join(shown):
            assert round(sum(numbers[:2]) - numbers[2], 9) == 0, shown
            exact += 1
    assert exact > 10


def test_the_challenge_needs_a_gain_above_one_and_no_clip_helps():
    own = json.loads(json.dumps(plain(GradientRiver(committed=True).traits_for_page())))
    code = """(own, more) => Array.from({ length: it.challenge.cases }, (_, k) =>
        it.challenge.check({ ...own, ...it.challenge.start, ...more }, k) === null)"""
    assert all(river(code, own, {"gain": 1.2}))
    for more in (
        {"gain": 0.9},
        {"gain": 1},
        {"gain": 1.6},
        {"gain": 0.9, "clip": 1},
        {"gain": 1, "activation": "linear"},
    ):
        assert not all(river(code, own, more)), more


def test_rnnkits_own_cells_are_used():
    assert GradientRiver().cell is rnn
    assert GradientRiver(activation="relu").cell is rnn_relu
