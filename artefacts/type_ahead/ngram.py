"""The rival: a table of the last n - 1 characters, with Witten–Bell interpolation (Witten and Bell, 1991).

P_n(c | context) = (count(context c) + T P_{n-1}(c | shorter context)) / (count(context) + T), T being how many
different characters have followed the context; P_0 = 1/V. A context that was never read leaves P_{n-1} as it is.
"""

import numpy as np

from rnnkit.explorers.type_ahead.network import SYMBOLS

V = len(SYMBOLS)


def bits_per_character(read: np.ndarray, unseen: np.ndarray, n: int) -> list[float]:
    """What tables of 1 to n characters, counted in ``read`` (characters,), need for each symbol of ``unseen``.

    All are averaged over the same symbols: those of ``unseen`` with n - 1 before them.
    """
    p, bits = np.full(len(unseen) - n + 1, 1 / V), []
    for k in range(1, n + 1):
        grams, counts = np.unique(windows(read, k), return_counts=True)
        contexts, of_gram = np.unique(grams // V, return_inverse=True)
        totals, kinds = np.bincount(of_gram, counts), np.bincount(of_gram)
        wanted = windows(unseen, k)[n - k :]
        count = looked_up(grams, counts, wanted)
        total, T = (looked_up(contexts, a, wanted // V) for a in (totals, kinds))
        p = np.where(total > 0, (count + T * p) / np.maximum(total + T, 1), p)
        bits.append(float(-np.log2(p).mean()))
    return bits


def windows(symbols: np.ndarray, n: int) -> np.ndarray:
    """Each n symbols in a row as one number, (len(symbols) - n + 1,): the last symbol is the lowest digit, base V."""
    length = len(symbols) - n + 1
    number = np.zeros(length, np.int64)
    for k in range(n):
        number = number * V + symbols[k : k + length]
    return number


def looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The values of the wanted keys; 0 where there is none. ``keys`` are sorted."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
