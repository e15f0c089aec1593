"""Torch's side of the face: torch.nn's fused modules do the work, and the trace is replayed from their outputs.

A fused module returns every h_t and no gate. But the gates are functions of x_t and h_{t-1}, so one matrix product over
all steps recovers them; the one thing that needs a scan over time is the LSTM's cell, and that scan is elementwise. It
costs nothing when nobody asks, and is the same on oneDNN, cuDNN and MPS. On a CPU the replay and the hand-written way
back run in NumPy, on the same memory: its tanh is several times faster than Torch's.
"""

import operator
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnkit import torch_module
from rnnkit.backend import Back, Backend, Direction, Lazily, Record, Stack, Used
from rnnkit.cells import Params, State, gru, lstm, mingru, rnn, rnn_relu
from rnnkit.kernels import lstm_replay
from rnnkit.ops import Array, concat, flat, gates, reverse, split, tanh, to_numpy
from rnnkit.unroll import project, replay

Tensor = torch.Tensor

FUSED: list[tuple[Any, Any, Any]] = [  # what torch.nn's modules call; the modules prepare the weights for cuDNN
    (rnn, torch.rnn_tanh, torch.nn.RNN),
    (rnn_relu, torch.rnn_relu, torch.nn.RNN),
    (lstm, torch.lstm, torch.nn.LSTM),
    (gru, torch.gru, torch.nn.GRU),
]


class TorchBackend(Backend):
    """Torch's tensors, on a device."""

    name = "torch"

    def __init__(self, device: str, dtype: np.dtype[Any]):
        super().__init__(dtype)
        self.device = found_device(str(device), dtype)
        if self.device.startswith("mps") and dtype == np.float64:
            raise ValueError("dtype is float64, but MPS has float32 at most. Give dtype='float32', or device='cpu'.")
        self.torch_dtype = {"float64": torch.float64, "float32": torch.float32}[dtype.name]
        self.where = torch.device(self.device)

    def floats(self, name: str, a: Any) -> Tensor:
        if not isinstance(a, Tensor) or a.is_complex():
            a = torch.from_numpy(np.array(super().floats(name, a)))
        found = _for_autograd(a)
        if found.dtype is self.torch_dtype and found.is_cpu and self.device == "cpu":
            return found
        return found.to(self.device, self.torch_dtype)

    def padded(self, xs: Any, mask: Any) -> tuple[Any, Any]:
        if not isinstance(xs, PackedSequence):
            return xs, mask
        if mask is not None:
            raise ValueError("mask came with a PackedSequence, expected None: the lengths are in the sequence.")
        found, lengths = pad_packed_sequence(xs)
        return found, np.arange(len(found))[:, None] < lengths.numpy()

    def integers(self, name: str, a: Any) -> Tensor:
        if not isinstance(a, Tensor) or a.dtype.is_floating_point or a.is_complex() or a.dtype == torch.bool:
            a = torch.from_numpy(np.array(super().integers(name, a)))
        return _for_autograd(a).to(self.device, torch.int64)

    def booleans(self, a: Array) -> Tensor:
        return torch.from_numpy(a.copy()).to(self.device)

    def zeros(self, shape: tuple[int, ...]) -> Tensor:
        return torch.zeros(shape, dtype=self.torch_dtype, device=self.device)

    def parameter(self, name: str, drawn: Any) -> Tensor:
        with torch.inference_mode(False):
            return torch.nn.Parameter(self.floats(name, drawn).clone())

    def copy_into(self, own: Tensor, value: Tensor) -> None:
        with torch.no_grad():
            own.copy_(value.clone())  # it may be a view of the same memory

    def apart(self, a: Tensor) -> Tensor:
        return a.clone()

    def kept(self, a: Tensor) -> Tensor:
        return a  # autograd itself refuses to go back over what was written into

    def adopt(self, layer: Any) -> None:
        torch_module.adopt(layer, torch_module.LayerModule)

    def join(self, model: Any, layers: Sequence[Any]) -> None:
        torch_module.adopt(model, torch_module.SequentialModule)
        model._join(layers)

    def register(self, layer: Any, arrays: Params) -> None:
        for name, a in arrays.items():
            layer.register_parameter(name, a)

    def watch(self) -> "Watch":
        return Watch()

    def version(self, arrays: Sequence[Tensor], watch: "Watch | None" = None) -> list[int] | None:
        """Torch's counts of the changes in place; of a layer's parameters, which have a watch, a number of each too.

        Optimisers with ``fused=True``, and what writes through ``.data``, do not raise the counts.
        """
        if torch.is_inference_mode_enabled() or transformed() or (arrays and arrays[-1].is_inference()):
            return None  # nothing is counted there
        found = [a._version for a in arrays]
        return found if watch is None or self.device != "cpu" else found + watch.look(arrays)

    def holds(self, a: Tensor) -> bool:
        """Whether a tensor is where this computes, and in its precision."""
        there = a.device
        return a.dtype is self.torch_dtype and there.type == self.where.type and self.where.index in (None, there.index)

    def readable(self) -> bool:
        """On an accelerator it would be waited for; inside torch.func's transforms there are none."""
        return self.device == "cpu" and not transformed()

    def stack(self, layer: Any) -> Stack:
        fused = [functions for cell, *functions in FUSED if cell is layer.cell]
        if fused:
            return TorchStack(layer, *fused[0])
        return TorchScan(layer) if layer.cell is mingru else TorchLoop(layer)


