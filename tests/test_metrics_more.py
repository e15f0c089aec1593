"""Spans, calibration, and how two programs compare: against other ways to count, and what a wrong call gets."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import f1_score
from wrong_calls import refused

from rnnkit import metrics as M

drawn = settings(derandomize=True, deadline=None, max_examples=80)
TAGS = st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"])
SENTENCES = st.lists(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=12), min_size=1, max_size=4)


def found_by_pattern(tags):
    """Spans by a regular expression, over one letter a tag: A and B begin a span of their label, a and b go on."""
    letters = "".join({"O": ".", "B-a": "A", "I-a": "a", "B-b": "B", "I-b": "b"}[tag] for tag in tags)
    return [(m.start(), m.end(), m[0][0].lower()) for m in re.finditer("[Aa]a*|[Bb]b*", letters)]


@drawn
@given(st.lists(TAGS, max_size=14))
def test_spans_are_those_of_a_pattern(tags):
    assert M.spans(tags) == found_by_pattern(tags)


@drawn
@given(SENTENCES)
def test_span_f1_is_scikit_learns_over_all_possible_spans(sentences):
    said, true = ([[pair[k] for pair in sentence] for sentence in sentences] for k in (0, 1))
    rows = [[], []]
    for both in zip(said, true, strict=True):
        T = len(both[0])
        every = [(a, b, label) for a in range(T) for b in range(a + 1, T + 1) for label in "ab"]
        for row, tags in zip(rows, both, strict=True):
            row += [span in set(found_by_pattern(tags)) for span in every]
    if not any(rows[0] + rows[1]):
        with pytest.raises(ValueError, match="predictions and targets hold no span, expected at least one"):
            M.span_f1(said, true)
    else:
        assert M.span_f1(said, true) == pytest.approx(f1_score(rows[1], rows[0], zero_division=0))
    assert M.span_counts(said, true) == (int(np.sum(np.all(rows, 0))), sum(rows[0]), sum(rows[1]))


def test_one_wrong_tag_costs_a_whole_span():
    true = [["B-a", "I-a", "I-a", "O", "B-a", "O"]]
    said = [["B-a", "I-a", "O", "O", "B-a", "O"]]
    assert M.span_f1(said, true) == 0.5
    assert M.span_f1(true, true) == 1


def answers(n=4000, K=3, sharper=1.0, seed=0):
    """Probabilities, and targets that are drawn from them; then the probabilities are made sharper."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(K), n)
    targets = (p.cumsum(1) > rng.random((n, 1))).argmax(1)
    p = p**sharper
    return p / p.sum(1, keepdims=True), targets


def test_what_is_drawn_from_its_probabilities_is_calibrated():
    assert M.calibration_error(*answers()) < 0.02
    assert M.calibration_error(*answers(sharper=3)) > 0.15
    assert M.calibration_error(*answers(sharper=0.3)) > 0.15


def test_the_bins_are_scikit_learns():
    p, targets = answers(sharper=2)
    found = M.reliability(p, targets)
    right, said = calibration_curve(p.argmax(1) == targets, p.max(1), n_bins=10)
    there = found.counts > 0
    np.testing.assert_allclose(found.right[there], right)
    np.testing.assert_allclose(found.said[there], said)
    assert found.counts.sum() == len(targets)
    assert np.isnan(found.right[~there]).all()
    by_hand = np.average(np.abs(right - said), weights=found.counts[there])
    assert M.calibration_error(p, targets) == pytest.approx(by_hand)


def test_a_mask_leaves_rows_out():
    p, targets = answers(60)
    p, targets = p.reshape(12, 5, 3), targets.reshape(12, 5)
    mask = np.random.default_rng(1).random((12, 5)) < 0.6
    everything = M.calibration_error(p[mask], targets[mask])
    p[~mask] = np.nan
    assert M.calibration_error(p, targets, mask) == everything


def test_a_difference_is_within_its_interval_as_often_as_it_says():
    """Three seeds and 60 items, of a true difference of 0.1: about 19 of 20 intervals hold it."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        hard = rng.random(60)  # the same items for both
        ours, theirs = (hard + rng.normal(0, 0.2, (3, 60)) < share for share in (0.8, 0.7))
        found = M.difference(ours.astype(float), theirs.astype(float), draws=100)
        assert found.mean == pytest.approx(ours.mean() - theirs.mean())
        held += found.low <= 0.1 <= found.high
    assert 0.88 < held / 200 <= 1


def test_a_difference_of_quotients_is_that_of_all_counts():
    counts = np.array([[[1, 2, 2], [3, 4, 3]], [[2, 2, 2], [3, 3, 4]]], float)
    f1 = lambda rows: 2 * rows[:, 0].sum() / rows[:, 1:].sum()  # noqa: E731
    found = M.difference(counts, counts[0], f1, draws=50)
    assert found.mean == pytest.approx((8 / 11 + 10 / 11) / 2 - 8 / 11)
    assert found.low <= found.mean <= found.high


def test_paired_items_leave_less_to_luck():
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 1, 200)
    ours, theirs = (hard + shift + rng.normal(0, 0.1, (2, 200)) for shift in (0.3, 0))
    paired, alone = M.difference(ours, theirs), M.difference(ours, rng.permutation(theirs.T).T)
    assert paired.high - paired.low < 0.4 * (alone.high - alone.low)
    assert paired == M.difference(ours, theirs)


P = np.array([[0.5, 0.5], [0.2, 0.8]])
CALLS = {
    "a tag without its kind": (lambda: M.spans(["O", "name"]), "tag 1 is 'name', expected 'O', or a label behind 'B-'"),
    "a kind without its tag": (lambda: M.spans(["B-"]), "tag 0 is 'B-', expected 'O', or a label behind 'B-' or 'I-'."),
    "one sequence for many": (lambda: M.span_f1("BI", "BI"), "predictions is str, expected a list with one sequence"),
    "sequences that are missing": (
        lambda: M.span_f1([["O"]], []),
        "predictions holds 1, targets holds 0, expected one",
    ),
    "tags that are missing": (
        lambda: M.span_f1([["O"]], [["O", "O"]]),
        "predictions of sequence 0 has 1 tags, expected 2, as its targets have.",
    ),
    "logits": (
        lambda: M.reliability(3 * P, np.array([0, 1])),
        "adds up to another number, expected 1. Are they logits?",
    ),
    "one probability": (
        lambda: M.calibration_error(P[:, 0], np.array([0, 1])),
        "probabilities has shape (2,), expected (*(2,), K), one for each class of each target.",
    ),
    "no bins": (lambda: M.calibration_error(P, np.array([0, 1]), bins=0), "bins is 0, expected a whole number of 1"),
    "NaN": (
        lambda: M.reliability(P * np.nan, np.array([0, 1])),
        "probabilities holds nan at [0, 0], expected a finite",
    ),
    "other items": (
        lambda: M.difference(np.ones((3, 5)), np.ones(4)),
        "ours has shape (3, 5) and theirs (1, 4), expect",
    ),
    "no seeds": (
        lambda: M.difference(np.ones(5), np.ones(5)),
        "ours has shape (5,) and theirs (5,), expected (S, N, ..",
    ),
    "a gap": (lambda: M.difference(np.full((1, 2), np.nan), np.ones(2)), "ours holds nan at [0, 0], expected a finite"),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
