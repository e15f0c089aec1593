"""Gate Lab: one LSTM unit, its gates set by hand or by weights, and the two ways on which a gradient comes back."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import Params, lstm
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.traits import Limits

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class GateLab(Explorer):
    """Open and shut the gates of one LSTM unit, and see what its cell state keeps, loses and shows.

    c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t), from c_0 = h_0 = 0, for ten steps. The river is c: its width
    is |c|, its colour the sign. Below it, ∂c_read/∂c_k: filled, along c alone, the product of the forget gates;
    outlined, along every way, through h and the gates as well.

    Its presets are Hold, Leak, Overwrite, Run away, Count, First 1 only and By weights. A link of the text names what
    differs from the explorer's own traits: ``#gate-lab=main;f=1,1,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5`` (Leak), or
    ``#gate-lab=main;by=weights;weights=0,0,1.5/0,0,2/1.5,1,0/0,0,3``.

    Parameters
    ----------
    step : int, 0 to 10
        The step that is looked at.
    read : int, 1 to 10
        The step whose c the way back starts at.
    by : str
        Who sets the gates: "hand" (f, i, g, o as they are given) or "weights".
    f, i, o : (10,), each from 0 to 1
        The forget, the input and the output gate after each step, as set by hand.
    g : (10,), each from -1 to 1
        The candidate.
    inputs : (10,), each from -1 to 1
        x; the weights alone look at it.
    weights : (4, 3), each from -20 to 20
        A row for each of i, f, g, o: the weight of x_t, the weight of h_{t-1}, the bias.
    held : (4, 10), each from 0 to 1
        Where it is 0.5 or more, a gate (i, f, g, o) is held by hand though ``by`` is "weights". A gate that is held
        depends on nothing, so no gradient goes through it.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, a shape is another one, or ``by`` is neither of the two.
    """

    slug: ClassVar[str] = "gate-lab"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "The cell state as a river: 0.80 comes in at step 2, the forget gates stand open, and 0.80 is read at step 10. "
        "Below it, the gradient on its way back through the same gates, and the four gates."
    )

    step, read, by = (LIMITS.trait(name) for name in ("step", "read", "by"))
    f, i, g, o = (LIMITS.trait(name) for name in "figo")
    inputs, weights, held = (LIMITS.trait(name) for name in ("inputs", "weights", "held"))

    @property
    def states(self) -> np.ndarray:
        """c and h after each step, (11, 2), computed by rnnkit; row 0 is the start, zeros."""
        return np.array([[c[0], h[0]] for (h, c), _ in self._run()])

    @property
    def gate_values(self) -> np.ndarray:
        """i, f, g and o at each step, (10, 4), computed by rnnkit."""
        return np.array([trace.gates for _, trace in self._run()[1:]])

    @property
    def gradients(self) -> np.ndarray:
        """∂c_read/∂c_k for k = 0 to read, (read + 1, 2), by rnnkit: along c alone, and along every way."""
        run, found = self._run(), [[1.0, 1.0]]
        d_h, d_c, along = np.zeros(1), np.ones(1), 1.0
        for t in range(self.read, 0, -1):
            (before, _), (_, trace) = run[t - 1], run[t]
            found[0][1] = float((d_c + d_h * trace.gates[3] * (1 - trace.tanh_c**2))[0])
            _, (d_h, d_c) = lstm.step_backward(self._parameters(t)[0], trace, before, (d_h, d_c))
            along *= trace.gates[1]
            found.insert(0, [along, float(d_c[0])])
        return np.array(found)

    def _parameters(self, t: int) -> tuple[Params, np.ndarray]:
        """The weights on h at step t, and the rest of the sums: a gate that is held has no weight, but its value."""
        W = np.array(self.weights)
        held = (np.array(self.held)[:, t - 1] >= 0.5) | (self.by == "hand")
        hand = np.array([self.i[t - 1], self.f[t - 1], self.g[t - 1], self.o[t - 1]])
        share = np.clip(hand, 1e-300, 1 - 1e-16)
        sums = np.log(share) - np.log1p(-share)  # whose σ is the value
        sums[2] = np.arctanh(np.clip(hand[2], -1 + 1e-16, 1 - 1e-16))
        a_x = np.where(held, sums, W[:, 0] * self.inputs[t - 1] + W[:, 2])
        return {"weight_hh": np.where(held, 0.0, W[:, 1])[:, None]}, a_x

    def _run(self) -> list[tuple[tuple[np.ndarray, np.ndarray], lstm.Trace]]:
        """((h, c), trace) after each step, the start first."""
        found = [((np.zeros(1), np.zeros(1)), lstm.Trace(np.zeros(4), np.zeros(1)))]
        for t in range(1, len(self.inputs) + 1):
            found.append(lstm.step(*self._parameters(t), found[-1][0]))
        return found
