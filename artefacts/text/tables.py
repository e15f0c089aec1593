"""The rivals: tables of the last n - 1 symbols, the same with a memory of what it is reading, words, and xz.

Tables are interpolated as Witten and Bell (1991) do; see :mod:`artefacts.type_ahead.ngram`.
"""

import lzma
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from artefacts.type_ahead.ngram import looked_up
from rnnkit.explorers.type_ahead.network import SYMBOLS

V = len(SYMBOLS)
MOST = 9  # symbols in a row whose number fits 63 bits
TOKEN = re.compile(r"\w+|\s+|.", re.S)


def numbered(symbols: Any, n: int, base: int) -> Any:
    """Each n symbols in a row as one number, (len(symbols) - n + 1,): the last symbol is the lowest digit."""
    length, number = len(symbols) - n + 1, 0
    for k in range(n):
        number = number * base + symbols[k : k + length].astype(np.int64)
    return number


def surprise(read: Any, unseen: Any, most: int = MOST, base: int = V) -> Iterator[Any]:
    """The bits of each symbol of ``unseen`` but the first, (N - 1,), by tables of 1, 2, … ``most`` symbols.

    The first symbols have fewer before them, and are looked up in the shorter tables alone.
    """
    p = np.full(len(unseen), 1 / base)
    for n in range(1, most + 1):
        grams, counts = np.unique(numbered(read, n, base), return_counts=True)
        contexts, of_gram = np.unique(grams // base, return_inverse=True)
        totals, kinds = np.bincount(of_gram, counts), np.bincount(of_gram)
        wanted = numbered(unseen, n, base)
        count = looked_up(grams, counts, wanted)
        total, T = (looked_up(contexts, a, wanted // base) for a in (totals, kinds))
        longer = np.where(total > 0, (count + T * p[n - 1 :]) / np.maximum(total + T, 1), p[n - 1 :])
        p = np.concatenate([p[: n - 1], longer])
        yield -np.log2(p[1:])


def remembering(bits: Any, unseen: Any, starts: Sequence[int], orders: Sequence[int]) -> Any:
    """The same, with what follows the last few symbols in the file so far on top: (N - 1,).

    ``bits`` are a table's; a file begins at each of ``starts``, and its memory is empty then. The memory is a table by
    itself, of ``orders`` symbols before the next, interpolated as the others are.
    """
    text, p = bytes(unseen.tolist()), 2.0 ** -np.asarray(bits)
    seen: dict[bytes, dict[int, int]] = {}
    begins, here, found = {*starts}, 0, np.array(p)
    for at in range(1, len(text)):
        if at in begins:
            seen, here = {}, at
        symbol, q = text[at], p[at - 1]
        for order in orders:
            if at - order < here:
                break
            after = seen.setdefault(text[at - order : at], {})
            if after:
                kinds = len(after)
                q = (after.get(symbol, 0) + kinds * q) / (sum(after.values()) + kinds)
            after[symbol] = after.get(symbol, 0) + 1
        found[at - 1] = q
    return -np.log2(found)


def xz(read: str, unseen: str) -> float:
    """Bits a character of ``unseen`` that a compressed file grows by when it stands behind ``read``."""
    size = [len(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)) for text in (read, read + unseen)]
    return 8 * (size[1] - size[0]) / len(unseen)


def of_words(read: str, unseen: str, known: int, spelled: Any) -> dict[str, float]:
    """A table of the last two tokens, which knows the ``known`` most frequent ones and takes all others for one.

    ``spelled`` are the bits of each character of ``unseen`` but the first in a table of characters.
    """
    every = [TOKEN.findall(text) for text in (read, unseen)]
    names = [token for token, _ in Counter(every[0]).most_common(known)]
    number = {token: k for k, token in enumerate(names)}
    symbols = [np.array([number.get(token, known) for token in tokens]) for tokens in every]
    *_, bits = surprise(*symbols, 3, known + 1)
    ends = np.cumsum([len(token) for token in every[1]])
    upto = np.concatenate([[0.0, 0.0], np.cumsum(spelled)])  # of so many characters
    rare = np.flatnonzero(symbols[1][1:] == known) + 1
    stops = np.minimum(ends[rare] + 1, len(unseen))  # what comes after it says that it has ended
    spelling = float((upto[stops] - upto[ends[rare - 1]]).sum())
    tokens, characters = len(bits), len(unseen) - len(every[1][0])
    return {
        "tokens": tokens,
        "known": known,
        "unknown": len(rare) / tokens,
        "perplexity": float(2 ** bits.mean()),
        "not spelled": float(bits.sum() / characters),
        "spelled": float((bits.sum() + spelling) / characters),
    }
