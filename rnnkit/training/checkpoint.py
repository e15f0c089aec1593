"""Checkpoints of a training run: written whole or not at all, and two of them kept.

A checkpoint is an ordinary ``.npz`` file of arrays and one entry of JSON, without pickles. The zip has a checksum of
each entry, and the JSON names all of them: a file that was cut short, or in which a bit changed, is noticed.
"""

import io
import json
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, to_numpy

FORMAT, VERSION = "rnnkit checkpoint", 2
KEPT = 2  # the newest, and the one before for when that is damaged


class Checkpoint(NamedTuple):
    """Arrays by name, and what JSON can hold."""

    arrays: dict[str, Any]
    record: dict[str, Any]


def save(folder: str | Path, number: int, arrays: Mapping[str, Array], record: Mapping[str, Any]) -> Path:
    """Write a checkpoint, and remove all but the last two of the folder.

    The bytes go to a temporary file, to the disk, and only then to their name, so that whoever looks, also after a
    kill or a power cut, finds the whole file or none.

    Parameters
    ----------
    folder : path
        Made if it is not there. One run writes to it at a time.
    number : int
        Of this checkpoint, 0 or more; the largest is the newest. A run counts its epochs.
    arrays : mapping of arrays
        NumPy's or Torch's, from any device, by name.
    record : mapping
        Whatever JSON can hold. Floats are kept exactly.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the folder holds a newer checkpoint, or an array holds Python objects.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(folder, 3, {"weight": np.array([0.1, 0.2])}, {"epoch": 3})
    ...     path.name, load(folder)
    ('epoch-000003.npz', Checkpoint(arrays={'weight': array([0.1, 0.2])}, record={'epoch': 3}))
    """
    folder = Path(folder)
    newest = max(map(_number, _newest_first(folder)), default=0)
    if not newest <= number:
        hint = f"{folder} holds {newest}, and a lower one would never be loaded. Use another folder, or clear this one."
        raise checks.wrong(f"number is {number}", f"{newest} or more", hint)
    content = _written(arrays, record)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"epoch-{number:06}.npz"
    unfinished = path.with_suffix(".npz.part")
    with open(unfinished, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    _sync_names(folder)
    for old in [*_newest_first(folder)[KEPT:], *folder.glob("epoch-*.npz.part")]:
        old.unlink()
    return path


def load(folder: str | Path) -> Checkpoint | None:
    """The newest checkpoint that is whole.

    Parameters
    ----------
    folder : path
        Where :func:`save` wrote.

    Returns
    -------
    Checkpoint or None
        None if the folder has none, or does not exist.

    Warns
    -----
    UserWarning
        If a newer one was damaged, and this is the one before.

    Raises
    ------
    ValueError
        If there are checkpoints, but all of them are damaged; or if one is whole, but of another format.
    """
    damaged: list[str] = []
    why = ""
    for path in _newest_first(Path(folder)):
        try:
            entries = _entries(path.read_bytes())
        except Exception as error:  # whatever zipfile, NumPy and json say of broken bytes
            damaged.append(path.name)
            why = f"{type(error).__name__}: {error}"
            continue
        if damaged:
            warnings.warn(
                f"{damaged[0]} in {folder} is damaged ({why}). {path.name}, the one before, is used. "
                "Was the machine switched off while it was written?",
                stacklevel=2,
            )
        return _checkpoint(path, entries)
    if damaged:
        raise checks.wrong(
            f"{folder} holds {', '.join(damaged)}, all damaged", "one that is whole", "Remove them to start again."
        )
    return None


def weights(folder: str | Path) -> dict[str, Array]:
    """The parameters that ``fit`` leaves behind: ``model.params.update(checkpoint.weights(folder))``.

    Those of the best epoch, if the run kept them, as it does with ``patience``; else those of the newest checkpoint
    that is whole.

    Raises
    ------
    ValueError
        If there is no checkpoint of a training run; also as :func:`load` does.
    """
    found = load(folder)
    params = (part(found.arrays, "best") or part(found.arrays, "params")) if found else {}
    if not params:
        raise checks.wrong(f"{folder} holds no checkpoint", "one of a training run")
    return params


def clear(folder: str | Path) -> None:
    """Remove a folder's checkpoints, and nothing else. A folder that is not there is left so."""
    for path in _newest_first(Path(folder)):
        path.unlink()


def part(arrays: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name.removeprefix(f"{part}/"): a for name, a in arrays.items() if name.startswith(f"{part}/")}


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("epoch-"))


def _newest_first(folder: Path) -> list[Path]:
    if folder.exists() and not folder.is_dir():
        raise checks.wrong(f"{folder} is a file", "a folder for checkpoints")
    ours = [p for p in folder.glob("epoch-*.npz") if re.fullmatch(r"epoch-\d{6,}\.npz", p.name) and p.is_file()]
    return sorted(ours, key=_number, reverse=True)


def _written(arrays: Mapping[str, Array], record: Mapping[str, Any]) -> bytes:
    """The bytes of an .npz file."""
    entries = {f"arrays/{name}": to_numpy(a) for name, a in arrays.items()}
    for name, a in entries.items():
        if a.dtype.hasobject:
            raise checks.wrong(f"{name} holds Python objects", "numbers, so that no one runs a checkpoint")
    text = json.dumps({"format": FORMAT, "version": VERSION, "entries": ["json", *entries], "record": record})
    buffer = io.BytesIO()
    np.savez(buffer, json=np.frombuffer(text.encode(), np.uint8), **entries)
    return buffer.getvalue()


def _entries(content: bytes) -> dict[str, Any]:
    """All entries of an .npz file, the JSON's as an object. Some error, if the file is not whole."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    found["json"] = json.loads(found["json"].tobytes())
    if found["json"].get("entries", list(found)) != list(found):
        raise checks.wrong("entries are missing", "all that its JSON names")
    return found


def _checkpoint(path: Path, entries: dict[str, Any]) -> Checkpoint:
    header = entries.pop("json")
    if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise checks.wrong(
            f"{path} has format {header.get('format')!r}, version {header.get('version')!r}",
            f"{FORMAT!r}, version {VERSION}",
            "Was it written by another version of rnnkit?",
        )
    return Checkpoint({name.removeprefix("arrays/"): a for name, a in entries.items()}, header["record"])


def _sync_names(folder: Path) -> None:
    """Put the folder's list of names on the disk too, where an operating system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
