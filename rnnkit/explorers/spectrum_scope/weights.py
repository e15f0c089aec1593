"""A matrix with given eigenvalues: a real Schur form, turned. The lines of compute/schur.js, digit for digit.

Additions, products, quotients and square roots are rounded alike everywhere, so that the page and NumPy run the same
matrix, to the last bit; a matrix product is not, so it is turned by plane rotations, row by row and column by column.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

MOST = 2**32


def draws(seed: int) -> Callable[[], float]:
    """A generator of numbers from 0 to 1, below 1 (mulberry32), as compute/random.js has it."""
    state = seed

    def multiply(a: int, b: int) -> int:
        return a * b % MOST

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) % MOST
        t = multiply(state ^ state >> 15, 1 | state)
        t = (t + multiply(t ^ t >> 7, 61 | t)) % MOST ^ t
        return (t ^ t >> 14) / MOST

    return draw


def block(centre: float, split: float, lean: float) -> np.ndarray:
    """Two rows and columns with the eigenvalues centre ± split or, if split is negative, centre ± split·i."""
    if split >= 0:
        return np.array([[centre + split, lean], [0.0, centre - split]])
    off = sqrt(lean * lean + 4 * split * split)
    return np.array([[centre, (lean + off) / 2], [(lean - off) / 2, centre]])


def weights(eigenvalues: Sequence[Sequence[float]], lean: float, gain: float, seed: int) -> np.ndarray:
    """The matrix, (2P, 2P), of P pairs of eigenvalues (centre, split), all of them multiplied by ``gain``.

    With seed 0 each number above the diagonal is ``lean`` in the place next to it, and 0 elsewhere; with another seed
    they are drawn, of mean square lean² / 2P, and the whole is turned by rotations that are drawn as well.
    """
    H, draw = 2 * len(eigenvalues), draws(seed)
    size = lean * sqrt(3) / sqrt(H)
    W = np.zeros((H, H))
    for i in range(H):
        for j in range(i + 1, H):
            W[i, j] = size * (2 * draw() - 1) if seed else lean if j == i + 1 else 0.0
    for k, (centre, split) in enumerate(eigenvalues):
        at = slice(2 * k, 2 * k + 2)
        W[at, at] = block(centre, split, W[2 * k, 2 * k + 1])
    if seed:
        for i in range(H):
            for j in range(i + 1, H):
                t = 2 * draw() - 1
                turn(W, i, j, (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
    return np.asarray(gain * W)


def turn(W: np.ndarray, i: int, j: int, c: float, s: float) -> None:
    """W ← G W Gᵀ, where G turns the plane of units i and j."""
    for rows in (W, W.T):
        a, b = rows[i].copy(), rows[j].copy()
        rows[i], rows[j] = c * a - s * b, s * a + c * b
