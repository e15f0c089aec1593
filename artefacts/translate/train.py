"""Teacher forcing: the decoder hears the true beginning, and learns what comes next."""

from typing import Any, NamedTuple

import numpy as np

from artefacts.translate.network import END, START, Translator
from rnnkit.data import padded
from rnnkit.losses import softmax_cross_entropy
from rnnkit.ops import detached
from rnnkit.training import Adam, Cosine, clip_by_global_norm


class Pairs(NamedTuple):
    """Sources and targets as numbers, without START and END."""

    sources: list[Any]
    targets: list[Any]

    def batch(self, rows: Any) -> tuple[Any, Any, Any, Any]:
        """xs (T, N), its mask, ys (S + 1, N) from START to END, and where ys[1:] counts, (S, N)."""
        xs, mask = padded([self.sources[n] for n in rows])
        ys, there = padded([np.concatenate([[START], self.targets[n], [END]]) for n in rows])
        return xs, mask, ys, there[1:]


class Recipe(NamedTuple):
    """How a network is trained."""

    units: int = 64
    inputs: int = 32
    epochs: int = 12
    batch: int = 64
    rate: float = 0.003  # of Adam, down to 0 by a cosine


def batches(of: Pairs, size: int, rng: np.random.Generator) -> Any:
    """Rows of about the same lengths together, batches in a new order."""
    lengths = np.array([[len(s), len(t)] for s, t in zip(of.sources, of.targets, strict=True)])
    order = np.argsort((lengths + rng.uniform(0, 1, lengths.shape)) @ [1, 0.3], kind="stable")
    starts = range(0, len(order), size)
    for k in rng.permutation(len(starts)):
        yield of.batch(order[starts[k] : starts[k] + size])


def loss_of(model: Translator, of: Pairs, size: int = 500) -> float:
    """Nats a symbol, the END included, on the true beginnings."""
    total = count = 0.0
    for start in range(0, len(of.sources), size):
        xs, mask, ys, there = of.batch(range(start, min(start + size, len(of.sources))))
        told, _ = model.told(xs, mask, ys)
        total += float(softmax_cross_entropy(detached(told.logits), ys[1:], there)[0]) * there.sum()
        count += there.sum()
    return total / count


def train(model: Translator, learn: Pairs, check: Pairs, recipe: Recipe, seed: int) -> list[float]:
    """Train, and keep the weights of the epoch that validation chooses; the validation loss after each epoch."""
    rng = np.random.default_rng(seed)
    updates = recipe.epochs * -(-len(learn.sources) // recipe.batch)
    optimizer, rates, found, kept = Adam(recipe.rate), Cosine(recipe.rate, updates), [], {}
    for _ in range(recipe.epochs):
        for xs, mask, ys, there in batches(learn, recipe.batch, rng):
            told, encoded = model.told(xs, mask, ys)
            _, d_logits = softmax_cross_entropy(detached(told.logits), ys[1:], there)
            grads = model.gradients(told, encoded, d_logits)
            clip_by_global_norm(grads, 1.0)
            optimizer.update(model.params, grads, rates(optimizer.steps))
        found.append(loss_of(model, check))
        if found[-1] == min(found):
            kept = model.copied()
    model.take(kept)
    return found
