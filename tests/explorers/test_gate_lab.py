"""Gate Lab's step, adjoint and BPTT against rnnkit's and torch's; its sums as printed; what its presets claim."""

import re

import numpy as np
import pytest
from engines import ask, plain, random_traits

from rnnkit import params
from rnnkit.cells import lstm
from rnnkit.explorers import GateLab

EXTREMES = [GateLab(**extreme) for extreme in GateLab.limits.extremes]
DERIVE = "(traits) => it.derive({ ...traits, committed: true, ui: {}, ghost: null })"
SETS = "(own) => Object.fromEntries(it.presets.map((p) => [p.name, { ...own, ...it.base, ...p.set }]))"
SAID = "(nodes) => shared_node.toText([nodes].flat())"


def lab(code, *given):
    return ask(code, *given, kind=GateLab)


def derived(one):
    return lab(DERIVE, plain(one.traits_for_page()))


def some(count, seed, **more):
    rng = np.random.default_rng(seed)
    return [GateLab(**random_traits(GateLab, rng) | more) for _ in range(count)]


@pytest.fixture(scope="module")
def presets():
    own = plain({name: getattr(GateLab(), name) for name in GateLab.limits.traits})
    return {name: GateLab(**traits) for name, traits in lab(SETS, own).items()}


def weights(rng, H, inputs):
    p = params.uniform(lstm, inputs, H, rng=rng)
    bias = p["bias_ih"] + p["bias_hh"]
    return p, {"weightIh": p["weight_ih"].tolist(), "weightHh": p["weight_hh"].tolist(), "bias": bias.tolist()}


def test_a_step_and_its_adjoint_are_rnnkits():
    rng = np.random.default_rng(50)
    for _ in range(40):
        H, inputs = (int(n) for n in rng.integers(1, 5, 2))
        p, page = weights(rng, H, inputs)
        x, h, c, d_h, d_c = (rng.uniform(-2, 2, n) for n in (inputs, H, H, H, H))
        (h_new, c_new), trace = lstm.step(p, p["weight_ih"] @ x + page["bias"], (h, c))
        before = {"h": h.tolist(), "c": c.tolist()}
        now = lab("(p, x, before) => compute_lstm.lstmStep(p, x, before)", page, x.tolist(), before)
        for name, want in (("h", h_new), ("c", c_new), ("gates", trace.gates), ("tanhC", trace.tanh_c)):
            assert np.allclose(now[name], want, rtol=0, atol=1e-12), name
        (d_a, _), (d_h_prev, d_c_prev) = lstm.step_backward(p, trace, (h, c), (d_h, d_c))
        code = "(p, now, before, dH, dC) => compute_lstm.lstmStepBackward(p, now, before, dH, dC)"
        back = lab(code, page, now, before, d_h.tolist(), d_c.tolist())
        for name, want in (("dSums", d_a), ("dH", d_h_prev), ("dC", d_c_prev)):
            assert np.allclose(back[name], want, rtol=0, atol=1e-12), name


def test_backpropagation_through_time_is_rnnkits():
    """Of several units, from c_s to c_0: the loop of rnnkit's adjoint, and torch's gradient."""
    torch = pytest.importorskip("torch")
    rng, (T, H, inputs) = np.random.default_rng(51), (7, 3, 2)
    p, page = weights(rng, H, inputs)
    xs, d_last = rng.uniform(-1, 1, (T, inputs)), rng.uniform(-1, 1, H)
    code = """(p, xs, dLast) => {
        const run = [{ gates: [], c: dLast.map(() => 0), tanhC: dLast.map(() => 0), h: dLast.map(() => 0) }];
        xs.forEach((x) => run.push(compute_lstm.lstmStep(p, x, run.at(-1))));
        const s = xs.length;
        return [compute_lstm.lstmBackward(p, run, s, dLast), compute_lstm.alongCell(run, s, dLast)]; }"""
    whole, along = map(np.array, lab(code, page, xs.tolist(), d_last.tolist()))
    cell = torch.nn.LSTMCell(inputs, H, dtype=torch.float64)
    for name, value in p.items():
        getattr(cell, name).data = torch.tensor(value)
    h, c, cs, shares = torch.zeros(1, H, dtype=torch.float64), torch.zeros(1, H, dtype=torch.float64), [], []
    c.requires_grad_()
    cs.append(c)
    for x in torch.tensor(xs)[:, None]:
        sums = x @ cell.weight_ih.T + h @ cell.weight_hh.T + cell.bias_ih + cell.bias_hh
        shares.append(torch.sigmoid(sums)[0, H : 2 * H].detach().numpy())
        h, c = cell(x, (h, c))
        c.retain_grad()
        cs.append(c)
    (c[0] * torch.tensor(d_last)).sum().backward()
    # a state of torch's serves its own h in the same call, so its gradient at c is along every way
    assert np.allclose(whole, [one.grad[0].numpy() for one in cs], rtol=0, atol=1e-12)
    want = [d_last]
    for share in reversed(shares):
        want.append(want[-1] * share)
    assert np.allclose(along, want[::-1], rtol=0, atol=1e-12)


