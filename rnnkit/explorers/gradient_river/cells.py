"""rnnkit's simple cells by their activations, and two more: h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit.cells import Cell, Params, State, rnn, rnn_relu
from rnnkit.ops import Array


class Activated:
    """A cell with an activation and its slope, told from h."""

    GATES, STATE, INPUT_BIASES, Trace = rnn.GATES, rnn.STATE, rnn.INPUT_BIASES, rnn.Trace
    step_backward = staticmethod(rnn.step_backward)

    def __init__(self, f: Callable[[Array], Array], slope: Callable[[Array], Array]) -> None:
        self.f, self.slope = f, slope

    def step(self, p: Params, a_x: Array, state: State) -> tuple[State, Any]:
        (h_prev,) = state
        h = self.f(a_x + h_prev @ p["weight_hh"].T)
        return (h,), rnn.Trace(self.slope(h))


CELLS: dict[str, Cell] = {
    "tanh": rnn,
    "sigmoid": Activated(lambda a: 1 / (1 + np.exp(-a)), lambda h: h * (1 - h)),
    "relu": rnn_relu,
    "linear": Activated(lambda a: a, np.ones_like),
}
