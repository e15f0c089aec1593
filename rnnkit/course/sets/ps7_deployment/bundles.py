"""Exercise ps7-deployment.Bundle: weights with the vocabulary that they were trained on, in one text."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps7_deployment import FORBIDDEN
from rnnkit.course.sets.ps7_deployment.elsewhere import (
    CHANGED,
    DROWNED,
    DTYPES,
    ELSEWHERE,
    LOADED,
    NEAR,
    NOTHING,
    ONE_MORE,
    RAISED,
    REFUSED,
    SAID,
    SHORT,
    Attempt,
    Saved,
    Weights,
    became_of,
    bundled,
)

# No digits, and none of them in what one says of a change: a message that holds two of these holds them on purpose.
SYMBOLS = (
    *("zq", "жд", "qoph", "ßß", "Ω", "щит", "vj", "ñu", "xk", "þ", "Ψω", "đa", "wyj", "ø", "kx", "Ж", "zy", "qz", "ůq"),
    *("жук", "ćq", "ğz", "ħv", "ŋq", "Ŵz", "ßq"),
)


class Bundle:
    """Weights and symbols as JSON."""

    @staticmethod
    def save(weights: Weights, symbols: Sequence[str]) -> str:
        arrays = {name: [str(a.dtype), a.tolist()] for name, a in weights.items()}
        return json.dumps({"symbols": list(symbols), "weights": arrays})

    @staticmethod
    def load(text: str, symbols: Sequence[str]) -> Weights:
        held = json.loads(text)
        for k, (a, b) in enumerate(zip(held["symbols"], symbols, strict=False)):
            if a != b:
                raise ValueError(f"symbol {k} was {a!r}, and is {b!r}")
        if len(held["symbols"]) != len(symbols):
            k = min(len(held["symbols"]), len(symbols))
            raise ValueError(f"symbol {k}, {[*held['symbols'][k:], *symbols[k:]][0]!r}, is in one of the two alone")
        return {name: np.array(values, dtype) for name, (dtype, values) in held["weights"].items()}


def _cases(rng: np.random.Generator) -> list[Case]:
    return [_case(rng, layer) for layer in ("same", "order", "other", "length", "alike")]


def _case(rng: np.random.Generator, layer: str) -> Case:
    plan = Saved(tuple(_weights(rng, layer) for _ in range(2)), tuple(_attempts(rng, layer)))
    return Case(layer, (plan,), f"in {WHERE[layer]}")


WHERE = {
    "same": "bundles whose symbols are the same",
    "order": "bundles whose symbols stand in another order",
    "other": "bundles with another symbol in a place",
    "length": "bundles with a symbol more or less",
    "alike": "bundles whose symbols look alike",
}


def _weights(rng: np.random.Generator, layer: str) -> Weights:
    V, H = int(rng.integers(40, 60)) if layer == "same" else 7, int(rng.integers(21, 30)) if layer == "same" else 3
    return {
        "embedding": rng.normal(0, 1, (V, H)).astype(np.float32),
        "weight_hh": rng.normal(0, 1e-3, (H, H)),
        "bias": rng.normal(0, 1, H),
    }


def _attempts(rng: np.random.Generator, layer: str) -> list[Attempt]:
    some = rng.permutation(SYMBOLS).tolist()
    one, other = some[:9], some[9:17]
    if layer == "same":
        return [Attempt("the same symbols", tuple(s), tuple(s), (), w) for w, s in enumerate((one, other))]
    if layer == "order":
        return [_reordered(rng, one), _turned(other)]
    if layer == "other":
        return [_replaced(rng, one, some[17]), _replaced(rng, other, some[18], last=True)]
    if layer == "length":
        return [
            Attempt("a symbol more at the end", tuple(one), (*one, some[18]), (str(len(one)), some[18])),
            Attempt("a symbol less at the end", tuple(other), tuple(other[:-1]), (str(len(other) - 1), other[-1])),
        ]
    a, b, c = some[17], some[18], "ж"
    first = [*other[:3], a + b, c + "q", *other[3:]]
    then = [*other[:3], a, b + c + "q", *other[3:]]
    upper = [*one[:4], "qx", *one[4:]]
    return [
        Attempt("the same letters, parted elsewhere", tuple(first), tuple(then), ("3", a + b, a)),
        Attempt("a capital letter", tuple(upper), tuple(s if s != "qx" else "Qx" for s in upper), ("4", "qx", "Qx")),
    ]


def _reordered(rng: np.random.Generator, symbols: list[str]) -> Attempt:
    i = int(rng.integers(2, len(symbols) - 3))
    j = int(rng.integers(i + 2, len(symbols)))  # no neighbour: the second difference is not the first, counted from 1
    now = symbols.copy()
    now[i], now[j] = now[j], now[i]
    return Attempt("two symbols that have changed places", tuple(symbols), tuple(now), (str(i), symbols[i], now[i]))


def _turned(symbols: list[str]) -> Attempt:
    now = symbols[-1:] + symbols[:-1]
    return Attempt("the last symbol put first", tuple(symbols), tuple(now), ("0", symbols[0], now[0]))


def _replaced(rng: np.random.Generator, symbols: list[str], by: str, last: bool = False) -> Attempt:
    k = len(symbols) - 1 if last else int(rng.integers(2, len(symbols) - 2))
    now = [by if i == k else symbol for i, symbol in enumerate(symbols)]
    return Attempt("another symbol in one place", tuple(symbols), tuple(now), (str(k), symbols[k], by))


def _watched(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether a text can be loaded in this process alone."""
    for case in cases[:1]:
        outcome = call(exercise, function, case)
        if outcome.values and (outcome.values[0] == ELSEWHERE).any():
            return (
                "The text holds hash(...) of the symbols. For text Python draws it anew in each process, so that a "
                "bundle would be refused by every other process. Save the symbols themselves."
            )
        if outcome.values and (outcome.values[0] == SHORT).any():
            return (
                "The text is too short for the weights: they are kept somewhere else, where another process does not "
                "find them. Write all of their numbers into the text."
            )
    return ""


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first attempt that comes to something else than is due, and what came."""
    outcomes = [call(exercise, function, case) for case in cases]
    if any(o.error or o.problem or len(o.values) < 2 for o in outcomes):
        return ""
    rows = [(a, code, named) for case, o in zip(cases, outcomes, strict=True) for a, code, named in _rows(case, o)]
    for one, code, _ in rows:
        if not one.due and code in CHANGED:
            return f"The symbols are the same, and the weights come back changed: {_words(exercise, function, cases)}."
        if not one.due and code == REFUSED:
            words = _words(exercise, function, cases)
            return f"The symbols are the same, and load raises a ValueError{f': {words}' if words else ''}."
        if not one.due and code == NOTHING:
            return "The symbols are the same, and load returns None. Does every path of it end in a return?"
    for one, code, _ in rows:
        if one.due and code in (LOADED, NOTHING, *CHANGED):
            gives = "returns None, and raises nothing" if code == NOTHING else "gives weights"
            return f"With {one.what}, load {gives}. {LOST[one.what]} Compare one by one, and raise a ValueError."
        if one.due and code == RAISED:
            return (
                f"With {one.what}, load raises another error than a ValueError, by which a caller could know a refusal."
            )
    for one, _, named in rows:
        if one.due and named != SAID:
            both = "both symbols" if len(one.due) == 3 else "the symbol that only one of the two has"
            if all(n == ONE_MORE for a, _, n in rows if a.due):
                return f"With {one.what}, the message counts from 1. Count from 0, as the rows of the weights do."
            if named == DROWNED:
                return (
                    f"With {one.what}, the message has so many numbers that it does not tell the first difference. "
                    f"Name that one alone, and {both}."
                )
            lacks = (
                "its message does not have the number of the first difference, counted from 0"
                if named
                else (f"its message does not name {both}")
            )
            return f"With {one.what}, load refuses, and {lacks}. It is due that number and {both}."
    return ""


LOST = {
    "two symbols that have changed places": "Each of them would get the row of the other.",
    "the last symbol put first": "Every symbol would get the row of another.",
    "another symbol in one place": "It would get the row of a symbol that it is not.",
    "a symbol more at the end": "There is no row for it.",
    "a symbol less at the end": "The text it comes from is another one.",
    "the same letters, parted elsewhere": "Joined, both lists are the same text.",
    "a capital letter": "It is another symbol.",
}


def _rows(case: Case, outcome: Any) -> list[tuple[Attempt, int, int]]:
    came, named = outcome.values
    return [(a, int(c), int(n)) for a, c, n in zip(case.args[0].attempts, came, named, strict=True)]


def _words(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """What is said of the first bundle that has to load and does not, worked out by another call."""
    found: list[str] = []

    def told(answer: Any, plan: Saved) -> Any:
        became = became_of(answer, plan)
        assert not isinstance(became, str)
        found.extend(b.words for a, b in zip(plan.attempts, became, strict=True) if not a.due and b.code != LOADED)
        return np.zeros(1), np.zeros(1)

    for case in cases:
        call(replace(exercise, used=told), function, case)
    words = " ".join(found[0].split()) if found else ""
    if any(symbol in words for symbol in SYMBOLS):  # what was drawn for the test stays here
        words = ""
    return words[:120].partition(": '")[0].rstrip(".!?:")


def _nearly(got: Values, expected: Values) -> bool:
    """Whether all that is off is a dtype, or a last digit."""
    return got.shape == expected.shape and bool(np.isin(got, (LOADED, NEAR, DTYPES)).all())


def _one(got: Values, expected: Values) -> bool:
    return got.shape == expected.shape and bool((got == expected).all())


EXERCISE = Exercise(
    name="Bundle",
    number=3,
    parameters={"bundles": ""},
    outputs=(
        Output("weights_back", "array", {"A": "attempt"}),
        Output("messages", "array", {"A": "attempt"}),
    ),
    layers=(
        Layer("the same symbols: the weights come back", 0.75, "same", (0,), alike=_nearly),
        Layer("to the last bit, each in its dtype", 0.5, "same", (0,), alike=_one),
        Layer("symbols in another order are refused", 0.75, "order", (0,), alike=_one, needs=(0,)),
        Layer("another symbol is refused", 0.5, "other", (0,), alike=_one, needs=(0,)),
        Layer("a symbol more or less is refused", 0.5, "length", (0,), alike=_one, needs=(0,)),
        Layer("symbols that look alike are refused", 0.25, "alike", (0,), alike=_one, needs=(0,)),
        Layer("the message names the first difference", 0.5, "order", (1,), alike=_one, needs=(0,)),
        Layer("and what is more or less", 0.25, "length", (1,), alike=_one, needs=(0,)),
    ),
    cases=_cases,
    reference=Bundle,
    used=bundled,
    watch=_watched,
    lends={"json": cast(Any, json)},
    by_property=_seen,
    causes=(
        Cause(ImportError, "", "is this pickle, a part of rnnkit, or a library that does the work? Text is due: json."),
        Cause(
            AttributeError,
            "Bundle' object",
            "save and load run in two processes: load has the text, and nothing else that save has had.",
        ),
        Cause(TypeError, "not JSON serializable", "json knows no arrays: a.tolist() makes lists of one."),
        Cause(TypeError, "argument", "save is called with (weights, symbols), and load with (text, symbols)."),
    ),
    absent=(*FORBIDDEN, "pickle", "_pickle", "dill", "cloudpickle", "joblib"),
)
