"""What fewer bits a weight cost: bits a character on files that nobody trained on, and how far the states drift."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit import Sequential, softmax_cross_entropy
from rnnkit.deploy import quantise

BITS = (8, 7, 6, 5, 4, 3, 2)
LANES, PIECE = 256, 200
ALONE = 3  # bits of one matrix, while all others stay floats
AT = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
Rounding = Callable[[np.ndarray, int], np.ndarray]


def by_row(matrix: np.ndarray, bits: int) -> np.ndarray:
    return quantise(matrix, bits).floats


def by_matrix(matrix: np.ndarray, bits: int) -> np.ndarray:
    """One scale for all of it."""
    return quantise(matrix.reshape(1, -1), bits).floats.reshape(matrix.shape)


WAYS: dict[str, Rounding] = {"row": by_row, "matrix": by_matrix}


def rounded(model: Sequential, rounding: Rounding, bits: int, only: str = "") -> Sequential:
    made = model.to(dtype=np.float32)
    made.params.update(
        {name: rounding(a, bits) for name, a in model.params.items() if a.ndim == 2 and (not only or name == only)}
    )
    return made


def bits_a_character(model: Sequential, symbols: np.ndarray) -> float:
    """Read in equal pieces side by side."""
    length = (len(symbols) - 1) // LANES
    xs, targets = (symbols[k : k + LANES * length].reshape(LANES, length).T for k in (0, 1))
    state, total = None, 0.0
    for k in range(0, length, PIECE):
        run = model(xs[k : k + PIECE], state)
        state = run.state
        total += float(softmax_cross_entropy(run.h, targets[k : k + PIECE])[0]) * targets[k : k + PIECE].size
    return total / targets.size / math.log(2)


def drift(model: Sequential, other: Sequential, symbols: np.ndarray) -> list[float]:
    """How far the other's states are from the model's, as a share of their length: the mean over texts, at steps AT."""
    lanes = 64
    xs = symbols[: lanes * max(AT)].reshape(lanes, -1).T
    h, there = (one.layers[1](one.layers[0](xs).h).h for one in (model, other))
    share = np.linalg.norm(there - h, axis=2).mean(1) / np.linalg.norm(h, axis=2).mean(1)
    return [float(share[t - 1]) for t in AT]


def measured(model: Sequential, unseen: np.ndarray) -> dict[str, Any]:
    """All of it, for one network; symbols of its own numbers."""
    costs: dict[str, Any] = {"32": bits_a_character(model, unseen)}
    for way, rounding in WAYS.items():
        costs[way] = {str(k): bits_a_character(rounded(model, rounding, k), unseen) for k in BITS}
    names = [name for name, a in model.params.items() if a.ndim == 2]
    costs["alone"] = {name: bits_a_character(rounded(model, by_row, ALONE, name), unseen) for name in names}
    costs["drift"] = {str(k): drift(model, rounded(model, by_row, k), unseen) for k in (8, 6, 4, 3)}
    return costs
