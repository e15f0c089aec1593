"""Measures of text: its probability, and its distance from a reference."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.metrics.scored import parallel, reals
from rnnkit.ops import Array, to_numpy


def perplexity(loss: Array) -> float:
    """exp(loss): the number of equally likely classes that are as hard to guess.

    Parameters
    ----------
    loss : float
        The mean of -log p(target) in nats, as :func:`rnnkit.losses.softmax_cross_entropy` gives it. For several
        batches, give the mean over all their targets; the mean of the batches' perplexities is another number.

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
    """loss / log 2: the bits that an ideal code spends on a character, if the classes are characters.

    Argument and errors: :func:`perplexity`. For other tokens, such as words, it is bits a token: to compare, multiply
    by the text's tokens and divide by its characters.

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
        If one is text and the other is not, one is no sequence, or an item is not hashable.

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
        raise checks.wrong(f"hypothesis is {came}", "text for both or for neither", "Was only one split into words?")
    codes: dict[Any, int] = {}
    coded_hypothesis = _coded("hypothesis", hypothesis, codes)
    coded_reference = _coded("reference", reference, codes)
    along = np.arange(len(coded_reference) + 1)
    row = along  # the distance of nothing from each beginning of the reference
    for k, item in enumerate(coded_hypothesis, 1):
        without_insertion = np.minimum(row[1:] + 1, row[:-1] + (coded_reference != item))
        row = np.minimum.accumulate(np.append(k, without_insertion) - along) + along
    return int(row[-1])


def error_rate(hypotheses: Any, references: Any) -> float:
    """All edits, divided by the length of all references: the word error rate of lists of words, the CER of strings.

    Parameters
    ----------
    hypotheses, references : lists of the same length
        One sequence an utterance, as :func:`edit_distance` takes them; a string is a sequence of characters.

    Returns
    -------
    float
        0 or more; above 1 if there are more edits than items in the references. Each item has the same weight, which a
        mean of the utterances' rates does not give. A reference may be empty if another is not.

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
    parallel({"hypotheses": hypotheses, "references": references})
    edits = sum(edit_distance(h, r) for h, r in zip(hypotheses, references, strict=True))
    length = sum(map(len, references))
    if length == 0:
        raise checks.wrong("references holds empty sequences only", "a reference with an item")
    return edits / length


def _nats(loss: Array) -> float:
    if isinstance(loss, tuple):
        raise checks.wrong("loss is a tuple", "a number", "A loss comes with its gradient: take the first.")
    found = reals("loss", loss)
    if found.ndim:
        raise checks.wrong(f"loss has shape {found.shape}", "one number", "the mean over all scored targets.")
    if not found >= 0:
        hint = "a mean of -log p. Is its sign that of a log-likelihood?"
        raise checks.wrong(f"loss is {found}", "0 or more", hint)
    return float(found)


def _coded(name: str, sequence: Any, codes: dict[Any, int]) -> Any:
    """The number of each item in ``codes``, to which new items are added. NumPy compares a row of numbers at once."""
    if not isinstance(sequence, Sequence):
        found = to_numpy(sequence)
        if found.ndim != 1:
            came = f"an array of shape {found.shape}" if hasattr(sequence, "shape") else type(sequence).__name__
            raise checks.wrong(f"{name} is {came}", "a string or another sequence of items")
        sequence = found.tolist()
    if any(hasattr(item, "shape") and not isinstance(item, np.generic) for item in sequence):
        raise checks.wrong(f"{name} holds arrays", "numbers or text", "Use .tolist() on the whole sequence.")
    try:
        return np.array([codes.setdefault(item, len(codes)) for item in sequence], np.int64)
    except TypeError as error:
        came, hint = f"{name} holds an item that no dict can hold ({error})", "Is it one list too deep?"
        raise checks.wrong(came, "numbers or text", hint) from None
