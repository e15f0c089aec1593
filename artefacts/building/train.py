"""One run: train until the task is solved, or its updates are spent."""

import time
from typing import Any

import numpy as np

from artefacts.building.entries import COMPARISONS, RECIPE
from artefacts.long_memory.train import TEST, measured, step
from rnnkit import losses
from rnnkit.records import Run
from rnnkit.training import Adam, Diverged


def train(comparison: str, network: str, name: str, T: int, seed: int, rate: float) -> Run:
    """A run of a network on a task, by the rules of long_memory's. A gradient that is not finite ends it, unsolved."""
    entry = COMPARISONS[comparison].tasks[name]
    task, rng, started = entry.made(T), np.random.default_rng(seed), time.process_time()
    model: Any = COMPARISONS[comparison].networks[network](task, rng)
    optimizer, solved = Adam(rate), False
    test, loss = task.sample(TEST, entry.test), getattr(losses, task.loss)
    while optimizer.steps < entry.updates and not solved:
        try:
            step(model, optimizer, loss, task.sample(rng, RECIPE.batch), RECIPE.clip, rng)
        except Diverged:
            break
        if optimizer.steps % RECIPE.every == 0 and task.solved(measured(model, task, task.sample(rng, RECIPE.glance))):
            solved = task.solved(measured(model, task, test))
    seconds = round(time.process_time() - started, 2)
    measure = float(f"{measured(model, task, test):.4g}")
    return Run(network, name, T, seed, rate, solved, optimizer.steps, measure, seconds)
