"""Ways that call the answer with other arguments, under which it may come out right."""

import dis
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.answer.run import Outcome, call
from rnnkit.course.hints.ways.asked import Asked, letters, plural, sizes
from rnnkit.course.hints.words import say

Change = Callable[..., Any]
Mend = Callable[[Values], Values]


def cured(asked: Asked) -> str:
    """What has to be done to the arguments, or to the result, for the answer to be right on every case."""
    wrong = asked.wrong_cases()
    if not wrong or not asked.exercise.is_function or asked.exercise.outputs[0].kind == "truth":
        return ""  # a yes or a no comes out right by chance
    order = [wrong[0], *(k for k in range(len(asked.cases)) if k != wrong[0])]
    right = [t for t, change, mend in _swaps(asked) if all(_comes_right(asked, k, change, mend) for k in order)]
    right += filter(None, [_in_call(asked)])
    if right:  # two that do the same are both said
        return right[0] if len(right) == 1 else say("or", one=right[0], other=right[1])
    cures = _cures(asked)
    return next((t for t, change, mend in cures if all(_comes_right(asked, k, change, mend) for k in order)), "")


def _comes_right(asked: Asked, k: int, change: Change, mend: Mend) -> bool:
    got = asked.tried(change, asked.function, asked.cases[k])
    if got.error or got.problem:
        return False
    return asked.right(Outcome(tuple(map(mend, got.values))), asked.expected[k])


def _as_it_is(values: Values) -> Values:
    return values


def _without_ones(values: Values) -> Values:
    return values.reshape([n for n in values.shape[:-2] if n != 1] + list(values.shape[-2:]))


def _swaps(asked: Asked) -> Iterator[tuple[str, Change, Mend]]:
    names = list(asked.exercise.parameters)
    values = [k for k, arg in enumerate(asked.cases[0].args) if not callable(arg)]  # a wrong function may never end
    for i, j in combinations(values, 2):
        text = say("swapped-parameters", a=names[i], b=names[j], signature=", ".join(names))
        yield text, _swapping(i, j), _as_it_is


def _cures(asked: Asked) -> Iterator[tuple[str, Change, Mend]]:
    named = letters(asked.exercise)
    names = list(named)
    yield from _turned(asked, named)
    matrices = [k for k, name in enumerate(names) if len(named[name]) == 2]
    turned = turned_in(asked.function)
    for k in matrices:
        key = "transposed-already" if names[k] in turned else "transposed"
        yield say(key, a=names[k]), _transposing({k}), _as_it_is
    for i, j in combinations([k for k in matrices if names[k] not in turned], 2):
        both = f"{say('transposed', a=names[i])} {names[j]} likewise."
        yield both, _transposing({i, j}), _as_it_is
    failed = any(o.error or [v.shape for v in o.values] != [v.shape for v in x.values] for o, x in _outcomes(asked))
    for k, name in enumerate(names):
        if len(named[name]) == 1 and failed:
            yield say("column-bias", a=name, axes=named[name][0]), _as_rows({k}), _without_ones


def turned_in(function: Any) -> set[str]:
    """The names of what a function transposes: a.T, a.transpose(), np.transpose(a)."""
    code = getattr(function, "__code__", None)
    steps = list(dis.get_instructions(code)) if code else []
    steps = [step for step in steps if step.opname not in ("CACHE", "PUSH_NULL", "PRECALL", "NOP")]
    found = set()
    for before, step, after in zip([*steps[:1], *steps], steps, [*steps[1:], *steps[-1:]], strict=False):
        name = (step.argval or (None,))[-1] if isinstance(step.argval, tuple) else step.argval  # () is a constant
        loads = step.opname.startswith(("LOAD_FAST", "LOAD_DEREF"))
        if loads and (_turns(after.argval, ("T", "mT", "transpose")) or _turns(before.argval, ("transpose",))):
            found.add(name)
    return found


def _turns(name: Any, words: tuple[str, ...]) -> bool:
    return isinstance(name, str) and name in words


def _outcomes(asked: Asked) -> Iterator[tuple[Outcome, Outcome]]:
    return zip(asked.got, asked.expected, strict=True)


