"""Ways that change one part of the arguments and see what of the result moves: facts, whatever the fault is."""

import copy
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Case, Values
from rnnkit.course.answer.run import call
from rnnkit.course.hints.ways.asked import Asked, letters, plural, sizes
from rnnkit.course.hints.words import say


def depends(asked: Asked) -> str:
    """What the result should depend on and does not, or should not depend on and does."""
    if not asked.exercise.is_function or any(o.error or o.problem for o in asked.got):
        return ""
    return _between_rows(asked) or _over_time(asked) or without_influence(asked)


def _moved(asked: Asked, function: Any, case: Case, args: list[Any], part: Any = ...) -> bool | None:
    """Whether a part of the result changes with the arguments; None if a call comes to nothing, or to no numbers."""
    a, b = call(asked.exercise, function, case), call(asked.exercise, function, case._replace(args=tuple(args)))
    if not a.values or not b.values or a.error or b.error or [v.shape for v in a.values] != [v.shape for v in b.values]:
        return None
    if not all(np.isfinite(v).all() for v in a.values):
        return None  # a NaN that stays a NaN says nothing
    return not all(close(x[part], y[part], 1e-9, 1e-9) for x, y in zip(a.values, b.values, strict=True))


def _other(value: Any) -> Any:
    """Another value of the same kind: of a switch, a size, a generator, indices, or numbers."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | np.integer):
        return value + 1
    if isinstance(value, np.random.Generator):
        return np.random.default_rng(copy.deepcopy(value).integers(2**32))
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return np.roll(value, 1) if len(set(value.tolist())) > 1 else None
    if callable(value) or np.asarray(value).dtype.kind not in "iuf":
        return None  # a function, text
    return np.asarray(value) + np.linspace(0.3, 0.5, np.size(value)).reshape(np.shape(value))


def without_influence(asked: Asked) -> str:
    """An argument that the result should depend on and does not."""
    e = asked.exercise
    for k, name in enumerate(e.parameters):
        moves = []
        for case in asked.cases:
            if k >= len(case.args) or case.only:
                continue
            other = _other(case.args[k])
            if other is None:
                continue
            args = [other if j == k else a for j, a in enumerate(case.args)]
            if _moved(asked, e.reference, case, args):
                moves.append(_moved(asked, asked.function, case, args))
        if len(moves) > 1 and not any(m is not False for m in moves):
            return say("no-influence", a=name)
    return ""


def _between_rows(asked: Asked) -> str:
    """Whether the first of several rows moves when only the others do."""
    e, named = asked.exercise, letters(asked.exercise)
    for output in e.outputs:
        for letter, word in output.axes.items():
            if word == "step" or not all(letter in o.axes for o in e.outputs):
                continue
            found, apart = [], True
            for case in asked.cases:
                if sizes(e, case).get(letter, 0) < 2 or not apart:
                    continue
                args = [
                    _from_second(a, axes.index(letter)) if letter in axes else a
                    for a, axes in zip(case.args, named.values(), strict=False)
                ]
                part = _first_of(list(output.axes).index(letter))
                apart = _moved(asked, e.reference, case, args, part) is False
                found.append(_moved(asked, asked.function, case, args, part))
            if apart and len(found) > 1 and any(found):
                return say("mixed", out=output.name, word=word, words=plural(word))
    return ""


def _over_time(asked: Asked) -> str:
    """Looking ahead, and forgetting."""
    e, named = asked.exercise, letters(asked.exercise)
    output = e.outputs[0]
    if "step" not in output.axes.values() or len(e.outputs) > 1:
        return ""
    letter = next(a for a, word in output.axes.items() if word == "step")
    first = _first_of(list(output.axes).index(letter))
    last = (*first[:-1], -1)
    for name, axes in named.items():
        k = list(named).index(name)
        long = [case for case in asked.cases if sizes(e, case).get(letter, 0) > 1 and not case.only]
        if letter in axes:
            at = axes.index(letter)
            later = [[_from_second(a, at) if j == k else a for j, a in enumerate(c.args)] for c in long]
            if _always(asked, long, later, first, moves=False):
                return say("ahead", out=output.name, a=name, word="step")
            earlier = [[_only_first(a, at) if j == k else a for j, a in enumerate(c.args)] for c in long]
            near = [c for c in zip(long, earlier, strict=True) if sizes(e, c[0])[letter] < 10]
            if near and _always(asked, [c for c, _ in near], [args for _, args in near], last, moves=True):
                return say("no-memory", out=output.name, a=name, word="step", words="steps")
    return ""


def _always(asked: Asked, cases: list[Case], changed: list[list[Any]], part: Any, moves: bool) -> bool:
    """Whether in every case the right function's part moves as ``moves`` says, and the answer's does not."""
    if not cases:
        return False
    for case, args in zip(cases, changed, strict=True):
        right = _moved(asked, asked.exercise.reference, case, args, part)
        got = _moved(asked, asked.function, case, args, part)
        if right is not moves or got is not (not moves):
            return False
    return True


def _first_of(axis: int) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, 0)


def _from_second(a: Any, axis: int) -> Values:
    """All but the first along an axis are moved."""
    new = np.array(a)
    rest = (*(slice(None),) * axis, slice(1, None))
    new[rest] = (
        new[rest][(*(slice(None),) * axis, slice(None, None, -1))] if new.dtype.kind in "iu" else new[rest] + 0.4
    )
    return new


def _only_first(a: Any, axis: int) -> Values:
    new = np.array(a)
    new[_first_of(axis)] += 0.4
    return new
