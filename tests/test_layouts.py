"""Weights to and from torch.nn: exact, and read off names and shapes; and what all layouts refuse."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from wrong_calls import refused

import rnnkit
from rnnkit.extras import needed
from rnnkit.layouts import from_torch, to_keras, to_onnx, to_torch
from rnnkit.layouts.conventions import ONNX, restacked

T, N, I, H = 7, 3, 5, 4
KINDS = {
    "RNN": (rnnkit.RNN, torch.nn.RNN, {}),
    "RNN, relu": (rnnkit.RNN, torch.nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (rnnkit.LSTM, torch.nn.LSTM, {}),
    "GRU": (rnnkit.GRU, torch.nn.GRU, {}),
}
SHAPES = [
    {},
    {"bias": False},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "bias": False},
]


def assert_same_outputs(layer, module, seed):
    rng, rows = np.random.default_rng(seed), layer.num_layers * layer.num_directions
    xs, state = rng.standard_normal((T, N, I)), tuple(rng.standard_normal((rows, N, H)) for _ in layer.cell.STATE)
    start = tuple(map(torch.from_numpy, state))
    h, end = module(torch.from_numpy(xs), start if len(start) == 2 else start[0])
    run = layer(xs, state)
    np.testing.assert_allclose(run.h, h.detach().numpy(), rtol=0, atol=1e-12)
    for a, b in zip(run.state, end if isinstance(end, tuple) else (end,), strict=True):
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_torch_and_back(kind, shape):
    face, module, options = KINDS[kind]
    layer = face(I, H, rng=1, **shape, **options)
    theirs = module(I, H, dtype=torch.float64, **shape, **options)
    theirs.load_state_dict(to_torch(layer))
    assert_same_outputs(layer, theirs, 2)
    for back in (from_torch(theirs), from_torch(theirs.state_dict(), options.get("nonlinearity"))):
        assert back.config() == layer.config()
        assert list(back.params) == list(layer.params)
        for name, a in layer.params.items():
            np.testing.assert_array_equal(back.params[name], a)
        assert_same_outputs(back, theirs, 3)


def test_from_torch_copies_weights_and_settings():
    theirs = torch.nn.GRU(I, H, num_layers=2, dropout=0.25, batch_first=True)
    layer = from_torch(theirs)
    assert layer.dtype == np.float32
    assert layer.dropout == 0.25
    before = layer.params["bias_hh_l1"].copy()
    with torch.no_grad():
        theirs.bias_hh_l1 += 1
    np.testing.assert_array_equal(layer.params["bias_hh_l1"], before)


def test_a_single_layers_dropout_is_left_out():
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
        theirs = torch.nn.GRU(I, H, dropout=0.25)
    assert from_torch(theirs).dropout == 0


def test_to_torch_copies_the_weights():
    layer = rnnkit.LSTM(I, H, rng=0, backend="torch", device="cpu")
    weights = to_torch(layer)
    weights["weight_ih_l0"] += 1
    assert weights["weight_ih_l0"].dtype == torch.float32
    assert not weights["weight_ih_l0"].requires_grad
    assert not torch.equal(weights["weight_ih_l0"], layer.params["weight_ih_l0"])
    np.testing.assert_array_equal(to_torch(layer)["bias_ih_l0"], to_torch(layer.to("numpy"))["bias_ih_l0"])


def test_a_model_is_a_torch_sequential():
    model = rnnkit.Sequential(rnnkit.Embedding(9, I, rng=0), rnnkit.LSTM(I, H, rng=1), rnnkit.Linear(H, 9, rng=2))
    theirs = torch.nn.Sequential(torch.nn.Embedding(9, I), torch.nn.LSTM(I, H), torch.nn.Linear(H, 9)).double()
    theirs.load_state_dict(to_torch(model))
    xs = np.random.default_rng(3).integers(9, size=(T, N))
    y = theirs[2](theirs[1](theirs[0](torch.from_numpy(xs)))[0])
    np.testing.assert_allclose(model(xs).h, y.detach().numpy(), rtol=0, atol=1e-12)


def test_blocks_go_to_where_their_gate_is():
    a = np.arange(8).reshape(8, 1)
    assert restacked(a, ("i", "f", "g", "o"), ("i", "o", "f", "g")).ravel().tolist() == [0, 1, 6, 7, 2, 3, 4, 5]
    for cell, entry in ONNX.items():
        blocks = np.arange(len(cell.GATES))
        np.testing.assert_array_equal(
            restacked(restacked(blocks, cell.GATES, entry.gates), entry.gates, cell.GATES), blocks
        )


def lstm(**options):
    return rnnkit.LSTM(I, H, rng=0, **options)


def state_dict(module=torch.nn.LSTM, **options):
    return module(I, H, **options).state_dict()


class Tagger(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(I, H)


CALLS = {
    "a number": (lambda: from_torch(3), "source is int, expected a torch.nn.RNN, LSTM or GRU or its state_dict"),
    "an embedding": (
        lambda: from_torch(torch.nn.Embedding(5, 3)),
        "source has weight, expected weight_ih_l0 and weight_hh_l0.",
    ),
    "no weights": (lambda: from_torch({}), "source has no weights, expected weight_ih_l0 and weight_hh_l0"),
    "a whole model": (lambda: from_torch(Tagger()), "Is it rnn that you want? Give that module alone."),
    "a cell": (lambda: from_torch(torch.nn.LSTMCell(I, H)), "Is it a cell, such as torch.nn.LSTMCell? Append _l0"),
    "projected outputs": (
        lambda: from_torch(torch.nn.LSTM(I, H, proj_size=2)),
        "source has weight_hr_l0, expected no proj_size: rnnkit does not have it.",
    ),
    "half precision": (
        lambda: from_torch(torch.nn.GRU(I, H, dtype=torch.bfloat16)),
        "weight_ih_l0 is torch.bfloat16, expected float32 or float64. Use module.float()",
    ),
    "a list for a weight": (
        lambda: from_torch({"weight_ih_l0": [[1.0]], "weight_hh_l0": [[1.0]]}),
        "weight_ih_l0 is list, expected float32 or float64",
    ),
    "two dtypes": (
        lambda: from_torch(state_dict() | {"bias_ih_l0": torch.zeros(16, dtype=torch.float64)}),
        "the weights are of float32 and float64, expected one dtype",
    ),
    "rows of no cell": (
        lambda: from_torch({"weight_ih_l0": np.zeros((8, I)), "weight_hh_l0": np.zeros((8, H))}),
        "weight_hh_l0 has shape (8, 4), expected (H, H) of an RNN, (3H, H) of a GRU or (4H, H) of an LSTM.",
    ),
    "an LSTM with a rectifier": (
        lambda: from_torch(state_dict(), nonlinearity="relu"),
        "nonlinearity is 'relu', expected None: the weights are of LSTM.",
    ),
    "a nonlinearity that the module contradicts": (
        lambda: from_torch(torch.nn.RNN(I, H, nonlinearity="relu"), nonlinearity="tanh"),
        "nonlinearity is 'tanh', expected 'relu': the weights are of RNN with relu.",
    ),
    "a nonlinearity that is none": (
        lambda: from_torch(state_dict(torch.nn.RNN), nonlinearity="sine"),
        "nonlinearity is 'sine', expected 'tanh' or 'relu'",
    ),
    "a bias too few": (
        lambda: from_torch({name: a for name, a in state_dict().items() if name != "bias_hh_l0"}),
        "bias_hh_l0 is missing, expected it beside what came: weight_ih_l0, weight_hh_l0, bias_ih_l0.",
    ),
    "a layer too few": (
        lambda: from_torch({n.replace("l1", "l2"): a for n, a in state_dict(num_layers=2).items()}),
        "weight_ih_l1 is missing",
    ),
    "a weight too many": (
        lambda: from_torch(state_dict() | {"weight_xx_l0": torch.zeros(3)}),
        "weight_xx_l0 came, expected this layer's parameters: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0.",
    ),
    "a bias of another size": (
        lambda: from_torch(state_dict() | {"bias_ih_l0": torch.zeros(12)}),
        "bias_ih_l0 has shape (12,), expected (16,)",
    ),
    "NaN": (
        lambda: from_torch(state_dict() | {"bias_ih_l0": torch.full((16,), torch.nan)}),
        "bias_ih_l0 holds nan at [0], expected a finite number",
    ),
    "torch without peepholes": (
        lambda: to_torch(rnnkit.PeepholeLSTM(I, H)),
        "layer is PeepholeLSTM, expected what torch.nn has: RNN, LSTM, GRU.",
    ),
    "torch without attention": (
        lambda: to_torch(rnnkit.Attention(I, H, 3)),
        "layer is Attention, expected a recurrent layer",
    ),
    "Keras without LSTM1997": (
        lambda: to_keras(rnnkit.LSTM1997(I, H)),
        "layer is LSTM1997, expected what Keras has: SimpleRNN, LSTM, GRU.",
    ),
    "ONNX without minGRU": (
        lambda: to_onnx(rnnkit.MinGRU(I, H)),
        "layer is MinGRU, expected what ONNX has: RNN, LSTM, GRU.",
    ),
    "a learned start for torch": (
        lambda: to_torch(lstm(learned_state=True)),
        "expected weights alone: in torch.nn a state comes with each call",
    ),
    "a learned start for Keras": (
        lambda: to_keras(lstm(learned_state=True)),
        "expected weights alone: in Keras a state comes with each call",
    ),
    "a learned start for ONNX": (
        lambda: to_onnx(lstm(learned_state=True)),
        "expected weights alone: in ONNX a state comes with each call",
    ),
    "a model for Keras": (
        lambda: to_keras(rnnkit.Sequential(lstm())),
        "layer is Sequential, expected a recurrent layer. Give one such as rnnkit.LSTM",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_a_missing_library_is_named():
    with pytest.raises(
        ImportError, match=re.escape("this needs nosuch, which is not installed. Run: pip install nosuch")
    ):
        needed("nosuch.part")


def test_importing_needs_none_of_the_libraries():
    program = """
import sys
import rnnkit.layouts
print([name for name in ("torch", "keras", "onnx", "safetensors") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
