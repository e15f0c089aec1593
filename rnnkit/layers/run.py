"""What a layer's call returns, and what its ``backward`` returns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnnkit.backends.record import Record
from rnnkit.cells import Params, State
from rnnkit.ops import Array


class Unpacked:
    """What unpacks as torch.nn's results do: ``h, state = layer(xs)``, and ``h, (h_n, c_n) = lstm(xs)``."""

    h: Array
    state: tuple[Any, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.h, self.state))


@dataclass(frozen=True, eq=False)
class Run(Unpacked):
    """The result of a layer's call. With NumPy, h and the trace are read-only: copy what you want to change.

    It unpacks as torch.nn's result does: ``h, (h_n, c_n) = lstm(xs)``.

    Attributes
    ----------
    h : array of shape (T, N, D*H)
        The last layer's output at every step, D = 2 if bidirectional (forward first); 0 where the mask is False.
    state : tuple of arrays of shape (L*D, N, H)
        (h,), or (h, c) for an LSTM: where each layer and direction ended. Give it to the next call to go on.
    trace : mapping of arrays of shape (T, N, H)
        Every gate, candidate and state of every step, with torch's suffix: ``f_l0``, ``f_l1_reverse``. The ranges
        are in :func:`rnnkit.trace.by_name`. In the order of time, in both directions. Torch's is computed when it
        is first looked at, which has to be before its weights change.
    mask : array of bool of shape (T, N), or None
    records : tuple
        What each layer kept for ``backward``.
    dropped : tuple
        The dropout mask, (N, D*H), that each layer's input was multiplied by, or None.
    own_start : bool
        Whether it began where the layer begins, and not at a state that was given.
    """

    h: Array
    state: State
    trace: Mapping[str, Array]
    mask: Array
    records: tuple[Record, ...]
    dropped: tuple[Array, ...]
    own_start: bool


class Gradients(NamedTuple):
    """What ``backward`` returns.

    Attributes
    ----------
    params : dict of arrays
        ∂L/∂parameter, with the keys of ``layer.params``.
    xs : array of the shape of the input
    state : tuple of arrays of shape (L*D, N, H)
    h : mapping of arrays of shape (T, N, H)
        The total ∂L/∂h_t of each layer and direction, by the trace's names (``h_l0``): its own loss, and all that
        flows back from later steps. Torch's is computed when it is first looked at, which has to be before its
        weights change.
    """

    params: Params
    xs: Array
    state: State
    h: Mapping[str, Array]
