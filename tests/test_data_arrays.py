"""Batches from arrays: nothing is lost or mixed up, padding is marked, and no window sees what it has to forecast."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from wrong_calls import refused

from rnnkit.data import padded, shuffled, windows

T, N, I, K = 5, 11, 3, 2


def tagged(shape, axis):
    """An array whose every entry is the number of its sequence."""
    return np.broadcast_to(np.arange(N).reshape([-1 if k == axis else 1 for k in range(len(shape))]), shape).copy()


@pytest.mark.parametrize("target", [(T, N), (T, N, K), (N,), (N, K)], ids=str)
@pytest.mark.parametrize("inputs", [(T, N, I), (T, N)], ids=str)
def test_shuffled_keeps_every_sequence_whole(inputs, target):
    xs, targets = tagged(inputs, 1), tagged(target, len(target) > 1 and target[:2] == (T, N))
    mask, scored = tagged((T, N), 1) % 2 == 0, tagged((T, N), 1) % 3 == 0
    batches, seen = shuffled(xs, targets, 4, mask, scored), []
    for batch in batches(0):
        row = batch.xs[0] if batch.xs.ndim == 2 else batch.xs[0, :, 0]
        steps = target[:2] == (T, N)
        assert batch.targets.shape == ((T, len(row), *target[2:]) if steps else (len(row), *target[1:]))
        of_answers = batch.targets[0] if steps else batch.targets
        np.testing.assert_array_equal(of_answers.reshape(len(row), -1)[:, 0], row)
        np.testing.assert_array_equal(batch.mask, np.broadcast_to(row % 2 == 0, (T, len(row))))
        np.testing.assert_array_equal(batch.scored, np.broadcast_to(row % 3 == 0, (T, len(row))))
        seen.append(row)
    assert [len(row) for row in seen] == [4, 4, 3]
    assert sorted(np.concatenate(seen)) == list(range(N))


def test_shuffled_draws_a_new_order_each_epoch():
    batches = shuffled(tagged((T, N), 1), np.arange(N), 4)
    rng = np.random.default_rng(0)
    first, second = ([b.targets.tolist() for b in batches(rng)] for _ in range(2))
    assert first == [b.targets.tolist() for b in batches(0)] != second
    assert next(batches(0)).mask is None is next(batches(0)).scored


def test_padded_marks_where_there_is_data():
    rng = np.random.default_rng(0)
    rows = [rng.standard_normal((length, I)).astype(np.float32) for length in (4, 1, 6)]
    xs, mask = padded(rows)
    assert xs.shape == (6, 3, I)
    assert xs.dtype == np.float32
    assert mask.sum(0).tolist() == [4, 1, 6]
    for n, row in enumerate(rows):
        np.testing.assert_array_equal(xs[mask[:, n], n], row)
        assert (xs[~mask[:, n], n] == 0).all()
    assert padded([np.array([1, 2]), np.array([3])])[0].dtype == np.int64


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(20, 60),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from([(0.5, 0.5), (1.0,), (0.6, 0.2, 0.2)]),
)
def test_each_target_comes_after_its_window(S, length, horizon, stride, shares):
    assume(S * min(shares) >= length + horizon + 1)
    series = np.stack([np.arange(S), -np.arange(S)], 1)  # each value is its time
    parts, last = windows(series, length, horizon, shares, stride), -1
    for part in parts:
        times, wanted = part.xs[:, :, 0], part.targets[:, 0]
        assert part.xs.shape[2] == part.targets.shape[1] == 2
        assert (np.diff(times, axis=0) == 1).all()
        assert (np.diff(times[0]) == stride).all()
        np.testing.assert_array_equal(wanted, times[-1] + horizon)
        np.testing.assert_array_equal(part.targets[:, 1], -wanted)
        assert times.min() > last  # what was used before is never an input or a target again
        last = max(times.max(), wanted.max())
    assert last >= S - stride  # the last value but a stride is forecast


def test_windows_cover_the_whole_series():
    (part,) = windows(np.arange(10), length=3, horizon=2, shares=(1.0,))
    assert part.targets[:, 0].tolist() == [4, 5, 6, 7, 8, 9]
    assert part.xs[:, :, 0].T.tolist() == [[k, k + 1, k + 2] for k in range(6)]
    train, validation, test = windows(np.arange(100), length=5)
    assert [len(part.targets) for part in (train, validation, test)] == [65, 10, 10]
    assert (train.targets.max(), validation.xs.min(), validation.targets.max(), test.xs.min()) == (69, 70, 84, 85)


XS, SERIES = np.zeros((T, N, I)), np.zeros(100)
CALLS = {
    "batch-first targets": (
        lambda: shuffled(XS, np.zeros((N + 1, K)), 4),
        "targets has shape (12, 2), expected (5, 11) at every step or (11,) after the last",
    ),
    "one target": (lambda: shuffled(XS, 3.0, 4), "targets has shape (), expected (5, 11) at every step"),
    "no sequences": (
        lambda: shuffled(np.zeros((T, 0, I)), np.zeros(0), 4),
        "xs has shape (5, 0, 3), expected (T, N, I) or (T, N) with at least one sequence",
    ),
    "one sequence without batch": (
        lambda: shuffled(np.zeros(T), np.zeros(T), 4),
        "xs has shape (5,), expected (T, N, I) or (T, N) with at least one sequence",
    ),
    "a batch of none": (lambda: shuffled(XS, np.zeros(N), 0), "batch_size is 0, expected a whole number of 1 or more."),
    "a mask of lengths": (
        lambda: shuffled(XS, np.zeros(N), 4, mask=np.ones(N, bool)),
        "mask has shape (11,) and dtype bool, expected (5, 11) and bool",
    ),
    "scores that are no truths": (
        lambda: shuffled(XS, np.zeros(N), 4, scored=np.ones((T, N))),
        "scored has shape (5, 11) and dtype float64, expected (5, 11) and bool",
    ),
    "no seed": (lambda: next(shuffled(XS, np.zeros(N), 4)(None)), "rng is None, expected a Generator or a seed"),
    "nothing to pad": (lambda: padded([]), "sequences is empty, expected at least one sequence."),
    "an empty sequence": (
        lambda: padded([np.zeros((2, I)), np.zeros((0, I))]),
        "sequence 1 has shape (0, 3), expected (T, I) or (T,), with at least one step and the features of "
        "sequence 0, which has shape (2, 3)",
    ),
    "other features": (
        lambda: padded([np.zeros((2, I)), np.zeros((2, K))]),
        "sequence 1 has shape (2, 2), expected (T, I) or (T,), with at least one step and the "
        "features of sequence 0, which has shape (2, 3)",
    ),
    "a number for a sequence": (lambda: padded([3.0]), "sequence 0 has shape (), expected (T, I) or (T,)"),
    "a batch of series": (
        lambda: windows(np.zeros((9, 2, 2)), 3),
        "series has shape (9, 2, 2), expected (S,) or (S, I)",
    ),
    "shares of more than all": (
        lambda: windows(SERIES, 3, shares=(0.8, 0.3)),
        "shares is (0.8, 0.3), expected positive parts that add up to 1",
    ),
    "an empty part": (
        lambda: windows(SERIES, 3, shares=(1.0, 0.0)),
        "shares is (1.0, 0.0), expected positive parts that add up to 1",
    ),
    "no parts": (lambda: windows(SERIES, 3, shares=()), "shares is (), expected positive parts"),
    "too long a window": (
        lambda: windows(SERIES, 12, horizon=4),
        "a part of series has 15 steps, expected 16 or more for a window of length 12 and its target 4 later. Take",
    ),
    "no window": (lambda: windows(SERIES, 0), "length is 0, expected a whole number of 1 or more"),
    "a forecast of the present": (
        lambda: windows(SERIES, 3, horizon=0),
        "horizon is 0, expected a whole number of 1 or more.",
    ),
    "no stride": (lambda: windows(SERIES, 3, stride=0), "stride is 0, expected a whole number of 1 or more"),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
