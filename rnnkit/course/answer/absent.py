"""What an exercise forbids is not there while an answer runs: an import fails, and so does a call to what was imported.

It raises the bar, and is no sandbox: code that takes pains can undo it.
"""

import contextlib
import signal
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

ALARMS = [getattr(signal, name) for name in ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGINT") if hasattr(signal, name)]
Defined = (FunctionType, BuiltinFunctionType, type)


@contextlib.contextmanager
def absent(names: tuple[str, ...], but: Collection[Any] = (), scope: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Take modules away, by their names, with all that lies in them; afterwards they are as they were.

    A function of theirs that a notebook holds already raises ImportError when it is called; those in ``but`` work. A
    library that is gone as a whole is searched for such functions only where ``scope``, the answer's globals, holds
    something of it: torch has tens of thousands.
    """
    if not names:
        yield
        return
    inside = tuple(f"{name}." for name in names)
    loaded = {name: sys.modules[name] for name in _loaded(inside, len(sys.modules)) if name in sys.modules}
    reached = tuple(f"{name}." for name in names if "." in name or scope is None or _holds(scope, name))
    modules = tuple(module for name, module in loaded.items() if f"{name}.".startswith(reached))
    spared = {id(one) for one in but}
    functions = [f for f in _all_functions(modules, inside) if id(f) not in spared]
    kept = [(f, f.__code__) for f in functions]
    nothing: Any = None  # what makes an import fail
    try:
        sys.modules.update(dict.fromkeys({*names, *loaded}, nothing))
        for function in functions:
            function.__code__ = _refuse.__code__
        yield
    finally:
        before: set[Any] | None = None
        try:
            if hasattr(signal, "pthread_sigmask"):  # not on Windows
                before = _mask(signal.SIG_BLOCK, ())
                _mask(signal.SIG_BLOCK, ALARMS)  # no time limit ends what follows half-way
        finally:  # also if one went off just now
            for function, code in kept:
                function.__code__ = code
            for name in {*names, *loaded}:
                sys.modules.pop(name, None)
            sys.modules.update(loaded)
            if before is not None:
                _mask(signal.SIG_SETMASK, before)


def _mask(how: int, signals: Collection[Any]) -> set[Any]:
    """Block signals, or set which are; the ones that were blocked before. An alarm that waited is raised here."""
    return set(signal.pthread_sigmask(how, signals))


@cache
def _loaded(inside: tuple[str, ...], _: int) -> list[str]:
    """Their names among so many loaded modules."""
    return [name for name in sys.modules if f"{name}.".startswith(inside)]


def _holds(scope: Mapping[str, Any], name: str) -> bool:
    """Whether a module, a function, a class or an object of a library is among these values."""
    for value in scope.values():
        kind = type(value)
        owner = (
            value.__name__ if kind is ModuleType else value.__module__ if issubclass(kind, Defined) else kind.__module__
        )
        if f"{owner}.".startswith(f"{name}."):
            return True
    return False


def _refuse(*_: Any, **__: Any) -> None:
    raise ImportError("it is not there while this answer is checked")


@cache
def _all_functions(modules: tuple[Any, ...], inside: tuple[str, ...]) -> tuple[FunctionType, ...]:
    """Each function of these modules, once."""
    return tuple(dict.fromkeys(f for module in modules for f in _functions(module, inside)))


@cache
def _functions(module: Any, inside: tuple[str, ...]) -> tuple[FunctionType, ...]:
    """The functions of a module and of its classes, as far as they can be made to refuse."""
    own = [value for value in getattr(module, "__dict__", {}).values() if _lies(value, inside)]
    methods = [value for kind in own if isinstance(kind, type) for value in vars(kind).values() if _lies(value, inside)]
    return tuple(v for v in (*own, *methods) if isinstance(v, FunctionType) and v.__closure__ is None)


def _lies(value: Any, inside: tuple[str, ...]) -> bool:
    """Whether a function or a class was defined there; an Enum, for one, holds functions of Python's own."""
    return issubclass(type(value), (FunctionType, type)) and f"{value.__module__}.".startswith(inside)
