"""Losses, each with its derivative, for NumPy arrays and Torch tensors: ``loss, d_y = f(y, targets, mask)``.

Each is a mean over the entries where the mask is True; elsewhere nothing is read, and the gradient is zero. Where no
entry is scored, the loss is 0. A loss has no graph of Torch's: what goes on is the derivative, to
``layer.backward(run, d_y)`` or to ``run.h.backward(d_y)``.
"""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.ops import (
    Array,
    array_like,
    blocks,
    concat,
    detached,
    empty_like,
    exp,
    flat,
    log1p,
    sigmoid,
    softmax_into,
    take_one,
    where,
    zeros_like,
)


def softmax_cross_entropy(
    logits: Array,
    targets: Array,
    mask: Array = None,
    *,
    ignore_index: int | None = None,
    class_weights: Array = None,
) -> tuple[Any, Array]:
    """The mean of -log softmax(logits)[target], and its gradient.

    For :func:`rnnkit.fit`, give the last two by ``functools.partial(softmax_cross_entropy, ignore_index=-100)``.

    Parameters
    ----------
    logits : array of shape (..., V)
        Unnormalised scores of V classes, of any size: the largest is subtracted before exponentiation.
    targets : array of int of shape (...)
        The right classes, each in 0 ... V-1.
    mask : array of bool of shape (...), optional
        True where an answer is scored.
    ignore_index : int, optional
        Targets of this value are not scored. -100 is usual in Torch.
    class_weights : array of shape (V,), optional
        How much an answer of each class counts, 0 or more: the mean is Σ weight · loss / Σ weight, as torch.nn's.

    Returns
    -------
    loss : scalar
        In nats, averaged over the scored entries; never negative.
    d_logits : array of shape (..., V)
        (softmax(logits) - onehot(targets)) / number of scored targets.

    Raises
    ------
    ValueError
        If targets does not have the shape of logits without its last axis, or names a class outside 0 ... V-1; if
        class_weights are not V numbers of 0 or more.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), section 6.2.2.3.

    Examples
    --------
    >>> loss, d_logits = softmax_cross_entropy(np.zeros((3, 4)), np.array([0, 1, 3]))
    >>> round(float(loss), 6), d_logits.shape  # log 4: all classes alike
    (1.386294, (3, 4))
    """
    logits, right = _values("logits", logits), checks.rectangular("targets", targets)
    shape = tuple(logits.shape)
    V = shape[-1] if shape else 0
    if right.shape != shape[:-1]:
        hint = f"one class a row, as an integer and not one-hot.{_one_answer(right.shape, shape[:-1])}"
        raise checks.wrong(f"targets has shape {right.shape}", f"{shape[:-1]} for logits of shape {shape}", hint)
    if not np.issubdtype(right.dtype, np.integer):
        raise checks.wrong(f"targets has dtype {right.dtype}", "integers", "classes. Use targets.astype(int).")
    if ignore_index is not None:
        named = right != ignore_index
        mask = named if mask is None else named & checks.mask(mask, right.shape)
    scored, n = _scored(mask, right.shape, "logits", shape)
    right = right if scored is None else np.where(scored, right, 0)
    if right.min() < 0 or right.max() >= V:
        wrong = right.max() if right.max() >= V else right.min()
        padding = f"Is it padding? Give ignore_index={wrong}, or a mask."
        hint = padding if wrong < 0 else "Was the vocabulary built on other data?"
        raise checks.wrong(f"targets holds class {wrong}", f"0 to {V - 1}, the last axis of logits", hint)
    each = None if scored is None else scored.astype(float)
    if class_weights is not None:
        each = _class_weights(class_weights, V)[right] * (1.0 if each is None else each)
        each = each / (each.sum() or 1.0) * n
    losses, d_logits = _cross_entropy(flat(logits), right.reshape(-1), each, n)
    return losses.sum() / n, d_logits.reshape(shape)


def _cross_entropy(logits: Array, right: Any, each: Any, n: int) -> tuple[Array, Array]:
    """The losses of rows of logits (M, V), times ``each``, and the gradient of their sum over n.

    In blocks of rows that fit the cache, and in place within a block: there may be 10^5 classes.
    """
    losses, d_logits, index = [], empty_like(logits), array_like(right.astype(np.int64), logits)
    weights = None if each is None else array_like(each.reshape(-1, 1), logits)
    for rows in blocks(logits):
        part, d = logits[rows], d_logits[rows]
        if weights is not None:
            part = where(weights[rows] > 0, part, zeros_like(part))
        log_p = softmax_into(d, part, index[rows])
        take_one(d, index[rows])
        if weights is not None:
            d *= weights[rows]
            log_p *= weights[rows]
        d /= n
        losses.append(-log_p)
    return concat(losses, 0), d_logits


