"""How far two programs are apart on one test set, and how much of that is luck."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.metrics.scored import check_finite, reals
from rnnkit.ops import Array


class Difference(NamedTuple):
    """One measure less another: as it is, and where 95 of 100 repetitions of seeds and test set put it."""

    mean: float
    low: float
    high: float


def _mean(values: Any) -> float:
    return float(values.mean())


def difference(
    ours: Array, theirs: Array, measure: Callable[[Any], float] = _mean, draws: int = 1000, seed: int = 0
) -> Difference:
    """A network's measure less a baseline's, with the interval of a paired bootstrap over seeds and test items.

    Parameters
    ----------
    ours : array of float of shape (S, N, ...)
        What the measure needs of each of N test items, for S seeds: 1 where the answer is right, an absolute error, or
        counts that a quotient is made of.
    theirs : array of float of shape (S', N, ...), or (N, ...) for a program without seeds
        Of the same items in the same order.
    measure : callable
        From (N, ...) to a number; the mean if left out.
    draws : int
        Repetitions. Each draws seeds and items with replacement, and the same items for both.
    seed : int

    Returns
    -------
    Difference

    Raises
    ------
    ValueError
        If the items of both do not fit, or a value is not finite.

    References
    ----------
    Efron and Tibshirani (1993), chapters 8 and 13.

    Examples
    --------
    >>> always, never = np.ones((3, 50)), np.zeros(50)
    >>> difference(always, never)
    Difference(mean=1.0, low=1.0, high=1.0)
    """
    ours, theirs = reals("ours", ours), reals("theirs", theirs)
    theirs = theirs[None] if theirs.ndim == ours.ndim - 1 else theirs
    if ours.ndim < 2 or ours.shape[1:] != theirs.shape[1:] or 0 in (*ours.shape[:2], *theirs.shape[:2]):
        raise checks.wrong(f"ours has shape {ours.shape} and theirs {theirs.shape}", "(S, N, ...) and the same items")
    for name, a in (("ours", ours), ("theirs", theirs)):
        check_finite(name, a, np.ones(a.shape, bool))
    rng, N = np.random.default_rng(seed), ours.shape[1]

    def over(seeds: Any, values: Any, items: Any) -> float:
        return float(np.mean([measure(values[s][items]) for s in seeds]))

    everything = np.arange(N)
    mean = over(range(len(ours)), ours, everything) - over(range(len(theirs)), theirs, everything)
    drawn = []
    for _ in range(checks.whole("draws", draws)):
        items = rng.integers(N, size=N)
        a, b = (rng.integers(len(values), size=len(values)) for values in (ours, theirs))
        drawn.append(over(a, ours, items) - over(b, theirs, items))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Difference(mean, float(low), float(high))
