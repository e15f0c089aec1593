"""The loop and its reversal: gradients by differences, masks, truncation, replay, streaming, final states."""

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit import params
from rnnkit.cells import gru, lstm, rnn
from rnnkit.gradcheck import numeric_gradient
from rnnkit.ops import stack
from rnnkit.trace import by_name
from rnnkit.unroll import bptt, project, replay, unroll

CELLS = [rnn, lstm, gru]
T, N, I, H = 7, 3, 5, 4
MASK = np.arange(T)[:, None] < np.array([4, 7, 1])
cells = pytest.mark.parametrize("cell", CELLS, ids=lambda c: c.__name__.rpartition(".")[2])


def draw(cell, seed=0):
    rng = np.random.default_rng(seed)
    p = params.uniform(cell, I, H, rng)
    state = tuple(rng.standard_normal((N, H)) for _ in cell.STATE)
    return p, rng.standard_normal((T, N, I)), state, rng.standard_normal((T, N, H))


@cells
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mask", [None, MASK], ids=["full", "ragged"])
def test_bptt_agrees_with_central_differences(cell, seed, mask):
    assert rnnkit.gradcheck(cell, rng=seed, mask=mask) < 1e-7


@cells
def test_gradcheck_names_parameter_index_and_both_values(cell):
    class Wrong:
        GATES, STATE, INPUT_BIASES, Trace = cell.GATES, cell.STATE, cell.INPUT_BIASES, cell.Trace
        step = staticmethod(cell.step)

        @staticmethod
        def step_backward(p, t, prev, d_state):
            (d_ax, d_ah), d_prev = cell.step_backward(p, t, prev, d_state)
            return (d_ax, d_ah), tuple(1.01 * d for d in d_prev)

    with pytest.raises(
        rnnkit.GradientMismatch, match=r"∂L/∂weight_ih\[\d+, \d+\] is .* by your formula, expected .*, as by"
    ):
        rnnkit.gradcheck(Wrong)


@cells
def test_total_gradient_at_each_state(cell):
    """d_states is ∂L/∂h_t: what changes in the loss when h_t itself is moved, everything after it included."""
    p, xs, state, v = draw(cell)
    states, trace = unroll(cell, p, xs, state)
    *_, d_states = bptt(cell, p, xs, states, trace, v)
    for t in (0, 3, T - 1):
        h = states[0][t + 1].copy()

        def loss_from_here(t=t, h=h):
            rest = (h, *(s[t + 1] for s in states[1:]))
            after = unroll(cell, p, xs[t + 1 :], rest)[0][0] if t + 1 < T else h[None]
            return float((after * v[t:]).sum())

        np.testing.assert_allclose(d_states[t], numeric_gradient(loss_from_here, h), rtol=1e-7, atol=1e-8)


