"""Checkpoints of a training run: written whole or not at all, sealed, and two of them kept.

A checkpoint is an ordinary ``.npz`` file of arrays and one entry of JSON, without pickles. The zip's comment is the
SHA-256 of all bytes before it: a file that was cut short, or in which a byte changed, does not match its seal.
"""

import copy
import hashlib
import io
import json
import os
import re
import warnings
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from rnnkit.history import History
from rnnkit.ops import Array, detached, to_numpy
from rnnkit.optim import Optimizer

FORMAT, VERSION = "rnnkit checkpoint", 1
SEAL = 64  # hexadecimal digits of a SHA-256
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
        raise ValueError(
            f"number is {number}, but {folder} holds checkpoint {newest}, and a lower one would never be loaded. "
            "Use another folder, or clear this one."
        )
    sealed = _sealed(arrays, record)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"epoch-{number:06}.npz"
    unfinished = path.with_suffix(".npz.part")
    with open(unfinished, "wb") as file:
        file.write(sealed)
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
    for path in _newest_first(Path(folder)):
        sealed = path.read_bytes()
        if sealed[-SEAL:] != _seal(sealed[:-SEAL]):
            damaged.append(path.name)
            continue
        if damaged:
            warnings.warn(
                f"{damaged[0]} in {folder} is damaged: its bytes do not match their seal. {path.name}, the one before, "
                "is used. Was the machine switched off while it was written?",
                stacklevel=2,
            )
        return _read(path, sealed)
    if damaged:
        raise ValueError(f"every checkpoint in {folder} is damaged: {', '.join(damaged)}. Remove them to start again.")
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
    params = (_part(found.arrays, "best") or _part(found.arrays, "params")) if found else {}
    if not params:
        raise ValueError(f"{folder} has no checkpoint of a training run.")
    return params


def clear(folder: str | Path) -> None:
    """Remove a folder's checkpoints, and nothing else. A folder that is not there is left so."""
    for path in _newest_first(Path(folder)):
        path.unlink()


@dataclass
class Training:
    """All that a training run needs to go on, and what it has to be the same for.

    Attributes
    ----------
    model, optimizer : the ones that :func:`rnnkit.train.fit` was given
    history : History
    rngs : dict of Generator
    settings : dict
        Whatever changes the numbers of the run and JSON can hold, by the argument's name.
    best : dict of arrays
        The best epoch's parameters; empty where none are kept.
    """

    model: Any
    optimizer: Optimizer
    history: History
    rngs: dict[str, np.random.Generator]
    settings: dict[str, Any]
    best: dict[str, Array] = field(default_factory=dict)

    def save(self, folder: str | Path) -> Path:
        """Write a checkpoint of this epoch. Raises as the function :func:`save` does."""
        arrays = {f"params/{name}": p for name, p in self.model.params.items()}
        arrays |= {f"best/{name}": p for name, p in self.best.items()}
        for name, slots in self.optimizer.state.items():
            arrays |= {f"optimizer/{name}/{slot}": a for slot, a in slots.items()}
        record = {
            "settings": self.settings,
            "steps": self.optimizer.steps,
            "history": asdict(self.history),
            "rngs": {name: (rng.bit_generator.state, _children(rng)) for name, rng in self.rngs.items()},
        }
        return save(folder, self.history.epochs, arrays, record)

    def resume(self, folder: str | Path, epochs: int, changing: Collection[str] = ()) -> bool:
        """Go back to where the last checkpoint was written; False if there is none.

        Settings that are named in ``changing`` may be others than the run's.

        Raises
        ------
        ValueError
            If the checkpoint is another run's: other settings, parameters that do not fit the model, more than
            ``epochs`` epochs. Nothing is changed then. Also as the function :func:`load` does.
        """
        found = load(folder)
        if found is None:
            return False
        history, params = History(**found.record["history"]), self.model.params
        if history.epochs > epochs:
            raise ValueError(
                f"epochs is {epochs}, but the checkpoint in {folder} has {history.epochs}. "
                "Ask for as many or more, or use resume=False to start again."
            )
        _check_fit(_part(found.arrays, "params"), params, folder)
        _check_settings(found.record["settings"], self.settings, folder, changing)
        _check_slots(found.arrays, self.optimizer, folder)
        assign(params, _part(found.arrays, "params"))
        self.best = {name: like(params[name], a) for name, a in _part(found.arrays, "best").items()}
        self.optimizer.steps, self.optimizer.state = found.record["steps"], {}
        for name, a in _part(found.arrays, "optimizer").items():
            name, slot = name.rsplit("/", 1)
            self.optimizer.state.setdefault(name, {})[slot] = like(params[name], a)
        self.history = history
        self.rngs = {name: _restored(rng, *found.record["rngs"][name]) for name, rng in self.rngs.items()}
        return True


def like(p: Array, a: Any) -> Array:
    """A copy of NumPy's array ``a`` of the kind, dtype and device of ``p``."""
    return p.new_tensor(a) if hasattr(p, "new_tensor") else np.array(a, p.dtype)


