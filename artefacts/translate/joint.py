"""A table of pairs: each letter and the phonemes that it makes are one symbol, and what follows is counted.

The joint n-gram of Bisani and Ney (2008), with one letter and none, one or two phonemes in a symbol, as they stand in
the alignment that all rivals have. Its counts are smoothed as Chen and Goodman (1999) modify Kneser and Ney: three
discounts an order, from the counts of counts, and the shorter orders count what came before and not how often. A beam
says the phonemes of the likeliest pairs.
"""

import math
from collections import Counter, defaultdict
from typing import Any

from artefacts.translate.sounds import Aligned, joined
from artefacts.translate.words import Sound

ORDERS = (4, 6, 8, 10)  # pairs in a row, of which the validation part chooses
WIDTH, NEAR = 32, 12.0  # beginnings that are kept at each letter, and nats below the best at which one is given up
START, END = -1, -2
History = tuple[int, ...]


class Joint:
    """P(next pair | the last ``order`` - 1), of sequences of pairs that are numbered."""

    def __init__(self, sequences: list[list[int]], order: int) -> None:
        self.order = order
        counts: Counter[History] = Counter()
        for row in sequences:
            whole = [START] * (order - 1) + row + [END]
            counts.update(tuple(whole[k : k + order]) for k in range(len(whole) - order + 1))
        self.tables: list[dict[History, tuple[dict[int, float], float]]] = []  # by the length of the history
        for _ in range(order):
            self.tables.insert(0, discounted(counts))
            counts = Counter(gram[1:] for gram in counts)
        self.kinds = len(self.tables[0][()][0])

    def p(self, history: History, pairs: list[int]) -> list[float]:
        """Of each of these pairs; a history that never came leaves what the shorter one says."""
        values = [1 / self.kinds] * len(pairs)
        for n, table in enumerate(self.tables):
            if (row := table.get(history[len(history) - n :])) is None:
                break
            kept, rest = row
            values = [kept.get(pair, 0.0) + rest * value for pair, value in zip(pairs, values, strict=True)]
        return values


def discounted(counts: Counter[History]) -> dict[History, tuple[dict[int, float], float]]:
    """By history: what each pair keeps of its share, and the share that goes to the shorter history."""
    n = [max(1, sum(count == k for count in counts.values())) for k in range(5)]
    y = n[1] / (n[1] + 2 * n[2])
    D = [0.0, *(min(max(k - (k + 1) * y * n[k + 1] / n[k], 0.05), k - 0.05) for k in (1, 2, 3))]
    rows: dict[History, dict[int, int]] = defaultdict(dict)
    for gram, count in counts.items():
        rows[gram[:-1]][gram[-1]] = count
    found = {}
    for history, row in rows.items():
        total = sum(row.values())
        kept = {pair: (count - D[min(count, 3)]) / total for pair, count in row.items()}
        found[history] = kept, sum(D[min(count, 3)] for count in row.values()) / total
    return found


def said(of: Aligned, asked: list[Any], order: int) -> list[Sound]:
    """The phonemes of the likeliest pairs that a beam finds."""
    rows = [list(zip(s.tolist(), t.tolist(), strict=True)) for s, t in zip(of.sources[0], of.targets[0], strict=True)]
    number = {pair: k for k, pair in enumerate(sorted({pair for row in rows for pair in row}))}
    model = Joint([[number[pair] for pair in row] for row in rows], order)
    makes: dict[int, dict[int, int]] = defaultdict(dict)
    for (letter, label), k in number.items():
        makes[letter][k] = label
    return [joined(of.labels, searched(model, makes, source.tolist())) for source in asked]


def searched(model: Joint, makes: dict[int, dict[int, int]], source: list[int]) -> list[int]:
    """The labels of the letters. Of two beginnings with the same last pairs the likelier one goes on."""
    kept: dict[History, tuple[float, list[int]]] = {(START,) * (model.order - 1): (0.0, [])}
    for letter in source:
        pairs, after = [*makes[letter]], {}
        for history, (log_p, labels) in kept.items():
            for pair, p in zip(pairs, model.p(history, pairs), strict=True):
                total, longer = log_p + math.log(p), (*history[1:], pair) if history else ()
                if longer not in after or total > after[longer][0]:
                    after[longer] = total, [*labels, makes[letter][pair]]
        best = sorted(after.items(), key=lambda item: -item[1][0])[:WIDTH]
        kept = {history: one for history, one in best if one[0] > best[0][1][0] - NEAR}
    return max(kept.items(), key=lambda item: item[1][0] + math.log(*model.p(item[0], [END])))[1][1]
