"""Cells that torch.nn does not have: their own steps run in a loop, or in a scan."""

from typing import Any

import torch

from rnnkit.backends.record import Back, Direction, Record, Used
from rnnkit.backends.stack import Stack
from rnnkit.backends.torch.scan import blocked_scan, over_gaps
from rnnkit.cells import Params, State, mingru
from rnnkit.ops import Array, flat
from rnnkit.unroll import project

Tensor = torch.Tensor


class TorchLoop(Stack):
    """Runs the cell's own steps in a loop. ``backward`` is the cell's adjoint."""

    def forward(self, k: int, xs: Tensor, start: State, mask: Any, used: Used) -> Record:
        return super().forward(k, xs, start, self._mask(mask), used)

    def backward(self, k: int, record: Record, d_h: Tensor, d_end: State, mask: Any, window: int | None) -> Back:
        with torch.no_grad():
            return super().backward(k, record, d_h, d_end, self._mask(mask), window)

    def trace(self, k: int, record: Record) -> dict[str, Array]:
        return record.show({name: a.detach() for name, a in super().trace(k, record).items()})

    def _mask(self, mask: Any) -> Array:
        return mask if mask is None else self.layer.engine.booleans(mask)


class TorchScan(TorchLoop):
    """The minGRU, whose h is linear in the h before: all its steps at once, in both directions."""

    def _unroll(self, p: Params, xs: Tensor, start: State, mask: Any) -> tuple[State, mingru.Trace]:
        _, trace = mingru.step(p, project(mingru, p, xs), start)
        keep, new = over_gaps(1 - trace.z, trace.z * trace.n, mask)
        scan = (
            mingru.scan if torch.is_grad_enabled() else blocked_scan
        )  # autograd cannot go back over arrays that are overwritten
        return (torch.cat([start[0][None], scan(keep, new, start[0])]),), trace

    def _bptt(
        self, p: Params, kept: Direction, d_hs: Tensor, d_final: State | None, mask: Any, window: int | None
    ) -> tuple[Params, Tensor, State, Tensor]:
        """∂L/∂h_t = d_hs_t + keep_{t+1} ⊙ ∂L/∂h_{t+1}: the same scan from the end. A window keeps nothing at a cut."""
        xs, (h,), trace = kept
        keep, _ = over_gaps(1 - trace.z, trace.z, mask)
        carried = torch.cat([keep[1:], torch.ones_like(keep[:1])])
        if window is not None:
            carried[window - 1 : -1 : window] = 0
        d_end = torch.zeros_like(h[0]) if d_final is None else d_final[0]
        totals = blocked_scan(carried.flip(0), d_hs.flip(0), d_end).flip(0)
        d_h = totals if mask is None else torch.where(mask[..., None], totals, 0)
        (d_a, _), _ = mingru.step_backward(p, trace, (h[:-1],), (d_h,))
        d_xs = (flat(d_a) @ p["weight_ih"]).reshape(xs.shape)
        d_p = mingru.weight_gradients(p, xs, (h,), trace, d_a, d_a)
        return d_p, d_xs, (keep[0] * totals[0],), totals
