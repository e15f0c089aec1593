"""The face of rnnkit: RNN, LSTM and GRU, with torch.nn's parameter names and every gate in the result."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import params as P
from rnnkit.cells import Cell, Params, State, gru, lstm, rnn
from rnnkit.kernels import fits, lstm_bptt, lstm_unroll
from rnnkit.ops import Array
from rnnkit.trace import by_name
from rnnkit.unroll import bptt, unroll


class Direction(NamedTuple):
    """What one layer saw and kept in one direction, in the order in which it read: all that BPTT needs."""

    xs: Array
    states: State
    trace: Any


class Run(NamedTuple):
    """The result of a layer's call.

    Attributes
    ----------
    h : array of shape (T, N, D*H)
        The last layer's output at every step, D = 2 if bidirectional (forward first); 0 where the mask is False.
    state : tuple of arrays of shape (L*D, N, H)
        (h,), or (h, c) for an LSTM: where each layer and direction ended. Give it to the next call to go on.
    trace : dict of arrays of shape (T, N, H)
        Every gate, candidate and state of every step, with torch's suffix: ``f_l0``, ``f_l1_reverse``. The ranges
        are in :func:`rnnkit.trace.by_name`. In the order of time, in both directions.
    mask : array of bool of shape (T, N), or None
    directions : tuple of Direction
        The record that ``backward`` reads; layer by layer, forward then reverse.
    """

    h: Array
    state: State
    trace: dict[str, Array]
    mask: Array
    directions: tuple[Direction, ...]


class Gradients(NamedTuple):
    """params: a dict like ``layer.params``; xs: (T, N, I); state: tuple of (L*D, N, H)."""

    params: Params
    xs: Array
    state: State


class Recurrent:
    """A stack of recurrent layers over one cell; use RNN, LSTM or GRU.

    Parameters
    ----------
    input_size : int
        I, the number of features of x_t.
    hidden_size : int
        H, the number of units in each layer and direction.
    num_layers : int
        L; layer k reads the outputs of layer k-1.
    bidirectional : bool
        Read the sequence in both directions, with parameters of their own (Schuster and Paliwal, 1997).
    dtype : numpy dtype
        float64 (for gradient checks) or float32.
    rng : Generator or int, optional
        For U(-1/√H, 1/√H), torch's initial weights.

    Attributes
    ----------
    params : dict of arrays
        torch.nn's names (``weight_ih_l0``, ``weight_hh_l0_reverse``) and layout. Replace or change any of them.

    Raises
    ------
    ValueError
        If a size is not a positive integer.
    """

    cell: Cell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bidirectional: bool = False,
        dtype: Any = np.float64,
        rng: P.Rng = None,
    ):
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"{name} is {size!r}, but a positive whole number is expected.")
        self.input_size, self.hidden_size, self.num_layers = int(input_size), int(hidden_size), int(num_layers)
        self.dtype = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise ValueError(f"dtype is {self.dtype}, but a floating one is expected: float64 or float32.")
        if not isinstance(bidirectional, (bool, np.bool_)):
            raise ValueError(f"bidirectional is {bidirectional!r}, but True or False is expected.")
        self.num_directions = 2 if bidirectional else 1
        rng = np.random.default_rng(rng)
        self.params: Params = {}
        for suffix, size in self._sizes().items():
            drawn = P.uniform(self.cell, size, self.hidden_size, rng, self.dtype)
            self.params |= {name + suffix: a for name, a in drawn.items()}

    def __call__(self, xs: Array, state: State | None = None, mask: Array = None) -> Run:
        """Run over a batch of sequences.

        Parameters
        ----------
        xs : array of shape (T, N, I)
            Time-major input.
        state : tuple of arrays of shape (L*D, N, H), optional
            (h,), or (h, c) for an LSTM: where to start; zeros if left out.
        mask : array of bool of shape (T, N), optional
            True where there is data. Elsewhere the state is held and the output is 0; what stands in xs there, NaN
            included, has no effect.

        Returns
        -------
        Run

        Raises
        ------
        ValueError
            If a shape does not fit, or a weight is not finite; the message says what was expected and what came.
        """
        xs, mask = self._checked_input(xs, mask)
        state = self._checked_state(state, xs.shape[1])
        self._check_params()
        h, trace = xs, {}
        directions: list[Direction] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix, reverse in self._ways(layer):
                start, inputs = tuple(s[len(directions)] for s in state), _turned(h, reverse)
                states, saved = self._forward(self._own(suffix), inputs, start, _turned(mask, reverse))
                directions.append(Direction(inputs, states, saved))
                for name, a in by_name(self.cell, states, saved).items():
                    trace[name + suffix] = _turned(a, reverse)
                outputs.append(_turned(states[0][1:], reverse))
            h = _zero_padding(np.concatenate(outputs, -1), mask)
        ends = zip(*(tuple(s[-1] for s in d.states) for d in directions), strict=True)
        return Run(h, tuple(np.stack(s) for s in ends), trace, mask, tuple(directions))

    def backward(self, run: Run, d_h: Array, d_state: State | None = None, window: int | None = None) -> Gradients:
        """Backpropagation through time, by hand-written adjoints.

        Parameters
        ----------
        run : Run
            What the call returned.
        d_h : array of shape (T, N, D*H)
            ∂L/∂h, the loss's gradient with respect to the output of each step.
        d_state : tuple of arrays of shape (L*D, N, H), optional
            ∂L/∂state, for a loss that reads the final state.
        window : int, optional
            Cut the gradient's way back through time at every multiple of this many steps (truncated BPTT).

        Returns
        -------
        Gradients

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        if not isinstance(run, Run) or len(run.directions) != len(self._sizes()):
            raise ValueError(
                "run is not a result of this layer: expected what layer(xs) returned, as in run = layer(xs)."
            )
        d_h = self._floats("d_h", d_h)
        if d_h.shape != run.h.shape:
            raise ValueError(f"d_h has shape {d_h.shape}, but run.h has {run.h.shape}: one gradient for each output.")
        d_state = self._checked_state(d_state, run.h.shape[1], "d_state")
        d_params: Params = {}
        d_starts: list[State] = [()] * len(run.directions)
        for layer in reversed(range(self.num_layers)):
            d_outputs, d_h = np.split(_zero_padding(d_h, run.mask), self.num_directions, -1), 0
            for way, (suffix, reverse) in enumerate(self._ways(layer)):
                k = layer * self.num_directions + way
                d_p, d_inputs, d_starts[k], _ = self._backward(
                    self._own(suffix),
                    run.directions[k],
                    _turned(d_outputs[way], reverse),
                    tuple(d[k] for d in d_state),
                    _turned(run.mask, reverse),
                    window,
                )
                d_params |= {name + suffix: d for name, d in d_p.items()}
                d_h = d_h + _turned(d_inputs, reverse)
        in_order = {name: d_params[name] for name in self.params}
        return Gradients(in_order, d_h, tuple(np.stack(d) for d in zip(*d_starts, strict=True)))

    def _forward(self, p: Params, xs: Array, state: State, mask: Array) -> tuple[State, Any]:
        if fits(self.cell, xs, mask):
            return lstm_unroll(p, xs, state)
        return unroll(self.cell, p, xs, state, mask)

    def _backward(
        self, p: Params, kept: Direction, d_hs: Array, d_final: State, mask: Array, window: int | None
    ) -> tuple[Params, Array, State, Array]:
        if fits(self.cell, kept.xs, mask):
            return lstm_bptt(p, *kept, d_hs, d_final, window)
        return bptt(self.cell, p, *kept, d_hs, d_final, mask, window)

    def _ways(self, layer: int) -> list[tuple[str, bool]]:
        """torch's suffix for each direction of a layer, and whether it reads backwards."""
        return [(f"_l{layer}", False), (f"_l{layer}_reverse", True)][: self.num_directions]

    def _sizes(self) -> dict[str, int]:
        """How many features each layer and direction reads, by suffix."""
        above = self.num_directions * self.hidden_size
        sizes = [self.input_size] + [above] * (self.num_layers - 1)
        return {suffix: size for layer, size in enumerate(sizes) for suffix, _ in self._ways(layer)}

    def _own(self, suffix: str) -> Params:
        return {name: self.params[name + suffix] for name in P.shapes(self.cell, 1, 1)}

    def _check_params(self) -> None:
        for suffix, size in self._sizes().items():
            P.check(self.cell, self.params, size, self.hidden_size, suffix)
        known = {name + suffix for name in P.shapes(self.cell, 1, 1) for suffix in self._sizes()}
        if unknown := sorted(self.params.keys() - known):
            raise ValueError(
                f"params holds {unknown[0]}, but this layer has {', '.join(sorted(known))}. Is it misspelt?"
            )

    def _floats(self, name: str, a: Array) -> Array:
        """``a`` as an array of the layer's dtype; complex numbers, text and ragged lists are refused."""
        try:
            found = np.asarray(a)
        except ValueError as error:
            raise ValueError(f"{name} is no rectangular array: {error}. Pad sequences, and give a mask.") from None
        if found.dtype.kind not in "fiub":
            raise ValueError(f"{name} has dtype {found.dtype}, but real numbers are expected.")
        return found.astype(self.dtype, copy=False)

    def _checked_input(self, xs: Array, mask: Array) -> tuple[Array, Array]:
        xs = self._floats("xs", xs)
        if xs.ndim != 3:
            raise ValueError(
                f"xs has shape {xs.shape}, but (T, N, {self.input_size}) is expected: time, batch, features."
            )
        if xs.shape[2] != self.input_size:
            raise ValueError(
                f"xs has {xs.shape[2]} features in its last axis, but weight_ih_l0 expects {self.input_size}. "
                "Did the vocabulary or the features change after the layer was made?"
            )
        if 0 in xs.shape:
            raise ValueError(f"xs has shape {xs.shape}, but a batch needs at least one sequence of at least one step.")
        if mask is not None:
            mask = np.asarray(mask)
            if mask.shape != xs.shape[:2] or mask.dtype != bool:
                raise ValueError(
                    f"mask has shape {mask.shape} and dtype {mask.dtype}, but {xs.shape[:2]} and bool are expected: "
                    "True where there is data."
                )
        bad = ~np.isfinite(xs) if mask is None else ~np.isfinite(xs) & mask[..., None]
        if bad.any():
            t, n, i = (int(k) for k in np.argwhere(bad)[0])
            raise ValueError(
                f"xs holds {xs[t, n, i]} at time {t}, sequence {n}, feature {i}, but data has to be finite. "
                "Fill gaps, or cover them with the mask."
            )
        return xs, mask

    def _checked_state(self, state: State | None, N: int, name: str = "state") -> State:
        wanted = (self.num_layers * self.num_directions, N, self.hidden_size)
        if state is None:
            return tuple(np.zeros(wanted, self.dtype) for _ in self.cell.STATE)
        if not isinstance(state, tuple) or len(state) != len(self.cell.STATE):
            came = f"a tuple of {len(state)}" if isinstance(state, tuple) else type(state).__name__
            parts = ", ".join(self.cell.STATE)
            raise ValueError(f"{name} is {came}, but a tuple ({parts}{',' * (len(self.cell.STATE) == 1)}) is expected.")
        state = tuple(self._floats(name, s) for s in state)
        for part, s in zip(self.cell.STATE, state, strict=True):
            if s.shape != wanted:
                raise ValueError(
                    f"{part} in {name} has shape {s.shape}, but {wanted} is expected: layers × directions, N, H."
                )
            if not np.isfinite(s).all():
                raise ValueError(f"{part} in {name} is not finite. Did the run that it comes from diverge?")
        return state


