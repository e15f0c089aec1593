"""The layers around a recurrent one, attention and the losses: values and gradients against torch.nn and autograd."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from wrong_calls import refused

from rnnkit import (
    GRU,
    LSTM,
    Attention,
    Dropout,
    Embedding,
    Final,
    Last,
    Linear,
    Sequential,
    binary_cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
from rnnkit.gradcheck import compare, numeric_gradient
from rnnkit.ops import to_numpy

T, N, V, E, H = 7, 3, 6, 5, 4
MASK = np.arange(T)[:, None] < np.array([4, 7, 1])
PLACES = [{"backend": "numpy", "dtype": "float64"}, {"backend": "torch", "device": "cpu", "dtype": "float64"}]
place = pytest.mark.parametrize("place", PLACES, ids=lambda p: p["backend"])


def close(a, b, tol=1e-12):
    a, b = to_numpy(a), to_numpy(b)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=0, atol=tol * max(1e-12, np.abs(b).max()))


def model(place, mask=False):
    layers = [Embedding(V, E, rng=0, **place), GRU(E, H, num_layers=2, bidirectional=True, rng=1, **place)]
    return Sequential(*layers, Dropout(0.5, **place), Final(True, **place), Linear(2 * H, 2, rng=2, **place))


class Net(torch.nn.Module):
    """The same in torch.nn."""

    def __init__(self):
        super().__init__()
        layers = [
            torch.nn.Embedding(V, E),
            torch.nn.GRU(E, H, num_layers=2, bidirectional=True),
            torch.nn.Identity(),
            torch.nn.Identity(),
            torch.nn.Linear(2 * H, 2),
        ]
        self.all = torch.nn.Sequential(*layers).double()

    def forward(self, xs, lengths):
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.all[0](xs), lengths, enforce_sorted=False)
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(self.all[1](packed)[0], total_length=T)
        return self.all[4](torch.cat([h[lengths - 1, torch.arange(N), :H], h[0, :, H:]], -1))


@place
@pytest.mark.parametrize("mask", [None, MASK], ids=["full", "ragged"])
def test_a_model_and_its_gradients_are_torchs(place, mask):
    rng = np.random.default_rng(0)
    ours, theirs = model(place), Net()
    theirs.all.load_state_dict({name: torch.from_numpy(np.array(to_numpy(a))) for name, a in ours.params.items()})
    xs, d_h = rng.integers(0, V, (T, N)), rng.standard_normal((N, 2))
    hidden = np.where(MASK, xs, -1) if mask is not None else xs  # what stands in padding is nobody's index
    run = ours(hidden, mask=mask)
    grads = ours.backward(run, d_h)
    lengths = torch.full((N,), T) if mask is None else torch.from_numpy(mask.sum(0))
    y = theirs(torch.from_numpy(xs), lengths)
    y.backward(torch.from_numpy(d_h))
    close(run.h, y)
    assert list(grads.params) == [name for name, _ in theirs.all.named_parameters()]
    for name, p in theirs.all.named_parameters():
        close(grads.params[name], p.grad)


@place
def test_embedding_and_linear_are_torchs(place):
    rng = np.random.default_rng(0)
    for bias in (True, False):
        ours = Linear(E, H, bias=bias, rng=0, **place)
        xs = torch.from_numpy(rng.standard_normal((T, N, E))).requires_grad_()
        leaves = {name: torch.from_numpy(np.array(to_numpy(a))).requires_grad_() for name, a in ours.params.items()}
        y, d_y = F.linear(xs, leaves["weight"], leaves.get("bias")), rng.standard_normal((T, N, H))
        y.backward(torch.from_numpy(d_y))
        run = ours(xs.detach().numpy())
        grads = ours.backward(run, d_y)
        close(run.h, y)
        close(grads.xs, xs.grad)
        assert grads.params.keys() == leaves.keys()
        for name, leaf in leaves.items():
            close(grads.params[name], leaf.grad)
    ours, xs = Embedding(V, E, rng=0, **place), rng.integers(0, V - 1, (T, N))
    weight = torch.from_numpy(np.array(to_numpy(ours.params["weight"]))).requires_grad_()
    y, d_y = F.embedding(torch.from_numpy(xs), weight), rng.standard_normal((T, N, E))
    y.backward(torch.from_numpy(d_y))
    close(ours(xs).h, y)
    close(ours.backward(ours(xs), d_y).params["weight"], weight.grad)


@place
def test_dropout_in_a_model_is_one_mask_a_sequence(place):
    layer, xs = Dropout(0.25, **place), np.ones((T, 500, 4))
    run = layer(xs, rng=0)
    h = to_numpy(run.h)
    assert (h == h[0]).all()
    assert set(np.unique(h)) == {0.0, 1 / 0.75}
    assert abs((h[0] == 0).mean() - 0.25) < 0.03
    close(layer.backward(run, xs).xs, h)
    assert to_numpy(layer(xs, rng=1).h != run.h).any()


@place
def test_a_model_moves_streams_and_goes_back(place):
    ours = Sequential(LSTM(E, H, rng=0, **place), Linear(H, 2, rng=1, **place))
    xs = np.random.default_rng(0).standard_normal((T, N, E))
    whole = ours(xs)
    first = ours(xs[:3])
    rest = ours(xs[3:], first.state)
    close(np.concatenate([to_numpy(first.h), to_numpy(rest.h)]), whole.h)
    close(rest.state[0][1], whole.state[0][1])
    other = ours.to("numpy" if place["backend"] == "torch" else "torch", device="cpu")
    close(other(xs).h, whole.h)
    assert list(whole.trace)[:2] == ["0.i_l0", "0.f_l0"]
    d_h, d_end = np.ones((T, N, 2)), ((np.ones((1, N, H)), np.ones((1, N, H))), ())
    one, two = (m.backward(m(xs), d_h, d_end, window=2) for m in (ours, other))
    for name in ours.params:
        close(one.params[name], two.params[name])
    close(one.h["0.h_l0"], two.h["0.h_l0"])


def attention_by_autograd(p, queries, keys, mask):
    """Bahdanau's equations, one query and one key at a time."""
    contexts, weights = [], []
    for q in queries:
        scores = torch.stack(
            [torch.tanh(q @ p["weight_query"].T + k @ p["weight_key"].T) @ p["weight_score"] for k in keys]
        )
        if mask is not None:
            scores = scores.masked_fill(~torch.from_numpy(mask), -torch.inf)
        weights.append(scores.softmax(0))
        contexts.append((weights[-1][..., None] * keys).sum(0))
    return torch.stack(contexts), torch.stack(weights)


