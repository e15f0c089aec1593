"""Dropout by one mask a sequence."""

from typing import Any

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.layers.stateless import Applied, Stateless
from rnnkit.ops import Array
from rnnkit.params import Rng


class Dropout(Stateless):
    """A share of the features is not seen in training, by one mask a sequence (Gal and Ghahramani, 2016).

    xs is (T, N, K) or (N, K), and is left as it is where a call is given no ``rng``.

    Parameters
    ----------
    share : float in [0, 1)
        What part is dropped; the rest is divided by 1 - share.

    Raises
    ------
    ValueError
        If the share is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dropout(0.5)
    >>> layer(np.ones((2, 1, 3))).h[0, 0].tolist()  # without a generator nothing is dropped
    [1.0, 1.0, 1.0]
    >>> layer(np.ones((2, 1, 3)), rng=0).h[:, 0].tolist()
    [[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]
    """

    def __init__(self, share: float, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        self.share = checks.in_range("share", share, below=1)
        super().__init__(backend=backend, device=device, dtype=dtype)

    def config(self) -> dict[str, Any]:
        return {"share": self.share} | super().config()

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs = self.engine.floats("xs", xs)
        if not self.share or (rng := self._drawing(rng)) is None:
            return xs, xs, None
        dropped = self.engine.dropout_mask(rng, tuple(xs.shape[-2:]), self.share)
        return xs * dropped, xs, dropped

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        return {}, d_h if run.kept is None else d_h * run.kept
