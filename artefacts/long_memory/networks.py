"""The networks that are compared. Each is a function from sizes and a Generator to a layer with its first weights.

One more network is one more function, and one more entry in NETWORKS: only its own runs are missing from the record
then. Its docstring is the record's description of it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit import GRU, LSTM, RNN, params
from rnnkit.layers import Recurrent
from rnnkit.ops import split

Made = Callable[[int, int, np.random.Generator], Recurrent]
KEEPS = 3.0  # the first bias of a gate that keeps: σ(3) = 0.95
SMALL = 0.001  # the deviation of an IRNN's first input weights (Le, Jaitly and Hinton, 2015)


def tanh(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """tanh; every parameter from U(-1/√H, 1/√H)"""
    return RNN(input_size, hidden_size, dtype=np.float32, rng=rng)


def orthogonal(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """tanh; W_hh an orthogonal matrix, all else from U(-1/√H, 1/√H)"""
    layer = tanh(input_size, hidden_size, rng)
    layer.params.update(params.orthogonal(layer.cell, layer.params, rng))
    return layer


def irnn(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """ReLU; W_hh the identity, biases 0, W_ih from N(0, 0.001²)"""
    layer = RNN(input_size, hidden_size, nonlinearity="relu", dtype=np.float32, rng=rng)
    p: dict[str, Any] = params.identity(layer.cell, layer.params)
    p["weight_ih_l0"] = rng.normal(0, SMALL, p["weight_ih_l0"].shape).astype(np.float32)
    layer.params.update(p | {name: 0 * a for name, a in p.items() if name.startswith("bias")})
    return layer


def lstm(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """LSTM with as many weights as the tanh units; every parameter from U(-1/√H, 1/√H)"""
    return LSTM(input_size, as_heavy(4, input_size, hidden_size), dtype=np.float32, rng=rng)


def gru(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """GRU with as many weights as the tanh units; every parameter from U(-1/√H, 1/√H)"""
    return GRU(input_size, as_heavy(3, input_size, hidden_size), dtype=np.float32, rng=rng)


def lstm_3(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """the LSTM with 3 as the sum of the two biases of its forget gate f"""
    return keeping(lstm(input_size, hidden_size, rng), "f")


def gru_3(input_size: int, hidden_size: int, rng: np.random.Generator) -> Recurrent:
    """the GRU with 3 as the sum of the two biases of its update gate z"""
    return keeping(gru(input_size, hidden_size, rng), "z")


def as_heavy(blocks: int, input_size: int, hidden_size: int) -> int:
    """How many units, of so many blocks of rows, come nearest to the weights of ``hidden_size`` units of one block."""

    def weights(blocks: int, units: int) -> int:
        return blocks * units * (input_size + units + 2)

    return min(range(1, hidden_size + 1), key=lambda units: abs(weights(blocks, units) - weights(1, hidden_size)))


def keeping(layer: Recurrent, gate: str) -> Recurrent:
    """The layer with a gate that is nearly open at first."""
    for name, value in ("bias_ih_l0", KEEPS), ("bias_hh_l0", 0):
        split(layer.params[name], len(layer.cell.GATES))[layer.cell.GATES.index(gate)][:] = value
    return layer


NETWORKS: dict[str, Made] = {
    "tanh": tanh,
    "orthogonal": orthogonal,
    "IRNN": irnn,
    "LSTM": lstm,
    "GRU": gru,
    "LSTM, 3": lstm_3,
    "GRU, 3": gru_3,
}
