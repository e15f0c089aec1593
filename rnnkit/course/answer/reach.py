"""What an answer reaches beyond imports: objects of a forbidden library that it got hold of before, other programs.

It raises the bar, and is no sandbox.
"""

import contextlib
import dis
import functools
import os
import sys
from collections.abc import Collection, Iterator
from functools import cache
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

OURS = "rnnkit.course."
MOST = 2000  # objects that are looked at
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn")
_heard: list[list[str]] = []  # who listens to what runs as a program
_files: list[list[tuple[str, bool]]] = []  # who listens to files that are opened, and whether to be written
_running: list[bool] = []  # True while an answer runs that may start no program


def held(answer: Any, names: tuple[str, ...], but: Collection[Any] = ()) -> bool:
    """Whether a function uses something of these modules that it holds already.

    It looks at the names that the function and its helpers read, at their default values, and into lists and the like.
    What is compiled, as ``torch._VF.lstm_cell`` is, cannot be made to refuse: so the answer is.
    """
    inside = tuple(f"{name}." for name in names)
    queue, seen = _roots(answer), {id(one) for one in but}
    while queue and len(seen) < MOST:
        value = queue.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if f"{_owner(value)}.".startswith(inside):
            return True
        queue += _parts(value)
    return False


def _roots(answer: Any) -> list[Any]:
    """The answer; or, where a judge calls it from a function of its own, what that one calls."""
    if not f"{_owner(answer)}.".startswith(OURS):
        return [answer]
    cells = [cell.cell_contents for cell in getattr(answer, "__closure__", None) or () if _filled(cell)]
    return [inner for inner in cells if callable(inner) and not f"{_owner(inner)}.".startswith(OURS)]


def _owner(value: Any) -> str:
    """The module that a value comes from."""
    if isinstance(value, ModuleType):
        return value.__name__
    own = getattr(value, "__module__", None) if callable(value) else None
    if isinstance(own, str):
        return own
    return type(getattr(value, "__self__", value)).__module__ if callable(value) else type(value).__module__


def _parts(value: Any) -> list[Any]:
    """What a value leads to: what a function reads, what a container or an object holds."""
    kind = type(value)
    if kind is FunctionType:
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        read = [value.__globals__[name] for name in _reads(value.__code__) if name in value.__globals__]
        defaults = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
        return [*defaults, *cells, *read, *vars(value).values()]
    if kind is MethodType:
        return [value.__func__, value.__self__]
    if kind is functools.partial:
        return [value.func, *value.args, *value.keywords.values()]
    if kind in (list, tuple, set, frozenset):
        return list(value)[:MOST]
    if kind is dict:
        return list(value.values())[:MOST]
    if kind is np.ndarray:
        return list(value.ravel()[:MOST]) if value.dtype.kind == "O" else []
    if isinstance(value, type):
        return list(vars(value).values()) if value.__module__ == "__main__" else []
    own = getattr(value, "__dict__", None)
    return [kind, *own.values()] if type(own) is dict and not isinstance(value, ModuleType) else []


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name of an outer function that has no value yet
        return False


@cache
def _reads(code: CodeType) -> tuple[str, ...]:
    """The global names that a function reads, those of functions inside it included."""
    own = [step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _reads(const)]
    return tuple(dict.fromkeys([*own, *inner]))


@contextlib.contextmanager
def no_programs() -> Iterator[None]:
    """Whoever starts another program inside gets an ImportError: it could import what is absent here."""
    _listen()
    try:
        _running.append(True)  # inside, so that an interrupt at any moment leaves programs free again
        yield
    finally:
        del _running[-1:]


@contextlib.contextmanager
def run_as_programs() -> Iterator[list[str]]:
    """What runs inside that was a text or a pickle a moment ago: the names of Python's events."""
    _listen()
    heard: list[str] = []
    _heard.append(heard)
    try:
        yield heard
    finally:
        _heard.remove(heard)


@contextlib.contextmanager
def files_opened() -> Iterator[list[tuple[str, bool]]]:
    """The files that are opened inside, in this order, each with whether it may be written."""
    _listen()
    found: list[tuple[str, bool]] = []
    _files.append(found)
    try:
        yield found
    finally:
        _files.remove(found)


def _file(path: Any, flags: Any) -> tuple[str, bool] | None:
    """A file by its whole path, and whether it is opened to be written; None if it is no path."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    return os.path.abspath(os.fsdecode(path)), bool(flags & (os.O_WRONLY | os.O_RDWR))


def _of_text(code: Any) -> bool:
    """Whether code was made of a text by eval or exec, and not read from a file as an import does."""
    return isinstance(code, CodeType) and code.co_filename == "<string>"


@cache
def _listen() -> None:
    """Once, since Python never lets go of such a hook."""

    def hook(event: str, args: Any) -> None:
        if _running and event in PROGRAMS:
            raise ImportError("no other program runs while this answer is checked")
        if _heard and (event == "pickle.find_class" or (event == "exec" and _of_text(args[0]))):
            _heard[-1].append(event)
        if _files and event == "open" and (one := _file(args[0], args[2])):
            _files[-1].append(one)

    sys.addaudithook(hook)
