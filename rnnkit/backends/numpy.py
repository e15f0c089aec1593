"""The NumPy backend, on the processor. Torch's backend extends it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.backends.stack import Stack
from rnnkit.cells import Params
from rnnkit.ops import Array


class Backend:
    """NumPy's arrays, on the processor."""

    name, device = "numpy", "cpu"

    def __init__(self, dtype: np.dtype[Any]):
        self.dtype = dtype

    def floats(self, name: str, a: Array) -> Array:
        """``a`` as an array of this dtype; complex numbers, text, ragged lists and tensors with a graph are refused."""
        if getattr(a, "requires_grad", False):
            hint = "this layer computes in NumPy, where no gradient flows back. Make it with backend='torch'."
            raise checks.wrong(f"{name} is a tensor that requires a gradient", "an array", hint)
        return checks.real(name, a).astype(self.dtype, copy=False)

    def padded(self, xs: Any, mask: Array) -> tuple[Any, Array]:
        """xs and the mask, where xs may be one of Torch's packed sequences."""
        if type(xs).__name__ == "PackedSequence":
            hint = "only the Torch backend reads those. Give what pad_packed_sequence returns, and a mask."
            raise checks.wrong("xs is a PackedSequence", "an array (T, N, I)", hint)
        return xs, mask

    def integers(self, name: str, a: Array) -> Array:
        """``a`` as an array of int64; numbers with a fraction are refused."""
        found = checks.real(name, a)
        if found.dtype.kind not in "iu":
            raise checks.wrong(f"{name} has dtype {found.dtype}", "indices, which are integers")
        return found.astype(np.int64, copy=False)

    def booleans(self, a: Array) -> Array:
        return a

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, self.dtype)

    def dropout_mask(self, rng: Any, shape: tuple[int, ...], share: float) -> Array:
        """0 for a ``share`` of the entries, 1 / (1 - share) for the others: the mean stays."""
        return self.floats("dropout mask", (np.random.default_rng(rng).random(shape) >= share) / (1 - share))

    def parameter(self, name: str, drawn: Array) -> Array:
        """An array of the layer's own."""
        return self.floats(name, drawn).copy()

    def copy_into(self, own: Array, value: Array) -> None:
        np.copyto(own, value)

    def apart(self, a: Array) -> Array:
        """A copy of ``a``, unless it owns its memory anyway, as it does here."""
        return a

    def kept(self, a: Array) -> Array:
        """A read-only view of ``a``, because ``backward`` reads it too."""
        a = a.view()
        a.flags.writeable = False
        return a

    def adopt(self, layer: Any) -> None:
        """Prepare a new layer for this backend."""

    def join(self, model: Any, layers: Sequence[Any]) -> None:
        """Give a Sequential its layers."""
        model.layers = tuple(layers)

    def register(self, layer: Any, arrays: Params) -> None:
        """Keep a layer's parameters."""
        layer._arrays = arrays

    def watch(self) -> Any:
        """An object that notices changes of a layer's parameters; None, because NumPy cannot tell."""
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
