"""The trained decoder, on its own: it hears what it has said itself."""

from typing import Any, NamedTuple

import numpy as np
import torch

from artefacts.translate.network import END, START, Translator
from rnnkit.data import padded
from rnnkit.ops import to_numpy


class Said(NamedTuple):
    """A sequence of symbols, where the decoder looked before each and before its END, (S + 1, T), and its log p."""

    symbols: list[int]
    weights: Any
    log_p: float


def log_softmax(logits: Any) -> Any:
    y = np.asarray(to_numpy(logits.detach()), np.float64)
    y = y - y.max(-1, keepdims=True)
    return y - np.log(np.exp(y).sum(-1, keepdims=True))


def greedy(model: Translator, sources: list[Any], longest: int, hidden: Any = None) -> list[Said]:
    """The most probable symbol at each step. ``hidden``: a place of each source that the decoder may not look at."""
    found: list[Said] = []
    for start in range(0, len(sources), 500):
        some = sources[start : start + 500]
        places = None if hidden is None else hidden[start : start + 500]
        found += [each[0] for each in searched(model, some, 1, longest, places)]
    return found


def beams(model: Translator, sources: list[Any], width: int, longest: int) -> list[list[Said]]:
    """Beam search: at each step the ``width`` best beginnings of each source are kept. All ends, best first."""
    size = max(1, 500 // width)
    parts = (sources[start : start + size] for start in range(0, len(sources), size))
    return [found for some in parts for found in searched(model, some, width, longest)]


@torch.no_grad()
def searched(model: Translator, sources: list[Any], width: int, longest: int, hidden: Any = None) -> list[list[Said]]:
    xs, mask = (np.repeat(a, width, 1) for a in padded(sources))
    N, T = len(sources), len(xs)
    read, last, _ = model.encode(xs, mask)
    if hidden is not None:
        mask = mask & (np.arange(T)[:, None] != hidden)
    state, heard = last, np.full(N * width, START)
    scores = np.full((N, width), -np.inf)
    scores[:, 0] = 0
    tokens, looks = np.zeros((N * width, 0), int), np.zeros((N * width, 0, T))
    ends: list[list[Said]] = [[] for _ in range(N)]
    for step in range(longest + 1):
        told = model.decode(heard[None], state, read, last, mask)
        log_p = log_softmax(told.logits)[0].reshape(N, width, -1)
        log_p[:, :, START] = -np.inf
        if step == longest:
            log_p[:, :, END + 1 :] = -np.inf
        V = log_p.shape[-1]
        where = np.zeros((N * width, T)) if told.weights is None else to_numpy(told.weights)[0].T
        every = (scores[:, :, None] + log_p).reshape(N, -1)
        best = np.argsort(-every, 1, kind="stable")[:, : 2 * width]
        rows, heard, scores = np.zeros((N, width), int), np.full((N, width), END), np.full((N, width), -np.inf)
        for n in range(N):
            if len(ends[n]) >= width and max(end.log_p for end in ends[n]) >= every[n, best[n, 0]]:
                continue  # what goes on can only become less probable
            goes_on = 0
            for rank, k in enumerate(best[n]):
                row, symbol, value = n * width + k // V, k % V, every[n, k]
                if value == -np.inf or goes_on == width:
                    break
                if symbol != END:
                    rows[n, goes_on], heard[n, goes_on], scores[n, goes_on] = row, symbol, value
                    goes_on += 1
                elif rank < width:
                    seen = np.vstack([looks[row], where[row]])[:, : len(sources[n])]
                    ends[n].append(Said(tokens[row].tolist(), seen, float(value)))
        if not np.isfinite(scores).any():
            break
        rows, heard = rows.reshape(-1), heard.reshape(-1)
        tokens = np.hstack([tokens[rows], heard[:, None]])
        looks = np.concatenate([looks[rows], where[rows][:, None]], 1)
        state = told.runs[1].state[0][:, rows]
    return [sorted(found, key=lambda end: -end.log_p) for found in ends]


@torch.no_grad()
def forced(model: Translator, of: Any, size: int = 500) -> list[Any]:
    """log p of every symbol at every step, (S + 1, V), after the true beginning of each target."""
    found = []
    for start in range(0, len(of.sources), size):
        rows = range(start, min(start + size, len(of.sources)))
        xs, mask, ys, _ = of.batch(rows)
        told, _ = model.told(xs, mask, ys)
        log_p = log_softmax(told.logits)
        found += [log_p[: len(of.targets[n]) + 1, k] for k, n in enumerate(rows)]
    return found


def log_p(each: Any, target: Any) -> float:
    """The log probability of a target, END included, from what ``forced`` gives for it."""
    return float(each[np.arange(len(target) + 1), np.append(target, END)].sum())
