"""The networks of the page: those of Type Ahead on code, and as many on tunes, trained as those were."""

from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from artefacts.type_ahead.train import Recipe, train
from rnnkit import GRU, Linear, Sequential
from rnnkit.data.tunes import SYMBOLS, Tune, tunes
from rnnkit.explorers.type_ahead import network
from rnnkit.explorers.type_ahead.network import encode

SEEDS = (1, 2, 3)
READ, UNSEEN = 30_000, 400  # tunes
TUNES = Recipe(steps=2000)
LONGER = Recipe(steps=6000)
NEVER = -100.0  # the logit of a symbol that no tune has


@cache
def composed() -> tuple[list[Tune], list[Tune]]:
    """Tunes to train on, and tunes of which no line stands in these."""
    read = tunes(READ, 0)
    lines = {line for tune in read for line in tune.text.split("\n")[2:-2]}
    return read, [tune for tune in tunes(UNSEEN, 1) if not lines & {*tune.text.split("\n")[2:-2]}]


def joined(several: list[Tune]) -> Any:
    return encode("".join(tune.text for tune in several))


def of_tunes(recipe: Recipe, seed: int, several: list[Tune] | None = None) -> Sequential:
    """Trained on the 21 letters of tunes, and then one that reads all symbols, and never says one of the others."""
    letters = encode(SYMBOLS)
    number = np.zeros(len(network.SYMBOLS), int)
    number[letters] = np.arange(len(letters))
    symbols, newline = number[joined(several or composed()[0])], SYMBOLS.index("\n")

    def report(line: str) -> None:
        print(f"  {line}", flush=True)

    return widened(train(symbols, recipe, seed, report, len(letters), newline).model, letters)


def published() -> Sequential:
    """Trained three times as long, and on all symbols, as the one of code was."""
    return train(joined(composed()[0]), LONGER, SEEDS[0], lambda line: print(f"  {line}", flush=True)).model


def widened(model: Sequential, letters: Any) -> Sequential:
    p, V, H = model.params, len(network.SYMBOLS), model.params["1.weight"].shape[1]
    gru, readout = GRU(V, H), Linear(H, V)
    weight_ih, weight, bias = np.zeros((3 * H, V)), np.zeros((V, H)), np.full(V, NEVER)
    weight_ih[:, letters], weight[letters], bias[letters] = p["0.weight_ih_l0"], p["1.weight"], p["1.bias"]
    names = ("weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    gru.params = {"weight_ih_l0": weight_ih, **{name: p[f"0.{name}"] for name in names}}
    readout.params = {"weight": weight, "bias": bias}
    return Sequential(gru, readout)


def key(recipe: Recipe) -> str:
    return str(asdict(recipe)) + str(np.round(composed()[1][0].bits[:20], 4).tolist())