def test_states_gates_and_gradients_are_rnnkits():
    held = 0
    for one in [*EXTREMES, *some(80, 52)]:
        s = derived(one)
        assert np.allclose(np.transpose([s["c"], s["h"]]), one.states, rtol=0, atol=1e-12)
        values = np.transpose([s["gate"][k][1:] for k in "ifgo"])
        assert np.allclose(values, one.gate_values, rtol=0, atol=1e-12)
        assert np.allclose(np.transpose([s["along"], s["whole"]]), one.gradients, rtol=0, atol=1e-12)
        held += one.by == "weights" and 0 < np.sum(np.array(one.held) >= 0.5) < 40
    assert held > 20


def test_a_gate_that_is_held_passes_no_gradient():
    for one in some(20, 53, by="hand"):
        s = derived(one)
        assert np.allclose(s["along"], s["whole"], rtol=0, atol=1e-15)
    for one in some(20, 54, by="weights", held=np.zeros((4, 10))):
        s = derived(one)
        assert one.read < 3 or s["along"] != s["whole"]


def test_a_gradient_is_what_a_nudge_of_c_does():
    """By central differences: a nudge of c_k is one of i_k g_k at a step that is held by hand."""
    rng, held, i, g = np.random.default_rng(55), np.zeros((4, 10)), np.ones(10), np.zeros(10)
    held[[0, 2], 2] = 1  # i and g of step 3
    for _ in range(10):
        traits = random_traits(GateLab, rng) | {"by": "weights", "held": held, "read": 9, "i": i}
        ones = []
        for nudge in (0, 1e-5, -1e-5):
            g[2] = 0.3 + nudge
            ones.append(GateLab(**traits | {"g": g}))
        middle, up, down = ones
        slope = (up.states[9, 0] - down.states[9, 0]) / 2e-5
        assert derived(middle)["whole"][3] == pytest.approx(slope, abs=1e-9)


def test_presets_do_what_they_are_called(presets):
    assert list(presets) == ["Hold", "Leak", "Overwrite", "Run away", "Count", "First 1 only", "By weights"]
    c = {name: one.states[:, 0] for name, one in presets.items()}
    h = {name: one.states[:, 1] for name, one in presets.items()}
    assert np.allclose(c["Hold"][2:], 0.8)
    assert presets["Hold"].gradients[2, 0] == pytest.approx(1)
    assert c["Leak"][10] == pytest.approx(0.8 / 2**8)
    assert presets["Leak"].gradients[2, 0] == pytest.approx(1 / 2**8)
    assert c["Overwrite"][10] == pytest.approx(-0.6)
    assert c["Run away"][10] == pytest.approx(8)
    assert h["Run away"][10] > 0.995
    assert np.allclose(c["Count"][[5, 10]], [5, 0])
    assert np.allclose(h["Count"][[1, 5]], [0.76, 1], atol=0.005)
    assert np.allclose(c["First 1 only"][3:], 0.8)
    along, whole = presets["By weights"].gradients[2]
    assert (round(along, 3), round(whole, 2)) == (0.004, 0.10)
    assert np.ptp(c["By weights"][3:]) < 0.25


