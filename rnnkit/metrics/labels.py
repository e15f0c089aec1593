"""Measures of labels, and of rankings of two classes."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.metrics.scored import check_finite, labels_of, reals, scored
from rnnkit.ops import Array


def accuracy(predictions: Array, targets: Array, mask: Array = None, *, ignore_index: int | None = None) -> float:
    """The share of right labels.

    Parameters
    ----------
    predictions : array of int or bool, of any shape
        One label for each target: for logits of shape (T, N, V), their ``argmax(-1)``.
    targets : array of int or bool, of the same shape
        The right labels, 0 or more.
    mask : array of bool of the same shape, optional
        True where a label is scored; everywhere if left out.
    ignore_index : int, optional
        Targets of this value are not scored, as in :func:`rnnkit.losses.softmax_cross_entropy`.

    Returns
    -------
    float
        In [0, 1]. A model that always answers one class scores that class's share: read :func:`f1` as well.

    Raises
    ------
    ValueError
        If a label is no whole number, a scored target is negative, shapes differ, or no label is scored.

    Examples
    --------
    >>> accuracy(np.array([2, 0, 1, 1]), np.array([2, 0, 1, 0]))
    0.75
    >>> accuracy(np.array([2, 0, 1, 1]), np.array([2, 0, 1, 0]), mask=np.array([True, True, False, True]))
    0.6666666666666666
    """
    predictions, targets = _labels(predictions, targets, mask, ignore_index)
    return float((predictions == targets).mean())


def precision(
    predictions: Array,
    targets: Array,
    mask: Array = None,
    *,
    average: str | None = "macro",
    labels: Array = None,
    ignore_index: int | None = None,
) -> Array:
    """How many of the predictions of a class are right: right / predicted.

    Parameters
    ----------
    predictions, targets : arrays of int or bool, of one shape
        One label each; targets are 0 or more.
    mask : array of bool of the same shape, optional
        True where a label is scored.
    average : "macro", "micro" or None
        The mean over classes, all classes' counts in one quotient, or one value for each class. Over all classes,
        micro precision, recall and F1 are the accuracy.
    labels : array of int of shape (C,), optional
        The classes that count, in the order of the result: ``[1]`` for one class, or all but that of no entity. Left
        out: those that occur in predictions or targets, in ascending order.
    ignore_index : int, optional
        As in :func:`accuracy`.

    Returns
    -------
    float, or array of shape (C,) for average None
        In [0, 1]. A class that is never predicted has precision 0, a class without targets recall 0, and a class with
        neither F1 0 (scikit-learn's ``zero_division=0``). They count in the mean over classes.

    Raises
    ------
    ValueError
        If a label is no whole number, a scored target is negative, shapes differ, no label is scored, or average is
        none of the three.

    References
    ----------
    Van Rijsbergen (1979), chapter 7.

    Examples
    --------
    >>> predictions, targets = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 2])
    >>> precision(predictions, targets, average=None).round(3)
    array([1.   , 0.333, 0.   ])
    >>> precision(predictions, targets, average="micro")
    0.5
    """
    right, predicted, _ = _counts(predictions, targets, mask, labels, ignore_index)
    return _averaged(right, predicted, average)


def recall(
    predictions: Array,
    targets: Array,
    mask: Array = None,
    *,
    average: str | None = "macro",
    labels: Array = None,
    ignore_index: int | None = None,
) -> Array:
    """How many of the targets of a class are found: right / targets. Arguments and errors: :func:`precision`.

    Examples
    --------
    >>> recall(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 2]), average=None)
    array([0.5, 1. , 0. ])
    """
    right, _, present = _counts(predictions, targets, mask, labels, ignore_index)
    return _averaged(right, present, average)


def f1(
    predictions: Array,
    targets: Array,
    mask: Array = None,
    *,
    average: str | None = "macro",
    labels: Array = None,
    ignore_index: int | None = None,
) -> Array:
    """The harmonic mean of precision and recall: 2 right / (predicted + targets).

    Macro F1 is the mean of the classes' F1, not the F1 of macro precision and recall. Arguments and errors:
    :func:`precision`.

    References
    ----------
    Van Rijsbergen (1979), chapter 7.

    Examples
    --------
    >>> never, rare = np.zeros(100, int), np.arange(100) < 2  # a model that never reports the rare class
    >>> accuracy(never, rare), f1(never, rare, labels=[1])
    (0.98, 0.0)
    """
    right, predicted, present = _counts(predictions, targets, mask, labels, ignore_index)
    return _averaged(2 * right, predicted + present, average)


def pr_auc(scores: Array, targets: Array, mask: Array = None) -> float:
    """The average precision, Σ (R_k - R_{k-1}) P_k over the distinct scores: the area under the precision-recall curve.

    The curve is one of steps. Straight lines between its points would be too high (Davis and Goadrich, 2006).

    Parameters
    ----------
    scores : array of float, of any shape
        Higher means that the answer 1 is more likely; only their order counts. Equal scores form one step.
    targets : array of int or bool, of the same shape
        0 or 1.
    mask : array of bool of the same shape, optional
        True where an answer is scored.

    Returns
    -------
    float
        In (0, 1]. Scores without information give about the share of ones.

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, a target is neither 0 nor 1, or no scored target is 1.

    References
    ----------
    Davis and Goadrich (2006).

    Examples
    --------
    >>> pr_auc(np.array([0.9, 0.8, 0.3, 0.1]), np.array([1, 0, 1, 0]))
    0.8333333333333333
    """
    scores, targets = reals("scores", scores), labels_of("targets", targets)
    keep = scored(mask, "scores", scores, targets)
    check_finite("scores", scores, keep)
    scores, targets = scores[keep], targets[keep]
    others = targets[(targets != 0) & (targets != 1)]
    if others.size:
        raise checks.wrong(f"targets holds {others[0]}", "0 or 1", "Use targets == k to score one class k.")
    if not targets.any():
        hint = "recall is a share of them. Is the class too rare for this split?"
        raise checks.wrong("targets holds no 1", "one or more", hint)
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(targets[order])
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # equal scores cannot be told apart
    gained = np.diff(found[ends], prepend=0) / found[-1]
    return float((gained * found[ends] / (ends + 1)).sum())


def _labels(predictions: Array, targets: Array, mask: Array, ignore_index: int | None) -> tuple[Any, Any]:
    """The scored predictions and targets, in one row each."""
    predictions, targets = labels_of("predictions", predictions), labels_of("targets", targets)
    keep = scored(mask, "predictions", predictions, targets, ignore_index)
    predictions, targets = predictions[keep], targets[keep]
    if (low := targets.min()) < 0:
        hint = f"Is it padding? Give ignore_index={low}, or a mask."
        raise checks.wrong(f"targets holds label {low}", "0 or more", hint)
    return predictions, targets


def _counts(
    predictions: Array, targets: Array, mask: Array, labels: Array, ignore_index: int | None
) -> tuple[Any, Any, Any]:
    """How often each class is right, is predicted and is a target."""
    predictions, targets = _labels(predictions, targets, mask, ignore_index)
    classes = np.union1d(predictions, targets) if labels is None else labels_of("labels", labels)
    if classes.ndim != 1 or classes.size == 0 or len(np.unique(classes)) < len(classes):
        raise checks.wrong(f"labels is {classes.tolist()}", "a row of one or more different classes")
    every = np.unique(np.concatenate([predictions, targets, classes]))
    rows = np.searchsorted(every, classes)

    def count(found: Any) -> Any:
        return np.bincount(np.searchsorted(every, found), minlength=len(every))[rows]

    return count(targets[predictions == targets]), count(predictions), count(targets)


def _averaged(part: Any, whole: Any, average: str | None) -> Array:
    """part / whole of each class, 0 where the whole is 0; or one of the two averages."""
    checks.one_of("average", average, ("macro", "micro", None), "For one class k, use labels=[k].")
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    each = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return each if average is None else float(each.mean())
