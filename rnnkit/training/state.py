"""All that a training run needs to go on from a checkpoint."""

import copy
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, detached
from rnnkit.training.checkpoint import load, part, save
from rnnkit.training.history import History
from rnnkit.training.optimisers import Optimizer


@dataclass
class Training:
    """All that a training run needs to go on, and what it has to be the same for.

    Attributes
    ----------
    model, optimizer : the ones that :func:`rnnkit.fit` was given
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
            raise checks.wrong(
                f"epochs is {epochs}",
                f"{history.epochs} or more, which the checkpoint in {folder} has",
                "Use resume=False to start again.",
            )
        _check_fit(part(found.arrays, "params"), params, folder)
        _check_settings(found.record["settings"], self.settings, folder, changing)
        _check_slots(found.arrays, self.optimizer, folder)
        assign(params, part(found.arrays, "params"))
        self.best = {name: like(params[name], a) for name, a in part(found.arrays, "best").items()}
        self.optimizer.steps, self.optimizer.state = found.record["steps"], {}
        for name, a in part(found.arrays, "optimizer").items():
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
        raise checks.wrong(
            f"the checkpoint in {folder} has {'a' if name in found else 'no'} parameter {name}",
            "the model's",
            f"{', '.join(params)}. Is it of another model?",
        )
    for name, p in params.items():
        saved, own = found[name], (tuple(p.shape), str(p.dtype).removeprefix("torch."))
        if (saved.shape, str(saved.dtype)) != own:
            raise checks.wrong(
                f"{name} has shape {saved.shape} and dtype {saved.dtype} in the checkpoint in {folder}",
                f"{own[0]} and {own[1]}, as in the model",
                "Is it of another model?",
            )


def _check_slots(arrays: Mapping[str, Any], optimizer: Optimizer, folder: str | Path) -> None:
    """What the checkpoint remembers of each parameter is what this optimiser does."""
    saved = {name.rsplit("/", 1)[1] for name in part(arrays, "optimizer")}
    if saved and saved != set(optimizer.SLOTS):
        raise checks.wrong(
            f"the checkpoint in {folder} has {', '.join(sorted(saved))} of an optimiser",
            f"{', '.join(optimizer.SLOTS)}, which {type(optimizer).__name__} remembers",
            "use the one of the run.",
        )


def _check_settings(
    found: Mapping[str, Any], settings: Mapping[str, Any], folder: str | Path, changing: Collection[str]
) -> None:
    """A run goes on with the settings that it was begun with, but for those that are to change."""
    now = json.loads(json.dumps(settings))  # as the file has them: tuples are lists there
    other = [name for name in now if found.get(name) != now[name] and name not in changing]
    if other:
        changes = "; ".join(f"{name} was {found.get(name)!r} and is {now[name]!r}" for name in other)
        raise checks.wrong(
            f"the checkpoint in {folder} is of a run with other settings",
            "the same",
            f"{changes}. Use another folder, or resume=False to start again, or name what may change: "
            f"resume={[*changing, *other]}.",
        )
