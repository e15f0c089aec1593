"""The networks of Evidence Bench, and six ways to say on which steps their answer rests.

A network reads T = 12 pairs, a number x_t from -1 to 1 and a mark m_t, 0 or 1, by a GRU, pools its states by attention,
and says yes where the score is above 0:

    h_t = GRU((x_t, m_t), h_{t-1})      a = softmax_t(q · h_t)      score = b + Σ a_t (o · h_t)

The answer asks about the numbers at marked steps alone, which were planted: so it is known what it has to rest on.
networks.json holds the weights of nine networks, rounded, and what each method finds in hidden sequences; what made it
is in ``artefacts/evidence_bench``.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.cells import Params, gru
from rnnkit.explorers.spectrum_scope.weights import draws
from rnnkit.ops import Array, softmax
from rnnkit.unroll import bptt, unroll

FILE = Path(__file__).parent / "networks.json"
T, H = 12, 10
SHAPES = {
    "weight_ih": (3 * H, 2),
    "weight_hh": (3 * H, H),
    "bias_ih": (3 * H,),
    "bias_hh": (3 * H,),
    "query": (H,),
    "readout": (H,),
    "bias": (1,),
}
SIZES = [int(np.prod(shape)) for shape in SHAPES.values()]  # 441 numbers
SCALE = 500  # a weight is a whole number of parts of this size
LETTERS = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"<\\')  # what JSON and a page leave alone
PLANTED = {"one": 1, "sum": 2, "either": 2}  # how many steps are marked
RULES: dict[str, Callable[[Array], Array]] = {  # of the marked numbers, (K, N)
    "one": lambda v: v[0] > 0,
    "sum": lambda v: v[0] + v[1] > 0,
    "either": lambda v: v.max(0) > 0,
}
LEVELS = np.arange(8, -9, -1) / 8  # the heights at which a number is tried
SHUFFLES = 5  # whose likeness to the trained network is known


class Read(NamedTuple):
    """What a network makes of N sequences."""

    states: Array  # (T + 1, N, H)
    trace: gru.Trace
    attention: Array  # (T, N); each column adds up to 1
    score: Array  # (N,)


def read(net: Params, xs: Array) -> Read:
    """Pairs (T, N, 2) to scores (N,), and what is on the way."""
    (states,), trace = unroll(gru, net, xs, (np.zeros((xs.shape[1], H)),))
    attention = softmax((states[1:] @ net["query"]).T).T
    return Read(states, trace, attention, net["bias"][0] + (attention * (states[1:] @ net["readout"])).sum(0))


def backward(net: Params, xs: Array, found: Read, d_score: Array) -> tuple[Params, Array]:
    """The gradients of the weights and of the pairs, (T, N, 2), from those of the scores, (N,)."""
    h, a = found.states[1:], found.attention
    said = h @ net["readout"]  # (T, N)
    d_said = a * d_score
    d_look = d_said * (said - (found.score - net["bias"][0]))  # softmax: what lies above the mean pulls up
    d_h = d_said[..., None] * net["readout"] + d_look[..., None] * net["query"]
    d_p, d_xs, *_ = bptt(gru, net, xs, (found.states,), found.trace, d_h)
    own = {
        "query": np.einsum("tn,tnh->h", d_look, h),
        "readout": np.einsum("tn,tnh->h", d_said, h),
        "bias": np.array([d_score.sum()]),
    }
    return {**d_p, **own}, d_xs


def pairs(x: Array, marks: Array) -> Array:
    """Numbers and marks, (T, N) each, as the network reads them: (T, N, 2)."""
    return np.stack([x, marks], -1)


def score(net: Params, x: Array, marks: Array) -> Array:
    """(T, N) numbers and marks to scores, (N,)."""
    return read(net, pairs(x, marks)).score


def attention(net: Params, x: Array, marks: Array) -> Array:
    """The weights by which the states are pooled, (T, N). They add up to 1."""
    return read(net, pairs(x, marks)).attention


def gradient(net: Params, x: Array, marks: Array) -> Array:
    """∂score/∂x_t, (T, N)."""
    xs = pairs(x, marks)
    found = read(net, xs)
    return np.asarray(backward(net, xs, found, np.ones(x.shape[1]))[1][..., 0])


def product(net: Params, x: Array, marks: Array) -> Array:
    """x_t ∂score/∂x_t, (T, N)."""
    return x * gradient(net, x, marks)


def integrated(net: Params, x: Array, marks: Array, points: int = 32) -> Array:
    """Integrated gradients, (T, N): x_t times the mean of ∂score/∂x_t on the straight way from all zeros to x.

    The marks stay. ``points`` are the middles of as many parts of the way (Sundararajan, Taly and Yan, 2017).
    """
    share = (np.arange(points)[:, None] + 0.5) / points
    way, there = (np.broadcast_to(v[:, None], (len(x), points, x.shape[1])) for v in (x, marks))
    slopes = gradient(net, (way * share).reshape(len(x), -1), there.reshape(len(x), -1))
    return np.asarray(x * slopes.reshape(way.shape).mean(1))


def occlusion(net: Params, x: Array, marks: Array) -> Array:
    """By how much the score falls when x_t is 0, one number at a time, (T, N)."""
    whole = score(net, x, marks)
    return np.stack([whole - score(net, with_number(x, t, 0.0), marks) for t in range(len(x))])


def size(net: Params, x: Array, marks: Array) -> Array:
    """The numbers themselves: a decoy, which never asks the network."""
    return x


METHODS: dict[str, Callable[[Params, Array, Array], Array]] = {
    "attention": attention,
    "gradient": gradient,
    "product": product,
    "integrated": integrated,
    "occlusion": occlusion,
    "size": size,
}


def with_number(x: Array, t: int, value: Any) -> Array:
    """The same numbers, but for step t, counted from 0."""
    return np.concatenate([x[:t], np.broadcast_to(value, x[t : t + 1].shape), x[t + 1 :]])


def moved(net: Params, x: Array, marks: Array) -> Array:
    """The score where one number of one sequence, (T,), has each of the LEVELS: (T, levels)."""
    many, count = np.repeat(x[:, None], len(LEVELS), 1), np.repeat(marks[:, None], len(LEVELS), 1)
    return np.stack([score(net, with_number(many, t, LEVELS), count) for t in range(len(x))])


def named(scores: Array, count: int) -> Array:
    """The steps with the largest scores, whatever their sign: (count, N); of equals the earliest."""
    return np.argsort(-np.abs(scores), 0, kind="stable")[:count]


def ranks(scores: Array) -> Array:
    """The place of each size among the steps, from 0: (T, N)."""
    return np.argsort(np.argsort(np.abs(scores), 0, kind="stable"), 0)


def alike(one: Array, other: Array) -> Array:
    """Spearman's rank correlation of the sizes of two pictures, (T, N) each: (N,)."""
    n = len(one)
    return np.asarray(1 - 6 * ((ranks(one) - ranks(other)) ** 2).sum(0) / (n * (n * n - 1)))


