"""Cell Race: its cells and training against rnnkit's; whole races against committed ones; what its words claim."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from engines import ask, plain

from rnnkit.explorers import CellRace
from rnnkit.explorers.cell_race import nets

BATCH = 16
RACES = json.loads((Path(__file__).parent / "cell_race.json").read_text("utf-8"))
RUN = """(given, p) => given.map((one, k) => {
    const { cell, task, T, renews, seed } = one;
    const net = cell_race_nets.netOf(cell, task);
    const [x, y] = [new Float64Array(T * net.D * 16), new Float64Array(16)];
    cell_race_tasks.draw(task, T, 16, compute_random.random(seed), x, y);
    const [room, parameters] = [cell_race_nets.roomOf(net, T, 16), Float64Array.from(p[k])];
    const loss = cell_race_nets.forward(net, parameters, room, x, y, renews);
    cell_race_nets.backward(net, parameters, room, x, renews);
    return [loss, Array.from(room.gradient), Array.from(room.norms)];
})"""
RACE = """(settings, most) => {
    const race = cell_race_race.raceOf(settings);
    while (!race.done && race.n < most) race.step();
    return { n: race.n, home: race.nets.map((one) => one.solved), means: race.nets.map((one) => one.mean),
        right: race.nets.map((one) => one.right), p: race.nets.map((one) => Array.from(one.p)) };
}"""
SAYS = """(traits) => {
    const race = cell_race_race.raceOf(traits);
    while (!race.done) race.step();
    cell_race_maths.record(traits, race);
    const said = (more) => shared_node.toText([it.words(it.derive({ ...traits, committed: true, ...more,
        ui: { live: true } }))].flat());
    return [said({}), said({ view: "flip" }), race.nets.map((one) => one.solved)];
}"""


def race(code, *given):
    return ask(code, *given, kind=CellRace)


def settings(**changed):
    return plain(CellRace(**changed).traits_for_page())


def preset(name):
    (found,) = (one["set"] for one in race("() => it.presets") if one["name"] == name)
    return settings(**found)


def raced(name):
    """The settings of a committed race."""
    return preset(RACES[name]["preset"]) | RACES[name].get("set", {})


def net_of(name, task, p, renews=False):
    """A flat array of the page's parameters on rnnkit's cell."""
    (cell, H), (I, K) = nets.UNITS[name], nets.SIZES[task]
    GH, rest = len(cell.GATES) * H, np.array(p)

    def take(*shape):
        nonlocal rest
        part, rest = rest[: math.prod(shape)], rest[math.prod(shape) :]
        return part.reshape(shape).copy()

    params = {"weight_ih": take(GH, I), "weight_hh": take(GH, H), "bias_ih": take(GH), "bias_hh": np.zeros(GH)}
    if name == "GRU":
        params["bias_hh"][2 * H :] = take(H)
        if renews:
            for values in params.values():
                values[H : 2 * H] *= -1
    return nets.Net(cell, params, take(K, H), take(K))


def flat(net, values, renews=False):
    """Gradients, or parameters, of a net on rnnkit's cell, as the page has them."""
    H, values = net.weight.shape[1], {name: np.array(value) for name, value in values.items()}
    if renews:
        for name in ("weight_ih", "weight_hh", "bias_ih"):
            values[name][H : 2 * H] *= -1
    second = [values["bias_hh"][2 * H :]] if net.cell is nets.gru else []
    order = [values["weight_ih"], values["weight_hh"], values["bias_ih"], *second, values["weight"], values["bias"]]
    return np.concatenate([one.ravel() for one in order])


def of(net):
    return {**net.params, "weight": net.weight, "bias": net.bias}


CASES = [
    {"cell": cell, "task": task, "T": T, "renews": renews, "seed": 100 + T}
    for cell in nets.UNITS
    for task in nets.SIZES
    for T in (2, 3, 9, 40)
    for renews in ([False, True] if cell == "GRU" else [False])
]


def size_of(case):
    (cell, H), (I, K) = nets.UNITS[case["cell"]], nets.SIZES[case["task"]]
    G = len(cell.GATES)
    return G * H * (I + H + 1) + (H if case["cell"] == "GRU" else 0) + K * (H + 1)


