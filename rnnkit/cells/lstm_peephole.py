"""The LSTM with peepholes (Gers and Schmidhuber, 2000): its gates see the cell.

    a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh      four blocks of H rows: i, f, g, o
    i_t, f_t = σ(a_i + p_i ⊙ c_{t-1}), σ(a_f + p_f ⊙ c_{t-1})
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ tanh(a_g)
    o_t = σ(a_o + p_o ⊙ c_t)                         the output gate sees the new cell
    h_t = o_t ⊙ tanh(c_t)

weight_peephole (3H,) holds p_i, p_f, p_o, one after the other.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, flat, gates, sigmoid, split, tanh

GATES, STATE = ("i", "f", "g", "o"), ("h", "c")
INPUT_BIASES = ("bias_ih", "bias_hh")


class Trace(NamedTuple):
    gates: Array  # (..., 4H): i, f, g, o side by side
    tanh_c: Array  # (..., H)


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    rows = 4 * hidden_size
    return {
        "weight_ih": (rows, input_size),
        "weight_hh": (rows, hidden_size),
        "bias_ih": (rows,),
        "bias_hh": (rows,),
        "weight_peephole": (3 * hidden_size,),
    }


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    h_prev, c_prev = state  # (..., H) each
    p_i, p_f, p_o = split(p["weight_peephole"], 3)
    a_i, a_f, a_g, a_o = split(a_x + h_prev @ p["weight_hh"].T, 4)
    i, f, g = split(gates(concat([a_i + p_i * c_prev, a_f + p_f * c_prev, a_g]), "sst"), 3)
    c = f * c_prev + i * g
    o, tanh_c = sigmoid(a_o + p_o * c), tanh(c)
    return (o * tanh_c, c), Trace(concat([i, f, g, o]), tanh_c)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (_, c_prev), (d_h, carry_c), tanh_c = prev, d_state, trace.tanh_c
    (i, f, g, o), (p_i, p_f, p_o) = split(trace.gates, 4), split(p["weight_peephole"], 3)
    d_o = d_h * tanh_c * (o - o * o)
    d_c = carry_c + d_h * o * (1 - tanh_c * tanh_c) + d_o * p_o
    d_i, d_f, d_g = d_c * g * (i - i * i), d_c * c_prev * (f - f * f), d_c * i * (1 - g * g)
    d_a = concat([d_i, d_f, d_g, d_o])
    return (d_a, d_a), (d_a @ p["weight_hh"], d_c * f + d_i * p_i + d_f * p_f)


def weight_gradients(p: Params, xs: Array, states: State, trace: Trace, d_ax: Array, d_ah: Array) -> Params:
    """As for any cell, and each peephole's gradient from the cell that it saw."""
    d_a, c_prev, c = flat(d_ax), flat(states[1][:-1]), flat(states[1][1:])
    d_i, d_f, _, d_o = split(d_a, 4)
    bias = d_a.sum(0)
    return {
        "weight_ih": d_a.T @ flat(xs),
        "weight_hh": d_a.T @ flat(states[0][:-1]),
        "bias_ih": bias,
        "bias_hh": bias,
        "weight_peephole": concat([(d_i * c_prev).sum(0), (d_f * c_prev).sum(0), (d_o * c).sum(0)]),
    }
