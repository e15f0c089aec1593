"""Exercise ps4-gates.shares: what each step has left in the last cell state, in an LSTM of a student's own."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.convert import is_missing
from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Told, Values
from rnnkit.course.answer.typed import near
from rnnkit.course.answer.written import either, exactness, explained

T = 5
INPUTS = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)
LARGE = (-2.0, -1.5, 1.5, 2.0)
SMALL = (-0.6, -0.4, 0.4, 0.6)
BIASES = (-0.5, 0.0, 0.5, 1.0)
TOLERANCE = 0.002
SMALLEST, APART = 0.008, 0.01


class Numbers(NamedTuple):
    """Five inputs, and an LSTM with one input and one unit: four weights of each kind, for i, f, g, o."""

    xs: tuple[float, ...]
    weight_ih: tuple[float, ...]
    weight_hh: tuple[float, ...]
    bias: tuple[float, ...]


class Step(NamedTuple):
    """The gates of a step, and the states that it makes."""

    i: float
    f: float
    g: float
    o: float
    c: float
    h: float


Squash = Callable[[float], float]


def _sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))


def trace(
    xs: Sequence[float],
    weight_ih: Sequence[float],
    weight_hh: Sequence[float],
    bias: Sequence[float],
    c: float = 0.0,
    squashes: Sequence[Squash] = (_sigmoid, _sigmoid, math.tanh, _sigmoid),
) -> list[Step]:
    """Every step, from h_0 = 0 and c_0 = ``c``."""
    h, found = 0.0, []
    for x in xs:
        sums = (w * x + u * h + b for w, u, b in zip(weight_ih, weight_hh, bias, strict=True))
        i, f, g, o = (squash(a) for squash, a in zip(squashes, sums, strict=True))
        c = f * c + i * g
        h = o * math.tanh(c)
        found.append(Step(i, f, g, o, c, h))
    return found


def five_shares(*numbers: Any) -> list[float]:
    """i_t g_t times every later forget gate; their sum is c_5."""
    return _shares(trace(*numbers))


def _shares(steps: Sequence[Step]) -> list[float]:
    return [s.i * s.g * math.prod(later.f for later in steps[t + 1 :]) for t, s in enumerate(steps)]


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    xs = tuple(pick(INPUTS) for _ in range(T))
    weight_ih = tuple(pick(LARGE) for _ in range(4))
    return Numbers(xs, weight_ih, tuple(pick(SMALL) for _ in range(4)), tuple(pick(BIASES) for _ in range(4)))


def _tells(numbers: Numbers) -> bool:
    """Whether there is a story: one thing was written and is lost, something hidden, and no two shares are alike."""
    xs, *arrays = numbers
    if len(set(zip(*arrays, strict=True))) < 4:
        return False  # two gates with the same numbers: one in the other's place would be right
    steps = trace(*numbers)
    shares = [abs(s) for s in _shares(steps)]
    large = [(abs(s.i * s.g), share) for s, share in zip(steps, shares, strict=True) if abs(s.i * s.g) > 0.28]
    lost = [written > 0.32 and share < 0.23 * written for written, share in large if share < 0.27 * written] == [True]
    hidden = any(s.o < 0.3 and abs(s.c) > 0.4 for s in steps)
    gates = [s.f for s in steps[1:]]
    apart = min(abs(np.diff(sorted(shares))))
    clear = min(gates) < 0.4 and max(gates) > 0.8 and min(shares) > SMALLEST and apart > APART
    return bool(lost and hidden and clear and len(set(xs)) >= 3 and abs(sum(_shares(steps))) > 0.1)


Slip = Callable[[Sequence[Step], int], float]
SLIPS: tuple[tuple[str, Slip], ...] = (
    ("no forget gate is in it: each later step multiplies what is there by its f", lambda s, t: s[t].i * s[t].g),
    (
        "its own forget gate is in it too: f of a step multiplies what was there before, not what the step writes",
        lambda s, t: s[t].f * _shares(s)[t],
    ),
    ("the input gate is missing: a step writes i times g", lambda s, t: _shares(s)[t] / s[t].i),
    ("the sign is turned", lambda s, t: -_shares(s)[t]),
    ("the output gate is in it: o shows the cell, and takes nothing out of it", lambda s, t: s[-1].o * _shares(s)[t]),
    (
        "all of the cell is carried on, c of this step, and not what the step wrote: i times g",
        lambda s, t: s[t].c * math.prod(later.f for later in s[t + 1 :]),
    ),
    (
        "the last forget gate is missing: step 5 multiplies what is there too",
        lambda s, t: s[t].i * s[t].g * math.prod(later.f for later in s[t + 1 : -1]),
    ),
    (
        "one forget gate is missing, that of the step right after it",
        lambda s, t: s[t].i * s[t].g * math.prod(later.f for later in s[t + 2 :]),
    ),
    (
        "the forget gates of the steps before it are in it: those of the steps after it are due",
        lambda s, t: s[t].i * s[t].g * math.prod(before.f for before in s[:t]),
    ),
    (
        "1 − f stands where f is due: f is what is kept",
        lambda s, t: s[t].i * s[t].g * math.prod(1 - later.f for later in s[t + 1 :]),
    ),
    (
        "o stands where f is due: the later forget gates keep it, and no output gate does",
        lambda s, t: s[t].i * s[t].g * math.prod(later.o for later in s[t + 1 :]),
    ),
    (
        "i stands where f is due: the later forget gates keep it, and no input gate does",
        lambda s, t: s[t].i * s[t].g * math.prod(later.i for later in s[t + 1 :]),
    ),
    (
        "the forget gate of the next step alone is in it: every later one is due",
        lambda s, t: s[t].i * s[t].g * math.prod(later.f for later in s[t + 1 : t + 2]),
    ),
    (
        "the forget gates of the first steps are in it, its own included: those of the steps after it are due",
        lambda s, t: s[t].i * s[t].g * math.prod(before.f for before in s[: t + 1]),
    ),
    (
        "the output gate of its own step is in it: o shows the cell, and takes nothing out of it",
        lambda s, t: s[t].o * _shares(s)[t],
    ),
    ("shares are in percent of c_5: the numbers themselves are due", lambda s, t: 100 * _shares(s)[t] / s[-1].c),
    ("g is missing: a step writes i times g", lambda s, t: s[t].i * math.prod(later.f for later in s[t + 1 :])),
)


SQUASHES: dict[str, tuple[Squash, Squash, Squash, Squash]] = {
    "i, f and o go through a tanh: a gate is a sigmoid": (math.tanh, math.tanh, math.tanh, math.tanh),
    "i is the sum itself: a gate goes through a sigmoid": (float, _sigmoid, math.tanh, _sigmoid),
    "f is the sum itself: a gate goes through a sigmoid": (_sigmoid, float, math.tanh, _sigmoid),
    "o is the sum itself: a gate goes through a sigmoid": (_sigmoid, _sigmoid, math.tanh, float),
}


def _slips(*numbers: Any) -> Iterator[tuple[str, Values]]:
    """Everything that one slip makes of all five: wrong products, gates that are rounded, blocks in another order."""
    steps = trace(*numbers)
    for words, slip in SLIPS:
        yield words, np.array([slip(steps, t) for t in range(T)])
    for digits, decimals in ((1, "one decimal"), (2, "two decimals")):
        gates = [Step(*(round(value, digits) for value in step)) for step in steps]
        yield f"the gates are rounded to {decimals}: carry at least four", np.array(_shares(gates))
    xs, weight_ih, weight_hh, bias = numbers
    for words, squashes in SQUASHES.items():
        yield words, np.array(_shares(trace(xs, weight_ih, weight_hh, bias, 0.0, squashes)))
    for order in list(permutations(range(4)))[1:]:
        read = ", ".join("ifgo"[order.index(k)] for k in range(4))
        moved = [[array[k] for k in order] for array in (weight_ih, weight_hh, bias)]
        words = f"the four numbers are read in the order {read}, where i, f, g, o is due"
        yield words, np.array(five_shares(xs, *moved))


def _explain(case: Case, got: Values, expected: Values) -> Told:
    """The first share that is off, and the slip that would account for all that are. Never the right value."""
    steps = trace(*case.args)
    off = ~(abs(got - expected) <= TOLERANCE)
    t = int(np.flatnonzero(off)[0])
    if is_missing(got[t]):
        return Told(
            f"The share of step {t + 1} is missing: {T} are expected, and {T - is_missing(got).sum()} came.", True
        )
    if (got == got.round(2)).all() and (abs(got - expected) < 0.0055).all():
        return Told("You wrote two decimals: write down three, and carry at least four.", True)
    text = f"The share of step {t + 1} = {got[t] + 0:g} is off."
    if made := either(explained(got, expected, _slips(*case.args), TOLERANCE), "when"):
        return Told(text + made, True)
    if abs(np.nansum(got) - steps[-1].c) <= T * exactness(got, TOLERANCE / T):
        return Told(f"{text} The five add up to c_5 all the same: is something of it counted to another step?", True)
    if off.all():
        return Told(
            f"{text} So are the others: are the gates right? Their order is i, f, g, o, and g is a tanh.", False
        )
    return Told(f"{text} It is i times g of step {t + 1}, times f of each step after it.", False)


EXERCISE = Exercise(
    name="shares",
    number=7,
    parameters=dict.fromkeys(Numbers._fields, ""),
    outputs=(Output("shares", "sequence", {"T": "step"}, T),),
    layers=(
        *(Layer(f"the share of step {t + 1}", 0.5, "own", alike=near(t, TOLERANCE)) for t in range(T)),
        Layer("all five shares", 0.5, "own"),
    ),
    reference=five_shares,
    own=Own(_candidate, _tells),
    explain=_explain,
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.01,
    procedure="five_shares",
    note="The numbers are those of {name}.",
)