@place
@pytest.mark.parametrize("mask", [None, MASK], ids=["full", "ragged"])
def test_attention_and_its_adjoint(place, mask):
    rng, S = np.random.default_rng(0), 2
    ours = Attention(query_size=E, key_size=H, hidden_size=V, rng=0, **place)
    queries, keys, d_h = (rng.standard_normal(shape) for shape in ((S, N, E), (T, N, H), (S, N, H)))
    spoilt = keys if mask is None else np.where(mask[..., None], keys, np.nan)
    leaves = {name: torch.from_numpy(np.array(to_numpy(a))).requires_grad_() for name, a in ours.params.items()}
    q, k = (torch.from_numpy(a).requires_grad_() for a in (queries, keys))
    h, weights = attention_by_autograd(leaves, q, k, mask)
    h.backward(torch.from_numpy(d_h))
    run = ours(queries, spoilt, mask)
    grads = ours.backward(run, d_h)
    close(run.h, h)
    close(run.weights, weights)
    close(grads.queries, q.grad)
    close(grads.keys, k.grad)
    for name, leaf in leaves.items():
        close(grads.params[name], leaf.grad)


def test_attention_agrees_with_central_differences():
    rng, ours = np.random.default_rng(0), Attention(3, 2, 4, rng=0)
    queries, keys, d_h = rng.standard_normal((2, 3, 3)), rng.standard_normal((5, 3, 2)), rng.standard_normal((2, 3, 2))
    grads = ours.backward(ours(queries, keys), d_h)
    pairs = [(grads.queries, queries), (grads.keys, keys), *((grads.params[n], a) for n, a in ours.params.items())]
    for d, a in pairs:
        compare("a", d, numeric_gradient(lambda: float((ours(queries, keys).h * d_h).sum()), a))


def losses(rng):
    logits, classes = rng.standard_normal((T, N, V)) * 3, rng.integers(0, V, (T, N))
    y, wanted, yes = (f(size=(T, N, 2)) for f in (rng.standard_normal, rng.standard_normal, rng.random))

    def cross_entropy(a, b, reduction):
        return F.cross_entropy(a.movedim(-1, 1), b, reduction=reduction)

    return [
        (softmax_cross_entropy, cross_entropy, logits, classes),
        (squared_error, F.mse_loss, y, wanted),
        (binary_cross_entropy, F.binary_cross_entropy_with_logits, 4 * y, yes),
    ]


