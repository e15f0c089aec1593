"""The network of Stream Desk, and what a server makes of its states.

A GRU of 24 units reads what a guest of a restaurant types, one symbol a step, and a readout says at each step which
table the guest named last, or that none was named:

    h_t = GRU(symbol_t, h_{t-1})      say_t = argmax(W_o h_t + b_o)

Digits that follow no "table " must not move it. network.json holds the weights in eight bits, one scale a row
(``rnnkit.deploy.quantise``), and the texts of ten guests; what made it is in ``artefacts/stream_desk``.
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.cells import Params, gru
from rnnkit.data.task import one_hot
from rnnkit.ops import Array
from rnnkit.unroll import unroll

FILE = Path(__file__).parent / "network.json"
SYMBOLS = " abcdefghijklmnopqrstuvwxyz0123456789.,?!'"  # V = 42
T, H, TABLES = 240, 24, 10
NONE = TABLES  # what the readout says where no table was named
SHAPES = {"weight_ih": (3 * H, len(SYMBOLS)), "weight_hh": (3 * H, H), "readout": (TABLES + 1, H)}
BIASES = {"bias_ih": 3 * H, "bias_hh": 3 * H, "readout_bias": TABLES + 1}
STEP = 3 * H * H + 2 * H  # multiplications: W_hh h, and two of each unit with its gates; a symbol picks its column
ANSWER = (TABLES + 1) * H  # and those of the readout


class Desk(NamedTuple):
    """The network, and what is in its file beside it."""

    net: Params  # the cell's, float64, and readout (11, H), readout_bias (11,)
    guests: dict[str, str]  # ten texts of T symbols
    figures: dict[str, Any]


def encode(text: str) -> Array:
    """A text's symbols, (len(text),)."""
    return np.array([SYMBOLS.index(letter) for letter in text], int)


def named(text: str) -> Array:
    """The table that was named last after each symbol, (len(text),): the digit of a "table 4", before it NONE."""
    found, now = [], NONE
    for t, letter in enumerate(text):
        if letter.isdigit() and text.endswith("table ", 0, t):
            now = int(letter)
        found.append(now)
    return np.array(found)


def read(net: Params, symbols: Array, start: Array | None = None) -> Array:
    """The states of N texts, symbols (T, N) -> (T + 1, N, H); row 0 is where they start, zeros unless given."""
    start = np.zeros((symbols.shape[1], H)) if start is None else start
    return unroll(gru, net, one_hot(symbols, len(SYMBOLS)), (start,))[0][0]


def scores(net: Params, states: Array) -> Array:
    """The score of each table, and of none: (..., H) -> (..., 11). The highest is told."""
    return states @ net["readout"].T + net["readout_bias"]


def lead(found: Array, right: Array) -> Array:
    """How far the score of what is right, (...), lies above the highest other one; below 0 it is not told."""
    is_right = np.arange(TABLES + 1) == right[..., None]
    return np.asarray(found[is_right].reshape(right.shape) - np.where(is_right, -np.inf, found).max(-1))


def serve(
    desk: Desk,
    at: int,
    lost: tuple[float, ...],
    mishap: str = "swapped",
    missing: str = "zeros",
    every: int = T,
    server: str = "carry",
) -> tuple[Array, Array]:
    """States and costs of the first two guests, when something happens to their states before symbol ``at``.

    Parameters
    ----------
    desk : Desk
    at : int, 1 to T
    lost : (2,), each from 0 to 1
        The share of a state that goes: its owner's becomes (1 - lost) of it and, if they are swapped, lost of the
        other's.
    mishap : "swapped" or "lost"
    missing : "zeros" or "replayed"
        What the server does about a state that is not there, one wholly lost: start with zeros, or read again what was
        said since the state was last saved.
    every : int, 1 to T
        How many symbols lie between two times that states are saved; T is never.
    server : "reread", "carry" or "ten"
        One that keeps no state and reads everything again at each symbol; one that carries two; one that carries ten.

    Returns
    -------
    states : array of shape (T + 1, 2, H)
    steps : array of int of shape (T + 1,)
        How many symbols are read at each symbol, for all guests that it has.
    """
    guests = list(desk.guests.values())
    symbols = np.stack([encode(text) for text in guests[:2]], 1)
    states = read(desk.net, symbols)
    t = np.arange(T + 1)
    if server == "reread":
        return states, 2 * t
    steps = np.where(t > 0, len(guests) if server == "ten" else 2, 0)
    before = states[at - 1]
    gone = np.array(lost)[:, None]
    after = (1 - gone) * before + (gone * before[::-1] if mishap == "swapped" else 0)
    if mishap == "lost" and missing == "replayed":
        absent = np.array(lost) == 1
        after = np.where(absent[:, None], before, after)
        steps[at] += absent.sum() * ((at - 1) % every)
    return np.concatenate([states[:at], read(desk.net, symbols[at - 1 :], after)[1:]]), steps


def multiplications(steps: Array, guests: int) -> Array:
    """Those of the network's equations at each symbol, from its steps: one answer a guest, none at symbol 0."""
    return steps * STEP + np.where(steps > 0, guests * ANSWER, 0)


def packed(net: Params) -> dict[str, str]:
    """Weights as text: whole numbers of eight bits, then a scale for each row and the biases, float32."""
    from rnnkit.deploy import quantise

    matrices = [quantise(net[name]) for name in SHAPES]
    floats = [*(one.scales for one in matrices), *(net[name].astype("<f4") for name in BIASES)]
    return {
        "rows": base64.b64encode(b"".join(one.rows.tobytes() for one in matrices)).decode(),
        "scales": base64.b64encode(b"".join(one.astype("<f4").tobytes() for one in floats)).decode(),
    }


def unpacked(rows: str, scales: str) -> Params:
    """The network of such texts, float64: whole numbers times their rows' scales."""
    whole = np.frombuffer(base64.b64decode(rows), np.int8).astype(float)
    numbers = np.frombuffer(base64.b64decode(scales), "<f4").astype(float)
    heights = [shape[0] for shape in SHAPES.values()]
    parts = np.split(whole, np.cumsum([height * width for height, width in SHAPES.values()])[:-1])
    floats = np.split(numbers, np.cumsum([*heights, *BIASES.values()])[:-1])
    net = {
        name: part.reshape(shape) * scale[:, None]
        for (name, shape), part, scale in zip(SHAPES.items(), parts, floats[:3], strict=True)
    }
    return net | dict(zip(BIASES, floats[3:], strict=True))


def load(path: Path = FILE) -> Desk:
    """The network of a file, its guests and what was measured of it."""
    content = json.loads(path.read_text("utf-8"))
    return Desk(unpacked(content["rows"], content["scales"]), content["guests"], content["figures"])
