"""Compare an answer with what each known fault would make of the right function, output by output."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnkit.course import sets
from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Exercise, Values, Wrong
from rnnkit.course.answer.run import call, defined
from rnnkit.course.hints import corpus
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.ways.readings import readings
from rnnkit.course.hints.ways.results import applied, changes
from rnnkit.course.hints.ways.rows import means
from rnnkit.course.hints.ways.squash import squashes
from rnnkit.course.hints.words import say

SECONDS = 1.5
Variant = Callable[[int], Any]  # from the case's index to an output's values, or None


def found(asked: Asked) -> str:
    """The fault of each output that is wrong; "" if one of them has none that is known."""
    said: list[str] = []
    end = time.process_time() + SECONDS
    for k, _ in enumerate(asked.exercise.outputs):
        rows = _wrong_rows(asked, k)
        if rows is None:
            continue
        text = _first(asked, k, rows, end, said)
        if not text:
            return ""
        said += [text] if text not in said else []
    return " ".join(said)


def _wrong_rows(asked: Asked, k: int) -> list[int] | None:
    """The cases on which a fault of output k has to show as it is; None if the output is right."""
    rows = [i for i, o in enumerate(asked.got) if not o.error and not o.problem]
    off = [i for i in rows if not _close(asked, asked.got[i].values[k], asked.expected[i].values[k])]
    if not off:
        return None
    finite = [i for i in rows if np.isfinite(asked.got[i].values[k]).all()]
    same = [i for i in finite if asked.cases[i].layer == asked.cases[off[0]].layer]
    return finite if len(finite) == len(rows) else same


def _close(asked: Asked, a: Any, b: Any) -> bool:
    with np.errstate(all="ignore"):
        return close(np.asarray(a, float), np.asarray(b, float), asked.exercise.rtol, asked.exercise.atol)


def _first(asked: Asked, k: int, rows: list[int], end: float, said: list[str]) -> str:
    """The first variant that fits; one that another output has been found to be, if it fits this one too."""
    enough = 1 if asked.exercise.own else 2
    if len(rows) < enough:
        return ""
    first = ""
    for text, variant in _variants(asked, k):
        if time.process_time() > end:
            break
        if (not first or text in said) and _fits(asked, k, rows, variant):
            first = text
            if not said or text in said:
                return text
    if first:
        return first
    if asked.exercise.outputs[k].kind == "integer":  # too much fits a few whole numbers
        return ""
    layer = asked.cases[rows[0]].layer
    some = [i for i in rows if asked.cases[i].layer == layer]  # a second fault may show in the others
    if len(some) < len(rows) and len(some) > 1:
        return _first(asked, k, some, end, said)
    return ""


def _fits(asked: Asked, k: int, rows: list[int], variant: Variant) -> bool:
    """Whether a variant comes to what the answer did, on every case and not only where it is right by chance."""
    differs = False
    if not any(np.any(asked.got[i].values[k]) for i in rows):
        return False  # zeros come of too many things
    for i in rows:
        value = variant(i)
        if value is None or not _close(asked, asked.got[i].values[k], value):
            return False
        differs = differs or not _close(asked, value, asked.expected[i].values[k])
    return differs


def _variants(asked: Asked, k: int) -> Iterator[tuple[str, Variant]]:
    """One fault, then two."""
    e, output = asked.exercise, asked.exercise.outputs[k]
    one = dict(_functions(asked, e))
    kept = {text: _of(e, f, asked.cases, k) for text, f in one.items()}
    yield from kept.items()
    for text, change in changes(asked, output):
        yield text, _changed(asked, change, lambda i: asked.expected[i].values[k])
    yield from means(asked, k)
    alone = dict(_on_record(asked, k))
    yield from alone.items()
    yield from _step_inside(asked, k)
    if output.kind in ("integer", "sequence"):
        return
    for first, variant in (alone | kept).items():
        for second, change in changes(asked, output):
            yield say("and", one=first, other=second), _changed(asked, change, variant)


def _changed(asked: Asked, change: Callable[[Values, Case], Any], variant: Variant) -> Variant:
    """A variant's result, changed."""

    def changed(i: int) -> Any:
        value = variant(i)
        return None if value is None else applied(change, value, asked.cases[i])

    return changed


def _functions(asked: Asked, e: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    for text, read in readings(asked):
        yield text, _reading(e, read)
    yield from squashes(asked)


def _reading(e: Exercise, read: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: e.reference(*read(*args))


def _of(e: Exercise, function: Callable[..., Any], cases: Any, k: int) -> Variant:
    """A function's output k by the case, each worked out once."""
    came: dict[int, Any] = {}

    def variant(i: int) -> Any:
        if i not in came:
            outcome = call(e, function, cases[i])
            came[i] = None if outcome.error or outcome.problem else outcome.values[k]
        return came[i]

    return variant


def _on_record(asked: Asked, k: int) -> Iterator[tuple[str, Variant]]:
    """Wrong answers on record of which this output alone is wrong: their hint speaks of it."""
    if len(asked.exercise.outputs) < 2:
        return
    for wrong in asked.wrong:
        function = defined(asked.exercise, wrong.code)
        parts = [_of(asked.exercise, function, asked.cases, j) for j in range(len(asked.exercise.outputs))]
        others = [j for j in range(len(parts)) if j != k]
        if all(_is_right(asked, j, parts[j]) for j in others):
            yield wrong.hint, parts[k]


def _is_right(asked: Asked, j: int, variant: Variant) -> bool:
    values = [variant(i) for i in range(len(asked.cases))]
    return all(
        v is not None and _close(asked, v, expected.values[j])
        for v, expected in zip(values, asked.expected, strict=True)
    )


def _step_inside(asked: Asked, k: int) -> Iterator[tuple[str, Variant]]:
    """The answer built on a wrong version of what it may call: those on record, and those that a fault makes."""
    e = asked.exercise
    if not e.built_on:
        return
    for name in e.lends:
        inner = next((other for other in sets.exercises(e.set) if other.name == name), None) if e.set else None
        if inner is None or inner.cases is None:
            continue
        cases = inner.cases(np.random.default_rng(0))
        inner_asked = Asked(inner, inner.reference, cases, (), [call(inner, inner.reference, c) for c in cases])
        faults = [(w.hint, defined(inner, w.code)) for w in _recorded(e.set, name)]
        faults += list(_functions(inner_asked, inner))
        for fault, function in faults:
            whole = e.built_on(**{name: function})
            key = "step-inside" if e.is_function else "other-step"
            text = say(key, exercise=f"exercise {inner.number}", fault=fault)
            yield text, _of(e, whole, asked.cases, k)
        word = next(iter(e.outputs[k].axes.values()), "step")
        yield say("twice-inside", function=name, word=word), _of(e, e.built_on(**{name: _twice(inner)}), asked.cases, k)


def _recorded(problem_set: str, name: str) -> tuple[Wrong, ...]:
    """The wrong answers of another exercise; none if the set is built for the first time."""
    try:
        return corpus.load(problem_set).get(name, ())
    except FileNotFoundError:
        return ()


def _twice(inner: Exercise) -> Callable[..., Any]:
    """A step after a step with the same input: its second argument is the state."""
    return lambda x, state, *rest: inner.reference(x, inner.reference(x, state, *rest), *rest)
