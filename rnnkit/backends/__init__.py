"""What computes: NumPy, or Torch on a device. Whoever needs one asks for it by name."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.backends.numpy import Backend
from rnnkit.extras import needed

__all__ = ["Backend", "backend"]


def backend(name: str, device: str, dtype: Any) -> Backend:
    """The backend of that name; dtype None is each library's own default, float64 in NumPy and float32 in Torch."""
    device_hint = "Is it a device? Give it as device=..." if str(name).startswith(("cuda", "cpu", "mps")) else ""
    checks.one_of("backend", name, ("numpy", "torch"), device_hint)
    wanted = _dtype(dtype if dtype is not None else {"numpy": "float64", "torch": "float32"}[name])
    if name == "torch":
        needed("torch")
        from rnnkit.backends.torch.tensors import TorchBackend

        return TorchBackend(device, wanted)
    if str(device) not in ("auto", "cpu"):
        raise checks.wrong(f"device is {device!r}", "'cpu'", "NumPy runs there alone. Use backend='torch'.")
    return Backend(wanted)


def _dtype(dtype: Any) -> np.dtype[Any]:
    try:
        found = np.dtype(str(dtype).removeprefix("torch.") if "torch" in str(dtype) else dtype)
    except TypeError:
        raise checks.wrong(f"dtype is {dtype!r}", "float64 or float32") from None
    if found.name not in ("float64", "float32"):
        raise checks.wrong(f"dtype is {found}", "a floating one: float64 or float32")
    return np.dtype(found.name)  # in this machine's order of bytes