def test_losses_and_gradients_are_rnnkits():
    """Random weights and biases, U(±1/√H); losses, every gradient and the gradient at every step, relative."""
    rng = np.random.default_rng(40)
    p = [(rng.uniform(-1, 1, size_of(case)) / math.sqrt(nets.UNITS[case["cell"]][1])).tolist() for case in CASES]
    for case, values, (loss, gradient, norms) in zip(CASES, p, race(RUN, CASES, p), strict=True):
        net = net_of(case["cell"], case["task"], values, case["renews"])
        xs, y = nets.batch(case["task"], case["T"], BATCH, nets.random(case["seed"]))
        want = nets.run(net, case["task"], xs, y)
        grads = flat(net, nets.trained(net, want.grads), case["renews"])
        assert abs(loss - want.loss) < 1e-12 * want.loss, case
        assert np.linalg.norm(gradient - grads) < 1e-11 * np.linalg.norm(grads), case
        lags = np.linalg.norm(want.memory[1:], axis=(1, 2))
        assert np.abs(norms / lags - 1).max() < 1e-9, case


def test_nets_of_one_race_have_about_as_many_parameters():
    sizes = [size_of({"cell": cell, "task": "recall"}) for cell in nets.UNITS]
    assert sizes == [854, 868, 872]
    assert race("() => cell_race_nets.CELLS.map((one) => cell_race_nets.netOf(one, 'recall').size)") == sizes


