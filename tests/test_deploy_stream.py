"""A step with an explicit state gives what the whole sequence gives, for one user, for many, packed and joined."""

import sys

import numpy as np
import pytest

import rnnkit
from rnnkit.deploy import joined, parted, stream

CELLS = ["RNN", "LSTM", "PeepholeLSTM", "GRU", "GRUResetBefore"]


def network(cell, *, layers=1, symbols=True, **more):
    first = rnnkit.Embedding(7, 5, rng=1) if symbols else rnnkit.Dropout(0.5)
    recurrent = getattr(rnnkit, cell)(5, 6, num_layers=layers, rng=2, **more)
    return rnnkit.Sequential(first, recurrent, rnnkit.Dropout(0.3), rnnkit.Linear(6, 4, rng=3))


def run(step, xs, state):
    ys = []
    for x in xs:
        y, state = step(x, state)
        ys.append(y)
    return np.stack(ys), state


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
def test_steps_give_what_the_whole_sequence_gives(cell, layers):
    model = network(cell, layers=layers)
    xs = np.random.default_rng(0).integers(7, size=(20, 3))
    step, whole = stream(model), model(xs)
    ys, state = run(step, xs, step.start(3))
    np.testing.assert_allclose(ys, whole.h, rtol=0, atol=1e-12)
    for ours, theirs in zip(state, whole.state, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_a_run_of_the_model_hands_its_state_to_steps_and_back():
    model = network("LSTM")
    xs = np.random.default_rng(0).integers(7, size=(9, 2))
    step, whole = stream(model), model(xs)
    ys, state = run(step, xs[4:6], model(xs[:4]).state)
    np.testing.assert_allclose(ys, whole.h[4:6], atol=1e-12)
    np.testing.assert_allclose(model(xs[6:], state).h, whole.h[6:], atol=1e-12)


@pytest.mark.parametrize("most", [0, 1e9])
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_looked_up_or_multiplied_a_symbol_gives_the_same(monkeypatch, cell, most):
    monkeypatch.setattr(sys.modules["rnnkit.deploy.stream"], "LOOKED_UP", most)
    model = network(cell, layers=2, bias=False)
    xs = np.random.default_rng(0).integers(7, size=(9, 2))
    step = stream(model)
    np.testing.assert_allclose(run(step, xs, step.start(2))[0], model(xs).h, rtol=0, atol=1e-12)


def test_a_learned_start_is_where_a_stream_starts():
    model = network("GRU", learned_state=True)
    model.layers[1].params["h_0"] = np.full((1, 6), 0.3)
    xs = np.array([[1], [2]])
    step = stream(model)
    np.testing.assert_allclose(run(step, xs, step.start())[0], model(xs).h, atol=1e-12)


def test_torch_and_single_layers_stream_too():
    torch = pytest.importorskip("torch")
    model = network("LSTM").to("torch")
    xs = np.random.default_rng(0).integers(7, size=(8, 2))
    step = stream(model)
    with torch.no_grad():
        whole = model(torch.as_tensor(xs)).h.numpy()
    np.testing.assert_allclose(run(step, xs, step.start(2))[0], whole, atol=1e-5)
    layer, numbers = rnnkit.GRU(2, 3, rng=0), np.random.default_rng(0).standard_normal((5, 4, 2))
    step = stream(layer)
    np.testing.assert_allclose(run(step, numbers, step.start(4))[0], layer(numbers).h, atol=1e-12)


def test_users_together_get_what_each_gets_alone():
    step, rng = stream(network("LSTM", layers=2)), np.random.default_rng(0)
    users = [run(step, rng.integers(7, size=(n, 1)), step.start())[1] for n in (1, 4, 9)]
    x = np.array([2, 0, 6])
    y, after = step(x, joined(users))
    for n, own in enumerate(parted(after)):
        alone, state = step(x[n : n + 1], users[n])
        np.testing.assert_allclose(y[n : n + 1], alone, atol=1e-12)
        np.testing.assert_allclose(own[1][1], state[1][1], atol=1e-12)
        assert own[1][0].base is None


def test_a_state_is_only_read_and_the_model_can_change_beneath():
    model = network("GRU")
    step = stream(model)
    state = step.start()
    first, after = step(np.array([1]), state)
    assert not state[1][0].any()
    model.params["1.weight_hh_l0"] = np.zeros((18, 6))
    np.testing.assert_array_equal(step(np.array([1]), state)[0], first)
    assert after[1][0].any()


def test_a_packed_state_goes_on_elsewhere():
    model = network("LSTM", layers=2)
    step, again = stream(model), stream(network("LSTM", layers=2))
    _, state = run(step, np.array([[1, 2], [3, 4]]), step.start(2))
    packed = step.pack(state, 2)
    unpacked, number = again.unpack(packed)
    assert number == 2
    np.testing.assert_array_equal(again(np.array([5, 6]), unpacked)[0], step(np.array([5, 6]), state)[0])
    for cut in (packed[:-1], packed + b"x", packed[:20], b""):
        with pytest.raises(ValueError, match=r"packed (has|is)"):
            step.unpack(cut)
    model.params["3.bias"] = np.ones(4)
    with pytest.raises(ValueError, match="another model"):
        stream(model).unpack(packed)


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        ((rnnkit.LSTM(2, 3, bidirectional=True, rng=0),), "layer 0 is bidirectional"),
        ((rnnkit.LSTM(2, 3, rng=0), rnnkit.MeanPool()), "layer 1 is MeanPool"),
    ],
)
def test_what_reads_the_future_cannot_stream(layers, match):
    with pytest.raises(ValueError, match=match):
        stream(rnnkit.Sequential(*layers))


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (np.array([7]), "x holds 7 to 7, expected 0 to 6"),
        (np.array([-1]), "expected 0 to 6"),
        (np.array([1.0]), "whole numbers"),
        (np.array([[1]]), r"\(N,\)"),
        (np.array([1, 2]), "other users"),
        (np.array([], int), r"\(N,\)"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(x, match):
    step = stream(network("GRU"))
    with pytest.raises(ValueError, match=match):
        step(x, step.start())


def test_numbers_are_looked_at():
    step = stream(rnnkit.GRU(2, 3, rng=0))
    for x, match in ((np.array([[1, np.nan]]), "NaN"), (np.ones((1, 3)), r"\(N, 2\)"), (np.ones(2), "users, features")):
        with pytest.raises(ValueError, match=match):
            step(x, step.start())
    with pytest.raises(ValueError, match="state is"):
        step(np.ones((1, 2)), None)
    with pytest.raises(ValueError, match="model is of class int"):
        stream(3)
    with pytest.raises(ValueError, match="states is empty"):
        joined([])
