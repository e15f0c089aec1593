"""Checks of what a call was given. Each raises a ValueError of one form: what came, what was expected, and a hint.

``xs has shape (4, 3), expected (T, N, 3): time, batch, features.``
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from rnnkit.ops import Array, is_floating, isfinite_all, to_numpy

Names = tuple[str, ...]
Shape = tuple[int, ...]


def wrong(came: str, expected: object, hint: str = "") -> ValueError:
    """The error. A hint brings its full stop, and may be a sentence of its own."""
    end = f"{'. ' if hint[0].isupper() else ': '}{hint}" if hint else "."
    return ValueError(f"{came}, expected {expected}{end}")


def rectangular(name: str, value: Any) -> Any:
    """``value`` as a NumPy array."""
    try:
        return to_numpy(value)
    except ValueError as error:
        came, hint = f"{name} makes no array ({error})", "Pad sequences, and give a mask."
        raise wrong(came, "a rectangular one", hint) from None


def real(name: str, value: Any) -> Any:
    """``value`` as a NumPy array of real numbers."""
    found = rectangular(name, value)
    if found.dtype.kind not in "fiub":
        raise wrong(f"{name} has dtype {found.dtype}", "real numbers")
    return found


def whole(name: str, value: Any, least: int = 1, hint: str = "") -> int:
    """``value`` as an int, if it is a whole number of ``least`` or more."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise wrong(f"{name} is {value!r}", f"a whole number of {least} or more", hint)
    return int(value)


def window(value: Any) -> None:
    """A truncation window, or None."""
    if value is not None:
        whole("window", value, 1, "steps from one cut to the next; None cuts nowhere.")


def positive(name: str, value: Any, below: float = math.inf, hint: str = "") -> float:
    """``value`` as a float, if it is above 0 and less than ``below``."""
    if not (number(value) and 0 < value < below):
        bound = "" if below == math.inf else f" and below {below:.6g}"
        raise wrong(f"{name} is {value!r}", f"a number above 0{bound}", hint)
    return float(value)


def in_range(name: str, value: Any, below: float = math.inf) -> float:
    """``value`` as a float, if it is 0 or more and less than ``below``."""
    if not (number(value) and 0 <= value < below):
        raise wrong(f"{name} is {value!r}", f"0 <= {name} < {below:g}")
    return float(value)


def number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise wrong(f"{name} is {value!r}", "True or False")
    return bool(value)


def one_of(name: str, value: Any, choices: Sequence[Any], hint: str = "") -> None:
    if value not in choices:
        *most, last = map(repr, choices)
        raise wrong(f"{name} is {value!r}", f"{', '.join(most)} or {last}", hint)


def result(own: bool, of: str, call: str) -> None:
    """The run that ``backward`` is given is what this layer or model returned."""
    if not own:
        raise wrong(f"run is not a result of this {of}", f"what {call} returned", f"run = {call}.")


def features(name: str, xs: Array, wanted: int, weight: str) -> None:
    """(T, N, wanted), with at least one sequence of at least one step."""
    came = tuple(xs.shape)
    if len(came) != 3:
        one = f" One sequence is a batch of one: {name}[:, None]." if came[1:] == (wanted,) else ""
        raise wrong(f"{name} has shape {came}", f"(T, N, {wanted})", f"time, batch, features.{one}")
    if came[2] != wanted:
        changed = "Did the vocabulary or the features change after the layer was made?"
        raise wrong(f"{name} has {came[2]} features in its last axis", f"{wanted}, as {weight} has", changed)
    if 0 in came:
        raise wrong(f"{name} has shape {came}", "at least one sequence of at least one step", "Is it time-major?")


def shape(name: str, a: Array, wanted: Sequence[int], hint: str = "") -> None:
    """An array of that shape."""
    if tuple(a.shape) != tuple(wanted):
        raise wrong(f"{name} has shape {tuple(a.shape)}", tuple(wanted), hint)


def no_empty(mask: Any, wanted: str) -> None:
    """A mask (T, N) that leaves each sequence a step."""
    if not mask.any(0).all():
        raise wrong(f"mask is False in all of sequence {int(mask.any(0).argmin())}", wanted)


def mask(value: Any, wanted: Shape, name: str = "mask", where: str = "there is data") -> Any:
    """``value`` as a NumPy array of bool of that shape, or None; ``where`` says where it is True."""
    if value is None:
        return None
    found = rectangular(name, value)
    if found.shape != wanted or found.dtype != bool:
        came = f"{name} has shape {found.shape} and dtype {found.dtype}"
        lengths = f" Of lengths: np.arange({wanted[0]})[:, None] < lengths." if found.ndim == 1 < len(wanted) else ""
        raise wrong(came, f"{wanted} and bool", f"it is True where {where}.{lengths}")
    return found.copy()  # callers may write into theirs


def finite(xs: Array, where: Any) -> None:
    """No NaN and no infinity in xs (T, N, I), but for where the mask is False."""
    if isfinite_all(xs):
        return
    bad = ~np.isfinite(to_numpy(xs)) if where is None else ~np.isfinite(to_numpy(xs)) & where[..., None]
    if bad.any():
        t, n, i = (int(k) for k in np.argwhere(bad)[0])
        came = f"xs holds {xs[t, n, i]} at time {t}, sequence {n}, feature {i}"
        raise wrong(came, "finite data", "Fill gaps, or cover them with the mask.")


def parts(name: str, value: Any, wanted: Names) -> None:
    """A tuple with one array for each of these names."""
    if not isinstance(value, tuple) or len(value) != len(wanted):
        came = f"a tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
        raise wrong(f"{name} is {came}", f"a tuple ({', '.join(wanted)}{',' * (len(wanted) == 1)})")


def like(name: str, wanted: Names, value: Any, of: Shape, hint: str = "", values_too: bool = False) -> None:
    """A tuple with one array of that shape for each of these names; ``values_too``: all finite."""
    parts(name, value, wanted)
    for part, a in zip(wanted, value, strict=True):
        if not hasattr(a, "shape"):
            raise wrong(f"{part} in {name} is a {type(a).__name__}", "an array")
        shape(f"{part} in {name}", a, of, hint)
        if values_too and not isfinite_all(a):
            came = f"{part} in {name} holds NaN or infinity"
            raise wrong(came, "finite numbers", "Did the run that it comes from diverge?")


def among(name: str, names: Collection[str], what: str = "") -> None:
    """A name that has to be there; ``what`` says what it is of, as in "the gradient of "."""
    if name not in names:
        raise wrong(f"{what}{name} is missing", "it beside what came", f"{', '.join(names) or 'nothing'}.")


def present(name: str, params: Mapping[str, Array]) -> Array:
    """The parameter of that name, which is an array of floats."""
    among(name, params)
    a = params[name]
    if not is_floating(a):
        came = getattr(a, "dtype", type(a).__name__)
        raise wrong(f"{name} is {came}", "an array of floats", "Use np.asarray(..., dtype=float).")
    return a


def parameter(name: str, params: Mapping[str, Array], wanted: Shape, hint: str = "") -> None:
    """Finite floats of that shape, in ``params``."""
    shape(name, present(name, params), wanted, hint)
    weight(name, params[name])


def weight(name: str, a: Array) -> None:
    """Finite numbers."""
    if not isfinite_all(a):
        values = to_numpy(a)
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
        diverged = "Did a training step diverge? Go back to the last good weights, and clip the gradient."
        raise wrong(f"{name} holds {values[where]} at {list(where)}", "a finite number", diverged)
