"""What makes one vector of a sequence: its last output, the final states, the mean over time, the maximum."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.layers.stateless import Applied, Stateless
from rnnkit.ops import Array, array_like, concat, detached, split, where, zeros_like
from rnnkit.params import Rng


class Pooling(Stateless):
    """What makes one vector of each sequence, (N, K) of xs (T, N, K). In a Sequential no time and no mask follow it.

    Raises
    ------
    ValueError
        In a call, if xs has another number of axes, or the mask leaves a sequence without a step.
    """

    over_time = True

    def _checked(self, xs: Array, mask: Array) -> tuple[Array, Any]:
        """xs (T, N, K), and the mask (T, N) in NumPy. A ValueError names a sequence without a step."""
        xs = self.engine.floats("xs", xs)
        checks.features("xs", xs, xs.shape[-1] if len(xs.shape) else 0, "the layer")
        there = np.ones(tuple(xs.shape[:2]), bool)
        if (mask := checks.mask(mask, there.shape)) is None:
            return xs, there
        checks.no_empty(mask, f"one step or more for {type(self).__name__}")
        return xs, mask


class Last(Pooling):
    """Each sequence's last output: (T, N, K) becomes (N, K). With a mask, the last one where it is True.

    Of a bidirectional layer the reverse half of the last output has read one step: take Final there. A Sequential
    refuses Last after such a layer.

    Examples
    --------
    >>> Last()(np.arange(6.0).reshape(3, 2, 1)).h.tolist()
    [[4.0], [5.0]]
    """

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs, mask = self._checked(xs, mask)
        last = len(mask) - 1 - mask[::-1].argmax(0)
        return xs[last, np.arange(len(last))], xs, last

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """∂L/∂xs: ``d_h`` at each sequence's last step, and zero elsewhere."""
        d_xs = zeros_like(detached(run.xs))
        d_xs[run.kept, np.arange(len(run.kept))] = d_h
        return {}, d_xs


class Final(Pooling):
    """The final state of a recurrent layer, of both directions if it has two: (T, N, D*H) becomes (N, D*H).

    The forward half is taken where a sequence ends, the reverse half where it begins: there that direction has read
    all of it. It reads the outputs of a recurrent layer, the uppermost of a stack, with at most a Dropout in between.

    Parameters
    ----------
    bidirectional : bool
        Whether the layer before is.

    Raises
    ------
    ValueError
        If bidirectional is neither True nor False.

    Examples
    --------
    >>> from rnnkit import GRU
    >>> run = GRU(3, 4, bidirectional=True, rng=0)(np.ones((5, 2, 3)))
    >>> h = Final(bidirectional=True)(run.h).h
    >>> bool((h[:, :4] == run.state[0][0]).all() and (h[:, 4:] == run.state[0][1]).all())
    True
    """

    def __init__(self, bidirectional: bool = False, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        self.bidirectional = checks.flag("bidirectional", bidirectional)
        super().__init__(backend=backend, device=device, dtype=dtype)

    def config(self) -> dict[str, Any]:
        return {"bidirectional": self.bidirectional} | super().config()

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs, mask = self._checked(xs, mask)
        if self.bidirectional and xs.shape[2] % 2:
            raise checks.wrong(f"xs has {xs.shape[2]} features", "an even number", "it is H of each direction.")
        first, last = mask.argmax(0), len(mask) - 1 - mask[::-1].argmax(0)
        steps, rows = (last, first)[: 2 if self.bidirectional else 1], np.arange(mask.shape[1])
        h = concat([half[step, rows] for half, step in zip(split(xs, len(steps)), steps, strict=True)])
        return h, xs, steps

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """∂L/∂xs: ``d_h`` where it was picked from, and zero elsewhere."""
        d_xs, n = zeros_like(detached(run.xs)), len(run.kept)
        for d_half, step, d in zip(split(d_xs, n), run.kept, split(d_h, n), strict=True):
            d_half[step, np.arange(len(step))] = d
        return {}, d_xs


class MeanPool(Pooling):
    """The mean over time: (T, N, K) becomes (N, K). With a mask, over the steps where it is True.

    Examples
    --------
    >>> MeanPool()(np.arange(6.0).reshape(3, 2, 1)).h.tolist()
    [[2.0], [3.0]]
    """

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs, mask = self._checked(xs, mask)
        shares = array_like((mask / mask.sum(0))[..., None], xs)  # (T, N, 1)
        return (shares * where(shares > 0, xs, zeros_like(xs))).sum(0), xs, shares

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """∂L/∂xs: an equal share of ``d_h`` at each step that was read."""
        return {}, run.kept * d_h


class MaxPool(Pooling):
    """The maximum over time of each feature: (T, N, K) becomes (N, K). With a mask, over the steps where it is True.

    Examples
    --------
    >>> mask = np.array([[True, True], [True, False], [False, True]])
    >>> MaxPool()(np.arange(6.0).reshape(3, 2, 1), mask=mask).h.tolist()
    [[2.0], [5.0]]
    """

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs, mask = self._checked(xs, mask)
        there = array_like(mask[..., None], xs)
        step = where(there, detached(xs), zeros_like(xs) - np.inf).argmax(0)  # (N, K); of equal ones the first
        return xs[self._entries(xs, step)], xs, step

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """∂L/∂xs: ``d_h`` at the step where each feature was largest, and zero elsewhere."""
        d_xs = zeros_like(detached(run.xs))
        d_xs[self._entries(d_xs, run.kept)] = d_h
        return {}, d_xs

    def _entries(self, xs: Array, step: Array) -> tuple[Array, Array, Array]:
        """One entry of xs (T, N, K) for each sequence and feature."""
        _, N, K = xs.shape
        return step, array_like(np.arange(N)[:, None], xs), array_like(np.arange(K), xs)
