"""The other cells: each against something that says the same in other words, besides its gradient check."""

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit import params
from rnnkit.backends.lstm_kernel import lstm_bptt, lstm_unroll
from rnnkit.cells import gru_reset_before, lstm, lstm_1997, lstm_peephole, mingru, rnn_relu
from rnnkit.ops import sigmoid, split
from rnnkit.unroll import bptt, project, unroll

CELLS = [rnn_relu, gru_reset_before, lstm_peephole, lstm_1997, mingru]
T, N, I, H = 7, 3, 5, 4
MASK = np.arange(T)[:, None] < np.array([4, 7, 1])


def draw(cell, seed=0, size=(T, N, I, H)):
    (T, N, I, H), rng = size, np.random.default_rng(seed)
    p = params.uniform(cell, I, H, rng)
    state = tuple(rng.standard_normal((N, H)) for _ in cell.STATE)
    d_final = tuple(rng.standard_normal((N, H)) for _ in cell.STATE)
    return p, rng.standard_normal((T, N, I)), state, rng.standard_normal((T, N, H)), d_final


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.__name__.rpartition(".")[2])
@pytest.mark.parametrize("mask", [None, MASK], ids=["full", "ragged"])
@pytest.mark.parametrize("seed", range(10))
def test_bptt_agrees_with_central_differences(cell, mask, seed):
    assert rnnkit.gradcheck(cell, rng=seed, mask=mask) < 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_relu_is_torchs(seed):
    p, xs, (h0,), v, _ = draw(rnn_relu, seed)
    net = torch.nn.RNN(I, H, nonlinearity="relu", dtype=torch.float64)
    net.load_state_dict({f"{name}_l0": torch.from_numpy(a) for name, a in p.items()})
    hs, _ = net(torch.from_numpy(xs), torch.from_numpy(h0)[None])
    (hs * torch.from_numpy(v)).sum().backward()
    states, trace = unroll(rnn_relu, p, xs, (h0,))
    d_p, *_ = bptt(rnn_relu, p, xs, states, trace, v)
    np.testing.assert_allclose(states[0][1:], hs.detach().numpy(), rtol=0, atol=1e-14)
    for name, d in d_p.items():
        np.testing.assert_allclose(d, getattr(net, f"{name}_l0").grad.numpy(), rtol=0, atol=1e-13)


def test_reset_before_follows_its_own_equations():
    p, xs, (h,), *_ = draw(gru_reset_before)
    hs = unroll(gru_reset_before, p, xs, (h,))[0][0][1:]
    after = unroll(rnnkit.GRU.cell, p, xs, (h,))[0][0][1:]
    (u_r, u_z, u_n), (w_r, w_z, w_n) = np.split(p["weight_hh"], 3), np.split(p["weight_ih"], 3)
    b_r, b_z, b_n = np.split(p["bias_ih"] + p["bias_hh"], 3)
    for x, expected in zip(xs, hs, strict=True):
        r, z = sigmoid(x @ w_r.T + h @ u_r.T + b_r), sigmoid(x @ w_z.T + h @ u_z.T + b_z)
        h = (1 - z) * np.tanh(x @ w_n.T + (r * h) @ u_n.T + b_n) + z * h
        np.testing.assert_allclose(expected, h, rtol=0, atol=1e-14)
    assert np.abs(after - hs).max() > 0.01


def test_without_its_peepholes_the_lstm_is_the_lstm():
    p, xs, state, *_ = draw(lstm_peephole)
    p["weight_peephole"][:] = 0
    ours, plain = unroll(lstm_peephole, p, xs, state), unroll(lstm, p, xs, state)
    for a, b in zip((*ours[0], *ours[1]), (*plain[0], *plain[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-15)


def test_each_peephole_looks_at_its_cell():
    """By hand: i and f see c_{t-1}, o sees c_t."""
    p, xs, (h, c), *_ = draw(lstm_peephole)
    states, _ = unroll(lstm_peephole, p, xs, (h, c))
    p_i, p_f, p_o = np.split(p["weight_peephole"], 3)
    for t, x in enumerate(xs):
        a = x @ p["weight_ih"].T + p["bias_ih"] + h @ p["weight_hh"].T + p["bias_hh"]
        a_i, a_f, a_g, a_o = split(a, 4)
        c = sigmoid(a_f + p_f * c) * c + sigmoid(a_i + p_i * c) * np.tanh(a_g)
        h = sigmoid(a_o + p_o * c) * np.tanh(c)
        np.testing.assert_allclose(states[0][t + 1], h, rtol=0, atol=1e-14)


def test_lstm_1997_is_an_lstm_that_never_forgets():
    p, xs, state, *_ = draw(lstm_1997)
    shape = {name: (4 * H, *a.shape[1:]) for name, a in p.items()}
    wide = {name: np.zeros(shape[name]) for name in p}
    for name, a in p.items():
        for k, block in zip((0, 2, 3), np.split(a, 3), strict=True):
            wide[name][k * H : (k + 1) * H] = block
    wide["bias_ih"][H : 2 * H] = 1000
    ours, plain = unroll(lstm_1997, p, xs, state)[0], unroll(lstm, wide, xs, state)[0]
    for a, b in zip(ours, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


@pytest.mark.parametrize("T", [1, 2, 3, 64, 100])
def test_the_parallel_scan_is_the_loop(T):
    p, xs, (h0,), *_ = draw(mingru, size=(T, N, I, H))
    hs = unroll(mingru, p, xs, (h0,))[0][0][1:]
    a_z, n = split(project(mingru, p, xs), 2)
    z = sigmoid(a_z)
    np.testing.assert_allclose(mingru.scan(1 - z, z * n, h0), hs, rtol=0, atol=1e-13)
    tensors = [torch.from_numpy(a) for a in (1 - z, z * n, h0)]
    np.testing.assert_allclose(mingru.scan(*tensors).numpy(), hs, rtol=0, atol=1e-13)


@pytest.mark.parametrize("size", [(7, 3, 5, 4), (90, 2, 9, 70)], ids=str)
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("forward", [unroll, lstm_unroll], ids=["readable", "kernel"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_kernel_and_readable_lstm_in_every_pairing(size, window, final, forward, dtype):
    """What either forward pass returns goes into either backward pass, with the same gradients."""
    p, xs, state, v, d_final = draw(lstm, size=size)
    p = {name: a.astype(dtype) for name, a in p.items()}
    xs, v, state = xs.astype(dtype), v.astype(dtype), tuple(s.astype(dtype) for s in state)
    d_final = tuple(d.astype(dtype) for d in d_final) if final else None
    states, trace = lstm_unroll(p, xs, state) if forward is lstm_unroll else unroll(lstm, p, xs, state)
    reference = unroll(lstm, p, xs, state)
    tol = 1e-13 if dtype == np.float64 else 1e-5
    for a, b in zip((*states, *trace), (*reference[0], *reference[1]), strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=tol)
    readable = bptt(lstm, p, xs, states, trace, v, d_final, None, window)
    kernel = lstm_bptt(p, xs, states, trace, v, d_final, window)
    assert kernel[0].keys() == readable[0].keys()
    rows = [(*r[0].values(), r[1], *r[2], r[3]) for r in (kernel, readable)]
    for a, b in zip(*rows, strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=tol * np.abs(b).max() * 10)
