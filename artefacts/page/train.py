"""A small network of code, in the form that ``rnnkit.deploy`` saves: an embedding, a GRU, and a readout.

The recipe is Type Ahead's with fewer units, and an embedding in place of one-hot rows: 23 thousand weights in place of
65, because here all of them go into the page as floats.
"""

import math
import time
from typing import Any, NamedTuple

import numpy as np

from artefacts.type_ahead.train import Recipe
from rnnkit import GRU, Embedding, Linear, Sequential, params, softmax_cross_entropy
from rnnkit.explorers.type_ahead.network import NEWLINE, SYMBOLS
from rnnkit.training import AdamW, Cosine, Warmup, clip_by_global_norm

V, E = len(SYMBOLS), 16
RECIPE = Recipe(units=64)


class Trained(NamedTuple):
    model: Sequential  # float32: symbols (T, N) → logits (T, N, V)
    seconds: float  # of the processor


def begun(recipe: Recipe, seed: int) -> Sequential:
    """A GRU with orthogonal recurrent blocks that keeps by default (its gate z is biased by 1)."""
    rng, H = np.random.default_rng(seed), recipe.units
    like: dict[str, Any] = {"dtype": np.float32, "rng": rng}
    gru = GRU(E, H, **like)
    gru.params.update(params.orthogonal(gru.cell, gru.params, rng))
    gru.params["bias_ih_l0"][H : 2 * H] = 1
    return Sequential(Embedding(V, E, **like), gru, Linear(H, V, **like))


def train(symbols: np.ndarray, recipe: Recipe, seed: int, report: Any = print) -> Trained:
    """Train on symbols (characters,). Chunks follow one another in the text, and carry their state."""
    model, rng = begun(recipe, seed), np.random.default_rng(seed)
    starts = np.flatnonzero(symbols[: -recipe.length - 1] == NEWLINE) + 1
    at, h = rng.choice(starts, recipe.batch), np.zeros((1, recipe.batch, recipe.units), np.float32)
    optimizer = AdamW(recipe.lr, beta2=recipe.beta2, weight_decay=recipe.weight_decay)
    schedule = Warmup(recipe.warmup, Cosine(recipe.lr, recipe.steps - recipe.warmup, recipe.lr_end))
    began, mean = time.process_time(), math.log(V)
    for step in range(recipe.steps):
        anew = (rng.random(recipe.batch) < recipe.anew) | (at + recipe.length >= len(symbols))
        at = np.where(anew, rng.choice(starts, recipe.batch), at)
        h[:, anew] = 0
        chunk = symbols[at + np.arange(recipe.length + 1)[:, None]]  # (T+1, N)
        run = model(chunk[:-1], ((), (h,), ()))
        loss, d_y = softmax_cross_entropy(run.h, chunk[1:])
        grads = model.backward(run, d_y).params
        clip_by_global_norm(grads, recipe.clip)
        optimizer.update(model.params, grads, schedule(step))
        h, at = run.state[1][0].copy(), at + recipe.length
        mean += 0.01 * (float(loss) - mean)
        if step % 500 == 499:
            report(f"step {step + 1}, {time.process_time() - began:.0f} s: {mean / math.log(2):.3f} bits a character")
    return Trained(model, time.process_time() - began)
