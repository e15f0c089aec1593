"""Spectrum Scope: what the eigenvalues of W tell of a product of Jacobians, and what they do not."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import Params
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.gradient_river.cells import CELLS
from rnnkit.explorers.spectrum_scope.weights import weights
from rnnkit.explorers.traits import Limits
from rnnkit.unroll import unroll

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class SpectrumScope(Explorer):
    """Drag eigenvalues of W in the complex plane, and see a product of Jacobians grow, die, or keep its size.

    h_t = f(W h_{t-1}), from two starts that are near each other, A and B = A + ``push``. W has the eigenvalues that are
    asked for, exactly, because it is built from its real Schur form. They are W's; the Jacobians diag(f') W follow
    from the states.

    Its presets are Leaning, Orthogonal, Cycle, Latch, Chain and Chaos. A link of the text names what differs from the
    explorer's own traits: ``#spectrum-scope=main;lean=0;activation=linear``.

    Parameters
    ----------
    eigenvalues : (P, 2), P from 1 to 8, each from -1.5 to 1.5
        A row is a pair, (centre, split): centre ± split or, if split is negative, centre ± split·i. There are H = 2P
        units.
    lean : float, 0 to 6
        How far W's eigenvectors are from right angles: the numbers above the diagonal of its Schur form.
    gain : float, 0 to 3
        What W is multiplied by, its eigenvalues too.
    activation : str
        f: "tanh" or "linear".
    seed : int, 0 to 999
        With 0, the lean stands next to the diagonal alone, and W is its own Schur form; with another one the numbers
        above the diagonal are drawn, and W is turned.
    start, push : (P, 2), each from -1 to 1
        A at step 0, and B − A; unit 1 and 2 in the first row, 3 and 4 in the second.
    step : int, 0 to 60
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, shapes do not fit each other, or the activation is neither of the two.
    """

    slug: ClassVar[str] = "spectrum-scope"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "Both eigenvalues are inside the unit circle, and yet a disc of small changes is stretched tenfold before it "
        "shrinks: orange is what grew, blue what was lost. Below, its longest half over time."
    )

    eigenvalues, lean, gain = (LIMITS.trait(name) for name in ("eigenvalues", "lean", "gain"))
    activation, seed = LIMITS.trait("activation"), LIMITS.trait("seed")
    start, push, step = (LIMITS.trait(name) for name in ("start", "push", "step"))

    @property
    def weight_hh(self) -> np.ndarray:
        """W, (H, H)."""
        return weights(self.eigenvalues, self.lean, self.gain, self.seed)

    @property
    def states(self) -> np.ndarray:
        """A after each step, (61, H), computed by rnnkit; row 0 is the start."""
        return self._run(np.ravel(self.start))

    @property
    def others(self) -> np.ndarray:
        """The same for B."""
        return self._run(np.ravel(self.start) + np.ravel(self.push))

    @property
    def jacobians(self) -> np.ndarray:
        """∂h_t/∂h_{t-1} along A for t = 1 to 60, (60, H, H)."""
        h = self.states[1:, :, None]
        slopes = 1 - h * h if self.activation == "tanh" else np.ones_like(h)
        return np.asarray(slopes * self.weight_hh)

    @property
    def singular_values(self) -> np.ndarray:
        """Of J_t … J_1 for t = 0 to 60, (61, H), largest first; below 1e-16 of the largest they are rounding."""
        P = np.eye(self.states.shape[1])
        products = [P, *(P := J @ P for J in self.jacobians)]
        return np.linalg.svd(np.array(products), compute_uv=False)

    def _run(self, h: np.ndarray) -> np.ndarray:
        W, end = self.weight_hh, self.limits.traits["step"]["high"]
        zero = np.zeros(len(W))
        p: Params = {"weight_ih": zero[:, None], "weight_hh": W, "bias_ih": zero, "bias_hh": zero}
        (hs,), _ = unroll(CELLS[self.activation], p, np.zeros((end, 1, 1)), (h[None],))
        return np.asarray(hs[:, 0])
