"""Training, by rnnkit's own layers, loss, clipping, optimiser and schedule; and what a trained network costs a symbol.

In NumPy, by this package's own backpropagation through time: at this size it takes two thirds of torch.nn's time.

The loop is not :func:`rnnkit.fit`, because that one carries the states of all sequences on, or of none: here one in
twenty begins anew, so that the network also learns to start.
"""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnkit import GRU, Linear, Sequential, params, softmax_cross_entropy
from rnnkit.data.task import one_hot
from rnnkit.explorers.type_ahead.network import NEWLINE, SYMBOLS, read
from rnnkit.training import AdamW, Cosine, Warmup, clip_by_global_norm

V = len(SYMBOLS)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. A number of steps and not of seconds, so that a slower machine gets the same."""

    units: int = 96
    steps: int = 12000
    batch: int = 32
    length: int = 96  # of the chunk that a gradient flows back over
    anew: float = 1 / 20  # the share of chunks that begin somewhere else, with an empty state
    lr: float = 7e-3
    lr_end: float = 2e-5
    warmup: int = 100
    weight_decay: float = 0.01
    beta2: float = 0.99
    clip: float = 1.0


class Trained(NamedTuple):
    model: Sequential  # NumPy, float64: (T, N, V) → logits (T, N, V)
    seconds: float  # of the processor
    characters: int  # read, some of them several times
    recipe: dict[str, Any]


def begun(recipe: Recipe, seed: int, V: int = V) -> Sequential:
    """A GRU with orthogonal recurrent blocks that keeps by default (its gate z is biased by 1), and a readout."""
    rng = np.random.default_rng(seed)
    gru, H = GRU(V, recipe.units, dtype=np.float32, rng=rng), recipe.units
    gru.params.update(params.orthogonal(gru.cell, gru.params, rng))
    gru.params["bias_ih_l0"][H : 2 * H] = 1
    return Sequential(gru, Linear(H, V, dtype=np.float32, rng=rng))


def train(
    symbols: np.ndarray, recipe: Recipe, seed: int, report: Any = print, V: int = V, newline: int = NEWLINE
) -> Trained:
    """Train on symbols (characters,), of V kinds. Chunks follow one another in the text, and carry their state."""
    model, rng = begun(recipe, seed, V), np.random.default_rng(seed)
    starts = np.flatnonzero(symbols[: -recipe.length - 1] == newline) + 1
    at, h = rng.choice(starts, recipe.batch), np.zeros((1, recipe.batch, recipe.units), np.float32)
    optimizer = AdamW(recipe.lr, beta2=recipe.beta2, weight_decay=recipe.weight_decay)
    schedule = Warmup(recipe.warmup, Cosine(recipe.lr, recipe.steps - recipe.warmup, recipe.lr_end))
    began, mean = time.process_time(), math.log(V)
    for step in range(recipe.steps):
        anew = (rng.random(recipe.batch) < recipe.anew) | (at + recipe.length >= len(symbols))
        at = np.where(anew, rng.choice(starts, recipe.batch), at)
        h[:, anew] = 0
        chunk = symbols[at + np.arange(recipe.length + 1)[:, None]]  # (T+1, N)
        run = model(one_hot(chunk[:-1], V), ((h,), ()))
        loss, d_y = softmax_cross_entropy(run.h, chunk[1:])
        grads = model.backward(run, d_y).params
        clip_by_global_norm(grads, recipe.clip)
        optimizer.update(model.params, grads, schedule(step))
        h, at = run.state[0][0].copy(), at + recipe.length
        mean += 0.01 * (float(loss) - mean)
        if step % 500 == 499:
            report(f"step {step + 1}, {time.process_time() - began:.0f} s: {mean / math.log(2):.3f} bits a character")
    seconds, seen = time.process_time() - began, recipe.steps * recipe.batch * recipe.length
    return Trained(model.to(dtype=np.float64), seconds, seen, asdict(recipe))


def bits_per_character(model: Sequential, symbols: np.ndarray, lanes: int = 64) -> float:
    """What the model needs for each symbol of a text after the first, read in so many equal pieces side by side."""
    length = (len(symbols) - 1) // lanes
    xs, targets = (symbols[k : k + lanes * length].reshape(lanes, length).T for k in (0, 1))
    state, total = None, 0.0
    for k in range(0, length, 200):
        run = model(read(xs[k : k + 200]), state)
        state = run.state
        total += float(softmax_cross_entropy(run.h, targets[k : k + 200])[0]) * targets[k : k + 200].size
    return total / targets.size / math.log(2)
