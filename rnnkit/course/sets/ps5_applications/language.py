"""What exercise 7 is about: a language of brackets, who has to be beaten in it, and networks that are handed in."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.data import Dyck

TASK = Dyck(kinds=3, depth=4)
V = TASK.input_size
FILE = Path(__file__).with_name("weights.json")
COUNTED, SEED = 3000, 5  # strings that the baseline has counted, and the seed that they are drawn from
NAMES = "0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0", "0.bias_hh_l0", "1.weight", "1.bias"  # as rnnkit has them


class Network(NamedTuple):
    """A recurrent layer and what reads its states, in PyTorch's layout."""

    weight_ih: Values  # (H, V) of a simple RNN, (3H, V) of a GRU, (4H, V) of an LSTM
    weight_hh: Values  # (H, H), (3H, H) or (4H, H)
    bias_ih: Values
    bias_hh: Values
    weight_out: Values  # (V, H)
    bias_out: Values  # (V,)


class Text(NamedTuple):
    """Strings side by side, time first: what is read, what comes next, and where a string has not ended."""

    read: Values  # (T, N)
    following: Values  # (T, N)
    real: Values  # (T, N), bool


def text(rng: np.random.Generator | int, n: int) -> Text:
    """n strings of the language."""
    batch = TASK.sample(rng, n)
    following = np.asarray(batch.targets)
    real = np.ones(following.shape, bool) if batch.mask is None else np.asarray(batch.mask)
    return Text(np.asarray(batch.xs).argmax(-1), following, real)


@cache
def fresh(seed: int, n: int = 500) -> Text:
    """Strings that no one has seen."""
    return text(np.random.default_rng(seed), n)


def bits(log_p: Values, of: Text) -> float:
    """Bits a symbol: the mean of −log2 of what each next symbol was given."""
    said = np.take_along_axis(log_p, of.following[..., None], -1)[..., 0]
    return float(-said[of.real].mean() / np.log(2))


def _three(of: Text) -> tuple[Values, ...]:
    """At each step the last three symbols that were read; S before the first."""
    before = [np.vstack([0 * of.read[:k], of.read[: len(of.read) - k]]) for k in (2, 1)]
    return *before, of.read


@cache
def _counts() -> Values:
    """What came after each three symbols, (V, V, V, V), in the baseline's strings; a tenth of each more."""
    found, some = np.full((V, V, V, V), 0.1), text(SEED, COUNTED)
    np.add.at(found, tuple(a[some.real] for a in (*_three(some), some.following)), 1)
    return found


def baseline(of: Text) -> float:
    """Bits a symbol of who counts what comes after each three symbols."""
    p = _counts() / _counts().sum(-1, keepdims=True)
    return bits(np.log(p[_three(of)]), of)


def log_probabilities(w: Network, of: Text) -> Values:
    """What a network says of each next symbol, (T, N, V); simple RNN, GRU or LSTM, by the number of its rows."""
    H = w.weight_hh.shape[1]
    h = c = np.zeros((of.read.shape[1], H))
    rows = []
    for column in of.read:
        a, b = w.weight_ih.T[column] + w.bias_ih, h @ w.weight_hh.T + w.bias_hh
        if len(w.weight_hh) == H:
            h = np.tanh(a + b)
        elif len(w.weight_hh) == 3 * H:
            r, z = _sigmoid(a[:, :H] + b[:, :H]), _sigmoid(a[:, H : 2 * H] + b[:, H : 2 * H])
            h = (1 - z) * np.tanh(a[:, 2 * H :] + r * b[:, 2 * H :]) + z * h
        else:
            i, f, g, o = np.split(a + b, 4, axis=1)
            c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
            h = _sigmoid(o) * np.tanh(c)
        rows.append(h @ w.weight_out.T + w.bias_out)
    said = np.array(rows)
    said = said - said.max(-1, keepdims=True)
    log_p: Values = said - np.log(np.exp(said).sum(-1, keepdims=True))
    return log_p


def _sigmoid(a: Values) -> Values:
    value: Values = 0.5 * (1 + np.tanh(0.5 * a))
    return value


def pack(arrays: Mapping[str, Values] | tuple[Values, ...]) -> str:
    """The six arrays of a network as one line of text: give ``network.params``, or the arrays in their order."""
    w = Network(*(np.asarray(a) for a in (arrays.values() if isinstance(arrays, Mapping) else arrays)))
    numbers = np.concatenate([a.ravel() for a in w]).astype("<f2")
    return f"{len(w.weight_hh)}x{w.weight_hh.shape[1]}:{base64.b64encode(numbers.tobytes()).decode()}"


def unpack(line: str) -> Network:
    """The arrays of such a line.

    Raises
    ------
    ValueError
        If the line is not whole.
    """
    size, _, code = "".join(line.split()).partition(":")
    rows, _, H = size.partition("x")
    try:
        G, units = int(rows), int(H)
        numbers = np.frombuffer(base64.b64decode(code, validate=True), "<f2").astype(float)
        shapes = (G, V), (G, units), (G,), (G,), (V, units), (V,)
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        if len(numbers) != ends[-1]:
            raise ValueError(f"{len(numbers)} numbers")
    except ValueError as error:
        came = f"{len(line)} characters that cannot be read ({error})"
        raise ValueError(
            f"line has {came}, expected what pack printed, from its first character to its last."
        ) from error
    parts = np.split(numbers, ends[:-1])
    return Network(*(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))


@cache
def stored(name: str) -> Network:
    """A network that `python make.py artefacts course_model` has trained: "reference", and some that went wrong."""
    rows: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
    return unpack(rows[name])


def train() -> dict[str, Values]:
    """The parameters that the solution's training comes to, by the names that rnnkit gives them; kept, and not run."""
    return {name: array.copy() for name, array in zip(NAMES, stored("reference"), strict=True)}
