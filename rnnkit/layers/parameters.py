"""A layer's parameters by name."""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from rnnkit import checks
from rnnkit.backends.lazily import shapes_of
from rnnkit.ops import Array, detached


class Parameters(MutableMapping[str, Array]):
    """A layer's parameters by name. What is assigned is checked, converted and copied in: the arrays stay the same."""

    def __init__(self, layer: Any):
        self._layer = layer

    def __getitem__(self, name: str) -> Array:
        if name not in self._layer._names:
            raise KeyError(f"{name}, expected one of {', '.join(self)}")
        return self._layer._array(name)

    def __setitem__(self, name: str, value: Array) -> None:
        self.fill(name, self.fitting(name, value))

    def update(self, *values: Any, **named: Array) -> None:
        """Assign all of these, or, where one does not fit, none."""
        fill_all([(self, name, value) for name, value in dict(*values, **named).items()])

    def fitting(self, name: str, value: Array) -> Array:
        """The value as this backend has it. A ValueError names a parameter that is unknown or has another shape."""
        if name not in self._layer._names:
            names = ", ".join(self) or "none"
            raise checks.wrong(f"{name} is no parameter of this layer", f"one of {names}", "Is it misspelt?")
        value = self._layer.engine.floats(name, detached(value))
        wanted, hint = tuple(self._layer._own_array(name).shape), self._layer._hint(name, tuple(value.shape))
        checks.shape(name, value, wanted, hint)
        return value

    def fill(self, name: str, value: Array) -> None:
        """Copy in what is fitting."""
        self._layer.engine.copy_into(self[name], value)

    def __delitem__(self, name: str) -> None:
        raise kept(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layer._names)

    def __len__(self) -> int:
        return len(self._layer._names)

    def __repr__(self) -> str:
        return shapes_of(self)


def kept(name: str) -> ValueError:
    """The error where someone wants to remove a parameter."""
    return checks.wrong(f"{name} was to be removed", "a layer to keep the parameters that it was made with")


def fill_all(values: Sequence[tuple[Parameters, str, Array]]) -> None:
    """Assign values to layers' parameters: all of them, or, where one does not fit, none."""
    fitting = [(params, name, params.fitting(name, value)) for params, name, value in values]
    for params, name, value in fitting:
        params.fill(name, value)
