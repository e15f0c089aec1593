"""Exercise ps4-gates.counter: an LSTM's weights set by hand, so that it accepts aⁿbⁿ and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, product
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps4_gates.strings import (
    ALL_UP_TO,
    FEW,
    LONGEST,
    MANY,
    MORE,
    ORDER,
    RIGHT,
    SAYS,
    Weights,
    kind,
    last_states,
    near_misses,
    scores,
    short_strings,
    strings,
)

UNITS, LARGEST = 4, 50.0  # of units at most, and of any weight in size
SHARE, TRIES = 0.01, 8  # by how much every weight may be off, and how often that is tried at random


def hand_set(fresh: int) -> Weights:
    """A counter, a memory of the first b, and two alarms."""
    on, (i, f, g, o) = 40.0, range(4)
    count, begun, order, below = range(4)
    ih, hh, bias = np.zeros((4, 4, 2)), np.zeros((4, 4, 4)), np.zeros((4, 4))  # gate, unit, then what it reads
    bias[f] = bias[o] = bias[g] = bias[i, count] = on
    ih[g, count], bias[g, count] = (on, -on), 0
    ih[i, begun] = -on, on
    ih[i, order], hh[i, order, begun], bias[i, order] = (0, -on), on, -15
    ih[i, below], hh[i, below, count], bias[i, below] = (-on, 0), -on, 15
    weight_out, bias_out = np.array([-1.0, 0, -3, -3]), np.array(0.5)
    return Weights(ih.reshape(16, 2), hh.reshape(16, 4), bias.reshape(16), weight_out, bias_out)


def weights_of(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> Weights | str:
    """The weights, or what is wrong with their shapes and sizes."""
    came = call(exercise, function, cases[0]).values
    if len(came) != len(Weights._fields):
        return "none"
    w = Weights(*came)
    H = w.weight_out.size
    if not 1 <= H <= UNITS:
        return f"weight_out has {H} numbers, one for each unit: one to {UNITS} units are allowed."
    for name, array, due in zip(Weights._fields, w, ((4 * H, 2), (4 * H, H), (4 * H,), (H,), ()), strict=True):
        if array.shape != due:
            return f"weight_out has {H} numbers, one for each unit. Then {name} is {due}, but {array.shape} came."
        if not (abs(array) <= LARGEST).all():
            return f"{name} holds a number beyond ±{LARGEST:g}, or none at all. A sigmoid is 0.99999999 at 20 already."
    return w


def _judges(*kinds: str, least: int = 1, most: int = 10**9) -> Callable[..., bool]:
    """A judge: all strings of these kinds get the right answer."""

    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        w = weights_of(exercise, function, cases)
        found = strings(cases[0].args[0])
        rows = [s for k in kinds for s in found[k] if least <= len(s) <= most]
        return isinstance(w, Weights) and not _misjudged(w, rows)

    return judge


def _misjudged(w: Weights, rows: Sequence[str]) -> list[str]:
    said = scores(w, rows) > 0
    return [s for s, yes in zip(rows, said.tolist(), strict=True) if yes != (kind(s) == RIGHT)]


def _all_short(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    w = weights_of(exercise, function, cases)
    return isinstance(w, Weights) and not _misjudged(w, short_strings())


def _robust(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    w = weights_of(exercise, function, cases)
    return isinstance(w, Weights) and not _misjudged(w, near_misses()) and holds_when_shaken(w)


def holds_when_shaken(w: Weights) -> bool:
    """Whether near misses come out right with every weight at one end of its ±1 %: the same tries in every check."""
    rows = near_misses()
    right = np.array([kind(s) == RIGHT for s in rows])
    for shaken in _shaken(w):
        h = last_states(shaken, rows)
        for out, bias in product(_ends(w.weight_out), _ends(w.bias_out)):
            if ((h @ out + bias > 0) != right).any():
                return False
    return True


def _ends(array: Values) -> list[Values]:
    """All a little larger in size, all smaller, all moved up, all moved down."""
    by = SHARE * abs(array)
    return [array * (1 + SHARE), array * (1 - SHARE), array + by, array - by]


def _shaken(w: Weights) -> Iterator[Weights]:
    """What reads a and b, and what reads h, each moved either way; and every weight by itself, at random."""
    for a, b, h in product((1, -1), repeat=3):
        factors = np.array([1 + SHARE * a, 1 + SHARE * b])
        yield w._replace(weight_ih=w.weight_ih * factors, weight_hh=w.weight_hh * (1 + SHARE * h))
    rng = np.random.default_rng(0)
    for _ in range(TRIES):
        yield Weights(*(array * (1 + SHARE * rng.choice([-1, 1], array.shape)) for array in w))


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    w = weights_of(exercise, function, cases)
    if isinstance(w, str):
        return "" if w == "none" else w
    short, others = short_strings(), [s for some in strings(cases[0].args[0]).values() for s in some]
    wrong = _misjudged(w, short) or _misjudged(w, sorted({*others, *near_misses()}, key=lambda s: (len(s), s)))
    accepted = (scores(w, short) > 0).sum()
    if wrong and accepted in (0, len(short)):
        said = "accepted" if accepted else "rejected"
        return f"Every string is {said}. Print weight_out @ h + bias_out after ab and after aab: one sign for each."
    if wrong:
        first = _shortest(wrong)
        told = [f"{_short(s)} is {f'accepted, and {SAYS[k]}' if k in SAYS else 'rejected'}." for k, s in first]
        return " ".join([told[0], _state(w, first[0][1]), *told[1:]])
    return (
        f"All strings come out right, and no longer when every weight is off by up to {SHARE:.0%}: two numbers cancel "
        "out, or a gate is half open. Make its sum large, 20 or more either way, and the margins of the reading wide."
    )


def _shortest(wrong: Sequence[str]) -> list[tuple[str, str]]:
    """What came out wrong: a right string alone, if there is one, else the shortest string of each kind."""
    found = {k: [s for s in wrong if kind(s) == k] for k in FIRST}
    if found[RIGHT]:
        return [(RIGHT, found[RIGHT][0])]
    if found[MANY]:  # b alone is out of order too, and passes for the same reason
        found[ORDER] = [s for s in found[ORDER] if "ba" in s]
    return [(k, rows[0]) for k, rows in found.items() if rows]


def _state(w: Weights, string: str) -> str:
    """What a person would look at: h after the last letter, and what is read of it."""
    H = len(w.weight_out)
    rows = [scores(w._replace(weight_out=row, bias_out=np.array(0.0)), [string])[0] for row in np.eye(H)]
    h = ", ".join(f"{v + 0:.2f}" for v in rows)
    return f"After its last letter h is ({h}), and weight_out @ h + bias_out {scores(w, [string])[0]:.2f}."


def _short(string: str) -> str:
    """aaabb as it is, or a long one by its runs."""
    if len(string) <= 12:
        return f"“{string}”"
    runs = [f"{len(list(run))}×“{letter}”" for letter, run in groupby(string)]
    return f"The string {' '.join(runs[:6])}{' …' if len(runs) > 6 else ''}"


FIRST = (RIGHT, FEW, MANY, ORDER, MORE)
NEEDS = (2, 3, 4, 5)  # one that accepts everything accepts what is right too
EXERCISE = Exercise(
    name="counter",
    number=6,
    parameters={"fresh": ""},
    outputs=(
        Output("weight_ih", "array", {"G": "to row", "I": "from letter"}),
        Output("weight_hh", "array", {"G": "to row", "H": "from unit"}),
        Output("bias", "array", {"G": "row"}),
        Output("weight_out", "array", {"H": "from unit"}),
        Output("bias_out", "number"),
    ),
    layers=(
        Layer("accepts aⁿbⁿ up to n = 5", 0.5, "handed in", judge=_judges(RIGHT, most=10), needs=NEEDS),
        Layer(f"accepts aⁿbⁿ from n = 6 to {LONGEST}", 0.5, "handed in", judge=_judges(RIGHT, least=12), needs=NEEDS),
        Layer("rejects what has too few “b”", 0.75, "handed in", judge=_judges(FEW), needs=(0,)),
        Layer("rejects what has too many “b”", 0.75, "handed in", judge=_judges(MANY), needs=(0,)),
        Layer(
            "rejects letters out of order: “b” first, or “a” after it",
            0.75,
            "handed in",
            judge=_judges(ORDER),
            needs=(0,),
        ),
        Layer("rejects what goes on after the end", 0.75, "handed in", judge=_judges(MORE), needs=(0,)),
        Layer(
            f"is right on all {len(short_strings())} strings of up to {ALL_UP_TO} letters",
            0.5,
            "handed in",
            judge=_all_short,
        ),
        Layer(f"stays right when every weight is off by up to {SHARE:.0%}", 0.5, "handed in", judge=_robust),
    ),
    cases=lambda rng: [Case("handed in", (int(rng.integers(2**32)),), "")],
    reference=hand_set,
    by_property=_seen,
    procedure="hand_set",
)
