"""The loop, and the loop reversed: once, for every cell, masked or not."""

from typing import Any

from rnnkit import checks
from rnnkit.cells import Cell, Params, State
from rnnkit.ops import Array, Rows, array_like, as_dtype, columns, flat, is_floating, where, zeroed, zeros_like
from rnnkit.params import hint, shapes


def project(cell: Cell, p: Params, xs: Array) -> Array:
    """The input's part of all steps at once, (T, N, I) -> (T, N, G*H)."""
    bias = sum(p[name] for name in cell.INPUT_BIASES)
    return (flat(xs) @ p["weight_ih"].T + bias).reshape(*xs.shape[:-1], -1)


def unroll(cell: Cell, p: Params, xs: Array, state: State, mask: Array = None) -> tuple[State, Any]:
    """Run a cell over a sequence.

    Parameters
    ----------
    cell : module or object
        Anything with the names of :class:`rnnkit.cells.Cell`.
    p : dict of arrays
        The cell's parameters, ``weight_ih`` (G*H, I) and so on.
    xs : array of shape (T, N, I)
        Time-major input.
    state : tuple of arrays of shape (N, H)
        Where to start: (h,), or (h, c).
    mask : array of bool of shape (T, N), optional
        True where there is data: elsewhere the state is held, and what stands in ``xs`` (NaN included) has no effect.

    Returns
    -------
    states : tuple of arrays of shape (T+1, N, H)
        Row 0 is the initial state.
    trace : the cell's Trace, of arrays of shape (T, N, ...)

    Raises
    ------
    ValueError
        If a shape does not fit, or there is no step.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnkit import params
    >>> from rnnkit.cells import lstm
    >>> p, start = params.uniform(lstm, 3, 4, rng=0), (np.zeros((2, 4)), np.zeros((2, 4)))
    >>> (h, c), trace = unroll(lstm, p, np.ones((5, 2, 3)), start)
    >>> h.shape, trace.gates.shape  # i, f, g and o side by side
    ((6, 2, 4), (5, 2, 16))
    """
    mask = _checked(cell, p, xs, state, mask, 2)
    T = len(xs)
    state = tuple(as_dtype(s, xs) for s in state)
    states, rows = [Rows(T + 1) for _ in state], None
    _put(states, 0, state)
    by_columns = p | {name: columns(a) for name, a in p.items() if name == "weight_hh"}
    for t, a_x in enumerate(project(cell, p, zeroed(xs, mask))):
        new, trace = cell.step(by_columns, a_x, state)
        state = _held(mask, t, new, state)
        _put(states, t + 1, state)
        rows = rows or [Rows(T) for _ in trace]
        _put(rows, t, trace)
    return tuple(s.array for s in states), cell.Trace(*(r.array for r in rows or ()))


def bptt(
    cell: Cell,
    p: Params,
    xs: Array,
    states: State,
    trace: Any,
    d_hs: Array,
    d_final: State | None = None,
    mask: Array = None,
    window: int | None = None,
) -> tuple[Params, Array, State, Array]:
    """Backpropagation through time (Werbos, 1990): the loop of ``unroll``, reversed.

    Parameters
    ----------
    cell, p, xs, mask
        As ``unroll`` got them.
    states, trace
        As ``unroll`` returned them.
    d_hs : array of shape (T, N, H)
        The loss's own gradient at each h_t.
    d_final : tuple of arrays of shape (N, H), optional
        A gradient of the final state.
    window : int, optional
        Cut the carry at every multiple of it: truncated BPTT (Williams and Peng, 1990).

    Returns
    -------
    d_p : dict of arrays, with the keys of ``p``
    d_xs : array of shape (T, N, I)
    d_state0 : tuple of arrays of shape (N, H)
    d_states : array of shape (T, N, H)
        The total ∂L/∂h_t: the loss's own gradient, and what flows back from later steps.

    Raises
    ------
    ValueError
        If a shape does not fit, or the window is no whole number of 1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnkit import params
    >>> from rnnkit.cells import rnn
    >>> p, xs = params.uniform(rnn, 3, 4, rng=0), np.ones((5, 2, 3))
    >>> states, trace = unroll(rnn, p, xs, (np.zeros((2, 4)),))
    >>> d_p, d_xs, d_state0, d_states = bptt(rnn, p, xs, states, trace, np.ones((5, 2, 4)))
    >>> d_p["weight_hh"].shape, d_xs.shape, d_state0[0].shape, d_states.shape
    ((4, 4), (5, 2, 3), (2, 4), (5, 2, 4))
    """
    T = len(xs)
    checks.window(window)
    mask = _checked(cell, p, xs, states, mask, 3)
    checks.shape("d_hs", d_hs, (T, *states[0].shape[1:]), "(T, N, H).")
    if d_final is not None:
        checks.like("d_final", cell.STATE, d_final, tuple(states[0].shape[1:]))
    xs = zeroed(xs, mask)
    zero = tuple(zeros_like(s[0]) for s in states)
    d_state = zero if d_final is None else d_final
    d_ax, d_ah, d_hts = Rows(T), Rows(T), Rows(T)
    for t in reversed(range(T)):
        d_state = (d_state[0] + d_hs[t], *d_state[1:])
        d_hts.put(t, d_state[0])
        trace_t, prev = cell.Trace(*(f[t] for f in trace)), tuple(s[t] for s in states)
        (d_x, d_h), d_prev = cell.step_backward(p, trace_t, prev, _held(mask, t, d_state, zero))
        d_state = _held(mask, t, d_prev, d_state)
        d_ax.put(t, d_x)
        if d_h is not d_x:
            d_ah.put(t, d_h)
        if window and t % window == 0 and t > 0:
            d_state = zero
    d_ax_all = d_ax.array
    d_ah_all = d_ax_all if d_h is d_x else d_ah.array
    d_p = getattr(cell, "weight_gradients", weight_gradients)(p, xs, states, trace, d_ax_all, d_ah_all)
    d_xs = (flat(d_ax_all) @ p["weight_ih"]).reshape(xs.shape)
    return d_p, d_xs, d_state, d_hts.array


