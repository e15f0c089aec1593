"""Losses, each with its derivative."""

import numpy as np

from rnnkit.ops import Array


def softmax_cross_entropy(logits: Array, targets: Array) -> tuple[float, Array]:
    """The mean of -log softmax(logits)[target], and its gradient.

    Parameters
    ----------
    logits : array of shape (..., V)
        Unnormalised scores of V classes, of any size: the largest is subtracted before exponentiation.
    targets : array of int of shape (...)
        The right classes, each in 0 ... V-1.

    Returns
    -------
    loss : float
        In nats, averaged over the leading axes; never negative.
    d_logits : array of shape (..., V)
        (softmax(logits) - onehot(targets)) / number of targets.

    Raises
    ------
    ValueError
        If targets does not have the shape of logits without its last axis, or names a class outside 0 ... V-1.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), section 6.2.2.3.
    """
    logits, targets = np.asarray(logits), np.asarray(targets)
    V = logits.shape[-1] if logits.ndim else 0
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets has shape {targets.shape}, but logits of shape {logits.shape} need {logits.shape[:-1]}: "
            "one class a row, as an integer and not one-hot."
        )
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f"targets has dtype {targets.dtype}, but classes are integers. Use targets.astype(int).")
    if targets.size == 0:
        raise ValueError(f"logits has shape {logits.shape}, but the mean of a loss needs at least one row.")
    if targets.min() < 0 or targets.max() >= V:
        wrong = targets.max() if targets.max() >= V else targets.min()
        raise ValueError(
            f"targets holds class {wrong}, but logits has {V} classes in its last axis, 0 to {V - 1}. "
            "Was the vocabulary built on other data?"
        )
    shifted = logits - logits.max(-1, keepdims=True)
    log_z = np.log(np.exp(shifted).sum(-1, keepdims=True))
    rows = targets[..., None]
    loss = (log_z - np.take_along_axis(shifted, rows, -1)).mean()
    d_logits = np.exp(shifted - log_z)  # softmax
    np.put_along_axis(d_logits, rows, np.take_along_axis(d_logits, rows, -1) - 1, -1)
    return float(loss), d_logits / targets.size
