"""The window of 255 and the network that reads both ways, trained until the validation part is predicted no better.

``rivals.py`` gives each of them five epochs. What the comparison says after so few may be a matter of time alone.
"""

from typing import Any

import numpy as np
import torch

from artefacts.labels import rivals, tagging
from artefacts.labels.record import softmax
from rnnkit import fit
from rnnkit.data import by_length, padded
from rnnkit.training import Adam

EPOCHS, PATIENCE = 60, 6  # at most, and how many without a smaller loss of the validation part
SUFFIX = ", trained longer"


def run(of: tagging.Parts, name: str, seed: int) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """The probabilities of the tags, (T, K) a piece, of the validation part and of the test; and the best epoch."""
    rows = [*of.rows[1], *of.rows[2]]
    found, about = window(of, rows, seed) if name == rivals.DILATED else lstm(of, rows, name, seed)
    found = [p.astype(np.float32) for p in found]
    return found[: len(of.rows[1])], found[len(of.rows[1]) :], about


def window(of: tagging.Parts, rows: list[Any], seed: int) -> tuple[list[Any], dict[str, Any]]:
    """As ``rivals.dilated`` trains it, with more epochs."""
    torch.manual_seed(seed)
    model = rivals.Dilated(len(of.vocabulary))
    optimizer, losses, kept = torch.optim.Adam(model.parameters(), rivals.RATE), [], {}
    while len(losses) < EPOCHS and len(losses) - best_of(losses) <= PATIENCE:
        for some in torch.randperm(len(of.rows[0])).split(tagging.BATCH):
            optimizer.zero_grad()
            rivals.loss_of(model, [of.rows[0][n] for n in some], [of.targets[0][n] for n in some]).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(float(rivals.loss_of(model, of.rows[1], of.targets[1])))
        if best_of(losses) == len(losses):
            kept = {name: a.clone() for name, a in model.state_dict().items()}
    model.load_state_dict(kept)
    found: list[Any] = []
    with torch.no_grad():
        for start in range(0, len(rows), 64):
            some = rows[start : start + 64]
            p = torch.softmax(model(*rivals.filled(some)), -1).numpy()
            found += [p[n, : len(row)] for n, row in enumerate(some)]
    return found, {"epochs": len(losses), "best": best_of(losses)}


def best_of(losses: list[float]) -> int:
    """The epoch with the smallest loss, from 1; 0 before the first."""
    return int(np.argmin(losses)) + 1 if losses else 0


def lstm(of: tagging.Parts, rows: list[Any], way: str, seed: int) -> tuple[list[Any], dict[str, Any]]:
    """As ``rivals.lstm`` trains it, with more epochs."""
    model = tagging.network(len(of.vocabulary), way, seed)
    train, validation = (by_length(of.rows[k], of.targets[k], tagging.BATCH) for k in (0, 1))
    history = fit(
        model,
        train,
        "softmax_cross_entropy",
        Adam(tagging.RATE),
        EPOCHS,
        validation=validation,
        patience=PATIENCE,
        seed=seed,
        progress=False,
    )
    found: list[Any] = []
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64]
        xs, mask = padded(some)
        p = softmax(model(xs, mask=mask).h)
        found += [p[: len(row), n] for n, row in enumerate(some)]
    return found, {"epochs": len(history.validation_loss), "best": best_of(history.validation_loss)}
