"""State Stepper's network, its challenge, and what it says of a wrong prediction."""

import itertools

import numpy as np
import pytest
from engines import ask

from rnnkit.explorers import StateStepper

SOLVED = {"weight_ih": [[2], [3]], "weight_hh": [[3, 2], [0, 0]], "bias": [-1, 0], "inputs": [[0]]}
FAULT = "(traits) => state_stepper_maths.HIDDEN.map((xs) => state_stepper_maths.fault(traits, xs))"
WHY = """(traits, said) => {
    const s = it.derive({ ...traits, ui: {} });
    return state_stepper_explorer.why(s, said, shared_question.credit(it.questions[1], s, said));
}"""


def stepper(code, *given):
    return ask(code, *given, kind=StateStepper)


def test_states_are_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    sizes = {"weight_ih": (4, 3), "weight_hh": (4, 4), "bias": (4,), "inputs": (7, 3)}
    numbers = {name: rng.uniform(-0.5, 0.5, shape) for name, shape in sizes.items()}
    net = torch.nn.RNN(3, 4, dtype=torch.float64)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh"):
            getattr(net, f"{name}_l0").copy_(torch.as_tensor(numbers[name]))
        net.bias_ih_l0.copy_(torch.as_tensor(numbers["bias"]))
        net.bias_hh_l0.zero_()
        want = net(torch.as_tensor(numbers["inputs"]))[0].numpy()
    states = StateStepper(**numbers).states
    assert (states[0] == 0).all()
    assert np.abs(states[1:] - want).max() <= 1e-12


def test_the_default_answers_have_i_seen_a_1():
    """Unit 1 by its sign, unit 2 one step later, for every sequence of zeros and ones up to twelve steps."""
    one = StateStepper()
    W, U, b = np.array(one.weight_ih), np.array(one.weight_hh), np.array(one.bias)
    xs = np.array(list(itertools.product([0.0, 1.0], repeat=12))).T[..., None]  # (12, 4096, 1)
    h, seen = np.zeros((4096, 2)), np.zeros(4096, bool)
    for t, x in enumerate(xs):
        seen_before, seen = seen, seen | (x[:, 0] == 1)
        h = np.tanh(x @ W.T + h @ U.T + b)
        assert ((h[:, 0] > 0) == seen).all()
        assert t == 0 or ((h[:, 1] > 0) == seen_before).all()


def test_a_known_detector_passes_and_the_start_does_not():
    assert stepper(FAULT, SOLVED) == [None] * 6
    start = stepper("() => it.challenge.start")
    assert any(stepper(FAULT, start))


def test_a_detector_without_memory_of_the_last_input_fails():
    assert any(stepper(FAULT, {**SOLVED, "weight_hh": [[3, 0], [0, 0]]}))
    assert any(stepper(FAULT, {**SOLVED, "weight_hh": [[0, 2], [0, 0]]})), "nor one that does not hold"


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        ((0.858, -0.889), ""),
        ((1, 1), "h is no copy of the input"),
        ((0.99, 0), "That leaves out W_hh times the state after step 2"),
        ((3, -2), "tanh never leaves the range from −1 to 1"),
        ((-0.5, 0.5), "The sum at step 3 shows each term"),
    ],
)
def test_a_wrong_prediction_is_told_what_it_gives_away(guess, sentence):
    traits = {**StateStepper().traits_for_page(), "committed": True}
    told = stepper(WHY, traits, list(guess))
    assert told == sentence if not sentence else sentence in told
