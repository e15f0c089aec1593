"""One vector of a sequence: final states, mean and maximum, beside torch's packed layers and autograd."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence
from wrong_calls import refused

import rnnkit
from rnnkit import GRU, LSTM, Dropout, Final, Last, Linear, MaxPool, MeanPool, Sequential
from rnnkit.data import Batch
from rnnkit.ops import to_numpy

T, N, I, H = 7, 4, 3, 5
LENGTHS = np.array([4, 7, 1, 6])
RAGGED, GAPS = np.arange(T)[:, None] < LENGTHS, np.eye(T, N, -1) == 0
MASKS = pytest.mark.parametrize("mask", [None, RAGGED, GAPS], ids=["full", "ragged", "gaps"])
PLACES = [{"backend": "numpy"}, {"backend": "torch", "device": "cpu", "dtype": "float64"}]
place = pytest.mark.parametrize("place", PLACES, ids=["numpy", "torch"])


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def close(a, b):
    np.testing.assert_allclose(to_numpy(a), to_numpy(b), rtol=0, atol=1e-12)


@place
@pytest.mark.parametrize("face", [GRU, LSTM])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
def test_final_is_the_final_state_of_torchs_packed_layer(place, face, both, ragged):
    ours = Sequential(
        face(I, H, num_layers=2, bidirectional=both, rng=0, **place),
        Final(both, **place),
        Linear(H * (1 + both), 2, rng=1, **place),
    )
    theirs = getattr(torch.nn, face.__name__)(I, H, num_layers=2, bidirectional=both, dtype=torch.float64)
    head = torch.nn.Linear(H * (1 + both), 2, dtype=torch.float64)
    weights = {name: torch.from_numpy(np.array(to_numpy(a))) for name, a in ours.params.items()}
    theirs.load_state_dict({name[2:]: a for name, a in weights.items() if name.startswith("0")})
    head.load_state_dict({name[2:]: a for name, a in weights.items() if name.startswith("2")})
    xs, d_y, lengths = drawn(T, N, I), drawn(N, 2, seed=1), LENGTHS if ragged else np.full(N, T)
    leaf = torch.from_numpy(xs).requires_grad_()
    _, end = theirs(pack_padded_sequence(leaf, torch.from_numpy(lengths), enforce_sorted=False))
    h_n = end[0] if face is LSTM else end
    y = head(torch.cat(list(h_n[-1 - both :]), -1))
    y.backward(torch.from_numpy(d_y))
    run = ours(xs, mask=RAGGED if ragged else None)
    grads = ours.backward(run, d_y)
    close(run.h, y.detach())
    close(grads.xs, leaf.grad)
    for name, p in theirs.named_parameters():
        close(grads.params[f"0.{name}"], p.grad)


@place
@MASKS
@pytest.mark.parametrize("layer", [MeanPool, MaxPool, Last])
def test_pooling_and_its_adjoint_are_torchs(place, mask, layer):
    xs, d_h = drawn(T, N, H), drawn(N, H, seed=1)
    there = np.ones((T, N), bool) if mask is None else mask
    leaf = torch.from_numpy(xs).requires_grad_()
    rows = [leaf[torch.from_numpy(there[:, n]), n] for n in range(N)]
    wanted = torch.stack(
        [{MeanPool: lambda a: a.mean(0), MaxPool: lambda a: a.amax(0), Last: lambda a: a[-1]}[layer](a) for a in rows]
    )
    wanted.backward(torch.from_numpy(d_h))
    ours, spoilt = layer(**place), np.where(there[..., None], xs, np.nan)
    run = ours(spoilt, mask=mask)
    close(run.h, wanted.detach())
    close(ours.backward(run, d_h).xs, leaf.grad)


def test_the_first_of_equal_maxima_gets_the_gradient():
    layer = MaxPool()
    run = layer(np.zeros((3, 1, 1)))
    assert layer.backward(run, np.ones((1, 1))).xs[:, 0, 0].tolist() == [1, 0, 0]


@place
def test_fit_trains_a_bidirectional_classifier(place):
    """The first symbol decides, and only the reverse direction ends there."""

    def batches(rng):
        for _ in range(40):
            xs = rng.integers(0, 8, (30, 32))
            yield Batch(xs, xs[0] % 2)

    model = Sequential(
        rnnkit.Embedding(8, 8, rng=0, **place),
        GRU(8, 8, bidirectional=True, rng=1, **place),
        Final(bidirectional=True, **place),
        Linear(16, 2, rng=2, **place),
    )
    rnnkit.fit(model, batches, "softmax_cross_entropy", rnnkit.Adam(0.02), 2, progress=False)
    test = next(batches(np.random.default_rng(5)))
    assert (to_numpy(model(test.xs).h).argmax(-1) == test.targets).mean() > 0.95


HINT = "is Last after a bidirectional layer, expected Final(bidirectional=True), MeanPool() or MaxPool()"
REFUSED = {
    "Last": (lambda: Sequential(GRU(I, H, bidirectional=True), Last()), f"layer 1 {HINT}"),
    "Last after dropout": (lambda: Sequential(GRU(I, H, bidirectional=True), Dropout(0.5), Last()), f"layer 2 {HINT}"),
    "Last after a mixture": (lambda: Sequential(GRU(I, H, bidirectional=True), Linear(2 * H, 2), Last()), HINT),
    "Final of one direction": (
        lambda: Sequential(GRU(I, H, bidirectional=True), Final()),
        "layer 1 is Final(bidirectional=False) with bidirectional=True before it, expected the outputs of a layer",
    ),
    "Final of two": (lambda: Sequential(GRU(I, H), Final(bidirectional=True)), "with bidirectional=False before it"),
    "Final of a mixture": (
        lambda: Sequential(GRU(I, H, bidirectional=True), Linear(2 * H, 2), Final(bidirectional=True)),
        "with no recurrent layer just before it",
    ),
    "an odd width": (lambda: Final(bidirectional=True)(drawn(T, N, 5)), "xs has 5 features, expected an even number"),
    "no flag": (lambda: Final("both"), "bidirectional is 'both', expected True or False"),
    "no step": (lambda: MeanPool()(drawn(T, N, I), mask=np.eye(T, N) > 1), "mask is False in all of sequence 0"),
    "two axes": (lambda: MaxPool()(drawn(T, N)), "xs has shape (7, 4), expected (T, N, 4)"),
    "a wrong gradient": (
        lambda: (layer := MeanPool()).backward(layer(drawn(T, N, I)), drawn(N, I + 1)),
        "d_h has shape (4, 4), expected (4, 3)",
    ),
}


test_wrong_calls_say_what_was_expected = refused(REFUSED)


def test_last_reads_one_direction_above_two():
    Sequential(GRU(I, H, bidirectional=True), GRU(2 * H, H), Last())
    Sequential(GRU(I, H, bidirectional=True), Dropout(0.5), Final(bidirectional=True))
