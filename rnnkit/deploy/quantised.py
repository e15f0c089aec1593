"""Weights of eight bits or fewer: whole numbers from -127 to 127 or less, and one scale a row."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.layers import Layer, Sequential
from rnnkit.ops import Array, to_numpy

BITS = range(2, 9)  # a whole number of 8 bits goes to 127: -128 is left out, so that both signs reach as far


class Quantised(NamedTuple):
    """A matrix in eight bits or fewer.

    Attributes
    ----------
    rows : array of int8 of shape (R, C)
        From -127 to 127, and with fewer bits from -63 to 63, and so on down to -1 to 1.
    scales : array of float32 of shape (R,)
        A weight is its whole number times its row's scale. No weight is off by more than half a scale, and the last
        digits of float32.
    """

    rows: Array
    scales: Array

    @property
    def floats(self) -> Array:
        """The matrix that these numbers stand for, float32 (R, C)."""
        return self.rows.astype(np.float32) * self.scales[:, None]

    @property
    def size(self) -> int:
        """Bytes: one a weight, also where it has fewer bits, and four a row."""
        return int(self.rows.nbytes + self.scales.nbytes)


def quantise(matrix: Array, bits: int = 8) -> Quantised:
    """A matrix in eight bits or fewer, with a scale a row: the largest of a row becomes 127, with fewer bits less.

    Parameters
    ----------
    matrix : array of float of shape (R, C)
    bits : int, 2 to 8

    Returns
    -------
    Quantised

    Raises
    ------
    ValueError
        If it is no matrix of finite numbers, or bits is another number.

    Examples
    --------
    >>> small = quantise(np.array([[1.27, -0.5], [0.0, 0.0]]))
    >>> small.rows.tolist(), small.scales.round(4).tolist()
    ([[127, -50], [0, 0]], [0.009999999776482582, 0.0])
    """
    found = checks.real("matrix", matrix).astype(np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise checks.wrong(f"matrix has shape {found.shape}", "(R, C), with finite numbers")
    if bits not in BITS:
        raise checks.wrong(f"bits is {bits!r}", f"{BITS[0]} to {BITS[-1]}")
    most = 2 ** (bits - 1) - 1
    scales = (abs(found).max(1) / most).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    return Quantised(np.clip(np.rint(found / safe), -most, most).astype(np.int8), scales)


def quantised(model: Any, bits: int = 8) -> tuple[Any, dict[str, Quantised]]:
    """A model whose matrices are those of eight bits or fewer, and these.

    Parameters
    ----------
    model : layer or Sequential
        Of either backend; it stays as it is. Biases and other vectors stay floats.
    bits : int, 2 to 8

    Returns
    -------
    model : of the same class
        In float32, with the weights that the bits stand for: what a runtime that has them computes.
    matrices : dict of Quantised
        By the parameters' names.

    Raises
    ------
    ValueError
        If ``model`` is none of rnnkit's, or holds numbers that are not finite, or bits is another number.
    """
    if not isinstance(model, (Layer, Sequential)):
        raise checks.wrong(f"model is of class {type(model).__name__}", "a layer or a Sequential of rnnkit's")
    made = model.to(dtype="float32")
    matrices = {name: quantise(to_numpy(a), bits) for name, a in model.params.items() if len(a.shape) == 2}
    made.params.update({name: matrix.floats for name, matrix in matrices.items()})
    return made, matrices
