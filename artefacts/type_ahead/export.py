"""From trained weights to network.json: units in order and the right way round, and rows rounded to eight bits."""

import base64
import json
from typing import Any

import numpy as np

from rnnkit import GRU, Linear, Sequential
from rnnkit.explorers.type_ahead.network import SYMBOLS


def arranged(model: Sequential, order: np.ndarray, sign: np.ndarray) -> Sequential:
    """The same function with its units in another order, and some of them turned round.

    Unit k of the result is ``sign[k]`` times unit ``order[k]`` of the model; ``sign`` holds 1 and -1. A unit is turned
    round by turning its candidate n, which is odd in its sum, and all that reads the unit.
    """
    p, H = model.params, len(order)
    rows = np.concatenate([order + k * H for k in range(3)])  # r, z, n
    turned = np.concatenate([np.ones(2 * H), sign])  # of each row: the gates keep their sums
    gru, readout = GRU(len(SYMBOLS), H), Linear(H, len(SYMBOLS))
    gru.params = {
        "weight_ih_l0": p["0.weight_ih_l0"][rows] * turned[:, None],
        "weight_hh_l0": p["0.weight_hh_l0"][rows][:, order] * turned[:, None] * sign,
        "bias_ih_l0": p["0.bias_ih_l0"][rows] * turned,
        "bias_hh_l0": p["0.bias_hh_l0"][rows] * turned,
    }
    readout.params = {"weight": p["1.weight"][:, order] * sign, "bias": p["1.bias"]}
    return Sequential(gru, readout)


def rounded(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as int8 and one float32 scale a row: its largest number becomes ±127."""
    largest = np.abs(weight).max(1)
    scale = np.where(largest > 0, largest / 127, 1).astype("<f4")
    return np.clip(np.rint(weight / scale[:, None]), -127, 127).astype(np.int8), scale


def written(model: Sequential, about: dict[str, Any]) -> str:
    """The text of network.json, in the layout that :func:`rnnkit.explorers.type_ahead.network.load` reads."""
    p = model.params
    matrices = [rounded(p[name]) for name in ("0.weight_ih_l0", "0.weight_hh_l0", "1.weight")]
    biases = [p[name].astype("<f4") for name in ("0.bias_ih_l0", "0.bias_hh_l0", "1.bias")]
    content = {
        "symbols": len(p["1.weight"]),
        "hidden": p["0.weight_hh_l0"].shape[1],
        "rows": base64.b64encode(b"".join(rows.tobytes() for rows, _ in matrices)).decode(),
        "scales": base64.b64encode(b"".join(a.tobytes() for a in [*(s for _, s in matrices), *biases])).decode(),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in (content | about).items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"
