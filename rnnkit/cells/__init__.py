"""What a cell is: any module (or object) with the names of :class:`Cell`."""

from collections.abc import Callable
from typing import Any, Protocol

from rnnkit.ops import Array

Params = dict[str, Array]
State = tuple[Array, ...]
Pair = tuple[Array, Array]


class Cell(Protocol):
    """A recurrent cell, as ``unroll`` and ``bptt`` see it.

    A cell of your own needs these five names and works everywhere in rnnkit, the gradient check included.
    A cell whose recurrent product does not act on h_{t-1} itself also defines
    ``weight_gradients(p, xs, states, trace, d_ax, d_ah) -> d_p``; one with other parameters than the usual four
    defines ``shapes(input_size, hidden_size)``.
    """

    @property
    def GATES(self) -> tuple[str, ...]:
        """Names of the blocks of the weights, in order; a weight has len(GATES) * H rows."""

    @property
    def STATE(self) -> tuple[str, ...]:
        """Names of what is carried from step to step; h first."""

    @property
    def INPUT_BIASES(self) -> tuple[str, ...]:
        """The biases that can be added once, outside the loop."""

    @property
    def Trace(self) -> Callable[..., Any]:
        """A NamedTuple: what ``step`` saves and ``step_backward`` needs."""

    @property
    def step(self) -> Callable[[Params, Array, State], tuple[State, Any]]:
        """``step(p, a_x, state) -> (state, trace)``; a_x is the input's contribution, with any leading axes."""

    @property
    def step_backward(self) -> Callable[[Params, Any, State, State], tuple[Pair, State]]:
        """``step_backward(p, trace, prev, d_state) -> ((d_ax, d_ah), d_prev)``, linear in d_state."""
