"""One run: train until the task is solved, or its updates are spent.

The loop is not :func:`rnnkit.fit`, because a run ends with the update after which its task is solved.
"""

import time
from typing import Any

import numpy as np

from artefacts.long_memory.entries import ENTRIES, Recipe
from artefacts.long_memory.networks import NETWORKS
from rnnkit import Last, Linear, Sequential, losses
from rnnkit.data import Batch, Task
from rnnkit.params import Rng
from rnnkit.records import Run
from rnnkit.training import Adam, Diverged, clip_by_global_norm

TEST = 12345  # the seed of the test's sequences, which no run trains on


def begun(network: str, task: Task, recipe: Recipe, rng: np.random.Generator) -> Sequential:
    """A network and its readout, with first weights."""
    layer = NETWORKS[network](task.input_size, recipe.units, rng)
    readout = Linear(layer.hidden_size, task.output_size, dtype=np.float32, rng=rng)
    return Sequential(layer, readout) if task.every_step else Sequential(layer, Last(dtype=np.float32), readout)


def train(network: str, name: str, T: int, seed: int, rate: float, recipe: Recipe, times: int = 1) -> Run:
    """A run of a network on a task, with so many times its updates. A gradient that is not finite ends it, unsolved."""
    entry = ENTRIES[name]
    task, rng, started = entry.made(T), np.random.default_rng(seed), time.process_time()
    model, optimizer, solved = begun(network, task, recipe, rng), Adam(rate), False
    test = task.sample(TEST, entry.test)
    loss = getattr(losses, task.loss)
    while optimizer.steps < times * entry.updates and not solved:
        try:
            step(model, optimizer, loss, task.sample(rng, recipe.batch), recipe.clip)
        except Diverged:
            break
        if optimizer.steps % recipe.every == 0 and task.solved(measured(model, task, task.sample(rng, recipe.glance))):
            solved = task.solved(measured(model, task, test))
    seconds = round(time.process_time() - started, 2)
    measure = float(f"{measured(model, task, test):.4g}")
    return Run(network, name, T, seed, rate, solved, optimizer.steps, measure, seconds)


def step(model: Sequential, optimizer: Adam, loss: Any, batch: Batch, clip: float, rng: Rng = None) -> None:
    """One update. A generator draws dropout, where the model has some."""
    run = model(batch.xs, None, batch.mask, rng)
    _, d_y = loss(run.h, batch.targets, batch.scored)
    grads = model.backward(run, d_y).params
    clip_by_global_norm(grads, clip)
    optimizer.update(model.params, grads)


def measured(model: Sequential, task: Task, batch: Batch) -> float:
    return task.measure(model(batch.xs, None, batch.mask).h, batch)
