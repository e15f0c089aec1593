"""Call an answer as a careful caller does: on copies, with its prints, warnings and exceptions kept."""

import contextlib
import copy
import inspect
import io
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer import limit
from rnnkit.course.answer.absent import absent
from rnnkit.course.answer.compare import close
from rnnkit.course.answer.convert import Converted, convert
from rnnkit.course.answer.exercise import Case, Exercise, Values
from rnnkit.course.answer.reach import held, no_programs

LONGEST_PRINT = 2000


class Outcome(NamedTuple):
    """What a call came to: values, or an error, or a problem with the type of what it returned."""

    values: tuple[Values, ...] = ()
    error: BaseException | None = None
    problem: str = ""
    changed: tuple[str, ...] = ()  # names of arguments that the call modified
    printed: str = ""
    warned: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what was accepted although it is not quite what was asked for


def call(exercise: Exercise, function: Callable[..., Any], case: Case) -> Outcome:
    """Run one case. Only KeyboardInterrupt gets out: it is how a reader, or nbgrader's time limit, stops a loop."""
    args = tuple(_own_copy(a) for a in case.args)
    out = _Capped()
    came, error = Converted(), None
    with warnings.catch_warnings(record=True) as caught, _quiet(out):
        warnings.simplefilter("always")
        try:
            forbidden = () if function is exercise.reference else exercise.absent
            lends = exercise.lends
            scope = _scope(function)
            with lent(function, lends), _without(forbidden, lends.values(), scope), limit.capped(limit.SECONDS):
                if forbidden and held(function, forbidden, lends.values()):
                    raise ImportError("it is not there while this answer is checked")
                value = exercise.used(function, *args) if exercise.used else function(*args)
            told = exercise.used is not None and isinstance(value, str)
            came = Converted(problem=value) if told else convert(value, exercise.outputs)
        except KeyboardInterrupt:
            raise
        except BaseException as e:  # SystemExit too: a submission must not end its grading
            error = e
    changed = tuple(n for n, a, b in zip(exercise.parameters, args, case.args, strict=False) if not _identical(a, b))
    warned = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught))
    return Outcome(came.values, error, came.problem, changed, out.getvalue(), warned, came.notes)


def _scope(answer: Any) -> Mapping[str, Any] | None:
    """The globals of an answer, or of all methods of a class; None if it has none."""
    if not isinstance(answer, type):
        return getattr(answer, "__globals__", None)
    parts = [getattr(part, "__func__", part) for kind in answer.__mro__ for part in vars(kind).values()]
    scopes = [scope for part in parts if isinstance(scope := getattr(part, "__globals__", None), dict)]
    return {name: value for scope in scopes for name, value in scope.items()} if scopes else None


@contextlib.contextmanager
def _without(forbidden: tuple[str, ...], lends: Collection[Any], scope: Mapping[str, Any] | None) -> Iterator[None]:
    """Without what an exercise forbids, and without other programs, which could have it."""
    with absent(forbidden, lends, scope), no_programs() if forbidden else contextlib.nullcontext():
        yield


def defined(exercise: Exercise, code: str) -> Callable[..., Any]:
    """The function that an answer's code defines, in a namespace of its own."""
    scope: dict[str, Any] = {"np": np, **exercise.lends}
    exec(compile(code, f"<{exercise.id}>", "exec"), scope)
    if exercise.function not in scope:
        raise ValueError(f"the code was expected to define {exercise.function}, but it does not:\n{code}")
    answer: Callable[..., Any] = scope[exercise.function]
    return answer


def outcomes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> list[Outcome]:
    """One call a case. After a call that was stopped for its time there is no other: the cases would add up."""
    found: list[Outcome] = []
    for case in cases:
        stopped = found and isinstance(found[-1].error, limit.TooLong)
        found.append(found[-1] if stopped else call(exercise, function, case))
    return found


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


def same(a: Outcome, b: Outcome, rtol: float, atol: float) -> bool:
    """Whether two calls came to the same: the values, the kind of error, the kind of problem, the changed inputs."""
    if (type(a.error), a.problem, a.changed, len(a.values)) != (type(b.error), b.problem, b.changed, len(b.values)):
        return False
    with np.errstate(all="ignore"):
        return all(close(x, y, rtol, atol) for x, y in zip(a.values, b.values, strict=True))


def _own_copy(a: Any) -> Any:
    """What a call may write into, or draw from: the next one finds it as it was."""
    return copy.deepcopy(a) if isinstance(a, np.ndarray | np.random.Generator) else a


def _identical(a: Any, b: Any) -> bool:
    return bool(a.shape == b.shape and (a == b).all()) if isinstance(a, np.ndarray) else True


class _Capped(io.StringIO):
    """Keeps the first LONGEST_PRINT characters, so that a print in a loop does no harm."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, LONGEST_PRINT - self.tell())])
        return len(text)


@contextlib.contextmanager
def _quiet(out: io.StringIO) -> Iterator[None]:
    # As NumPy does by itself: an underflow is no fault, and every right softmax has some.
    numpy_default = np.errstate(all="warn", under="ignore")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), numpy_default:
        yield