def _turned(a: Array, reverse: bool) -> Array:
    return a[::-1] if reverse and a is not None else a


def _zero_padding(a: Array, mask: Array) -> Array:
    return a if mask is None else np.where(mask[..., None], a, 0)


class RNN(Recurrent):
    """The simple recurrent network of Elman (1990). Arguments, call and errors: :class:`Recurrent`.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

    Examples
    --------
    >>> layer = RNN(input_size=1, hidden_size=2, rng=0)
    >>> run = layer(np.ones((3, 1, 1)))
    >>> run.h.shape, run.state[0].shape
    ((3, 1, 2), (1, 1, 2))
    """

    cell = rnn


class LSTM(Recurrent):
    """The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000).

    Its state is (h, c); gates i, f, o in (0, 1) and candidate g in (-1, 1). Equations: :mod:`rnnkit.cells.lstm`.
    Arguments, call and errors: :class:`Recurrent`.

    Examples
    --------
    >>> run = LSTM(input_size=1, hidden_size=2, rng=0)(np.ones((3, 1, 1)))
    >>> sorted(run.trace)
    ['c_l0', 'f_l0', 'g_l0', 'h_l0', 'i_l0', 'o_l0', 'tanh_c_l0']
    """

    cell = lstm


class GRU(Recurrent):
    """The GRU of Cho et al. (2014), reset gate after the product, as torch.nn and cuDNN have it.

    Gates r, z in (0, 1) and candidate n in (-1, 1); z keeps the old state. Equations: :mod:`rnnkit.cells.gru`.
    Arguments, call and errors: :class:`Recurrent`.

    Examples
    --------
    >>> run = GRU(input_size=1, hidden_size=2, bidirectional=True, rng=0)(np.ones((3, 1, 1)))
    >>> run.h.shape, run.trace["z_l0_reverse"].shape
    ((3, 1, 4), (3, 1, 2))
    """

    cell = gru
