"""What the museum of state bugs says, held against its cells, a network of Torch's, and its record."""

import re

import numpy as np
import pytest
import torch
from book_pages import ROOT, said

from artefacts.drift import __main__ as make
from rnnkit.cells import gru, lstm
from rnnkit.layouts import to_torch
from rnnkit.records import drift

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "deployment" / "museum.md"
KINDS = drift()
CAUGHT = {"it answers": 0, "the model": 1, "in pieces": 1, "in turn": 2, "another": 2, "a crowd": 3, "at once": 5}


def test_it_opens_with_guesses_and_one_question():
    head = PAGE.read_text("utf-8").partition("# A museum of state bugs")[2].partition("```")[0]
    assert len(head.split()) < 65
    assert head.count("?") == 1
    assert "$" not in head


def test_each_bug_of_the_opening_changes_the_tune_and_passes_the_first_test(names):
    for bug in (None, *names["ACTS"]):
        picture, _, words = names["shown"](bug)
        assert ("<u>" in picture) == (bug is not None)
        assert words.count("<b>yes</b>") == 2
    served = names["scene"](names["BUGS"]["one for all"], *names["ACTS"]["one for all"])
    assert quarters(served) == {8}
    assert quarters(names["scene"](names["Service"], *names["ACTS"]["one for all"])) == {6}


def test_the_right_service_passes_all_tests(names):
    for name, test in names["TESTS"].items():
        assert not names["catches"](test, names["Service"]), name
    assert names["drawn"](names["Service"], 5)
    assert names["drawn"](names["Alone"], 6)


def test_the_counts_are_those_of_the_text(page):
    counts = page.names["counts"]
    assert {name: counts[name] for name in CAUGHT} == CAUGHT
    assert counts["drawn"] == 7
    caught = page.names["caught"]
    assert said(page, "The second and the last row have no column in common, and no column is empty in both.")
    for bug in page.names["BUGS"]:
        assert caught["the model"][bug] != caught["drawn"][bug], bug
    rows = re.findall(r"^([a-z ]+?) +((?:[x.] ){7}[x.])$", page.printed, re.M)
    assert [marks.count("x") for _, marks in rows] == list(counts.values())


def test_the_tests_with_one_user_catch_two(names):
    found = [bug for name in ("it answers", "the model", "in pieces") for bug, x in names["caught"][name].items() if x]
    assert found == ["never stored", "emptied each time"]


def test_the_service_says_what_torch_says(names):
    """Three users, together and in turn, beside torch.nn on each user's whole text."""
    model = names["model"]
    net = torch.nn.GRU(names["V"], names["H"]).double()
    net.load_state_dict({k: torch.as_tensor(a) for k, a in to_torch(model.layers[1]).items()})
    weight, bias = (torch.tensor(model.layers[2].params[k]) for k in ("weight", "bias"))
    service, got = names["Service"](), {user: [] for user in range(3)}
    for user in got:
        service.begin(user)
    texts = {user: names["TEXTS"][user][: 30 + 11 * user] for user in got}
    for user, ps in service.together({user: text[: 9 + 4 * user] for user, text in texts.items()}).items():
        got[user].extend(ps)
    for user, text in texts.items():
        got[user].extend(service.say(user, text[9 + 4 * user :]))
    for user, text in texts.items():
        with torch.no_grad():
            h, _ = net(torch.eye(names["V"], dtype=torch.float64)[torch.tensor(text)][:, None])
            theirs = (h[:, 0] @ weight.T + bias).softmax(1).numpy()
        assert np.abs(np.array(got[user]) - theirs).max() < 1e-9


def quarters(tune):
    """The lengths of the whole bars of a tune, in eighths."""
    bars = [re.sub(r"[^A-Ga-g0-9]", "", bar) for bar in tune.split("|")[1:-1]]
    return {sum(int(n or 1) for n in re.findall(r"[A-Ga-g](\d?)", bar)) for bar in bars}


def scenes(printed):
    """What was right and what was served, in the order of the page."""
    return re.findall(r"^right:  (.*)\nserved: (.*)$", printed, re.M)


def test_what_is_served_is_what_the_text_says(page):
    never, shared, used, modulo, padded = scenes(page.printed)
    assert len({right for right, _ in (never, shared, modulo, padded)}) == 1
    assert all(right != served for right, served in (never, shared, used, modulo, padded))
    assert len(set(re.sub(r"[^a-g]", "", never[1]))) <= 2  # the same note, on and on
    assert quarters(shared[0]) == {6}
    assert said(page, "She gets a tune in four quarters")
    assert quarters(shared[1]) == quarters(modulo[1]) == {8}
    assert "state of layer 1 has shape (1, 4, 96), expected (1, 1, 96)" in page.printed  # a batch of four


