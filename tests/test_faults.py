"""Small things that once went wrong in silence, or with an error that said nothing."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence
from wrong_calls import refused

import rnnkit
from rnnkit.data import shuffled
from rnnkit.ops import to_numpy

T, N, I, H = 6, 3, 3, 4
TORCH = {"backend": "torch", "device": "cpu", "dtype": "float64"}
SEQUENCES = [torch.randn(t, I, dtype=torch.float64, generator=torch.Generator().manual_seed(t)) for t in (4, 6, 1)]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_an_update_that_is_refused_changes_nothing(backend):
    layer = rnnkit.LSTM(I, H, rng=0, backend=backend, device="cpu")
    model = rnnkit.Sequential(layer)
    before = {name: to_numpy(a).copy() for name, a in layer.params.items()}
    good, bad = np.ones((4 * H, I)), np.ones((3, 3))
    for params, first, second in (
        (layer.params, "weight_ih_l0", "weight_hh_l0"),
        (model.params, "0.weight_ih_l0", "0.weight_hh_l0"),
    ):
        with pytest.raises(ValueError, match="weight_hh_l0 has shape"):
            params.update({first: good, second: bad})
    with pytest.raises(ValueError, match="weight_hh_l0 has shape"):
        layer.params = {"weight_ih_l0": good, "weight_hh_l0": bad}
    with pytest.raises(KeyError, match=r"1\.bias, expected one of"):
        model.params.update({"0.weight_ih_l0": good, "1.bias": bad})
    for name, a in layer.params.items():
        np.testing.assert_array_equal(to_numpy(a), before[name])


@pytest.mark.parametrize("face", [rnnkit.RNN, rnnkit.LSTM, rnnkit.GRU, rnnkit.PeepholeLSTM])
@pytest.mark.parametrize("both", [False, True])
def test_packed_sequences_equal_padded_ones_with_masks(face, both):
    layer = face(I, H, rng=0, bidirectional=both, **TORCH)
    packed = pack_sequence(SEQUENCES, enforce_sorted=False)
    xs, lengths = pad_packed_sequence(packed)
    mask = np.arange(T)[:, None] < lengths.numpy()
    run, wanted = layer(packed), layer(xs, mask=mask)
    np.testing.assert_array_equal(run.mask, mask)
    assert torch.equal(run.h, wanted.h)
    assert all(map(torch.equal, run.state, wanted.state))
    model = rnnkit.Sequential(layer, rnnkit.Final(both, **TORCH))
    assert torch.equal(model(packed).h, model(xs, mask=mask).h)


@pytest.mark.parametrize("face", [rnnkit.RNN, rnnkit.LSTM, rnnkit.GRU])
def test_ragged_batches_are_torchs_packed_ones(face):
    """Stacked, in both directions, from a start of one's own, with the gradient of the final state."""
    options = {"num_layers": 2, "bidirectional": True}
    layer = face(I, H, rng=0, **options, **TORCH)
    net = getattr(torch.nn, face.__name__)(I, H, dtype=torch.float64, **options)
    net.load_state_dict(layer.state_dict())
    start = tuple(torch.randn(4, N, H, dtype=torch.float64) for _ in layer.cell.STATE)
    packed = pack_sequence(SEQUENCES, enforce_sorted=False)
    h, end = net(packed, start if len(start) > 1 else start[0])
    h, _ = pad_packed_sequence(h)
    end = end if isinstance(end, tuple) else (end,)
    run = layer(packed, start)
    for a, b in zip((run.h, *run.state), (h, *end), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
    (h.square().sum() + sum(e.square().sum() for e in end)).backward()
    grads = layer.backward(run, 2 * run.h.detach(), tuple(2 * e.detach() for e in run.state))
    for name, p in net.named_parameters():
        torch.testing.assert_close(grads.params[name], p.grad, rtol=0, atol=1e-11)


def test_a_run_unpacks_as_torchs_result():
    out, (h, c) = rnnkit.LSTM(I, H, rng=0)(np.ones((T, N, I)))
    assert (out.shape, h.shape, c.shape) == ((T, N, H), (1, N, H), (1, N, H))
    y, state = rnnkit.Linear(H, 2, rng=0)(out)
    assert (y.shape, state) == ((T, N, 2), ())
    y, (_, gru) = rnnkit.Sequential(rnnkit.Linear(I, H, rng=0), rnnkit.GRU(H, H, rng=0))(np.ones((T, N, I)))
    assert gru[0].shape == (1, N, H)


def test_torch_that_is_missing_is_named():
    program = """
import sys
sys.modules["torch"] = None
import rnnkit
try:
    rnnkit.GRU(3, 4, backend="torch")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "this needs torch, which is not installed. Run: pip install torch\n"


CALLS = {
    "a packed sequence for NumPy": (
        lambda: rnnkit.GRU(I, H)(pack_sequence(SEQUENCES, enforce_sorted=False)),
        "xs is a PackedSequence, expected an array (T, N, I): only the Torch backend reads those",
    ),
    "a packed sequence with a mask": (
        lambda: rnnkit.GRU(I, H, **TORCH)(pack_sequence(SEQUENCES, enforce_sorted=False), mask=np.ones((T, N), bool)),
        "mask came with a PackedSequence, expected None: the lengths are in the sequence",
    ),
    "sequences that do not go on": (
        lambda: rnnkit.fit(
            rnnkit.GRU(I, H),
            shuffled(np.zeros((T, N, I)), np.zeros((T, N, H)), 2),
            "squared_error",
            rnnkit.SGD(0.1),
            1,
            carry=True,
        ),
        "carry is True and batches draws or shuffles sequences, expected batches whose sequences go on",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
