"""The simple RNN with a rectifier (Le, Jaitly and Hinton, 2015, who start it from the identity matrix).

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    h_t = max(0, a_t)

Its slope is 1 where a_t > 0 and 0 elsewhere, so the way back is that of the tanh.
"""

from rnnkit.cells import Params, State
from rnnkit.cells.rnn import GATES, INPUT_BIASES, STATE, Trace, step_backward
from rnnkit.ops import Array

__all__ = ["GATES", "INPUT_BIASES", "STATE", "Trace", "step", "step_backward"]


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    (h_prev,) = state  # (..., H)
    a = a_x + h_prev @ p["weight_hh"].T  # (..., H)
    slope = a > 0
    return (a * slope,), Trace(slope)
