"""The LSTM (Hochreiter and Schmidhuber, 1997) with a forget gate (Gers, Schmidhuber and Cummins, 2000).

a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh      four blocks of H rows: i, f, g, o
i_t, f_t, o_t = σ(a_i), σ(a_f), σ(a_o)
g_t = tanh(a_g)
c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
h_t = o_t ⊙ tanh(c_t)
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, gates, split, tanh

GATES, STATE = ("i", "f", "g", "o"), ("h", "c")
INPUT_BIASES = ("bias_ih", "bias_hh")


class Trace(NamedTuple):
    gates: Array  # (..., 4H): i, f, g, o side by side
    tanh_c: Array  # (..., H)


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    h_prev, c_prev = state  # (..., H)
    a = a_x + h_prev @ p["weight_hh"].T
    ifgo = gates(a, "ssts")  # (..., 4H)
    i, f, g, o = split(ifgo, 4)
    c = f * c_prev + i * g
    tanh_c = tanh(c)
    h = o * tanh_c
    return (h, c), Trace(ifgo, tanh_c)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (_, c_prev), (d_h, carry_c), tanh_c = prev, d_state, trace.tanh_c
    i, f, g, o = split(trace.gates, 4)
    d_o = d_h * tanh_c
    d_c = carry_c + d_h * o * (1 - tanh_c * tanh_c)
    d_i, d_f, d_g = d_c * g, d_c * c_prev, d_c * i
    d_ai, d_af = d_i * (i - i * i), d_f * (f - f * f)
    d_ag, d_ao = d_g * (1 - g * g), d_o * (o - o * o)
    d_a = concat([d_ai, d_af, d_ag, d_ao])
    return (d_a, d_a), (d_a @ p["weight_hh"], d_c * f)
