"""Digits once more, with a fold for every two sheets: seven tests instead of one, and the sheet as the unit."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from artefacts.labels import digits
from artefacts.labels.record import softmax
from rnnkit import fit
from rnnkit.data import no_leaks, shuffled
from rnnkit.data.real import digits as given
from rnnkit.training import Adam

SHEETS, FOLDS = 14, 7
NEIGHBOURS, STRENGTHS = (1, 2, 3, 5, 8), (1.0, 3.0, 10.0, 30.0)  # what validation chooses among
RATES = (0.001, 0.003)  # of these, too
EPOCHS, PATIENCE = 40, 8


class Fold(NamedTuple):
    """Of train, validation and test: the digits (N, 64) and their targets; and the sheets of the test's."""

    xs: list[Any]
    targets: list[Any]
    sheets: Any


def fold(k: int, by_sheet: bool = True) -> Fold:
    """Two sheets to test with, the next two to choose with, ten to learn from; or, by lot, as many digits."""
    of = given()
    if not by_sheet:
        of = of._replace(sheets=np.random.default_rng(1).permutation(of.sheets))
    order = np.random.default_rng(0).permutation(SHEETS).reshape(FOLDS, 2)
    test, check = order[k], order[(k + 1) % FOLDS]
    inside = [np.isin(of.sheets, some) for some in (np.setdiff1d(order, (*test, *check)), check, test)]
    xs = [of.xs[:, rows].swapaxes(0, 1).reshape(-1, 64) for rows in inside]
    names = ("train", "validation", "test")
    no_leaks(
        dict(zip(names, xs, strict=True)),
        {name: of.sheets[rows].tolist() for name, rows in zip(names, inside, strict=True)},
    )
    return Fold(xs, [of.targets[rows] for rows in inside], of.sheets[inside[2]])


def chosen(of: Fold, kind: Any, settings: Any) -> tuple[Any, float, Any]:
    """The setting that validation prefers, the share that is right there, and whether it has each test digit right."""
    fitted = {setting: kind(setting).fit(of.xs[0], of.targets[0]) for setting in settings}
    checked = {setting: float(fitted[setting].score(of.xs[1], of.targets[1])) for setting in settings}
    best = max(settings, key=checked.__getitem__)
    return best, checked[best], fitted[best].predict(of.xs[2]) == of.targets[2]


def neighbours(of: Fold) -> tuple[Any, float, Any]:
    return chosen(of, KNeighborsClassifier, NEIGHBOURS)


def machine(of: Fold) -> tuple[Any, float, Any]:
    """Support vectors with a radial kernel."""
    return chosen(of, lambda C: SVC(C=C), STRENGTHS)


def lstm(of: Fold, rate: float, seed: int) -> tuple[float, Any]:
    """The share that is right in the validation part, and whether each digit of the test is."""
    model = digits.network(seed, every_row=False)
    xs = [x.reshape(-1, 8, 8).swapaxes(0, 1).astype(np.float32) for x in of.xs]
    fit(
        model,
        shuffled(xs[0], of.targets[0], digits.BATCH),
        "softmax_cross_entropy",
        Adam(rate),
        EPOCHS,
        validation=shuffled(xs[1], of.targets[1], digits.BATCH),
        patience=PATIENCE,
        seed=seed,
        progress=False,
    )
    right = [softmax(model(x).h).argmax(-1) == t for x, t in zip(xs, of.targets, strict=True)]
    return float(right[1].mean()), right[2]
