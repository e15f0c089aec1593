"""What runs a recurrent layer's steps, layer by layer and direction by direction, forwards and backwards."""

from typing import Any

from rnnkit.backends.lstm_kernel import has_kernel, lstm_bptt, lstm_unroll
from rnnkit.backends.record import Back, Direction, Record, Used
from rnnkit.cells import Params, State
from rnnkit.ops import Array, concat, reverse, split, stack
from rnnkit.trace import by_name
from rnnkit.unroll import bptt, unroll


class Stack:
    """Runs the layers of a :class:`rnnkit.layers.Recurrent`, one at a time, forwards and backwards."""

    def __init__(self, layer: Any):
        self.layer = layer

    @property
    def cell(self) -> Any:
        return self.layer.cell

    def forward(self, k: int, xs: Array, start: State, mask: Array, used: Used) -> Record:
        """Layer ``k`` over xs (T, N, I), from ``start``, (D, N, H) each."""
        kept, outputs = [], []
        for way, (suffix, backwards) in enumerate(self.layer.ways(k)):
            inputs, m = (reverse(xs), mask if mask is None else reverse(mask)) if backwards else (xs, mask)
            states, trace = self._unroll(self.own(k, suffix, used), inputs, tuple(s[way] for s in start), m)
            kept.append(Direction(inputs, states, trace))
            outputs.append(reverse(states[0][1:]) if backwards else states[0][1:])
        end = tuple(stack(ends) for ends in zip(*([s[-1] for s in d.states] for d in kept), strict=True))
        record = Record(self, used, (xs, *start), concat(outputs), end)
        record.directions = tuple(kept)
        return record

    def backward(self, k: int, record: Record, d_h: Array, d_end: State, mask: Array, window: int | None) -> Back:
        """The gradients of layer ``k`` for ∂L/∂h (T, N, D*H) and ∂L/∂end, (D, N, H) each; () if that is zero."""
        ways = self.layer.ways(k)
        params: Params = {}
        totals, d_xs, starts = {}, [], []
        for way, ((suffix, backwards), d_way) in enumerate(zip(ways, split(d_h, len(ways)), strict=True)):
            d_hs, m = (reverse(d_way), mask if mask is None else reverse(mask)) if backwards else (d_way, mask)
            d_final = tuple(d[way] for d in d_end) or None
            kept = record.directions[way]
            d_p, d_x, d_start, d_states = self._bptt(self.own(k, suffix, record.used), kept, d_hs, d_final, m, window)
            params |= {name + suffix: d for name, d in d_p.items() if name + suffix in record.used.arrays}
            totals["h" + suffix] = reverse(d_states) if backwards else d_states
            d_xs.append(reverse(d_x) if backwards else d_x)
            starts.append(d_start)
        return Back(params, sum(d_xs[1:], d_xs[0]), tuple(stack(d) for d in zip(*starts, strict=True)), totals)

    def trace(self, k: int, record: Record) -> dict[str, Array]:
        """Everything that the cell's equations name, with torch's suffix and in the order of time."""
        named = {}
        for (suffix, backwards), d in zip(self.layer.ways(k), record.directions, strict=True):
            for name, a in by_name(self.cell, d.states, d.trace).items():
                named[name + suffix] = reverse(a) if backwards else a
        return named

    def own(self, k: int, suffix: str, used: Used) -> Params:
        """The parameters of one direction of layer ``k``, by the cell's names."""
        own: Params = self.layer.own(suffix, used.arrays)
        return own

    def _unroll(self, p: Params, xs: Array, start: State, mask: Array) -> tuple[State, Any]:
        if has_kernel(self.cell, xs, mask):
            return lstm_unroll(p, xs, start)
        return unroll(self.cell, p, xs, start, mask)

    def _bptt(
        self, p: Params, kept: Direction, d_hs: Array, d_final: State | None, mask: Array, window: int | None
    ) -> tuple[Params, Array, State, Array]:
        if has_kernel(self.cell, kept.xs, mask):
            return lstm_bptt(p, *kept, d_hs, d_final, window)
        return bptt(self.cell, p, *kept, d_hs, d_final, mask, window)