@place
@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("mask", [None, MASK], ids=["full", "ragged"])
def test_losses_and_their_derivatives_are_torchs(place, which, mask):
    ours, theirs, y, targets = losses(np.random.default_rng(0))[which]
    leaf, wanted = torch.from_numpy(y).requires_grad_(), torch.from_numpy(targets)
    every = theirs(leaf, wanted, reduction="none")
    expected = every.mean() if mask is None else every[torch.from_numpy(mask)].mean()
    expected.backward()
    spoilt = (y, targets)
    if mask is not None:  # what is not scored is not read
        spoilt = np.where(mask[..., None], y, np.nan), np.where(mask if which == 0 else mask[..., None], targets, -5)
    given = [torch.from_numpy(a) for a in spoilt] if place["backend"] == "torch" else spoilt
    loss, d_y = ours(*given, mask)
    assert abs(float(loss) - float(expected.detach())) <= 1e-13
    assert type(d_y) is type(given[0])
    close(d_y, leaf.grad)


def test_no_loss_overflows():
    huge = np.array([[1e4, -1e4]])
    for loss, d in (softmax_cross_entropy(huge, np.array([1])), binary_cross_entropy(huge, np.array([[0.0, 1.0]]))):
        assert np.isfinite(loss)
        assert np.isfinite(d).all()


X = np.zeros((T, N, E))


@place
@pytest.mark.parametrize("above", ["LSTM", "Last"])
def test_padding_before_a_recurrent_layer_reaches_nothing(place, above):
    """0 times NaN is NaN: the linear layer's own weights would get it from the steps that do not count."""
    upper = LSTM(E, E, rng=1, **place) if above == "LSTM" else Last(**place)
    net, results = Sequential(Dropout(0.5, **place), Linear(E, E, rng=0, **place), upper), []
    xs, d_h = (np.random.default_rng(seed).standard_normal((T, N, E)) for seed in (0, 1))
    for filler in (np.nan, 0.0):
        run = net(np.where(MASK[..., None], xs, filler), mask=MASK)
        d_y = np.where(MASK[..., None], d_h, filler) if above == "LSTM" else d_h[0]
        results.append([to_numpy(a) for a in (run.h, *net.backward(run, d_y).params.values())])
    for one, other in zip(*results, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)


def test_a_run_is_refused_once_its_weights_have_changed():
    where = {"backend": "torch", "device": "cpu", "rng": 0}
    x, index = torch.ones(T, N, E), torch.zeros(T, N, dtype=int)
    linear, attention, embedding = Linear(E, 2, **where), Attention(E, E, V, **where), Embedding(V, E, **where)
    for layer, inputs in ((linear, (x,)), (attention, (x, x)), (embedding, (index,))):
        run = layer(*inputs)
        layer.params = {name: to_numpy(a) * 2 for name, a in layer.params.items()}
        with pytest.raises(ValueError, match="was changed in place since"):
            layer.backward(run, np.ones(run.h.shape))


def test_results_share_no_memory_with_the_callers_array():
    xs = np.ones((T, N, E))
    for layer in (Dropout(0.5), Linear(E, E, rng=0), Last()):
        with pytest.raises(ValueError, match="read-only"):
            layer(xs).h[:] = 0
    xs[:] = 2  # callers may change what is theirs


LINEAR, ATTENTION = Linear(E, 2, rng=0), Attention(E, E, V, rng=0)

