"""Tensors and autograd: what belongs to the graph of a call, and what has none."""

import torch

from rnnkit.ops import Array

Tensor = torch.Tensor


def for_autograd(a: Tensor) -> Tensor:
    """``a``, or a copy of it if inference mode made it: autograd refuses such tensors."""
    return a.clone() if a.is_inference() and not torch.is_inference_mode_enabled() else a


def transformed() -> bool:
    """Whether this runs inside torch.func's grad, vmap or jacrev, where tensors have no numbers to be looked at."""
    return bool(torch._C._are_functorch_transforms_active())


def of_this_call(a: Tensor) -> Tensor:
    """``a`` under a name of its own for autograd: what else ``a`` goes into, or comes from, is not differentiated.

    A state that an earlier call ended with leads back to the same weights; only this call's share is asked for.
    """
    if not torch.is_grad_enabled():
        return a.detach()
    return a.view_as(a) if a.requires_grad else a.detach().requires_grad_()


def tensor(a: Array) -> Tensor:
    if isinstance(a, Tensor):
        return a
    return torch.from_numpy(a.copy() if min(a.strides, default=0) < 0 else a)  # none has a negative stride in Torch
