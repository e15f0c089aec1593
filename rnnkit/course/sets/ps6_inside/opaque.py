"""Networks that count, of which one sees the units and the answers alone; and that of a student."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.check.names import usable
from rnnkit.course.numbers import Message, numbers_for

Simulate = Callable[..., tuple[Values, Values]]
COUNTER, TWIN, ECHO, LATE, CLOCK, LEAKY, BENT = range(7)  # the units with a part, before they are shuffled
SLOPE = 0.7  # of the bent unit, for each count
SYMBOLS = 3  # 1 is what counts, 2 takes a little away, 0 is nothing
T = 20  # steps of a student's own sequences
REALLY = 9  # the step, counted from 0, at which a student puts a 1 in place of a 0


class Plan(NamedTuple):
    """Where the units are, and what the right numbers are."""

    counter: int
    twin: int
    clock: int
    one_count: float  # by how much the counter changes with a 1
    effect: float  # of one more count in it, on the answer, where a count stays and nothing bent is heard
    leaky: float  # what a 1 gives to the answer on another way, before it fades
    fades: float  # by which factor, at each step


def make(
    rng: np.random.Generator, H: int, steps: int, twins: bool = True, keeps: float = 1.0, bent: float = 0.0
) -> tuple[Simulate, Plan]:
    """A network of H units, in an order of its own; without ``twins`` one unit alone counts.

    Of a count the counter ``keeps`` so much at each step, and weighs more for it; what it gives to the answer from the
    middle on stays. By the weight ``bent`` a squashed unit is heard that hears the counter: then sequences differ.
    """
    A, B, c = np.zeros((H, H)), np.zeros((H, SYMBOLS)), np.zeros(H)
    fades = 0.9
    A[COUNTER, COUNTER], B[COUNTER] = keeps, (0, 1, -rng.uniform(0.1, 0.16))
    A[CLOCK, CLOCK], c[CLOCK], B[CLOCK, 2] = 1, 1 / steps, 0.004
    A[LEAKY, LEAKY], B[LEAKY, 1] = fades, 1
    w = np.zeros(H)
    w[[COUNTER, LEAKY, CLOCK]] = rng.uniform(0.84, 0.9), rng.uniform(0.2, 0.3), rng.choice([-1, 1]) * rng.uniform(4, 6)
    w[COUNTER] /= keeps ** ((steps - 1) // 2)
    squashed = np.arange(H) > LEAKY
    A[squashed, :] = 0.35 * rng.normal(size=(squashed.sum(), H)) / np.sqrt(H)
    B[squashed, :] = rng.normal(0, 0.8, (squashed.sum(), SYMBOLS))
    if twins:
        A[TWIN, TWIN], B[TWIN, 1] = 1, 1
        A[LATE, COUNTER] = 1
        A[ECHO], B[ECHO], c[ECHO] = w @ A, w @ B, w @ c
    else:
        for k in (TWIN, LATE, ECHO):
            squashed[k], B[k] = True, rng.normal(0, 0.8, SYMBOLS)
    if bent:
        A[BENT] = SLOPE * (np.arange(H) == COUNTER)
        B[BENT], c[BENT], w[BENT] = B[BENT] / 2, -2 * SLOPE, bent  # no symbol takes it to its ends
    signs = np.where(rng.random(H) < 0.5, -1.0, 1.0)
    units = signs * np.where(squashed, 1, rng.uniform(0.08, 0.6, H))
    A, B, c, w = units[:, None] * A / units, units[:, None] * B, units * c, w / units
    order = rng.permutation(H)
    where = np.argsort(order)
    weights = A[order][:, order], B[order], c[order], w[order], squashed[order], -float(w[CLOCK] * units[CLOCK])
    plan = Plan(
        counter=int(where[COUNTER]),
        twin=int(where[TWIN]),
        clock=int(where[CLOCK]),
        one_count=float(units[COUNTER]),
        effect=float(units[COUNTER] * w[COUNTER]),
        leaky=float(units[LEAKY] * w[LEAKY]),
        fades=fades,
    )
    return simulator(*weights), plan


def simulator(A: Values, B: Values, c: Values, w: Values, squashed: Values, d: float) -> Simulate:
    """A function that reads sequences, and adds to a unit on the way where it is told to."""

    def simulate(xs: Values, k: int | None = None, t: int | None = None, more: float = 0.0) -> tuple[Values, Values]:
        read = np.asarray(xs)
        if read.ndim != 2 or read.dtype.kind not in "iu" or ((read < 0) | (read > 2)).any():
            raise ValueError(f"xs has shape {read.shape}, expected (T, N) with the symbols 0, 1 and 2")
        if (k is None) != (t is None):
            raise ValueError("simulate takes k and t together: the unit, and the step after which more is added")
        if k is not None and t is not None and not (k in range(len(w)) and t in range(len(read))):
            raise IndexError(f"unit {k} after step {t} is not there: {len(w)} units and {len(read)} steps, from 0")
        h, hs = np.zeros((read.shape[1], len(w))), []
        for now, row in enumerate(read):
            h = h @ A.T + B.T[row] + c
            h = np.where(squashed, np.tanh(h), h)
            if now == t:
                h[:, k] += more
            hs.append(h)
        return np.array(hs), h @ w + d

    return simulate


def sequences(rng: np.random.Generator, N: int, steps: int = T) -> Values:
    """Symbols (T, N), as whole numbers."""
    return rng.choice(SYMBOLS, (steps, N), p=(0.45, 0.35, 0.2))


def of_number(number: int) -> tuple[Simulate, Plan]:
    """The network that has a number."""
    return make(np.random.default_rng(int(number)), 12, T)


def network_for(student: Any) -> tuple[Simulate | Message, Values | Message]:
    """The network of a student as a function, and sequences for it; sentences if the name cannot be used."""
    if problem := usable(student):
        return Message(problem), Message(problem)
    return opened(*numbers_for("ps6-inside.own_counter", student))


def opened(network_number: int) -> tuple[Simulate, Values]:
    """The network of a number, and 500 sequences."""
    return of_number(network_number)[0], sequences(np.random.default_rng(500), 500)


def correlations(simulate: Simulate, xs: Values, answer: bool = False) -> Values:
    """Of each unit at the end with the number of 1s, or with the answer."""
    hs, answers = simulate(xs)
    y = answers if answer else (xs == 1).sum(0)
    h, y = hs[-1] - hs[-1].mean(0), y - y.mean()
    found: Values = h.T @ y / np.sqrt((h**2).sum(0) * (y**2).sum() + 1e-12)
    return found
