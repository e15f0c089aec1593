"""The Torch backend: tensors, on a device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnkit import checks
from rnnkit.backends.numpy import Backend
from rnnkit.backends.stack import Stack
from rnnkit.backends.torch import module
from rnnkit.backends.torch.fused import FUSED, TorchStack
from rnnkit.backends.torch.graph import for_autograd, transformed
from rnnkit.backends.torch.steps import TorchLoop, TorchScan
from rnnkit.backends.torch.watch import Watch
from rnnkit.cells import Params, mingru
from rnnkit.ops import Array

Tensor = torch.Tensor


class TorchBackend(Backend):
    """Torch's tensors, on a device."""

    name = "torch"

    def __init__(self, device: str, dtype: np.dtype[Any]):
        super().__init__(dtype)
        self.device = found_device(str(device), dtype)
        if self.device.startswith("mps") and dtype == np.float64:
            raise checks.wrong("dtype is float64", "float32", "MPS has no more. Give dtype='float32', or device='cpu'.")
        self.torch_dtype = {"float64": torch.float64, "float32": torch.float32}[dtype.name]
        self.where = torch.device(self.device)

    def floats(self, name: str, a: Any) -> Tensor:
        if not isinstance(a, Tensor) or a.is_complex():
            a = torch.from_numpy(np.array(super().floats(name, a)))
        found = for_autograd(a)
        if found.dtype is self.torch_dtype and found.is_cpu and self.device == "cpu":
            return found
        return found.to(self.device, self.torch_dtype)

    def padded(self, xs: Any, mask: Any) -> tuple[Any, Any]:
        if not isinstance(xs, PackedSequence):
            return xs, mask
        if mask is not None:
            raise checks.wrong("mask came with a PackedSequence", "None", "the lengths are in the sequence.")
        found, lengths = pad_packed_sequence(xs)
        return found, np.arange(len(found))[:, None] < lengths.numpy()

    def integers(self, name: str, a: Any) -> Tensor:
        if not isinstance(a, Tensor) or a.dtype.is_floating_point or a.is_complex() or a.dtype == torch.bool:
            a = torch.from_numpy(np.array(super().integers(name, a)))
        return for_autograd(a).to(self.device, torch.int64)

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
        return a  # autograd itself refuses a changed array

    def adopt(self, layer: Any) -> None:
        module.adopt(layer, module.LayerModule)

    def join(self, model: Any, layers: Sequence[Any]) -> None:
        module.adopt(model, module.SequentialModule)
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
            return None  # Torch counts nothing there
        found = [a._version for a in arrays]
        return found if watch is None or self.device != "cpu" else found + watch.look(arrays)

    def holds(self, a: Tensor) -> bool:
        """Whether a tensor is on this device and in this precision."""
        there = a.device
        return a.dtype is self.torch_dtype and there.type == self.where.type and self.where.index in (None, there.index)

    def readable(self) -> bool:
        """Not on an accelerator, which would have to be waited for, nor inside torch.func's transforms."""
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
        raise checks.wrong(
            f"device is {device!r}", "one that this machine has", f"{', '.join(there)}. 'auto' takes the best."
        )
    return device
