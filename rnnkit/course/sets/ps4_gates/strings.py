"""The strings of exercise 6, by what is wrong with them, and an LSTM with given weights that reads them."""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.sets.ps4_gates.lstm import sigmoid

LONGEST = 50  # n
ALL_UP_TO = 10  # letters
RIGHT, FEW, MANY, ORDER, MORE = "right", "too few b", "too many b", "out of order", "more after the end"
SAYS = {
    FEW: "it has too few “b”",
    MANY: "it has too many “b”",
    ORDER: "its letters are out of order",
    MORE: "it goes on after the end",
}


class Weights(NamedTuple):
    """An LSTM that reads a as (1, 0) and b as (0, 1), and what reads its last h."""

    weight_ih: Values  # (4H, 2)
    weight_hh: Values  # (4H, H)
    bias: Values  # (4H,)
    weight_out: Values  # (H,)
    bias_out: Values  # ()


def kind(string: str) -> str:
    """The first thing that is wrong with a string, or that nothing is."""
    count, before = 0, ""
    for letter in string:
        if letter == "a" and before == "b":
            return ORDER if count else MORE
        if letter == "b" and count == 0:
            return MANY if before else ORDER
        count, before = count + (1 if letter == "a" else -1), letter
    return FEW if count else RIGHT


@cache
def encoded(rows: tuple[str, ...]) -> tuple[Values, Values]:
    """Where there is a b, (T, N), and how long each is, (N,)."""
    lengths = np.array([len(s) for s in rows])
    return np.array([[letter == "b" for letter in s.ljust(lengths.max())] for s in rows]).T, lengths


def scores(w: Weights, rows: Sequence[str]) -> Values:
    """What is read of h after the last letter of each: above 0 is yes."""
    read: Values = last_states(w, rows) @ w.weight_out + w.bias_out
    return read


def last_states(w: Weights, rows: Sequence[str]) -> Values:
    """h after the last letter of each, (N, H)."""
    letters, lengths = encoded(tuple(rows))
    h = c = np.zeros((len(lengths), len(w.weight_out)))
    last = h
    for t, column in enumerate(letters):
        a = np.where(column[:, None], w.weight_ih[:, 1], w.weight_ih[:, 0]) + h @ w.weight_hh.T + w.bias
        i, f, g, o = a.reshape(len(c), 4, -1).transpose(1, 0, 2)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        last = np.where((lengths == t + 1)[:, None], h, last)
    return last


@cache
def short_strings() -> tuple[str, ...]:
    """All of them, up to ALL_UP_TO letters."""
    return tuple("".join(s) for n in range(1, ALL_UP_TO + 1) for s in product("ab", repeat=n))


def near_misses() -> tuple[str, ...]:
    """A few of each kind, short and as long as they get: where a weight that is a little off shows first."""
    found: list[str] = []
    for n in (1, 2, 3, 10, 25, LONGEST):
        whole = "a" * n + "b" * n
        found += [whole, whole[:-1], whole + "b", "a" * n, "b" * n, whole + "a", "ab" + whole, "b" + whole + "b"]
        found += ["a" * n + "b" * (n // 2), whole + "b" * LONGEST, whole + whole, "b" * n + "a" * n]
        found += ["a" * (n - 1) + "ba" + "b" * (n - 1)]
    return tuple(dict.fromkeys([*found, *(s for s in short_strings() if len(s) <= 5)]))


@cache
def strings(seed: int) -> dict[str, tuple[str, ...]]:
    """Strings of each kind, drawn: near misses at every n, and others."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[str]] = {k: [] for k in (RIGHT, *SAYS)}
    for n in range(1, LONGEST + 1):
        few, more = int(rng.integers(0, n)), int(rng.integers(1, LONGEST))
        whole = "a" * n + "b" * n
        drawn = [whole, whole[:-1], "a" * n + "b" * few, whole + "b", whole + "b" * more]
        drawn += [whole + "a", whole + "ab", whole + whole[: int(rng.integers(1, 2 * n + 1))], "b" * n + "a" * n]
        shuffled = list(whole)
        rng.shuffle(shuffled)
        inside = int(rng.integers(0, n)) + n  # the place of one b: behind it an a comes between, and one b more
        drawn += ["b" * n, "".join(shuffled), whole[: inside + 1] + "a" + whole[inside:]]
        early = int(rng.integers(1, n)) if n > 1 else 1  # so many b before the a that is out of order
        drawn += [whole + "b" * LONGEST, "ab" + whole, "b" + whole + "b"]  # an alarm has to last
        drawn += ["a" * (n - 1) + "ba" + "b" * (n - 1), "a" * n + "b" * early + "a" * early + "b" * n]
        for string in drawn:
            found[kind(string)].append(string)
    return {name: tuple(dict.fromkeys(rows)) for name, rows in found.items()}