@cells
def test_padding_holds_the_state(cell):
    p, xs, state, v = draw(cell)
    states, trace = unroll(cell, p, xs, state, MASK)
    for s, start in zip(states, state, strict=True):
        np.testing.assert_array_equal(s[2:, 2], np.broadcast_to(s[1, 2], (T - 1, H)))  # one step, then held
        np.testing.assert_array_equal(s[0], start)
    dirty = np.where(MASK[..., None], xs, np.nan)
    dirty_states, dirty_trace = unroll(cell, p, dirty, state, MASK)
    clean = bptt(cell, p, xs, states, trace, v, mask=MASK)
    found = bptt(cell, p, dirty, dirty_states, dirty_trace, v, mask=MASK)
    for a, b in zip((*dirty_states, *dirty_trace), (*states, *trace), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip((*found[0].values(), found[1]), (*clean[0].values(), clean[1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (found[1][~MASK] == 0).all()


@cells
def test_a_sequence_in_padding_equals_the_sequence_alone(cell):
    p, xs, state, _ = draw(cell)
    states, _ = unroll(cell, p, xs, state, MASK)
    for n, length in enumerate(MASK.sum(0)):
        alone, _ = unroll(cell, p, xs[:length, n : n + 1], tuple(s[n : n + 1] for s in state))
        np.testing.assert_allclose(states[0][length, n], alone[0][-1, 0], rtol=0, atol=1e-15)


@cells
@pytest.mark.parametrize("window", [1, 3, T])
def test_truncation_equals_detach(cell, window):
    """autograd through the same step, the state detached at every multiple of the window."""
    p, xs, start, v = draw(cell)
    leaves = {name: torch.from_numpy(a).requires_grad_() for name, a in p.items()}
    state0 = state = tuple(torch.from_numpy(s).requires_grad_() for s in start)
    loss = torch.zeros((), dtype=torch.float64)
    for t, a_x in enumerate(project(cell, leaves, torch.from_numpy(xs))):
        if t and t % window == 0:
            state = tuple(s.detach() for s in state)
        state, _ = cell.step(leaves, a_x, state)
        loss = loss + (state[0] * torch.from_numpy(v[t])).sum()
    expected = torch.autograd.grad(loss, [*leaves.values(), *state0])
    states, trace = unroll(cell, p, xs, start)
    d_p, _, d_state0, _ = bptt(cell, p, xs, states, trace, v, window=window)
    for a, b in zip((*d_p.values(), *d_state0), expected, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=0, atol=1e-12 * float(b.abs().max()))


@cells
def test_a_final_gradient_adds_to_the_last_steps(cell):
    p, xs, state, v = draw(cell)
    states, trace = unroll(cell, p, xs, state)
    d_final = tuple(np.zeros((N, H)) for _ in cell.STATE)
    d_final[0][:] = v[-1]
    only_last = np.zeros_like(v)
    only_last[-1] = v[-1]
    a = bptt(cell, p, xs, states, trace, np.zeros_like(v), d_final)
    b = bptt(cell, p, xs, states, trace, only_last)
    for name in p:
        np.testing.assert_array_equal(a[0][name], b[0][name])


@cells
def test_replay_gives_the_trace_of_the_loop(cell):
    p, xs, state, _ = draw(cell)
    states, trace = unroll(cell, p, xs, state)
    for a, b in zip(replay(cell, p, xs, states), trace, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


@cells
def test_unit_vectors_give_the_jacobian_of_a_step(cell):
    p, xs, state, _ = draw(cell)
    states, trace = unroll(cell, p, xs, state)
    t, width = 4, len(cell.STATE) * H
    units = np.eye(width).reshape(width, 1, len(cell.STATE), H)
    at_t, prev = cell.Trace(*(f[t] for f in trace)), tuple(s[t] for s in states)
    d_prev = cell.step_backward(p, at_t, prev, tuple(units[:, :, k] for k in range(len(cell.STATE))))[1]
    jacobian = np.concatenate(d_prev, -1)  # (width, N, width): row, sequence, column
    a_x = project(cell, p, xs)[t]
    for column in range(width):
        e = 1e-6 * np.eye(width)[column].reshape(len(cell.STATE), 1, H)
        up = np.concatenate(cell.step(p, a_x, tuple(s + d for s, d in zip(prev, e, strict=True)))[0], -1)
        down = np.concatenate(cell.step(p, a_x, tuple(s - d for s, d in zip(prev, e, strict=True)))[0], -1)
        np.testing.assert_allclose(jacobian[:, :, column], (up - down).T / 2e-6, rtol=0, atol=1e-9)


@cells
def test_torch_tensors_run_in_the_same_loop(cell):
    p, xs, state, v = draw(cell)
    states, trace = unroll(cell, p, xs, state, MASK)
    d_p, d_xs, *_ = bptt(cell, p, xs, states, trace, v, mask=MASK)
    tensors = {name: torch.from_numpy(a) for name, a in p.items()}
    args = torch.from_numpy(xs), tuple(map(torch.from_numpy, state)), torch.from_numpy(MASK)
    t_states, t_trace = unroll(cell, tensors, *args)
    t_p, t_xs, *_ = bptt(cell, tensors, args[0], t_states, t_trace, torch.from_numpy(v), mask=args[2])
    for a, b in zip((*states, *d_p.values(), d_xs), (*t_states, *t_p.values(), t_xs), strict=True):
        assert isinstance(b, torch.Tensor)
        np.testing.assert_allclose(a, b.numpy(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("face", [rnnkit.RNN, rnnkit.LSTM, rnnkit.GRU])
def test_step_by_step_equals_the_whole_sequence(face):
    layer, xs = face(I, H, num_layers=2, rng=0), np.random.default_rng(1).standard_normal((T, N, I))
    whole, state, hs = layer(xs), None, []
    for x in xs:
        run = layer(x[None], state)
        state = run.state
        hs.append(run.h[0])
    np.testing.assert_allclose(stack(hs), whole.h, rtol=0, atol=1e-12)


@cells
def test_trace_by_name_holds_the_equations(cell):
    p, xs, state, _ = draw(cell)
    states, trace = unroll(cell, p, xs, state)
    t = by_name(cell, states, trace)
    before = {name: s[:-1] for name, s in zip(cell.STATE, states, strict=True)}
    if cell is rnn:
        np.testing.assert_allclose(t["slope"], 1 - t["h"] ** 2, atol=1e-15)
    elif cell is lstm:
        np.testing.assert_allclose(t["c"], t["f"] * before["c"] + t["i"] * t["g"], atol=1e-15)
        np.testing.assert_allclose(t["h"], t["o"] * np.tanh(t["c"]), atol=1e-15)
    else:
        np.testing.assert_allclose(t["h"], (1 - t["z"]) * t["n"] + t["z"] * before["h"], atol=1e-15)
        a_n = (xs @ p["weight_ih"].T + p["bias_ih"])[..., 2 * H :]
        np.testing.assert_allclose(t["n"], np.tanh(a_n + t["r"] * t["m"]), atol=1e-15)


def test_initialisers():
    p = params.uniform(lstm, I, H, 0)
    assert all(np.abs(a).max() <= H**-0.5 for a in p.values())
    for block in np.split(params.orthogonal(lstm, p, 0, gain=1.5)["weight_hh"], 4):
        np.testing.assert_allclose(block @ block.T, 1.5**2 * np.eye(H), atol=1e-14)
    np.testing.assert_array_equal(
        params.identity(gru, params.uniform(gru, I, H, 0), 0.9)["weight_hh"][H : 2 * H], 0.9 * np.eye(H)
    )
    biased = params.forget_bias(lstm, p, 3.0)
    np.testing.assert_array_equal((biased["bias_ih"] + biased["bias_hh"])[H : 2 * H], 3.0)
    np.testing.assert_array_equal(biased["bias_ih"][:H], p["bias_ih"][:H])
    assert p["bias_ih"][H] != biased["bias_ih"][H]  # the original is left alone


def test_initialisers_take_a_layers_parameters_with_their_suffixes():
    layer = rnnkit.LSTM(I, H, num_layers=2, bidirectional=True, rng=0)
    layer.params.update(params.forget_bias(lstm, layer.params, 2.0))
    layer.params.update(params.identity(lstm, layer.params, 0.5))
    for suffix in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        both = layer.params["bias_ih" + suffix] + layer.params["bias_hh" + suffix]
        assert (both[H : 2 * H] == 2).all()
        assert not np.isin(2, both[:H])
        np.testing.assert_array_equal(layer.params["weight_hh" + suffix][-H:], 0.5 * np.eye(H))
    for wrong in (params.identity, params.forget_bias):
        with pytest.raises(ValueError, match="p holds weight, expected"):
            wrong(lstm, {"weight": np.zeros((3, 3))})


@pytest.mark.parametrize("dtype", [int, np.float16])
def test_the_states_have_the_precision_of_the_inputs(dtype):
    """Whole numbers to start from would round every state that comes after."""
    p, xs, start = params.uniform(rnn, I, H, 0), np.ones((5, 2, I)), np.zeros((2, H))
    found, wanted = (unroll(rnn, p, xs, (s,))[0][0] for s in (start.astype(dtype), start))
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.float64


def test_a_cell_takes_a_mask_as_a_list():
    p, xs, start, mask = params.uniform(rnn, I, H, 0), np.ones((3, 2, I)), (np.zeros((2, H)),), np.eye(3, 2) > 0
    states, trace = unroll(rnn, p, xs, start, mask.tolist())
    np.testing.assert_array_equal(states[0], unroll(rnn, p, xs, start, mask)[0][0])
    bptt(rnn, p, xs, states, trace, np.ones((3, 2, H)), None, mask.tolist())
    tensors = {name: torch.from_numpy(a) for name, a in p.items()}
    found = unroll(rnn, tensors, torch.from_numpy(xs), tuple(map(torch.from_numpy, start)), mask)[0][0]
    np.testing.assert_allclose(found, states[0], rtol=0, atol=1e-15)


@pytest.mark.parametrize("t", [0, 1])
@pytest.mark.parametrize("x", [-3e38, -100, -20, -1e-6, 0, 1e-6, 20, 100, 3e38])
def test_binary_cross_entropy_keeps_its_digits_at_every_size(x, t):
    """-log σ(x) is log(1 + exp(-x)), here in double precision; torch's own loses the small ones in some builds."""
    loss, d_x = rnnkit.binary_cross_entropy(np.array([[x]], np.float32), np.array([[t]], np.float32))
    np.testing.assert_allclose(loss, np.logaddexp(0, -x if t else x), rtol=1e-6, atol=1e-40)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(d_x[0, 0], 1 / (1 + np.exp(-x)) - t, rtol=1e-5, atol=1e-7)  # a sigmoid by tanh


def test_memory_grows_in_proportion_to_the_vocabulary():
    V = 200_000  # 300 GB, squared
    loss, d_logits = rnnkit.softmax_cross_entropy(np.zeros((2, V)), np.array([0, V - 1]))
    assert abs(loss - np.log(V)) < 1e-12
    assert d_logits[1, -1] == pytest.approx((1 / V - 1) / 2)


def test_softmax_cross_entropy_is_torchs_and_survives_large_logits():
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((5, 3, 7)), rng.integers(0, 7, (5, 3))
    a = torch.from_numpy(logits).requires_grad_()
    theirs = torch.nn.functional.cross_entropy(a.reshape(-1, 7), torch.from_numpy(targets).reshape(-1))
    loss, d_logits = rnnkit.softmax_cross_entropy(logits, targets)
    assert abs(loss - theirs.item()) < 1e-14
    np.testing.assert_allclose(d_logits, torch.autograd.grad(theirs, a)[0].numpy(), atol=1e-16)
    loss, d_logits = rnnkit.softmax_cross_entropy(np.array([[1e4, -1e4, 0.0]]), np.array([1]))
    assert loss == 2e4
    np.testing.assert_array_equal(d_logits, [[1, -1, 0]])
