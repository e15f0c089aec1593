"""Layers in files: safetensors for the weights, and one JSON key in its metadata for what they are weights of.

One key, because safetensors writes several in an order that changes from run to run, and with it the file's hash.
Nothing in such a file is executed when it is read, unlike a pickle.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import rnnkit
from rnnkit.extras import needed
from rnnkit.layers import Layer, Sequential
from rnnkit.layouts.conventions import fill
from rnnkit.ops import Array, to_numpy

KEY, FORMAT = "rnnkit", 1


def save(path: str | os.PathLike[str], model: Layer | Sequential) -> None:
    """Write a layer or a Sequential, its weights and what it takes to make it again, to a file.

    Parameters
    ----------
    path : str or Path
        By custom ending in ``.safetensors``. The file is written beside its place and then moved there in one step:
        whoever reads it sees the old one or the new one, whole. The same model always gives the same bytes.
    model : layer or Sequential
        Of either backend. The file does not say which, nor the device.

    Raises
    ------
    ValueError
        If the model holds a layer of a class that is not rnnkit's own: `load` could not make it again.
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
    described = json.dumps({"format": FORMAT, "model": _described(model)}, sort_keys=True)
    # safetensors reads the memory from an array's first number on, whatever its strides are
    tensors = {name: np.ascontiguousarray(to_numpy(a)) for name, a in model.params.items()}
    _replace(Path(path), needed("safetensors.numpy").save(tensors, {KEY: described}))


def load(path: str | os.PathLike[str], backend: str = "numpy", device: str = "auto") -> Any:
    """Read what `save` wrote.

    Parameters
    ----------
    path : str or Path
    backend : "numpy" or "torch"
        What is to compute; it need not be what the file was written from.
    device : str
        As in the layers' constructors.

    Returns
    -------
    layer or Sequential
        Of the class, the sizes and the dtype that were saved, with the same weights, bit for bit.

    Raises
    ------
    ValueError
        If the file is cut short, is no safetensors file, was not written by `save`, was written by a later version,
        or its weights are not those of the layers that it describes.
    ImportError
        If safetensors is not installed.
    """
    path = Path(path)
    tensors, described = _read(path)
    try:
        model = _made(described, {"backend": backend, "device": device})
        _check_dtypes(model, tensors)
        fill(model, tensors)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} cannot be made into a model: {error}") from error
    return model


def _described(model: Layer | Sequential) -> dict[str, Any]:
    """What JSON has to hold to make the model again."""
    if isinstance(model, Sequential) and model.kind is Sequential:
        tied = {"tied": model.tied} if model.tied else {}
        return {"class": "Sequential", "layers": [_described(layer) for layer in model.layers]} | tied
    name = type(model).__name__
    if not isinstance(model, Layer) or getattr(rnnkit, name, None) is not model.kind:
        raise ValueError(
            f"model is or holds a {name}, expected rnnkit's own layers: files hold no others. Save its params."
        )
    return {"class": name, "arguments": model.config()}


def _made(described: Any, where_to: dict[str, str]) -> Any:
    """The model of a description, with weights that are yet to be filled in."""
    if not isinstance(described, dict) or "class" not in described:
        raise ValueError(f"its description is {described!r}, expected a class and its arguments.")
    name = described["class"]
    if name == "Sequential":
        return Sequential(*(_made(layer, where_to) for layer in described["layers"]), tied=described.get("tied"))
    face = getattr(rnnkit, str(name), None)
    if not (isinstance(face, type) and issubclass(face, Layer)):
        raise ValueError(f"it describes a {name}, which this rnnkit does not have. Was it saved by a later one?")
    return face(**described["arguments"] | where_to)


def _read(path: Path) -> tuple[dict[str, Array], Any]:
    """A file's arrays, and what it says that they are."""
    safetensors = needed("safetensors")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names, metadata = file.keys(), file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is no whole safetensors file: {error}. Was a download or a copy cut short?"
        ) from error
    try:
        described = json.loads(metadata[KEY])
        if described["format"] != FORMAT:
            raise ValueError(
                f"{path} has format {described['format']}, expected {FORMAT}, which this rnnkit reads. Was "
                "it saved by a later one?"
            )
        return tensors, described["model"]
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ValueError(
            f"{path} does not say what its weights belong to: it was not written by rnnkit's save. "
            "For weights of torch.nn, make a layer of them with from_torch."
        ) from None


def _check_dtypes(model: Layer | Sequential, tensors: Mapping[str, Array]) -> None:
    for name, a in model.params.items():
        wanted = to_numpy(a).dtype
        if name in tensors and tensors[name].dtype != wanted:
            raise ValueError(f"{name} is {tensors[name].dtype}, expected {wanted}: so the file says.")


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that at no moment a part of it stands in its place."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # no tempfile: that one only its owner may read
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
