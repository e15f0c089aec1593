"""Layers and models in files: bit for bit, whole or not at all, and refused where they are not what they should be."""

import json
import os
import re
import stat
import subprocess
import sys

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import rnnkit
from rnnkit import training
from rnnkit.layouts import load, save

I, H, V = 5, 4, 9
MODELS = {
    "RNN": lambda **o: rnnkit.RNN(I, H, nonlinearity="relu", rng=0, **o),
    "LSTM": lambda **o: rnnkit.LSTM(I, H, num_layers=2, bidirectional=True, dropout=0.5, rng=0, **o),
    "LSTM1997": lambda **o: rnnkit.LSTM1997(I, H, bias=False, rng=0, **o),
    "PeepholeLSTM": lambda **o: rnnkit.PeepholeLSTM(I, H, learned_state=True, rng=0, **o),
    "GRU": lambda **o: rnnkit.GRU(I, H, rng=0, **o),
    "GRUResetBefore": lambda **o: rnnkit.GRUResetBefore(I, H, rng=0, **o),
    "MinGRU": lambda **o: rnnkit.MinGRU(I, H, rng=0, **o),
    "Attention": lambda **o: rnnkit.Attention(I, H, 3, rng=0, **o),
    "Last": lambda **o: rnnkit.Last(**o),
    "Final": lambda **o: rnnkit.Final(bidirectional=True, **o),
    "MeanPool": lambda **o: rnnkit.MeanPool(**o),
    "MaxPool": lambda **o: rnnkit.MaxPool(**o),
    "Sequential": lambda **o: rnnkit.Sequential(
        rnnkit.Embedding(V, I, rng=0, **o),
        rnnkit.Dropout(0.5, **o),
        rnnkit.LSTM(I, H, rng=1, **o),
        rnnkit.Linear(H, V, bias=False, rng=2, **o),
    ),
}


def description(model):
    if isinstance(model, rnnkit.Sequential):
        return [description(layer) for layer in model.layers]
    return type(model).__name__, model.config()


def assert_same(a, b):
    assert description(a) == description(b)
    assert list(a.params) == list(b.params)
    for name, weight in a.params.items():
        assert weight.dtype == b.params[name].dtype
        assert np.asarray(weight).tobytes() == np.asarray(b.params[name]).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODELS)
def test_models_come_back_bit_for_bit(tmp_path, name, dtype):
    model = MODELS[name](dtype=dtype)
    save(tmp_path / "model.safetensors", model)
    assert_same(load(tmp_path / "model.safetensors"), model)


def test_every_layer_of_rnnkit_is_in_this_test():
    made = [type(model).__name__ for model in (make() for make in MODELS.values())]
    inside = [type(layer).__name__ for layer in MODELS["Sequential"]().layers]
    exported = {name for name in rnnkit.__all__ if hasattr(getattr(rnnkit, name), "backward")}
    assert exported == {*made, *inside}


def test_files_keep_every_bit(tmp_path):
    layer = rnnkit.LSTM(I, H, rng=0)
    layer.params["weight_ih_l0"] = np.asfortranarray(layer.params["weight_ih_l0"])
    layer.params["weight_hh_l0"] = np.random.default_rng(1).standard_normal((H, 8 * H)).T[::2]
    layer.params["bias_ih_l0"][:4] = [-0.0, np.inf, 5e-324, np.uint64(0x7FF8000000000123).view(np.float64)]
    save(tmp_path / "lstm", layer)
    assert_same(load(tmp_path / "lstm"), layer)


def test_loaded_weights_can_be_changed(tmp_path):
    save(tmp_path / "lstm", rnnkit.LSTM(I, H, rng=0))
    first, second = load(tmp_path / "lstm"), load(tmp_path / "lstm")
    first.params["bias_hh_l0"] += 1
    assert (first.params["bias_hh_l0"] != second.params["bias_hh_l0"]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_files_move_between_backends(tmp_path, dtype):
    model = MODELS["Sequential"](dtype=dtype)
    save(tmp_path / "numpy", model)
    on_torch = load(tmp_path / "numpy", backend="torch", device="cpu")
    assert (on_torch.backend, on_torch.dtype) == ("torch", np.dtype(dtype))
    save(tmp_path / "torch", on_torch)
    assert (tmp_path / "numpy").read_bytes() == (tmp_path / "torch").read_bytes()


def test_one_model_always_gives_the_same_bytes(tmp_path):
    program = (
        f"import rnnkit; from rnnkit.layouts import save; save({str(tmp_path / 'b')!r}, rnnkit.LSTM({I}, {H}, rng=0))"
    )
    save(tmp_path / "a", rnnkit.LSTM(I, H, rng=0))
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_metadata_is_one_key_of_json(tmp_path):
    save(tmp_path / "gru", rnnkit.GRU(I, H))
    with safetensors.safe_open(tmp_path / "gru", framework="numpy") as file:
        metadata = file.metadata()
    assert list(metadata) == ["rnnkit"]
    assert json.loads(metadata["rnnkit"])["model"]["class"] == "GRU"


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch, fails):
    path = tmp_path / "model"
    save(path, rnnkit.GRU(I, H, rng=0))
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="no space left"):
        save(path, rnnkit.LSTM(I, H, rng=1))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="the mode of a file is POSIX's")
