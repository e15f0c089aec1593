"""Central differences: the check that no one's gradient escapes, your own cell's included."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Cell, Params
from rnnkit.ops import Array
from rnnkit.params import Rng, uniform
from rnnkit.unroll import bptt, unroll


class GradientMismatch(AssertionError):
    """An analytic gradient and the numeric one differ; the message names the parameter and the index."""


def numeric_gradient(f: Callable[[], float], a: Array, eps: float = 1e-6) -> Array:
    """∂f/∂a by central differences, (f(a + eps) - f(a - eps)) / 2 eps for each entry of ``a``.

    ``f`` takes no argument and reads ``a``, which is changed in place and restored. ``a`` has to be float64: in
    float32 the difference of two nearly equal numbers is mostly rounding.
    """
    if a.dtype != np.float64:
        hint = "Central differences need its digits. Use a.astype(float)."
        raise checks.wrong(f"a has dtype {a.dtype}", "float64", hint)
    gradient = np.empty_like(a)
    for index in np.ndindex(a.shape):
        kept = a[index]
        a[index] = kept + eps
        above = f()
        a[index] = kept - eps
        below = f()
        a[index] = kept
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def compare(name: str, analytic: Array, numeric: Array, tol: float = 1e-7) -> float:
    """max|a - b| / max|b|; raises GradientMismatch above ``tol``, naming the entry that is furthest off."""
    scale = max(float(np.abs(numeric).max(initial=0)), 1e-12)
    off = np.where(np.isnan(analytic), np.inf, np.abs(analytic - numeric))
    error = float(off.max(initial=0)) / scale
    if error > tol:
        index = tuple(int(k) for k in np.unravel_index(off.argmax(), off.shape))
        raise GradientMismatch(
            f"∂L/∂{name}{list(index)} is {analytic[index]:.9g} by your formula, expected {numeric[index]:.9g}, as by "
            f"central differences: off by {error:.1e} of the largest entry, and {tol:.0e} is allowed."
        )
    return error


def gradcheck(
    cell: Cell,
    p: Params | None = None,
    size: tuple[int, int, int, int] = (7, 3, 5, 4),
    rng: Rng = 0,
    tol: float = 1e-7,
    mask: Array = None,
) -> float:
    """Compare a cell's backpropagation through time with central differences.

    Parameters
    ----------
    cell : module or object
        Anything with the names of :class:`rnnkit.cells.Cell`; your own, for instance.
    p : dict of float64 arrays, optional
        Its parameters; drawn from U(-1/√H, 1/√H) if left out.
    size : (T, N, I, H)
        Time steps, batch, input size, hidden size.
    rng : Generator or int
        For the parameters, the inputs, the initial state and the random loss.
    tol : float
        How large max|a - b| / max|b| may be.
    mask : array of bool of shape (T, N), optional
        True where there is data.

    Returns
    -------
    float
        The largest relative error over parameters, inputs and initial state.

    Raises
    ------
    GradientMismatch
        With the parameter, the index, the analytic and the numeric value.
    ValueError
        If ``cell`` lacks one of a cell's names.

    Examples
    --------
    >>> from rnnkit.cells import lstm
    >>> gradcheck(lstm, size=(5, 2, 3, 4)) < 1e-7
    True
    """
    if not hasattr(cell, "step_backward"):
        hint = "Give a module such as rnnkit.cells.lstm."
        raise checks.wrong(f"cell is {cell!r}", "something with GATES, STATE, step and step_backward", hint)
    (T, N, I, H), rng = size, np.random.default_rng(rng)
    p = uniform(cell, I, H, rng) if p is None else {k: np.array(v, np.float64) for k, v in p.items()}
    xs = rng.standard_normal((T, N, I))
    state = tuple(rng.standard_normal((N, H)) for _ in cell.STATE)
    v = rng.standard_normal((T, N, H))  # the loss is a random mix of every h_t and of the final state
    v_final = tuple(rng.standard_normal((N, H)) for _ in cell.STATE)

    def loss() -> float:
        states, _ = unroll(cell, p, xs, state, mask)
        ends = sum((s[-1] * w).sum() for s, w in zip(states, v_final, strict=True))
        return float((states[0][1:] * v).sum() + ends)

    states, trace = unroll(cell, p, xs, state, mask)
    d_p, d_xs, d_state, _ = bptt(cell, p, xs, states, trace, v, v_final, mask)
    pairs: list[tuple[str, Any, Array]] = [(name, d_p[name], p[name]) for name in p]
    pairs += [("xs", d_xs, xs)] + [(f"{name}_0", d, s) for name, d, s in zip(cell.STATE, d_state, state, strict=True)]
    return max(compare(name, d, numeric_gradient(loss, a), tol) for name, d, a in pairs)
