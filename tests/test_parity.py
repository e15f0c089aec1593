"""Every implementation of a cell against torch.nn, in one test: values, and the gradients of all that goes in.

Whoever writes a cell once more (readable, kernel, Torch, JavaScript) adds a line to IMPLEMENTATIONS.
"""

import numpy as np
import pytest
import torch
from py_mini_racer import MiniRacer
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnkit
from rnnkit.backends.lstm_kernel import lstm_bptt, lstm_unroll
from rnnkit.cells import gru, lstm, rnn, rnn_relu
from rnnkit.explorers.base import HERE
from rnnkit.explorers.modules import join
from rnnkit.ops import to_numpy
from rnnkit.unroll import bptt, replay, unroll

SIZES = [(7, 3, 5, 4), (100, 32, 64, 128)]  # T, N, I, H
RELU = {"nonlinearity": "relu"}
CELLS = {
    rnn: (rnnkit.RNN, torch.nn.RNN, {}),
    rnn_relu: (rnnkit.RNN, torch.nn.RNN, RELU),
    lstm: (rnnkit.LSTM, torch.nn.LSTM, {}),
    gru: (rnnkit.GRU, torch.nn.GRU, {}),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def far(a, b):
    """max|a - b| / max|b|: the measure in which 1e-12 is asked for."""
    a, b = to_numpy(a), to_numpy(b)
    assert a.shape == b.shape
    return np.abs(a - b).max() / np.abs(b).max()


def twins(face, module, size, seed, **options):
    """The same weights in both, U(±1/√H), with inputs, initial states and a random loss."""
    (T, N, I, H), rng = size, np.random.default_rng(seed)
    ours = face(I, H, rng=rng, **options)
    theirs = module(I, H, dtype=torch.float64, **options)
    theirs.load_state_dict({name: torch.from_numpy(a) for name, a in ours.params.items()})
    rows = ours.num_layers * ours.num_directions
    xs = rng.standard_normal((T, N, I))
    state = tuple(rng.standard_normal((rows, N, H)) for _ in ours.cell.STATE)
    d_h = rng.standard_normal((T, N, ours.num_directions * H))
    d_state = tuple(rng.standard_normal(s.shape) for s in state)
    return ours, theirs, xs, state, d_h, d_state


def torch_side(theirs, xs, state, d_h, d_state, mask=None):
    """h, final state, and the gradients of Σ h·d_h + Σ state·d_state, by autograd."""
    leaves = [torch.from_numpy(a).requires_grad_() for a in (xs, *state)]
    hx = tuple(leaves[1:]) if len(state) == 2 else leaves[1]
    if mask is None:
        h, end = theirs(leaves[0], hx)
    else:
        packed, end = theirs(pack_padded_sequence(leaves[0], mask.sum(0), enforce_sorted=False), hx)
        h, _ = pad_packed_sequence(packed, total_length=len(xs))
    end = end if isinstance(end, tuple) else (end,)
    loss = (h * torch.from_numpy(d_h)).sum()
    loss = loss + sum((s * torch.from_numpy(d)).sum() for s, d in zip(end, d_state, strict=True))
    names = [name for name, _ in theirs.named_parameters()]
    d_x, *rest = torch.autograd.grad(loss, [*leaves, *theirs.parameters()])
    d_start, d_params = rest[: len(state)], dict(zip(names, rest[len(state) :], strict=True))
    return h, end, d_x, d_start, d_params


def by_functions(forward, backward, convert=np.asarray):
    """An implementation made of ``unroll`` and ``bptt``, or of two functions with their arguments."""

    def result(ours, xs, state, d_h, d_state):
        p = {name.removesuffix("_l0"): convert(a) for name, a in ours.params.items()}
        xs, d_h, (state, d_state) = convert(xs), convert(d_h), ([convert(s[0]) for s in ss] for ss in (state, d_state))
        states, trace = forward(ours.cell, p, xs, tuple(state))
        d_p, d_xs, d_start, _ = backward(ours.cell, p, xs, states, trace, d_h, tuple(d_state))
        named = {f"{name}_l0": d for name, d in d_p.items()}
        return states[0][1:], tuple(s[-1:] for s in states), d_xs, tuple(d[None] for d in d_start), named

    return result


def by_the_face(backend, path=None):
    """``path`` False: what runs on an accelerator, here on the processor; ``by hand``: without autograd's graph."""

    def result(ours, xs, state, d_h, d_state):
        layer = ours.to(backend, device="cpu")
        if path == "accelerator":
            layer._stack.on_cpu = False
        with torch.set_grad_enabled(path != "by hand"):
            run = layer(xs, state)
        grads = layer.backward(run, d_h, d_state)
        return run.h, run.state, grads.xs, grads.state, grads.params

    return result


def by_javascript(ours, xs, state, d_h, d_state):
    """The explorers' core: one sequence at a time, from a zero state, one bias, no gradients."""
    engine = MiniRacer()
    engine.eval("\n".join(join([HERE / "compute" / "rnn.js"], HERE).values()))
    p = ours.params
    given = [a.tolist() for a in (p["weight_ih_l0"], p["weight_hh_l0"], p["bias_ih_l0"] + p["bias_hh_l0"])]
    runs = [engine.call("compute_rnn.rnnForward", *given, xs[:, n].tolist()) for n in range(xs.shape[1])]
    return np.stack([np.array(run["states"])[1:] for run in runs], 1), None, None, None, {}


def kernel_unroll(cell, *rest):
    return lstm_unroll(*rest)


def kernel_bptt(cell, *rest):
    return lstm_bptt(*rest)


IMPLEMENTATIONS = {
    "readable": (by_functions(unroll, bptt), [rnn, rnn_relu, lstm, gru]),
    "readable, on tensors": (by_functions(unroll, bptt, torch.from_numpy), [rnn, rnn_relu, lstm, gru]),
    "kernel": (by_functions(kernel_unroll, kernel_bptt), [lstm]),
    "kernel forward": (by_functions(kernel_unroll, bptt), [lstm]),
    "kernel backward": (by_functions(unroll, kernel_bptt), [lstm]),
    "NumPy layer": (by_the_face("numpy"), [rnn, rnn_relu, lstm, gru]),
    "Torch layer": (by_the_face("torch"), [rnn, rnn_relu, lstm, gru]),
    "Torch layer by hand": (by_the_face("torch", "by hand"), [rnn, rnn_relu, lstm, gru]),
    "Torch layer as on an accelerator": (by_the_face("torch", "accelerator"), [rnn, rnn_relu, lstm, gru]),
    "JavaScript": (by_javascript, [rnn]),
}
CASES = [(name, cell) for name, (_, cells) in IMPLEMENTATIONS.items() for cell in cells]


def assert_parity(name, cell, size, seed, spoilt=np.asarray):
    implementation, _ = IMPLEMENTATIONS[name]
    face, module, options = CELLS[cell]
    ours, theirs, xs, state, d_h, d_state = twins(face, module, size, seed, **options)
    ours.params = {key: spoilt(a) for key, a in ours.params.items()}
    if name == "JavaScript":
        state = tuple(np.zeros_like(s) for s in state)
    h, end, d_xs, d_start, d_params = implementation(ours, xs, state, d_h, d_state)
    their_h, their_end, their_d_xs, their_d_start, their_d_params = torch_side(theirs, xs, state, d_h, d_state)
    assert far(h, their_h) <= 1e-12
    if name == "JavaScript":
        return
    assert far(d_xs, their_d_xs) <= 1e-12
    for a, b in zip((*end, *d_start), (*their_end, *their_d_start), strict=True):
        assert far(a, b) <= 1e-12
    assert d_params.keys() == their_d_params.keys()
    for parameter, d in d_params.items():
        assert far(d, their_d_params[parameter]) <= 1e-12, parameter


def label(value):
    return getattr(value, "__name__", str(value)).rpartition(".")[2]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("name", "cell"), CASES, ids=label)
