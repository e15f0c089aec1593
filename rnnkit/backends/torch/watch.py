"""How a layer on Torch notices that its parameters changed."""

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

Tensor = torch.Tensor


class Watch:
    """A layer's memory of its parameters: which were finite, and where to read one number of each."""

    def __init__(self) -> None:
        self.sound: tuple[tuple[Tensor, ...], Any] = ((), None)
        self.places: list[tuple[int, Callable[[], int]]] = []

    def knows(self, arrays: tuple[Tensor, ...], version: Any) -> bool:
        """Whether these very parameters, in this version, were found to be finite."""
        known, then = self.sound
        return version is not None and version == then and all(map(operator.is_, arrays, known))

    def look(self, arrays: Sequence[Tensor]) -> list[int]:
        """The bits of the middle number of each parameter on a CPU. Its memory may have moved."""
        self.places += [(0, int)] * (len(arrays) - len(self.places))
        for k, own in enumerate(arrays):
            if (at := own.data_ptr()) != self.places[k][0]:  # share_memory_() or .data = ... may have moved it
                numbers = own.detach().view(getattr(torch, f"int{8 * own.itemsize}")).numpy().reshape(-1)
                self.places[k] = at, partial(numbers.item, len(numbers) // 2)
        return [read() for _, read in self.places]

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy of a layer has other parameters."""
        return Watch, ()
