"""Which properties an answer has: layer by layer, by closeness or by a looser likeness."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Exercise, Layer
from rnnkit.course.answer.limit import TooLong
from rnnkit.course.answer.run import Outcome


class Look(NamedTuple):
    """What came of calling an answer for a layer: what its judge says, and which share of its points it would earn."""

    has: bool
    share: float


def looked_at(
    exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case], got: Sequence[Outcome]
) -> list[Look]:
    """All that a score takes beyond the cases, layer by layer: here the answer runs for the last time that counts."""
    if any(isinstance(outcome.error, TooLong) for outcome in got):
        return [Look(False, 0.0) for _ in exercise.layers]
    return [_look(exercise, layer, function, cases, got) for layer in exercise.layers]


def _look(
    exercise: Exercise, layer: Layer, function: Callable[..., Any], cases: Sequence[Case], got: Sequence[Outcome]
) -> Look:
    rows = [(case, outcome) for case, outcome in zip(cases, got, strict=True) if case.layer == layer.cases]
    if any(outcome.error or outcome.problem for _, outcome in rows):
        return Look(False, 0.0)
    own = [case for case, _ in rows]
    has = _judged(exercise, layer, function, own)
    return Look(has, _share(exercise, layer, function, own) if has else 0.0)


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    looks: Sequence[Look],
) -> list[bool]:
    """Whether each layer is right."""
    if any(isinstance(outcome.error, TooLong) for outcome in got) or (exercise.is_function and _empty(got, expected)):
        return [False for _ in exercise.layers]
    rows = list(zip(cases, got, expected, strict=True))
    has = [
        look.has
        and all(_matches(exercise, layer, a, b) for case, a, b in rows if case.layer == layer.cases)
        and not (layer.unchanged and any(o.changed for o in got))
        for layer, look in zip(exercise.layers, looks, strict=True)
    ]
    return [ok and counts(layer, has) for layer, ok in zip(exercise.layers, has, strict=True)]


def _empty(got: Sequence[Outcome], expected: Sequence[Outcome]) -> bool:
    """Whether every number that came is 0 or none at all, where others are due: what holds of those is not earned."""
    return not any(map(_says_something, got)) and any(map(_says_something, expected))


def _says_something(outcome: Outcome) -> bool:
    return any((np.isfinite(values) & (values != 0)).any() for values in outcome.values)


def _judged(exercise: Exercise, layer: Layer, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether a layer's judge says yes. An answer that it cannot even look at does not have the property."""
    if layer.judge is None:
        return True
    try:
        return layer.judge(exercise, function, cases)
    except Exception:
        return False


def counts(layer: Layer, passed: Sequence[bool]) -> bool:
    """Whether one of the layers is right without which this one earns nothing."""
    return not layer.needs or any(passed[k] for k in layer.needs)


def _matches(exercise: Exercise, layer: Layer, got: Outcome, expected: Outcome) -> bool:
    if got.error or got.problem:
        return False
    if layer.judge:
        return True
    with np.errstate(all="ignore"):
        if layer.alike:
            return all(layer.alike(got.values[k], expected.values[k]) for k in layer.outputs)
        return all(close(got.values[k], expected.values[k], exercise.rtol, exercise.atol) for k in layer.outputs)


def earned(looks: Sequence[Look], passed: Sequence[bool]) -> list[float]:
    """Which share of its points each layer earns: 1 or 0, but for those that say how much."""
    return [look.share if ok else 0.0 for look, ok in zip(looks, passed, strict=True)]


def _share(exercise: Exercise, layer: Layer, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    if layer.share is None:
        return 1.0
    try:
        share = float(layer.share(exercise, function, cases))
    except Exception:
        return 0.0
    return min(share, 1.0) if share > 0 else 0.0


def in_words(layer: Layer, share: float) -> str:
    """A layer that is off, with what it earned all the same."""
    return f"{layer.says} ({layer.points * share:.3g} of {layer.points:g} points)" if share else layer.says
