"""The three nets of Cell Race on rnnkit's own cells: the same numbers at the start, the same examples and training.

A GRU whose z renews is rnnkit's GRU, whose z keeps, with the sign of z's weights and bias turned: 1 - σ(a) = σ(-a).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnnkit.cells import Cell, Params, gru, lstm, rnn
from rnnkit.losses import softmax_cross_entropy, squared_error
from rnnkit.ops import Array
from rnnkit.training import Adam, clip_by_global_norm
from rnnkit.unroll import bptt, unroll

LETTERS = "ABCD"
UNITS = {"RNN": (rnn, 25), "LSTM": (lstm, 12), "GRU": (gru, 14)}
SIZES = {"recall": (4, 4), "adding": (2, 1)}  # I inputs a step, K answers
CHANCE = {"recall": math.log(4), "adding": 1 / 6}  # the loss of whoever guesses
BATCH, FEW, LEAST = 16, 4, 1e-9


class Net(NamedTuple):
    """A cell with its parameters, and a readout of its last h: logits, or a number."""

    cell: Cell
    params: Params
    weight: Array  # (K, H)
    bias: Array  # (K,)


def random(seed: int) -> Callable[[], float]:
    """Numbers from 0 to 1, below 1, the same as compute/random.js draws (mulberry32)."""
    state = seed & 0xFFFFFFFF

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = (state ^ state >> 15) * (1 | state) & 0xFFFFFFFF
        t = (t + ((t ^ t >> 7) * (61 | t) & 0xFFFFFFFF) & 0xFFFFFFFF) ^ t
        return (t ^ t >> 14) / 4294967296

    return draw


def begin(task: str, seed: int, bias: float, z: str) -> tuple[Net, ...]:
    """The RNN, the LSTM and the GRU before they learn.

    Weights are from U(-1/√H, 1/√H); all biases are 0, but ``bias`` for the LSTM's f and the GRU's z.
    """
    made = []
    for k, (name, (cell, H)) in enumerate(UNITS.items()):
        (I, K), GH, next_ = SIZES[task], len(cell.GATES) * H, random(seed * 104729 + k + 1)

        def drawn(*shape: int, next_: Any = next_, H: int = H) -> Array:
            return np.array([2 * next_() - 1 for _ in range(math.prod(shape))]).reshape(shape) / math.sqrt(H)

        p = {"weight_ih": drawn(GH, I), "weight_hh": drawn(GH, H), "bias_ih": np.zeros(GH), "bias_hh": np.zeros(GH)}
        if name != "RNN":
            p["bias_ih"][H : 2 * H] = bias
        if name == "GRU" and z == "renews":
            for values in p.values():
                values[H : 2 * H] *= -1
        made.append(Net(cell, p, drawn(K, H), np.zeros(K)))
    return tuple(made)


def batch(task: str, T: int, N: int, draw: Callable[[], float]) -> tuple[Array, Array]:
    """Examples xs, (T, N, I), and answers, (N,): the first letter's number, or the sum of the two marked numbers."""
    xs, half = np.zeros((T, N, SIZES[task][0])), max(1, T // 2)
    if task == "recall":
        letters = np.array([[int(4 * draw()) for _ in range(T)] for _ in range(N)]).T  # (T, N)
        return np.eye(4)[letters], letters[0]
    for n in range(N):
        marked = [int(half * draw()), half + int((T - half) * draw())]
        xs[:, n, 0] = [draw() for _ in range(T)]
        xs[marked, n, 1] = 1
    return xs, (xs[..., 0] * xs[..., 1]).sum(0)


def twins(task: str, word: str, flip: int) -> Array:
    """The word, and with its first letter moved by ``flip``; or the numbers, with 0.2 and with 0.8 first: (T, 2, I)."""
    T = len(word)
    if task == "recall":
        letters = np.array([[LETTERS.index(letter)] * 2 for letter in word])
        letters[0, 1] = (letters[0, 1] + flip) % 4
        return np.eye(4)[letters]
    draw, half = random(11), max(1, T // 2)
    xs = np.zeros((T, 2, 2))
    xs[..., 0] = np.array([draw() for _ in range(T)])[:, None]
    xs[0, :, 0] = 0.2, 0.8
    xs[[0, half + math.floor((T - half) * 0.4)], :, 1] = 1
    return xs


class Run(NamedTuple):
    """What a net did with a batch, and the gradients of its mean loss."""

    loss: float
    states: tuple[Array, ...]
    grads: dict[str, Array]  # by the parameter's name; the readout's are "weight" and "bias"
    memory: Array  # ∂L/∂h_t, for an LSTM ∂L/∂c_t, for t = 0 to T: (T + 1, N, H)


def run(net: Net, task: str, xs: Array, y: Array) -> Run:
    """Forward, and backpropagation through time."""
    cell, p = net.cell, net.params
    (T, N, _), H = xs.shape, p["weight_hh"].shape[1]
    states, trace = unroll(cell, p, xs, tuple(np.zeros((N, H)) for _ in cell.STATE))
    out = states[0][-1] @ net.weight.T + net.bias  # (N, K)
    if task == "recall":
        loss, d_out = softmax_cross_entropy(out, y)
    else:
        loss, d_out = squared_error(out, y[:, None])
    d_hs = np.zeros((T, N, H))
    d_hs[-1] = d_out @ net.weight
    d_p, _, d_start, d_states = bptt(cell, p, xs, states, trace, d_hs)
    grads = {**d_p, "weight": d_out.T @ states[0][-1], "bias": d_out.sum(0)}
    memory = np.concatenate([d_start[0][None], d_states])
    if cell is lstm:  # f carries the gradient of c_t on to c_{t-1}, and h_{t-1} adds its own
        memory, carry = np.zeros((T + 1, N, H)), np.zeros((N, H))
        for t in range(T, 0, -1):
            o, tanh_c = trace.gates[t - 1, :, 3 * H :], trace.tanh_c[t - 1]
            memory[t] = carry + d_states[t - 1] * o * (1 - tanh_c * tanh_c)
            carry = memory[t] * trace.gates[t - 1, :, H : 2 * H]
        memory[0] = d_start[1]
    return Run(float(loss), states, grads, memory)


def rivers(nets: tuple[Net, ...], task: str, word: str, flip: int) -> Array:
    """What the lanes show, in decades, not below -9: (T + 1, 6), row t is step t.

    The first three columns are the norm, over four sequences, of the gradient at h_t (of the LSTM at c_t) over that at
    step T; the others what a flip of the first input changes in h_t (c_t), over what it changes in h_1.
    """
    xs, y = batch(task, len(word), FEW, random(3))
    gradients = [np.linalg.norm(run(net, task, xs, y).memory, axis=(1, 2)) for net in nets]
    pair, columns = twins(task, word, flip), []
    for net in nets:
        memory = run(net, task, pair, np.zeros(2, int)).states[-1]  # c, where there is one
        columns.append(np.linalg.norm(memory[:, 1] - memory[:, 0], axis=1))
    shares = [g / g[-1] for g in gradients] + [c / c[1] for c in columns]
    return np.log10(np.maximum(LEAST, np.stack(shares, axis=1)))


def train(
    nets: tuple[Net, ...], task: str, T: int, seed: int, *, rate: float, clip: float, updates: int
) -> dict[str, int]:
    """Train the three on the same batches by Adam, in place; at which update each came home, 0 for not yet.

    Home is where the smoothed loss is under a tenth of that of whoever guesses. ``clip`` is the largest norm of the
    gradient, 0 for any.
    """
    draw, home = random(seed * 7919 + 17), dict.fromkeys(UNITS, 0)
    mean = dict.fromkeys(UNITS, CHANCE[task])
    optimisers = {name: Adam(lr=rate) for name in UNITS}
    for n in range(1, updates + 1):
        xs, y = batch(task, T, BATCH, draw)
        for name, net in zip(UNITS, nets, strict=True):
            now = run(net, task, xs, y)
            grads = trained(net, now.grads)
            if clip:
                clip_by_global_norm(grads, clip)
            optimisers[name].update({**net.params, "weight": net.weight, "bias": net.bias}, grads)
            mean[name] += (now.loss - mean[name]) * 0.05
            home[name] = home[name] or n * (mean[name] < CHANCE[task] / 10)
    return home


def trained(net: Net, grads: dict[str, Array]) -> dict[str, Array]:
    """The gradients of what is learned: one bias a gate. A second one only a GRU has, for W_hn h."""
    second, H = np.zeros_like(grads["bias_hh"]), net.weight.shape[1]
    if net.cell is gru:
        second[2 * H :] = grads["bias_hh"][2 * H :]
    return grads | {"bias_hh": second}
