"""Exported models in onnxruntime, which nobody here wrote, against rnnkit and torch.nn, at any T and N."""

import numpy as np
import onnxruntime
import pytest
import torch

import rnnkit
from rnnkit.layouts import from_torch, to_onnx

V, I, H, K = 9, 5, 4, 6
KINDS = {
    "RNN": (rnnkit.RNN, {}),
    "RNN, relu": (rnnkit.RNN, {"nonlinearity": "relu"}),
    "LSTM": (rnnkit.LSTM, {}),
    "PeepholeLSTM": (rnnkit.PeepholeLSTM, {}),
    "GRU": (rnnkit.GRU, {}),
    "GRUResetBefore": (rnnkit.GRUResetBefore, {}),
}
TORCH = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
SHAPES = [(L, D) for L in (1, 2) for D in (1, 2)]  # layers, directions
LIKE = {"dtype": "float32"}


def model_of(kind, L, D, *pool):
    face, options = KINDS[kind]
    layer = face(I, H, num_layers=L, bidirectional=D == 2, rng=1, **options, **LIKE)
    return rnnkit.Sequential(
        rnnkit.Embedding(V, I, rng=0, **LIKE), layer, *pool, rnnkit.Linear(D * H, K, rng=2, **LIKE)
    )


def started(model, **options):
    return onnxruntime.InferenceSession(to_onnx(model, **options).SerializeToString())


def state_of(layer, rng, N):
    shape = layer.num_layers * layer.num_directions, N, H
    return tuple(rng.standard_normal(shape, dtype=np.float32) for _ in layer.cell.STATE)


def named(layer, state):
    return {f"1.{name}_0": a for name, a in zip(layer.cell.STATE, state, strict=True)}


@pytest.mark.parametrize(("L", "D"), SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_what_rnnkit_gives_at_any_time_and_batch(kind, L, D):
    """Ragged lengths, a state in and the last state out; the second call has another T and N."""
    model, rng = model_of(kind, L, D), np.random.default_rng(3)
    session, layer = started(model, lengths=True), model.layers[1]
    for T, N in ((7, 3), (2, 5)):
        xs, state = rng.integers(V, size=(T, N)), state_of(layer, rng, N)
        lengths = rng.integers(1, T + 1, N).astype(np.int32)
        there = np.arange(T)[:, None] < lengths
        run = model(xs, ((), state, ()), there)
        h, *last = session.run(None, {"xs": xs, "lengths": lengths, **named(layer, state)})
        np.testing.assert_allclose(h[there], run.h[there], rtol=0, atol=2e-6)
        for a, b in zip(last, run.state[1], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("L", "D"), SHAPES)
@pytest.mark.parametrize("kind", TORCH)
def test_it_gives_what_torch_gives_on_packed_sequences(kind, L, D):
    torch.manual_seed(0)
    theirs, rng = TORCH[kind](I, H, L, bidirectional=D == 2), np.random.default_rng(4)
    layer = from_torch(theirs)
    session = onnxruntime.InferenceSession(to_onnx(layer, lengths=True).SerializeToString())
    xs, lengths = rng.standard_normal((7, 3, I), dtype=np.float32), np.array([7, 1, 4], np.int32)
    state = state_of(layer, rng, 3)
    start = tuple(map(torch.tensor, state))
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(xs), torch.tensor(lengths), enforce_sorted=False)
    wanted, last = theirs(packed, start if kind == "LSTM" else start[0])
    wanted = torch.nn.utils.rnn.pad_packed_sequence(wanted)[0]
    feed = {f"{name}_0": a for name, a in zip(layer.cell.STATE, state, strict=True)}
    h, *ends = session.run(None, {"xs": xs, "lengths": lengths, **feed})
    for a, b in zip((h, *ends), (wanted, *(last if kind == "LSTM" else (last,))), strict=True):
        np.testing.assert_allclose(a, b.detach(), rtol=0, atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_piece_by_piece_is_the_whole_if_the_state_goes_on(kind):
    model, rng = model_of(kind, 2, 1), np.random.default_rng(5)
    session, layer = started(model), model.layers[1]
    xs, zeros = rng.integers(V, size=(9, 2)), np.zeros((2, 2, H), np.float32)
    feed = named(layer, [zeros] * len(layer.cell.STATE))
    whole, pieces, dropped = session.run(None, {"xs": xs, **feed})[0], [], []
    state = dict(feed)
    for piece in np.split(xs, [1, 3, 7]):
        dropped.append(session.run(None, {"xs": piece, **feed})[0])
        h, *last = session.run(None, {"xs": piece, **state})
        pieces.append(h)
        state = dict(zip(state, last, strict=True))
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=0, atol=2e-6)
    np.testing.assert_allclose(whole, model(xs).h, rtol=0, atol=2e-6)
    assert abs(np.concatenate(dropped)[1:] - whole[1:]).max() > 1e-3


POOLS = [rnnkit.Last, rnnkit.MeanPool, rnnkit.MaxPool, rnnkit.Final]


@pytest.mark.parametrize("pool", POOLS)
def test_a_readout_of_whole_sequences_reads_none_of_the_padding(pool):
    D = 2 if pool is rnnkit.Final else 1
    model = model_of("GRU", 1, D, pool(*[True] * (D == 2), **LIKE))
    session, rng = started(model, states=False, lengths=True), np.random.default_rng(6)
    xs, lengths = rng.integers(V, size=(7, 3)), np.array([7, 1, 4], np.int32)
    there = np.arange(7)[:, None] < lengths
    found = session.run(None, {"xs": xs, "lengths": lengths})[0]
    np.testing.assert_allclose(found, model(xs, mask=there).h, rtol=0, atol=2e-6)
    other = np.where(there, xs, (xs + 1) % V)
    np.testing.assert_array_equal(session.run(None, {"xs": other, "lengths": lengths})[0], found)
