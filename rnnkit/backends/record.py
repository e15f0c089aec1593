"""What a run remembers of each layer, for the trace and for the way back."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rnnkit.cells import Params, State
from rnnkit.ops import Array


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

    def check(self, backend: Any) -> None:
        """A ValueError if one of them was written into since, if the backend can tell."""
        check_version(self.version, backend.version(tuple(self.arrays.values()), self.watch))


class Record:
    """What one layer of ``stack`` did: outputs h (T, N, D*H), where it ended, (D, N, H) each, and its directions."""

    directions: tuple[Direction, ...]

    def __init__(self, stack: Any, used: Used, given: Iterable[Array], h: Array, end: State):
        self.stack, self.used = stack, used
        self.given, self.h, self.end = given, h, end  # given: xs and the start
        self.version = stack.layer.engine.version((*given, h))
        self.shown: list[tuple[Array, Any]] = []  # parts of the trace that share memory with this, and their versions

    def check(self) -> None:
        """A ValueError if what the run was computed from was written into since, if the backend can tell."""
        backend = self.stack.layer.engine
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
