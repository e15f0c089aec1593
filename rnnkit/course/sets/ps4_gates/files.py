"""The weights of exercise 4, trained by `python make.py artefacts gru_files`: GRUs that say the first of T numbers."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.sets.ps4_gates.gru import gru_step

FILE = Path(__file__).with_name("files.json")
T, H = 8, 4


@cache
def contents() -> list[dict[str, list[float]]]:
    """Every file, from number 1 on."""
    rows: list[dict[str, list[float]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows


def load(k: int) -> dict[str, Values]:
    """File ``k``: weight_ih (3H, 1), weight_hh (3H, H), bias_ih and bias_hh (3H,), weight_out (H,), bias_out ().

    Raises
    ------
    ValueError
        If there is no such file.
    """
    if k not in range(1, len(contents()) + 1):
        raise ValueError(f"k is {k!r:.40}, expected the number of a file, 1 to {len(contents())}.")
    return {name: np.array(values) for name, values in contents()[k - 1].items()}


def answers(
    weights: dict[str, Values], xs: Values, reset_after: bool, step: Callable[..., Values] = gru_step
) -> Values:
    """What a network says after each of N sequences, (N,); ``xs`` is (T, N)."""
    *arrays, weight_out, bias_out = weights.values()
    h = np.zeros((xs.shape[1], len(weight_out)))
    for x in xs:
        h = np.asarray(step(x[:, None], h, *arrays, reset_after))
    said: Values = h @ weight_out + bias_out
    return said
