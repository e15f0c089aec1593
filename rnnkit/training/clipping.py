"""The norm of all gradients together, and its limit."""

from collections.abc import Mapping, MutableMapping

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, as_dtype, blocks, detached, in_double, isfinite_all, on_processor, stack


class Diverged(ArithmeticError):
    """A loss or a gradient is no longer a finite number; the message says where, and the likely cause."""


def global_norm(grads: Mapping[str, Array]) -> Array:
    """The Euclidean norm of all gradients together, √Σ d², as a number of their backend (0-d; on their device).

    It is finite where the gradients are, also where their squares are not.

    Raises
    ------
    ValueError
        If there are no gradients.

    Examples
    --------
    >>> float(global_norm({"weight": np.array([3.0, 0.0]), "bias": np.array([4.0])}))
    5.0
    """
    if not grads:
        raise checks.wrong("grads is empty", "at least one gradient")
    arrays = [detached(d) for d in grads.values()]
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite norm is an answer, which clipping refuses
        norm = sum((part * part).sum() for d in arrays for part in map(d.__getitem__, blocks(d))) ** 0.5
        if on_processor(norm) and isfinite_all(norm):
            return norm
        largest = stack([abs(d).max() for d in arrays if 0 not in d.shape]).max()
        if on_processor(norm) and not isfinite_all(largest):
            return norm
        scale = largest.clip(min=np.finfo(np.float32).tiny)
        return in_double(scale) * in_double(sum(((d / scale) ** 2).sum() for d in arrays)) ** 0.5


def clip_by_global_norm(grads: MutableMapping[str, Array], limit: float) -> Array:
    """Scale all gradients by one factor, so that their global norm is ``limit`` at most (Pascanu et al., 2013).

    Parameters
    ----------
    grads : dict of arrays
        ``layer.backward(...).params``. Its entries are replaced; the arrays themselves are not changed, because two
        names may share one (an LSTM's two biases do).
    limit : float
        Above 0.

    Returns
    -------
    number
        The norm before clipping, as :func:`global_norm` gives it.

    Raises
    ------
    ValueError
        If limit is not above 0, or there are no gradients.
    Diverged
        If the norm is not finite. On a GPU this is not looked at, because the processor would have to wait for the
        number at every step: there the gradients, and after an update the parameters, become NaN.

    Examples
    --------
    >>> grads = {"weight": np.array([3.0, 0.0]), "bias": np.array([4.0])}
    >>> float(clip_by_global_norm(grads, 1.0))
    5.0
    >>> grads["weight"], grads["bias"]
    (array([0.6, 0. ]), array([0.8]))
    """
    checks.positive("limit", limit)
    norm = global_norm(grads)
    if on_processor(norm) and not isfinite_all(norm):
        first = next((name for name, d in grads.items() if not isfinite_all(d)), "no single one")
        raise Diverged(
            f"the gradient's norm is {float(norm)}; the first gradient that is not finite: {first}. "
            "Is the learning rate too large, or does the data hold a NaN?"
        )
    if on_processor(norm) and norm <= limit:
        return norm
    scale = limit / norm.clip(min=limit)  # 1 below the limit, with no question asked that a GPU would have to answer
    for name in grads:
        d = detached(grads[name])
        grads[name] = d * as_dtype(scale, d)
    return norm