def sequences(task: str, count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Numbers and marks, (T, N) each, and whether the answer is yes, (N,).

    Of "either", four of ten have no number above 0 at a marked step, so that half of the answers are no.
    """
    x = rng.uniform(-1, 1, (T, count))
    steps = np.argsort(rng.random((T, count)), 0)[: PLANTED[task]]
    marks = np.zeros_like(x)
    np.put_along_axis(marks, steps, 1.0, 0)
    at = np.take_along_axis(x, steps, 0)
    if task == "either":
        at = np.where(rng.random(count) < 0.4, -np.abs(at), at)
        np.put_along_axis(x, steps, at, 0)
    return x, marks, RULES[task](at)


def shuffled(net: Params, seed: int) -> Params:
    """The same numbers in another order, each part by itself; by the page's own draws. 0 leaves them."""
    if seed == 0:
        return net
    draw, out = draws(seed), {}
    for name, array in net.items():
        flat = array.ravel().copy()
        for k in range(len(flat) - 1, 0, -1):  # Fisher and Yates
            other = int(draw() * (k + 1))
            flat[[k, other]] = flat[[other, k]]
        out[name] = flat.reshape(array.shape)
    return out


def packed(net: Params) -> str:
    """The 441 numbers of a network, in the order of SHAPES, as text: two letters for each, in units of 1 / SCALE."""
    whole = np.round(SCALE * np.concatenate([net[name].ravel() for name in SHAPES])).astype(int)
    places = (divmod(k, len(LETTERS)) for k in whole + len(LETTERS) ** 2 // 2)
    return "".join(LETTERS[a] + LETTERS[b] for a, b in places)


def unpacked(text: str) -> Params:
    """The network of such a text."""
    places = np.array([LETTERS.index(letter) for letter in text]).reshape(-1, 2)
    numbers = (places @ [len(LETTERS), 1] - len(LETTERS) ** 2 // 2) / SCALE
    parts = np.split(numbers, np.cumsum(SIZES)[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(SHAPES.items(), parts, strict=True)}


def load(path: Path = FILE) -> dict[str, list[Params]]:
    """The networks by their tasks, three each: as often right, from other first weights and examples."""
    content = json.loads(path.read_text("utf-8"))
    return {task: [unpacked(one["weights"]) for one in content["networks"][task]] for task in PLANTED}
