"""The GRU (Cho et al., 2014) with its reset gate after the product, as in torch.nn and cuDNN.

    r_t, z_t = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)      the first two blocks of H rows
    m_t = W_hn h_{t-1} + b_hn                                the third block
    n_t = tanh(W_in x_t + b_in + r_t ⊙ m_t)
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}                    z keeps the old state

b_hn is scaled by r_t, so it cannot join the input's biases outside the loop.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, gates, split, tanh

GATES, STATE = ("r", "z", "n"), ("h",)
INPUT_BIASES = ("bias_ih",)


class Trace(NamedTuple):
    r: Array  # (..., H) each
    z: Array
    n: Array
    m: Array


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    (h_prev,) = state  # (..., H)
    H = h_prev.shape[-1]
    a_h = h_prev @ p["weight_hh"].T + p["bias_hh"]  # (..., 3H)
    r, z = split(gates(a_x[..., : 2 * H] + a_h[..., : 2 * H], "ss"), 2)
    m = a_h[..., 2 * H :]
    n = tanh(a_x[..., 2 * H :] + r * m)
    return (n + z * (h_prev - n),), Trace(r, z, n, m)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (h_prev,), (d_h,), (r, z, n, m) = prev, d_state, trace
    carry = d_h * z
    d_n = (d_h - carry) * (1 - n * n)
    d_z = carry * (h_prev - n) * (1 - z)
    d_r = d_n * m * (r - r * r)
    d_ax, d_ah = concat([d_r, d_z, d_n]), concat([d_r, d_z, d_n * r])
    return (d_ax, d_ah), (d_ah @ p["weight_hh"] + carry,)
