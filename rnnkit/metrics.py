"""Measures of what a model answers: of classes, of text, of forecasts and of rankings.

Predictions come first and targets second, as in :mod:`rnnkit.losses`. Arrays are of NumPy or Torch, and results are
plain floats. A mask is True where an answer is scored: what stands elsewhere, NaN included, has no effect.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.extras import needed
from rnnkit.ops import Array, to_numpy


def accuracy(predictions: Array, targets: Array, mask: Array = None) -> float:
    """The share of right labels.

    Parameters
    ----------
    predictions : array of int or bool, of any shape
        One label for each target: for logits of shape (T, N, V), their ``argmax(-1)``.
    targets : array of int or bool, of the same shape
        The right labels.
    mask : array of bool of the same shape, optional
        True where a label is scored; everywhere if left out.

    Returns
    -------
    float
        In [0, 1]. Where one class is frequent, always answering it scores its share: read :func:`f1` as well.

    Raises
    ------
    ValueError
        If a label is no whole number, if shapes differ, or if no label is scored.

    Examples
    --------
    >>> accuracy(np.array([2, 0, 1, 1]), np.array([2, 0, 1, 0]))
    0.75
    >>> accuracy(np.array([2, 0, 1, 1]), np.array([2, 0, 1, 0]), mask=np.array([True, True, False, True]))
    0.6666666666666666
    """
    predictions, targets = _labels(predictions, targets, mask)
    return float((predictions == targets).mean())


def precision(
    predictions: Array, targets: Array, mask: Array = None, *, average: str | None = "macro", labels: Array = None
) -> Array:
    """How many of the predictions of a class are right: right / predicted.

    Parameters
    ----------
    predictions, targets : arrays of int or bool, of one shape
        One label each.
    mask : array of bool of the same shape, optional
        True where a label is scored.
    average : "macro", "micro" or None
        The mean over classes, all classes' counts in one quotient, or one value for each class. Over all classes,
        micro precision, recall and F1 are the accuracy.
    labels : array of int of shape (C,), optional
        The classes that count, in the order of the result: ``[1]`` for those of one class, or all but the class
        that is no entity. If left out, those that occur in predictions or targets, in ascending order.

    Returns
    -------
    float, or array of shape (C,) for average None
        In [0, 1]. A class that is never predicted has precision 0, one without targets has recall 0, and one without
        both has F1 0 (scikit-learn's ``zero_division=0``). They count in the mean over classes.

    Raises
    ------
    ValueError
        If a label is no whole number, shapes differ, no label is scored, or average is none of the three.

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
    right, predicted, _ = _counts(predictions, targets, mask, labels)
    return _averaged(right, predicted, average)


def recall(
    predictions: Array, targets: Array, mask: Array = None, *, average: str | None = "macro", labels: Array = None
) -> Array:
    """How many of the targets of a class are found: right / targets. Arguments and errors: :func:`precision`.

    Examples
    --------
    >>> recall(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 2]), average=None)
    array([0.5, 1. , 0. ])
    """
    right, _, present = _counts(predictions, targets, mask, labels)
    return _averaged(right, present, average)


def f1(
    predictions: Array, targets: Array, mask: Array = None, *, average: str | None = "macro", labels: Array = None
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
    right, predicted, present = _counts(predictions, targets, mask, labels)
    return _averaged(2 * right, predicted + present, average)


def pr_auc(scores: Array, targets: Array, mask: Array = None) -> float:
    """The average precision, Σ (R_k - R_{k-1}) P_k over the distinct scores: the area under precision and recall.

    The area is one of steps. A line between the points of the curve would be too high (Davis and Goadrich, 2006).

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
        In (0, 1]. Scores without information have about the share of ones.

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
    scores, targets = _reals("scores", scores), _whole("targets", targets)
    keep = _scored(mask, "scores", scores, targets)
    _check_finite("scores", scores, keep)
    scores, targets = scores[keep], targets[keep]
    others = targets[(targets != 0) & (targets != 1)]
    if others.size:
        raise ValueError(f"targets holds {others[0]}, but 0 or 1 is expected. Use targets == k to score one class k.")
    if not targets.any():
        raise ValueError("targets holds no 1, but recall is a share of the ones. Is the class too rare for this split?")
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(targets[order])
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # equal scores cannot be told apart
    gained = np.diff(found[ends], prepend=0) / found[-1]
    return float((gained * found[ends] / (ends + 1)).sum())


def perplexity(loss: Array) -> float:
    """exp(loss): how many equally likely classes would be as hard to guess.

    Parameters
    ----------
    loss : float
        The mean of -log p(target) in nats, as :func:`rnnkit.losses.softmax_cross_entropy` gives it. For several
        batches it is the mean over all their targets; a mean of the batches' perplexities is another number.

    Returns
    -------
    float
        1 or more, and V for a uniform guess among V classes; inf where exp overflows.

    Raises
    ------
    ValueError
        If loss is not one number, is NaN, or is negative.

    References
    ----------
    Jelinek, Mercer, Bahl and Baker (1977).

    Examples
    --------
    >>> from rnnkit import softmax_cross_entropy
    >>> loss, _ = softmax_cross_entropy(np.zeros((7, 3, 65)), np.zeros((7, 3), int))  # all 65 are equally likely
    >>> round(perplexity(loss), 9)
    65.0
    """
    with np.errstate(over="ignore"):
        return float(np.exp(_nats(loss)))


def bits_per_character(loss: Array) -> float:
    """loss / log 2: what an ideal code would spend on a character, if the classes are characters.

    Argument and errors: :func:`perplexity`. For other tokens, such as words, it is bits a token: multiply by the
    tokens and divide by the characters of the text to compare.

    Examples
    --------
    >>> bits_per_character(np.log(8))
    3.0
    """
    return _nats(loss) / math.log(2)


def edit_distance(hypothesis: Any, reference: Any) -> int:
    """The fewest insertions, deletions and replacements that turn one sequence into the other.

    Parameters
    ----------
    hypothesis, reference : two strings, or two sequences (lists, tuples, 1-D arrays) of hashable items
        The items of a string are its code points.

    Returns
    -------
    int
        From 0 to the longer one's length.

    Raises
    ------
    ValueError
        If one is text and the other is not, if one is no sequence, or if an item is not hashable.

    References
    ----------
    Levenshtein (1966); the table, row by row: Wagner and Fischer (1974).

    Examples
    --------
    >>> edit_distance("kitten", "sitting")
    3
    >>> edit_distance("the cat sat".split(), "the cat sat down".split())
    1
    """
    if isinstance(hypothesis, str) != isinstance(reference, str):
        came = f"{type(hypothesis).__name__} and reference is {type(reference).__name__}"
        raise ValueError(f"hypothesis is {came}, but both or neither have to be text. Was only one split into words?")
    codes: dict[Any, int] = {}
    coded_hypothesis = _coded("hypothesis", hypothesis, codes)
    coded_reference = _coded("reference", reference, codes)
    along = np.arange(len(coded_reference) + 1)
    row = along  # from nothing to each beginning of the reference
    for k, item in enumerate(coded_hypothesis, 1):
        without_insertion = np.minimum(row[1:] + 1, row[:-1] + (coded_reference != item))
        row = np.minimum.accumulate(np.append(k, without_insertion) - along) + along
    return int(row[-1])


def error_rate(hypotheses: Any, references: Any) -> float:
    """All edits over the length of all references: the word error rate of lists of words, the CER of strings.

    Parameters
    ----------
    hypotheses, references : lists of the same length
        A sequence for each utterance, as :func:`edit_distance` takes them; a string is one of characters.

    Returns
    -------
    float
        0 or more; above 1 if there are more edits than items in the references. Each item has the same weight, unlike
        in a mean of rates, and a reference may be empty if another is not.

    Raises
    ------
    ValueError
        If the lists differ in length or are empty, if all references are empty, or as in :func:`edit_distance`.

    Examples
    --------
    >>> error_rate(["the cat sat".split(), "on mat".split()], ["the cat sat".split(), "on the mat".split()])
    0.16666666666666666
    >>> error_rate(["kitten"], ["sitting"])
    0.42857142857142855
    """
    _check_parallel({"hypotheses": hypotheses, "references": references})
    edits = sum(edit_distance(h, r) for h, r in zip(hypotheses, references, strict=True))
    length = sum(map(len, references))
    if length == 0:
        raise ValueError("references holds empty sequences only, but a rate needs a reference with an item.")
    return edits / length


def bleu(
    hypotheses: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    *more_references: Sequence[Sequence[str]],
) -> float:
    """The BLEU of a corpus that is split into tokens, as sacrebleu computes it.

    A BLEU can be compared only with one of the same tokens (Post, 2018). This one keeps the given tokens and their
    case, and smooths as sacrebleu does: signature ``case:mixed|eff:no|tok:none|smooth:exp``. For a number beside
    published ones, give sacrebleu itself the text as it was before it was split.

    Parameters
    ----------
    hypotheses : list of lists of str
        The tokens of each translation. One may be empty.
    references, *more_references : lists of lists of str
        The tokens of a right translation of each; further lists hold further translations.

    Returns
    -------
    float
        In [0, 100]. 0 if no hypothesis has four tokens: the precisions are those of 1 to 4 tokens in a row.

    Raises
    ------
    ValueError
        If a sentence is no list of tokens, a token is empty or has white space in it, a reference is empty, or the
        lists differ in length.
    ImportError
        If sacrebleu is not installed.

    References
    ----------
    Papineni, Roukos, Ward and Zhu (2002); Post (2018).

    Examples
    --------
    >>> round(bleu(["the cat sat on the mat".split()], ["the cat sat on a mat".split()]), 2)
    53.73
    """
    BLEU = needed("sacrebleu.metrics.bleu", "bleu").BLEU
    names = ("references", *(f"more_references[{k}]" for k in range(len(more_references))))
    translations = dict(zip(names, (references, *more_references), strict=True))
    _check_parallel({"hypotheses": hypotheses, **translations})
    lines = _lines("hypotheses", hypotheses, empty=True)
    streams = [_lines(name, sentences, empty=False) for name, sentences in translations.items()]
    return float(BLEU(tokenize="none", force=True).corpus_score(lines, streams).score)


def mae(predictions: Array, targets: Array, mask: Array = None) -> float:
    """The mean absolute error.

    Parameters
    ----------
    predictions, targets : arrays of real numbers, of one shape
        Of any shape.
    mask : array of bool, optional
        True where an answer is scored, for each number or for each row of the last axis: (T, N) for (T, N, K).

    Returns
    -------
    float
        0 or more, in the unit of the targets.

    Raises
    ------
    ValueError
        If shapes differ, a scored number is not finite, or none is scored.

    Examples
    --------
    >>> mae(np.array([1.0, 2.0, 7.0]), np.array([1.0, 4.0, 3.0]))
    2.0
    """
    return float(np.abs(_errors(predictions, targets, mask)[0]).mean())


def rmse(predictions: Array, targets: Array, mask: Array = None) -> float:
    """The root of the mean squared error, in the unit of the targets. Arguments and errors: :func:`mae`.

    Examples
    --------
    >>> rmse(np.array([1.0, 2.0]), np.array([2.0, 9.0]))
    5.0
    """
    return float(np.sqrt((_errors(predictions, targets, mask)[0] ** 2).mean()))


def mase(predictions: Array, targets: Array, history: Array, season: int = 1, mask: Array = None) -> float:
    """The mean absolute scaled error: each error over the mean error of the naive forecast within the history.

    The naive forecast of y_t is y_{t-season}. Each series is scaled by its own history.

    Parameters
    ----------
    predictions, targets : arrays of float, of one shape, time first
        (T,) for one series, (T, N) or (T, N, K) for more.
    history : array of float of shape (S,), or (S, N) or (S, N, K)
        What was known of the same series before the forecast, usually the training part.
    season : int
        Steps in a period, fewer than S; 1 repeats the last value.
    mask : array of bool, optional
        As for :func:`mae`.

    Returns
    -------
    float
        0 or more, without unit. Below 1: a smaller error than the naive forecast had within the history.

    Raises
    ------
    ValueError
        If shapes do not fit, a scored number is not finite, the history is not longer than a season, or the naive
        forecast of a scored series has no error, as for a constant history: it cannot be a scale.

    References
    ----------
    Hyndman and Koehler (2006).

    Examples
    --------
    >>> mase(np.array([15.0, 16.0]), np.array([13.0, 17.0]), history=np.array([10.0, 12.0, 11.0, 15.0, 14.0]))
    0.75
    """
    errors, keep = _errors(predictions, targets, mask)
    history, season = _reals("history", history), checks.size("season", season)
    if history.ndim == 0 or history.shape[1:] != keep.shape[1:]:
        raise ValueError(
            f"history has shape {history.shape}, but time and then {keep.shape[1:]} is expected: the same series as in "
            f"targets, which has shape {keep.shape}."
        )
    if len(history) <= season:
        raise ValueError(f"history has {len(history)} steps, but season {season} needs {season + 1} or more.")
    _check_finite("history", history, np.ones(history.shape, bool))
    scale = np.abs(history[season:] - history[:-season]).mean(0)
    perfect = np.argwhere((scale == 0) & keep)
    if len(perfect):
        where = f" of series {perfect[0][1:].tolist()}" if keep.ndim > 1 else ""
        raise ValueError(
            f"history{where} repeats itself exactly with season {season}, but the naive forecast has to have an error "
            "to scale by. Is the series constant?"
        )
    return float((np.abs(errors) / np.broadcast_to(scale, keep.shape)[keep]).mean())


def _array(name: str, value: Array, kinds: str, expected: str) -> Any:
    """As a NumPy array, if its dtype is of one of these kinds."""
    try:
        found = to_numpy(value)
    except ValueError as error:
        raise ValueError(f"{name} is no rectangular array: {error}. Pad sequences, and give a mask.") from None
    if found.dtype.kind not in kinds:
        raise ValueError(f"{name} has dtype {found.dtype}, but {expected}")
    return found


def _whole(name: str, value: Array) -> Any:
    """As whole numbers of one dtype."""
    expected = "labels are whole numbers. Use .argmax(-1) for logits, and .astype(int) for labels kept as floats."
    return _array(name, value, "iub", expected).astype(np.int64)


def _reals(name: str, value: Array) -> Any:
    """As float64, whatever they came as: a mean of many float32 would lose digits."""
    return _array(name, value, "fiub", "real numbers are expected.").astype(np.float64)


def _scored(mask: Array, name: str, predictions: Any, targets: Any) -> Any:
    """The mask in the shape of both, once it is sure that they have one shape and that something is scored."""
    if predictions.shape != targets.shape:
        raise ValueError(
            f"{name} has shape {predictions.shape}, but targets has {targets.shape}: one answer for each target. "
            "Is there an axis of length 1 too many, or one-hot coding?"
        )
    keep = np.ones(targets.shape, bool)
    if mask is not None:
        of_rows = to_numpy(mask).shape == targets.shape[:-1]
        mask = checks.mask(mask, targets.shape[:-1] if of_rows else targets.shape)
        keep &= mask.reshape(mask.shape + (1,) * (targets.ndim - mask.ndim))
    if not keep.any():
        why = f"targets has shape {targets.shape}" if keep.size == 0 else "mask is False everywhere"
        raise ValueError(f"{why}, but a measure needs at least one scored target.")
    return keep


def _check_finite(name: str, a: Any, keep: Any) -> None:
    bad = np.argwhere(~np.isfinite(a) & keep)
    if len(bad):
        where = tuple(int(k) for k in bad[0])
        raise ValueError(
            f"{name} holds {a[where]} at {list(where)}, but every scored number has to be finite. Fill gaps, or cover "
            "them with the mask."
        )


def _labels(predictions: Array, targets: Array, mask: Array) -> tuple[Any, Any]:
    """The scored labels of both, in one row each."""
    predictions, targets = _whole("predictions", predictions), _whole("targets", targets)
    keep = _scored(mask, "predictions", predictions, targets)
    return predictions[keep], targets[keep]


def _errors(predictions: Array, targets: Array, mask: Array) -> tuple[Any, Any]:
    """What the scored predictions miss, in one row, and which are scored."""
    predictions, targets = _reals("predictions", predictions), _reals("targets", targets)
    keep = _scored(mask, "predictions", predictions, targets)
    _check_finite("predictions", predictions, keep)
    _check_finite("targets", targets, keep)
    return predictions[keep] - targets[keep], keep


def _counts(predictions: Array, targets: Array, mask: Array, labels: Array) -> tuple[Any, Any, Any]:
    """How often each class is right, is predicted and is a target."""
    predictions, targets = _labels(predictions, targets, mask)
    classes = np.union1d(predictions, targets) if labels is None else _whole("labels", labels)
    if classes.ndim != 1 or classes.size == 0 or len(np.unique(classes)) < len(classes):
        raise ValueError(f"labels is {classes.tolist()}, but a row of one or more different classes is expected.")
    every = np.unique(np.concatenate([predictions, targets, classes]))
    rows = np.searchsorted(every, classes)

    def count(found: Any) -> Any:
        return np.bincount(np.searchsorted(every, found), minlength=len(every))[rows]

    return count(targets[predictions == targets]), count(predictions), count(targets)


def _averaged(part: Any, whole: Any, average: str | None) -> Array:
    """part / whole of each class, 0 where there is no whole; or one of the two averages."""
    if average not in ("macro", "micro", None):
        raise ValueError(
            f"average is {average!r}, but 'macro', 'micro' or None is expected. For one class k, use labels=[k]."
        )
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    each = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return each if average is None else float(each.mean())


def _nats(loss: Array) -> float:
    if isinstance(loss, tuple):
        raise ValueError("loss is a tuple, but a number is expected. A loss comes with its gradient: take the first.")
    found = _reals("loss", loss)
    if found.ndim:
        raise ValueError(f"loss has shape {found.shape}, but one number is expected: the mean over all scored targets.")
    if not found >= 0:
        raise ValueError(f"loss is {found}, but a mean of -log p is 0 or more. Is its sign that of a log-likelihood?")
    return float(found)


def _coded(name: str, sequence: Any, codes: dict[Any, int]) -> Any:
    """Each item's number in ``codes``, which grows: NumPy compares a row of numbers at once."""
    if not isinstance(sequence, Sequence):
        found = to_numpy(sequence)
        if found.ndim != 1:
            came = f"an array of shape {found.shape}" if hasattr(sequence, "shape") else type(sequence).__name__
            raise ValueError(f"{name} is {came}, but a string or another sequence of items is expected.")
        sequence = found.tolist()
    if any(hasattr(item, "shape") and not isinstance(item, np.generic) for item in sequence):
        raise ValueError(f"{name} holds arrays, but items are numbers or text. Use .tolist() on the whole sequence.")
    try:
        return np.array([codes.setdefault(item, len(codes)) for item in sequence], np.int64)
    except TypeError as error:
        raise ValueError(f"{name} holds an item that cannot be looked up: {error}. Is it one list too deep?") from None


def _check_parallel(sentences: dict[str, Any]) -> None:
    """Lists of one length, which is not 0."""
    for name, each in sentences.items():
        if isinstance(each, str) or not isinstance(each, Sequence):
            raise ValueError(
                f"{name} is {type(each).__name__}, but a list with one sequence for each text is expected."
            )
    lengths = {name: len(each) for name, each in sentences.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        came = ", ".join(f"{name} holds {n}" for name, n in lengths.items())
        raise ValueError(f"{came}, but one or more sequences are expected, and as many in each list.")


def _lines(name: str, sentences: Sequence[Sequence[str]], empty: bool) -> list[str]:
    """Each sentence's tokens with spaces between, which is how sacrebleu reads tokens."""
    for k, tokens in enumerate(sentences):
        if isinstance(tokens, str) or not isinstance(tokens, Sequence):
            raise ValueError(f"{name}[{k}] is {type(tokens).__name__}, but a list of tokens is expected. Use .split().")
        for token in tokens:
            if not isinstance(token, str) or token.split() != [token]:
                raise ValueError(
                    f"{name}[{k}] holds {token!r}, but a token is text without white space. Look up numbers in the "
                    "vocabulary first."
                )
        if not (tokens or empty):
            raise ValueError(f"{name}[{k}] is empty, but a translation of something has a token.")
    return [" ".join(tokens) for tokens in sentences]
