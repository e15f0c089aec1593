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
    HELD,
    LOADED,
    MOVED,
    NEAR,
    NOTHING,
    ONE_MORE,
    PROGRAM,
    RAISED,
    REFUSED,
    RETURNED,
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
    return [_case(rng, layer) for layer in WHERE]


def _case(rng: np.random.Generator, layer: str) -> Case:
    weights = (_weights(rng, layer), _odd(rng) if layer == "bits" else _weights(rng, layer))
    plan = Saved(weights, tuple(_attempts(rng, layer)))
    return Case(layer, (plan,), f"in {WHERE[layer]}")


WHERE = {
    "same": "bundles whose symbols are the same",
    "bits": "bundles with weights of several kinds",
    "order": "bundles whose symbols stand in another order",
    "other": "bundles with another symbol in a place",
    "length": "bundles with a symbol more or less",
    "alike": "bundles whose symbols look alike",
}


BIG = ("same", "bits")


def _odd(rng: np.random.Generator) -> Weights:
    """Columns that lie one after another in memory, as a transposed array's; −0.0, NaN, ±∞; an empty array."""
    tied = np.asfortranarray(rng.normal(0, 1, (7, 3)).astype(np.float32))
    return {
        "embedding": tied,
        "bias": np.array([-0.0, np.nan, np.inf, -np.inf, *rng.normal(0, 1, 4)]),
        "extra": np.zeros(0),
    }


def _weights(rng: np.random.Generator, layer: str) -> Weights:
    V, H = int(rng.integers(40, 60)) if layer in BIG else 7, int(rng.integers(21, 30)) if layer in BIG else 3
    return {
        "embedding": rng.normal(0, 1, (V, H)).astype(np.float32),
        "weight_hh": rng.normal(0, 1e-3, (H, H)),
        "bias": rng.normal(0, 1, H),
    }


def _attempts(rng: np.random.Generator, layer: str) -> list[Attempt]:
    some = rng.permutation(SYMBOLS).tolist()
    one, other = some[:9], some[9:17]
    if layer in BIG:
        return [Attempt("the same symbols", tuple(s), tuple(s), (), w) for w, s in enumerate((one, other))]
    if layer == "order":
        both = _reordered(rng, one)
        longer = both._replace(what=f"{both.what}, and one more at the end", now=(*both.now, some[18]))
        return [both, _turned(other), longer]
    if layer == "other":
        return [_replaced(rng, one, some[17]), _replaced(rng, other, some[18], last=True), _beyond_ascii(one)]
    if layer == "length":
        more, k = some[18:21], len(other) - 3
        return [
            Attempt("symbols more at the end", tuple(one), (*one, *more), (str(len(one)), more[0]), 0, tuple(more[1:])),
            Attempt("a symbol less at the end", tuple(one), tuple(one[:-1]), (str(len(one) - 1), one[-1])),
            Attempt(
                "symbols less at the end", tuple(other), tuple(other[:k]), (str(k), other[k]), 0, tuple(other[-2:])
            ),
        ]
    a, b, c = some[17], some[18], "ж"
    return [
        _parted(other, "", a, b, c + "q", "the same letters, parted elsewhere"),
        _alike(one, ("wq", "wz"), ("wz", "wq"), "two symbols with one first letter that have changed places"),
        _alike(one, ("qx",), ("Qx",), "a capital letter"),
        _alike(one, ("qx",), ("qx ",), "a blank behind a symbol"),
        _alike(one, ("éq",), ("e\u0301q",), "an accent that is a sign of its own"),
        *(_parted(other, sign, a, b, c + "q", f"symbols that hold {name}") for sign, name in SIGNS.items()),
        Attempt("blanks, commas and line breaks among the symbols", *((*one, " ", ",", "\n", "q,w", '"', "\\"),) * 2),
    ]


SIGNS = {",": "a comma", " ": "a blank", "\n": "a line break"}


def _parted(rest: list[str], sign: str, a: str, b: str, c: str, what: str) -> Attempt:
    """Two lists that are the same text where this sign stands between symbols."""
    first, then = (*rest[:3], a + sign + b, c, *rest[3:]), (*rest[:3], a, b + sign + c, *rest[3:])
    return Attempt(what, first, then, ("3", a + sign + b, a))


def _alike(rest: list[str], was: tuple[str, ...], now: tuple[str, ...], what: str) -> Attempt:
    return Attempt(what, (*rest[:4], *was, *rest[4:]), (*rest[:4], *now, *rest[4:]), ("4", was[0], now[0]))


