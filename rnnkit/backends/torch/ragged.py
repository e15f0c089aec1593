"""Sequences of several lengths in one batch: each moved to the front, so that the fused functions see no gap."""

from typing import Any, NamedTuple

import numpy as np
import torch

from rnnkit.ops import flat

Tensor = torch.Tensor


class RaggedPlan(NamedTuple):
    """Where a direction's steps are read and its outputs written, as rows of (T*N, .); None: all in their place."""

    read: Any
    write: Any
    lengths: Any


def ragged_plan(mask: Any, backwards: bool) -> RaggedPlan:
    """What a mask (T, N) leaves, in a direction's order and from the front, as far as the longest sequence."""
    (T, N), lengths = mask.shape, mask.sum(0)
    longest = max(1, lengths.max())
    if not backwards and longest == T and not (mask[1:] > mask[:-1]).any():
        return RaggedPlan(None, None, lengths)
    in_order = mask[::-1] if backwards else mask
    read = np.argsort(~in_order, axis=0, kind="stable")
    read = T - 1 - read if backwards else read
    write = np.argsort(read, axis=0).clip(max=longest - 1)
    reads, writes = (torch.from_numpy((steps * N + np.arange(N)).reshape(-1)) for steps in (read[:longest], write))
    return RaggedPlan(reads, writes, lengths)


def rows(a: Tensor, places: Any) -> Tensor:
    """The steps of a (T, N, K) that a plan names."""
    return a if places is None else flat(a).index_select(0, places.to(a.device)).reshape(-1, *a.shape[1:])


def in_one_block(weights: list[Tensor]) -> list[Tensor]:
    """Copies that lie one behind the other, as cuDNN wants them: half of a bidirectional layer's do not."""
    block = torch.cat([w.flatten() for w in weights])
    return [part.view_as(w) for part, w in zip(torch.split(block, [w.numel() for w in weights]), weights, strict=True)]
