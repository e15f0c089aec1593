"""Call the answer again with the same arguments: whether it comes to the same, and if not, what outlives a call."""

import dis
import random
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from rnnkit.course.answer.run import call, same
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.words import say


def again(asked: Asked) -> str:
    """Whether a second call with the same arguments gives another result, and what keeps something between the two."""
    e, f = asked.exercise, asked.function
    if not asked.exercise.is_function:
        return ""
    defaults, outside = _made_once(f)
    before = {name: _length(value) for name, value in {**defaults, **outside}.items()}
    second = [call(e, f, case) for case in asked.cases[:2]]
    grown = [name for name, value in {**defaults, **outside}.items() if _length(value) != before[name]]
    other = not all(same(a, b, e.rtol, e.atol) for a, b in zip(asked.got[:2], second, strict=True))
    if not other and not grown:
        return ""
    for name in grown or [*defaults, *outside][: 1 if len(defaults) + len(outside) == 1 else 0]:
        return say("default" if name in defaults else "outside", a=name)
    elsewhere = _generator_outside(f)
    came_in = _generator(asked)
    if came_in and elsewhere is not None:
        return say("drawn-elsewhere", a=came_in, such=f", such as {elsewhere}" if elsewhere else "")
    return say("again" if elsewhere is None else "random")


def _generator(asked: Asked) -> str:
    """The name of the argument that random numbers are drawn from; "" if there is none."""
    pairs = zip(asked.exercise.parameters, asked.cases[0].args, strict=False)
    return next((name for name, value in pairs if isinstance(value, np.random.Generator)), "")


def _generator_outside(function: Callable[..., Any]) -> str | None:
    """The name of a generator that a function, or one that it calls, finds outside; "" if it makes one; else None."""
    queue: list[tuple[Any, dict[str, Any]]] = [(_code(function), getattr(function, "__globals__", {}))]
    seen, makes = set(), None
    while queue:
        code, scope = queue.pop()
        if code is None or code in seen:
            continue
        seen.add(code)
        queue += [(inner, scope) for inner in code.co_consts if isinstance(inner, CodeType)]
        steps = list(dis.get_instructions(code))
        for step, following in zip(steps, [*steps[1:], steps[-1]], strict=True):
            value = scope.get(step.argval) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") else None
            if isinstance(value, np.random.Generator | np.random.RandomState):
                return str(step.argval)
            queue += [(_code(value), value.__globals__)] if isinstance(value, FunctionType) else []
            numpys = value is np and following.argval == "random"
            imported = step.opname == "IMPORT_NAME" and step.argval in ("random", "numpy.random")
            if numpys or imported or (isinstance(value, ModuleType) and value in (np.random, random)):
                makes = ""
            if callable(value) and getattr(value, "__module__", "").startswith(("random", "numpy.random")):
                makes = ""
    return makes


def _code(function: Any) -> CodeType | None:
    return getattr(function, "__code__", None)


def _made_once(function: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a function can keep things in: its default values, and what it uses from outside."""
    code = _code(function)
    names = list(getattr(code, "co_varnames", ()))[: getattr(code, "co_argcount", 0)]
    defaults = getattr(function, "__defaults__", None) or ()
    scope = getattr(function, "__globals__", {})
    named = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    used = {name: scope[name] for name in getattr(code, "co_names", ()) if name in scope}
    return _containers(named), _containers(used)


def _containers(named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if isinstance(value, list | dict | set | np.ndarray)}


def _length(value: Any) -> Any:
    return float(np.sum(value)) if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" else len(value)