def _beyond_ascii(symbols: list[str]) -> Attempt:
    rest = [symbol for symbol in symbols if symbol not in "ЖΩ"]
    return _alike(rest, ("Ж",), ("Ω",), "another symbol in one place, of letters that ASCII lacks")


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
    for case in cases[:2]:
        outcome = call(exercise, function, case)
        if outcome.values and (outcome.values[0] == PROGRAM).any():
            return (
                "load runs the text as a program: eval, exec and pickle do what whoever wrote it wants. json.loads and "
                "ast.literal_eval only read."
            )
        if outcome.values and (outcome.values[0] == HELD).any():
            return (
                "The bundle can be loaded only where it was saved: something of it is kept in the class, or outside of "
                "it. Another process has the text and nothing else, so write all of it into the text."
            )
        if outcome.values and (outcome.values[0] == ELSEWHERE).any():
            return (
                "The text holds hash(...) of the symbols. For text Python draws it anew in each process, so that a "
                "bundle would be refused by every other process. Save the symbols themselves."
            )
        if outcome.values and (outcome.values[0] == SHORT).any():
            return (
                "The text is too short for the weights, whatever fills it up: they are kept somewhere else, where "
                "another process does not find them. Write all of their numbers into the text."
            )
    return ""


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first attempt that comes to something else than is due, and what came."""
    outcomes = [call(exercise, function, case) for case in cases]
    if any(o.error or o.problem or len(o.values) < 2 for o in outcomes):
        return ""
    found = list(zip(cases, outcomes, strict=True))
    rows = [row for case, o in found for row in _rows(case, o)]
    graded = [row for case, o in found if case.layer in ("order", "length") for row in _rows(case, o)]
    for one, code, _ in rows:
        same = (
            "The symbols are the same" if "among" not in one.what else f"There are {one.what}, the same on both sides"
        )
        if not one.due and code in CHANGED:
            return f"{same}, and the weights come back changed: {_words(exercise, function, cases)}."
        if not one.due and code == REFUSED:
            words = _words(exercise, function, cases)
            return f"{same}, and load raises a ValueError{f': {words}' if words else ''}."
        if not one.due and code == NOTHING:
            return f"{same}, and load returns None. Does every path of it end in a return?"
    for one, code, _ in rows:
        if one.due and code == RETURNED:
            return f"With {one.what}, load returns an error as a result, and a caller goes on with it: raise it."
        if one.due and code == MOVED:
            return (
                f"With {one.what}, load gives weights, with rows that have changed places. A change is refused here: "
                "nobody knows what else is made of these numbers."
            )
        if one.due and code in (LOADED, NOTHING, *CHANGED):
            gives = "returns None, and raises nothing" if code == NOTHING else "gives weights"
            return f"With {one.what}, load {gives}. {LOST[one.what]} Compare one by one, and raise a ValueError."
        if one.due and code == RAISED:
            return (
                f"With {one.what}, load raises another error than a ValueError, by which a caller could know a refusal."
            )
    for one, _, named in graded:
        if one.due and named != SAID:
            both = "both symbols" if len(one.due) == 3 else "the first symbol that the longer list has more"
            if all(n == ONE_MORE for a, _, n in graded if a.due):
                return f"With {one.what}, the message counts from 1. Count from 0, as the rows of the weights do."
            if named == DROWNED:
                return (
                    f"With {one.what}, the message is a list, and the first difference is one of many in it. "
                    f"Name that one alone, with its number and {both}."
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
    "two symbols that have changed places, and one more at the end": "They would get each other's rows.",
    "the last symbol put first": "Every symbol would get the row of another.",
    "another symbol in one place": "It would get the row of a symbol that it is not.",
    "another symbol in one place, of letters that ASCII lacks": "Every letter counts.",
    "symbols more at the end": "There are no rows for them.",
    "a symbol less at the end": "The text it comes from is another one.",
    "symbols less at the end": "The text they come from is another one.",
    "the same letters, parted elsewhere": "Joined, both lists are the same text.",
    "a capital letter": "It is another symbol.",
    "a blank behind a symbol": "It is another symbol: nothing is stripped.",
    "an accent that is a sign of its own": "It looks the same, and is another text.",
    "two symbols with one first letter that have changed places": "Symbols are compared whole.",
    **{f"symbols that hold {name}": f"Joined with {name} between, both are the same text." for name in SIGNS.values()},
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
        Layer("to the last bit, each in its dtype", 0.5, "bits", (0,), alike=_one, needs=(0,)),
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
        Cause(
            ImportError,
            "",
            "is this pickle, marshal, a part of rnnkit, or a library that does the work? Text is due: json.",
        ),
        Cause(
            AttributeError,
            "Bundle' object",
            "save and load run in two processes: load has the text, and nothing else that save has had.",
        ),
        Cause(TypeError, "not JSON serializable", "json knows no arrays: a.tolist() makes lists of one."),
        Cause(TypeError, "argument", "save is called with (weights, symbols), and load with (text, symbols)."),
    ),
    absent=(*FORBIDDEN, "pickle", "_pickle", "marshal", "dill", "cloudpickle", "joblib"),
)