def copies(params: Mapping[str, Array]) -> dict[str, Array]:
    """The parameters as they are now, on their device."""
    return {name: copy.deepcopy(detached(p)) for name, p in params.items()}


def assign(params: Mapping[str, Array], values: Mapping[str, Array]) -> None:
    """Copy values, NumPy's or of the parameters' own kind, into the parameters."""
    for name, p in params.items():
        detached(p)[...] = like(p, values[name]) if isinstance(values[name], np.ndarray) else values[name]


def _part(arrays: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name.removeprefix(f"{part}/"): a for name, a in arrays.items() if name.startswith(f"{part}/")}


def _children(rng: np.random.Generator) -> int:
    """How many generators were spawned from this one, which its state does not say."""
    return int(_seed(rng).n_children_spawned)


def _restored(rng: np.random.Generator, state: Any, children: int) -> np.random.Generator:
    seed = _seed(rng)
    again = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key, n_children_spawned=children)
    made = np.random.default_rng(again)
    made.bit_generator.state = state
    return made


def _seed(rng: np.random.Generator) -> np.random.SeedSequence:
    return cast(np.random.SeedSequence, rng.bit_generator.seed_seq)


def _check_fit(found: Mapping[str, Any], params: Mapping[str, Array], folder: str | Path) -> None:
    """Names, shapes and dtypes of a checkpoint's parameters are the model's."""
    if found.keys() != params.keys():
        name = min(found.keys() ^ params.keys())
        raise ValueError(
            f"the checkpoint in {folder} has {'a' if name in found else 'no'} parameter {name}, but the model has "
            f"{', '.join(params)}. Is it of another model?"
        )
    for name, p in params.items():
        saved, own = found[name], (tuple(p.shape), str(p.dtype).removeprefix("torch."))
        if (saved.shape, str(saved.dtype)) != own:
            raise ValueError(
                f"{name} is of shape {saved.shape} and {saved.dtype} in the checkpoint in {folder}, but {own[0]} and "
                f"{own[1]} in the model. Is it of another model?"
            )


def _check_slots(arrays: Mapping[str, Any], optimizer: Optimizer, folder: str | Path) -> None:
    """What the checkpoint remembers of each parameter is what this optimiser does."""
    saved = {name.rsplit("/", 1)[1] for name in _part(arrays, "optimizer")}
    if saved and saved != set(optimizer.SLOTS):
        raise ValueError(
            f"the checkpoint in {folder} has {', '.join(sorted(saved))} of an optimiser, expected "
            f"{', '.join(optimizer.SLOTS)}, which {type(optimizer).__name__} remembers: use the one of the run."
        )


def _check_settings(
    found: Mapping[str, Any], settings: Mapping[str, Any], folder: str | Path, changing: Collection[str]
) -> None:
    """A run goes on with the settings that it was begun with, but for those that are to change."""
    now = json.loads(json.dumps(settings))  # as the file has them: tuples are lists there
    other = [
        f"{k} was {found.get(k)!r} and is {now.get(k)!r}"
        for k in now
        if found.get(k) != now.get(k) and k not in changing
    ]
    if other:
        raise ValueError(
            f"the checkpoint in {folder} is of a run with other settings: {'; '.join(other)}. "
            "Use the same, or another folder, or resume=False to start again, or name what may change: "
            "resume=['optimizer']."
        )


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("epoch-"))


def _newest_first(folder: Path) -> list[Path]:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, but a folder for checkpoints is expected.")
    ours = [p for p in folder.glob("epoch-*.npz") if re.fullmatch(r"epoch-\d{6,}\.npz", p.name) and p.is_file()]
    return sorted(ours, key=_number, reverse=True)


def _sealed(arrays: Mapping[str, Array], record: Mapping[str, Any]) -> bytes:
    """An .npz file whose comment is the seal of the rest."""
    text = json.dumps({"format": FORMAT, "version": VERSION, "record": record})
    entries = {f"arrays/{name}": to_numpy(a) for name, a in arrays.items()}
    for name, a in entries.items():
        if a.dtype.hasobject:
            raise ValueError(f"{name} holds Python objects, but a checkpoint is of numbers, so that no one runs it.")
    buffer = io.BytesIO()
    np.savez(buffer, json=np.frombuffer(text.encode(), np.uint8), **entries)
    with zipfile.ZipFile(buffer, "a") as file:
        file.comment = b"0" * SEAL  # room for the seal, whose length is part of what is sealed
    content = buffer.getvalue()[:-SEAL]
    return content + _seal(content)


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _read(path: Path, sealed: bytes) -> Checkpoint:
    with np.load(io.BytesIO(sealed), allow_pickle=False) as file:
        header = json.loads(file["json"].tobytes())
        if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
            raise ValueError(
                f"{path} has format {header.get('format')!r}, version {header.get('version')!r}, but {FORMAT!r}, "
                f"version {VERSION} is expected. Was it written by another version of rnnkit?"
            )
        arrays = {name.removeprefix("arrays/"): file[name] for name in file.files if name != "json"}
    return Checkpoint(arrays, header["record"])


def _sync_names(folder: Path) -> None:
    """Put the folder's list of names on the disk too, where an operating system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
