"""The few functions that NumPy and Torch spell differently: the one core file that knows both."""

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

BLOCK = 1 << 17  # numbers that fit a processor's cache a few times over
Array = Any  # a numpy.ndarray or a torch.Tensor


def _torch(a: Array) -> Any:
    """The torch module if ``a`` is one of its tensors, else None. Torch is never imported here."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(a, torch.Tensor) else None


def tanh(a: Array) -> Array:
    return a.tanh() if _torch(a) else np.tanh(a)


def sigmoid(a: Array) -> Array:
    return 0.5 * tanh(0.5 * a) + 0.5  # no overflow at either end, and faster than 1 / (1 + exp(-a))


def where(mask: Array, a: Array, b: Array) -> Array:
    torch = _torch(a)
    return torch.where(mask, a, b) if torch else np.where(mask, a, b)


def zeroed(a: Array, mask: Array) -> Array:
    """``a`` where the mask, over its leading axes, is True, and 0 elsewhere, NaN or not. None: all of ``a``."""
    if mask is None:
        return a
    mask = mask.reshape(mask.shape + (1,) * (a.ndim - mask.ndim))
    return where(mask, a, zeros_like(a))


def exp(a: Array) -> Array:
    return a.exp() if _torch(a) else np.exp(a)


def log(a: Array) -> Array:
    return a.log() if _torch(a) else np.log(a)


def log1p(a: Array) -> Array:
    """log(1 + a), exact also where a is small."""
    return a.log1p() if _torch(a) else np.log1p(a)


def largest(a: Array) -> Array:
    """The maximum over the last axis, which is kept with length 1."""
    return a.amax(-1, keepdim=True) if _torch(a) else a.max(-1, keepdims=True)


def picked(a: Array, index: Array) -> Array:
    """One entry from each row of the last axis, which is kept with length 1."""
    return a.gather(-1, index[..., None]) if _torch(a) else np.take_along_axis(a, index[..., None], -1)


def take_one(a: Array, index: Array) -> None:
    """Subtract 1, in place, from one entry of each row of the last axis: a - onehot(index)."""
    if _torch(a):
        a.scatter_add_(-1, index[..., None], -a.new_ones((*index.shape, 1)))
    else:
        np.put_along_axis(a, index[..., None], picked(a, index) - 1, -1)


def softmax(a: Array) -> Array:
    """exp(a) / Σ exp(a) over the last axis; the largest is subtracted first, so that no size of ``a`` overflows."""
    e = exp(a - largest(a))
    return e / e.sum(-1, keepdims=True)


def softmax_into(out: Array, a: Array, index: Array) -> Array:
    """The softmax over the last axis, written into ``out``; returns the logarithm of one entry of each row."""
    if torch := _torch(a):
        log_p = picked(torch.log_softmax(a, -1, out=out), index)
        out.exp_()
        return log_p
    log_p = picked(np.subtract(a, largest(a), out), index)
    total = np.exp(out, out).sum(-1, keepdims=True)
    out /= total
    return log_p - np.log(total)


def zeros_like(a: Array) -> Array:
    torch = _torch(a)
    return torch.zeros_like(a) if torch else np.zeros_like(a)


def empty_like(a: Array) -> Array:
    torch = _torch(a)
    return torch.empty_like(a) if torch else np.empty_like(a)


def reverse(a: Array) -> Array:
    """The first axis, time, from its end."""
    return a.flip(0) if _torch(a) else a[::-1]


def scattered(rows: Array, index: Array, size: int) -> Array:
    """(size, K): row ``index[m]`` gets ``rows[m]`` of (M, K); those that meet are added."""
    if _torch(rows):
        return rows.new_zeros(size, rows.shape[1]).index_add_(0, index, rows)
    added = np.zeros((size, rows.shape[1]), rows.dtype)
    np.add.at(added, index, rows)
    return added


def affine(xs: Array, weight: Array, bias: Array = None) -> Array:
    """xs W^T + b over the last axis, all other axes as one: NumPy multiplies matrix by matrix where there are more."""
    if torch := _torch(xs):
        return torch.nn.functional.linear(xs, weight, bias)
    y = flat(xs) @ weight.T
    if bias is not None:
        y += bias
    return y.reshape(*xs.shape[:-1], len(weight))


def detached(a: Array) -> Array:
    """Without its history of operations: what NumPy's arrays are anyway."""
    return a.detach() if _torch(a) else a


def array_like(a: Any, like: Array) -> Array:
    """A NumPy array in the library and on the device of ``like``; floats also get its precision."""
    if torch := _torch(like):
        own = np.array(a)  # Torch takes no memory that runs backwards, and warns of what may not be written
        return torch.as_tensor(own, device=like.device, dtype=like.dtype if a.dtype.kind == "f" else None)
    return a.astype(like.dtype, copy=False) if a.dtype.kind == "f" else a


