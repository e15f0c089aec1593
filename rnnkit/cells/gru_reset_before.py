"""The GRU with its reset gate before the product, as in the paper (Cho et al., 2014).

    r_t, z_t = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)          the first two blocks of H rows
    n_t = tanh(W_in x_t + b_in + W_hn (r_t ⊙ h_{t-1}) + b_hn)    the third block
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}                        z keeps the old state

z keeps, as in Cho et al. and torch.nn; in Chung et al. (2014) it is 1 - z that keeps: negate z's weights and biases.
Keras calls this variant reset_after=False, ONNX linear_before_reset=0.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, flat, gates, split, tanh

GATES, STATE = ("r", "z", "n"), ("h",)
INPUT_BIASES = ("bias_ih", "bias_hh")


class Trace(NamedTuple):
    r: Array  # (..., H) each
    z: Array
    n: Array


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    (h_prev,) = state  # (..., H)
    H = h_prev.shape[-1]
    r, z = split(gates(a_x[..., : 2 * H] + h_prev @ p["weight_hh"][: 2 * H].T, "ss"), 2)
    n = tanh(a_x[..., 2 * H :] + (r * h_prev) @ p["weight_hh"][2 * H :].T)
    return (n + z * (h_prev - n),), Trace(r, z, n)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (h_prev,), (d_h,), (r, z, n) = prev, d_state, trace
    H = h_prev.shape[-1]
    carry = d_h * z
    d_n = (d_h - carry) * (1 - n * n)
    d_z = carry * (h_prev - n) * (1 - z)
    d_rh = d_n @ p["weight_hh"][2 * H :]  # gradient of r ⊙ h_{t-1}
    d_rz = concat([d_rh * h_prev * (r - r * r), d_z])
    d_a = concat([d_rz, d_n])
    return (d_a, d_a), (carry + d_rh * r + d_rz @ p["weight_hh"][: 2 * H],)


def weight_gradients(p: Params, xs: Array, states: State, trace: Trace, d_ax: Array, d_ah: Array) -> Params:
    """The candidate's recurrent weights see r ⊙ h_{t-1}, the gates' see h_{t-1}."""
    d_a, h_prev, H = flat(d_ax), flat(states[0][:-1]), states[0].shape[-1]
    gates_hh = d_a[:, : 2 * H].T @ h_prev
    candidate_hh = d_a[:, 2 * H :].T @ (flat(trace.r) * h_prev)
    bias = d_a.sum(0)
    return {
        "weight_ih": d_a.T @ flat(xs),
        "weight_hh": concat([gates_hh.T, candidate_hh.T]).T,
        "bias_ih": bias,
        "bias_hh": bias,
    }