@pytest.mark.parametrize(("name", "most"), [("exp", 300), ("tanh", 30), ("sigmoid", 30)])
def test_portable_functions_are_right_to_rounding(name, most):
    x = np.concatenate([np.linspace(-most, most, 2001), [0.0, 1e-9, -1e-9]])
    want = {"exp": np.exp, "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}[name](x)
    got = np.array(race(f"(x) => x.map(compute_portable.{name})", x.tolist()))
    assert np.abs(got - want).max() < 4e-16 or np.abs(got / want - 1).max() < 4e-16 * most
    assert race("() => compute_portable.exp(800)") is None, "JSON has no infinity"
    assert race("() => compute_portable.exp(-800)") == 0


def test_the_portable_logarithm_is_right_to_rounding():
    x = np.linspace(1, 9, 1601)
    assert np.abs(np.array(race("(x) => x.map(compute_portable.log)", x.tolist())) - np.log(x)).max() < 1e-15 * 3


def test_nothing_that_browsers_round_as_they_like_takes_part_in_training():
    scopes = CellRace.scopes()
    source = "".join(scopes[f"cell_race_{name}"] for name in ("nets", "tasks")) + scopes["compute_portable"]
    used = set(re.findall(r"Math\.(\w+)", source))
    assert used <= {"floor", "round", "sqrt", "max", "abs", "imul", "LN2", "LOG2E"}


def test_the_page_trains_as_rnnkit_does():
    """Twelve updates: batches, clipping and Adam; later, rounding grows, and races are alike in kind alone."""
    for changed in ({}, {"z": "renews", "bias": 3.0}, {"task": "adding", "clip": 0.0}, {"seed": 9, "clip": 0.1}):
        one = CellRace(**changed)
        got = race(RACE, plain(one.traits_for_page()), 12)
        three = one.nets
        home = nets.train(three, one.task, 10, one.seed, rate=one.rate, clip=one.clip, updates=12)
        assert list(home.values()) == [0, 0, 0]
        for net, p in zip(three, got["p"], strict=True):
            want = flat(net, of(net), one.z == "renews" and net.cell is nets.gru)
            assert np.abs(np.array(p) - want).max() < 1e-9


def test_rnnkits_race_is_like_the_pages():
    """Ten letters, the same settings: the same order, and home within a third of the page's updates."""
    one = CellRace()
    home = nets.train(one.nets, one.task, 10, one.seed, rate=one.rate, clip=one.clip, updates=420)
    for mine, pages in zip(home.values(), RACES["10 letters"]["home"], strict=True):
        assert mine == pytest.approx(pages, rel=0.34)


def test_a_word_that_grows_has_always_the_same_letters():
    longer = "(word, T) => cell_race_tasks.ofLength(word, T)"
    default = CellRace().word
    assert race(longer, "", 10) == default
    assert race(longer, default, 40)[:10] == default
    assert race(longer, race(longer, default, 4), 10) == default
    assert race(longer, "ABAB", 40)[4:] == race(longer, "", 40)[4:]
    assert race(longer, "ABAB", 2) == "AB"


SHORT = [name for name, one in RACES.items() if name.startswith("10 ")]
LONG = [name for name in RACES if name not in SHORT]


@pytest.mark.parametrize("name", [*SHORT, *(pytest.param(name, marks=pytest.mark.heavy) for name in LONG)])
def test_a_race_ends_as_committed(name):
    """The update at which each net came home, exactly: nothing in it depends on the browser."""
    one, got = RACES[name], race(RACE, raced(name), 2000)
    assert (got["n"], got["home"]) == (one["updates"], one["home"])


def test_slices_do_not_change_a_race():
    """A race is a chain of updates: run at once, or a few at a time with other races between, it is the same."""
    between = """(settings) => {
        const [one, other] = [cell_race_race.raceOf(settings), cell_race_race.raceOf({ ...settings, seed: 7 })];
        for (let k = 0; one.n < 40; k++) {
            for (let n = 0; n <= k % 3 && one.n < 40; n++) one.step();
            other.step();
            cell_race_maths.derive({ ...settings, ui: { live: true, race: one } });
        }
        return one.nets.map(({ p }) => Array.from(p));
    }"""
    assert race(between, settings()) == race(RACE, settings(), 40)["p"]


SAID = {
    "10 letters": ["RNN first", "Now drag the answer away."],
    "20 letters": ["GRU first", "Not home: RNN and LSTM.", "An LSTM does not always win."],
    "20, bias 3": ["LSTM first", "Not home: RNN.", "one number at the start"],
    "20, z turned": ["Not home: RNN and GRU.", "here it lets go."],
    "30, bias 3": ["GRU first", "Not home: RNN.", "One seed is one race"],
    "30, bias 3, seed 2": ["a simple RNN can keep a letter for 30 steps"],
    "20, bias 3, seed 5": ["the RNN's river is dry"],
    "Adding": ["GRU first", "Not home: RNN.", "Halve the delay"],
    "10 numbers": ["RNN 1,071."],
}
FOLLOW = {
    "10 letters": "All three answers follow.",
    "20, bias 3, seed 5": "All three answers follow.",
    "20 letters": "GRU follows.",
    "Adding": "LSTM and GRU follow.",
}


@pytest.mark.parametrize("name", ["10 letters", *(pytest.param(n, marks=pytest.mark.heavy) for n in list(SAID)[1:])])
def test_a_verdict_says_what_happened(name):
    said, flipped, home = race(SAYS, raced(name))
    assert home == RACES[name]["home"]
    for words in SAID[name]:
        assert words in said
    for updates in filter(None, home):
        assert f"{updates:,}" in said
    assert FOLLOW.get(name, "flipped") in flipped


FIRSTS = """(traits, orders) => {
    orders.forEach((solved, k) => cell_race_maths.record({ ...traits, seed: k + 1 },
        { n: 400, rows: [], done: true, nets: solved.map((one) => ({ solved: one })) }));
    const s = it.derive({ ...traits, seed: orders.length, committed: true, ui: { live: true } });
    return shared_node.toText([it.words({ ...s, race: { fast: true } })].flat()).replace(/<[^>]*>/g, "");
}"""


def test_after_several_seeds_it_says_who_was_first_on_which():
    """And where there are too many to name, on how many; a net that is not home was not first."""
    traits = settings(rate=0.017)
    assert race(FIRSTS, traits, [[95, 351, 161], [0, 300, 200], [90, 0, 0], [0, 0, 0]]) == (
        "First: RNN on seeds 1 and 3, GRU on seed 2. Home: RNN on 2, LSTM on 2, GRU on 2 of 4 seeds."
    )
    many = [[9, 8, 7]] * 5 + [[7, 8, 9]] * 4
    said = race(FIRSTS, settings(rate=0.018), many)
    assert said == "First: RNN on 4, GRU on 5. Home: RNN on 9, LSTM on 9, GRU on 9 of 9 seeds."


def test_before_the_race_it_says_how_large_each_net_is():
    code = "(traits) => shared_node.toText([it.words(it.derive({ ...traits, ui: {} }))].flat())"
    for task, about in (("recall", "860"), ("adding", "730")):
        said = race(code, settings(task=task))
        assert f"About {about} weights each (25, 12 and 14 units)" in said
        sizes = [size_of({"cell": cell, "task": task}) for cell in nets.UNITS]
        assert all(abs(size - int(about)) < 15 for size in sizes)


def test_all_four_letters_are_seen_at_once():
    word = CellRace().word
    assert set(word[:4]) == set(nets.LETTERS)
    assert word[0] not in word[1:5]


def test_the_still_shows_a_finished_race_within_its_budget():
    """The default's race is run by the build; a longer one as far as the budget goes."""
    code = """(traits) => { const s = cell_race_maths.settled(it.derive({ ...traits, committed: true, ui: {} }));
        return [s.race.done, s.race.n, s.race.nets.map((one) => one.solved)]; }"""
    assert race(code, settings()) == [True, RACES["10 letters"]["updates"], RACES["10 letters"]["home"]]
    done, n, _ = race(code, settings(word="AB" * 20, step=40))
    assert (done, n) == (False, 150)


def test_before_the_guess_no_race_is_run():
    code = "(traits) => [it.derive({ ...traits, ui: {} })].map((s) => [s.race, cell_race_maths.settled(s).race])[0]"
    assert race(code, settings()) == [None, None]
