"""What a notebook could have changed under the check: found, and named. It raises the bar, and is no sandbox."""

import builtins
import contextlib
import math
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

# What the check itself rests on. Not print, input or open: a kernel and honest packages replace those.
BUILTINS = (
    *("abs", "all", "any", "bool", "bytes", "callable", "dict", "enumerate", "filter", "float", "getattr", "hasattr"),
    *("hash", "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next", "range", "repr"),
    *("reversed", "round", "set", "sorted", "str", "sum", "super", "tuple", "type", "vars", "zip"),
)


def _as_they_are() -> list[tuple[ModuleType | type, dict[str, Any]]]:
    kept = [(module, dict(vars(module))) for module in (np, np.random, np.linalg, math)]
    return [*kept, (builtins, {name: getattr(builtins, name) for name in BUILTINS})]


_KEPT = _as_they_are()  # at import, before a student's function has run
JUDGES = "rnnkit.course.sets."  # what measures an answer, and what it is measured by; a notebook may import it before
_MISSING = object()
SHOWING = ("last_expr", "last_expr_or_assign", "last", "all")  # IPython's settings that show a cell's last expression
_VALUES = (("tanh", 0.46211715726), ("exp", 1.64872127070), ("log", -0.69314718056))


def _watched() -> list[tuple[ModuleType | type, dict[str, Any]]]:
    """What is kept of the modules of the problem sets too, each as it was when it was first seen."""
    for name, module in list(sys.modules.items()):
        if name.startswith(JUDGES) and name not in _SEEN and module is not None:
            _SEEN.add(name)
            known = {id(part) for part, _ in _KEPT}
            parts: list[ModuleType | type] = [module, *_classes(module)]
            _KEPT.extend((part, dict(vars(part))) for part in parts if id(part) not in known)
    return _KEPT


def _classes(module: ModuleType) -> set[type]:
    """This package's classes that a module uses, with what they inherit from."""
    found = {base for value in vars(module).values() if isinstance(value, type) for base in value.__mro__}
    return {one for one in found if one.__module__.startswith("rnnkit.")}


_SEEN: set[str] = set()


def _foreign() -> str:
    """The name of a function of a problem set that was made in a notebook, before the module was first seen."""
    for name, module in list(sys.modules.items()):
        if name.startswith(JUDGES) and name not in _SEEN and module is not None:
            parts: list[ModuleType | type] = [module, *_classes(module)]
            for part in parts:
                for key, value in vars(part).items():
                    if callable(value) and getattr(value, "__module__", "") == "__main__":
                        return f"{part.__name__}.{key}"
    return ""


def replaced() -> str:
    """The name of a function that is no longer itself, or "": a wrong tanh makes a wrong reference."""
    if foreign := _foreign():
        return foreign
    for module, names in _watched():
        for name, kept in names.items():
            if module.__dict__.get(name, _MISSING) is not kept:
                return f"{module.__name__}.{name}"
        added = [name for name in vars(module) if name not in names and not name.startswith("__")]
        if isinstance(module, type) and added:  # in front of what it inherits
            return f"{module.__name__}.{added[0]}"
    for name, y in _VALUES:
        if not abs(float(getattr(np, name)(0.5)) - y) < 1e-9:
            return f"numpy.{name}"
    return ""


@contextlib.contextmanager
def originals() -> Iterator[None]:
    """For as long as it takes to say what has been replaced, the functions as they were."""
    changed = []
    for module, names in _KEPT:
        for name, kept in names.items():
            now = module.__dict__.get(name, _MISSING)
            if now is not kept:
                changed += [(module, name, now)]
                setattr(module, name, kept)
    try:
        yield
    finally:
        for module, name, now in changed:
            if now is _MISSING:
                delattr(module, name)
            else:
                setattr(module, name, now)


def _shell() -> Any:
    """The IPython that runs this, or None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def unshown() -> str:
    """What is wrong with how the notebook shows a cell's last expression, or "": nbgrader reads the score there."""
    shell = _shell()
    shows = "last_expr" if shell is None else shell.ast_node_interactivity
    if type(shows) is str and shows in SHOWING:
        return ""
    return (
        f'ast_node_interactivity is {shows!r:.40} in this notebook. Set it back to "last_expr" (or take the line out '
        "and restart the kernel): a score that is not shown as the cell's one output cannot be counted, and is 0."
    )


def _private_seed() -> str:
    """The instructor's seed. In a notebook it leaves the environment, where a cell that lists it would print it.

    Outside one it stays: nbgrader itself imports this package, and its kernels inherit its environment.
    """
    if _shell() is None:
        return os.environ.get("RNNKIT_SEED", "")
    return os.environ.pop("RNNKIT_SEED", "")


SEED = _private_seed()
