"""The base of every layer: it keeps parameters by name on a backend and a device, and moves to another one."""

from collections.abc import Collection, Mapping
from typing import Any, Self

from rnnkit import backends
from rnnkit.backends import Backend
from rnnkit.backends.record import Seen, Used
from rnnkit.cells import Params
from rnnkit.layers.parameters import Parameters
from rnnkit.ops import Array, to_numpy


class Layer:
    """A layer has parameters by name, on a backend and a device, and can move to another one."""

    in_a_row = True  # whether it can stand in a Sequential
    over_time = False  # whether it makes one vector of a sequence
    _names: tuple[str, ...] = ()  # of the parameters

    def __init__(self, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        self._place(backends.backend(backend, device, dtype))
        self.engine.adopt(self)

    def _place(self, engine: Backend) -> None:
        """Compute with this backend from now on."""
        self.engine, self._watch = engine, engine.watch()
        self.backend, self.device, self.dtype = engine.name, engine.device, engine.dtype

    def _own(self, drawn: Params) -> None:
        """Take these initial values as the layer's parameters."""
        self._names = tuple(drawn)
        self.engine.register(self, {name: self.engine.parameter(name, a) for name, a in drawn.items()})

    @property
    def kind(self) -> type:
        """The layer's class. With Torch, which joins it with torch.nn.Module, the class as it stands here."""
        return type(self)

    @property
    def params(self) -> Parameters:
        """The parameters by name; what is assigned is copied into them."""
        return Parameters(self)

    @params.setter
    def params(self, values: Mapping[str, Array]) -> None:
        self.params.update(values)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, without backend, device and rng; JSON can hold them."""
        return {"dtype": self.dtype.name}

    def to(self, backend: str | None = None, device: str | None = None, dtype: Any = None) -> Self:
        """The same layer with the same weights elsewhere.

        Parameters
        ----------
        backend : "numpy" or "torch", optional
            This one's if left out.
        device : str, optional
            As in the constructor; left out: this one's, or "auto" on another backend.
        dtype : numpy dtype, optional
            This one's if left out.

        Raises
        ------
        ValueError
            If there is no such backend or device; the message says what is there.
        """
        stays = backend in (None, self.backend)
        where_to = {"backend": backend or self.backend, "device": device or (self.device if stays else "auto")}
        config = self.config() | where_to | {"dtype": dtype or self.dtype}
        moved: Self = made_with(self.kind, config, self.params, self._frozen())
        return moved

    def __repr__(self) -> str:
        made = ", ".join(f"{name}={value!r}" for name, value in self.config().items() if name != "dtype")
        return f"{type(self).__name__}({made}) on {self.backend}, {self.device}, {self.dtype}"

    def __reduce__(self) -> tuple[Any, ...]:
        """For copy and pickle: what it was made with, its weights, and which of them are frozen."""
        config = self.config() | {"backend": self.backend, "device": self.device}
        return made_with, (type(self), config, {k: to_numpy(a) for k, a in self.params.items()}, self._frozen())

    def _frozen(self) -> list[str]:
        return [name for name, a in self.params.items() if not getattr(a, "requires_grad", True)]

    def _hint(self, name: str, came: tuple[int, ...]) -> str:
        """The hint that ends an error about a parameter's shape."""
        return ""

    def _array(self, name: str) -> Array:
        """A parameter, as it is now."""
        arrays: Params = self._arrays  # type: ignore[attr-defined]
        return arrays[name]

    def _tie(self, name: str, array: Array) -> None:
        """Let a parameter be another layer's."""
        self._arrays[name] = array  # type: ignore[attr-defined]

    def _own_array(self, name: str) -> Array:
        """A parameter that may be written into."""
        return self._array(name)

    def _drawing(self, rng: Any) -> Any:
        """The generator that draws dropout: the one that was given, or None."""
        return rng

    def _in_use(self) -> Used:
        """The parameters of a call. All must be finite, or a ValueError says so; on an accelerator nobody looks."""
        arrays = {name: self._array(name) for name in self._names}
        self.engine.check(arrays)
        return Used(arrays, Seen(self.engine, tuple(arrays.values())))


def made_with(kind: Any, config: dict[str, Any], params: Mapping[str, Array], frozen: Collection[str]) -> Any:
    """A layer of that class with a copy of those weights."""
    layer = kind(**config)
    layer.params.update(params)
    for name in frozen if layer.backend == "torch" else ():
        layer.params[name].requires_grad_(False)
    return layer
