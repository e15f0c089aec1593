"""Every cell against torch.nn, in float64: values, and gradients of parameters, inputs and initial states."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnkit

SIZES = [(7, 3, 5, 4), (100, 32, 64, 128)]  # T, N, I, H
PAIRS = [(rnnkit.RNN, torch.nn.RNN), (rnnkit.LSTM, torch.nn.LSTM), (rnnkit.GRU, torch.nn.GRU)]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def far(a, b):
    """max|a - b| / max|b|: the measure in which 1e-12 is asked for."""
    b = b.detach().numpy() if isinstance(b, torch.Tensor) else b
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


def assert_equal(ours, theirs, xs, state, d_h, d_state, mask=None, tol=1e-12):
    run = ours(xs, state, mask)
    grads = ours.backward(run, d_h, d_state)
    h, end, d_x, d_start, d_params = torch_side(theirs, xs, state, d_h, d_state, mask)
    assert far(run.h, h) <= tol
    assert far(grads.xs, d_x) <= tol
    for a, b in zip((*run.state, *grads.state), (*end, *d_start), strict=True):
        assert far(a, b) <= tol
    assert grads.params.keys() == d_params.keys()
    for name, d in grads.params.items():
        assert far(d, d_params[name]) <= tol, name


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("face", "module"), PAIRS, ids=lambda c: c.__module__.split(".")[0] + "." + c.__name__)
def test_values_and_gradients_are_torchs(face, module, size, seed):
    assert_equal(*twins(face, module, size, seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, True), (2, False), (3, True)])
@pytest.mark.parametrize(("face", "module"), PAIRS, ids=lambda c: c.__module__.split(".")[0] + "." + c.__name__)
def test_stacked_bidirectional_and_ragged_too(face, module, layers, bidirectional, seed):
    sides = twins(face, module, (9, 4, 5, 3), seed, num_layers=layers, bidirectional=bidirectional)
    assert_equal(*sides)
    mask = np.arange(9)[:, None] < np.array([4, 9, 1, 6])  # not in the order of length
    assert_equal(*sides, mask=mask)


def test_parity_notices_two_swapped_gates():
    """The test above can fail: with the GRU's z and r exchanged it does."""
    ours, theirs, *rest = twins(rnnkit.GRU, torch.nn.GRU, (7, 3, 5, 4), 0)
    for name, a in ours.params.items():
        ours.params[name] = np.concatenate([a[4:8], a[:4], a[8:]])
    with pytest.raises(AssertionError):
        assert_equal(ours, theirs, *rest)
