"""Train one network of Evidence Bench."""

from dataclasses import dataclass

import numpy as np

from rnnkit.cells import Params
from rnnkit.explorers.evidence_bench.network import SHAPES, H, backward, packed, pairs, read, sequences, unpacked
from rnnkit.training import Adam, clip_by_global_norm


@dataclass(frozen=True)
class Recipe:
    """What a run is made by. The rate falls to 0 along a half cosine."""

    updates: int = 3000
    batch: int = 128
    rate: float = 0.01
    clip: float = 1.0


def first(rng: np.random.Generator) -> Params:
    """U(±1/√H), as torch.nn draws a GRU and its readouts."""
    return {name: rng.uniform(-1, 1, shape) / np.sqrt(H) for name, shape in SHAPES.items()}


def train(task: str, seed: int, recipe: Recipe) -> Params:
    """A network's weights after the run, rounded as the file has them."""
    rng = np.random.default_rng(seed)
    net, optimizer = first(rng), Adam(recipe.rate)
    for update in range(recipe.updates):
        x, marks, yes = sequences(task, recipe.batch, rng)
        xs = pairs(x, marks)
        found = read(net, xs)
        d_score = (1 / (1 + np.exp(-found.score)) - yes) / recipe.batch  # of the mean cross-entropy
        grads, _ = backward(net, xs, found, d_score)
        clip_by_global_norm(grads, recipe.clip)
        optimizer.update(net, grads, recipe.rate * (1 + np.cos(np.pi * update / recipe.updates)) / 2)
    return unpacked(packed(net))
