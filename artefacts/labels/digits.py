"""Digits read row by row: the program of the sources, and a network that answers after every row."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from artefacts.labels.record import softmax
from rnnkit import LSTM, Last, Linear, Sequential, fit
from rnnkit.data import no_leaks, shuffled, split_by_group
from rnnkit.data.real import digits
from rnnkit.training import Adam

SEEDS = range(5)
SHARES = (0.6, 0.1, 0.3)
SHEETS = 0  # the seed of the split
UNITS, RATE, EPOCHS, PATIENCE, BATCH = 128, 0.003, 25, 6, 32
NEIGHBOURS = (1, 2, 3, 5, 8)


class Parts(NamedTuple):
    """Of each of train, validation and test: xs (8, N, 8), targets (N,), and the rows in the data set."""

    xs: list[Any]
    targets: list[Any]
    rows: tuple[Any, ...]


def parts(by_sheet: bool = True) -> Parts:
    """Split by sheets, or, to see what that is for, by lot."""
    all_ = digits()
    groups = all_.sheets if by_sheet else np.arange(len(all_.targets))
    rows = split_by_group(groups, SHARES, SHEETS)
    if by_sheet:
        names = ("train", "validation", "test")
        no_leaks(
            {name: all_.xs[:, r].swapaxes(0, 1) for name, r in zip(names, rows, strict=True)},
            {name: all_.sheets[r].tolist() for name, r in zip(names, rows, strict=True)},
        )
    return Parts([all_.xs[:, r].astype(np.float32) for r in rows], [all_.targets[r] for r in rows], rows)


def network(seed: int, every_row: bool) -> Sequential:
    """Two LSTM layers of 128 units, as the source has them."""
    rng, like = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32}
    last = [] if every_row else [Last(**like)]
    return Sequential(LSTM(8, UNITS, num_layers=2, rng=rng, **like), *last, Linear(UNITS, 10, rng=rng, **like))


def run(of: Parts, seed: int, every_row: bool = False) -> Any:
    """The probabilities of the test digits, (N, 10), or (8, N, 10) after every row."""
    model = network(seed, every_row)
    answers = [np.tile(t, (8, 1)) if every_row else t for t in of.targets]
    train, validation = (shuffled(of.xs[k], answers[k], BATCH) for k in (0, 1))
    fit(
        model,
        train,
        "softmax_cross_entropy",
        Adam(RATE),
        EPOCHS,
        validation=validation,
        patience=PATIENCE,
        seed=seed,
        progress=False,
    )
    return softmax(model(of.xs[2]).h)


def nearest(of: Parts) -> tuple[int, Any]:
    """The number of neighbours that validation chooses, and the test's answers. All 64 numbers at once, no order."""
    flat = [xs.swapaxes(0, 1).reshape(len(t), -1) for xs, t in zip(of.xs, of.targets, strict=True)]
    fitted = {k: KNeighborsClassifier(k).fit(flat[0], of.targets[0]) for k in NEIGHBOURS}
    best = max(NEIGHBOURS, key=lambda k: fitted[k].score(flat[1], of.targets[1]))
    return best, fitted[best].predict(flat[2])
