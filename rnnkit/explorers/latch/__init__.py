"""Latch: one unit, h ← tanh(w h + b + u x), and why it can hold a bit."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import rnn
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.traits import Limits
from rnnkit.unroll import unroll

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class Latch(Explorer):
    """Drag the curve of one unit, and see its memory hold, fade, flip or die.

    h_t = tanh(w h_{t-1} + b + u x_t), from h_0 = ``h0``. After the ten inputs come zeros, up to step 54. With b = 0 the
    unit has two stable resting points where w > 1; with another b, where |b| < √(w(w−1)) − arccosh √w.

    Parameters
    ----------
    w : float, -3 to 3
        The unit's weight on itself: the slope of its curve at the steepest.
    b : float, -1.5 to 1.5
    u : float, 0 to 5
        What an input is multiplied by.
    h0 : float, -1 to 1
    inputs : (10,), each from -1 to 1
    step : int, 0 to 54
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, or there are not ten inputs.
    """

    slug: ClassVar[str] = "latch"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "Left, the next h against h: where the curve meets the diagonal, h rests. Right, h over time: a single 1 lifts "
        "it over the unstable point, and it stays above."
    )

    w, b, u, h0, inputs, step = (LIMITS.trait(name) for name in ("w", "b", "u", "h0", "inputs", "step"))

    @property
    def states(self) -> np.ndarray:
        """The state after each step, (55, 1), computed by rnnkit; row 0 is the start."""
        one = np.ones((1, 1))
        p = {"weight_ih": self.u * one, "weight_hh": self.w * one, "bias_ih": self.b * one[0], "bias_hh": 0 * one[0]}
        end = self.limits.traits["step"]["high"]
        xs = np.zeros((end, 1, 1))
        xs[: len(self.inputs), 0, 0] = self.inputs
        (h,), _ = unroll(rnn, p, xs, (self.h0 * one,))
        return np.asarray(h[:, 0])
