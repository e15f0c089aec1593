"""Whether a probability means what it says: of all answers given with 0.9, nine of ten are right."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.metrics.scored import check_finite, labels_of, reals, scored
from rnnkit.ops import Array


class Reliability(NamedTuple):
    """The answers of a classifier, in bins of the probability of the answer.

    Attributes
    ----------
    said, right : arrays of float of shape (bins,)
        The mean probability and the share of right answers of each bin; NaN where it is empty.
    counts : array of int of shape (bins,)
    """

    said: Any
    right: Any
    counts: Any


def reliability(probabilities: Array, targets: Array, mask: Array = None, bins: int = 10) -> Reliability:
    """How often answers are right, beside the probability with which they were given.

    Parameters
    ----------
    probabilities : array of float of shape (..., K)
        Of each class. The answer is the most probable one.
    targets : array of int of shape (...)
        The right class.
    mask : array of bool of shape (...), optional
        True where an answer is scored.
    bins : int
        Of equal width, from 0 to 1.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError
        If shapes do not fit, a scored row is no distribution, or no answer is scored.

    References
    ----------
    DeGroot and Fienberg (1983).
    """
    probabilities, targets = reals("probabilities", probabilities), labels_of("targets", targets)
    bins = checks.whole("bins", bins)
    if probabilities.ndim != targets.ndim + 1 or probabilities.shape[:-1] != targets.shape:
        came = f"probabilities has shape {probabilities.shape}"
        raise checks.wrong(came, f"(*{targets.shape}, K), one for each class of each target")
    keep = scored(mask, "answers", targets, targets)
    check_finite("probabilities", probabilities, keep[..., None])
    p, wanted = probabilities[keep], targets[keep]
    if (p < 0).any() or not np.allclose(p.sum(-1), 1, atol=1e-4):
        raise checks.wrong("a row of probabilities adds up to another number", "1", "Are they logits? Use softmax.")
    said, right = p.max(-1), p.argmax(-1) == wanted
    place = np.minimum((said * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(np.bincount(place, said, bins) / counts, np.bincount(place, right, bins) / counts, counts)


def calibration_error(probabilities: Array, targets: Array, mask: Array = None, bins: int = 10) -> float:
    """The mean distance of what is said from what is so: |said - right| of each bin, weighted by its answers.

    Arguments and errors: :func:`reliability`.

    Returns
    -------
    float
        In [0, 1]. With few answers in a bin it is above 0 by chance alone, and it depends on the bins.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015); Guo, Pleiss, Sun and Weinberger (2017).

    Examples
    --------
    >>> answers = np.array([[0.75, 0.25]] * 4)
    >>> calibration_error(answers, np.array([0, 0, 0, 1])), calibration_error(answers, np.array([0, 0, 1, 1]))
    (0.0, 0.25)
    """
    said, right, counts = reliability(probabilities, targets, mask, bins)
    there = counts > 0
    return float((np.abs(said - right)[there] * counts[there]).sum() / counts.sum())
