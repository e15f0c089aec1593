"""Evidence Bench: the page's network, its way back and its methods are rnnkit's and torch's; what presets say is so."""

import json
import re

import numpy as np
import pytest
from engines import ask, plain, random_traits

from rnnkit import unroll
from rnnkit.cells import gru
from rnnkit.explorers import EvidenceBench
from rnnkit.explorers.evidence_bench import network

DERIVE = """(traits) => { const { rows, bars, score, base, total, names, hits, turns, planted, low, high, veiled } =
    it.derive({ ...traits, committed: true, ui: {}, ghost: null });
    return { rows, bars, score, base, total, names, hits, turns, planted, low, high, veiled }; }"""
SETS = "(own) => Object.fromEntries(it.presets.map((p) => [p.name, { ...own, ...it.base, ...p.set }]))"
SAYS = """(own) => it.presets.map((p) => [p.name, shared_node.toText([p.say].flat())])"""
NETS = network.load()
EVERY = [(task, name) for task in NETS for name in "abc"]
EXTREMES = [EvidenceBench(**extreme) for extreme in EvidenceBench.limits.extremes]


def asked(code, *given):
    return ask(code, *given, kind=EvidenceBench)


def derived(one):
    return asked(DERIVE, plain(one.traits_for_page()))


def own(**more):
    return plain({name: getattr(EvidenceBench(), name) for name in EvidenceBench.limits.traits}) | more


def some(count, seed, **more):
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        traits = random_traits(EvidenceBench, rng) | {"planted": rng.choice(12, 2, replace=False) + 1}
        found.append(EvidenceBench(**traits | more))
    return found


@pytest.fixture(scope="module")
def presets():
    return {name: EvidenceBench(**traits) for name, traits in asked(SETS, own()).items()}


def turning(one):
    """The steps whose number turns the answer, at one of 17 heights."""
    low, high = one.states[1:, 2:].T
    return [t + 1 for t in range(network.T) if low[t] < 0 < high[t]]


def named(one):
    return sorted(int(t) + 1 for t in network.named(one.explained, network.PLANTED[one.task]))


# The network and its way back.


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_score_attention_and_gradient_are_torchs(task, name):
    torch = pytest.importorskip("torch")
    net, H = NETS[task]["abc".index(name)], network.H
    x, marks, _ = network.sequences(task, 6, np.random.default_rng(60))
    layer = torch.nn.GRU(2, H, dtype=torch.float64)
    for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(layer, f"{key}_l0").data = torch.tensor(net[key])
    numbers = torch.tensor(x, requires_grad=True)
    h, _ = layer(torch.stack([numbers, torch.tensor(marks)], -1))
    attention = torch.softmax(h @ torch.tensor(net["query"]), 0)
    score = (attention * (h @ torch.tensor(net["readout"]))).sum(0) + net["bias"][0]
    score.sum().backward()
    assert np.allclose(network.score(net, x, marks), score.detach().numpy(), rtol=0, atol=1e-12)
    assert np.allclose(network.attention(net, x, marks), attention.detach().numpy(), rtol=0, atol=1e-12)
    assert np.allclose(network.gradient(net, x, marks), numbers.grad.numpy(), rtol=0, atol=1e-11)


def test_the_gradients_that_train_are_torchs():
    """Of every weight, with random ones and a random gradient of the scores."""
    torch = pytest.importorskip("torch")
    rng, H = np.random.default_rng(61), network.H
    net = {name: rng.uniform(-1, 1, shape) / np.sqrt(H) for name, shape in network.SHAPES.items()}
    x, marks, _ = network.sequences("sum", 5, rng)
    xs, d_score = network.pairs(x, marks), rng.normal(size=5)
    grads, _ = network.backward(net, xs, network.read(net, xs), d_score)
    layer = torch.nn.GRU(2, H, dtype=torch.float64)
    for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(layer, f"{key}_l0").data = torch.tensor(net[key])
    others = {key: torch.tensor(net[key], requires_grad=True) for key in ("query", "readout", "bias")}
    h, _ = layer(torch.tensor(xs))
    score = (torch.softmax(h @ others["query"], 0) * (h @ others["readout"])).sum(0) + others["bias"]
    (score * torch.tensor(d_score)).sum().backward()
    want = {name: getattr(layer, f"{name}_l0", None) for name in net} | others
    for name, grad in grads.items():
        assert np.allclose(grad, want[name].grad.numpy(), rtol=0, atol=1e-12), name


def test_states_are_rnnkits():
    """Of networks with trained and with shuffled weights, by every method."""
    tried = set()
    for one in [*EXTREMES, *some(36, 62), *(EvidenceBench(method=m) for m in network.METHODS)]:
        s, states = derived(one), one.states
        assert np.allclose(s["rows"], states, rtol=0, atol=1e-10 * max(1, np.abs(states).max()))
        assert s["planted"] == (np.flatnonzero(one.marks) + 1).tolist()
        assert sorted(s["names"]) == named(one)
        tried.add((one.method, one.shuffle > 0))
    assert len(tried) == 12