def test_the_words_of_presets_are_their_numbers(presets):
    """What a preset's sentence says in numbers is what rnnkit computes."""
    code = "(name) => shared_node.toText([it.presets.find((one) => one.name === name).say].flat())"
    said = {name: re.sub("<[^>]*>", "", lab(code, name)).replace("−", "-") for name in presets}
    c, h = ({name: one.states[:, k] for name, one in presets.items()} for k in (0, 1))
    assert f"{c['Leak'][10]:.3f} of the {c['Leak'][2]:.2f}" in said["Leak"]
    assert f"with it: {presets['Leak'].gradients[2, 0]:.3f}" in said["Leak"]
    assert f"climbs to {c['Run away'][10]:.2f}" in said["Run away"]
    assert f"stuck at {h['Run away'][10]:.2f}" in said["Run away"]
    assert f"counts to {c['Count'][5]:.2f} and back to {abs(c['Count'][10]):.2f}" in said["Count"]
    assert f"{h['Count'][1]:.2f} after one a, {h['Count'][5]:.2f} after five" in said["Count"]
    assert f"the old {c['Overwrite'][5]:.2f} stops" in said["Overwrite"]
    assert f"and {c['Overwrite'][6]:.2f} comes in" in said["Overwrite"]
    along, whole = presets["By weights"].gradients[2]
    assert f"{along:.3f} along c, {whole:.2f} in all" in said["By weights"]
    assert "c ≈ 1 whether 0.5 or 1 came in" in said["By weights"]
    half = GateLab(by="weights", inputs=[0, 0.5, *[0] * 8]).states[10, 0]
    assert (round(half), round(presets["By weights"].states[10, 0])) == (1, 1)


def test_the_words_name_the_way_through_h_only_where_it_adds_something():
    code = f"(traits) => shared_node.toText([it.words(({DERIVE})(traits))].flat())"
    by_weights = {"by": "weights", "step": 10, "inputs": [0, 1, *[0] * 8]}
    no_h = [[0, 0, 1.5], [0, 0, 6], [1.5, 0, 0], [0, 0, 3]]  # no gate reads h
    kept, both = (
        re.sub("<[^>]*>", "", lab(code, plain(GateLab(**by_weights | w).traits_for_page())))
        for w in ({"weights": no_h}, {})
    )
    assert "0.98 in all, and all of it comes along c" in kept
    assert "0.004 along c alone, and 0.10 in all: the difference comes through h" in both


SUMS = """(traits) => {
    const s = it.derive({ ...traits, committed: true, ui: {}, ghost: null });
    const at = (v, digits) => Number(v.toFixed(digits));
    return s.c.slice(1).map((_, n) => {
        const [t, { c, h }] = [n + 1, gate_lab_maths.sums(s, n + 1)];
        const [kept, added] = [gate_lab_maths.kept(s, t), gate_lab_maths.added(s, t)];
        return { exact: c.exact, digits: c.digits, exactH: h.exact, digitsH: h.digits,
            c: [s.gate.f[t], s.c[t - 1], s.gate.i[t], s.gate.g[t], kept, added, s.c[t]].map((v) => at(v, c.digits)),
            h: [s.gate.o[t], s.tanhC[t], s.h[t]].map((v) => at(v, h.digits)) };
    }); }"""


def test_equations_add_up_as_printed():
    """Where the card prints =, the printed factors give the printed products, and those the printed sum."""
    exact = 0
    for one in [GateLab(), *EXTREMES, *some(40, 56)]:
        for row in lab(SUMS, plain(one.traits_for_page())):
            f, c, i, g, kept, added, total = row["c"]
            if row["exact"]:
                assert max(abs(f * c - kept), abs(i * g - added)) < 0.5 * 10 ** -row["digits"]
                assert kept + added == pytest.approx(total, abs=1e-9)
                exact += 1
            if row["exactH"]:
                o, tanh_c, h = row["h"]
                assert abs(o * tanh_c - h) < 0.5 * 10 ** -row["digitsH"]
    assert exact > 100


def test_hands_sums_are_exact_for_the_default():
    assert all(row["exact"] and row["exactH"] for row in lab(SUMS, plain(GateLab().traits_for_page())))


PASSES = """(all) => all.map((weights) => gate_lab_maths.HIDDEN.every((inputs) =>
    gate_lab_maths.fault({ ...it.challenge.start, weights }, inputs) === null))"""
