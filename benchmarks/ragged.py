"""Sequences of unequal length on Torch, padded at the right or packed, over a full batch of the same shape."""

from collections.abc import Callable
from typing import Any

import numpy as np

import rnnkit
from benchmarks.contenders import CELLS, FORWARD, Size, problem

FULL, PADDED, PACKED = "full", "right-padded", "packed"
LIMIT = 1.2  # over the full batch
SMALL = Size(50, 8, 32, 64)


def lengths(size: Size) -> Any:
    """From a quarter of T to T; one sequence is T long."""
    T, N, *_ = size
    drawn = np.random.default_rng(0).integers(max(1, T // 4), T + 1, N)
    drawn[0] = T
    return drawn


def calls(cell: str, size: Size, phase: str) -> dict[str, Callable[[], object]]:
    """What is timed: a layer's call, or its backward too, for each way in which the batch comes.

    Raises
    ------
    ValueError
        If there is no such cell.

    Examples
    --------
    >>> run = calls("GRU", Size(5, 2, 3, 4), FORWARD)[PADDED]()
    >>> run.mask.sum(0).tolist() == lengths(Size(5, 2, 3, 4)).tolist()
    True
    """
    import torch

    if cell not in CELLS:
        raise ValueError(f"cell is {cell!r}, expected one of {', '.join(CELLS)}.")
    given, ends = problem(cell, size), lengths(size)
    layer = getattr(rnnkit, cell)(size.I, size.H, backend="torch", device="cpu", rng=0)
    xs, d_h = torch.from_numpy(given.xs), torch.from_numpy(given.d_h)
    packed = torch.nn.utils.rnn.pack_padded_sequence(xs, torch.from_numpy(ends), enforce_sorted=False)
    forward = {
        FULL: lambda: layer(xs),
        PADDED: lambda: layer(xs, mask=np.arange(size.T)[:, None] < ends),
        PACKED: lambda: layer(packed),
    }
    if phase == FORWARD:
        return forward
    return {name: lambda call=call: layer.backward(call(), d_h) for name, call in forward.items()}
