"""Where a layer's numbers live and what runs its steps: NumPy's side, which Torch's (torch_backend.py) extends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params, State
from rnnkit.extras import needed
from rnnkit.kernels import fits, lstm_bptt, lstm_unroll
from rnnkit.ops import Array, concat, reverse, split, stack
from rnnkit.trace import by_name
from rnnkit.unroll import bptt, unroll


class Direction(NamedTuple):
    """What one layer saw and kept in one direction, in the order in which it read: all that BPTT needs."""

    xs: Array
    states: State
    trace: Any


class Used(NamedTuple):
    """The parameters that a call computes with, by name, and which version of them."""

    arrays: Params
    version: Any = None
    watch: Any = None

    def check(self, backend: "Backend") -> None:
        """A ValueError if one of them was written into since, if the backend can tell."""
        check_version(self.version, backend.version(tuple(self.arrays.values()), self.watch))


class Record:
    """What one layer of ``stack`` did: outputs h (T, N, D*H), where it ended, (D, N, H) each, and its directions."""

    directions: tuple[Direction, ...]

    def __init__(self, stack: "Stack", used: Used, given: Iterable[Array], h: Array, end: State):
        self.stack, self.used = stack, used
        self.given, self.h, self.end = given, h, end  # given: xs and the start
        self.version = stack.layer._backend.version((*given, h))
        self.shown: list[tuple[Array, Any]] = []  # parts of the trace that share memory with this, and their versions

    def check(self) -> None:
        """A ValueError if what the run was computed from was written into since, if the backend can tell."""
        backend = self.stack.layer._backend
        self.used.check(backend)
        check_version(self.version, backend.version((*self.given, self.h)))
        for a, version in self.shown:
            check_version(version, backend.version([a]))


def check_version(then: Any, now: Any) -> None:
    """A ValueError unless the two are the same, or one of them is None."""
    if now != then and now is not None and then is not None:
        raise ValueError(
            "a weight, the input, the start, h or a gate of this run was changed in place since, and gradients and "
            "gates are computed from those. Call backward, and look at the trace, before the optimiser's step."
        )


class Back(NamedTuple):
    """The way back through one layer: gradients of its parameters, inputs and start, and the total ∂L/∂h_t."""

    params: Params
    xs: Array
    start: State
    totals: Mapping[str, Array]


class Lazily(Mapping[str, Array]):
    """A dict of arrays that is made when someone first looks into it."""

    def __init__(self, make: Callable[[], dict[str, Array]]):
        self._make, self._made = make, None  # type: tuple[Callable[[], dict[str, Array]], dict[str, Array] | None]

    def _all(self) -> dict[str, Array]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Array:
        if name not in self._all():
            raise KeyError(f"{name}; there are {', '.join(self._all())}")
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return shapes_of(self._made) if self._made is not None else "{computed when it is first looked at}"


class Backend:
    """NumPy's arrays, on the processor."""

    name, device = "numpy", "cpu"

    def __init__(self, dtype: np.dtype[Any]):
        self.dtype = dtype

    def floats(self, name: str, a: Array) -> Array:
        """``a`` as an array of this dtype; complex numbers, text and ragged lists are refused."""
        return checks.real(name, a).astype(self.dtype, copy=False)

    def padded(self, xs: Any, mask: Array) -> tuple[Any, Array]:
        """xs and the mask, where xs may be one of Torch's packed sequences."""
        if type(xs).__name__ == "PackedSequence":
            raise ValueError(
                "xs is a PackedSequence, expected an array (T, N, I): only the Torch backend reads those. Give what "
                "pad_packed_sequence returns, and a mask."
            )
        return xs, mask

    def integers(self, name: str, a: Array) -> Array:
        """``a`` as an array of int64; numbers with a fraction are refused."""
        found = checks.real(name, a)
        if found.dtype.kind not in "iu":
            raise ValueError(f"{name} has dtype {found.dtype}, but indices are expected, which are integers.")
        return found.astype(np.int64, copy=False)

    def booleans(self, a: Array) -> Array:
        return a

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, self.dtype)

    def parameter(self, name: str, drawn: Array) -> Array:
        """An array of the layer's own."""
        return self.floats(name, drawn).copy()

    def copy_into(self, own: Array, value: Array) -> None:
        np.copyto(own, value)

    def apart(self, a: Array) -> Array:
        """``a`` in memory of its own; here a stack's ends are."""
        return a

    def kept(self, a: Array) -> Array:
        """``a``, which the way back reads too, for a caller who may not write into it."""
        a = a.view()
        a.flags.writeable = False
        return a

    def adopt(self, layer: Any) -> None:
        """Give a layer that is being made what it needs here."""

    def join(self, model: Any, layers: Sequence[Any]) -> None:
        """Give a Sequential its layers."""
        model.layers = tuple(layers)

    def register(self, layer: Any, arrays: Params) -> None:
        """Keep a layer's parameters."""
        layer._arrays = arrays

    def watch(self) -> Any:
        """What remembers of a layer's parameters whether they changed; NumPy cannot tell."""
        return None

    def version(self, arrays: Sequence[Array], watch: Any = None) -> Any:
        """What changes whenever one of these is written into; None if the backend cannot tell. A result is last."""
        return None

    def check(self, arrays: Params) -> None:
        """A ValueError unless all of a layer's parameters are finite; on an accelerator they are not looked at."""
        for name, a in arrays.items() if self.readable() else ():
            checks.weight(name, a)

    def readable(self) -> bool:
        """Whether numbers can be looked at here and now."""
        return True

    def stack(self, layer: Any) -> "Stack":
        return Stack(layer)