SOLUTION = [[12, -16, -6], [0, 0, 6], [3, 0, 0], [0, 0, 6]]


def test_the_challenge_is_neither_trivial_nor_hopeless():
    """A known solution passes; no gate of it can go back to its start, and of random weights next to none pass."""
    start = lab("() => it.challenge.start.weights")
    assert lab(PASSES, [SOLUTION, start]) == [True, False]
    without = [[row if k != n else start[n] for k, row in enumerate(SOLUTION)] for n in (0, 1)]
    without.append([[12, 0, -6], *SOLUTION[1:]])  # i that cannot see what is stored
    assert lab(PASSES, without) == [False, False, False]
    drawn = np.random.default_rng(57).uniform(-10, 10, (2000, 4, 3))
    assert np.mean(lab(PASSES, drawn.tolist())) < 0.02


def test_the_challenge_is_not_done_by_hand():
    held = np.zeros((4, 10))
    held[0, 4] = 1
    code = "(held, weights) => gate_lab_maths.fault({ ...it.challenge.start, held, weights }, gate_lab_maths.HIDDEN[0])"
    assert lab(code, held.tolist(), SOLUTION) == {"t": 5, "want": "free", "got": 0}


def test_faults_are_found_where_they_are():
    """By rnnkit's own run of the same weights and inputs."""
    code = """(weights) => gate_lab_maths.HIDDEN.map((inputs) =>
        [inputs, gate_lab_maths.fault({ ...it.challenge.start, weights }, inputs)])"""
    seen = set()
    start, open_ = lab("() => it.challenge.start.weights"), [0, 0, 6]
    weak, biased = ([[0, 0, 0], open_, g, [0, 0, 4]] for g in ([0.5, 0, 0], [1, 0, 0.5]))
    for weights_ in [start, SOLUTION, [open_, open_, [3, 0, 0], [0, 0, 4]], weak, biased]:
        for inputs, fault in lab(code, weights_):
            c = GateLab(by="weights", weights=weights_, inputs=inputs).states[:, 0]
            first = inputs.index(1) + 1 if 1 in inputs else None
            good = abs(c[10]) < 0.1 if first is None else abs(c[first]) >= 0.4 and abs(c[10] - c[first]) <= 0.15
            assert (fault is None) == good
            if fault:
                assert fault["got"] == pytest.approx(c[fault["t"]], abs=1e-12)
                seen.add(str(fault["want"]) if isinstance(fault["want"], str) else "kept")
    assert seen == {"more", "nothing", "kept"}


def test_what_was_there_before_is_never_wider_than_the_river_bed():
    """Run away, and then f at half its height: the sum of before is eight times as large, and seen whole."""
    away = {"f": [1] * 10, "i": [1] * 10, "g": [0.8] * 10}
    code = """(before, after) => {
        const ghost = it.derive({ ...before, committed: true, ui: {}, ghost: null });
        return [ghost.scale, it.derive({ ...after, committed: true, ui: {}, ghost }).scale, Math.max(...ghost.c)]; }"""
    before, after = (plain(GateLab(**away | {"f": [f] * 10}).traits_for_page()) for f in (1, 0.5))
    alone, together, most = lab(code, before, after)
    assert together == alone >= most > 7


def test_the_way_back_has_its_decades_written():
    code = """(traits, width) => { const { body } = gate_lab_picture.conveyor(it.derive({ ...traits, committed: true,
        ui: {}, ghost: null }), width);
        return body.flat().filter((n) => n?.attributes?.class === "rk-tick" && n.attributes["text-anchor"] === "end")
            .map((n) => String(n.children[0])); }"""
    for width, words in ((343, [".1", "1"]), (900, ["0.1", "1"])):
        shown = lab(code, plain(GateLab().traits_for_page()), width)
        assert [word for word in sorted(set(shown)) if word] == words


def test_numbers_of_the_way_back_are_no_false_zeros():
    values = [0, 1, 0.0039, 0.1, 0.0527, 0.00094, -0.0005, -0.25, 1234, 2e7]
    want = ["0", "1.00", "0.004", "0.10", "0.053", "<0.001", "−<0.001", "−0.25", "1234", ">9999"]
    assert lab("(values) => values.map((v) => gate_lab_picture.share(v))", values) == want
