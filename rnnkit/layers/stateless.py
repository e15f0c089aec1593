"""What the layers around a recurrent one share: its call and its ``backward``, with an empty state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnkit import checks
from rnnkit.backends.record import Seen
from rnnkit.cells import Params
from rnnkit.layers.base import Layer
from rnnkit.layers.run import Gradients, Unpacked
from rnnkit.ops import Array, detached
from rnnkit.params import Rng


@dataclass(frozen=True, eq=False)
class Applied(Unpacked):
    """The result of a layer without state: ``h``, an empty ``state`` and ``trace``, and what ``backward`` reads.

    With NumPy ``h`` is read-only: copy it to change it.
    """

    layer: Layer
    h: Array
    xs: Array
    kept: Any
    used: Any
    seen: tuple[Seen, ...]
    state: tuple[Any, ...] = ()
    trace: Mapping[str, Array] = field(default_factory=dict)


class Stateless(Layer):
    """A layer that carries nothing from step to step. A class says what it computes, and the derivative of that."""

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Run over a batch; the shapes are in the class's description.

        Parameters
        ----------
        xs : array
            Time-major input.
        state
            Not used: every layer of a model is called alike.
        mask : array of bool of shape (T, N), optional
            True where there is data: elsewhere, what stands in xs, NaN included, has no effect.
        rng : Generator or int, optional
            Draws what is dropped.

        Returns
        -------
        Applied

        Raises
        ------
        ValueError
            If xs or the mask does not fit; the message says what was expected and what came.
        """
        used = self._in_use() if self._names else None
        h, xs, kept = self._compute(used.arrays if used else {}, xs, mask, rng)
        seen = (used.seen,) if used else ()
        return Applied(self, self.engine.kept(h), xs, kept, used, (*seen, Seen(self.engine, (xs,))))

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """The gradients of parameters and xs from ∂L/∂h, which has the shape of ``run.h``; the others are not used.

        Raises
        ------
        ValueError
            If ``run`` is another layer's, a shape does not fit, or with Torch if what is read again has changed.
        """
        checks.result(isinstance(run, Applied) and run.layer is self, "layer", "layer(xs)")
        for seen in run.seen:
            seen.check()
        d_h = detached(self.engine.floats("d_h", d_h))
        checks.shape("d_h", d_h, run.h.shape, "one gradient for each output.")
        params, d_xs = self._derive(run, d_h)
        return Gradients(params, d_xs, (), {})

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        """h, xs as it was read, and what else the derivative needs."""
        raise NotImplementedError

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """∂L/∂parameter by name, and ∂L/∂xs."""
        raise NotImplementedError
