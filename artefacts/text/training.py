"""The networks of the page: those of Type Ahead on code, and as many on tunes, trained as those were."""

from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from artefacts.type_ahead.train import Recipe, train
from rnnkit import Sequential
from rnnkit.data.tunes import Tune, tunes
from rnnkit.explorers.type_ahead.network import encode

SEEDS = (1, 2, 3)
READ, UNSEEN = 30_000, 400  # tunes
TUNES = Recipe(steps=6000)


@cache
def composed() -> tuple[list[Tune], list[Tune]]:
    """Tunes to train on, and tunes of which no line stands in these."""
    read = tunes(READ, 0)
    lines = {line for tune in read for line in tune.text.split("\n")[2:-2]}
    return read, [tune for tune in tunes(UNSEEN, 1) if not lines & {*tune.text.split("\n")[2:-2]}]


def joined(several: list[Tune]) -> Any:
    return encode("".join(tune.text for tune in several))


def of_tunes(recipe: Recipe, seed: int) -> Sequential:
    return train(joined(composed()[0]), recipe, seed, lambda line: print(f"  {line}", flush=True)).model


def key(recipe: Recipe) -> str:
    return str(asdict(recipe)) + str(np.round(composed()[1][0].bits[:20], 4).tolist())
