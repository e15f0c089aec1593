"""The LSTM as it was first published, without a forget gate (Hochreiter and Schmidhuber, 1997).

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh      three blocks of H rows: i, g, o
    c_t = c_{t-1} + i_t ⊙ g_t,  i_t = σ(a_i),  g_t = tanh(a_g)
    h_t = o_t ⊙ tanh(c_t),      o_t = σ(a_o)

∂c_t/∂c_{t-1} along the cell is exactly 1: the constant error carousel. Nothing ever leaves the cell, so that it grows
on a stream without resets. The paper squashes by scaled sigmoids with ranges (-2, 2) and (-1, 1) where we have tanh.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, gates, split, tanh

GATES, STATE = ("i", "g", "o"), ("h", "c")
INPUT_BIASES = ("bias_ih", "bias_hh")


class Trace(NamedTuple):
    gates: Array  # (..., 3H): i, g, o side by side
    tanh_c: Array  # (..., H)


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    h_prev, c_prev = state  # (..., H) each
    all_gates = gates(a_x + h_prev @ p["weight_hh"].T, "sts")  # (..., 3H)
    i, g, o = split(all_gates, 3)
    c = c_prev + i * g
    tanh_c = tanh(c)
    return (o * tanh_c, c), Trace(all_gates, tanh_c)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (d_h, carry_c), (i, g, o), tanh_c = d_state, split(trace.gates, 3), trace.tanh_c
    d_c = carry_c + d_h * o * (1 - tanh_c * tanh_c)
    d_a = concat([d_c * g * (i - i * i), d_c * i * (1 - g * g), d_h * tanh_c * (o - o * o)])
    return (d_a, d_a), (d_a @ p["weight_hh"], d_c)
