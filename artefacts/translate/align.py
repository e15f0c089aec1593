"""Which letters make which sounds: an alignment of letters with none, one or two phonemes each.

Found by Viterbi training: the best alignment of each word under the present table, then the table of what was aligned.
Rabiner (1989) has the algorithm; that letters make none, one or two phonemes is how Black, Lenzo and Pagel (1998) align
words for trees.
"""

from collections import Counter
from typing import Any

import numpy as np

from rnnkit.data import padded

ROUNDS, LEAST, AT_MOST = 6, 30, 2  # rounds; words that a pair of phonemes is needed for; phonemes a letter


def tables(symbols: int, sounds: int) -> list[Any]:
    """Before anything is known: log probabilities of none (L, 1), one (L, P) and two (L, P, P) phonemes."""
    return [
        np.full((symbols, 1), np.log(0.1)),
        np.full((symbols, sounds), 0.0),
        np.full((symbols, sounds, sounds), -6.0),
    ]


def first_guess(sources: list[Any], targets: list[Any], symbols: int, sounds: int) -> list[Any]:
    """One phoneme a letter, by who stands at about the same place."""
    counts = np.full((symbols, sounds), 0.1)
    for source, target in zip(sources, targets, strict=True):
        places = (np.arange(len(target)) + 0.5) / len(target) * len(source)
        near = np.exp(-np.abs(np.arange(len(source))[:, None] + 0.5 - places))
        np.add.at(counts, (np.repeat(source, len(target)), np.tile(target, len(source))), near.ravel())
    found = tables(symbols, sounds)
    found[1] = np.log(counts / counts.sum(1, keepdims=True))
    found[2] = found[1][:, :, None] + np.log(counts / counts.sum(1, keepdims=True))[:, None] - 2.0
    return found


def best(sources: list[Any], targets: list[Any], tables: list[Any]) -> Any:
    """How many phonemes each letter makes in the best alignment, (T, N), -1 after the end; and whether there is one."""
    xs, mask = padded(sources)
    ys, there = padded(targets)
    (T, N), S = xs.shape, len(ys)
    none, one, two = tables
    pairs = np.concatenate([ys[1:], ys[:1]])
    score = np.full((S + 1, N), -np.inf)
    score[0] = 0
    back = np.zeros((T, S + 1, N), np.int8)
    for t in range(T):
        options = np.full((3, S + 1, N), -np.inf)
        options[0] = score + none[xs[t], 0]
        options[1, 1:] = score[:-1] + one[xs[t], ys]
        options[2, 2:] = score[:-2] + two[xs[t], ys[:-1], pairs[:-1]]
        back[t] = options.argmax(0)
        score = np.where(mask[t], options.max(0), score)
    at, rows = there.sum(0), np.arange(N)
    found = np.full((T, N), -1)
    fine = np.isfinite(score[at, rows])
    for t in reversed(range(T)):
        step = np.where(mask[t], back[t, at, rows], 0)
        found[t] = np.where(mask[t], step, -1)
        at = at - step
    return found, fine


def chunks(source: Any, target: Any, made: Any) -> list[tuple[int, ...]]:
    """The phonemes of each letter."""
    ends = np.cumsum(made[: len(source)])
    return [tuple(int(p) for p in target[end - n : end]) for end, n in zip(ends, made, strict=False)]


def learned(sources: list[Any], targets: list[Any], symbols: int, sounds: int) -> list[Any]:
    """The table of the last round; a pair that is rare has no probability in it."""
    now = first_guess(sources, targets, symbols, sounds)
    for turn in range(ROUNDS):
        made, fine = best(sources, targets, now)
        counted: Counter[tuple[int, tuple[int, ...]]] = Counter()
        for n in np.flatnonzero(fine):
            counted.update(zip(sources[n].tolist(), chunks(sources[n], targets[n], made[:, n]), strict=True))
        pairs: Counter[tuple[int, ...]] = Counter()
        for (_, chunk), count in counted.items():
            pairs[chunk] += count
        totals = np.full((symbols, 1), 1.0)
        now = [np.full(a.shape, -np.inf) for a in now]
        now[1][:] = np.log(1e-4)
        now[0][:] = np.log(1e-4)
        for (letter, chunk), count in counted.items():
            if len(chunk) == 2 and (pairs[chunk] < LEAST or count < 3) and turn > 0:
                continue
            totals[letter] += count
            now[len(chunk)][(letter, *chunk) if chunk else (letter, 0)] = np.log(count)
        now = [a - np.log(totals).reshape(-1, *[1] * (a.ndim - 1)) for a in now]
    return now