def test_the_pages_gradient_is_the_slope_of_its_score():
    """By central differences, in the page alone."""
    code = """(traits, t, by) => {
        const at = (sign) => it.derive({ ...traits, inputs: traits.inputs.with(t, traits.inputs[t] + sign * by),
            committed: true, ui: {}, ghost: null });
        return [at(0).bars[t], (at(1).score - at(-1).score) / (2 * by)]; }"""
    for k, one in enumerate(some(12, 63, method="gradient")):
        got, want = asked(code, plain(one.traits_for_page()), k, 1e-5)
        assert got == pytest.approx(want, abs=1e-6, rel=1e-6)


def test_integrated_gradients_add_up_to_the_score():
    """With 256 points to three hundredths of what they explain; with 4, less exactly."""
    gaps = {points: [] for points in (4, 256)}
    for points, found in gaps.items():
        for one in some(20, 64, method="integrated", points=points, shuffle=0):
            s = derived(one)
            zeros = network.score(one._net, np.zeros((12, 1)), one.marks[:, None])[0]
            assert s["base"] == pytest.approx(zeros, abs=1e-12)
            found.append(abs(s["total"] - (s["score"] - s["base"])) / (1 + abs(s["score"] - s["base"])))
    assert max(gaps[256]) < 0.03
    assert np.mean(gaps[4]) > 10 * np.mean(gaps[256])


def test_occlusion_by_hand():
    one = EvidenceBench(method="occlusion")
    x, net = np.array(one.inputs), NETS["one"][1]
    for t in range(12):
        other = x.copy()
        other[t] = 0
        scores = [network.score(net, each[:, None], one.marks[:, None])[0] for each in (x, other)]
        assert one.explained[t] == pytest.approx(scores[0] - scores[1], abs=1e-12)


def test_a_shuffle_keeps_the_numbers_and_not_their_places():
    net = NETS["sum"][1]
    for seed in range(1, 6):
        other = network.shuffled(net, seed)
        for name, array in net.items():
            assert np.array_equal(np.sort(array, None), np.sort(other[name], None))
        assert not np.array_equal(net["weight_hh"], other["weight_hh"])
    assert network.shuffled(net, 0) is net


def test_ranks_are_compared_as_spearman_does():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(66)
    for _ in range(20):
        a, b = rng.normal(size=(2, 12))
        want = stats.spearmanr(np.abs(a), np.abs(b)).statistic
        assert network.alike(a[:, None], b[:, None])[0] == pytest.approx(want)
        assert asked("(a, b) => evidence_bench_maths.alike(a, b)", a.tolist(), b.tolist()) == pytest.approx(want)


# The file.


def test_a_network_goes_to_text_and_back():
    for nets in NETS.values():
        for net in nets:
            again = network.unpacked(network.packed(net))
            assert all(np.array_equal(net[name], again[name]) for name in net)


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_what_is_on_record_is_measured_again(task, name):
    """On other hidden sequences, so within a band; and all of them are right."""
    one = json.loads(network.FILE.read_text("utf-8"))["networks"][task]["abc".index(name)]
    x, marks, yes = network.sequences(task, 400, np.random.default_rng(67))
    net = NETS[task]["abc".index(name)]
    assert np.mean((network.score(net, x, marks) > 0) == yes) >= 0.98
    assert one["right"] >= 990
    for k, method in enumerate(("attention", "gradient", "product", "integrated", "occlusion", "size")):
        if method == "integrated":
            continue  # the dearest
        top = network.named(network.METHODS[method](net, x, marks), network.PLANTED[task])
        share = np.take_along_axis(marks, top, 0).mean()
        assert np.mean(one["found"][k]) / 1000 == pytest.approx(share, abs=0.08), method


def test_attention_depends_on_the_seed_and_the_best_methods_do_not():
    nets = json.loads(network.FILE.read_text("utf-8"))["networks"]
    found = {task: np.array([np.mean(one["found"], 1) / 10 for one in of]) for task, of in nets.items()}
    for task in found:
        attention, integrated = found[task][:, 0], found[task][:, 3]
        assert np.ptp(integrated) < 5
        assert integrated.min() > attention.max() or np.ptp(attention) > 50
    assert np.ptp(found["one"][:, 0]) > 40
    assert all(one["shuffled"][k][6] == 1000 for of in nets.values() for one in of for k in range(5)), "the decoy"


def test_none_of_the_seeds_is_left_out():
    from artefacts.evidence_bench.__main__ import HIDDEN, SEEDS

    record = json.loads(network.FILE.read_text("utf-8"))
    assert {task: tuple(one["seed"] for one in of) for task, of in record["networks"].items()} == dict.fromkeys(
        network.PLANTED, SEEDS
    )
    assert (record["steps"], record["hidden"]) == (network.T, HIDDEN)
    assert len(network.FILE.read_bytes()) < 20_000


def test_a_tenth_of_the_training_already_learns_the_task():
    from artefacts.evidence_bench.train import Recipe, train

    net = train("one", 0, Recipe(updates=250))
    x, marks, yes = network.sequences("one", 400, np.random.default_rng(68))
    assert np.mean((network.score(net, x, marks) > 0) == yes) > 0.9


