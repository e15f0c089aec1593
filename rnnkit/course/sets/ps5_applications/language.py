"""What exercise 7 is about: a language of brackets, who has to be beaten in it, and networks that are handed in.

Everyone's strings are of one language, and their symbols are numbered in an order of one's own: the weights of somebody
else read other symbols, and say others.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.check.names import usable
from rnnkit.course.numbers import Message, numbers_for
from rnnkit.data import Dyck

KINDS, DEPTH = 3, 4
ALPHABET = "()[]{}E"  # what comes after S, in the order of the brackets
RECORD = Path(__file__).with_name("reference.json")
COUNTED, SEED = 3000, 5  # strings that the baseline has counted, and the seed that they are drawn from


@dataclass(frozen=True)
class Brackets(Dyck):
    """Brackets of three kinds, up to four deep, with the symbols behind S numbered in the order of ``alphabet``."""

    kinds: int = KINDS
    depth: int = DEPTH
    alphabet: str = ALPHABET

    def _alphabet(self) -> str:
        return "S" + self.alphabet


TASK = Brackets()
V = TASK.input_size


class Network(NamedTuple):
    """A recurrent layer and what reads its states, in PyTorch's layout."""

    weight_ih: Values  # (H, V) of a simple RNN, (3H, V) of a GRU, (4H, V) of an LSTM
    weight_hh: Values  # (H, H), (3H, H) or (4H, H)
    bias_ih: Values
    bias_hh: Values
    weight_out: Values  # (V, H)
    bias_out: Values  # (V,)


class Text(NamedTuple):
    """Strings side by side, time first: what is read, what comes next, where a string has not ended, and the best."""

    read: Values  # (T, N)
    following: Values  # (T, N)
    real: Values  # (T, N), bool
    best: Values  # (T, N, V), the probability of each next symbol


def task_for(student: Any) -> Brackets:
    """The strings of a student, for ``rnnkit.fit`` and to look at.

    Raises
    ------
    ValueError
        If the name cannot be used.
    """
    return Brackets(alphabet=numbers_for("ps5-applications.trained", student)[0])


def show_task(student: Any) -> Message:
    """Three of a student's strings, the numbers of their symbols, and who has to be beaten."""
    if problem := usable(student):
        return Message(problem)
    task = task_for(student)
    some = fresh(0, task=task)
    lines = [f"S is symbol 0, and then come {' '.join(task.symbols[1:])}", *task.decode(task.sample(0, 3))]
    lines += [f"baseline:                 {baseline(some, task):.3f} bits a symbol"]
    lines += [f"reference, GRU, 16 units: {best(some) + above_the_best():.3f}"]
    lines += [f"the best there can be:    {best(some):.3f}"]
    return Message("\n".join(lines))


@cache
def above_the_best() -> float:
    """Bits by which the reference, trained by ``python make.py artefacts course_model``, is above the best."""
    return float(json.loads(RECORD.read_text(encoding="utf-8"))["above_the_best"])


def text(rng: np.random.Generator | int, n: int, task: Brackets = TASK) -> Text:
    """n strings of the language."""
    batch = task.sample(rng, n)
    following = np.asarray(batch.targets)
    real = np.ones(following.shape, bool) if batch.mask is None else np.asarray(batch.mask)
    return Text(np.asarray(batch.xs).argmax(-1), following, real, np.asarray(task.ideal(batch)))


@cache
def fresh(seed: int, n: int = 500, task: Brackets = TASK) -> Text:
    """Strings that no one has seen."""
    return text(np.random.default_rng(seed), n, task)


def bits(log_p: Values, of: Text) -> float:
    """Bits a symbol: the mean of −log2 of what each next symbol was given."""
    said = np.take_along_axis(log_p, of.following[..., None], -1)[..., 0]
    return float(-said[of.real].mean() / np.log(2))


def best(of: Text) -> float:
    """Bits a symbol of who knows the rules, and which brackets are open."""
    return bits(np.log(np.maximum(of.best, 1e-300)), of)


def _three(of: Text) -> tuple[Values, ...]:
    """At each step the last three symbols that were read; S before the first."""
    before = [np.vstack([0 * of.read[:k], of.read[: len(of.read) - k]]) for k in (2, 1)]
    return *before, of.read


@cache
def _counts() -> Values:
    """What came after each three symbols, (V, V, V, V), in the baseline's strings; a tenth of each more."""
    found, some = np.full((V, V, V, V), 0.1), text(SEED, COUNTED, Brackets())
    np.add.at(found, tuple(a[some.real] for a in (*_three(some), some.following)), 1)
    return found


def baseline(of: Text, task: Brackets = TASK) -> float:
    """Bits a symbol of who counts what comes after each three symbols."""
    p = _counts() / _counts().sum(-1, keepdims=True)
    as_counted = np.array([TASK.symbols.index(symbol) for symbol in task.symbols])
    same = of._replace(read=as_counted[of.read], following=as_counted[of.following])
    return bits(np.log(p[_three(same)]), same)


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
