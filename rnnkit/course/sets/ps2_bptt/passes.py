"""Backward passes of which one cannot see whether they are right: some wrong in one thing each, and right ones."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values

Pass = Callable[..., Any]


class Fault(NamedTuple):
    """A way to be wrong: its name, and what a check says of it."""

    name: str
    says: str
    scale: float = 1.0  # of the gradients
    dtype: type = np.float64
    recurrent: float = 1.5  # of weight_hh: d_h0 is as small as this is
    slip: str = ""  # in a right pass: in what it is inexact


FAULTS = (
    Fault("nothing carried", "nothing is carried, and all gradients are about 1e-10", 1e-10),
    Fault("overwritten", "the carry takes the place of the step's own gradient", 1e4),
    Fault("transposed", "weight_hh is transposed on the way back"),
    Fault("pre-activation", "the slope is 1 − a², of the pre-activation"),
    Fault("state", "d_weight_hh pairs each step with h_t in place of h_{t−1}", 1.0, np.float32),
    Fault("start", "d_weight_hh takes zeros for h0"),
    Fault("one step", "one weight's gradient is that of the first step alone"),
    Fault("mean", "one weight's gradient is a mean over the sequences"),
    Fault("sign", "d_h0 has the wrong sign"),
    Fault("cut", "the carry is lost once on its way"),
    Fault("in place", "d_hs is written into, so that a second call differs"),
    Fault("entry", "a single entry of d_xs is off"),
    Fault("a little", "one weight's gradient is 1.5 % too large"),
    Fault("small", "d_h0, a thousand times smaller than the other results, is 3 % too large", recurrent=1e-3),
)


class Detail(NamedTuple):
    """Where exactly a fault sits: drawn anew for every check."""

    weight: int  # 2, 3 or 4: which of the results
    step: int  # where the carry is lost, 1 to T - 2
    place: int  # an entry of d_xs, neither the first nor the last
    factor: float  # what it is multiplied by


def draw(rng: np.random.Generator, T: int, size: int) -> Detail:
    """For sequences of T steps, whose d_xs has ``size`` entries."""
    weight, step, place = (int(rng.integers(low, high)) for low, high in ((2, 5), (1, T - 1), (1, size - 1)))
    return Detail(weight, step, place, float(rng.uniform(1.5, 3)))


def opaque(function: Pass) -> Pass:
    """The same, as an object that holds no source, no closure and no name to look at. It counts its calls."""
    wrapped: Pass = lru_cache(maxsize=0)(function)
    vars(wrapped).clear()
    return wrapped


def uncounted(*functions: Any) -> None:
    """Set their counts to 0: how often a reference had to call a pass tells whether it is right."""
    for function in functions:
        function.cache_clear()


def make_forward() -> Pass:
    """(xs, h0, weight_ih, weight_hh, bias) -> hs, always right."""

    def forward(xs: Values, h0: Values, weight_ih: Values, weight_hh: Values, bias: Values) -> Values:
        hs = np.empty((*xs.shape[:2], len(bias)))
        h, a_xs, across = h0, xs @ weight_ih.T + bias, weight_hh.T
        for t in range(len(xs)):
            hs[t] = h = np.tanh(a_xs[t] + h @ across)
        return hs

    return opaque(forward)


def make_backward(fault: str, detail: Detail, dtype: type) -> Pass:
    """A backward pass with the signature of ``rnn_backward``; ``fault`` "" makes a right one.

    All come from these lines, so that they cost the same. They call nothing of this module, which is absent when they
    run.
    """

    def backward(d_hs: Any, xs: Any, h0: Any, hs: Any, weight_ih: Any, weight_hh: Any) -> tuple[Values, ...]:
        d_hs, xs, h0, hs = (np.asarray(a, dtype) for a in (d_hs, xs, h0, hs))
        weight_ih, weight_hh = np.asarray(weight_ih, dtype), np.asarray(weight_hh, dtype)
        T, N = xs.shape[:2]
        d_h, d_as = 0 * h0, np.empty_like(hs)
        back = weight_hh.T if fault == "transposed" else weight_hh
        slopes = 1 - (np.arctanh(hs) if fault == "pre-activation" else hs) ** 2
        for t in reversed(range(T)):
            if fault == "nothing carried" or (fault == "cut" and t == detail.step):
                d_h = 0 * d_h
            total = d_h if fault == "overwritten" and t < T - 1 else d_hs[t] + d_h
            if fault == "in place":
                d_hs[t] = total
            d_as[t] = total * slopes[t]
            d_h = d_as[t] @ back
        before = np.concatenate([0 * h0[None] if fault == "start" else h0[None], hs[:-1]])
        read = [xs, hs if fault == "state" else before, np.ones_like(hs[..., :1])]
        d_weights = [np.einsum("tnj,tnk->jk", d_as, r) for r in read]
        k = detail.weight - 2
        if fault == "one step":
            d_weights[k] = d_as[0].T @ read[k][0]
        if fault == "mean":
            d_weights[k] = d_weights[k] / N
        if fault == "a little":
            d_weights[k] = 1.015 * d_weights[k]
        d_xs, d_bias = d_as @ weight_ih, d_weights.pop()[:, 0]
        if fault == "small":
            d_h = 1.03 * d_h
        if fault == "entry":
            d_xs.flat[detail.place] *= detail.factor
        if fault == "smallest entry":
            d_xs.flat[abs(d_xs).argmin()] += 8e-6 * np.sqrt((d_xs * d_xs).sum())
        return d_xs, (-d_h if fault == "sign" else d_h), *d_weights, d_bias

    return opaque(backward)
