"""y = W x + b at every step."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.layers.base import Layer
from rnnkit.layers.run import Applied, Gradients, applied, checked_gradient
from rnnkit.ops import Array, affine, detached, flat, where, zeros_like
from rnnkit.params import Rng


class Linear(Layer):
    """y = W x + b at every step.

    Parameters
    ----------
    in_features, out_features : int
        The lengths of x and y.
    bias : bool
        Whether there is b.
    backend, device, dtype, rng
        As in :class:`rnnkit.layers.Recurrent`; weights are drawn from U(-1/√in_features, 1/√in_features), torch's.

    Raises
    ------
    ValueError
        If a size is not a positive integer.

    Examples
    --------
    >>> Linear(in_features=4, out_features=3, rng=0)(np.ones((5, 2, 4))).h.shape
    (5, 2, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        backend: str = "numpy",
        device: str = "auto",
        dtype: Any = None,
        rng: Rng = None,
    ):
        self.in_features = checks.size("in_features", in_features)
        self.out_features = checks.size("out_features", out_features)
        self.has_bias = checks.flag("bias", bias)  # with Torch, ``bias`` is the parameter
        super().__init__(backend, device, dtype)
        rng, bound = np.random.default_rng(rng), self.in_features**-0.5
        shapes = {"weight": (self.out_features, self.in_features)} | ({"bias": (self.out_features,)} if bias else {})
        drawn = {name: rng.uniform(-bound, bound, shape).astype(self.dtype) for name, shape in shapes.items()}
        self._own(drawn)

    def config(self) -> dict[str, Any]:
        sizes = {"in_features": self.in_features, "out_features": self.out_features}
        return sizes | {"bias": self.has_bias, "dtype": self.dtype.name}

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Apply to the last axis of xs, (..., in_features); ``state`` and ``rng`` are not used.

        Where a mask (T, N) is given, and False, what stands in xs (T, N, in_features) has no effect.

        Raises
        ------
        ValueError
            If the last axis of xs has another length, or the mask does not have the shape of the others.
        """
        used = self._in_use()
        xs = self.engine.floats("xs", xs)
        if len(xs.shape) == 0 or xs.shape[-1] != self.in_features:
            raise ValueError(
                f"xs has shape {tuple(xs.shape)}, expected (..., {self.in_features}): weight has "
                f"{self.in_features} columns. Does the layer before give other features?"
            )
        if mask is not None:
            mask = self.engine.booleans(checks.mask(mask, tuple(xs.shape[:-1])))[..., None]
            xs = where(mask, xs, zeros_like(xs))
        y = affine(xs, used.arrays["weight"], used.arrays.get("bias"))
        return applied(self, y, xs, mask, used)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """Gradients of weight, bias and xs, from ∂L/∂y of the shape of ``run.h``."""
        d_h = checked_gradient(self, run, d_h)
        d_h = d_h if run.kept is None else where(run.kept, d_h, zeros_like(d_h))
        d_params = {"weight": flat(d_h).T @ flat(detached(run.xs))}
        if self.has_bias:
            d_params["bias"] = flat(d_h).sum(0)
        d_xs = affine(d_h, detached(run.used.arrays["weight"]).T)
        return Gradients(d_params, d_xs, (), {})
