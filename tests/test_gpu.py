"""What needs an accelerator: parity at float32's tolerance, the trace, and a run that goes on on the processor.

Skipped, with the reason, where there is none. What can be tested of it without one is in test_backends.py, which runs
the accelerator's path on the processor.
"""

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit.data import Recall
from rnnkit.layers import GRU, LSTM, RNN, GRUResetBefore, MinGRU, PeepholeLSTM
from rnnkit.ops import to_numpy

DEVICE = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(DEVICE is None, reason="no accelerator: torch finds neither CUDA nor MPS on this machine"),
]
T, N, I, H = 50, 8, 5, 16


@pytest.fixture(autouse=True)
def full_precision():
    """float32 products without TF32, so that the tolerance is that of float32."""
    kept = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = kept


def far(a, b):
    a, b = to_numpy(a) * 1.0, to_numpy(b) * 1.0
    return np.abs(a - b).max() / np.abs(b).max()


@pytest.mark.parametrize("face", [RNN, LSTM, GRU, GRUResetBefore, PeepholeLSTM, MinGRU])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("window", [None, 7])
def test_values_trace_and_gradients_are_numpys(face, ragged, layers, window):
    rng = np.random.default_rng(0)
    ours = face(I, H, num_layers=layers, bidirectional=True, rng=rng)
    theirs = ours.to("torch", device="auto", dtype="float32")
    assert theirs.device.startswith(DEVICE)
    xs, d_h = rng.standard_normal((T, N, I)), rng.standard_normal((T, N, 2 * H))
    mask = np.arange(T)[:, None] < rng.integers(0, T + 1, N) if ragged else None
    if ragged:
        xs[~mask] = np.nan
    one, other = ours(xs, mask=mask), theirs(xs, mask=mask)
    assert other.h.device.type == DEVICE
    assert far(other.h, one.h) < 2e-5
    for name, a in one.trace.items():
        assert far(other.trace[name], a) < 2e-5, name
    d_one, d_other = ours.backward(one, d_h, window=window), theirs.backward(other, d_h, window=window)
    for name, d in [("xs", d_one.xs), *d_one.params.items()]:
        assert far(d_other.xs if name == "xs" else d_other.params[name], d) < 2e-4, name
    for name, d in d_one.h.items():
        assert far(d_other.h[name], d) < 2e-4, name


def test_an_accelerators_run_goes_on_on_the_processor(tmp_path):
    """Same task, seed and checkpoint folder; the numbers differ by rounding alone."""
    task = Recall(length=12, lag=2, symbols=3)

    def model(device):
        place = {"backend": "torch", "device": device}
        return rnnkit.Sequential(GRU(3, 16, rng=0, **place), rnnkit.Linear(16, 3, rng=1, **place))

    def fit(net, epochs, folder):
        return rnnkit.fit(
            net,
            task.batches(steps=20, n=16),
            rnnkit.softmax_cross_entropy,
            rnnkit.Adam(0.01),
            epochs=epochs,
            checkpoint=folder,
            progress=False,
        )

    fit(model("auto"), 2, tmp_path / "moved")
    here, whole = model("cpu"), model("cpu")
    resumed = fit(here, 4, tmp_path / "moved")
    straight = fit(whole, 4, tmp_path / "straight")
    assert len(resumed.loss) == 4
    np.testing.assert_allclose(resumed.loss, straight.loss, rtol=1e-3)
    for name, a in whole.params.items():
        assert far(here.params[name], a) < 1e-2, name
