"""Cells that torch.nn has: its fused functions do the work, and the trace is replayed from their outputs."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, cast

import numpy as np
import torch

from rnnkit.backends.lazily import Lazily
from rnnkit.backends.record import Back, Direction, Record, Used
from rnnkit.backends.stack import Stack
from rnnkit.backends.torch.graph import of_this_call, tensor, transformed
from rnnkit.backends.torch.ragged import in_one_block, ragged_plan, rows
from rnnkit.backends.torch.replay import replay_by_scan, replay_in_numpy
from rnnkit.cells import Params, State, gru, lstm, rnn, rnn_relu
from rnnkit.ops import Array, concat, flat, reverse, split, to_numpy
from rnnkit.unroll import replay

Tensor = torch.Tensor


FUSED: list[tuple[Any, Any, Any]] = [  # what torch.nn's modules call; the modules prepare the weights for cuDNN
    (rnn, torch.rnn_tanh, torch.nn.RNN),
    (rnn_relu, torch.rnn_relu, torch.nn.RNN),
    (lstm, torch.lstm, torch.nn.LSTM),
    (gru, torch.gru, torch.nn.GRU),
]


SHUTS = torch.tensor([-1e4, 1e4, 0, 0])[:, None, None]  # σ(-1e4) is 0 and σ(1e4) is 1, whatever a network adds


class TorchRecord(Record):
    """A fused layer's outputs, what autograd knows its inputs as, and its directions, replayed on demand."""

    def __init__(
        self, stack: "TorchStack", used: Used, h: Tensor, end: State, inputs: list[Tensor], replayed: Callable[..., Any]
    ):
        super().__init__(stack, used, inputs[: 1 + len(end)], h, end)
        self.inputs, self._replayed = inputs, replayed
        self._directions: tuple[Direction, ...] | None = None

    @property
    def directions(self) -> tuple[Direction, ...]:  # type: ignore[override]
        if self._directions is None:
            self.check()
            self._directions = self._replayed(self)
        return cast(tuple[Direction, ...], self._directions)


