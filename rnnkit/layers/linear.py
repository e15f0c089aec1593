"""y = W x + b at every step."""

from typing import Any

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.layers.stateless import Applied, Stateless
from rnnkit.ops import Array, affine, detached, flat, zeroed
from rnnkit.params import Rng, drawn


class Linear(Stateless):
    """y = W x + b over the last axis of xs, (..., in_features); a mask has the shape of the other axes.

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
        If a size is not a positive integer; in a call, if the last axis of xs has another length.

    Examples
    --------
    >>> import numpy as np
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
        self.in_features = checks.whole("in_features", in_features)
        self.out_features = checks.whole("out_features", out_features)
        self.has_bias = checks.flag("bias", bias)  # with Torch, ``bias`` is the parameter
        super().__init__(backend=backend, device=device, dtype=dtype)
        shapes = {"weight": (self.out_features, self.in_features)} | ({"bias": (self.out_features,)} if bias else {})
        self._own(drawn(shapes, self.in_features**-0.5, rng, self.dtype))

    def config(self) -> dict[str, Any]:
        sizes = {"in_features": self.in_features, "out_features": self.out_features}
        return sizes | {"bias": self.has_bias} | super().config()

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs = self.engine.floats("xs", xs)
        if len(xs.shape) == 0 or xs.shape[-1] != self.in_features:
            hint = f"weight has {self.in_features} columns. Does the layer before give other features?"
            raise checks.wrong(f"xs has shape {tuple(xs.shape)}", f"(..., {self.in_features})", hint)
        if mask is not None:
            mask = self.engine.booleans(checks.mask(mask, tuple(xs.shape[:-1])))
            xs = zeroed(xs, mask)
        return affine(xs, p["weight"], p.get("bias")), xs, mask

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        d_h = zeroed(d_h, run.kept)
        d_params = {"weight": flat(d_h).T @ flat(detached(run.xs))}
        if self.has_bias:
            d_params["bias"] = flat(d_h).sum(0)
        return d_params, affine(d_h, detached(run.used.arrays["weight"]).T)
