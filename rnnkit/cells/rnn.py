"""The simple recurrent network (Elman, 1990).

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
    h_t = tanh(a_t)

Its slope, tanh'(a_t) = 1 - h_t², is all that the way back needs.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, tanh

GATES, STATE = ("h",), ("h",)
INPUT_BIASES = ("bias_ih", "bias_hh")


class Trace(NamedTuple):
    slope: Array  # (..., H), in (0, 1]


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    (h_prev,) = state  # (..., H)
    h = tanh(a_x + h_prev @ p["weight_hh"].T)  # (..., H)
    return (h,), Trace(1 - h * h)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (d_h,) = d_state
    d_a = d_h * trace.slope
    return (d_a, d_a), (d_a @ p["weight_hh"],)
