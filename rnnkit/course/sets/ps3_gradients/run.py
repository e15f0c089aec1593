"""The training run of exercise 5: a network that is asked, after twelve numbers, for the first of them."""

from functools import cache
from typing import NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values

T, N, H = 12, 32, 16


class Weights(NamedTuple):
    """A simple RNN with one input, and what reads its last state."""

    weight_ih: Values  # (H, 1)
    weight_hh: Values  # (H, H)
    bias: Values  # (H,)
    weight_out: Values  # (H,)


def draw(rng: np.random.Generator, n: int) -> tuple[Values, Values]:
    """(xs, targets), (T, n, 1) and (n,): evenly between −1 and 1; the target is the first number."""
    xs = rng.uniform(-1, 1, (T, n, 1))
    return xs, xs[0, :, 0]


def start(rng: np.random.Generator, gain: float) -> Weights:
    """weight_hh is orthogonal, times ``gain``; what reads the state begins at 0."""
    q, r = np.linalg.qr(rng.standard_normal((H, H)))
    return Weights(rng.uniform(-0.3, 0.3, (H, 1)), gain * q * np.sign(np.diag(r)), np.zeros(H), np.zeros(H))


def forward(w: Weights, xs: Values) -> tuple[Values, list[Values]]:
    """(outputs (N,), [h_0, ..., h_T])."""
    hs = [np.zeros((xs.shape[1], H))]
    for x in xs:
        hs.append(np.tanh(x @ w.weight_ih.T + hs[-1] @ w.weight_hh.T + w.bias))
    return hs[-1] @ w.weight_out, hs


def gradients(w: Weights, xs: Values, targets: Values) -> tuple[float, Weights]:
    """The mean squared error, and its gradient by backpropagation through time."""
    outputs, hs = forward(w, xs)
    error = outputs - targets
    d_out = 2 * error / len(error)
    d = Weights(0 * w.weight_ih, 0 * w.weight_hh, 0 * w.bias, d_out @ hs[-1])
    d_h = np.outer(d_out, w.weight_out)
    for t in range(len(xs), 0, -1):
        d_a = d_h * (1 - hs[t] ** 2)
        d = Weights(d[0] + d_a.T @ xs[t - 1], d[1] + d_a.T @ hs[t - 1], d[2] + d_a.sum(0), d[3])
        d_h = d_a @ w.weight_hh
    return float(np.mean(error**2)), d


@cache
def train(
    *, gain: float, learning_rate: float, max_norm: float, updates: int = 200, seed: int = 0
) -> tuple[Weights, tuple[float, ...]]:
    """Descend on a new batch each time, the gradient clipped to ``max_norm``: the weights, and all losses."""
    rng, losses = np.random.default_rng(seed), []
    w = start(rng, gain)
    with np.errstate(all="ignore"):  # a run that diverges overflows
        for _ in range(updates):
            loss, d = gradients(w, *draw(rng, N))
            norm = np.sqrt(sum((part**2).sum() for part in d))
            factor = max_norm / norm if norm > max_norm else 1.0
            w = Weights(*(part - learning_rate * factor * d_part for part, d_part in zip(w, d, strict=True)))
            losses.append(loss)
    for part in w:
        part.setflags(write=False)  # they are kept, and given out again
    return w, tuple(losses)
