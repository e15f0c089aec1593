"""A cell's parameters: their shapes, ways to draw them, and a check that says what is wrong with them.

Names and layout are those of torch.nn: ``weight_ih`` (G*H, I), ``weight_hh`` (G*H, H), ``bias_ih`` and ``bias_hh``
(G*H,), with the cell's G gates one below the other in the order of its ``GATES``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Cell, Params
from rnnkit.ops import Array

Rng = np.random.Generator | int | None


def shapes(cell: Cell, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter of one layer in one direction; a cell with other parameters has its own `shapes`."""
    if hasattr(cell, "shapes"):
        own: dict[str, tuple[int, ...]] = cell.shapes(input_size, hidden_size)
        return own
    rows = len(cell.GATES) * hidden_size
    return {
        "weight_ih": (rows, input_size),
        "weight_hh": (rows, hidden_size),
        "bias_ih": (rows,),
        "bias_hh": (rows,),
    }


def uniform(cell: Cell, input_size: int, hidden_size: int, rng: Rng = None, dtype: Any = np.float64) -> Params:
    """Every parameter from U(-1/√H, 1/√H), as torch.nn draws them."""
    rng, bound = np.random.default_rng(rng), hidden_size**-0.5
    wanted = shapes(cell, input_size, hidden_size)
    return {name: rng.uniform(-bound, bound, shape).astype(dtype) for name, shape in wanted.items()}


def orthogonal(cell: Cell, p: Params, rng: Rng = None, gain: float = 1.0) -> Params:
    """``p`` with an orthogonal matrix, times ``gain``, in each gate's block of weight_hh (Saxe et al., 2014)."""
    rng, H = np.random.default_rng(rng), p["weight_hh"].shape[1]
    blocks = []
    for _ in cell.GATES:
        q, r = np.linalg.qr(rng.standard_normal((H, H)))
        blocks.append(gain * q * np.sign(np.diag(r)))  # without the sign, q is not uniform over rotations
    return p | {"weight_hh": np.concatenate(blocks).astype(p["weight_hh"].dtype)}


def identity(cell: Cell, p: Params, gain: float = 1.0) -> Params:
    """``p`` with ``gain`` times the identity in each gate's block of weight_hh (Le, Jaitly and Hinton, 2015)."""
    block = gain * np.eye(p["weight_hh"].shape[1], dtype=p["weight_hh"].dtype)
    return p | {"weight_hh": np.concatenate([block] * len(cell.GATES))}


def forget_bias(cell: Cell, p: Params, value: float = 1.0) -> Params:
    """``p`` with a forget gate whose two biases add up to ``value`` (Gers, Schmidhuber and Cummins, 2000)."""
    if "f" not in cell.GATES:
        raise ValueError(f"this cell has the gates {', '.join(cell.GATES)}, but a forget bias needs a gate f.")
    H, k = p["weight_hh"].shape[1], cell.GATES.index("f")
    p = p | {"bias_ih": p["bias_ih"].copy(), "bias_hh": p["bias_hh"].copy()}
    p["bias_ih"][k * H : (k + 1) * H], p["bias_hh"][k * H : (k + 1) * H] = value, 0
    return p


def check(
    cell: Cell, p: Mapping[str, Array], input_size: int, hidden_size: int, suffix: str = "", bias: bool = True
) -> None:
    """Raise a ValueError that names the parameter, what was expected and what came, unless all of ``p`` fits."""
    for name, shape in shapes(cell, input_size, hidden_size).items():
        if bias or not name.startswith("bias"):
            came = tuple(getattr(p.get(name + suffix), "shape", ()))
            checks.parameter(name + suffix, p, shape, _hint(cell, came, shape, hidden_size))


def _hint(cell: Cell, came: tuple[int, ...], wanted: tuple[int, ...], hidden_size: int) -> str:
    """What the shape should have been made of, and what the one that came looks like."""
    gates = len(cell.GATES)
    hint = f": {gates} × {hidden_size} rows" + (f" ({', '.join(cell.GATES)})." if gates > 1 else ".")
    if came == wanted[::-1] and came != wanted:
        return hint + " It looks transposed."
    if len(came) == len(wanted) and came[0] != wanted[0] and came[0] % hidden_size == 0:
        return hint + f" {came[0]} rows are {came[0] // hidden_size} gates. Do these weights belong to another cell?"
    if len(came) == len(wanted) == 2 and came[0] == wanted[0]:
        return hint + f" It reads {came[1]} features, not {wanted[1]}. Did the input or the vocabulary change?"
    return hint
