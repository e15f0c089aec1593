"""What a network needs for each symbol of a text: with its state carried on, and from an empty one again and again."""

from typing import Any

import numpy as np

from rnnkit import Sequential
from rnnkit.explorers.type_ahead.network import read
from rnnkit.ops import softmax

LANES = 64


def surprise(model: Sequential, symbols: Any, lanes: int = LANES) -> Any:
    """The bits of each symbol but the first, (N - 1,), read in pieces side by side, each from an empty state."""
    length = -(-(len(symbols) - 1) // lanes)
    whole = np.concatenate([symbols, np.zeros(lanes * length + 1 - len(symbols), int)])
    xs, targets = (whole[k : k + lanes * length].reshape(lanes, length).T for k in (0, 1))
    return side_by_side(model, xs, targets).T.reshape(-1)[: len(symbols) - 1]


def anew(model: Sequential, symbols: Any, length: int) -> Any:
    """The same where the state is emptied every ``length`` symbols: bits by place in the piece, (length,), averaged."""
    pieces = (len(symbols) - 1) // length
    xs, targets = (symbols[k : k + pieces * length].reshape(pieces, length).T for k in (0, 1))
    return side_by_side(model, xs, targets).mean(1)


def side_by_side(model: Sequential, xs: Any, targets: Any) -> Any:
    """The bits of targets (T, N), after xs (T, N) and all before it."""
    state, found = None, []
    for k in range(0, len(xs), 100):
        run = model(read(xs[k : k + 100]), state)
        state, wanted = run.state, targets[k : k + 100]
        p = np.asarray(softmax(run.h))
        found.append(-np.log2(np.take_along_axis(p, wanted[..., None], 2)[..., 0]))
    return np.concatenate(found)