def test_other_users_may_read_the_file(tmp_path):
    (tmp_path / "any").write_bytes(b"")
    save(tmp_path / "model", rnnkit.GRU(I, H))
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == stat.S_IMODE((tmp_path / "any").stat().st_mode)


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    save(tmp_path / "whole", rnnkit.GRU(I, H, rng=0))
    content = (tmp_path / "whole").read_bytes()
    for length in [*range(0, len(content), 37), len(content) - 1]:
        (tmp_path / "cut").write_bytes(content[:length])
        with pytest.raises(
            ValueError, match=r"is broken, expected a whole safetensors file\. Was a download or a copy cut short\?"
        ):
            load(tmp_path / "cut")


def right(**arguments):
    """A right description of a GRU, but for some of its arguments."""
    return {"format": 1, "model": {"class": "GRU", "arguments": rnnkit.GRU(I, H).config() | arguments}}


def changed(change):
    """A GRU's weights, changed."""
    params = dict(rnnkit.GRU(I, H, rng=0).params)
    change(params)
    return params


WEIGHTS = changed(lambda params: None)
FILES = {
    "of somebody else": (
        WEIGHTS,
        None,
        "does not say what its weights belong to, expected a file that rnnkit's save wrote",
    ),
    "with other metadata": (WEIGHTS, {"format": "pt"}, "does not say what its weights belong to"),
    "with broken JSON": (WEIGHTS, {"rnnkit": "{"}, "does not say what its weights belong to"),
    "with a list for JSON": (WEIGHTS, {"rnnkit": "[1]"}, "does not say what its weights belong to"),
    "of a later version": (WEIGHTS, right() | {"format": 2}, "has format 2, expected 1, which this rnnkit reads"),
    "of an unknown class": (
        WEIGHTS,
        {"format": 1, "model": {"class": "Oracle", "arguments": {}}},
        "it describes a Oracle, expected a layer of this rnnkit",
    ),
    "of something that is no layer": (
        WEIGHTS,
        {"format": 1, "model": {"class": "gradcheck", "arguments": {}}},
        "it describes a gradcheck, expected a layer of this rnnkit",
    ),
    "without a class": (
        WEIGHTS,
        {"format": 1, "model": {}},
        "its description is {}, expected a class and its arguments",
    ),
    "with a text for a model": (WEIGHTS, {"format": 1, "model": "GRU"}, "its description is 'GRU'"),
    "with an unknown argument": (WEIGHTS, right(clip=1.0), "got an unexpected keyword argument 'clip'"),
    "with a size that is none": (
        WEIGHTS,
        right(hidden_size=-4),
        "hidden_size is -4, expected a whole number of 1 or more",
    ),
    "with another size": (
        WEIGHTS,
        right(hidden_size=6),
        "weight_ih_l0 has shape (12, 5), expected (18, 5)",
    ),
    "with another dtype": (
        WEIGHTS,
        right(dtype="float32"),
        "weight_ih_l0 is float64, expected float32, as the file says",
    ),
    "with a weight too few": (
        changed(lambda params: params.pop("bias_hh_l0")),
        right(),
        "bias_hh_l0 is missing, expected it beside what came: ",
    ),
    "with a weight too many": (
        changed(lambda params: params.update(extra=np.zeros(3))),
        right(),
        "extra came, expected this layer's parameters: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_wrong_files_are_refused(tmp_path, name):
    weights, described, message = FILES[name]
    if described and "format" in described and described["format"] != "pt":
        described = {"rnnkit": json.dumps(described)}
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file(weights, path, described)
    with pytest.raises(ValueError, match=re.escape(str(path))) as caught:
        load(path)
    assert message in str(caught.value)


def test_other_kinds_of_file_are_refused(tmp_path):
    zipped, text = b"PK\x03\x04" + bytes(40), b"hello, this is text and no tensors"
    for name, content, hint in (
        ("model", text, ""),
        ("model", b"\x80\x04\x95" + bytes(40), ""),
        ("model", zipped, r" Is it of torch\.save.*"),
        ("net.pt", zipped, r" Is it of torch\.save.*"),
        ("own.onnx", b"\x08\x08\x12\x07pytorch", " It is a graph for a runtime.*"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ValueError, match=f"{name} is no safetensors file, expected what save or save_bundle wrote\\.{hint}$"
        ):
            load(tmp_path / name)
    (tmp_path / "model").write_bytes(b"")
    with pytest.raises(ValueError, match="is broken, expected a whole safetensors file"):
        load(tmp_path / "model")
    with pytest.raises(ValueError, match=r"Is it a checkpoint\? rnnkit\.training\.checkpoint\.weights"):
        load(training.checkpoint.save(tmp_path, 1, {"a": np.zeros(3)}, {}))
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")


def test_foreign_classes_are_refused_before_writing(tmp_path):
    class GRU(rnnkit.GRU):
        """The name of rnnkit's, but not the class."""

    for model in (GRU(I, H), rnnkit.Sequential(GRU(I, H)), "GRU"):
        with pytest.raises(ValueError, match=r"expected rnnkit's own layers: files hold no others\. Save its params\."):
            save(tmp_path / "model", model)
    assert not list(tmp_path.iterdir())
