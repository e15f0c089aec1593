"""Checks of what a call was given: each raises a ValueError that says what was expected and what came."""

from typing import Any

import numpy as np

from rnnkit.ops import Array, is_floating, isfinite_all, to_numpy


def size(name: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} is {value!r}, but a positive whole number is expected.")
    return int(value)


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} is {value!r}, but True or False is expected.")
    return bool(value)


def share(name: str, value: Any) -> float:
    """A number in [0, 1)."""
    if not isinstance(value, (int, float, np.number)) or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}, but a share of 0 or more and less than 1 is expected.")
    return float(value)


def features(name: str, xs: Array, wanted: int, weight: str) -> None:
    """(T, N, wanted), with at least one sequence of at least one step."""
    shape = tuple(xs.shape)
    if len(shape) != 3:
        raise ValueError(f"{name} has shape {shape}, but (T, N, {wanted}) is expected: time, batch, features.")
    if shape[2] != wanted:
        raise ValueError(
            f"{name} has {shape[2]} features in its last axis, but {weight} expects {wanted}. "
            "Did the vocabulary or the features change after the layer was made?"
        )
    if 0 in shape:
        raise ValueError(f"{name} has shape {shape}, but a batch needs at least one sequence of at least one step.")


def mask(value: Any, wanted: tuple[int, ...]) -> Any:
    """``value`` as a NumPy array of bool of that shape, or None."""
    if value is None:
        return None
    found = to_numpy(value)
    if found.shape != wanted or found.dtype != bool:
        raise ValueError(
            f"mask has shape {found.shape} and dtype {found.dtype}, but {wanted} and bool are expected: "
            "True where there is data."
        )
    return found


def finite(xs: Array, where: Any) -> None:
    """No NaN and no infinity in xs (T, N, I), but for where the mask is False."""
    if isfinite_all(xs):
        return
    bad = ~np.isfinite(to_numpy(xs)) if where is None else ~np.isfinite(to_numpy(xs)) & where[..., None]
    if bad.any():
        t, n, i = (int(k) for k in np.argwhere(bad)[0])
        raise ValueError(
            f"xs holds {xs[t, n, i]} at time {t}, sequence {n}, feature {i}, but data has to be finite. "
            "Fill gaps, or cover them with the mask."
        )


def parts(name: str, value: Any, wanted: tuple[str, ...]) -> None:
    """A tuple with one array for each of these names."""
    if not isinstance(value, tuple) or len(value) != len(wanted):
        came = f"a tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
        comma = "," * (len(wanted) == 1)
        raise ValueError(f"{name} is {came}, but a tuple ({', '.join(wanted)}{comma}) is expected.")


def like(name: str, wanted: tuple[str, ...], value: Any, shape: tuple[int, ...]) -> None:
    """A tuple with one array of that shape for each of these names."""
    parts(name, value, wanted)
    for part, a in zip(wanted, value, strict=True):
        if tuple(a.shape) != shape:
            raise ValueError(f"{part} in {name} has shape {tuple(a.shape)}, but {shape} is expected.")


def learned(name: str, a: Array, wanted: tuple[int, ...]) -> None:
    """A learned initial state: finite floats of shape (L*D, H)."""
    if not is_floating(a) or tuple(a.shape) != wanted:
        came = f"shape {tuple(a.shape)}" if hasattr(a, "shape") else type(a).__name__
        raise ValueError(f"{name} has {came}, but floats of shape {wanted} are expected: layers × directions, H.")
    if not isfinite_all(a):
        raise ValueError(f"{name} is not finite. Did a training step diverge?")


def state(name: str, s: Array, wanted: tuple[int, ...], values_too: bool) -> None:
    if tuple(s.shape) != wanted:
        raise ValueError(f"{name} has shape {tuple(s.shape)}, but {wanted} is expected: layers × directions, N, H.")
    if values_too and not isfinite_all(s):
        raise ValueError(f"{name} is not finite. Did the run that it comes from diverge?")
