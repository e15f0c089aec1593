"""Measures of spans: stretches of a sequence that bear a label, such as names in a sentence."""

from collections.abc import Sequence
from typing import Any

from rnnkit import checks
from rnnkit.metrics.scored import parallel

Span = tuple[int, int, str]


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans that the tags of a sequence mark, as (start, stop, label).

    Parameters
    ----------
    tags : sequence of str
        One for each step: ``"B-name"`` where a span begins, ``"I-name"`` where it goes on, ``"O"`` outside.

    Returns
    -------
    list of (int, int, str)
        In their order. As the scorer of CoNLL-2000 reads them, an I that no span of its label comes before begins one.

    Raises
    ------
    ValueError
        If a tag is of another form.

    References
    ----------
    Ramshaw and Marcus (1995); Tjong Kim Sang and Buchholz (2000).

    Examples
    --------
    >>> spans(["B-name", "I-name", "O", "B-place", "B-place"])
    [(0, 2, 'name'), (3, 4, 'place'), (4, 5, 'place')]
    """
    found: list[Span] = []
    start, label = 0, ""
    for step, tag in enumerate([*tags, "O"]):
        kind, _, own = tag.partition("-")
        if tag != "O" and (kind not in ("B", "I") or not own):
            raise checks.wrong(f"tag {step} is {tag!r}", "'O', or a label behind 'B-' or 'I-'")
        if label and (kind != "I" or own != label):
            found.append((start, step, label))
            label = ""
        if own and not label:
            start, label = step, own
    return found


def span_counts(predictions: Sequence[Any], targets: Sequence[Any]) -> tuple[int, int, int]:
    """How many spans are right, how many were predicted and how many there are, over all sequences.

    A span is right if its start, its stop and its label are.

    Parameters
    ----------
    predictions, targets : lists of the same length
        The tags of each sequence, as :func:`spans` takes them, and as many in both.

    Returns
    -------
    tuple of three int

    Raises
    ------
    ValueError
        If the lists are empty or differ in length, a sequence has another length than its targets, or as in
        :func:`spans`.
    """
    parallel({"predictions": predictions, "targets": targets})
    right = predicted = present = 0
    for n, (said, true) in enumerate(zip(predictions, targets, strict=True)):
        if len(said) != len(true):
            raise checks.wrong(f"predictions of sequence {n} has {len(said)} tags", f"{len(true)}, as its targets have")
        found, wanted = set(spans(said)), set(spans(true))
        right, predicted, present = right + len(found & wanted), predicted + len(found), present + len(wanted)
    return right, predicted, present


def span_f1(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The harmonic mean of the precision and the recall of spans: 2 right / (predicted + present), over all sequences.

    Arguments and errors: :func:`span_counts`; also a ValueError where there is no span at all.

    Returns
    -------
    float
        In [0, 1]. One wrong tag makes a whole span wrong, and often one more: at 95 of 100 tags right, a few spans in
        ten may be wrong.

    Examples
    --------
    >>> span_f1([["B-a", "I-a", "O"]], [["B-a", "I-a", "I-a"]])
    0.0
    """
    right, predicted, present = span_counts(predictions, targets)
    if not predicted + present:
        raise checks.wrong("predictions and targets hold no span", "at least one")
    return 2 * right / (predicted + present)
