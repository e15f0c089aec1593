"""Call an answer as a careful caller does: on copies, with its prints, warnings and exceptions kept."""

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.exercise import Case, Exercise, Output, Values

LONGEST_PRINT = 2000


class Outcome(NamedTuple):
    """What a call came to: values, or an error, or a problem with the type of what it returned."""

    values: tuple[Values, ...] = ()
    error: BaseException | None = None
    problem: str = ""
    changed: tuple[str, ...] = ()  # names of arguments that the call modified
    printed: str = ""
    warned: tuple[str, ...] = ()


def call(exercise: Exercise, function: Callable[..., Any], case: Case) -> Outcome:
    """Run one case. Only KeyboardInterrupt gets out: it is how a reader, or nbgrader's time limit, stops a loop."""
    args = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in case.args)
    out = _Capped()
    value, error = None, None
    with warnings.catch_warnings(record=True) as caught, _quiet(out):
        warnings.simplefilter("always")
        try:
            with lent(function, exercise.lends):
                value = function(*args)
            values, problem = convert(value, exercise.outputs)
        except KeyboardInterrupt:
            raise
        except BaseException as e:  # SystemExit too: a submission must not end its grading
            values, problem, error = (), "", e
    changed = tuple(n for n, a, b in zip(exercise.parameters, args, case.args, strict=False) if not _identical(a, b))
    warned = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught))
    return Outcome(values, error, problem, changed, out.getvalue(), warned)


@contextlib.contextmanager
def lent(function: Callable[..., Any], names: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """Put right versions of earlier exercises where ``function`` looks for them, and give back what was there."""
    scope = getattr(inspect.unwrap(getattr(function, "func", function)), "__globals__", {}) if names else {}
    kept = {name: scope[name] for name in names if name in scope}
    scope.update(names)
    try:
        yield
    finally:
        for name in names:
            scope.pop(name, None)
        scope.update(kept)


def convert(value: Any, outputs: tuple[Output, ...]) -> tuple[tuple[Values, ...], str]:
    """The returned value as plain arrays of its own, and what is wrong with its type ("" if nothing is)."""
    if len(outputs) == 1:
        parts: Any = (value,)
    elif isinstance(value, tuple | list) and len(value) == len(outputs):
        parts = value
    else:
        names = ", ".join(o.name for o in outputs)
        return (), f"expected {len(outputs)} values, ({names}), but {kind_of(value)} came."
    arrays = []
    for part, output in zip(parts, outputs, strict=True):
        array, problem = _array(part, output)
        arrays.append(array)
        if problem:
            return tuple(arrays), problem
    return tuple(arrays), ""


def _array(value: Any, output: Output) -> tuple[Values, str]:
    nothing = np.zeros(0)
    if value is None:
        return nothing, f"expected {output.name}, but None came. Does every path of your function end in a return?"
    if output.kind == "array" and not isinstance(value, np.ndarray):
        cure = "Wrap it in np.array(...)." if isinstance(value, list | tuple) else "Use NumPy throughout."
        return nothing, f"expected {output.name} as a NumPy array, but {kind_of(value)} came. {cure}"
    try:
        array = np.array(value, subok=False)  # a copy, and never a subclass with operators of its own
    except Exception:
        return nothing, f"expected numbers for {output.name}, but {kind_of(value)} came, which NumPy cannot read."
    if array.dtype.kind not in "iuf":
        return nothing, f"expected numbers for {output.name}, but {kind_of(value)} of dtype {array.dtype} came."
    if output.kind == "integer" and array.dtype.kind == "f":
        return array.astype(float), f"expected a whole number (an int) for {output.name}, but {kind_of(value)} came."
    return array.astype(float), ""


def kind_of(value: Any) -> str:
    """A value's type in words, without asking the value to print itself."""
    if value is None:
        return "None"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a value of type {type(value).__name__}"


def close(a: Values, b: Values, rtol: float, atol: float) -> bool:
    """Whether two arrays of one shape agree. Only operators: nothing here can be replaced from a notebook."""
    if a.shape != b.shape:
        return False
    return bool(agreeing(a, b, rtol, atol).all())


def agreeing(a: Values, b: Values, rtol: float, atol: float) -> Values:
    """Entry by entry; an infinity agrees with itself alone, a NaN with a NaN."""
    near = (abs(a - b) <= atol + rtol * abs(b)) & (abs(b) < float("inf"))
    agree: Values = near | (a == b) | ((a != a) & (b != b))
    return agree


def same(a: Outcome, b: Outcome, rtol: float, atol: float) -> bool:
    """Whether two calls came to the same: the values, the kind of error, the kind of problem, the changed inputs."""
    if (type(a.error), a.problem, a.changed, len(a.values)) != (type(b.error), b.problem, b.changed, len(b.values)):
        return False
    with np.errstate(all="ignore"):
        return all(close(x, y, rtol, atol) for x, y in zip(a.values, b.values, strict=True))


def _identical(a: Any, b: Any) -> bool:
    return bool(a.shape == b.shape and (a == b).all()) if isinstance(a, np.ndarray) else True


class _Capped(io.StringIO):
    """Keeps the first LONGEST_PRINT characters, so that a print in a loop does no harm."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, LONGEST_PRINT - self.tell())])
        return len(text)


@contextlib.contextmanager
def _quiet(out: io.StringIO) -> Iterator[None]:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), np.errstate(all="warn"):
        yield