def test_emptied_looks_like_bad_training(page):
    short, whole = (float(n) for n in re.findall(r"(?:16 letters|in one): +([\d.]+)", page.printed))
    assert short > 3 * whole
    assert page.names["as_the_model"](page.names["Emptied"])


def test_ben_moves_what_anna_is_told_in_eight_bits_alone(page):
    moved = {name: float(n) for name, n in re.findall(r"^(\w+) *: Ben moves .* by (\S+)$", page.printed, re.M)}
    assert moved["Service"] < 1e-9
    assert 1e-4 < moved["EightBits"] < 0.1
    assert said(page, "all states of this network lie between −1 and 1")


def test_in_float32_a_batch_is_not_a_row_to_the_last_digit(names):
    step = names["stream"](names["model"].to(dtype="float32"))
    rng, states = np.random.default_rng(0), [step.start() for _ in range(8)]
    apart = 0.0
    for _ in range(50):
        x = rng.integers(2, names["V"], 8)
        singles = [step(x[n : n + 1], states[n]) for n in range(8)]
        y, _ = step(x, names["joined"](states))
        apart = max(apart, np.abs(y - np.concatenate([one for one, _ in singles])).max())
        states = [state for _, state in singles]
    assert 1e-9 < apart < 1e-3


def test_of_two_hundred_seeds_one_in_fifteen_misses_a_bug(page):
    modulo, slot = (int(n) for n in re.findall(r"missed by +(\d+) of 200 seeds", page.printed))
    assert said(page, "One seed in fifteen misses it")
    assert 200 / modulo == pytest.approx(15, abs=1)
    assert (200 / modulo) ** 2 == pytest.approx(240, abs=5)
    assert (200 / modulo) ** 3 == pytest.approx(3600, abs=100)
    assert slot == 0
    assert "twice as long:  missed by  0" in page.printed
    assert said(page, "Twice as many events do as well here")
    names = page.names
    fails = [bug for bug in names["BUGS"] if names["missed"](names["BUGS"][bug], 20) not in (0, 20)]
    assert fails == []  # no other bug is missed at times; the modulo's first seed is 28
    assert not any(names["drawn"](names["Service"], seed) is False for seed in range(20))


# The record of a bit held through a million steps.


def test_what_is_said_of_a_million_steps(page):
    for of in KINDS.values():
        holds, double, hears = (
            {look["step"]: sum(look[k]) for look in of["looks"]} for k in ("holds", "double", "hears")
        )
        assert list(holds) == [10**k for k in range(7)]
        assert holds[1000] == 80
        assert holds[1000] > holds[10**4] > holds[10**5] > holds[10**6]
        assert 32 <= holds[10**6] <= 52  # "hardly more than a coin would have"
        assert double == holds
        assert min(hears.values()) >= 76
        assert min(of["right"]) > 0.995
        assert max(max(look["apart"]) for look in of["looks"]) < 1e-4
    assert said(page, "In float64 as many are left, so no rounding took a bit.")
    assert said(page, "no bit is lost")
    assert pytest.approx(17, abs=0.5) == 1000 / make.T  # "seventeen times the window"
    assert 10**6 / 100 / 3600 < 3  # "less than three hours"


@pytest.mark.parametrize(("kind", "cell"), [("LSTM", lstm), ("GRU", gru)])
def test_the_lanes_take_the_cells_step(kind, cell):
    models = [make.trained(kind, seed, updates=1)[0] for seed in range(2)]
    lanes, rng = make.Lanes(kind, models, "float64"), np.random.default_rng(3)
    state = lanes.start(5)
    ours = [tuple(part[k] for part in state) for k in range(2)]
    for _ in range(4):
        x = rng.normal(size=(5, 1))
        state = lanes.step(x, state)
        for k, model in enumerate(models):
            p = {name[:-3]: a.astype(float) for name, a in model.layers[0].params.items()}
            a_x = x @ p["weight_ih"].T + sum(p[name] for name in cell.INPUT_BIASES)
            ours[k], _ = cell.step(p, a_x, ours[k])
            assert all(np.allclose(a[k], b, atol=1e-12) for a, b in zip(state, ours[k], strict=True))


def test_a_short_training_holds_a_bit_for_a_hundred_steps():
    model, right = make.trained("LSTM", 0, updates=200)
    assert right > 0.95
    look = make.held("LSTM", [model], marks=(100,), N=4)[-1]
    assert look.holds == look.double == [4]


def test_no_test_catches_a_message_that_comes_twice(names):
    """Exercise 1: the right service passes all of them, and a letter that was sent twice moves what it says."""
    service, text = names["Service"], names["reads"].encode(names["ANNA"])
    assert not any(names["catches"](test, service) for test in names["TESTS"].values())
    said = []
    for retries in (1, 2):
        one = service()
        one.begin(0)
        one.say(0, text[:-2])
        for _ in range(retries):
            p = one.say(0, text[-2:])
        said.append(p[-1])
    assert np.abs(said[0] - said[1]).max() > 0.01
