"""The minGRU (Feng et al., 2024): gate and candidate read the input alone, so that time can be computed in parallel.

    z_t = σ(W_z x_t + b_z),  n_t = W_n x_t + b_n      two blocks of H rows: z, n
    h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ n_t             here z takes the new, and 1 - z keeps

There is no W_hh. h_t is linear in h_{t-1}, and `scan` unrolls it in log₂ T sweeps over all steps at once.
"""

from typing import NamedTuple

from rnnkit.cells import Pair, Params, State
from rnnkit.ops import Array, concat, flat, sigmoid, split

GATES, STATE = ("z", "n"), ("h",)
INPUT_BIASES = ("bias_ih",)


class Trace(NamedTuple):
    z: Array  # (..., H) each
    n: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    return {"weight_ih": (2 * hidden_size, input_size), "bias_ih": (2 * hidden_size,)}


def step(p: Params, a_x: Array, state: State) -> tuple[State, Trace]:
    (h_prev,) = state  # (..., H)
    a_z, n = split(a_x, 2)
    z = sigmoid(a_z)
    return (h_prev + z * (n - h_prev),), Trace(z, n)


def step_backward(p: Params, trace: Trace, prev: State, d_state: State) -> tuple[Pair, State]:
    (h_prev,), (d_h,), (z, n) = prev, d_state, trace
    d_n = d_h * z
    d_a = concat([d_n * (n - h_prev) * (1 - z), d_n])
    return (d_a, d_a), (d_h - d_n,)


def weight_gradients(p: Params, xs: Array, states: State, trace: Trace, d_ax: Array, d_ah: Array) -> Params:
    """There is no recurrent weight."""
    d_a = flat(d_ax)
    return {"weight_ih": d_a.T @ flat(xs), "bias_ih": d_a.sum(0)}


def scan(keep: Array, new: Array, h: Array) -> Array:
    """h_t = keep_t ⊙ h_{t-1} + new_t for all t, (T, N, H), in log₂ T sweeps (Hillis and Steele, 1986).

    After the sweep of width d, each row holds the composition of the d steps that end there.
    """
    T, d = len(new), 1
    while d < T:
        new = concat([new[:d], new[d:] + keep[d:] * new[:-d]], axis=0)
        keep = concat([keep[:d], keep[d:] * keep[:-d]], axis=0)
        d *= 2
    return new + keep * h
