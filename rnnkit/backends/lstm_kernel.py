"""One faster implementation: the LSTM without masks, in NumPy. The readable one is rnnkit/cells/lstm.py.

Same arguments, same states, same trace as ``unroll`` and ``bptt`` with that cell; the two are tested in every pairing.
A part of the NumPy backend and no public face of rnnkit: their caller has checked the arguments.
What is faster: [x, h, 1] stands in one buffer, so that a step is one matrix product with its bias; one tanh serves all
four gates; everything is written in place; the backward sweep takes as many steps at a time as fit the cache; and all
weight gradients come from one product.
"""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params, State, lstm
from rnnkit.ops import Array, split

CACHE = 1 << 18  # bytes of gates that a sweep works on at a time


def lstm_unroll(p: Params, xs: Array, state: State) -> tuple[State, lstm.Trace]:
    """``unroll(lstm, p, xs, state)``: states (T+1, N, H) each, and the trace."""
    (T, N, I), (h0, c0), dtype = xs.shape, state, xs.dtype
    H = h0.shape[-1]
    scale = np.repeat(np.array([[0.5, 0.5, 1.0, 0.5]], dtype), H, 1)  # σ(a) = tanh(a/2)/2 + 1/2
    weights = np.empty((I + H + 1, 4 * H), dtype)
    weights[:I], weights[I:-1], weights[-1] = p["weight_ih"].T, p["weight_hh"].T, p["bias_ih"] + p["bias_hh"]
    weights *= scale
    scale = np.repeat(scale, N, 0)  # (N, 4H)
    offset = 1 - scale
    xh1 = np.empty((T + 1, N, I + H + 1), dtype)  # [x_t, h_{t-1}, 1]
    xh1[:-1, :, :I], xh1[0, :, I:-1], xh1[:, :, -1] = xs, h0, 1
    h = xh1[:, :, I:-1]
    gates, c, tanh_c = np.empty((T, N, 4 * H), dtype), np.empty((T + 1, N, H), dtype), np.empty((T, N, H), dtype)
    c[0], i_g = c0, np.empty((N, H), dtype)
    i, f, g, o = split(gates, 4)
    c_prev = c[0]
    for xh1_t, a_t, i_t, f_t, g_t, o_t, c_t, tanh_c_t, h_t in zip(
        xh1[:-1], gates, i, f, g, o, c[1:], tanh_c, h[1:], strict=True
    ):
        np.matmul(xh1_t, weights, a_t)
        np.tanh(a_t, a_t)
        np.multiply(a_t, scale, a_t)
        np.add(a_t, offset, a_t)
        np.multiply(i_t, g_t, i_g)
        np.multiply(f_t, c_prev, c_t)
        np.add(c_t, i_g, c_t)
        np.tanh(c_t, tanh_c_t)
        np.multiply(o_t, tanh_c_t, h_t)
        c_prev = c_t
    return (h, c), lstm.Trace(gates, tanh_c)


def lstm_bptt(
    p: Params,
    xs: Array,
    states: State,
    trace: lstm.Trace,
    d_hs: Array,
    d_final: State | None = None,
    window: int | None = None,
) -> tuple[Params, Array, State, Array]:
    """``bptt(lstm, p, xs, states, trace, d_hs, d_final, None, window)``."""
    checks.window(window)
    (T, N, I), dtype = xs.shape, xs.dtype
    (h, c), H = states, states[1].shape[-1]
    recurrent = np.ascontiguousarray(p["weight_hh"])
    d_a, d_h = np.empty_like(trace.gates), np.empty((T, N, H), dtype)
    carry, d_c = (np.array(d, dtype) for d in d_final) if d_final else (np.zeros((N, H), dtype) for _ in "hc")
    size = max(1, CACHE // max(1, trace.gates[0].nbytes))
    for end in range(T, 0, -size):
        block = slice(max(0, end - size), end)
        _sweep(recurrent, trace, c, d_hs, d_a, d_h, carry, d_c, block, window)
    flat, width = d_a.reshape(T * N, -1), I + H + 1
    xh1 = np.empty((T, N, width), dtype)
    xh1[..., :I], xh1[..., I:-1], xh1[..., -1] = xs, h[:-1], 1
    d_weights = flat.T @ xh1.reshape(T * N, width)  # (4H, I+H+1): all weight gradients in one product
    d_p = {"weight_ih": d_weights[:, :I], "weight_hh": d_weights[:, I:-1]}
    d_p |= {"bias_ih": d_weights[:, -1], "bias_hh": d_weights[:, -1].copy()}
    return d_p, (flat @ p["weight_ih"]).reshape(xs.shape), (carry, d_c), d_h


def _sweep(
    recurrent: Array,
    trace: lstm.Trace,
    c: Array,
    d_hs: Array,
    d_a: Array,
    d_h: Array,
    carry: Array,
    d_c: Array,
    block: slice,
    window: int | None,
) -> None:
    """The steps of a block, backwards: first what each gate's gradient is multiplied by, for all of them at once."""
    a, tanh_c, d = trace.gates[block], trace.tanh_c[block], d_a[block]
    N, H = tanh_c.shape[1:]
    i, f, g, o = split(a, 4)
    d_i, d_f, d_g, d_o = split(d, 4)
    np.multiply(a, a, d)
    np.subtract(a, d, d)  # the slope of a sigmoid: a - a²
    np.multiply(g, g, d_g)
    np.subtract(1, d_g, d_g)  # of a tanh: 1 - g²
    for d_gate, factor in ((d_i, g), (d_f, c[block]), (d_g, i), (d_o, tanh_c)):
        np.multiply(d_gate, factor, d_gate)
    dc_dh = o * (1 - tanh_c * tanh_c)
    by_gate, d_c_row, product = d.reshape(-1, N, 4, H), d_c[:, None], np.empty((N, H), d.dtype)
    steps = range(block.stop - 1, block.start - 1, -1)
    arrays = (d, by_gate[:, :, :3], d_o, f, dc_dh, d_hs[block], d_h[block])
    for t, d_t, ifg_t, o_t, f_t, dc_dh_t, d_hs_t, d_h_t in zip(steps, *(a[::-1] for a in arrays), strict=True):
        np.add(d_hs_t, carry, d_h_t)
        np.multiply(d_h_t, dc_dh_t, product)
        np.add(d_c, product, d_c)
        np.multiply(ifg_t, d_c_row, ifg_t)
        np.multiply(o_t, d_h_t, o_t)
        np.multiply(d_c, f_t, d_c)
        np.matmul(d_t, recurrent, carry)
        if window and t % window == 0 and t > 0:
            carry[:], d_c[:] = 0, 0


def has_kernel(cell: Any, xs: Array, mask: Array) -> bool:
    """Whether the kernel can take over: an LSTM, NumPy, no mask."""
    return cell is lstm and mask is None and isinstance(xs, np.ndarray)
