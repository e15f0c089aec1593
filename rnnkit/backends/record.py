"""What a run remembers of each layer, for the trace and for ``backward``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rnnkit import checks
from rnnkit.cells import Params, State
from rnnkit.ops import Array


class Direction(NamedTuple):
    """One layer's input, states and trace in one direction, in reading order: all that BPTT needs."""

    xs: Array
    states: State
    trace: Any


class Seen:
    """Arrays that a result was computed from, and their version at that time."""

    def __init__(self, engine: Any, arrays: Sequence[Array], watch: Any = None, version: Any = None):
        self.engine, self.arrays, self.watch = engine, arrays, watch
        self.version = version or engine.version(arrays, watch)

    def check(self) -> None:
        """Raise a ValueError if one of them was written into since. NumPy cannot tell."""
        now = None if self.version is None else self.engine.version(self.arrays, self.watch)
        if now is not None and now != self.version:
            raise checks.wrong(
                "a weight, the input, the start, h or a gate of this run was changed in place since",
                "those that it was computed with",
                "Call backward, and look at the trace, before the optimiser's step.",
            )


class Used(NamedTuple):
    """The parameters of a call, by name, and their version."""

    arrays: Params
    seen: Seen


class Record:
    """What one layer of ``stack`` did: outputs h (T, N, D*H), where it ended, (D, N, H) each, and its directions."""

    directions: tuple[Direction, ...]

    def __init__(self, stack: Any, used: Used, given: Iterable[Array], h: Array, end: State):
        self.stack, self.used = stack, used
        self.given, self.h, self.end = given, h, end  # given: xs and the start
        self.seen = [used.seen, Seen(stack.layer.engine, (*given, h))]

    def check(self) -> None:
        """Raise a ValueError if an array that this run was computed from was written into since. NumPy cannot tell."""
        for seen in self.seen:
            seen.check()

    def show(self, named: dict[str, Array]) -> dict[str, Array]:
        """Hand out parts of a trace. They share memory with what ``backward`` reads."""
        self.seen += [Seen(self.stack.layer.engine, (a,)) for a in named.values()]
        return named


class Back(NamedTuple):
    """The gradients of one layer: of its parameters, inputs and start, and the total ∂L/∂h_t."""

    params: Params
    xs: Array
    start: State
    totals: Mapping[str, Array]
