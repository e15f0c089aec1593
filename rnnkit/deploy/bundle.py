"""A network in one file with what it reads by: weights, layers, preprocessing, a card, and a proof that it is the same.

The file is one of :func:`rnnkit.layouts.save`, which :func:`rnnkit.layouts.load` reads too, with four entries more.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.data import Scale, Vocabulary
from rnnkit.deploy.stream import digest
from rnnkit.layers import Embedding, Layer, Sequential
from rnnkit.layouts.files import read, write
from rnnkit.ops import Array, to_numpy

Reads = Vocabulary | Scale | None
STEPS, KEPT = 7, 8  # of the proof: how long its input is, and how many of the outputs are kept
NEAR = {"float32": 1e-4, "float64": 1e-9}  # relative to the largest output
ADDED = "A Vocabulary puts two numbers before its items, 0 for padding and 1 for what it does not know"
CAME = "Did the text change after the model was made?"
SIZED = "a layer whose input has a size"
CHANGED = "A network reads numbers, and these would mean something else to it."


class Bundle(NamedTuple):
    """What a file of :func:`save_bundle` holds.

    Attributes
    ----------
    model : layer or Sequential
    reads : Vocabulary, Scale or None
        What makes the model's input of what comes in.
    card : dict
        What is known of it, as it was written: what it is for, its data, its measured quality, its limits.
    """

    model: Any
    reads: Reads
    card: dict[str, Any]


def save_bundle(
    path: str | os.PathLike[str], model: Layer | Sequential, reads: Reads = None, card: dict[str, Any] | None = None
) -> None:
    """Write a network, what it reads by, and a card into one file.

    Parameters
    ----------
    path : str or Path
        As in :func:`rnnkit.layouts.save`: written in one step, and the same bundle always gives the same bytes.
    model : layer or Sequential
    reads : Vocabulary of text, or Scale, optional
        Fitted on the training part. It goes into the file, because weights without it are numbers without a meaning.
    card : dict, optional
        What JSON can hold.

    Raises
    ------
    ValueError
        If a layer is not rnnkit's own, ``reads`` does not fit the model's input, or the card is no JSON.
    ImportError
        If safetensors is not installed.

    Examples
    --------
    >>> import rnnkit, tempfile
    >>> reads = Vocabulary(["to be or not to be"])
    >>> model = rnnkit.Sequential(rnnkit.Embedding(len(reads), 3, rng=0), rnnkit.GRU(3, 4, rng=0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_bundle(f"{folder}/be.safetensors", model, reads, {"for": "an example"})
    ...     bundle = load_bundle(f"{folder}/be.safetensors", expects=reads)
    >>> bundle.reads.items == reads.items, bundle.card["for"]
    (True, 'an example')
    """
    _fits(model, reads)
    card = {} if card is None else card
    if not isinstance(card, dict) or not _is_json(card):
        raise checks.wrong(f"card is {card!r:.60}", "a dict of text, numbers, lists and dicts")
    write(Path(path), model, reads=_described(reads), card=card, proof=_proof(model), weights=digest(model).hex())


def load_bundle(
    path: str | os.PathLike[str], backend: str = "numpy", device: str = "auto", expects: Reads = None
) -> Bundle:
    """Read what :func:`save_bundle` wrote, and make sure that it is what was saved.

    The weights have to be those that were saved, by their hash, and the model runs once, on an input that any process
    makes again: it has to give the outputs that it gave when it was saved.

    Parameters
    ----------
    path : str or Path
    backend, device : str
        As in :func:`rnnkit.layouts.load`.
    expects : Vocabulary or Scale, optional
        What the caller reads by. If it is another one than the file's, a ValueError names the first difference.

    Returns
    -------
    Bundle

    Raises
    ------
    ValueError
        If the file is broken or no bundle, its weights or the model's outputs are not those that were saved, or
        ``expects`` differs.
    ImportError
        If safetensors is not installed.
    """
    path = Path(path)
    model, described = read(path, backend, device)
    if missing := [name for name in ("reads", "card", "proof", "weights") if name not in described]:
        hint = "rnnkit.layouts.load reads a file that has weights and layers alone."
        raise checks.wrong(f"{path} has no {missing[0]}", "a bundle, which save_bundle writes", hint)
    reads = _made(path, described["reads"])
    if expects is not None and (change := _change(reads, expects)):
        raise checks.wrong(f"{path}: {change}", "what the bundle was saved with", CHANGED)
    if digest(model).hex() != described["weights"]:
        raise checks.wrong(f"{path} has other weights", "those that were saved", "Was the file changed on its way?")
    _check_proof(path, model, described["proof"])
    return Bundle(model, reads, described["card"])


def _fits(model: Any, reads: Reads) -> None:
    """A ValueError if it is no model of rnnkit's, or cannot read what ``reads`` gives."""
    if not isinstance(model, (Layer, Sequential)):
        came = f"model is of class {type(model).__name__}"
        raise checks.wrong(came, "a layer or a Sequential of rnnkit", _of_torch(model))
    first = model.layers[0] if isinstance(model, Sequential) else model
    if reads is not None and not isinstance(reads, (Vocabulary, Scale)):
        raise checks.wrong(
            f"reads is of class {type(reads).__name__}", "a Vocabulary or a Scale of rnnkit.data, or None"
        )
    if isinstance(reads, Vocabulary):
        if odd := [item for item in reads.items if not isinstance(item, str)]:
            raise checks.wrong(f"the vocabulary holds {odd[0]!r}", "text alone", "JSON would change it.")
        size = getattr(first, "num_embeddings", getattr(first, "input_size", None))
        if size is None:
            raise checks.wrong(f"the model begins with {type(first).__name__}", SIZED)
        if size != len(reads):
            two = "Give the model's input and output two more, before the others." if size == len(reads) - 2 else CAME
            hint = f"{ADDED}. {two}"
            raise checks.wrong(f"the vocabulary has {len(reads)} numbers", f"{size}, as the model reads", hint)
    if isinstance(reads, Scale):
        size = getattr(first, "input_size", getattr(first, "in_features", None))
        if size != len(reads.mean):
            raise checks.wrong(f"the scale is of {len(reads.mean)} features", f"{size}, as the model reads")


def _of_torch(model: Any) -> str:
    """What to do with it, if it is a torch.nn.Module."""
    if not hasattr(model, "named_modules"):
        return ""
    found = [name for name, part in model.named_modules() if type(part).__name__ in ("RNN", "LSTM", "GRU")]
    if not found:
        return "It is torch's, and holds no RNN, LSTM or GRU for rnnkit.layouts.from_torch to take over."
    its = f"module.{found[0]}" if found[0] else "module"
    return f"It is torch's: rnnkit.layouts.from_torch({its}) makes a layer of its weights, and Sequential joins layers."


def _described(reads: Reads) -> dict[str, Any] | None:
    if isinstance(reads, Vocabulary):
        return {"kind": "vocabulary", "items": reads.items}
    if isinstance(reads, Scale):
        return {"kind": "scale", "mean": reads.mean.tolist(), "deviation": reads.deviation.tolist()}
    return None


def _made(path: Path, described: Any) -> Reads:
    if described is None:
        return None
    kind = described.get("kind") if isinstance(described, dict) else described
    if kind == "vocabulary":
        return Vocabulary.of(described["items"])
    if kind == "scale":
        return Scale.of(np.array(described["mean"]), np.array(described["deviation"]))
    raise checks.wrong(f"{path} reads by {kind!r}", "a vocabulary or a scale", "Was it saved by a later rnnkit?")


def _change(saved: Reads, now: Reads) -> str:
    """The first difference between what was saved and what is used, or ""."""
    if type(saved) is not type(now):
        return f"it reads by {_named(saved)}, and here is {_named(now)}"
    if isinstance(saved, Vocabulary) and isinstance(now, Vocabulary):
        for number, (a, b) in enumerate(zip(saved.items, now.items, strict=False), start=2):
            if a != b:
                return f"its number {number} is {a!r}, and here it is {b!r}"
        if len(saved) != len(now):
            longer, whose = (now, "here") if len(now) > len(saved) else (saved, "in the bundle")
            extra = longer.items[min(len(saved), len(now)) - 2]
            return f"its vocabulary has {len(saved)} numbers, and {len(now)} here: {extra!r} is {whose} alone"
    if isinstance(saved, Scale) and isinstance(now, Scale):
        for name in ("mean", "deviation"):
            a, b = getattr(saved, name), getattr(now, name)
            if a.shape != b.shape:
                return f"its scale is of {len(a)} features, and of {len(b)} here"
            if len(off := np.flatnonzero(a != b)):
                k = int(off[0])
                return f"the {name} of feature {k} is {a[k]:.6g}, and here {b[k]:.6g}"
    return ""


def _named(reads: Reads) -> str:
    return "nothing" if reads is None else f"a {type(reads).__name__}"


def _input(model: Any) -> Array:
    """Two short sequences that any process makes again."""
    first = model.layers[0] if isinstance(model, Sequential) else model
    rng = np.random.default_rng(0)
    if isinstance(first, Embedding):
        return rng.integers(first.num_embeddings, size=(STEPS, 2))
    width = getattr(first, "input_size", getattr(first, "in_features", None))
    if width is None:
        raise checks.wrong(f"the model begins with {type(first).__name__}", SIZED)
    return rng.standard_normal((STEPS, 2, width))


def _proof(model: Any) -> list[float]:
    """The first and last few outputs on that input."""
    xs = _input(model)
    if xs.dtype.kind == "f":
        xs = xs.astype(str(model.dtype).removeprefix("torch."))
    h = to_numpy(model(xs).h).astype(float).ravel()
    return [float(value) for value in np.concatenate([h[: KEPT // 2], h[-KEPT // 2 :]])]


def _check_proof(path: Path, model: Any, kept: list[float]) -> None:
    now, then = np.array(_proof(model)), np.array(kept)
    near = NEAR.get(str(model.dtype).removeprefix("torch."), NEAR["float32"])
    if now.shape != then.shape or not (abs(now - then) <= near * max(1.0, abs(then).max())).all():
        k = int(abs(now - then).argmax()) if now.shape == then.shape else 0
        came = f"{path}: one of the model's outputs is {now[k]:.6g}" if now.size > k else f"{path}: no output"
        raise checks.wrong(came, f"{then[k]:.6g}, as when it was saved", "Did the program that computes it change?")


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(part) for key, part in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return (
        value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and np.isfinite(value).item())
    )
