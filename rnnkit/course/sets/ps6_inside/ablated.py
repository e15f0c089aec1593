"""Exercise ps6-inside.ablation: what an answer owes to a unit at some steps, measured by holding it at its mean."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE

Found = tuple[Values, float, float]
TRIES = 500


def ablation(
    xs: Values, weight_ih: Values, weight_hh: Values, bias: Values, weight_out: Values, k: int, moments: Values
) -> Found:
    """(effects (N,), their mean, its standard error) of unit k held at its mean at the steps in ``moments``."""
    w = weight_ih, weight_hh, bias
    intact = _states(xs, *w)
    held = _states(xs, *w, k, moments.tolist(), intact[:, :, k].mean())
    return _measured((held[-1] - intact[-1]) @ weight_out)


def _measured(effects: Values) -> Found:
    return effects, float(effects.mean()), float(effects.std(ddof=1) / np.sqrt(len(effects)))


def _states(
    xs: Values,
    weight_ih: Values,
    weight_hh: Values,
    bias: Values,
    k: int = 0,
    moments: Collection[int] = (),
    value: Any = 0.0,
    inside: bool = True,
) -> Values:
    """(T, N, H); ``value`` is one number, one a sequence (N,), or one a step and sequence (T, N)."""
    h, hs = np.zeros((xs.shape[1], len(bias))), []
    values = np.broadcast_to(value, xs.shape[:2])
    for t, x in enumerate(xs):
        a = x @ weight_ih.T + h @ weight_hh.T + bias
        if t in moments and not inside:
            a[:, k] = values[t]
        h = np.tanh(a)
        if t in moments and inside:
            h[:, k] = values[t]
        hs.append(h)
    return np.array(hs)


def _held(
    value: Callable[[Values, Sequence[int]], Any],
    when: Callable[[Sequence[int], int], Collection[int]] = lambda moments, T: moments,
    inside: bool = True,
    sign: int = 1,
) -> Callable[..., Found]:
    """The right answer with another value, made of the unit's own (T, N), or at other steps."""

    def answer(
        xs: Values, weight_ih: Values, weight_hh: Values, bias: Values, weight_out: Values, k: int, moments: Values
    ) -> Found:
        w, some = (weight_ih, weight_hh, bias), moments.tolist()
        intact = _states(xs, *w)
        new = value(intact[:, :, k], some) if some else 0.0
        held = _states(xs, *w, k, when(some, len(xs)), new, inside)
        return _measured(sign * (held[-1] - intact[-1]) @ weight_out)

    return answer


def _mean(own: Values, moments: Sequence[int]) -> Any:
    return own.mean()


def _one_step(own: Values, moments: Sequence[int]) -> Any:
    """Each step's own mean over the sequences."""
    return np.broadcast_to(own.mean(1, keepdims=True), own.shape)


def _together(how: Callable[[Values, Values, Values], Found]) -> Callable[..., Found]:
    """Right effects, put together in another way; it gets the effects and both answers."""

    def answer(
        xs: Values, weight_ih: Values, weight_hh: Values, bias: Values, weight_out: Values, k: int, moments: Values
    ) -> Found:
        w = weight_ih, weight_hh, bias
        intact = _states(xs, *w)
        held = _states(xs, *w, k, moments.tolist(), intact[:, :, k].mean())
        before, after = intact[-1] @ weight_out, held[-1] @ weight_out
        return how(after - before, before, after)

    return answer


def _error(effects: Values) -> float:
    return float(effects.std(ddof=1) / np.sqrt(len(effects)))


SLIPS: dict[str, Callable[..., Any]] = {
    "The effects have their sign turned: the answer with the unit held, minus the answer as it is.": _held(
        _mean, sign=-1
    ),
    "The unit is held at each sequence's own mean. One number is due: the mean over all steps and sequences.": _held(
        lambda own, moments: own.mean(0)
    ),
    "The unit is held at the mean of each step, over the sequences. One number is due: the mean over all steps and "
    "sequences.": _held(_one_step),
    "The unit is held at its mean over the steps in moments. The mean is over all steps.": _held(
        lambda own, moments: own[list(set(moments))].mean()
    ),
    "The unit is held at its mean at the last step. The mean is over all steps. If yours is, did you store one array "
    "at each of them? Append a copy.": _held(lambda own, moments: own[-1].mean()),
    "The unit is held at its median. Its mean is due.": _held(lambda own, moments: np.median(own)),
    "The unit is held at its value in the first sequence. Its mean is due, over all steps and sequences.": _held(
        lambda own, moments: own[:, :1] + 0 * own
    ),
    "The unit is held at 1. Its mean over all steps and sequences is due.": _held(lambda own, moments: 1.0),
    "The mean is written into the sum, before the tanh. Hold h itself, after the tanh.": _held(_mean, inside=False),
    "The unit is held at every step. Hold it at the steps in moments alone.": _held(
        _mean, lambda moments, T: range(T) if moments else ()
    ),
    "The unit is held at the steps that are not in moments.": _held(
        _mean, lambda moments, T: [t for t in range(T) if t not in moments] if moments else ()
    ),
    "The unit is held a step too early: moments counts from 0, and the mean is put in after step t is read.": _held(
        _mean, lambda moments, T: [t - 1 for t in moments]
    ),
    "The unit is held from the first of these steps on, to the end. It is free at steps that are not in moments.": (
        _held(_mean, lambda moments, T: range(min(moments), T) if moments else ())
    ),
    "Only the first step in moments counts. Hold the unit at each of them.": _held(
        _mean, lambda moments, T: moments[:1]
    ),
    "The effect is the median of effects. Their mean is asked for.": _together(
        lambda e, before, after: (e, float(np.median(e)), _error(e))
    ),
    "The effect is the sum of effects. Their mean is asked for.": _together(
        lambda e, before, after: (e, float(e.sum()), _error(e))
    ),
    "standard_error is that of the sizes of effects. Their signs stay: effects.std(ddof=1) / √N.": (
        _together(lambda e, before, after: (e, float(e.mean()), _error(abs(e))))
    ),
    "The standard error is divided by N. Divide the standard deviation by the root of N.": _together(
        lambda e, before, after: (e, float(e.mean()), float(e.std(ddof=1) / len(e)))
    ),
    "The standard error is a variance divided by N, without its root.": _together(
        lambda e, before, after: (e, float(e.mean()), float(e.var(ddof=1) / len(e)))
    ),
    "Effects are relative, divided by the answers as they were. The change itself is asked for.": _together(
        lambda e, before, after: _measured(e / before)
    ),
}


