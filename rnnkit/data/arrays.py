"""From arrays to batches: shuffled, padded, of about one length; and windows of a series before what they forecast."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Batch, Seed, apart, generator
from rnnkit.ops import Array, to_numpy


def shuffled(
    xs: Array, targets: Array, batch_size: int, mask: Array = None, scored: Array = None
) -> Callable[[Seed], Iterator[Batch]]:
    """Batches for :func:`rnnkit.fit` from arrays: each call of the result goes through all sequences in a new order.

    Parameters
    ----------
    xs : array of shape (T, N, I), or of int of shape (T, N)
        All sequences, time-major.
    targets : array of shape (T, N) or (T, N, K), or (N,) or (N, K)
        Answers at every step, or one after the last. With T = N = K, (N, K) is read as (T, N).
    batch_size : int
        Sequences in a batch; the last batch of an epoch has what is left.
    mask, scored : arrays of bool of shape (T, N), optional
        Where there is data, and where an answer is wanted.

    Returns
    -------
    function
        From a Generator or seed to an iterator of :class:`Batch`.

    Raises
    ------
    ValueError
        If a shape does not fit that of xs, there is no sequence, or batch_size is no whole number of 1 or more.

    Examples
    --------
    >>> batches = shuffled(np.zeros((5, 10, 3)), np.arange(10), batch_size=4)
    >>> [batch.xs.shape for batch in batches(0)]
    [(5, 4, 3), (5, 4, 3), (5, 2, 3)]
    """
    xs, targets, batch_size = to_numpy(xs), to_numpy(targets), checks.whole("batch_size", batch_size)
    if xs.ndim not in (2, 3) or 0 in xs.shape:
        raise checks.wrong(f"xs has shape {xs.shape}", "(T, N, I) or (T, N) with at least one sequence")
    every_step = targets.shape[:2] == xs.shape[:2]
    if not every_step and targets.shape[:1] != xs.shape[1:2]:
        raise checks.wrong(
            f"targets has shape {targets.shape}",
            f"{xs.shape[:2]} at every step or {xs.shape[1:2]} after the last, each with an axis of values or without",
            f"xs has shape {xs.shape}. Is it batch-first?",
        )
    flags = [checks.mask(mask, xs.shape[:2]), checks.mask(scored, xs.shape[:2], "scored", "an answer is wanted")]

    def epoch(rng: Seed) -> Iterator[Batch]:
        order = generator(rng).permutation(xs.shape[1])
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            answers = targets[:, rows] if every_step else targets[rows]
            yield Batch(xs[:, rows], answers, *(None if a is None else a[:, rows] for a in flags))

    return apart(epoch)


def padded(sequences: Sequence[Array]) -> tuple[Any, Any]:
    """Sequences of several lengths side by side, with 0 after the end of each.

    Parameters
    ----------
    sequences : sequence of N arrays of shape (T_n, I), or (T_n,)
        Each of at least one step; all with the same features.

    Returns
    -------
    xs : array of shape (T, N, I), or (T, N)
        Time-major, T the longest; of the sequences' own dtype.
    mask : array of bool of shape (T, N)
        True where there is data.

    Raises
    ------
    ValueError
        If there is no sequence, one is empty, or one has another number of features.

    Examples
    --------
    >>> xs, mask = padded([np.array([1, 2, 3]), np.array([4])])
    >>> xs.tolist(), mask.sum(0).tolist()
    ([[1, 4], [2, 0], [3, 0]], [3, 1])
    """
    rows = [to_numpy(sequence) for sequence in sequences]
    if not rows:
        raise checks.wrong("sequences is empty", "at least one sequence")
    for n, row in enumerate(rows):
        if row.ndim not in (1, 2) or not row.size or row.shape[1:] != rows[0].shape[1:]:
            like_first = f"with at least one step and the features of sequence 0, which has shape {rows[0].shape}"
            raise checks.wrong(f"sequence {n} has shape {row.shape}", f"(T, I) or (T,), {like_first}")
    lengths = np.array([len(row) for row in rows])
    xs = np.zeros((lengths.max(), len(rows), *rows[0].shape[1:]), np.result_type(*rows))
    for n, row in enumerate(rows):
        xs[: len(row), n] = row
    return xs, np.arange(len(xs))[:, None] < lengths


def by_length(sequences: Sequence[Array], targets: Any, batch_size: int) -> Callable[[Seed], Iterator[Batch]]:
    """Batches of sequences of about one length, for :func:`rnnkit.fit`: the less padding, the less is computed for it.

    In each epoch the sequences are sorted by length anew, equal ones and near ones in a new order, and cut into
    batches, which then come in a new order. Each batch is as long as its own longest sequence.

    Parameters
    ----------
    sequences : sequence of N arrays of shape (T_n, I), or (T_n,)
        As for :func:`padded`.
    targets : array of shape (N,) or (N, K), or sequence of N arrays of shape (T_n,) or (T_n, K)
        One answer for each sequence, or one for each step.
    batch_size : int
        Sequences in a batch; one batch of an epoch has what is left.

    Returns
    -------
    function
        From a Generator or seed to an iterator of :class:`Batch`, masked; ``scored`` is the mask where there is an
        answer for each step.

    Raises
    ------
    ValueError
        If there is no sequence, there are more or fewer targets, a row of targets has another length than its sequence,
        or batch_size is no whole number of 1 or more.

    Examples
    --------
    >>> batches = by_length([np.arange(length) for length in (9, 1, 8, 2)], np.array([0, 1, 0, 1]), batch_size=2)
    >>> sorted((batch.xs.shape, batch.targets.tolist()) for batch in batches(0))
    [((2, 2), [1, 1]), ((9, 2), [0, 0])]
    """
    rows, batch_size = [to_numpy(sequence) for sequence in sequences], checks.whole("batch_size", batch_size)
    padded(rows)  # its checks
    if len(targets) != len(rows):
        raise checks.wrong(f"targets has {len(targets)} rows", f"{len(rows)}, one for each sequence")
    every_step = not hasattr(targets, "shape") and np.ndim(targets[0]) > 0
    answers = [to_numpy(each) for each in targets] if every_step else to_numpy(targets)
    lengths = np.array([len(row) for row in rows])
    for n, answer in enumerate(answers if every_step else ()):
        if len(answer) != lengths[n]:
            raise checks.wrong(f"targets of sequence {n} has {len(answer)} steps", f"{lengths[n]}, as the sequence has")

    def epoch(rng: Seed) -> Iterator[Batch]:
        rng = generator(rng)
        order = np.argsort(lengths * rng.uniform(0.95, 1.05, len(rows)), kind="stable")
        starts = range(0, len(rows), batch_size)
        for k in rng.permutation(len(starts)):
            chosen = order[starts[k] : starts[k] + batch_size]
            xs, mask = padded([rows[n] for n in chosen])
            if every_step:
                yield Batch(xs, padded([answers[n] for n in chosen])[0], mask, mask)
            else:
                yield Batch(xs, answers[chosen], mask)

    return apart(epoch)


def windows(
    series: Array, length: int, horizon: int = 1, shares: Sequence[float] = (0.7, 0.15, 0.15), stride: int = 1
) -> tuple[Batch, ...]:
    """Windows of a series and the values to forecast, split by time.

    The series is first cut into consecutive parts, and a window lies with its target inside one part. So the parts
    share no value, and every value of the test part comes after all values of the training part.

    Parameters
    ----------
    series : array of shape (S,) or (S, I)
        Values in the order of time.
    length : int
        T, the steps of a window.
    horizon : int
        Steps from the window's last value to its target; 1: the next value.
    shares : sequence of float
        The parts of the series, as for training, validation and test; positive, with the sum 1.
    stride : int
        Steps from the start of one window to that of the next.

    Returns
    -------
    tuple of Batch
        One for each share: xs (T, N, I), a view where ``series`` is a NumPy array, and targets (N, I).

    Raises
    ------
    ValueError
        If series has another shape, the shares do not add up to 1, a part is too short for one window and its
        target, or length, horizon or stride is no whole number of 1 or more.

    Notes
    -----
    Take the means and deviations for a normalisation from the first part alone.

    Examples
    --------
    >>> train, test = windows(np.arange(10.0), length=3, shares=(0.6, 0.4))
    >>> train.xs[:, :, 0].T.tolist(), train.targets[:, 0].tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0]], [3.0, 4.0, 5.0])
    >>> test.xs[:, :, 0].T.tolist(), test.targets[:, 0].tolist()
    ([[6.0, 7.0, 8.0]], [9.0])
    """
    series = to_numpy(series)
    if series.ndim not in (1, 2):
        raise checks.wrong(f"series has shape {series.shape}", "(S,) or (S, I)", "time first, one series.")
    length, horizon, stride = (
        checks.whole(name, n) for name, n in (("length", length), ("horizon", horizon), ("stride", stride))
    )
    if not shares or min(shares) <= 0 or not np.isclose(sum(shares), 1):
        raise checks.wrong(f"shares is {tuple(shares)}", "positive parts that add up to 1")
    series = series.reshape(len(series), -1)
    cuts = np.round(np.cumsum([0, *shares]) * len(series)).astype(int)
    return tuple(_windows(series[start:stop], length, horizon, stride) for start, stop in pairwise(cuts))


def _windows(part: Any, length: int, horizon: int, stride: int) -> Batch:
    """All windows of a part, with their targets."""
    if len(part) < length + horizon:
        raise checks.wrong(
            f"a part of series has {len(part)} steps",
            f"{length + horizon} or more for a window of length {length} and its target {horizon} later",
            "Take a shorter window, fewer parts or a longer series.",
        )
    every = np.lib.stride_tricks.sliding_window_view(part[:-horizon], length, axis=0)[::stride]  # (N, I, T)
    return Batch(every.transpose(2, 0, 1), part[length + horizon - 1 :: stride])