class TorchStack(Stack):
    """One call of torch.nn's function a layer, so that the outputs of lower layers are there too."""

    def __init__(self, layer: Any, function: Any, module: Any):
        super().__init__(layer)
        self.function, self.on_cpu = function, layer.device == "cpu"
        ways = [layer.ways(k) for k in range(layer.num_layers)]
        self.names = [[name + suffix for suffix, _ in of_layer for name in layer.names()] for of_layer in ways]
        if layer.device.startswith("cuda"):
            self._put_side_by_side(module)

    def forward(self, k: int, xs: Tensor, start: State, mask: Any, used: Used) -> Record:
        weights = [used.arrays[name] for name in self.names[k]]
        start_own = list(start)
        if not transformed():
            if True in [a.requires_grad for a in (xs, *start)] or False in [w.requires_grad for w in weights]:
                weights = [of_this_call(w) for w in weights]
            xs, *start_own = [of_this_call(a) for a in (xs, *start)]
        if mask is None:
            h, end = self._run(xs, start_own, weights, self.layer.num_directions == 2)
        else:
            h, end = self._run_ragged(xs, start_own, weights, mask)
        # the replay is handed its record when it is asked: one that held it would be a cycle, which only the
        # garbage collector frees, and a run holds all its activations
        return TorchRecord(self, used, h, end, [xs, *start_own, *weights], partial(self._replayed, k, mask))

    def backward(self, k: int, record: Record, d_h: Tensor, d_end: State, mask: Any, window: int | None) -> Back:
        """By autograd through the function; by hand for a window, without a graph, and for the totals."""
        fused = cast(TorchRecord, record)
        if window is not None or not fused.h.requires_grad:
            return self._by_hand(k, fused, d_h, d_end, mask, window)
        outputs = (fused.h, *fused.end) if d_end else (fused.h,)
        d_xs, *d_others = torch.autograd.grad(outputs, fused.inputs, (d_h, *d_end), retain_graph=True)
        parts = len(fused.end)
        totals = Lazily(lambda: dict(self._by_hand(k, fused, d_h, d_end, mask, None).totals))
        return Back(dict(zip(self.names[k], d_others[parts:], strict=True)), d_xs, tuple(d_others[:parts]), totals)

    def own(self, k: int, suffix: str, used: Used) -> Params:
        return {name: self._plain(a) for name, a in super().own(k, suffix, used).items()}

    def trace(self, k: int, record: Record) -> dict[str, Array]:
        with torch.no_grad():
            return record.show({name: tensor(a) for name, a in super().trace(k, record).items()})

    def _by_hand(self, k: int, record: Record, d_h: Tensor, d_end: State, mask: Any, window: int | None) -> Back:
        record.check()
        with torch.no_grad():
            d_end, mask = tuple(self._plain(d) for d in d_end), self._mask(mask)
            back = super().backward(k, record, self._plain(d_h), d_end, mask, window)
            params = {name: tensor(d) for name, d in back.params.items()}
            totals = {name: tensor(d) for name, d in back.totals.items()}
            return Back(params, tensor(back.xs), tuple(tensor(d) for d in back.start), totals)

    def _replayed(self, k: int, mask: Any, record: TorchRecord) -> tuple[Direction, ...]:
        """xs, every state and every gate of layer ``k``, from its inputs and outputs."""
        with torch.no_grad():
            kept, ways = [], self.layer.ways(k)
            outputs, (xs_given, *starts) = split(self._plain(record.h), len(ways)), record.given
            for way, ((suffix, backwards), h) in enumerate(zip(ways, outputs, strict=True)):
                xs, m, start = self._plain(xs_given), mask, tuple(self._plain(s[way]) for s in starts)
                if backwards:
                    xs, h, m = reverse(xs), reverse(h), m if m is None else reverse(m)
                kept.append(self._direction(self.own(k, suffix, record.used), xs, h, start, m))
            return tuple(kept)

    def _direction(self, p: Params, xs: Array, h: Array, start: State, mask: Any) -> Direction:
        h = concat([start[0][None], h], 0)
        if mask is not None:  # in padding h is anything, and the state is in fact held
            steps = np.arange(1, len(mask) + 1)[:, None]
            last = np.maximum.accumulate(np.where(mask, steps, 0), 0)
            h = concat([h[:1], h[last, np.arange(mask.shape[1])]], 0)
        if self.cell is not lstm:
            return Direction(xs, (h,), replay(self.cell, p, xs, (h,)))
        lstm_replay = replay_in_numpy if self.on_cpu else replay_by_scan
        c, trace = lstm_replay(p, xs, h, start[1], self._mask(mask))
        return Direction(xs, (h, c), trace)

    def _plain(self, a: Array) -> Array:
        """Without a graph, and on a CPU as a NumPy array on the same memory."""
        return to_numpy(a) if self.on_cpu else a.detach()

    def _mask(self, mask: Any) -> Array:
        return mask if mask is None or self.on_cpu else self.layer.engine.booleans(mask)

    def _run(self, xs: Tensor, start: list[Tensor], weights: list[Tensor], both: bool) -> tuple[Tensor, State]:
        """torch.nn's function over xs (T, N, I), in one direction or both."""
        options = (self.layer.bias, 1, 0.0, torch.is_grad_enabled(), both, False)  # the last is batch_first
        h, *end = self.function(xs, start if len(start) > 1 else start[0], weights, *options)
        return h, tuple(end)

    def _run_ragged(self, xs: Tensor, start: list[Tensor], weights: list[Tensor], mask: Any) -> tuple[Tensor, State]:
        """Each direction over what the mask leaves, moved to the front, and on over the padding after it.

        That is several times faster than packed sequences, and right for any mask: holding the state over a gap is
        the same as leaving the gap out. What h is in padding is no result.
        """
        outputs, ends, each = [], [], len(weights) // self.layer.num_directions
        for way, backwards in enumerate((False, True)[: self.layer.num_directions]):
            plan = ragged_plan(mask, backwards)
            own, begin = weights[way * each : (way + 1) * each], [s[way : way + 1] for s in start]
            h, end = self._run_to_ends(rows(xs, plan.read), begin, own, plan.lengths)
            outputs.append(rows(h, plan.write))
            ends.append(end)
        return concat(outputs), tuple(torch.cat(parts) for parts in zip(*ends, strict=True))

    def _run_to_ends(
        self, xs: Tensor, start: list[Tensor], weights: list[Tensor], lengths: Any
    ) -> tuple[Tensor, State]:
        """One direction over sequences of these lengths from the front of xs (T, N, I), and where each of them ends.

        An LSTM's c is held from there on: one more feature, 1 in padding, closes i and opens f.
        """
        T, N, _ = xs.shape
        if self.cell is lstm:
            over = torch.from_numpy((np.arange(T)[:, None, None] >= lengths[:, None]).astype(self.layer.dtype))
            xs = torch.cat([xs, over.to(xs.device, xs.dtype)], -1)
            weights = [torch.cat([weights[0], self._holds.to(xs.dtype)], 1), *weights[1:]]
        if self.layer.device.startswith("cuda"):
            weights = in_one_block(weights)
        h, (_, *c_end) = self._run(xs, start, weights, False)
        last = torch.from_numpy((lengths - 1).clip(0) * N + np.arange(N)).to(xs.device)
        h_end = flat(h).index_select(0, last)[None]
        if not lengths.all():  # an empty sequence stays where it started
            h_end = torch.where(torch.from_numpy(lengths == 0)[:, None].to(xs.device), start[0], h_end)
        return h, (h_end, *c_end)

    @cached_property
    def _holds(self) -> Tensor:
        """The weights of the feature that holds an LSTM's c: (4H, 1), for i, f, g and o."""
        with torch.inference_mode(False):
            holds: Tensor = self.layer.engine.zeros((4, self.layer.hidden_size, 1)) + SHUTS.to(self.layer.device)
            return holds.flatten(0, 1)

    def _put_side_by_side(self, module: Any) -> None:
        """The weights of each layer in one block of memory, as cuDNN wants them."""
        options = {"bidirectional": self.layer.num_directions == 2, "bias": self.layer.bias, "device": "meta"}
        for k, names in enumerate(self.names):
            made = module(self.layer.sizes()[f"_l{k}"], self.layer.hidden_size, **options)
            for name in names:
                setattr(made, name.replace(f"_l{k}", "_l0"), self.layer.params[name])
            made.flatten_parameters()
