"""Measures of text: of its probability, and of how it differs from what was wanted."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.scored import reals
from rnnkit.ops import Array, to_numpy


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
        raise ValueError(f"hypothesis is {came}, expected text for both or for neither. Was only one split into words?")
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
        raise ValueError("references holds empty sequences only, expected a reference with an item.")
    return edits / length


def _nats(loss: Array) -> float:
    if isinstance(loss, tuple):
        raise ValueError("loss is a tuple, expected a number. A loss comes with its gradient: take the first.")
    found = reals("loss", loss)
    if found.ndim:
        raise ValueError(f"loss has shape {found.shape}, expected one number: the mean over all scored targets.")
    if not found >= 0:
        raise ValueError(
            f"loss is {found}, expected 0 or more: a mean of -log p. Is its sign that of a log-likelihood?"
        )
    return float(found)


def _coded(name: str, sequence: Any, codes: dict[Any, int]) -> Any:
    """Each item's number in ``codes``, which grows: NumPy compares a row of numbers at once."""
    if not isinstance(sequence, Sequence):
        found = to_numpy(sequence)
        if found.ndim != 1:
            came = f"an array of shape {found.shape}" if hasattr(sequence, "shape") else type(sequence).__name__
            raise ValueError(f"{name} is {came}, expected a string or another sequence of items.")
        sequence = found.tolist()
    if any(hasattr(item, "shape") and not isinstance(item, np.generic) for item in sequence):
        raise ValueError(f"{name} holds arrays, expected numbers or text. Use .tolist() on the whole sequence.")
    try:
        return np.array([codes.setdefault(item, len(codes)) for item in sequence], np.int64)
    except TypeError as error:
        raise ValueError(f"{name} holds an item that cannot be looked up: {error}. Is it one list too deep?") from None


def _check_parallel(sentences: dict[str, Any]) -> None:
    """Lists of one length, which is not 0."""
    for name, each in sentences.items():
        if isinstance(each, str) or not isinstance(each, Sequence):
            raise ValueError(f"{name} is {type(each).__name__}, expected a list with one sequence for each text.")
    lengths = {name: len(each) for name, each in sentences.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        came = ", ".join(f"{name} holds {n}" for name, n in lengths.items())
        raise ValueError(f"{came}, expected one or more sequences, and as many in each list.")
