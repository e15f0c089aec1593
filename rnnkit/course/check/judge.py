"""Which properties an answer has: layer by layer, by closeness or by a looser likeness."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Exercise, Layer
from rnnkit.course.answer.limit import TooLong
from rnnkit.course.answer.run import Outcome


def judge(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
) -> list[float]:
    """How much of each layer is right: 1 or 0, or a share where its judge says one."""
    if any(isinstance(outcome.error, TooLong) for outcome in got):
        return [0.0 for _ in exercise.layers]
    rows = list(zip(cases, got, expected, strict=True))
    has = [
        _judged(exercise, layer, function, [c for c in cases if c.layer == layer.cases])
        if all(_matches(exercise, layer, a, b) for case, a, b in rows if case.layer == layer.cases)
        and not (layer.unchanged and any(o.changed for o in got))
        else 0.0
        for layer in exercise.layers
    ]
    return [share if counts(layer, has) else 0.0 for layer, share in zip(exercise.layers, has, strict=True)]


def _judged(exercise: Exercise, layer: Layer, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """What a layer's judge says. An answer that it cannot even look at does not have the property."""
    if layer.judge is None:
        return 1.0
    try:
        share = float(layer.judge(exercise, function, cases))
    except Exception:
        return 0.0
    return min(share, 1.0) if share > 0 else 0.0


def counts(layer: Layer, passed: Sequence[float]) -> bool:
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