def test_every_implementation_is_torchs(name, cell, seed):
    assert_parity(name, cell, SIZES[0], seed)


@pytest.mark.parametrize(
    ("name", "cell", "seed"),
    [(*c, s) for c in CASES if c[0] != "JavaScript" for s in range(20 if c[0] == "NumPy layer" else 2)],
    ids=label,
)
def test_every_implementation_is_torchs_at_a_real_size(name, cell, seed):
    assert_parity(name, cell, SIZES[1], seed)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_parity_notices_two_swapped_gates(name):
    """The test above can fail: with two gates exchanged (for the RNN: two units) it does."""
    cell = IMPLEMENTATIONS[name][1][-1]
    size = 1 if cell in (rnn, rnn_relu) else SIZES[0][3]

    def swapped(a):
        return np.concatenate([a[size : 2 * size], a[:size], a[2 * size :]])

    with pytest.raises(AssertionError):
        assert_parity(name, cell, SIZES[0], 0, swapped)


@pytest.mark.parametrize("cell", [rnn, rnn_relu, lstm, gru], ids=label)
@pytest.mark.parametrize("name", ["replay", "Torch layer", "Torch layer as on an accelerator"])
def test_every_trace_is_the_readable_ones(name, cell):
    """The trace of the readable loop is what its tested adjoint reads; all others have to be the same arrays."""
    face, module, options = CELLS[cell]
    ours, _, xs, state, *_ = twins(face, module, (90, 3, 5, 4), 0, **options)
    p = {key.removesuffix("_l0"): a for key, a in ours.params.items()}
    states, trace = unroll(cell, p, xs, tuple(s[0] for s in state))
    if name == "replay":
        others = replay(cell, p, xs, states)
    else:
        layer = ours.to("torch", device="cpu")
        layer._stack.on_cpu = name == "Torch layer"
        others = layer(xs, state).records[0].directions[0].trace
    for a, b in zip(others, trace, strict=True):
        assert far(a * 1.0, b * 1.0) <= 1e-12
