"""What the networks are built of, beside rnnkit's own layers: a path past a layer, two levels, dropout in a cell."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from rnnkit import LSTM, Sequential
from rnnkit.cells import Pair, Params, State, lstm
from rnnkit.layers import Gradients, Recurrent, Run, SequentialRun
from rnnkit.layers.sequential import Joined
from rnnkit.ops import Array, concat, flat, gates, split, tanh


class ResidualLSTM(LSTM):
    """An LSTM that adds what it reads to what it says (He et al., 2016), so it reads as much as it has units."""

    def __call__(self, xs: Array, state: State | None = None, mask: Array = None, rng: Any = None) -> Run:
        run = super().__call__(xs, state, mask, rng)
        return replace(run, h=run.h + xs)

    def backward(self, run: Run, d_h: Array, d_state: State | None = None, window: int | None = None) -> Gradients:
        back = super().backward(run, d_h, d_state, window)
        return back._replace(xs=back.xs + d_h)


@dataclass(frozen=True)
class LevelsRun:
    h: Array
    lower: SequentialRun
    upper: SequentialRun


class Levels:
    """A network that reads words of ``letters`` steps each, and above it one that reads a vector of each word.

    ``lower`` makes the vectors, (letters, N, I) -> (N, H): to it a word is a sequence of the batch. ``upper`` reads
    them, (T / letters, N, H). Levels that are clocked at two rates: El Hihi and Bengio (1996).
    """

    def __init__(self, letters: int, lower: Sequential, upper: Sequential):
        self.letters, self.lower, self.upper = letters, lower, upper
        self.params = Joined((lower, upper))

    def __call__(self, xs: Array, state: None = None, mask: None = None, rng: Any = None) -> LevelsRun:
        T, N, I = xs.shape
        words = xs.reshape(-1, self.letters, N, I).swapaxes(0, 1)  # (letters, T / letters, N, I)
        lower = self.lower(words.reshape(self.letters, -1, I))
        upper = self.upper(lower.h.reshape(T // self.letters, N, -1))
        return LevelsRun(upper.h, lower, upper)

    def backward(self, run: LevelsRun, d_h: Array) -> Gradients:
        above = self.upper.backward(run.upper, d_h)
        below = self.lower.backward(run.lower, above.xs.reshape(run.lower.h.shape))
        both = enumerate((below, above))
        return Gradients({f"{k}.{name}": d for k, g in both for name, d in g.params.items()}, below.xs, (), {})


# Where a mask m of zeros and ones, 1 with probability q, may stand in an LSTM's step. The mean of each factor is 1, but
# for zoneout's, where a unit that is not renewed keeps its old value.
PLACES = {
    "h": lambda m, q: {"keep_h": m / q},
    "g": lambda m, q: {"keep_g": m / q},
    "c": lambda m, q: {"keep_c": m / q},
    "zoneout": lambda m, q: {"keep_c": m, "old": 1 - m},
}


class Kept(NamedTuple):
    gates: Array  # (..., 4H): i, f, g, o side by side
    tanh_c: Array  # (..., H), as all that follow
    keep_h: Array
    keep_g: Array
    keep_c: Array
    old: Array


class DroppingCell:
    """The LSTM's step with a mask in it: a cell as :class:`rnnkit.cells.Cell` has them.

    a_t = W_ih x_t + b_ih + W_hh (keep_h ⊙ h_{t-1}) + b_hh
    c_t = keep_c ⊙ (f_t ⊙ c_{t-1} + i_t ⊙ keep_g ⊙ g_t) + old ⊙ c_{t-1}

    ``anew``: whether a mask is drawn at each step, or one a sequence. Without a generator, m is its mean.
    """

    GATES, STATE, INPUT_BIASES = lstm.GATES, lstm.STATE, lstm.INPUT_BIASES
    Trace = Kept

    def __init__(self, place: str, share: float, anew: bool):
        self.place, self.share, self.anew = place, share, anew
        self.begin(None)

    def begin(self, rng: Any) -> None:
        """A new sequence, with masks from this generator, or with their mean."""
        self.rng, self.mask = rng, None

    def factors(self, like: Array) -> list[Array]:
        """keep_h, keep_g, keep_c and old: this step's mask at its place, and ones elsewhere."""
        if self.rng is None:
            self.mask = np.full_like(like, 1 - self.share)
        elif self.mask is None or self.anew:
            self.mask = (self.rng.random(like.shape) >= self.share).astype(like.dtype)
        one = np.ones_like(like)
        here = PLACES[self.place](self.mask, 1 - self.share)
        return list(({"keep_h": one, "keep_g": one, "keep_c": one, "old": 0 * one} | here).values())

    def step(self, p: Params, a_x: Array, state: State) -> tuple[State, Kept]:
        h_prev, c_prev = state
        keep_h, keep_g, keep_c, old = self.factors(h_prev)
        all_gates = gates(a_x + (keep_h * h_prev) @ p["weight_hh"].T, "ssts")
        i, f, g, o = split(all_gates, 4)
        c = keep_c * (f * c_prev + i * keep_g * g) + old * c_prev
        tanh_c = tanh(c)
        return (o * tanh_c, c), Kept(all_gates, tanh_c, keep_h, keep_g, keep_c, old)

    def step_backward(self, p: Params, trace: Kept, prev: State, d_state: State) -> tuple[Pair, State]:
        (_, c_prev), (d_h, d_c) = prev, d_state
        i, f, g, o = split(trace.gates, 4)
        d_o = d_h * trace.tanh_c
        d_c = d_c + d_h * o * (1 - trace.tanh_c * trace.tanh_c)
        d_new = d_c * trace.keep_c
        d_i, d_f, d_g = d_new * trace.keep_g * g, d_new * c_prev, d_new * trace.keep_g * i
        d_a = concat([d_i * (i - i * i), d_f * (f - f * f), d_g * (1 - g * g), d_o * (o - o * o)])
        return (d_a, d_a), ((d_a @ p["weight_hh"]) * trace.keep_h, d_new * f + d_c * trace.old)

    def weight_gradients(self, p: Params, xs: Array, states: State, trace: Kept, d_ax: Array, d_ah: Array) -> Params:
        heard = trace.keep_h * states[0][:-1]
        weights = {"weight_ih": flat(d_ax).T @ flat(xs), "weight_hh": flat(d_ah).T @ flat(heard)}
        return weights | {"bias_ih": flat(d_ax).sum(0), "bias_hh": flat(d_ah).sum(0)}


class DroppedLSTM(Recurrent):
    """An LSTM with dropout in its step where a call is given a generator. ``place``: a name of PLACES."""

    cell: Any

    def __init__(self, input_size: int, hidden_size: int, place: str, share: float, anew: bool, **options: Any):
        self.cell = DroppingCell(place, share, anew)
        super().__init__(input_size, hidden_size, **options)

    def __call__(self, xs: Array, state: State | None = None, mask: Array = None, rng: Any = None) -> Run:
        self.cell.begin(rng)
        return super().__call__(xs, state, mask)
