"""What makes a layer on Torch a torch.nn.Module: its class is joined with Torch's when the layer is made.

The parameters are the module's own, and are read from it at every call. So whatever Torch puts in their place computes:
``load_state_dict(assign=True)``, ``functional_call``, a parametrization, a copy's or an average's.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Self

import numpy as np
import torch

from rnnkit import checks
from rnnkit.backends.record import Seen, Used


class Module(torch.nn.Module):
    """Stands before a layer's own class, or a Sequential's. A new one is in eval mode."""

    kind: Any  # the class without Torch's
    mixed: Any  # which of the two below was joined with it
    __getstate__: Any  # object's, which torch.nn.utils.parametrize overrides to refuse a pickle

    def to(self, *where_to: Any, **named: Any) -> Self:
        """With a backend: a copy there, as the layer's own ``to`` gives it. Without: torch.nn.Module's, in place."""
        if "backend" in named or (where_to and where_to[0] in ("numpy", "torch")):
            moved: Self = self.kind.to(self, *where_to, **named)
            return moved
        if (dtype := named.get("dtype")) is not None and not isinstance(dtype, torch.dtype):
            named["dtype"] = getattr(torch, np.dtype(dtype).name)
        return super().to(*where_to, **{name: value for name, value in named.items() if value is not None})

    def __repr__(self) -> str:
        return str(self.kind.__repr__(self))

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: a for name, a in self.__getstate__().items() if name != "_stack"}  # that one knows its layer
        return blank, (self.kind, self.mixed), state


class LayerModule(Module):
    """A layer whose parameters are a module's."""

    engine: Any
    _place: Any
    _watch: Any
    _names: tuple[str, ...]

    def _array(self, name: str) -> Any:
        own = self._parameters.get(name)
        return own if own is not None else getattr(self, name)  # a parametrization's or a pruning's

    def _tie(self, name: str, array: Any) -> None:
        self._parameters[name] = array

    def _own_array(self, name: str) -> Any:
        if name not in self._parameters:
            raise checks.wrong(
                f"{name} is computed from other parameters",
                "one of this layer's own",
                "assign to those that its parametrization or pruning reads.",
            )
        return self._parameters[name]

    def _drawing(self, rng: Any) -> Any:
        """The generator that draws dropout: the given one; else, in train mode, one seeded by Torch's; else None."""
        if rng is None and self.training:
            return np.random.default_rng(int(torch.randint(2**63 - 1, ())))
        return rng

    def _in_use(self) -> Used:
        """The parameters of a call, which from now on is computed where they are, and in their precision."""
        own, watch = self._parameters, self._watch
        arrays: dict[str, Any] = {n: own[n] if n in own else getattr(self, n) for n in self._names}
        found = tuple(arrays.values())
        version = self.engine.version(found, watch)
        if not watch.knows(found, version):
            if not self.engine.holds(found[0]):
                self._move(found[0].device, found[0].dtype)
            self.engine.check(arrays)
            watch.sound = found, version
        return Used(arrays, Seen(self.engine, found, watch, version))

    def _move(self, device: torch.device, dtype: torch.dtype) -> None:
        if dtype not in (torch.float32, torch.float64):
            raise checks.wrong(
                f"this layer would have {dtype}",
                "float32 or float64",
                "for speed in half precision, run it under torch.autocast.",
            )
        name = device.type if device.type == "mps" else str(device)
        self._place(type(self.engine)(name, np.dtype(str(dtype).removeprefix("torch."))))

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        """What to(), double(), cuda() and share_memory() do to every tensor."""
        there = fn(self.engine.zeros(()))
        self._move(there.device, there.dtype)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def _load_from_state_dict(self, *given: Any) -> None:
        super()._load_from_state_dict(*given)
        if self._names:
            self._in_use()


class SequentialModule(Module):
    """A Sequential whose layers are a module's children, named as torch.nn.Sequential names them."""

    @property
    def layers(self) -> tuple[Any, ...]:
        return tuple(self._modules.values())

    def _join(self, layers: Sequence[Any]) -> None:
        for number, layer in enumerate(layers):
            self.add_module(str(number), layer)
        self.register_load_state_dict_post_hook(_tie_again)  # type: ignore[no-untyped-call]


def _tie_again(model: Any, keys: Any) -> None:
    """After ``load_state_dict(assign=True)``, which gives every name a tensor of its own."""
    model.tie()


def adopt(made: Any, mixed: Any) -> None:
    """Make an object of one of rnnkit's classes a torch.nn.Module too."""
    kind: Any = made.kind
    made.__class__ = joined(kind, mixed)
    torch.nn.Module.__init__(made)
    made.training = False


@cache
def joined(kind: Any, mixed: Any) -> type[Module]:
    """The two classes as one, under the name of the first, whose call becomes the module's ``forward``."""
    named = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(kind.__name__, (mixed, kind), named | {"kind": kind, "mixed": mixed, "forward": kind.__call__})


def blank(kind: Any, mixed: Any) -> Any:
    """An object of that class before its state is copied or unpickled into it."""
    made = joined(kind, mixed)
    return made.__new__(made)