class Parameters(MutableMapping[str, Array]):
    """A layer's parameters by name. What is assigned is checked, converted and copied in: the arrays stay the same."""

    def __init__(self, layer: Any):
        self._layer = layer

    def __getitem__(self, name: str) -> Array:
        if name not in self._layer._names:
            raise KeyError(f"{name}; there are {', '.join(self)}")
        return self._layer._array(name)

    def __setitem__(self, name: str, value: Array) -> None:
        self.fill(name, self.fitting(name, value))

    def update(self, *values: Any, **named: Array) -> None:
        """Assign all of these, or, where one does not fit, none."""
        fill_all([(self, name, value) for name, value in dict(*values, **named).items()])

    def fitting(self, name: str, value: Array) -> Array:
        """The value as this backend has it. A ValueError unless there is such a parameter, and it has that shape."""
        if name not in self._layer._names:
            raise ValueError(f"{name} is no parameter of this layer; it has {', '.join(self)}. Is it misspelt?")
        value = self._layer._backend.floats(name, value)
        came, wanted = tuple(value.shape), tuple(self._layer._own_array(name).shape)
        if came != wanted:
            raise ValueError(f"{name} has shape {came}, but {wanted} is expected{self._layer._hint(name, came)}")
        return value

    def fill(self, name: str, value: Array) -> None:
        """Copy in what is fitting."""
        self._layer._backend.copy_into(self[name], value)

    def __delitem__(self, name: str) -> None:
        raise ValueError(f"{name} cannot be removed: a layer has the parameters that it was made with.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._layer._names)

    def __len__(self) -> int:
        return len(self._layer._names)

    def __repr__(self) -> str:
        return shapes_of(self)


def fill_all(values: Sequence[tuple[Parameters, str, Array]]) -> None:
    """Assign values to layers' parameters: all of them, or, where one does not fit, none."""
    fitting = [(params, name, params.fitting(name, value)) for params, name, value in values]
    for params, name, value in fitting:
        params.fill(name, value)


def shapes_of(arrays: Mapping[str, Array]) -> str:
    return "{" + ", ".join(f"{name}: {tuple(a.shape)}" for name, a in arrays.items()) + "}"


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
        if fits(self.cell, xs, mask):
            return lstm_unroll(p, xs, start)
        return unroll(self.cell, p, xs, start, mask)

    def _bptt(
        self, p: Params, kept: Direction, d_hs: Array, d_final: State | None, mask: Array, window: int | None
    ) -> tuple[Params, Array, State, Array]:
        if fits(self.cell, kept.xs, mask):
            return lstm_bptt(p, *kept, d_hs, d_final, window)
        return bptt(self.cell, p, *kept, d_hs, d_final, mask, window)


def backend(name: str, device: str, dtype: Any) -> Backend:
    """The backend of that name; dtype None is each library's own default, float64 in NumPy and float32 in Torch."""
    if name not in ("numpy", "torch"):
        hint = " Is it a device? Give it as device=..." if str(name).startswith(("cuda", "cpu", "mps")) else ""
        raise ValueError(f"backend is {name!r}, but 'numpy' or 'torch' is expected.{hint}")
    wanted = _dtype(dtype if dtype is not None else {"numpy": "float64", "torch": "float32"}[name])
    if name == "torch":
        needed("torch")
        from rnnkit import torch_backend

        return torch_backend.TorchBackend(device, wanted)
    if str(device) not in ("auto", "cpu"):
        raise ValueError(f"device is {device!r}, but NumPy runs on the cpu alone. Use backend='torch'.")
    return Backend(wanted)


def _dtype(dtype: Any) -> np.dtype[Any]:
    try:
        found = np.dtype(str(dtype).removeprefix("torch.") if "torch" in str(dtype) else dtype)
    except TypeError:
        raise ValueError(f"dtype is {dtype!r}, but float64 or float32 is expected.") from None
    if found.name not in ("float64", "float32"):
        raise ValueError(f"dtype is {found}, but a floating one is expected: float64 or float32.")
    return np.dtype(found.name)  # in this machine's order of bytes
