"""The rivals: tables of the last n - 1 symbols, a memory of the file at hand for them and for networks, and words.

Tables are interpolated as Witten and Bell (1991) do; see :mod:`artefacts.type_ahead.ngram`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from artefacts.type_ahead.ngram import looked_up
from rnnkit.explorers.type_ahead.network import SYMBOLS

V = len(SYMBOLS)
MOST = 9  # symbols in a row whose number fits 63 bits
ORDERS = range(2, 9)  # symbols before the next, that a memory may count
WEIGHTS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
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


class Memory:
    """What came after the last few symbols in the file so far, of each symbol but the first.

    A file begins at each of ``starts``, and its memory is empty then. For each of ``orders`` symbols before the next:
    how often this symbol came, how many came, and how many kinds, (N - 1,) each.
    """

    def __init__(self, unseen: Any, starts: Sequence[int], orders: Iterable[int]) -> None:
        text, begins, here = bytes(unseen.tolist()), {*starts}, 0
        self.counts = {order: np.zeros((3, len(text) - 1)) for order in sorted(orders)}
        seen: dict[bytes, dict[int, int]] = {}
        for at in range(1, len(text)):
            if at in begins:
                seen, here = {}, at
            symbol = text[at]
            for order, counts in self.counts.items():
                if at - order < here:
                    break
                after = seen.setdefault(text[at - order : at], {})
                count = after.get(symbol, 0)
                counts[:, at - 1] = count, sum(after.values()), len(after)
                after[symbol] = count + 1

    def over(self, bits: Any, orders: Sequence[int], weight: float = 1.0) -> Any:
        """The bits of a table or a network with this memory on top, (N - 1,), interpolated as tables are.

        ``weight`` is how much it counts that a symbol is new: 1 as by Witten and Bell, more where the memory is less
        to be trusted than what stands below it.
        """
        p = 2.0 ** -np.asarray(bits)
        for count, total, kinds in (self.counts[order] for order in sorted(orders)):
            p = np.where(total > 0, (count + weight * kinds * p) / np.maximum(total + weight * kinds, 1e-9), p)
        return -np.log2(p)

    def chosen(self, bits: Any) -> tuple[tuple[int, ...], float]:
        """The orders and the weight that need the fewest bits: (), 1 where a memory only harms."""
        orders = [*self.counts]
        tried: dict[tuple[tuple[int, ...], float], float] = {((), 1.0): float(np.mean(bits))}
        for k, first in enumerate(orders):
            for last in range(k + 1, len(orders) + 1):
                for weight in WEIGHTS:
                    some = (first, *orders[k + 1 : last])
                    tried[some, weight] = float(self.over(bits, some, weight).mean())
        return min(tried, key=lambda one: tried[one])


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
