"""The networks that are compared, by the comparison. Each is a function from a task and a Generator to a model."""

from collections.abc import Callable
from typing import Any

import numpy as np

from artefacts.building.layers import DroppedLSTM, Levels, ResidualLSTM
from artefacts.long_memory.entries import Recipe
from artefacts.long_memory.networks import NETWORKS, keeping
from artefacts.long_memory.train import begun
from rnnkit import LSTM, RNN, Dropout, Last, Linear, Sequential
from rnnkit.data import Task
from rnnkit.layers import Recurrent

Made = Callable[[Task, np.random.Generator], Any]
FLOATS: dict[str, Any] = {"dtype": np.float32}
UNITS = 32  # of the one layer that the others have as many weights as
DROPPED = 0.25


def weights(blocks: int, units: int, reads: int, layers: int = 1) -> int:
    """Of a stack: the first layer reads so many numbers, each other one the units of the layer below."""
    return blocks * units * (reads + units + 2 + (layers - 1) * (2 * units + 2))


def units(blocks: int, reads: int, layers: int) -> int:
    """How many units a layer of the stack has, so that it comes nearest to the weights of one layer of UNITS."""
    wanted = weights(blocks, UNITS, reads)
    return min(range(1, UNITS + 1), key=lambda n: abs(weights(blocks, n, reads, layers) - wanted))


def read_out(task: Task, layers: list[Any], size: int, rng: np.random.Generator) -> Sequential:
    """These layers, and a Linear on their outputs, or on the last of them."""
    last = [] if task.every_step else [Last(**FLOATS)]
    return Sequential(*layers, *last, Linear(size, task.output_size, rng=rng, **FLOATS))


def one(network: str) -> Made:
    """One of long_memory's, of as many weights as its 32 tanh units."""
    return lambda task, rng: begun(network, task, Recipe(), rng)


def stack(layers: int, residual: bool = False) -> Made:
    """LSTMs with a forget bias of 3; all above the first add what they read, if residual."""

    def made(task: Task, rng: np.random.Generator) -> Sequential:
        n, above = units(4, task.input_size, layers), ResidualLSTM if residual else LSTM
        kinds = [LSTM, *(layers - 1) * [above]]
        sizes = [task.input_size, *(layers - 1) * [n]]
        made = [keeping(kind(I, n, rng=rng, **FLOATS), "f") for kind, I in zip(kinds, sizes, strict=True)]
        return read_out(task, made, n, rng)

    return made


def simple(reads: int, units: int, rng: np.random.Generator) -> Recurrent:
    return RNN(reads, units, rng=rng, **FLOATS)


def flat(task: Task, rng: np.random.Generator) -> Sequential:
    """One network, that reads letter by letter."""
    return read_out(task, [simple(task.input_size, UNITS, rng)], UNITS, rng)


def levels(task: Any, rng: np.random.Generator) -> Levels:
    """Words of √T letters each, read by one network, and read on by another of its size."""
    n = units(1, task.input_size, 2)
    lower = Sequential(simple(task.input_size, n, rng), Last(**FLOATS))
    return Levels(round(task.length**0.5), lower, read_out(task, [simple(n, n, rng)], n, rng))


def dropped(place: str, anew: bool) -> Made:
    """An LSTM with a forget bias of 3, and a quarter of something dropped in training."""

    def made(task: Task, rng: np.random.Generator) -> Sequential:
        layer = DroppedLSTM(task.input_size, UNITS // 2, place, DROPPED, anew, rng=rng, **FLOATS)
        return read_out(task, [keeping(layer, "f")], UNITS // 2, rng)

    return made


def kept(task: Task, rng: np.random.Generator) -> Sequential:
    """The same LSTM; nothing is dropped."""
    return read_out(task, [keeping(LSTM(task.input_size, UNITS // 2, rng=rng, **FLOATS), "f")], UNITS // 2, rng)


def output_dropped(task: Task, rng: np.random.Generator) -> Sequential:
    """The same LSTM, and a quarter of the outputs that the readout sees dropped (Zaremba et al., 2014)."""
    layer = keeping(LSTM(task.input_size, UNITS // 2, rng=rng, **FLOATS), "f")
    return read_out(task, [layer, Dropout(DROPPED, **FLOATS)], UNITS // 2, rng)


CELLS: dict[str, Made] = {name: one(name) for name in NETWORKS if name in ("tanh", "LSTM", "GRU", "LSTM, 3", "GRU, 3")}
DEPTHS: dict[str, Made] = {
    "1 layer": stack(1),
    "2 layers": stack(2),
    "4 layers": stack(4),
    "8 layers": stack(8),
    "4 layers, residual": stack(4, residual=True),
    "8 layers, residual": stack(8, residual=True),
}
LEVELS: dict[str, Made] = {
    "tanh, flat": flat,
    "tanh, two levels": levels,
}
DROPOUTS: dict[str, Made] = {
    "nothing": kept,
    "c, anew": dropped("c", anew=True),
    "h, anew": dropped("h", anew=True),
    "h, one mask": dropped("h", anew=False),
    "g, anew": dropped("g", anew=True),
    "zoneout of c": dropped("zoneout", anew=True),
    "the output": output_dropped,
}
