"""The loop, and the loop reversed: once, for every cell, masked or not."""

from typing import Any

from rnnkit.cells import Cell, Params, State
from rnnkit.ops import Array, Rows, flat, where, zeros_like


def project(cell: Cell, p: Params, xs: Array) -> Array:
    """The input's part of all steps at once, (T, N, I) -> (T, N, G*H)."""
    bias = sum(p[name] for name in cell.INPUT_BIASES)
    return (flat(xs) @ p["weight_ih"].T + bias).reshape(*xs.shape[:-1], -1)


def unroll(cell: Cell, p: Params, xs: Array, state: State, mask: Array = None) -> tuple[State, Any]:
    """Run a cell over a sequence.

    ``xs`` (T, N, I); ``state`` a tuple of (N, H); ``mask`` (T, N), True where there is data: elsewhere the state
    is held, and what stands in ``xs`` (NaN included) has no effect. Returns ``states``, a tuple of (T+1, N, H)
    whose row 0 is the initial state, and ``trace``, the cell's Trace of (T, N, ...).
    """
    T = len(xs)
    if T == 0:
        raise ValueError("xs has no time steps, but a sequence needs at least one. Is it time-major, (T, N, I)?")
    states, rows = [Rows(T + 1) for _ in state], None
    _put(states, 0, state)
    for t, a_x in enumerate(project(cell, p, _without_padding(xs, mask))):
        new, trace = cell.step(p, a_x, state)
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

    ``d_hs`` (T, N, H) is the loss's own gradient at each h_t, ``d_final`` one of the final state (a tuple of
    (N, H)). ``window`` cuts the carry at every multiple of it: truncated BPTT (Williams and Peng, 1990).
    Returns ``d_p``, ``d_xs`` (T, N, I), ``d_state0`` and ``d_states`` (T, N, H), the total ∂L/∂h_t.
    """
    T = len(xs)
    check_window(window)
    xs = _without_padding(xs, mask)
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


def check_window(window: int | None) -> None:
    """Raise a ValueError unless a truncation window is a whole number of steps, or None."""
    if window is not None and (isinstance(window, str) or window < 1 or window != int(window)):
        raise ValueError(
            f"window is {window}, but a whole number of steps is expected, 1 or more; None: no truncation."
        )


def weight_gradients(p: Params, xs: Array, states: State, trace: Any, d_ax: Array, d_ah: Array) -> Params:
    """All steps' weight gradients in one product each. A cell may define its own."""
    d_ax, d_ah = flat(d_ax), flat(d_ah)
    return {
        "weight_ih": d_ax.T @ flat(xs),
        "weight_hh": d_ah.T @ flat(states[0][:-1]),
        "bias_ih": d_ax.sum(0),
        "bias_hh": d_ah.sum(0),
    }


def replay(cell: Cell, p: Params, xs: Array, states: State) -> Any:
    """The trace from the states alone: the same step, with time as one more batch axis. No loop."""
    return cell.step(p, project(cell, p, xs), tuple(s[:-1] for s in states))[1]


def _put(rows: Any, t: int, values: Any) -> None:
    for row, value in zip(rows, values, strict=True):
        row.put(t, value)


def _held(mask: Array, t: int, new: State, old: State) -> State:
    if mask is None:
        return new
    m = mask[t][:, None]
    return tuple(where(m, a, b) for a, b in zip(new, old, strict=True))


def _without_padding(xs: Array, mask: Array) -> Array:
    return xs if mask is None else where(mask[..., None], xs, zeros_like(xs))
