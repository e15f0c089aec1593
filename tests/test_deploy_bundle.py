"""A bundle holds what a network reads by, and refuses what has changed, by name."""

import json
import subprocess
import sys

import numpy as np
import pytest

import rnnkit
from rnnkit.data import Scale, Vocabulary
from rnnkit.deploy import load_bundle, save_bundle
from rnnkit.layouts import files, load, save

TEXT = Vocabulary(["to be, or not to be"])


def of_text(reads=TEXT):
    return rnnkit.Sequential(rnnkit.Embedding(len(reads), 3, rng=0), rnnkit.LSTM(3, 4, rng=1))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "be.safetensors"


def test_a_fresh_process_gives_the_same(path):
    model = of_text()
    save_bundle(path, model, TEXT, {"for": "a test", "bits": 1.5})
    code = f"""
import json
from rnnkit.deploy import load_bundle
b = load_bundle({str(path)!r})
h = b.model(b.reads.encode("not to be")[:, None]).h
print(json.dumps([h[-1, 0].tolist(), b.card]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    h, card = json.loads(done.stdout)
    assert h == model(TEXT.encode("not to be")[:, None]).h[-1, 0].tolist()
    assert card == {"for": "a test", "bits": 1.5}


def test_the_same_bundle_gives_the_same_bytes_and_load_reads_its_model(path, tmp_path):
    save_bundle(path, of_text(), TEXT, {"b": 1, "a": 2})
    save_bundle(tmp_path / "two", of_text(), TEXT, {"a": 2, "b": 1})
    assert path.read_bytes() == (tmp_path / "two").read_bytes()
    assert load(path).params["0.weight"].shape == (len(TEXT), 3)


@pytest.mark.parametrize(
    ("now", "match"),
    [
        (Vocabulary(["to bee, or not to bee"]), "its number 4 is 't', and here it is 'e'"),
        (Vocabulary.of([*TEXT.items, "é"]), f"has {len(TEXT)} numbers, and {len(TEXT) + 1} here: 'é' is here alone"),
        (Vocabulary.of(TEXT.items[:-1]), f"{TEXT.items[-1]!r} is in the bundle alone"),
        (Scale(np.ones((2, 1))), "it reads by a Vocabulary, and here is a Scale"),
    ],
)
def test_a_vocabulary_that_changed_is_refused_by_name(path, now, match):
    save_bundle(path, of_text(), TEXT)
    assert load_bundle(path, expects=TEXT).reads.items == TEXT.items
    with pytest.raises(ValueError, match=match):
        load_bundle(path, expects=now)


def test_a_scale_that_changed_is_refused_by_feature(path):
    values = np.random.default_rng(0).normal(3, 2, (9, 2))
    scale = Scale(values)
    save_bundle(path, rnnkit.GRU(2, 3, rng=0), scale)
    bundle = load_bundle(path, expects=scale)
    np.testing.assert_array_equal(bundle.reads(values), scale(values))
    values[0, 1] += 1
    with pytest.raises(ValueError, match="the mean of feature 1 is"):
        load_bundle(path, expects=Scale(values))
    with pytest.raises(ValueError, match="of 2 features, and of 3 here"):
        load_bundle(path, expects=Scale(np.ones((2, 3))))


def test_both_backends_pass_the_proof(path):
    pytest.importorskip("torch")
    recurrent = rnnkit.LSTM(3, 4, num_layers=2, bidirectional=True, dtype="float32", rng=1)
    model = rnnkit.Sequential(rnnkit.Embedding(len(TEXT), 3, dtype="float32", rng=0), recurrent)
    save_bundle(path, model, TEXT)
    assert load_bundle(path, "torch").model.backend == "torch"
    save_bundle(path, model.to("torch"), TEXT)
    assert load_bundle(path).model.backend == "numpy"


def test_a_program_that_computes_something_else_is_found(path, monkeypatch):
    save_bundle(path, of_text(), TEXT)
    right = rnnkit.LSTM.__call__

    def without_its_state(self, xs, state=None, mask=None, rng=None):
        run = right(self, xs, state, mask, rng)
        return right(self, xs[-1:], None, None, rng) if len(xs) > 1 else run

    monkeypatch.setattr(rnnkit.LSTM, "__call__", without_its_state)
    with pytest.raises(ValueError, match="as when it was saved"):
        load_bundle(path)


def test_what_does_not_fit_is_not_saved(path):
    with pytest.raises(
        ValueError, match=rf"has {len(TEXT)} numbers, expected 4, as .* it does not know\. Did the text change"
    ):
        save_bundle(path, rnnkit.GRU(4, 3, rng=0), TEXT)
    with pytest.raises(ValueError, match=f"expected {len(TEXT) - 2}, as .* Give the model's input and output two more"):
        save_bundle(path, rnnkit.GRU(len(TEXT) - 2, 3, rng=0), TEXT)
    with pytest.raises(ValueError, match="the model begins with Dropout, expected a layer whose input has a size"):
        save_bundle(path, rnnkit.Sequential(rnnkit.Dropout(0.5), rnnkit.GRU(5, 3, rng=0)), TEXT)
    with pytest.raises(ValueError, match="the scale is of 2 features, expected 5"):
        save_bundle(path, rnnkit.GRU(5, 3, rng=0), Scale(np.ones((2, 2))))
    with pytest.raises(ValueError, match="holds 1, expected text"):
        save_bundle(path, rnnkit.GRU(4, 3, rng=0), Vocabulary([[1, 2]]))
    with pytest.raises(ValueError, match="reads is of class dict"):
        save_bundle(path, of_text(), {"a": 1})
    for card in ("text", {"a": np.ones(2)}, {1: 2}, {"a": float("nan")}):
        with pytest.raises(ValueError, match="card is"):
            save_bundle(path, of_text(), TEXT, card)
    assert not path.exists()


def test_a_module_of_torch_is_named_with_the_part_that_is_wanted(path):
    torch = pytest.importorskip("torch")
    own = torch.nn.ModuleDict({"embedding": torch.nn.Embedding(9, 3), "lstm": torch.nn.LSTM(3, 4)})
    for module, hint in (
        (own, r"It is torch's: rnnkit\.layouts\.from_torch\(module\.lstm\)"),
        (own["lstm"], r"It is torch's: rnnkit\.layouts\.from_torch\(module\)"),
        (own["embedding"], "It is torch's, and holds no RNN, LSTM or GRU"),
    ):
        match = rf"model is of class {type(module).__name__}, expected a layer.*{hint}"
        with pytest.raises(ValueError, match=match):
            save_bundle(path, module, TEXT)
    with pytest.raises(ValueError, match="model is of class dict, expected a layer or a Sequential"):
        save_bundle(path, {"weight": np.ones(3)}, TEXT)


def test_a_file_without_preprocessing_is_no_bundle(path):
    save(path, of_text())
    with pytest.raises(ValueError, match=r"has no reads, expected a bundle.*weights and layers alone"):
        load_bundle(path)
    files.write(path, of_text(), reads={"kind": "tokens"}, card={}, proof=[], weights="")
    with pytest.raises(ValueError, match="reads by 'tokens'"):
        load_bundle(path)


def test_a_number_changed_in_the_file_is_found(path):
    save_bundle(path, of_text(), TEXT)
    content = bytearray(path.read_bytes())
    content[-6] ^= 0x10  # in the last weight's exponent or first digits
    path.write_bytes(content)
    with pytest.raises(ValueError, match="has other weights"):
        load_bundle(path)
