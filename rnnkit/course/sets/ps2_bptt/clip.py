"""Exercise ps2-bptt.clip_by_norm: three gradients clipped by their common norm."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps2_bptt import FORBIDDEN
from rnnkit.course.sets.ps2_bptt.step import CAUSES, GRADIENTS


def _norm(gradients: Sequence[Values]) -> float:
    return float(np.sqrt(sum(float((d * d).sum()) for d in gradients)))


def clip_by_norm(
    d_weight_ih: Values,
    d_weight_hh: Values,
    d_bias: Values,
    max_norm: float,
    *,
    size: Callable[[Sequence[Values]], float] = _norm,
) -> tuple[Values, ...]:
    """All three times one factor, so that their common norm is ``max_norm`` at most."""
    gradients = (d_weight_ih, d_weight_hh, d_bias)
    norm = size(gradients)
    return tuple(d * (max_norm / norm if norm > max_norm else 1.0) for d in gradients)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    large = (("large", 5, 3, 0.1), ("large", 4, 6, 0.2), ("above", 3, 2, 0.9))
    plan = (*large, ("small", 3, 4, 1.5), ("small", 2, 5, 50), ("zero", 3, 2, 1))
    for layer, H, I, share in plan:
        gradients = [rng.normal(0, 3, shape) * (layer != "zero") for shape in ((H, I), (H, H), (H,))]
        norm = _norm(gradients)
        max_norm = round(share * (norm or 1), 2)
        words = f"their common norm {norm:.2f} and max_norm={max_norm:g}"
        cases.append(Case(layer, (*gradients, max_norm), f"with H={H}, I={I}, {words}"))
    return cases


def _answers(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> list[tuple[Values, ...]]:
    """What comes for each case; [] unless all are three finite arrays of the right shapes."""
    all_got = [call(exercise, function, case).values for case in cases]
    for case, got in zip(cases, all_got, strict=True):
        if [v.shape for v in got] != [a.shape for a in case.args[:3]] or not all(np.isfinite(v).all() for v in got):
            return []
    return all_got


def _shorter(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    answers = _answers(exercise, function, cases)
    return bool(answers) and all(
        0 < _norm(got) < 0.99 * _norm(case.args[:3]) for case, got in zip(cases, answers, strict=True)
    )


def _keeps_direction(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether one positive factor is in all entries of all three."""
    answers = _answers(exercise, function, cases)
    for case, got in zip(cases, answers, strict=bool(answers)):
        before, after = (np.concatenate([v.ravel() for v in arrays]) for arrays in (case.args[:3], got))
        factor = float(after @ before / (before @ before))
        if not (factor > 0 and close(after, factor * before, 1e-5, 1e-6)):
            return False
    return bool(answers)


def _reaches(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    answers = _answers(exercise, function, cases)
    return bool(answers) and all(
        abs(_norm(got) - case.args[3]) < 1e-4 * case.args[3] for case, got in zip(cases, answers, strict=True)
    )


APART = "the three arrays differ in shape, and no array holds them together: add up the squares of each."

EXERCISE = Exercise(
    name="clip_by_norm",
    number=5,
    parameters={"d_weight_ih": "H I", "d_weight_hh": "H H", "d_bias": "H", "max_norm": ""},
    outputs=tuple(Output(f"clipped {o.name}", o.kind, o.axes) for o in GRADIENTS),
    layers=(
        Layer("large gradients, clipped", 0.75, "large", (0, 1, 2)),
        Layer("gradients just above the border, clipped", 0.25, "above", (0, 1, 2)),
        Layer("large gradients get shorter", 0.25, "large", judge=_shorter),
        Layer("and keep their direction", 0.5, "large", judge=_keeps_direction, needs=(2,)),
        Layer("the common norm is max_norm after clipping", 0.25, "large", judge=_reaches),
        Layer("small gradients stay as they are", 0.5, "small", (0, 1, 2), needs=(2,)),
        Layer("zeros stay zeros", 0.25, "zero", (0, 1, 2), needs=(2,)),
        Layer(UNCHANGED, 0.25, "", needs=(2,), unchanged=True),
    ),
    cases=_cases,
    reference=clip_by_norm,
    made_with={"norm": lambda norm: partial(clip_by_norm, size=norm)},
    causes=(Cause(ValueError, "inhomogeneous", APART), *CAUSES),
    absent=FORBIDDEN,
)
