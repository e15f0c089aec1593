"""Gradient River: what a loss can still teach, far back in time, and what each step adds to a weight's gradient."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import Cell, Params
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.gradient_river.cells import CELLS
from rnnkit.explorers.traits import Limits
from rnnkit.unroll import bptt, unroll

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class GradientRiver(Explorer):
    """Follow the gradient of a loss back through time, see it vanish or explode, cut it, clip it, and take a step.

    h_t = f(W_hh h_{t-1} + W_ih x_t) with W_hh = ``gain`` · ``direction`` and h_0 = 0; the loss of ``step`` is
    L = ½ (v·h_t − y*)². The river is ‖∂L/∂h‖ at each state, by decades; the bars are what each step adds to ∂L/∂W_hh,
    measured along the whole, so that they add up to its norm. A step of descent changes W_hh alone, at rate 0.1.

    Its presets are Start, Vanishes, Explodes, Stays, Saturated and "Linear, cut at 5". A link of the text names
    what differs from the explorer's own traits: ``#gradient-river=main;gain=1.8;source=5``.

    Parameters
    ----------
    gain : float, 0 to 3
        What ``direction`` is multiplied by. The default direction is a rotation: then each step back multiplies a
        gradient by the gain, and by the slopes of f.
    activation : str
        f: "tanh", "sigmoid", "relu" or "linear".
    clip : float, 0 to 99
        The longest gradient that a step of descent takes; 0 does not clip.
    window : int, 1 to 30
        How many last steps before the loss are kept; 30, the default, keeps all of them.
    inputs : (T,), T from 4 to 30, each from -2 to 2
    direction : (H, H), H from 1 to 4
    weight_ih : (H,)
    readout : (H,)
        v.
    target : float, -9 to 9
        y*.
    source : int, 0 to T
        k, the state that the gradient is read at; at most ``step``.
    step : int, 0 to T
        t, the step whose loss is followed back.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, shapes do not fit each other, or the activation is none of the four.
    """

    slug: ClassVar[str] = "gradient-river"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "From right to left, the gradient of the loss at each earlier state, one line for each factor of 10: it thins, "
        "and does not end. Below, what each step adds to the gradient of the weights."
    )

    gain, activation, clip, window = (LIMITS.trait(name) for name in ("gain", "activation", "clip", "window"))
    inputs, direction, weight_ih = (LIMITS.trait(name) for name in ("inputs", "direction", "weight_ih"))
    readout, target = LIMITS.trait("readout"), LIMITS.trait("target")
    source, step = LIMITS.trait("source"), LIMITS.trait("step")

    @property
    def cell(self) -> Cell:
        """The cell that rnnkit runs: its simple one, or that with another activation."""
        return CELLS[self.activation]

    @property
    def parameters(self) -> Params:
        """What rnnkit runs the cell with."""
        zero = np.zeros(len(self.readout))
        weight_hh = self.gain * np.array(self.direction)
        return {
            "weight_ih": np.array(self.weight_ih)[:, None],
            "weight_hh": weight_hh,
            "bias_ih": zero,
            "bias_hh": zero,
        }

    @property
    def states(self) -> np.ndarray:
        """The state after each step, (T + 1, H), computed by rnnkit; row 0 is the initial state, zeros."""
        (h,), _ = unroll(self.cell, self.parameters, self._xs, self._start)
        return np.asarray(h[:, 0])

    @property
    def gradients(self) -> np.ndarray:
        """∂L/∂h_k for k = 0 to t, (t + 1, H), computed by rnnkit."""
        return self._backward()[0]

    @property
    def weight_gradient(self) -> np.ndarray:
        """∂L/∂W_hh, (H, H), neither truncated nor clipped, computed by rnnkit."""
        return self._backward()[1]

    @property
    def _xs(self) -> np.ndarray:
        return np.array(self.inputs)[:, None, None]

    @property
    def _start(self) -> tuple[np.ndarray]:
        return (np.zeros((1, len(self.readout))),)

    def _backward(self) -> tuple[np.ndarray, np.ndarray]:
        t, v = self.step, np.array(self.readout)
        own = (v @ self.states[t] - self.target) * v  # the loss's gradient at its own step
        if t == 0:
            return own[None], np.zeros((len(v), len(v)))
        (h,), trace = unroll(self.cell, self.parameters, self._xs[:t], self._start)
        d_hs = np.zeros((t, 1, len(v)))
        d_hs[-1] = own
        d_p, _, (d_start,), d_states = bptt(self.cell, self.parameters, self._xs[:t], (h,), trace, d_hs)
        return np.concatenate([d_start, d_states[:, 0]]), np.asarray(d_p["weight_hh"])
