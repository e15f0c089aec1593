"""Dropout by one mask a sequence."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.layers.base import Layer
from rnnkit.layers.run import Applied, Gradients, applied, checked_gradient
from rnnkit.ops import Array
from rnnkit.params import Rng


class Dropout(Layer):
    """A share of the features is not seen in training, by one mask a sequence (Gal and Ghahramani, 2016).

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
    >>> layer = Dropout(0.5)
    >>> layer(np.ones((2, 1, 3))).h[0, 0].tolist()  # without a generator nothing is dropped
    [1.0, 1.0, 1.0]
    >>> layer(np.ones((2, 1, 3)), rng=0).h[:, 0].tolist()
    [[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]
    """

    def __init__(self, share: float, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        self.share = checks.share("share", share)
        super().__init__(backend, device, dtype)
        self._own({})

    def config(self) -> dict[str, Any]:
        return {"share": self.share, "dtype": self.dtype.name}

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Multiply xs, (T, N, K) or (N, K), by a mask of shape (N, K); left as it is where no ``rng`` is given."""
        xs = self.engine.floats("xs", xs)
        if not self.share or (rng := self._drawing(rng)) is None:
            return applied(self, xs, xs)
        dropped = dropout_mask(np.random.default_rng(rng), tuple(xs.shape[-2:]), self.share, self.engine)
        return applied(self, xs * dropped, xs, dropped)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """∂L/∂xs, by the same mask."""
        d_h = checked_gradient(self, run, d_h)
        return Gradients({}, d_h if run.kept is None else d_h * run.kept, (), {})


def dropout_mask(rng: np.random.Generator, shape: tuple[int, ...], share: float, engine: Any) -> Array:
    """0 for a ``share`` of the entries, 1 / (1 - share) for the others: the mean stays."""
    return engine.floats("dropout mask", (rng.random(shape) >= share) / (1 - share))
