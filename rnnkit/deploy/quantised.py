"""Weights of eight bits: whole numbers from -127 to 127, and one scale a row."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.layers import Layer, Sequential
from rnnkit.ops import Array, to_numpy

MOST = 127  # of a whole number: -128 is left out, so that both signs reach as far


class Quantised(NamedTuple):
    """A matrix in eight bits.

    Attributes
    ----------
    rows : array of int8 of shape (R, C)
        From -127 to 127.
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
        """Bytes: one a weight, four a row."""
        return int(self.rows.nbytes + self.scales.nbytes)


def quantise(matrix: Array) -> Quantised:
    """A matrix in eight bits, with a scale a row: the largest of a row becomes 127.

    Parameters
    ----------
    matrix : array of float of shape (R, C)

    Returns
    -------
    Quantised

    Raises
    ------
    ValueError
        If it is no matrix of finite numbers.

    Examples
    --------
    >>> small = quantise(np.array([[1.27, -0.5], [0.0, 0.0]]))
    >>> small.rows.tolist(), small.scales.round(4).tolist()
    ([[127, -50], [0, 0]], [0.009999999776482582, 0.0])
    """
    found = checks.real("matrix", matrix).astype(np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise checks.wrong(f"matrix has shape {found.shape}", "(R, C), with finite numbers")
    scales = (abs(found).max(1) / MOST).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    return Quantised(np.clip(np.rint(found / safe), -MOST, MOST).astype(np.int8), scales)


def quantised(model: Any) -> tuple[Any, dict[str, Quantised]]:
    """A model whose matrices are those of eight bits, and these.

    Parameters
    ----------
    model : layer or Sequential
        Of either backend; it stays as it is. Biases and other vectors stay floats.

    Returns
    -------
    model : of the same class
        In float32, with the weights that the eight bits stand for: what a runtime that has them computes.
    matrices : dict of Quantised
        By the parameters' names.

    Raises
    ------
    ValueError
        If ``model`` is none of rnnkit's, or holds numbers that are not finite.
    """
    if not isinstance(model, (Layer, Sequential)):
        raise checks.wrong(f"model is of class {type(model).__name__}", "a layer or a Sequential of rnnkit's")
    made = model.to(dtype="float32")
    matrices = {name: quantise(to_numpy(a)) for name, a in model.params.items() if len(a.shape) == 2}
    made.params.update({name: matrix.floats for name, matrix in matrices.items()})
    return made, matrices
