"""Checks of what a call was given: each raises a ValueError that says what was expected and what came."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnkit.ops import Array, is_floating, isfinite_all, to_numpy


def rectangular(name: str, value: Any) -> Any:
    """``value`` as a NumPy array."""
    try:
        return to_numpy(value)
    except ValueError as error:
        raise ValueError(f"{name} is no rectangular array: {error}. Pad sequences, and give a mask.") from None


def real(name: str, value: Any) -> Any:
    """``value`` as a NumPy array of real numbers."""
    found = rectangular(name, value)
    if found.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {found.dtype}, expected real numbers.")
    return found


def size(name: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {value!r}, expected a positive whole number.")
    return int(value)


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} is {value!r}, expected True or False.")
    return bool(value)


def share(name: str, value: Any) -> float:
    """A number in [0, 1)."""
    if not isinstance(value, (int, float, np.number)) or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}, expected a share of 0 or more and less than 1.")
    return float(value)


def window(value: Any) -> None:
    """A truncation window: a whole number of steps, or None."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1):
        raise ValueError(f"window is {value}, expected a whole number of steps, 1 or more; None: no truncation.")


def features(name: str, xs: Array, wanted: int, weight: str) -> None:
    """(T, N, wanted), with at least one sequence of at least one step."""
    came = tuple(xs.shape)
    if len(came) != 3:
        raise ValueError(f"{name} has shape {came}, expected (T, N, {wanted}): time, batch, features.")
    if came[2] != wanted:
        raise ValueError(
            f"{name} has {came[2]} features in its last axis, expected {wanted}, as {weight} has. "
            "Did the vocabulary or the features change after the layer was made?"
        )
    if 0 in came:
        raise ValueError(f"{name} has shape {came}, expected at least one sequence of at least one step.")


def shape(name: str, a: Array, wanted: Sequence[int], what: str = "") -> None:
    """An array of that shape; ``what`` says what it is for."""
    if tuple(a.shape) != tuple(wanted):
        raise ValueError(f"{name} has shape {tuple(a.shape)}, expected {tuple(wanted)}{what and ': ' + what}.")


def no_empty(mask: Any, wanted: str) -> None:
    """A mask (T, N) that leaves each sequence a step."""
    if not mask.any(0).all():
        raise ValueError(f"mask is False in all of sequence {int(mask.any(0).argmin())}, expected {wanted}.")


def mask(value: Any, wanted: tuple[int, ...]) -> Any:
    """``value`` as a NumPy array of bool of that shape, or None."""
    if value is None:
        return None
    found = rectangular("mask", value)
    if found.shape != wanted or found.dtype != bool:
        raise ValueError(
            f"mask has shape {found.shape} and dtype {found.dtype}, expected {wanted} and bool: "
            "True where there is data."
        )
    return found.copy()  # callers may write into theirs


def finite(xs: Array, where: Any) -> None:
    """No NaN and no infinity in xs (T, N, I), but for where the mask is False."""
    if isfinite_all(xs):
        return
    bad = ~np.isfinite(to_numpy(xs)) if where is None else ~np.isfinite(to_numpy(xs)) & where[..., None]
    if bad.any():
        t, n, i = (int(k) for k in np.argwhere(bad)[0])
        raise ValueError(
            f"xs holds {xs[t, n, i]} at time {t}, sequence {n}, feature {i}, expected finite data. "
            "Fill gaps, or cover them with the mask."
        )


def parts(name: str, value: Any, wanted: tuple[str, ...]) -> None:
    """A tuple with one array for each of these names."""
    if not isinstance(value, tuple) or len(value) != len(wanted):
        came = f"a tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
        comma = "," * (len(wanted) == 1)
        raise ValueError(f"{name} is {came}, expected a tuple ({', '.join(wanted)}{comma}).")


def like(name: str, wanted: tuple[str, ...], value: Any, wanted_shape: tuple[int, ...]) -> None:
    """A tuple with one array of that shape for each of these names."""
    parts(name, value, wanted)
    for part, a in zip(wanted, value, strict=True):
        if not hasattr(a, "shape"):
            raise ValueError(f"{part} in {name} is a {type(a).__name__}, expected an array.")
        shape(f"{part} in {name}", a, wanted_shape)


def parameter(name: str, params: Mapping[str, Array], wanted: tuple[int, ...], hint: str = ".") -> None:
    """Finite floats of that shape, in ``params``; the hint is how an error about the shape goes on."""
    a = present(name, params)
    if tuple(a.shape) != wanted:
        raise ValueError(f"{name} has shape {tuple(a.shape)}, expected {wanted}{hint}")
    weight(name, a)


def present(name: str, params: Mapping[str, Array]) -> Array:
    """The parameter of that name, which is an array of floats."""
    if name not in params:
        raise ValueError(f"{name} is missing. The parameters that came are: {', '.join(sorted(params)) or 'none'}.")
    a = params[name]
    if not is_floating(a):
        came = getattr(a, "dtype", type(a).__name__)
        raise ValueError(f"{name} is {came}, expected an array of floats. Use np.asarray(..., dtype=float).")
    return a


def weight(name: str, a: Array) -> None:
    """Finite numbers."""
    if not isfinite_all(a):
        values = to_numpy(a)
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(
            f"{name} holds {values[where]} at {list(where)}, expected a finite number. "
            "Did a training step diverge? Go back to the last good weights, and clip the gradient."
        )


def state(part: str, name: str, s: Array, wanted: tuple[int, ...], values_too: bool) -> None:
    shape(f"{part} in {name}", s, wanted, "layers × directions, N, H")
    if values_too and not isfinite_all(s):
        raise ValueError(f"{part} in {name} is not finite. Did the run that it comes from diverge?")


def positive(name: str, value: float) -> None:
    if not (number(value) and 0 < value < math.inf):
        raise ValueError(f"{name} is {value!r}, expected a number above 0.")


def in_range(name: str, value: float, below: float = math.inf) -> None:
    if not (number(value) and 0 <= value < below):
        raise ValueError(f"{name} is {value!r}, expected 0 <= {name} < {below:g}.")


def number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
