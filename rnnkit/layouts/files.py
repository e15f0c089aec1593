"""Layers in files: safetensors for the weights, and one JSON key in its metadata for the layers that they belong to.

It is one key because safetensors writes several in an order that changes from run to run, and the file's hash with it.
Reading such a file executes nothing, unlike a pickle.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import rnnkit
from rnnkit import checks
from rnnkit.extras import needed
from rnnkit.layers import Layer, Sequential
from rnnkit.layouts.conventions import fill
from rnnkit.ops import Array, to_numpy

KEY, FORMAT = "rnnkit", 1
OTHER = {  # what else may come, by its suffix
    ".npz": "Is it a checkpoint? rnnkit.training.checkpoint.weights(folder) reads those.",
    ".onnx": "It is a graph for a runtime. Save the model that it was exported from.",
    ".pt": "Is it of torch.save? Load it with torch, and make layers of its weights with rnnkit.layouts.from_torch.",
}


def save(path: str | os.PathLike[str], model: Layer | Sequential) -> None:
    """Write a layer or a Sequential to a file: its weights, and the arguments that make it again.

    Parameters
    ----------
    path : str or Path
        It usually ends in ``.safetensors``. The file is written beside its place and then moved there in one step, so
        that a reader sees the whole old file or the whole new one. The same model always gives the same bytes.
    model : layer or Sequential
        Of either backend. The file does not say which, nor the device.

    Raises
    ------
    ValueError
        If the model holds a layer whose class is not rnnkit's own, because `load` could not make it again.
    ImportError
        If safetensors is not installed.

    Examples
    --------
    >>> import rnnkit, tempfile
    >>> layer = rnnkit.LSTM(3, 4, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/lstm.safetensors", layer)
    ...     again = load(f"{folder}/lstm.safetensors")
    >>> bool((again.params["weight_hh_l0"] == layer.params["weight_hh_l0"]).all())
    True
    """
    write(Path(path), model)


def load(path: str | os.PathLike[str], backend: str = "numpy", device: str = "auto") -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    path : str or Path
    backend : "numpy" or "torch"
        What computes. The file may have been written from the other one.
    device : str
        As in the layers' constructors.

    Returns
    -------
    layer or Sequential
        Of the class, the sizes and the dtype that were saved, with the same weights, bit for bit.

    Raises
    ------
    ValueError
        If the file is cut short, is no safetensors file, was written by something else than `save` or by a later
        version, or has other weights than the layers that it describes.
    ImportError
        If safetensors is not installed.
    """
    return read(Path(path), backend, device)[0]


def write(path: Path, model: Layer | Sequential, **beside: Any) -> None:
    """`save`, with more entries beside the model's, as JSON holds them."""
    described = json.dumps({"format": FORMAT, "model": _described(model), **beside}, sort_keys=True)
    # safetensors reads the memory from an array's first number on, whatever its strides are
    tensors = {name: np.ascontiguousarray(to_numpy(a)) for name, a in model.params.items()}
    _replace(path, needed("safetensors.numpy").save(tensors, {KEY: described}))


def read(path: Path, backend: str, device: str) -> tuple[Any, dict[str, Any]]:
    """The model of a file, and all that stands beside its weights."""
    tensors, described = _read(path)
    try:
        model = _made(described["model"], {"backend": backend, "device": device})
        _check_dtypes(model, tensors)
        fill(model, tensors)
    except (ValueError, TypeError, KeyError) as error:
        raise checks.wrong(f"{path} makes no model", "what save wrote", str(error)) from error
    return model, described


def _described(model: Layer | Sequential) -> dict[str, Any]:
    """The class and arguments that make the model again, as JSON can hold them."""
    if isinstance(model, Sequential) and model.kind is Sequential:
        tied = {"tied": model.tied} if model.tied else {}
        return {"class": "Sequential", "layers": [_described(layer) for layer in model.layers]} | tied
    name = type(model).__name__
    if not isinstance(model, Layer) or getattr(rnnkit, name, None) is not model.kind:
        hint = "files hold no others. Save its params."
        raise checks.wrong(f"model is or holds an object of class {name}", "rnnkit's own layers", hint)
    return {"class": name, "arguments": model.config()}


def _made(described: Any, where_to: dict[str, str]) -> Any:
    """The model of a description; its weights are not filled in yet."""
    if not isinstance(described, dict) or "class" not in described:
        raise checks.wrong(f"its description is {described!r}", "a class and its arguments")
    name = described["class"]
    if name == "Sequential":
        return Sequential(*(_made(layer, where_to) for layer in described["layers"]), tied=described.get("tied"))
    face = getattr(rnnkit, str(name), None)
    if not (isinstance(face, type) and issubclass(face, Layer)):
        raise checks.wrong(f"it describes a {name}", "a layer of this rnnkit", "Was it saved by a later one?")
    return face(**described["arguments"] | where_to)


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """A file's arrays, and what it says of them."""
    safetensors = needed("safetensors")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names, metadata = file.keys(), file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        with path.open("rb") as file:
            head = file.read(9)
        if len(head) == 9 and head[8:] != b"{":  # behind eight bytes such a file is JSON
            hint = OTHER.get(path.suffix, OTHER[".pt"] if head.startswith(b"PK") else "")
            raise checks.wrong(f"{path} is no safetensors file", "what save or save_bundle wrote", hint) from error
        hint = f"Was a download or a copy cut short? {error}."
        raise checks.wrong(f"{path} is broken", "a whole safetensors file", hint) from error
    try:
        described = json.loads(metadata[KEY])
        if described["format"] != FORMAT:
            came, wanted = f"{path} has format {described['format']}", f"{FORMAT}, which this rnnkit reads"
            raise checks.wrong(came, wanted, "Was it saved by a later one?")
        if "model" not in described:
            raise KeyError("model")
        return tensors, described
    except (KeyError, TypeError, json.JSONDecodeError):
        raise checks.wrong(
            f"{path} does not say what its weights belong to",
            "a file that rnnkit's save wrote",
            "For weights of torch.nn, make a layer of them with from_torch.",
        ) from None


def _check_dtypes(model: Layer | Sequential, tensors: Mapping[str, Array]) -> None:
    for name, a in model.params.items():
        wanted = to_numpy(a).dtype
        if name in tensors and tensors[name].dtype != wanted:
            raise checks.wrong(f"{name} is {tensors[name].dtype}", f"{wanted}, as the file says")


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step, so that nobody finds a part of it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # a tempfile could be read by its owner alone
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