def _cases(rng: np.random.Generator) -> list[Case]:
    # layer, T, N, I, H, how many steps
    plan = [("one", 8, 7, 2, 4, 1), ("one", 9, 12, 3, 5, 1), ("several", 9, 6, 2, 6, 3), ("several", 11, 8, 4, 5, 4)]
    plan += [("last", 7, 9, 3, 4, 1), ("none", 6, 5, 2, 3, 0)]
    return [_case(rng, *row) for row in plan]


def _case(rng: np.random.Generator, layer: str, T: int, N: int, I: int, H: int, many: int) -> Case:
    for _ in range(TRIES):
        xs = rng.normal(0, 1, (T, N, I)) + rng.normal(0, 0.3, I)
        weights = rng.normal(0, 0.8, (H, I)), rng.normal(0, 1.1 / np.sqrt(H), (H, H)), rng.normal(0, 0.5, H)
        moments = rng.permutation(np.arange(2, T - 2))[:many] if layer != "last" else np.array([T - 1])
        args = (xs, *weights, rng.normal(0, 1, H), int(rng.integers(H)), moments)
        if _tells(layer, args):
            break
    at = ", ".join(map(str, moments)) or "no step"
    return Case(layer, args, f"with T={T}, N={N}, H={H}, k={args[5]}, held at {at}")


def _tells(layer: str, args: tuple[Any, ...]) -> bool:
    """Whether the effects have two signs and are not small, and steps do not stand in order."""
    effects, mean, error = ablation(*args)
    if layer == "none":
        return True
    moments = args[-1].tolist()
    both = effects.min() < -0.02 and effects.max() > 0.02 and abs(mean) > 0.01
    zero = _states(args[0], args[1], args[2], args[3], args[5], moments)[-1] @ args[4]
    intact = _states(*args[:4])[-1] @ args[4]
    apart = abs((zero - intact).mean() - mean) > 0.01 and error > 0.005
    gaps = len(moments) < max(moments) - min(moments) + 1
    many = moments != sorted(moments) and moments[0] != min(moments) and gaps
    return bool(both and apart and (len(moments) < 2 or many))


def _is_mean(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return all(abs(e.mean() - mean) < 1e-6 and e.any() for e, mean, _ in _own(exercise, function, cases))


def _is_error(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return all(abs(_error(e) - error) < 1e-6 and e.any() for e, _, error in _own(exercise, function, cases))


def _own(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> list[tuple[Values, ...]]:
    """What came in each case; an error if it is not of the right shape."""
    found = [call(exercise, function, case).values for case in cases]
    if any(e.shape != case.args[0].shape[1:2] for case, (e, _, _) in zip(cases, found, strict=True)):
        raise ValueError("another shape")
    return found


EXERCISE = Exercise(
    name="ablation",
    number=2,
    parameters={
        "xs": "T N I",
        "weight_ih": "H I",
        "weight_hh": "H H",
        "bias": "H",
        "weight_out": "H",
        "k": "",
        "moments": "M",
    },
    outputs=(
        Output("effects", "array", {"N": "sequence"}),
        Output("effect", "number", means="the mean of effects"),
        Output("standard_error", "number", means="of that mean"),
    ),
    layers=(
        Layer("a unit held at one step, and carried on: the effect on each sequence", 1.0, "one", (0,)),
        Layer("held at several steps, in any order", 0.75, "several", (0,)),
        Layer("held at the last step", 0.5, "last", (0,)),
        Layer("effect is the mean of your effects", 0.5, "one", judge=_is_mean),
        Layer("standard_error is that of your effects", 0.75, "one", judge=_is_error),
        Layer("no step, no effect", 0.25, "none", (0, 1, 2), needs=(0, 1, 2, 3)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2), unchanged=True),
    ),
    cases=_cases,
    reference=ablation,
    slips=SLIPS,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            IndexError,
            "",
            "moments holds numbers of steps, and may be empty: ask t in moments for each step t, counted from 0.",
        ),
    ),
    absent=FORBIDDEN,
)