def found_device(device: str, dtype: np.dtype[Any]) -> str:
    """The device to use; "auto" is CUDA or MPS where one has the dtype. A ValueError says what there is."""
    there = ["cpu"]
    if torch.cuda.is_available():
        there += ["cuda", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        there += ["mps"]
    if device == "auto":
        best = there[1] if len(there) > 1 else "cpu"
        return "cpu" if best == "mps" and dtype == np.float64 else best
    if device not in there:
        raise ValueError(f"device is {device!r}, but this machine has {', '.join(there)}. 'auto' takes the best.")
    return device


class Watch:
    """What a layer remembers of its parameters: which were sound, and how to read a number of each."""

    def __init__(self) -> None:
        self.sound: tuple[tuple[Tensor, ...], Any] = ((), None)
        self.places: list[tuple[int, Callable[[], int]]] = []

    def knows(self, arrays: tuple[Tensor, ...], version: Any) -> bool:
        """Whether these very parameters, in this version, were sound."""
        known, then = self.sound
        return version is not None and version == then and all(map(operator.is_, arrays, known))

    def look(self, arrays: Sequence[Tensor]) -> list[int]:
        """The bits of the number in the middle of each parameter on a CPU, wherever its memory is by now."""
        self.places += [(0, int)] * (len(arrays) - len(self.places))
        for k, own in enumerate(arrays):
            if (at := own.data_ptr()) != self.places[k][0]:  # share_memory_() or .data = ... may have moved it
                numbers = own.detach().view(getattr(torch, f"int{8 * own.itemsize}")).numpy().reshape(-1)
                self.places[k] = at, partial(numbers.item, len(numbers) // 2)
        return [read() for _, read in self.places]

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy of a layer has other parameters."""
        return Watch, ()


class TorchLoop(Stack):
    """A cell that torch.nn has not: its own steps, in a loop. ``backward`` is the cell's adjoint."""

    def forward(self, k: int, xs: Tensor, start: State, mask: Any, used: Used) -> Record:
        return super().forward(k, xs, start, self._mask(mask), used)

    def backward(self, k: int, record: Record, d_h: Tensor, d_end: State, mask: Any, window: int | None) -> Back:
        with torch.no_grad():
            return super().backward(k, record, d_h, d_end, self._mask(mask), window)

    def trace(self, k: int, record: Record) -> dict[str, Array]:
        return _shown(record, {name: a.detach() for name, a in super().trace(k, record).items()})

    def _mask(self, mask: Any) -> Array:
        return mask if mask is None else self.layer._backend.booleans(mask)


class TorchScan(TorchLoop):
    """The minGRU, whose h is linear in the h before: all its steps at once, in both directions."""

    def _unroll(self, p: Params, xs: Tensor, start: State, mask: Any) -> tuple[State, mingru.Trace]:
        _, trace = mingru.step(p, project(mingru, p, xs), start)
        keep, new = _held(1 - trace.z, trace.z * trace.n, mask)
        scan = mingru.scan if torch.is_grad_enabled() else blocked_scan  # autograd takes nothing that is overwritten
        return (torch.cat([start[0][None], scan(keep, new, start[0])]),), trace

    def _bptt(
        self, p: Params, kept: Direction, d_hs: Tensor, d_final: State | None, mask: Any, window: int | None
    ) -> tuple[Params, Tensor, State, Tensor]:
        """∂L/∂h_t = d_hs_t + keep_{t+1} ⊙ ∂L/∂h_{t+1}: the same scan from the end. A window keeps nothing at a cut."""
        xs, (h,), trace = kept
        keep, _ = _held(1 - trace.z, trace.z, mask)
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
                weights = [_of_this_call(w) for w in weights]
            xs, *start_own = [_of_this_call(a) for a in (xs, *start)]
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
            return _shown(record, {name: _tensor(a) for name, a in super().trace(k, record).items()})

    def _by_hand(self, k: int, record: Record, d_h: Tensor, d_end: State, mask: Any, window: int | None) -> Back:
        record.check()
        with torch.no_grad():
            d_end, mask = tuple(self._plain(d) for d in d_end), self._mask(mask)
            back = super().backward(k, record, self._plain(d_h), d_end, mask, window)
            params = {name: _tensor(d) for name, d in back.params.items()}
            totals = {name: _tensor(d) for name, d in back.totals.items()}
            return Back(params, _tensor(back.xs), tuple(_tensor(d) for d in back.start), totals)

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
        c, trace = (lstm_replay if self.on_cpu else _lstm_replay)(p, xs, h, start[1], self._mask(mask))
        return Direction(xs, (h, c), trace)

    def _plain(self, a: Array) -> Array:
        """Without a graph, and on a CPU as a NumPy array on the same memory."""
        return to_numpy(a) if self.on_cpu else a.detach()

    def _mask(self, mask: Any) -> Array:
        return mask if mask is None or self.on_cpu else self.layer._backend.booleans(mask)

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
            h, end = self._run_to_ends(_rows(xs, plan.read), begin, own, plan.lengths)
            outputs.append(_rows(h, plan.write))
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
            holds: Tensor = self.layer._backend.zeros((4, self.layer.hidden_size, 1)) + SHUTS.to(self.layer.device)
            return holds.flatten(0, 1)

    def _put_side_by_side(self, module: Any) -> None:
        """The weights of each layer in one block of memory, as cuDNN wants them."""
        options = {"bidirectional": self.layer.num_directions == 2, "bias": self.layer.bias, "device": "meta"}
        for k, names in enumerate(self.names):
            made = module(self.layer.sizes()[f"_l{k}"], self.layer.hidden_size, **options)
            for name in names:
                setattr(made, name.replace(f"_l{k}", "_l0"), self.layer.params[name])
            made.flatten_parameters()


SHUTS = torch.tensor([-1e4, 1e4, 0, 0])[:, None, None]  # σ(-1e4) is 0 and σ(1e4) is 1, whatever a network adds


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


def _rows(a: Tensor, rows: Any) -> Tensor:
    """The steps of a (T, N, K) that a plan names."""
    return a if rows is None else flat(a).index_select(0, rows.to(a.device)).reshape(-1, *a.shape[1:])


def _for_autograd(a: Tensor) -> Tensor:
    """A copy of what inference mode made, which autograd knows nothing of, and else ``a``."""
    return a.clone() if a.is_inference() and not torch.is_inference_mode_enabled() else a


def _tensor(a: Array) -> Tensor:
    if isinstance(a, Tensor):
        return a
    return torch.from_numpy(a.copy() if min(a.strides, default=0) < 0 else a)  # none has a negative stride in Torch


def _shown(record: Record, named: dict[str, Tensor]) -> dict[str, Array]:
    """What the trace shows, remembered by the record, whose memory it is."""
    backend = record.stack.layer._backend
    record.shown += [(a, backend.version([a])) for a in named.values()]
    return named


def transformed() -> bool:
    """Whether this runs inside torch.func's grad, vmap or jacrev, where tensors have no numbers to be looked at."""
    return bool(torch._C._are_functorch_transforms_active())


def _of_this_call(a: Tensor) -> Tensor:
    """``a`` under a name of its own for autograd: what else ``a`` goes into, or comes from, is not differentiated.

    A state that an earlier call ended with leads back to the same weights; only this call's share is asked for.
    """
    if not torch.is_grad_enabled():
        return a.detach()
    return a.view_as(a) if a.requires_grad else a.detach().requires_grad_()


def _lstm_replay(p: Params, xs: Tensor, h: Tensor, c0: Tensor, mask: Any) -> tuple[Tensor, lstm.Trace]:
    """All cells (T+1, N, H) and the trace, from xs (T, N, I) and all hidden states (T+1, N, H)."""
    all_gates = gates(project(lstm, p, xs) + h[:-1] @ p["weight_hh"].T, "ssts")  # (T, N, 4H)
    i, f, g, _ = split(all_gates, 4)
    c = blocked_scan(*_held(f, i * g, mask), c0)
    return torch.cat([c0[None], c]), lstm.Trace(
        all_gates, tanh(c) if mask is None else tanh(f * _before(c, c0) + i * g)
    )


def _held(keep: Tensor, new: Tensor, mask: Any) -> tuple[Tensor, Tensor]:
    """1 and 0 where the mask is False: the state stays."""
    if mask is None:
        return keep, new
    return torch.where(mask[..., None], keep, 1), torch.where(mask[..., None], new, 0)


def _before(c: Tensor, c0: Tensor) -> Tensor:
    return torch.cat([c0[None], c[:-1]])


def blocked_scan(keep: Tensor, new: Tensor, c: Tensor) -> Tensor:
    """c_t = keep_t ⊙ c_{t-1} + new_t for all t, (T, N, H), in about 3√T launches.

    √T steps within blocks of √T, all blocks at once; then from block to block; then each block adds what came before.
    """
    T, size = len(new), max(1, round(len(new) ** 0.5))
    fill = -T % size
    keep = torch.cat([keep, keep.new_ones(fill, *keep.shape[1:])]).reshape(-1, size, *keep.shape[1:]).clone()
    new = torch.cat([new, new.new_zeros(fill, *new.shape[1:])]).reshape(-1, size, *new.shape[1:]).clone()
    for t in range(1, size):
        new[:, t].addcmul_(keep[:, t], new[:, t - 1])
        keep[:, t].mul_(keep[:, t - 1])
    starts = []
    for keep_block, new_block in zip(keep[:, -1], new[:, -1], strict=True):
        starts.append(c)
        c = torch.addcmul(new_block, keep_block, c)
    return torch.addcmul(new, keep, torch.stack(starts)[:, None]).flatten(0, 1)[:T]
