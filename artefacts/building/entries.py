"""What is compared: which networks on which tasks at which lengths, and how long a run may train."""

from dataclasses import dataclass

from artefacts.building.networks import CELLS, DEPTHS, DROPOUTS, LEVELS, Made
from artefacts.long_memory.entries import Entry, Recipe, recall
from rnnkit.data import Adding, AnBn, NoisySine, Parity

RECIPE = Recipe(trial_seeds=(101,), seeds=(0, 1, 2, 3, 4))


# Is it the place of the mask, or the rate that its trials chose? These run once more, at the other rate.
AGAIN: tuple[tuple[str, float], ...] = (("nothing", 0.003), ("g, anew", 0.01), ("c, anew", 0.01))


@dataclass(frozen=True)
class Comparison:
    networks: dict[str, Made]
    tasks: dict[str, Entry]


def counted(T: int) -> AnBn:
    """T names the largest n of aⁿbⁿ."""
    return AnBn(most=T)


COMPARISONS: dict[str, Comparison] = {
    "depth": Comparison(
        DEPTHS,
        {"delayed recall": Entry(recall, (4,), trial=4, updates=1500, test=1000)},
    ),
    "levels": Comparison(LEVELS, {"adding": Entry(Adding, (9, 36), trial=9, updates=3000, test=1000)}),
    "dropout": Comparison(DROPOUTS, {"adding": Entry(Adding, (20,), trial=20, updates=1500, test=1000)}),
    "cells": Comparison(
        CELLS,
        {
            "parity": Entry(Parity, (4, 16, 40), trial=16, updates=2000, test=1000),
            "noisy sine": Entry(NoisySine, (20, 50), trial=20, updates=2000, test=1000),
            "aⁿbⁿ": Entry(counted, (5, 10), trial=5, updates=2000, test=200),
        },
    ),
}