CALLS = {
    "one-hot symbols": (
        lambda: Embedding(V, E)(np.zeros((T, N, V), int)),
        f"xs has shape ({T}, {N}, {V}), expected (T, N)",
    ),
    "floats for symbols": (lambda: Embedding(V, E)(np.zeros((T, N))), "xs has dtype float64, expected indices"),
    "floats for symbols in Torch": (
        lambda: Embedding(V, E, backend="torch", device="cpu")(torch.zeros(T, N)),
        "xs has dtype float32, expected indices",
    ),
    "an unknown symbol": (
        lambda: Embedding(V, E)(np.full((T, N), V)),
        f"xs holds index {V}, expected 0 to {V - 1}: the vocabulary has {V} symbols.",
    ),
    "a negative symbol": (lambda: Embedding(V, E)(np.full((T, N), -1)), "xs holds index -1"),
    "another width": (lambda: Linear(H, 2)(X), f"xs has shape ({T}, {N}, {E}), expected (..., {H})"),
    "a gradient of another shape": (
        lambda: LINEAR.backward(LINEAR(X), np.zeros((T, N, 3))),
        f"d_h has shape ({T}, {N}, 3), expected ({T}, {N}, 2)",
    ),
    "no run": (lambda: Linear(E, 2).backward(X, X), "run is not a result of this layer"),
    "the run of a layer like it": (lambda: Linear(E, 2).backward(LINEAR(X), X), "run is not a result of this layer"),
    "an attention's run of another": (
        lambda: Attention(E, E, V).backward(ATTENTION(X, X), X),
        "run is not a result of this layer",
    ),
    "a layer twice in a model": (lambda: Sequential(LINEAR, LINEAR), "a layer stands twice in this model"),
    "attention in a model": (
        lambda: Sequential(ATTENTION),
        "layers are Attention, expected layers that read one sequence",
    ),
    "a mask of another shape for Linear": (
        lambda: LINEAR(X, mask=np.ones((T, N + 1), bool)),
        f"mask has shape ({T}, {N + 1}) and dtype bool, expected ({T}, {N}) and bool",
    ),
    "no step to be the last": (
        lambda: Last()(X, mask=np.zeros((T, N), bool)),
        "mask is False in all of sequence 0, expected one step or more for Last.",
    ),
    "a share above one": (lambda: Dropout(1.5), "share is 1.5, expected 0 <= share < 1"),
    "a layer of torch's": (
        lambda: Sequential(Last(), torch.nn.Linear(3, 2)),
        "layers are Last, torch's Linear, expected layers that read one sequence",
    ),
    "no layers": (lambda: Sequential(), "layers are nothing, expected layers that read one sequence"),
    "a list for layers": (lambda: Sequential([Last()]), "layers are list, expected layers"),
    "two backends": (
        lambda: Sequential(LSTM(3, 4), Linear(4, 2, backend="torch", device="cpu")),
        "layers are numpy on cpu, float64, torch on cpu",
    ),
    "a state for another model": (
        lambda: Sequential(LSTM(E, H), Last())(X, ((),)),
        "state is a tuple of 1, expected a tuple (layer 0, layer 1)",
    ),
    "a layer's run for a model's": (
        lambda: Sequential(LSTM(E, H)).backward(LSTM(E, H)(X), X),
        "run is not a result of this model",
    ),
    "other queries": (lambda: Attention(E, H, V)(X[..., :2], X[..., :H]), "queries has 2 features in its last axis"),
    "other keys": (
        lambda: Attention(E, H, V)(X, X),
        f"keys has {E} features in its last axis, expected {H}, as weight_key has",
    ),
    "two batches": (lambda: Attention(E, E, V)(X, X[:, :2]), "queries has a batch of 3, expected 2, as keys has."),
    "no key": (
        lambda: Attention(E, E, V)(X, X, np.arange(N) * np.ones((T, 1)) < 2),
        "mask is False in all of sequence 2, expected one key or more.",
    ),
    "a wrong gradient for attention": (
        lambda: ATTENTION.backward(ATTENTION(X, X), X[:2]),
        f"d_h has shape (2, {N}, {E}), expected ({T}, {N}, {E})",
    ),
    "an attention's run that is none": (lambda: Attention(E, E, V).backward(X, X), "run is not a result of this layer"),
    "targets of another shape": (
        lambda: squared_error(X, X[:2]),
        f"targets has shape (2, {N}, {E}), expected ({T}, {N}, {E}), as y has: one target for each output",
    ),
    "a mask of numbers": (lambda: squared_error(X, X, np.ones((T, N))), "mask has shape (7, 3) and dtype float64"),
    "probabilities above one": (lambda: binary_cross_entropy(X, X + 2), "targets has values outside [0, 1]"),
    "logits of integers": (lambda: binary_cross_entropy(X.astype(int), X), "logits has dtype int64, expected floats"),
    "an unknown parameter of a model": (
        lambda: Sequential(Linear(3, 4)).params.pop("0.weight"),
        "0.weight was to be removed",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_a_models_parameters_are_read_and_assigned_by_name():
    made = Sequential(Linear(3, 4, rng=0), Linear(4, 2, rng=0))
    made.params["1.bias"] = np.ones(2)
    assert made.layers[1].params["bias"].tolist() == [1, 1]
    assert list(made.params) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert len(made.params) == 4
    with pytest.raises(KeyError, match=r"2\.bias, expected one of 0\.weight"):
        made.params["2.bias"]
