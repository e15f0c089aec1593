"""Splits that keep together what belongs together, encodings, batches by length; and planted leaks, which are found."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrong_calls import refused

from rnnkit.data import (
    Leak,
    Scale,
    Vocabulary,
    by_length,
    leaks,
    no_leaks,
    split_by_group,
    split_by_prefix,
    split_by_time,
    words,
)

drawn = settings(derandomize=True, deadline=None, max_examples=60)
SHARES = st.sampled_from([(0.5, 0.5), (0.7, 0.15, 0.15), (0.6, 0.4)])


@drawn
@given(st.lists(st.integers(0, 40), min_size=60, max_size=90), SHARES)
def test_a_split_by_time_puts_no_row_before_an_earlier_part(times, shares):
    times = np.array([*times, *range(50)])  # so that each part has a time of its own
    parts = split_by_time(times, shares)
    assert sorted(np.concatenate(parts)) == list(range(len(times)))
    for before, after in pairwise(parts):
        assert times[before].max() < times[after].min()
    largest = np.bincount(times).max()
    assert all(abs(len(part) - share * len(times)) <= 2 * largest for part, share in zip(parts, shares, strict=True))


def test_a_split_by_time_takes_dates():
    dates = np.array(["2020-01-03", "2020-01-01", "2020-01-02", "2020-01-04"], "datetime64[D]")
    assert [part.tolist() for part in split_by_time(dates, (0.75, 0.25))] == [[1, 2, 0], [3]]


@drawn
@given(st.lists(st.integers(0, 25), min_size=100, max_size=150), SHARES, st.integers(0, 9))
def test_a_split_by_group_cuts_no_group(groups, shares, seed):
    groups = [*groups, *range(26)]
    parts = split_by_group(groups, shares, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    of = [{groups[k] for k in part} for part in parts]
    assert sum(map(len, of)) == len(set(groups))
    largest = np.bincount(groups).max()
    assert all(abs(len(part) - share * len(groups)) <= 2 * largest for part, share in zip(parts, shares, strict=True))


def test_another_seed_draws_other_groups():
    groups = np.repeat(np.arange(20), 5)
    first, again, other = (split_by_group(groups, (0.5, 0.5), seed)[0].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_a_split_by_prefix_keeps_families_together():
    family = ["abandon", "abandons", "zebra", "zebras", "quartz", "quarters"]
    for part in split_by_prefix(family, 4, (0.5, 0.5)):
        assert len(part) % 2 == 0
    with pytest.raises(ValueError, match="length is 0, expected a whole number of 1 or more"):
        split_by_prefix(family, 0)


# A planted leak is found, of each kind, and only there.


def clean(seed=0):
    """Windows of two parts that share nothing: rows, the group of each, the times that each holds."""
    rng = np.random.default_rng(seed)
    rows = {"train": rng.normal(size=(20, 5, 2)), "test": rng.normal(size=(8, 5, 2))}
    groups = {"train": np.repeat(np.arange(5), 4), "test": np.repeat([5, 6], 4)}
    begin = {"train": 3 * np.arange(20), "test": 100 + 3 * np.arange(8)}
    spans = {name: np.stack([start, start + 5], 1) for name, start in begin.items()}
    return rows, groups, spans


def test_parts_that_share_nothing_have_no_leak():
    rows, groups, spans = clean()
    assert leaks(rows, groups, spans) == []
    no_leaks(rows, groups, spans)


@drawn
@given(st.integers(0, 19), st.integers(0, 7))
def test_a_planted_row_is_found(i, j):
    rows, groups, spans = clean()
    rows["test"][j] = rows["train"][i]
    assert leaks(rows, groups, spans) == [Leak("row", ("train", "test"), (i, j))]
    with pytest.raises(ValueError, match=rf"row {i} of train and row {j} of test are equal, expected parts that share"):
        no_leaks(rows, groups, spans)


def test_a_planted_group_is_found():
    rows, groups, spans = clean()
    groups["test"][6] = 3
    assert leaks(rows, groups, spans) == [Leak("group", ("train", "test"), (12, 6))]
    with pytest.raises(ValueError, match="row 12 of train and row 6 of test are of one group"):
        no_leaks(rows, groups)


@drawn
@given(st.integers(0, 70), st.integers(0, 7), st.integers(0, 9))
def test_a_planted_overlap_is_found_where_there_is_one(start, row, length):
    """Against a comparison of each with each."""
    rows, groups, spans = clean()
    spans["test"][row] = start, start + length
    meets = (spans["train"][:, 0] <= start + length) & (start <= spans["train"][:, 1])
    found = leaks(rows, groups, spans)
    assert [leak.rows[1] for leak in found] == [row] * int(meets.any())
    assert all(leak.kind == "time" and meets[leak.rows[0]] for leak in found)


@drawn
@given(st.data())
def test_overlaps_are_found_among_spans_of_all_lengths(data):
    spans = {
        part: np.array(
            [(a, a + n) for a, n in data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 15)), min_size=1))]
        )
        for part in ("train", "test")
    }
    rows = {part: [f"{part} {k}" for k in range(len(each))] for part, each in spans.items()}
    meets = (spans["train"][:, None, 0] <= spans["test"][None, :, 1]) & (
        spans["test"][None, :, 0] <= spans["train"][:, None, 1]
    )
    found = leaks(rows, spans=spans)
    assert [leak.rows[1] for leak in found] == np.flatnonzero(meets.any(0)).tolist()
    assert all(meets[leak.rows] for leak in found)


def test_windows_that_are_shuffled_before_the_split_leak():
    """What the page of training warns of: stride 1, windows of 10."""
    begin = np.arange(200)
    spans = np.stack([begin, begin + 10], 1)
    order = np.random.default_rng(0).permutation(200)
    parts = {"train": order[:150], "test": order[150:]}
    rows = {part: list(each) for part, each in parts.items()}
    found = leaks(rows, spans={part: spans[each] for part, each in parts.items()})
    assert len(found) == 50  # each of them


def test_a_key_says_what_counts_as_equal():
    rows = {"train": ["Good tea!"], "validation": ["bad"], "test": ["good  tea"]}
    assert leaks(rows) == []
    assert leaks(rows, key=lambda text: tuple(w for w in words(text) if w.isalpha())) == [
        Leak("row", ("train", "test"), (0, 0))
    ]


def test_the_count_of_leaks_is_said():
    with pytest.raises(ValueError, match=r"row 0 of a and row 1 of b are equal, and 1 more like this, expected"):
        no_leaks({"a": ["x", "y"], "b": ["z", "x", "y"]})


# Encodings.


def test_a_vocabulary_knows_the_training_part_alone():
    known = Vocabulary([words("Good tea, good price."), words("Good coffee")], least=2)
    assert known.items == ["good"]
    assert known.encode(words("good cocoa good")).tolist() == [2, 1, 2]
    assert known.decode([2, 1, 0]) == ["good", None, None]
    most = Vocabulary(["abcaab"], most=2)
    assert (most.items, len(most)) == (["a", "b"], 4)
    assert most.encode("cab").tolist() == [1, 2, 3]
    assert most.encode("").shape == (0,)


def test_a_scale_is_of_the_values_that_made_it():
    rng = np.random.default_rng(0)
    train, test = rng.normal(3, 2, (7, 50, 4)), rng.normal(9, 5, (7, 20, 4))
    train[0, 0, 0] = np.nan
    scale = Scale(train)
    scaled = scale(train).reshape(-1, 4)
    np.testing.assert_allclose(np.nanmean(scaled, 0), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(scaled, 0), 1)
    np.testing.assert_allclose(scale.back(scale(test)), test)
    assert scale(test).mean() > 1  # not of its own


# Batches by length.


@drawn
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 9), st.booleans())
def test_batches_by_length_lose_nothing(lengths, size, every_step):
    rows = [np.full(length, n) for n, length in enumerate(lengths)]
    targets = [row + 100 for row in rows] if every_step else np.arange(len(rows)) + 100
    seen = []
    for batch in by_length(rows, targets, size)(0):
        assert batch.xs.shape == batch.mask.shape
        assert batch.mask.sum(0).tolist() == [lengths[n] for n in batch.xs[0]]
        assert len(batch.xs) == batch.mask.sum(0).max()
        if every_step:
            assert batch.scored is batch.mask
            np.testing.assert_array_equal(batch.targets[batch.mask], batch.xs[batch.mask] + 100)
        else:
            assert batch.scored is None
            np.testing.assert_array_equal(batch.targets, batch.xs[0] + 100)
        seen += batch.xs[0].tolist()
    assert sorted(seen) == list(range(len(rows)))


def test_batches_by_length_pad_little_and_come_in_a_new_order():
    lengths = np.random.default_rng(0).integers(5, 200, 300)
    rows = [np.zeros(length, int) for length in lengths]
    batches, rng = by_length(rows, np.arange(300), 16), np.random.default_rng(0)
    first, second = ([batch.targets.tolist() for batch in batches(rng)] for _ in range(2))
    assert first != second
    padding = np.mean(np.concatenate([~batch.mask.ravel() for batch in batches(0)]))
    assert padding < 0.12 < 0.4 < 1 - lengths.mean() / lengths.max()  # against one padding for all
    sizes = [len(batch.xs) for batch in batches(0)]
    assert sizes != sorted(sizes)


ROWS = {"train": ["a"], "test": ["b"]}
CALLS = {
    "times in a table": (lambda: split_by_time(np.zeros((3, 2))), "times has shape (3, 2), expected (N,), one time"),
    "one time for all": (lambda: split_by_time(np.zeros(9)), "part 1 has no row, expected one or more. Is a time too"),
    "shares of more than all": (lambda: split_by_time(range(9), (0.8, 0.3)), "shares is (0.8, 0.3), expected positive"),
    "shares of nothing": (lambda: split_by_group("abc", ()), "shares is (), expected positive parts"),
    "fewer groups than parts": (lambda: split_by_group("aabb"), "groups holds 2 groups, expected 3 or more, one for"),
    "no seed": (lambda: split_by_group("abc", rng=None), "rng is None, expected a Generator or a seed"),
    "groups of other parts": (lambda: leaks(ROWS, {"train": "a"}), "groups has train: 1, expected train: 1, test: 1."),
    "groups of other rows": (
        lambda: leaks(ROWS, {"train": "ab", "test": "c"}),
        "groups has train: 2, test: 1, expected train: 1, test: 1.",
    ),
    "spans without an end": (
        lambda: leaks(ROWS, spans={"train": np.zeros((1, 1)), "test": np.zeros((1, 1))}),
        "spans has shape (1, 1), expected (N, 2), the first and the last time of each row.",
    ),
    "no words": (lambda: Vocabulary([]), "no item stands in sequences 1 times, expected one or more. Is the training"),
    "a number without a word": (lambda: Vocabulary(["ab"]).decode([9]), "numbers holds 9 to 9, expected 0 to 3."),
    "nothing to scale": (lambda: Scale(np.zeros((0, 3))), "values has shape (0, 3), expected (..., I), with a number"),
    "a column of gaps": (lambda: Scale(np.full((2, 1), np.nan)), "values has shape (2, 1), expected (..., I), with a"),
    "fewer targets": (
        lambda: by_length([np.zeros(2), np.zeros(3)], np.zeros(1), 4),
        "targets has 1 rows, expected 2, one for each sequence.",
    ),
    "targets of another length": (
        lambda: by_length([np.zeros(2), np.zeros(3)], [np.zeros(2), np.zeros(2)], 4),
        "targets of sequence 1 has 2 steps, expected 3, as the sequence has.",
    ),
    "an empty sequence": (
        lambda: by_length([np.zeros((0, 2))], np.zeros(1), 4),
        "sequence 0 has shape (0, 2), expected (T, I) or (T,)",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