def replay(cell: Cell, p: Params, xs: Array, states: State) -> Any:
    """The trace from the states alone: the same step, with time as one more batch axis. No loop.

    Arguments and errors are those of ``bptt``; xs has to be free of padding.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnkit import params
    >>> from rnnkit.cells import gru
    >>> p, xs = params.uniform(gru, 3, 4, rng=0), np.ones((5, 2, 3))
    >>> states, trace = unroll(gru, p, xs, (np.zeros((2, 4)),))
    >>> bool(np.allclose(replay(gru, p, xs, states).z, trace.z))
    True
    """
    _checked(cell, p, xs, states, None, 3)
    return cell.step(p, project(cell, p, xs), tuple(s[:-1] for s in states))[1]


def _checked(cell: Cell, p: Params, xs: Array, state: State, mask: Array, axes: int) -> Array:
    """The mask, beside xs. A ValueError unless xs has this cell's features, and parameters and states fit to it.

    States are (N, H) or (T+1, N, H), as ``axes`` says; values are not looked at.
    """
    if not is_floating(xs):
        raise checks.wrong(f"xs has dtype {xs.dtype}", "floats", "Use xs.astype(float).")
    inputs = checks.present("weight_ih", p)
    checks.features("xs", xs, inputs.shape[1], "weight_ih")
    hidden = inputs.shape[0] // len(cell.GATES)
    for name, shape in shapes(cell, inputs.shape[1], hidden).items():
        came = tuple(checks.present(name, p).shape)
        checks.shape(name, p[name], shape, hint(cell, came, shape, hidden))
    wanted = ((xs.shape[0] + 1, xs.shape[1], hidden), (xs.shape[1], hidden))[axes == 2]
    checks.like("state" if axes == 2 else "states", cell.STATE, state, wanted)
    mask = checks.mask(mask, tuple(xs.shape[:2]))
    return mask if mask is None else array_like(mask, xs)


def weight_gradients(p: Params, xs: Array, states: State, trace: Any, d_ax: Array, d_ah: Array) -> Params:
    """All steps' weight gradients in one product each. A cell may define its own."""
    d_ax, d_ah = flat(d_ax), flat(d_ah)
    return {
        "weight_ih": d_ax.T @ flat(xs),
        "weight_hh": d_ah.T @ flat(states[0][:-1]),
        "bias_ih": d_ax.sum(0),
        "bias_hh": d_ah.sum(0),
    }


def _put(rows: Any, t: int, values: Any) -> None:
    for row, value in zip(rows, values, strict=True):
        row.put(t, value)


def _held(mask: Array, t: int, new: State, old: State) -> State:
    if mask is None:
        return new
    m = mask[t][:, None]
    return tuple(where(m, a, b) for a, b in zip(new, old, strict=True))
