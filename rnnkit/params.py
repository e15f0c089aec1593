"""A cell's parameters: their shapes, ways to draw them, and a check that says what is wrong with them.

Names and layout are those of torch.nn: ``weight_ih`` (G*H, I), ``weight_hh`` (G*H, H), ``bias_ih`` and ``bias_hh``
(G*H,), with the cell's G gates one below the other in the order of its ``GATES``.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Cell, Params
from rnnkit.ops import Array, split

Rng = np.random.Generator | int | None


def shapes(cell: Cell, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter of one layer in one direction; a cell with other parameters has its own `shapes`."""
    if hasattr(cell, "shapes"):
        own: dict[str, tuple[int, ...]] = cell.shapes(input_size, hidden_size)
        return own
    rows = len(cell.GATES) * hidden_size
    weights = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
    return weights | {"bias_ih": (rows,), "bias_hh": (rows,)}


def uniform(cell: Cell, input_size: int, hidden_size: int, rng: Rng = None, dtype: Any = np.float64) -> Params:
    """Every parameter from U(-1/√H, 1/√H), as torch.nn draws them."""
    return drawn(shapes(cell, input_size, hidden_size), hidden_size**-0.5, rng, dtype)


def drawn(wanted: Mapping[str, tuple[int, ...]], bound: float, rng: Rng = None, dtype: Any = np.float64) -> Params:
    """Arrays of these shapes from U(-bound, bound)."""
    rng = np.random.default_rng(rng)
    return {name: rng.uniform(-bound, bound, shape).astype(dtype) for name, shape in wanted.items()}


def orthogonal(cell: Cell, p: Mapping[str, Array], rng: Rng = None, gain: float = 1.0) -> Params:
    """``p`` with an orthogonal matrix, times ``gain``, in each gate's block of weight_hh (Saxe et al., 2014).

    Like ``identity`` and ``forget_bias`` it takes a cell's parameters, or those of a layer on NumPy, with all suffixes.

    Raises
    ------
    ValueError
        If there is no weight_hh among them.

    Examples
    --------
    >>> from rnnkit import GRU
    >>> layer = GRU(3, 4, num_layers=2, rng=0)
    >>> layer.params.update(orthogonal(layer.cell, layer.params, rng=0))
    >>> w = layer.params["weight_hh_l1"][:4]
    >>> bool(np.allclose(w @ w.T, np.eye(4)))
    True
    """
    rng = np.random.default_rng(rng)

    def block(H: int) -> Any:
        q, r = np.linalg.qr(rng.standard_normal((H, H)))
        return gain * q * np.sign(np.diag(r))  # without the sign, q is not uniform over rotations

    return _with_blocks(cell, p, block)


def identity(cell: Cell, p: Mapping[str, Array], gain: float = 1.0) -> Params:
    """``p`` with ``gain`` times the identity in each gate's block of weight_hh (Le, Jaitly and Hinton, 2015).

    Arguments and errors: :func:`orthogonal`.

    Examples
    --------
    >>> from rnnkit.cells import rnn
    >>> identity(rnn, uniform(rnn, 3, 2, rng=0), gain=0.5)["weight_hh"].tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    return _with_blocks(cell, p, lambda H: gain * np.eye(H))


def forget_bias(cell: Cell, p: Mapping[str, Array], value: float = 1.0) -> Params:
    """``p`` with forget gates whose two biases add up to ``value`` (Gers, Schmidhuber and Cummins, 2000).

    Raises
    ------
    ValueError
        If the cell has no gate f, or there are no biases.

    Examples
    --------
    >>> from rnnkit.cells import lstm
    >>> p = forget_bias(lstm, uniform(lstm, 3, 2, rng=0), 1.0)
    >>> (p["bias_ih"] + p["bias_hh"])[2:4].tolist()  # the blocks are i, f, g, o
    [1.0, 1.0]
    """
    if "f" not in cell.GATES:
        raise checks.wrong(f"the cell has the gates {', '.join(cell.GATES)}", "a gate f", "A forget bias is its bias.")
    changed = {name: np.array(a) for name, a in p.items() if name.startswith("bias")}
    if not changed:
        raise checks.wrong(f"p holds {', '.join(p) or 'nothing'}", "biases too", "Was the layer made with bias=False?")
    for name, a in changed.items():
        split(a, len(cell.GATES))[cell.GATES.index("f")][:] = value if name.startswith("bias_ih") else 0
    return dict(p) | changed


def _with_blocks(cell: Cell, p: Mapping[str, Array], block: Callable[[int], Any]) -> Params:
    changed = {}
    for name, a in p.items():
        if name.startswith("weight_hh"):
            changed[name] = np.concatenate([block(a.shape[1]) for _ in cell.GATES]).astype(a.dtype)
    if not changed:
        raise checks.wrong(f"p holds {', '.join(p) or 'nothing'}", "a weight_hh too")
    return dict(p) | changed


def check(
    cell: Cell, p: Mapping[str, Array], input_size: int, hidden_size: int, suffix: str = "", bias: bool = True
) -> None:
    """Raise a ValueError that names the parameter, what was expected and what came, unless all of ``p`` fits."""
    for name, shape in shapes(cell, input_size, hidden_size).items():
        if bias or not name.startswith("bias"):
            came = tuple(getattr(p.get(name + suffix), "shape", ()))
            checks.parameter(name + suffix, p, shape, hint(cell, came, shape, hidden_size))


def hint(cell: Cell, came: tuple[int, ...], wanted: tuple[int, ...], hidden_size: int) -> str:
    """The hint about a parameter's shape: what it is made of, and what the one that came looks like."""
    blocks = wanted[0] // hidden_size
    words = f"{blocks} × {hidden_size} rows"
    words += f" ({', '.join(cell.GATES)})." if blocks == len(cell.GATES) > 1 else "."
    if came == wanted[::-1] and came != wanted:
        return words + " It looks transposed."
    if len(came) == len(wanted) and came[0] != wanted[0] and came[0] % hidden_size == 0:
        return words + f" {came[0]} rows are {came[0] // hidden_size} gates. Do these weights belong to another cell?"
    if len(came) == len(wanted) == 2 and came[0] == wanted[0]:
        return words + f" It reads {came[1]} features, not {wanted[1]}. Did the input or the vocabulary change?"
    return words
