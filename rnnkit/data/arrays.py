"""From arrays to batches: shuffling, padding, and windows of a series that do not see their future."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rnnkit.data.task import Batch, Seed, apart, generator, whole
from rnnkit.ops import Array, to_numpy


def shuffled(
    xs: Array, targets: Array, batch_size: int, mask: Array = None, scored: Array = None
) -> Callable[[Seed], Iterator[Batch]]:
    """What :func:`rnnkit.fit` takes, from arrays: each call goes once through all sequences, in a new order.

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
        If a shape does not fit to that of xs, there is no sequence, or batch_size is no positive whole number.

    Examples
    --------
    >>> batches = shuffled(np.zeros((5, 10, 3)), np.arange(10), batch_size=4)
    >>> [batch.xs.shape for batch in batches(0)]
    [(5, 4, 3), (5, 4, 3), (5, 2, 3)]
    """
    xs, targets, batch_size = to_numpy(xs), to_numpy(targets), whole("batch_size", batch_size)
    if xs.ndim not in (2, 3) or 0 in xs.shape:
        raise ValueError(f"xs has shape {xs.shape}, expected (T, N, I) or (T, N) with at least one sequence.")
    every_step = targets.shape[:2] == xs.shape[:2]
    if not every_step and targets.shape[:1] != xs.shape[1:2]:
        raise ValueError(
            f"targets has shape {targets.shape}, but xs of shape {xs.shape} needs {xs.shape[:2]} at every step, or "
            f"{xs.shape[1:2]} after the last, each with an axis of values or without. Is it batch-first?"
        )
    flags = [_flags("mask", mask, xs), _flags("scored", scored, xs)]

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
        raise ValueError("sequences is empty, expected at least one sequence.")
    for n, row in enumerate(rows):
        if row.ndim not in (1, 2) or not row.size or row.shape[1:] != rows[0].shape[1:]:
            raise ValueError(
                f"sequence {n} has shape {row.shape}, expected (T, I) or (T,), with at least one step and the "
                f"features of sequence 0, which has shape {rows[0].shape}."
            )
    lengths = np.array([len(row) for row in rows])
    xs = np.zeros((lengths.max(), len(rows), *rows[0].shape[1:]), np.result_type(*rows))
    for n, row in enumerate(rows):
        xs[: len(row), n] = row
    return xs, np.arange(len(xs))[:, None] < lengths


def windows(
    series: Array, length: int, horizon: int = 1, shares: Sequence[float] = (0.7, 0.15, 0.15), stride: int = 1
) -> tuple[Batch, ...]:
    """Windows of a series and the values to be forecast, split by time.

    The series is cut into consecutive parts first, and a window lies with its target inside one part. So no value
    that is a target in one part stands in another, and what is forecast always comes after all that was trained on.

    Parameters
    ----------
    series : array of shape (S,) or (S, I)
        Values in the order of time.
    length : int
        T, the steps of a window.
    horizon : int
        How many steps after the window's last one the target is; 1 is the next value.
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
        target, or a number is not whole and positive.

    Notes
    -----
    Means and deviations for a normalisation have to come from the first part alone.

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
        raise ValueError(f"series has shape {series.shape}, expected (S,) or (S, I): time first, one series.")
    length, horizon, stride = whole("length", length), whole("horizon", horizon), whole("stride", stride)
    if not shares or min(shares) <= 0 or not np.isclose(sum(shares), 1):
        raise ValueError(f"shares is {tuple(shares)}, expected positive parts that add up to 1.")
    series = series.reshape(len(series), -1)
    cuts = np.round(np.cumsum([0, *shares]) * len(series)).astype(int)
    return tuple(_windows(series[start:stop], length, horizon, stride) for start, stop in pairwise(cuts))


def _windows(part: Any, length: int, horizon: int, stride: int) -> Batch:
    """All windows of a part, with their targets."""
    if len(part) < length + horizon:
        raise ValueError(
            f"a part of series has {len(part)} steps, but a window of length {length} with its target {horizon} later "
            f"needs {length + horizon}. Take a shorter window, fewer parts or a longer series."
        )
    every = np.lib.stride_tricks.sliding_window_view(part[:-horizon], length, axis=0)[::stride]  # (N, I, T)
    return Batch(every.transpose(2, 0, 1), part[length + horizon - 1 :: stride])


def _flags(name: str, a: Array, xs: Any) -> Any:
    if a is None:
        return None
    found = to_numpy(a)
    if found.shape != xs.shape[:2] or found.dtype != bool:
        raise ValueError(
            f"{name} has shape {found.shape} and dtype {found.dtype}, expected {xs.shape[:2]} and bool: "
            "a flag for each step of each sequence."
        )
    return found