def squared_error(y: Array, targets: Array, mask: Array = None) -> tuple[Any, Array]:
    """The mean of (y - target)², and its gradient.

    Parameters
    ----------
    y, targets : arrays of one shape (..., K)
        Predictions and what was wanted.
    mask : array of bool of shape (...) or (..., K), optional
        True where an answer is scored.

    Returns
    -------
    loss : scalar
        Averaged over the scored entries of all K outputs; never negative.
    d_y : array of the shape of y
        2 (y - targets) / number of scored entries.

    Raises
    ------
    ValueError
        If the shapes differ, or there is no entry.

    Examples
    --------
    >>> loss, d_y = squared_error(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    >>> float(loss), d_y.tolist()
    (2.0, [[0.0], [2.0]])
    """
    y, wanted, scored, n = _paired(y, targets, mask)
    off = _only(scored, y - wanted)
    return (off * off).sum() / n, 2 * off / n


def binary_cross_entropy(logits: Array, targets: Array, mask: Array = None) -> tuple[Any, Array]:
    """The mean of -t log σ(logit) - (1 - t) log(1 - σ(logit)), and its gradient.

    Parameters
    ----------
    logits, targets : arrays of one shape (..., K)
        Scores of any size, and what each of the K answers should be, in [0, 1].
    mask : array of bool of shape (...) or (..., K), optional
        True where an answer is scored.

    Returns
    -------
    loss : scalar
        In nats, averaged over the scored entries; never negative.
    d_logits : array of the shape of logits
        (σ(logits) - targets) / number of scored entries.

    Raises
    ------
    ValueError
        If the shapes differ, a target is outside [0, 1], or there is no entry.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), section 6.2.2.2.

    Examples
    --------
    >>> loss, d_logits = binary_cross_entropy(np.array([[0.0]]), np.array([[1.0]]))
    >>> round(float(loss), 6), d_logits.tolist()  # log 2
    (0.693147, [[-0.5]])
    """
    x, t, scored, n = _paired(logits, targets, mask, "logits")
    if not ((t >= 0) & (t <= 1)).all():
        raise checks.wrong("targets has values outside [0, 1]", "the probability of a yes")
    zero = zeros_like(x)
    losses = where(x > 0, x, zero) - x * t + log1p(exp(where(x > 0, -x, x)))  # exp(-|x|) cannot overflow
    return _only(scored, losses).sum() / n, _only(scored, sigmoid(x) - t) / n


def _class_weights(weights: Any, V: int) -> Any:
    found = checks.real("class_weights", weights)
    if found.shape != (V,) or not (found >= 0).all() or not np.isfinite(found).all():
        raise checks.wrong(f"class_weights has shape {found.shape}", f"({V},)", "one number of 0 or more a class.")
    return found


def _values(name: str, a: Array) -> Array:
    """``a`` as floats, without a graph."""
    a = detached(a) if hasattr(a, "detach") else np.asarray(a)
    if str(a.dtype).removeprefix("torch.") not in ("float32", "float64"):
        cast = f"Use {name}.float() on what torch.autocast gives." if "float16" in str(a.dtype) else ""
        raise checks.wrong(f"{name} has dtype {a.dtype}", "floats: float32 or float64", cast)
    return a


def _one_answer(came: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    return " Is Last() missing from the model?" if len(wanted) > 1 and came == wanted[1:] else ""


def _scored(mask: Any, shape: tuple[int, ...], name: str, full: tuple[int, ...]) -> tuple[Any, int]:
    """The mask in NumPy, or None, and how many entries it scores, at least 1 to divide by."""
    mask = checks.mask(mask, shape, where="an answer is scored")
    if 0 in shape:
        raise checks.wrong(f"{name} has shape {full}", "at least one row")
    return mask, int(np.prod(shape)) if mask is None else max(1, int(mask.sum()))


def _paired(y: Array, targets: Array, mask: Any, name: str = "y") -> tuple[Array, Array, Any, int]:
    """Outputs and targets of one shape, with what is not scored taken out of the targets."""
    y = _values(name, y)
    wanted, shape = checks.real("targets", targets), tuple(y.shape)
    if wanted.shape != shape:
        hint = f"one target for each output.{_one_answer(wanted.shape, shape)}"
        raise checks.wrong(f"targets has shape {wanted.shape}", f"{shape}, as {name} has", hint)
    if mask is not None and (rows := checks.rectangular("mask", mask)).shape == shape[:-1] and rows.dtype == bool:
        mask = np.broadcast_to(rows[..., None], shape)
    scored, n = _scored(mask, shape, name, shape)
    if scored is not None:
        wanted = np.where(scored, wanted, 0)
    return _only(scored, y), array_like(wanted.astype(float), y), scored, n


def _only(scored: Any, a: Array) -> Array:
    """``a`` where it is scored, else 0."""
    if scored is None:
        return a
    there = np.array(scored if scored.ndim == a.ndim else scored[..., None])
    return where(array_like(there, a), a, zeros_like(a))
