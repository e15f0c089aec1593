"""The face of rnnkit: recurrent layers with torch.nn's parameter names and every gate in the result."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit import params as P
from rnnkit.backends import Backend
from rnnkit.backends.lazily import Lazily
from rnnkit.backends.record import Record
from rnnkit.backends.stack import Stack
from rnnkit.cells import Cell, Params, State
from rnnkit.layers.base import Layer
from rnnkit.layers.run import Gradients, Run
from rnnkit.ops import Array, concat, zeroed
from rnnkit.params import Rng


class Recurrent(Layer):
    """A stack of recurrent layers over one cell; use RNN, LSTM, GRU or a class of your own with another ``cell``.

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
    bias : bool
        Whether there are bias_ih and bias_hh.
    dropout : float in [0, 1)
        The share of each layer's outputs that the next layer does not see in training, by one mask a sequence (Gal
        and Ghahramani, 2016); the others are divided by 1 - dropout.
    learned_state : bool
        Start from parameters h_0 (and c_0) of shape (L*D, H), zero at first, where no state is given.
    backend : "numpy" or "torch"
        What computes: NumPy with the cells of this package, or torch.nn's fused modules.
    device : str
        "auto" (for Torch: CUDA or MPS where there is one, else the CPU), "cpu", "cuda", "cuda:1", "mps".
    dtype : numpy dtype, optional
        float64 (for gradient checks) or float32; left out: float64 with NumPy, float32 with Torch.
    rng : Generator or int, optional
        For U(-1/√H, 1/√H), torch's initial weights; the same in both backends.

    Attributes
    ----------
    params : mapping of arrays
        torch.nn's names (``weight_ih_l0``, ``weight_hh_l0_reverse``) and layout. What you assign is copied in.

    Notes
    -----
    With Torch the layer is a ``torch.nn.Module``: an attribute of a Module of yours, with ``state_dict``, copies,
    averages, ``to``, hooks and ``torch.optim`` as Torch's own layers have them. Two things differ. Its call returns a
    Run, which unpacks as ``h, state``. And a new one is in eval mode: dropout acts where ``rng`` is given, and after
    ``train()``, which draws from Torch's generator. ``to`` with a backend makes a copy; without one it is the Module's,
    in place.

    Raises
    ------
    ValueError
        If an argument is out of its range, or there is no such device; the message says what there is.
    """

    cell: Cell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        bias: bool = True,
        dropout: float = 0.0,
        learned_state: bool = False,
        backend: str = "numpy",
        device: str = "auto",
        dtype: Any = None,
        rng: Rng = None,
    ):
        self.input_size = checks.whole("input_size", input_size)
        self.hidden_size = checks.whole("hidden_size", hidden_size)
        self.num_layers = checks.whole("num_layers", num_layers)
        self.bidirectional = checks.flag("bidirectional", bidirectional)
        self.num_directions = 2 if bidirectional else 1
        self.bias, self.learned_state = checks.flag("bias", bias), checks.flag("learned_state", learned_state)
        self.dropout = checks.in_range("dropout", dropout, below=1)
        if self.dropout and self.num_layers == 1:
            hint = "It acts between layers, and num_layers is 1. Use Dropout."
            raise checks.wrong(f"dropout is {dropout}", 0, hint)
        super().__init__(backend=backend, device=device, dtype=dtype)
        self._own(self._drawn(np.random.default_rng(rng)))

    def _place(self, engine: Backend) -> None:
        super()._place(engine)
        self.__dict__.pop("_stack", None)

    @cached_property
    def _stack(self) -> Stack:
        return self.engine.stack(self)

    def config(self) -> dict[str, Any]:
        names = ("input_size", "hidden_size", "num_layers", "bidirectional", "bias", "dropout", "learned_state")
        return {name: getattr(self, name) for name in names} | super().config()

    def __call__(self, xs: Array, state: State | None = None, mask: Array = None, rng: Rng = None) -> Run:
        """Run over a batch of sequences.

        Parameters
        ----------
        xs : array of shape (T, N, I)
            Time-major input. With Torch also a ``PackedSequence``: then ``run.mask`` says where it has data, and
            ``run.h`` is padded.
        state : tuple of arrays of shape (L*D, N, H), optional
            (h,), or (h, c) for an LSTM: where to start; zeros, or the learned state, if left out.
        mask : array of bool of shape (T, N), optional
            True where there is data. Elsewhere the state is held and the output is 0; what stands in xs there, NaN
            included, has no effect.
        rng : Generator or int, optional
            Draws the dropout masks: give it in training. Left out: no dropout, but for a Torch layer in train mode.

        With Torch, ``run.h`` and ``run.state`` take part in autograd, as torch.nn's do. A long stream that hands its
        state on keeps all calls before alive: detach the state, or run under ``torch.no_grad()``.

        Returns
        -------
        Run

        Raises
        ------
        ValueError
            If a shape does not fit, or a weight is not finite; the message says what was expected and what came. On
            an accelerator values are not looked at, because that would make it wait.
        """
        used, looks = self._in_use(), self.engine.readable()
        xs, mask = self._checked_input(xs, mask, looks)
        start = self._start(xs.shape[1]) if state is None else self._checked_state(state, xs.shape[1], looks)
        held, there = _gaps(mask, self.engine)
        h, D = zeroed(xs, there), self.num_directions
        dropped = (None, *self._dropout(rng, xs.shape[1]))
        records: list[Record] = []
        for k in range(self.num_layers):
            h = h if dropped[k] is None else h * dropped[k]
            own = start if self.num_layers == 1 else tuple(s[k * D : (k + 1) * D] for s in start)
            record = self._stack.forward(k, h, own, held, used)
            h = zeroed(record.h, there)
            records.append(record)
        ends = tuple(self.engine.apart(concat(e, 0)) for e in zip(*(r.end for r in records), strict=True))
        kept, stack = self.engine.kept, self._stack
        trace = Lazily(lambda: {k: kept(a) for i, r in enumerate(records) for k, a in stack.trace(i, r).items()})
        return Run(kept(h), ends, trace, mask, tuple(records), dropped, state is None)

    def backward(self, run: Run, d_h: Array, d_state: State | None = None, window: int | None = None) -> Gradients:
        """Backpropagation through time.

        With NumPy by the cells' hand-written adjoints. With Torch by autograd through the fused modules, and by the
        hand-written adjoints for what those do not give: a window, and the total ∂L/∂h_t.

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
            If a shape does not fit; with Torch also if weights, xs or h were written into since the call. With NumPy
            that is not noticed, and the gradients are wrong: call ``backward`` first.
        """
        own = isinstance(run, Run) and all(record.stack is self._stack for record in run.records)
        checks.result(own, "layer", "layer(xs)")
        for record in run.records:
            record.check()
        d_h = self.engine.floats("d_h", d_h)
        checks.shape("d_h", d_h, run.h.shape, "one gradient for each output.")
        checks.window(window)
        D = self.num_directions
        d_end = (
            () if d_state is None else self._checked_state(d_state, run.h.shape[1], self.engine.readable(), "d_state")
        )
        held, there = _gaps(run.mask, self.engine)
        d_params: Params = {}
        d_starts: list[State] = []
        totals: list[Mapping[str, Array]] = []
        for k in reversed(range(self.num_layers)):
            ends = tuple(d[k * D : (k + 1) * D] for d in d_end)
            back = self._stack.backward(k, run.records[k], zeroed(d_h, there), ends, held, window)
            d_params |= back.params
            d_starts.insert(0, back.start)
            totals.insert(0, back.totals)
            d_h = back.xs if run.dropped[k] is None else back.xs * run.dropped[k]
        start = tuple(concat(parts, 0) for parts in zip(*d_starts, strict=True))
        if self.learned_state:
            share = 1 if run.own_start else 0
            d_params |= {f"{name}_0": share * d.sum(1) for name, d in zip(self.cell.STATE, start, strict=True)}
        in_order = {name: d_params[name] for name in self._names}
        return Gradients(in_order, d_h, start, Lazily(lambda: {k: a for t in totals for k, a in t.items()}))

    def ways(self, layer: int) -> list[tuple[str, bool]]:
        """torch's suffix for each direction of a layer, and whether it reads backwards."""
        return [(f"_l{layer}", False), (f"_l{layer}_reverse", True)][: self.num_directions]

    def sizes(self) -> dict[str, int]:
        """How many features each layer and direction reads, by suffix."""
        above = self.num_directions * self.hidden_size
        reads = [self.input_size] + [above] * (self.num_layers - 1)
        return {suffix: size for layer, size in enumerate(reads) for suffix, _ in self.ways(layer)}

    def own(self, suffix: str, arrays: Mapping[str, Array] | None = None) -> Params:
        """The parameters of one layer and direction, by the cell's names. Missing biases are zeros.

        Of the layer as it is now, or of those ``arrays`` that it had in a call.
        """
        shapes, arrays = P.shapes(self.cell, 1, self.hidden_size), self.params if arrays is None else arrays
        return {
            name: arrays[name + suffix] if name + suffix in arrays else self.engine.zeros(shape)
            for name, shape in shapes.items()
        }

    def names(self) -> list[str]:
        """The cell's parameters that this layer has, in the order of torch's."""
        return [name for name in P.shapes(self.cell, 1, 1) if self.bias or not name.startswith("bias")]

    def _drawn(self, rng: np.random.Generator) -> Params:
        """Initial weights, in the order of torch's."""
        params: Params = {}
        for suffix, size in self.sizes().items():
            drawn = P.uniform(self.cell, size, self.hidden_size, rng, self.dtype)
            params |= {name + suffix: drawn[name] for name in self.names()}
        rows = self.num_layers * self.num_directions
        if self.learned_state:
            params |= {f"{name}_0": np.zeros((rows, self.hidden_size), self.dtype) for name in self.cell.STATE}
        return params

    def _dropout(self, rng: Rng, N: int) -> list[Array]:
        """The factor of each layer's input, from the second layer on; None without dropout."""
        if not self.dropout or (rng := self._drawing(rng)) is None:
            return [None] * (self.num_layers - 1)
        rng, shape = np.random.default_rng(rng), (N, self.num_directions * self.hidden_size)
        return [self.engine.dropout_mask(rng, shape, self.dropout) for _ in range(self.num_layers - 1)]

    def _zeros(self, N: int) -> State:
        shape = (self.num_layers * self.num_directions, N, self.hidden_size)
        return tuple(self.engine.zeros(shape) for _ in self.cell.STATE)

    def _start(self, N: int) -> State:
        zeros = self._zeros(N)
        if not self.learned_state:
            return zeros
        return tuple(z + self._array(f"{name}_0")[:, None] for z, name in zip(zeros, self.cell.STATE, strict=True))

    def _hint(self, name: str, came: tuple[int, ...]) -> str:
        own, _, rest = name.partition("_l")
        if f"_l{rest}" not in self.sizes():
            return "layers × directions, H."
        wanted = P.shapes(self.cell, self.sizes()[f"_l{rest}"], self.hidden_size)[own]
        return P.hint(self.cell, came, wanted, self.hidden_size)

    def _checked_input(self, xs: Array, mask: Array, looks: bool) -> tuple[Array, Array]:
        xs, mask = self.engine.padded(xs, mask)
        xs = self.engine.floats("xs", xs)
        checks.features("xs", xs, self.input_size, "weight_ih_l0")
        mask = checks.mask(mask, tuple(xs.shape[:2]))
        if looks:
            checks.finite(xs, mask)
        return xs, mask

    def _checked_state(self, state: Any, N: int, looks: bool, name: str = "state") -> State:
        wanted = (self.num_layers * self.num_directions, N, self.hidden_size)
        checks.parts(name, state, self.cell.STATE)
        arrays: State = tuple(self.engine.floats(name, s) for s in state)
        checks.like(name, self.cell.STATE, arrays, wanted, "layers × directions, N, H.", looks)
        return arrays


def _gaps(mask: Array, engine: Backend) -> tuple[Array, Array]:
    """A mask, in NumPy and on the backend. Both are None if the mask hides nothing."""
    return (None, None) if mask is None or bool(mask.all()) else (mask, engine.booleans(mask))