@pytest.mark.heavy
def test_a_network_trained_again_is_right_and_its_attention_as_blind():
    """Processors differ in the last digits, so within a band."""
    from artefacts.evidence_bench.train import Recipe, train

    net = train("one", 1, Recipe())
    x, marks, yes = network.sequences("one", 1000, np.random.default_rng(69))
    assert np.mean((network.score(net, x, marks) > 0) == yes) > 0.99
    for method, low, high in ((network.attention, 0, 0.3), (network.occlusion, 0.95, 1)):
        top = network.named(method(net, x, marks), 1)
        assert low <= np.take_along_axis(marks, top, 0).mean() <= high


# What is said.


def test_the_opening_is_wrong_by_three_methods():
    one = EvidenceBench()
    assert turning(one) == [9] == (np.flatnonzero(one.marks) + 1).tolist()
    for method in ("attention", "gradient", "product"):
        assert named(EvidenceBench(method=method)) == [12], method
    assert one.explained.max() > 0.75, "a clean picture"
    for method in ("integrated", "occlusion"):
        assert named(EvidenceBench(method=method)) == [9]
    assert one.states[12, 3] < -3, "the answer is far from turning with number 12"


def test_presets_show_what_they_say(presets):
    names = ["One number", "Another seed", "A clean gradient", "Sum of two", "Either is enough", "Shuffled"]
    assert list(presets) == names
    seed = presets["Another seed"]
    assert (named(seed), turning(seed)) == ([9], [9])
    assert seed.inputs == presets["One number"].inputs
    clean = presets["A clean gradient"]
    assert (named(clean), clean.step, clean.method, turning(clean)) == ([10], 10, "gradient", [8])
    assert np.abs(clean.explained).max() > 0.8 * np.abs(clean.explained).sum()
    assert clean.states[10, 2] > 3
    two = presets["Sum of two"]
    assert (named(two), turning(two), two.method) == ([11, 12], [2, 10], "attention")
    either = presets["Either is enough"]
    assert (turning(either), either.method) == ([], "occlusion")
    assert (np.flatnonzero(either.marks) + 1).tolist() == [6, 10]
    assert np.abs(either.explained).max() < 0.02 * either.states[0, 0]
    below = np.array(either.inputs)
    below[[5, 9]] = -0.3
    for k in (5, 9):
        alone = np.array(either.inputs)
        alone[k] = -0.3
        assert EvidenceBench(task="either", net="a", planted=[6, 10], inputs=alone).states[0, 0] > 0
    assert EvidenceBench(task="either", net="a", planted=[6, 10], inputs=below).states[0, 0] < 0
    decoy = presets["Shuffled"]
    assert np.array_equal(decoy.explained, EvidenceBench(method="size").explained)
    said = dict(asked(SAYS, own()))
    assert all(re.search(r"\d|network", text) for text in said.values())


def test_another_sequence_is_one_that_the_network_gets_right():
    code = "(traits, seed) => evidence_bench_maths.another(traits, seed)"
    for k, (task, name) in enumerate(EVERY):
        one = EvidenceBench(**asked(code, own(task=task, net=name), k + 1))
        values = np.array(one.inputs)[one.marks > 0]
        assert len(values) == network.PLANTED[task]
        assert (one.states[0, 0] > 0) == bool(network.RULES[task](values[:, None])[0])


def test_a_column_is_drawn_by_what_was_tried():
    """Between two heights the score goes straight; at them it is what the network said."""
    code = """(traits, v) => { const s = it.derive({ ...traits, committed: true, ui: {}, ghost: null });
        return s.tried.map((scores) => evidence_bench_maths.between(scores, v)); }"""
    one = EvidenceBench(task="sum", net="c")
    tried = network.moved(one._net, np.array(one.inputs), one.marks)
    for k, v in enumerate(network.LEVELS):
        assert np.allclose(asked(code, plain(one.traits_for_page()), float(v)), tried[:, k], atol=1e-10)


CHECK = """(own, more) => Array.from({ length: it.challenge.cases }, (_, k) =>
    it.challenge.check({ ...own, ...it.challenge.start, ...more }, k))"""


def test_the_challenge_asks_for_both_and_no_third():
    start = asked("() => it.challenge.start")["inputs"]

    def passes(changes):
        inputs = [changes.get(t + 1, v) for t, v in enumerate(start)]
        return [fault is None for fault in asked(CHECK, own(), {"inputs": inputs})]

    assert passes({4: -0.5, 10: -0.5}) == 6 * [True]
    assert not any(passes({}))
    assert not any(passes({4: -0.5}))
    assert not any(passes({4: -0.5, 9: -0.5}))
    assert not any(passes({4: -0.5, 10: -0.5, 1: 0.3}))


def test_rnnkits_loop_reads_the_sequence():
    """The states that are pooled are those of unroll."""
    net, one = NETS["one"][1], EvidenceBench()
    xs = network.pairs(np.array(one.inputs)[:, None], one.marks[:, None])
    (states,), _ = unroll(gru, net, xs, (np.zeros((1, network.H)),))
    assert np.array_equal(states, network.read(net, xs).states)
