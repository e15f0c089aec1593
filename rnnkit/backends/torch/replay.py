"""An LSTM's cells and gates from its inputs and outputs: in NumPy on a CPU, by a scan elsewhere."""

from typing import Any

import numpy as np
import torch

from rnnkit.backends.lstm_kernel import CACHE
from rnnkit.backends.torch.scan import blocked_scan, over_gaps
from rnnkit.cells import Params, lstm
from rnnkit.ops import Array, flat, split, tanh

Tensor = torch.Tensor


def replay_in_numpy(p: Params, xs: Array, h: Array, c0: Array, mask: Array = None) -> tuple[Array, lstm.Trace]:
    """All cells (T+1, N, H) and the trace, from xs (T, N, I) and all hidden states (T+1, N, H)."""
    (T, N, _), H, dtype = xs.shape, h.shape[-1], xs.dtype
    scale = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype), H)
    from_x, from_h = (np.ascontiguousarray((p[name] * scale[:, None]).T) for name in ("weight_ih", "weight_hh"))
    bias = (p["bias_ih"] + p["bias_hh"]) * scale
    all_gates, c, tanh_c = np.empty((T, N, 4 * H), dtype), np.empty((T + 1, N, H), dtype), np.empty((T, N, H), dtype)
    c[0], i_g = c0, np.empty((N, H), dtype)
    i, f, g, _ = split(all_gates, 4)
    size = max(1, CACHE // max(1, all_gates[0].nbytes))
    for begin in range(0, T, size):
        block = slice(begin, begin + size)
        a = all_gates[block].reshape(-1, 4 * H)
        np.matmul(xs[block].reshape(len(a), -1), from_x, a)
        a += h[:-1][block].reshape(len(a), -1) @ from_h
        a += bias
        np.tanh(a, a)
        a *= scale
        a += 1 - scale
        for t in range(T)[block]:
            np.multiply(i[t], g[t], i_g)
            np.multiply(f[t], c[t], c[t + 1])
            np.add(c[t + 1], i_g, c[t + 1])
            np.tanh(c[t + 1], tanh_c[t])
            if mask is not None:
                c[t + 1] = np.where(mask[t][:, None], c[t + 1], c[t])
    return c, lstm.Trace(all_gates, tanh_c)


def replay_by_scan(p: Params, xs: Tensor, h: Tensor, c0: Tensor, mask: Any) -> tuple[Tensor, lstm.Trace]:
    """All cells (T+1, N, H) and the trace, from xs (T, N, I) and all hidden states (T+1, N, H)."""
    H, bias = h.shape[-1], p["bias_ih"] + p["bias_hh"]
    a = torch.addmm(bias, flat(xs), p["weight_ih"].T).addmm_(flat(h[:-1]), p["weight_hh"].T)
    i_f, g, o = torch.split(a, [2 * H, H, H], 1)
    for part, squash in ((i_f, torch.sigmoid_), (g, torch.tanh_), (o, torch.sigmoid_)):
        squash(part)  # in place: a replay's time goes into moving these arrays
    all_gates = a.reshape(*xs.shape[:2], -1)
    i, f, g, _ = split(all_gates, 4)
    c = torch.cat([c0[None], blocked_scan(*over_gaps(f, i * g, mask), c0)])
    return c, lstm.Trace(all_gates, tanh(c[1:] if mask is None else f * c[:-1] + i * g))
