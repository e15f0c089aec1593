"""c_t = keep_t ⊙ c_{t-1} + new_t for all steps at once: what is left of a recurrence where the gates are known."""

from typing import Any

import torch

Tensor = torch.Tensor


def blocked_scan(keep: Tensor, new: Tensor, c: Tensor) -> Tensor:
    """c_t = keep_t ⊙ c_{t-1} + new_t for all t, (T, N, H), in about 3√T launches.

    √T steps within blocks of √T, all blocks at once; then from block to block; then each block adds what came before.
    """
    T, size = len(new), max(1, round(len(new) ** 0.5))
    fill = -T % size  # torch.cat copies, also where nothing is added: what follows overwrites
    keep = torch.cat([keep, keep.new_ones(fill, *keep.shape[1:])]).reshape(-1, size, *keep.shape[1:])
    new = torch.cat([new, new.new_zeros(fill, *new.shape[1:])]).reshape(-1, size, *new.shape[1:])
    for t in range(1, size):
        new[:, t].addcmul_(keep[:, t], new[:, t - 1])
        keep[:, t].mul_(keep[:, t - 1])
    starts = []
    for keep_block, new_block in zip(keep[:, -1], new[:, -1], strict=True):
        starts.append(c)
        c = torch.addcmul(new_block, keep_block, c)
    return torch.addcmul(new, keep, torch.stack(starts)[:, None]).flatten(0, 1)[:T]


def over_gaps(keep: Tensor, new: Tensor, mask: Any) -> tuple[Tensor, Tensor]:
    """Factors 1 and 0 where the mask is False, so that the state stays."""
    if mask is None:
        return keep, new
    return torch.where(mask[..., None], keep, 1), torch.where(mask[..., None], new, 0)
