"""Train the network of Stream Desk."""

from dataclasses import dataclass

import numpy as np

from artefacts.stream_desk.guests import talks
from rnnkit.cells import Params, gru
from rnnkit.data.task import one_hot
from rnnkit.explorers.stream_desk.network import BIASES, SHAPES, SYMBOLS, H, packed, scores, unpacked
from rnnkit.ops import Array, softmax
from rnnkit.training import Adam, clip_by_global_norm
from rnnkit.unroll import bptt, unroll


@dataclass(frozen=True)
class Recipe:
    """What a run is made by: three parts, each of longer texts that name a table less often. The rate falls to 0."""

    updates: tuple[int, ...] = (1400, 1100, 800)
    lengths: tuple[int, ...] = (40, 80, 160)
    often: tuple[float, ...] = (0.35, 0.15, 0.06)
    batch: int = 64
    rate: float = 0.008
    clip: float = 1.0


def first(rng: np.random.Generator) -> Params:
    """U(±1/√H), as torch.nn draws a GRU and a Linear; z starts near 1, so that a state is kept."""
    net = {name: rng.uniform(-1, 1, shape) / np.sqrt(H) for name, shape in (SHAPES | BIASES).items()}
    net["bias_hh"][H : 2 * H] += 1.5
    return net


def loss_and_gradients(net: Params, symbols: Array, tables: Array) -> tuple[float, Params]:
    """The mean cross-entropy of all answers, and its gradients."""
    xs = one_hot(symbols, len(SYMBOLS))
    states, trace = unroll(gru, net, xs, (np.zeros((xs.shape[1], H)),))
    p = softmax(scores(net, states[0][1:]))
    at = np.ogrid[: len(xs), : xs.shape[1]]
    loss = -np.log(p[*at, tables]).mean()
    p[*at, tables] -= 1
    d = p / tables.size
    gradients = bptt(gru, net, xs, states, trace, d @ net["readout"])[0]
    own = {"readout": np.einsum("tnk,tnh->kh", d, states[0][1:]), "readout_bias": d.sum((0, 1))}
    return float(loss), gradients | own


def train(seed: int, recipe: Recipe, tell: bool = False) -> Params:
    """A network's weights after the run, rounded as the file has them."""
    rng = np.random.default_rng(seed)
    net, optimizer, done, total = first(rng), Adam(recipe.rate), 0, sum(recipe.updates)
    for updates, length, often in zip(recipe.updates, recipe.lengths, recipe.often, strict=True):
        for _ in range(updates):
            loss, gradients = loss_and_gradients(net, *talks(recipe.batch, length, often, rng))
            clip_by_global_norm(gradients, recipe.clip)
            optimizer.update(net, gradients, recipe.rate * (1 + np.cos(np.pi * done / total)) / 2)
            done += 1
            if tell and done % 100 == 0:
                print(f"{done} of {total}: loss {loss:.4f}", flush=True)
    return unpacked(**packed(net))
