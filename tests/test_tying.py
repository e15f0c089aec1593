"""Tied weights: one array under two names, trained once, wherever the model goes."""

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from wrong_calls import refused

import rnnkit
from rnnkit.data import Batch
from rnnkit.layouts import load, save, to_torch
from rnnkit.ops import to_numpy

V, H = 6, 4
PLACES = [{"backend": "numpy"}, {"backend": "torch", "device": "cpu", "dtype": "float64"}]
place = pytest.mark.parametrize("place", PLACES, ids=["numpy", "torch"])
IDS = np.random.default_rng(0).integers(0, V, (5, 3))


def language_model(place, **options):
    return rnnkit.Sequential(
        rnnkit.Embedding(V, H, rng=0, **place),
        rnnkit.LSTM(H, H, rng=1, **place),
        rnnkit.Linear(H, V, rng=2, **place),
        **{"tied": {"2.weight": "0.weight"}} | options,
    )


class Theirs(torch.nn.Module):
    def __init__(self, ours):
        super().__init__()
        self.embedding, self.lstm, self.out = torch.nn.Embedding(V, H), torch.nn.LSTM(H, H), torch.nn.Linear(H, V)
        self.double()
        parts = {"0": self.embedding, "1": self.lstm, "2": self.out}
        for name, a in to_torch(ours).items():
            getattr(parts[name[0]], name[2:]).data.copy_(a)
        self.out.weight = self.embedding.weight

    def forward(self, ids):
        return self.out(self.lstm(self.embedding(ids))[0])


def tied(model):
    return model.layers[2].params["weight"] is model.layers[0].params["weight"]


@place
def test_training_is_torchs(place):
    ours = language_model(place)
    theirs = Theirs(ours)
    optimizer = torch.optim.Adam(theirs.parameters(), 0.05)
    ids = torch.from_numpy(IDS)
    for _ in range(4):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(theirs(ids).reshape(-1, V), ids.reshape(-1)).backward()
        optimizer.step()
    rnnkit.fit(
        ours,
        lambda rng: [Batch(IDS, IDS)] * 4,
        "softmax_cross_entropy",
        rnnkit.Adam(0.05),
        1,
        clip=None,
        progress=False,
    )
    assert tied(ours)
    np.testing.assert_allclose(to_numpy(ours.params["0.weight"]), theirs.embedding.weight.detach(), atol=1e-9)
    assert list(ours.params) == [f"{k}.{name}" for k, name in names(ours)]


def names(model):
    every = [(k, name) for k, layer in enumerate(model.layers) for name in layer.params]
    return [pair for pair in every if pair != (2, "weight")]


@place
def test_copies_stay_tied(place, tmp_path):
    model = language_model(place)
    h = to_numpy(model(IDS).h)
    save(tmp_path / "model.safetensors", model)
    others = [
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        model.to("numpy"),
        model.to("torch", device="cpu"),
        load(tmp_path / "model.safetensors", backend=place["backend"], device="cpu"),
    ]
    for other in others:
        assert tied(other)
        np.testing.assert_allclose(to_numpy(other(IDS).h), h, atol=1e-12)
        assert other.layers[0].params["weight"] is not model.layers[0].params["weight"]


def test_torchs_ways_leave_it_tied():
    model = language_model(PLACES[1])
    model.load_state_dict({name: a.clone() for name, a in model.state_dict().items()}, assign=True)
    assert tied(model)
    assert tied(model.float())
    assert tied(torch.nn.Sequential(model).double()[0])
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    assert tied(torch.load(file, weights_only=False))


def test_a_module_ties_as_torch_does():
    embedding, linear = rnnkit.Embedding(V, H, **PLACES[1]), rnnkit.Linear(H, V, **PLACES[1])
    linear.weight = embedding.weight
    xs = torch.ones(1, 1, H, dtype=torch.float64)
    assert torch.equal(linear(xs).h, xs @ embedding.weight.T + linear.bias)


def trained(model):
    history = rnnkit.fit(
        model, lambda rng: [Batch(IDS, IDS)] * 3, "softmax_cross_entropy", rnnkit.Adam(0.05), 2, progress=False
    )
    return history.loss, history.grad_norm, {name: to_numpy(a).copy() for name, a in model.params.items()}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_shared_tensor_is_tied(when):
    """``out.weight = embedding.weight``, before the model is made or after."""
    layers = language_model(PLACES[1], tied=None).layers
    if when == "before":
        layers[2].weight = layers[0].weight
    model = rnnkit.Sequential(*layers)
    layers[2].weight = layers[0].weight
    wanted = language_model(PLACES[1])
    assert model.tied == wanted.tied == {"2.weight": "0.weight"}
    assert "2.weight is 0.weight" in repr(model)
    for found, right in zip(trained(model)[:2], trained(wanted)[:2], strict=True):
        assert found == right
    assert list(model.params) == list(wanted.params)
    assert all(torch.equal(a, wanted.params[name]) for name, a in model.params.items())
    layers[2].weight = torch.nn.Parameter(layers[2].weight.detach().clone())
    assert (model.tied, "2.weight" in model.params) == ({}, True)


def test_one_tensor_for_two_parameters_of_a_layer_is_refused():
    layer = rnnkit.RNN(H, H, **PLACES[1])
    layer.weight_hh_l0 = layer.weight_ih_l0
    batch = Batch(np.zeros((5, 3, H)), np.zeros((5, 3, H)))
    with pytest.raises(
        ValueError, match="weight_ih_l0 and weight_hh_l0 of the layer are one tensor, expected a tensor"
    ):
        rnnkit.fit(layer, lambda rng: [batch], "squared_error", rnnkit.SGD(0.1), 1)


CALLS = {
    "no such name": ({"2.w": "0.weight"}, "tied has '2.w', expected names of parameters: 0.weight, 1.weight_ih_l0"),
    "no names": (True, "tied is True, expected a dict of names: such as {'2.weight': '0.weight'}."),
    "another shape": ({"2.bias": "0.weight"}, "tied has '2.bias' of shape (6,), expected (6, 4): that of '0.weight'"),
    "a chain": ({"2.weight": "0.weight", "1.weight_hh_l0": "2.weight"}, "expected one that is not tied itself"),
}


test_wrong_calls_say_what_was_expected = refused(CALLS, lambda tied: language_model(PLACES[0], tied=tied))