def _turned(asked: Asked, named: dict[str, list[str]]) -> Iterator[tuple[str, Change, Mend]]:
    """Two neighbouring axes the other way round, in every argument that has both; and rows for columns."""
    out = [list(output.axes) for output in asked.exercise.outputs]
    pairs = {(a[k], a[k + 1]) for a in named.values() if len(a) > 2 for k in range(len(a) - 1)}
    for a, b in sorted(pairs):
        where = {k: axes.index(a) for k, axes in enumerate(named.values()) if (a + b) in "".join(axes)}
        some = [name for k, name in enumerate(named) if k in where]
        axes = named[some[0]]
        came = [{a: b, b: a}.get(letter, letter) for letter in axes]
        word = asked.words.get(came[0], "")
        text = say(
            "axes-swapped",
            names=" and ".join(some),
            a=some[0],
            came=", ".join(came),
            axes=", ".join(axes),
            meaning=f"{word} first." if word else "",
        )
        change = _with_axes_swapped(where)
        yield text, change, _as_it_is
        if any((a + b) in "".join(axes) for axes in out):
            at = next("".join(axes).index(a + b) for axes in out if (a + b) in "".join(axes))
            yield text, change, _swapping_back(at)
    rows = [k for k, axes in enumerate(named.values()) if len(axes) == 2 and axes[0] == out[0][0]] if out[0] else []
    if rows and len(out[0]) == 2:
        some = [name for k, name in enumerate(named) if k in rows]
        text = say("columns", word=asked.words[out[0][0]], names=" and ".join(some))
        vectors = {k for k, axes in enumerate(named.values()) if len(axes) == 1 and axes[0] != out[0][0]}
        for columns in (set(), vectors):
            yield text, _as_columns(set(rows), columns), np.transpose


def _swapping(i: int, j: int) -> Change:
    def change(*args: Any) -> Any:
        new = list(args)
        if max(i, j) < len(new):
            new[i], new[j] = new[j], new[i]
        return new

    return change


def _transposing(which: set[int]) -> Change:
    return lambda *args: [a.T.copy() if k in which else a for k, a in enumerate(args)]


def _as_rows(which: set[int]) -> Change:
    return lambda *args: [a[None, :] if k in which else a for k, a in enumerate(args)]


def _as_columns(rows: set[int], vectors: set[int]) -> Change:
    return lambda *args: [a.T.copy() if k in rows else a[:, None] if k in vectors else a for k, a in enumerate(args)]


def _with_axes_swapped(where: dict[int, int]) -> Change:
    return lambda *args: [
        np.swapaxes(a, where[k], where[k] + 1).copy() if k in where else a for k, a in enumerate(args)
    ]


def _swapping_back(at: int) -> Mend:
    return lambda values: np.swapaxes(values, at, at + 1) if values.ndim > at + 1 else values


def _in_call(asked: Asked) -> str:
    """Whether a lent function is called with two of its arguments the other way round."""
    e = asked.exercise
    for name, lent in e.lends.items():
        code = getattr(lent, "__code__", None)  # a class has none
        names = list(code.co_varnames[: code.co_argcount]) if code else []
        for i, j in combinations(range(len(names)), 2):
            other = replace(e, lends={**e.lends, name: _called(lent, _swapping(i, j))})
            rows = zip(asked.cases, asked.expected, strict=True)
            if all(asked.right(call(other, asked.function, case), right) for case, right in rows):
                return say("swapped-in-call", function=name, a=names[i], b=names[j], signature=", ".join(names))
    return ""


def _called(lent: Callable[..., Any], swap: Change) -> Callable[..., Any]:
    return lambda *args, **named: lent(*swap(*args), **named)


def one_by_one(asked: Asked) -> str:
    """Whether the answer is right on each element of an axis by itself, and only together wrong."""
    named = letters(asked.exercise)
    shared = [list(output.axes) for output in asked.exercise.outputs]
    for letter in shared[0] if shared else ():
        word = asked.words[letter]
        if not all(letter in axes for axes in shared) or "step" in word:
            continue
        some = [k for k, case in enumerate(asked.cases) if sizes(asked.exercise, case).get(letter, 0) > 1]
        if len(some) > 1 and all(_alone(asked, k, letter, named) for k in some):
            return say("one-by-one", word=word, words=plural(word))
    return ""


def _alone(asked: Asked, k: int, letter: str, named: dict[str, list[str]]) -> bool:
    case, parts = asked.cases[k], []
    for n in range(sizes(asked.exercise, case)[letter]):
        args = [
            np.take(a, [n], axes.index(letter)) if letter in axes else a
            for a, axes in zip(case.args, named.values(), strict=False)
        ]
        part = call(asked.exercise, asked.function, case._replace(args=tuple(args)))
        if part.error or part.problem or not part.values:
            return False
        parts.append(part.values)
    axes = [list(output.axes).index(letter) for output in asked.exercise.outputs]
    try:
        together = tuple(
            np.concatenate(values, axis) for values, axis in zip(zip(*parts, strict=True), axes, strict=True)
        )
    except ValueError:
        return False
    return asked.right(Outcome(together), asked.expected[k])