def as_dtype(a: Array, like: Array) -> Array:
    """``a`` in the precision of ``like``."""
    return a.to(like.dtype) if _torch(a) else a.astype(like.dtype, copy=False)


def in_double(a: Array) -> Array:
    """``a`` in float64, where its device has that."""
    if _torch(a):
        return a if a.device.type == "mps" else a.double()
    return a.astype(np.float64)


def to_numpy(a: Array) -> Any:
    """As a NumPy array, from wherever it is."""
    if torch := _torch(a):
        a = a.detach().cpu()
        return (a.float() if a.dtype is torch.bfloat16 else a).numpy()
    return np.asarray(a)


def in_numpy(a: Array) -> Array:
    """A tensor of floats on the processor as a NumPy array on the same memory; anything else as it is."""
    torch = _torch(a)
    return a.detach().numpy() if torch and a.is_cpu and a.dtype in (torch.float32, torch.float64) else a


def count_change(a: Array) -> None:
    """Let Torch know that ``a`` was written into through other means than its own."""
    if (torch := _torch(a)) and not a.is_inference():
        torch.autograd.graph.increment_version(a)


def isfinite_all(a: Array) -> bool:
    if torch := _torch(a):
        if not a.is_cpu:
            return bool(torch.isfinite(a).all())
        a = a.detach().numpy()
    return math.isfinite(np.vdot(a, a)) or bool(np.isfinite(a).all())  # Σ a² hides none, and is faster


def is_floating(a: Array) -> bool:
    return bool(a.is_floating_point()) if _torch(a) else isinstance(a, np.ndarray) and a.dtype.kind == "f"


def concat(parts: Sequence[Array], axis: int = -1) -> Array:
    """Side by side, along the last axis or another."""
    if len(parts) == 1:
        return parts[0]
    torch = _torch(parts[0])
    return torch.cat(list(parts), axis) if torch else np.concatenate(parts, axis)


def stack(rows: Sequence[Array]) -> Array:
    """One above the other, along a new first axis."""
    torch = _torch(rows[0])
    return torch.stack(list(rows)) if torch else np.stack(rows)


def split(a: Array, n: int) -> list[Array]:
    """The n equal blocks of the last axis, as views."""
    width = a.shape[-1] // n
    return [a[..., k * width : (k + 1) * width] for k in range(n)]


def blocks(a: Array) -> Iterator[Any]:
    """The index of each block of rows of ``a`` whose size suits a processor's cache; all of it where it fits."""
    if a.ndim == 0 or not on_processor(a) or math.prod(a.shape) <= BLOCK:
        yield ...
        return
    rows = max(1, BLOCK // math.prod(a.shape[1:]))
    yield from (slice(k, k + rows) for k in range(0, len(a), rows))


def on_processor(a: Any) -> bool:
    """Whether a number can be looked at without waiting for a GPU: Python's, NumPy's, and Torch's on the CPU."""
    return str(getattr(a, "device", "cpu")) == "cpu"


def columns(a: Array) -> Array:
    """A matrix whose memory runs down its columns, so that NumPy's product with its transpose is a tenth faster."""
    return a if _torch(a) else np.asfortranarray(a)


def flat(a: Array) -> Array:
    """All axes but the last as one: (T, N, K) becomes (T*N, K)."""
    return a.reshape(-1, a.shape[-1])


def gates(a: Array, squash: str) -> Array:
    """Sigmoid ("s") or tanh ("t") of each block of the last axis, in one tanh: σ(a) = tanh(a/2)/2 + 1/2."""
    scale = _gate_scale(a, squash)
    return tanh(a * scale) * scale + (1 - scale)


_scales: dict[tuple[Any, ...], Array] = {}


def _gate_scale(a: Array, squash: str) -> Array:
    """1/2 on the blocks of a sigmoid, 1 on those of a tanh; kept, because every step asks for it."""
    key = (squash, a.shape[-1], a.dtype, getattr(a, "device", None))
    if key not in _scales:
        scale = np.repeat([0.5 if s == "s" else 1.0 for s in squash], a.shape[-1] // len(squash))
        if torch := _torch(a):
            with torch.inference_mode(False):  # kept for other calls, which may want gradients
                _scales[key] = torch.as_tensor(scale, dtype=a.dtype, device=a.device)
        else:
            _scales[key] = scale.astype(a.dtype)
    return _scales[key]


class Rows:
    """T arrays of one shape, kept in order: NumPy writes them into one block, Torch stacks them for autograd."""

    def __init__(self, T: int):
        self.rows: list[Array] = [None] * T
        self.block: Array = None

    def put(self, t: int, a: Array) -> None:
        if _torch(a):
            self.rows[t] = a
            return
        if self.block is None:
            self.block = np.empty((len(self.rows), *a.shape), a.dtype)
        self.block[t] = a

    @property
    def array(self) -> Array:
        return stack(self.rows) if self.block is None else self.block
