"""Measures against scikit-learn, RapidFuzz, torch and numbers worked by hand; and what a wrong call gets."""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rapidfuzz.distance import Levenshtein
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    mean_absolute_error,
    precision_score,
    recall_score,
    root_mean_squared_error,
)
from wrong_calls import refused

from rnnkit import metrics as M
from rnnkit import softmax_cross_entropy

drawn = settings(derandomize=True, deadline=None, max_examples=60)
LABELS = [(M.precision, precision_score), (M.recall, recall_score), (M.f1, f1_score)]
WORDS = st.lists(st.sampled_from(["the", "cat", "sat,", "on", "a", "mat", "."]), max_size=9)
ITEMS = st.lists(st.integers(0, 3), max_size=9)


@st.composite
def answers(draw, values):
    """Predictions and targets of one shape (T, N), and a mask with something in it."""
    T, N = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    predictions, targets = (draw(arrays(np.int64, (T, N), elements=values)) for _ in range(2))
    mask = draw(arrays(bool, (T, N)))
    mask[draw(st.integers(0, T - 1)), draw(st.integers(0, N - 1))] = True
    return predictions, targets, mask


def forecasts(seed=0, T=7, N=3, K=2):
    """Predictions and targets (T, N, K), a history (11, N, K) of the same series, and a mask (T, N)."""
    rng = np.random.default_rng(seed)
    return *rng.standard_normal((2, T, N, K)), rng.standard_normal((11, N, K)), rng.random((T, N)) < 0.6


@drawn
@given(answers(st.integers(0, 6)))
def test_accuracy_is_scikit_learns(drawn_answers):
    predictions, targets, mask = drawn_answers
    assert M.accuracy(predictions, targets) == accuracy_score(targets.ravel(), predictions.ravel())
    assert M.accuracy(predictions, targets, mask) == accuracy_score(targets[mask], predictions[mask])


@pytest.mark.parametrize("average", ["macro", "micro", None])
@pytest.mark.parametrize(("ours", "theirs"), LABELS)
@drawn
@given(answers(st.integers(0, 6)))
def test_precision_recall_and_f1_are_scikit_learns(ours, theirs, average, drawn_answers):
    predictions, targets, mask = drawn_answers
    expected = theirs(targets[mask], predictions[mask], average=average, zero_division=0)
    np.testing.assert_allclose(ours(predictions, targets, mask, average=average), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("average", ["macro", "micro", None])
@pytest.mark.parametrize(("ours", "theirs"), LABELS)
@drawn
@given(answers(st.integers(0, 6)), st.lists(st.integers(-1, 8), min_size=1, unique=True))
def test_chosen_labels_are_scored_as_scikit_learn_does(ours, theirs, average, drawn_answers, labels):
    predictions, targets, _ = drawn_answers
    expected = theirs(targets.ravel(), predictions.ravel(), labels=labels, average=average, zero_division=0)
    found = ours(predictions, targets, average=average, labels=labels)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


def test_unpredicted_classes_count_in_the_macro_mean():
    predictions, targets = np.array([0, 0, 0, 3]), np.array([0, 0, 5, 5])  # 5 is not predicted, 3 is no target
    np.testing.assert_allclose(M.precision(predictions, targets, average=None), [2 / 3, 0, 0])
    np.testing.assert_allclose(M.recall(predictions, targets, average=None), [1, 0, 0])
    assert M.f1(predictions, targets) == pytest.approx(0.8 / 3)


@drawn
@given(answers(st.integers(0, 1)), st.data())
def test_pr_auc_with_ties_is_scikit_learns(drawn_answers, data):
    _, targets, mask = drawn_answers
    targets[np.unravel_index(mask.argmax(), mask.shape)] = 1
    scores = data.draw(arrays(float, targets.shape, elements=st.integers(-3, 3).map(lambda k: k / 7)))
    expected = average_precision_score(targets[mask], scores[mask])
    assert M.pr_auc(scores, targets, mask) == pytest.approx(expected, rel=1e-13)


def test_pr_auc_of_real_scores_is_scikit_learns():
    rng = np.random.default_rng(3)
    scores, targets = rng.standard_normal(501), rng.random(501) < 0.1
    assert M.pr_auc(scores, targets) == pytest.approx(average_precision_score(targets, scores), rel=1e-13)
    assert M.pr_auc(np.zeros(501), targets) == pytest.approx(targets.mean(), rel=1e-13)  # one tie of all


@pytest.mark.parametrize("seed", range(3))
def test_perplexity_is_exp_of_torchs_cross_entropy(seed):
    rng = np.random.default_rng(seed)
    logits, targets = 3 * rng.standard_normal((7, 3, 11)), rng.integers(0, 11, (7, 3))
    mask = rng.random((7, 3)) < 0.6
    loss, _ = softmax_cross_entropy(logits, targets, mask)
    ignored = torch.from_numpy(np.where(mask, targets, -100).ravel())
    theirs = torch.nn.functional.cross_entropy(torch.from_numpy(logits).reshape(-1, 11), ignored)
    assert M.perplexity(loss) == pytest.approx(theirs.exp().item(), rel=1e-13)
    assert M.perplexity(theirs.requires_grad_()) == pytest.approx(theirs.exp().item(), rel=1e-15)
    assert M.bits_per_character(loss) == pytest.approx(theirs.item() / math.log(2), rel=1e-13)
    assert M.perplexity(loss) == pytest.approx(2 ** M.bits_per_character(loss), rel=1e-13)


def test_the_perplexity_of_an_impossible_target_is_infinite():
    assert M.perplexity(np.inf) == M.perplexity(1e4) == M.bits_per_character(np.inf) == math.inf


@functools.cache
def fewest_edits(a, b):
    """Levenshtein's definition, by trying all three edits at the first items."""
    if not a or not b:
        return len(a) + len(b)
    kept_or_replaced = fewest_edits(a[1:], b[1:]) + (a[0] != b[0])
    return min(kept_or_replaced, fewest_edits(a[1:], b) + 1, fewest_edits(a, b[1:]) + 1)


@drawn
@given(ITEMS, ITEMS, ITEMS)
def test_edit_distance_counts_the_fewest_edits(a, b, c):
    d = M.edit_distance(a, b)
    assert d == fewest_edits(tuple(a), tuple(b))
    assert d == M.edit_distance(b, a)
    assert (d == 0) == (a == b)
    assert d <= M.edit_distance(a, c) + M.edit_distance(c, b)


@drawn
@given(st.text(max_size=30), st.text(max_size=30))
def test_edit_distance_is_rapidfuzzs(a, b):
    assert M.edit_distance(a, b) == Levenshtein.distance(a, b)


@pytest.mark.parametrize("kind", [tuple, np.array, torch.tensor, lambda a: [np.int64(k) for k in a]])
def test_edit_distance_reads_every_kind_of_sequence(kind):
    assert M.edit_distance(kind([3, 1, 4, 1, 5]), [3, 4, 1, 1]) == 2  # without the first 1, and 5 for 1


@drawn
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_error_rate_is_all_edits_over_all_references(pairs):
    pairs = [(["the"], ["a"]), *pairs]  # one reference is not empty
    edits = sum(Levenshtein.distance(h, r) for h, r in pairs)
    expected = edits / sum(len(r) for _, r in pairs)
    assert M.error_rate([h for h, _ in pairs], [r for _, r in pairs]) == pytest.approx(expected, rel=1e-15)


def test_error_rate_weighs_items_and_not_sentences():
    assert M.error_rate(["a", "bcd efgh"], ["x", "bcd efgh"]) == 1 / 9
    assert M.error_rate(["abcd"], ["x"]) == 4.0


@pytest.mark.parametrize(("ours", "theirs"), [(M.mae, mean_absolute_error), (M.rmse, root_mean_squared_error)])
def test_mae_and_rmse_are_scikit_learns(ours, theirs):
    predictions, targets, _, mask = forecasts()
    assert ours(predictions, targets) == pytest.approx(theirs(targets.ravel(), predictions.ravel()), rel=1e-13)
    expected = theirs(targets[mask].ravel(), predictions[mask].ravel())
    assert ours(predictions, targets, mask) == pytest.approx(expected, rel=1e-13)
    assert ours(predictions, targets, np.stack([mask, mask], -1)) == pytest.approx(expected, rel=1e-13)


def test_mase_by_hand():
    """The naive errors within the history are 2, 1, 4, 1; with season 2 they are 1, 3, 3. The forecast's are 2, 1."""
    history = np.array([10.0, 12, 11, 15, 14])
    predictions, targets = np.array([15.0, 16]), np.array([13.0, 17])
    assert M.mase(predictions, targets, history) == 0.75
    assert M.mase(predictions, targets, history, season=2) == pytest.approx(9 / 14, rel=1e-15)
    assert M.mase(predictions, targets, history, mask=np.array([False, True])) == 0.5


@pytest.mark.parametrize("season", [1, 4])
def test_mase_scales_each_series_by_its_own_history(season):
    predictions, targets, history, mask = forecasts(seed=1)
    units = np.array([[1, 100], [0.01, 7], [3, 1e6]])
    each = [
        [
            mean_absolute_error(targets[:, n, k], predictions[:, n, k])
            / mean_absolute_error(history[season:, n, k], history[:-season, n, k])
            for k in range(2)
        ]
        for n in range(3)
    ]
    assert M.mase(predictions, targets, history, season) == pytest.approx(np.mean(each), rel=1e-13)
    in_units = (predictions * units, targets * units, history * units, season, mask)
    assert M.mase(*in_units) == pytest.approx(M.mase(predictions, targets, history, season, mask), rel=1e-12)
    assert M.mase(history[:-season], history[season:], history, season) == pytest.approx(1, rel=1e-13)


def test_masked_answers_have_no_effect():
    predictions, targets, history, mask = forecasts(seed=2)
    spoilt, noise = np.where(mask[..., None], predictions, np.nan), np.where(mask[..., None], targets, -np.inf)
    for measure in (M.mae, M.rmse, functools.partial(M.mase, history=history)):
        assert measure(spoilt, noise, mask=mask) == measure(predictions, targets, mask=mask)
    ones = targets[..., 0] > 0
    assert M.pr_auc(spoilt[..., 0], ones, mask) == M.pr_auc(predictions[..., 0], ones, mask)


def test_an_unscored_series_may_have_a_constant_history():
    predictions, targets, history, _ = forecasts()
    history[:, 1, 0] = 5.0
    mask = np.ones(targets.shape, bool)
    mask[:, 1, 0] = False
    assert np.isfinite(M.mase(predictions, targets, history, mask=mask))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_are_read_too(dtype):
    predictions, targets, history, mask = (torch.from_numpy(a) for a in forecasts())
    predictions, targets = predictions.to(dtype).requires_grad_(), targets.to(dtype)
    arrays_ = predictions.detach().numpy(), targets.numpy()
    for measure in (M.mae, M.rmse, functools.partial(M.mase, history=history)):
        assert measure(predictions, targets, mask=mask) == measure(*arrays_, mask=mask.numpy())
    positive, ones = predictions > 0, targets > 0
    for measure in (M.accuracy, M.precision, M.recall, M.f1):
        assert measure(positive, ones) == measure(positive.numpy(), ones.numpy())
    assert M.pr_auc(predictions, ones) == M.pr_auc(arrays_[0], ones.numpy())


def test_many_float32_errors_are_averaged_in_float64():
    predictions, targets = np.full(300_001, 0.1, np.float32), np.zeros(300_001, np.float32)
    assert M.mae(predictions, targets) == pytest.approx(float(np.float32(0.1)), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_labels_of_different_whole_dtypes_are_one_kind(dtype):
    assert M.f1(np.array([0, 100, 2], dtype), np.array([0, 100, 1]), average=None).tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("measure", [M.accuracy, M.precision, M.recall, M.f1])
def test_ignored_targets_are_not_scored(measure):
    predictions, targets = np.array([[0, 1, 2, 1]]), np.array([[0, -100, 1, 1]])
    mask = np.array([[True, True, True, False]])
    assert measure(predictions, targets, ignore_index=-100) == measure(predictions, targets, targets >= 0)
    both = measure(predictions, targets, mask, ignore_index=-100)
    assert both == measure(predictions, targets, mask & (targets >= 0))
    with pytest.raises(ValueError, match=r"targets is -100, or masked, expected at least one scored target"):
        measure(predictions[:, 1:2], targets[:, 1:2], ignore_index=-100)


def test_large_labels_are_told_apart():
    """As float64, to which NumPy takes uint64 and int64 together, these two would be one."""
    large = np.array([2**53, 2**53 + 1])
    assert M.recall(large.astype(np.uint64), large, average=None).tolist() == [1, 1]


ONES, FLOATS = np.ones((7, 3), int), np.zeros((7, 3))
NAN = np.where(np.arange(21).reshape(7, 3) == 7, np.nan, 0.0)  # at [2, 1]
RISING = np.arange(11.0)
SHAPES = "predictions has shape (7, 1), expected (7, 3): one answer for each target. Is there an axis of length 1"
LABEL_MEASURES = {"accuracy": M.accuracy, "precision": M.precision, "recall": M.recall, "f1": M.f1}
REAL_MEASURES = {"mae": M.mae, "rmse": M.rmse, "mase": lambda p, t, mask=None: M.mase(p, t, np.eye(7, 3), mask=mask)}
OF_LABELS = {
    "of one-hot targets": ((ONES, np.ones((7, 3, 5), int)), "predictions has shape (7, 3), expected (7, 3, 5)"),
    "of logits": (
        (np.zeros((7, 3, 5)), ONES),
        "predictions has dtype float64, expected labels, which are whole numbers. Use",
    ),
    "of float labels": ((ONES, FLOATS), "targets has dtype float64, expected labels"),
    "of words": ((["a", "b"], ["a", "c"]), "predictions has dtype <U1, expected labels"),
    "of ragged lists": (([[1, 2], [1]], [[1, 2], [1]]), "predictions makes no array ("),
    "that broadcasts": ((ONES[:, :1], ONES), SHAPES),
    "of nothing": ((ONES[:0], ONES[:0]), "targets has shape (0, 3), expected at least one scored target."),
    "with nothing scored": ((ONES, ONES, ONES < 0), "mask is False everywhere, expected at least one scored target."),
    "with a mask of lengths": (
        (ONES, ONES, np.array([7, 3, 1])),
        "mask has shape (3,) and dtype int64, expected (7, 3) and bool",
    ),
    "with a turned mask": ((ONES, ONES, ONES.T > 0), "mask has shape (3, 7) and dtype bool, expected (7, 3) and bool"),
}
OF_REALS = {
    "of NaN": ((NAN, FLOATS), "predictions holds nan at [2, 1], expected a finite number wherever"),
    "against NaN": ((FLOATS, NAN), "targets holds nan at [2, 1], expected a finite number wherever"),
    "of complex numbers": ((FLOATS + 1j, FLOATS), "predictions has dtype complex128, expected real numbers."),
    "that broadcasts": ((FLOATS[:, :1], FLOATS), SHAPES),
    "of nothing": (
        (FLOATS[:0], FLOATS[:0]),
        "targets has shape (0, 3), expected at least one scored target.",
    ),
    "with nothing scored": (
        (FLOATS, FLOATS, FLOATS > 0),
        "mask is False everywhere, expected at least one scored target.",
    ),
    "with a turned mask": (
        (FLOATS, FLOATS, FLOATS.T > -1),
        "mask has shape (3, 7) and dtype bool, expected (7, 3) and bool",
    ),
    "with a mask of sequences": (
        (FLOATS, FLOATS, FLOATS[0] == 0),
        "mask has shape (3,) and dtype bool, expected (7, 3) and bool",
    ),
}
CALLS = {
    "an unknown average": (
        lambda: M.f1(ONES, ONES, average="weighted"),
        "average is 'weighted', expected 'macro', 'micro' or None",
    ),
    "scikit-learn's binary average": (
        lambda: M.precision(ONES, ONES, average="binary"),
        "average is 'binary', expected 'macro', 'micro' or None. For one class k, use labels=[k].",
    ),
    "another unknown average": (
        lambda: M.recall(ONES, ONES, average="mean"),
        "average is 'mean', expected 'macro', 'micro' or None",
    ),
    "float classes": (lambda: M.f1(ONES, ONES, labels=[1.5]), "labels has dtype float64, expected labels"),
    "a class twice": (
        lambda: M.recall(ONES, ONES, labels=[1, 1]),
        "labels is [1, 1], expected a row of one or more different classes",
    ),
    "one class without a list": (
        lambda: M.precision(ONES, ONES, labels=1),
        "labels is 1, expected a row of one or more different classes",
    ),
    "no classes": (
        lambda: M.f1(ONES, ONES, labels=np.array([], int)),
        "labels is [], expected a row of one or more different classes",
    ),
    "padding for a target": (
        lambda: M.accuracy([0, 1], [0, -100]),
        "targets holds label -100, expected 0 or more. Is it padding? Give ignore_index=-100, or a mask.",
    ),
    "no positives": (lambda: M.pr_auc(FLOATS, 0 * ONES), "targets holds no 1, expected one or more"),
    "several classes": (lambda: M.pr_auc(FLOATS, 2 * ONES), "targets holds 2, expected 0 or 1"),
    "float classes to rank": (lambda: M.pr_auc(FLOATS, FLOATS), "targets has dtype float64, expected labels"),
    "NaN scores": (lambda: M.pr_auc(NAN, ONES), "scores holds nan at [2, 1], expected a finite number wherever"),
    "infinite scores": (
        lambda: M.pr_auc(FLOATS + np.inf, ONES),
        "scores holds inf at [0, 0], expected a finite number",
    ),
    "scores of both classes": (
        lambda: M.pr_auc(np.zeros((7, 3, 2)), ONES),
        "scores has shape (7, 3, 2), expected (7, 3)",
    ),
    "no scores": (
        lambda: M.pr_auc(FLOATS[:0], ONES[:0]),
        "targets has shape (0, 3), expected at least one scored target.",
    ),
    "no scored scores": (lambda: M.pr_auc(FLOATS, ONES, ONES < 0), "mask is False everywhere"),
    "a mask of other scores": (lambda: M.pr_auc(FLOATS, ONES, ONES.T > 0), "mask has shape (3, 7)"),
    "a loss with its gradient": (
        lambda: M.perplexity((1.2, FLOATS)),
        "loss is a tuple, expected a number. A lo",
    ),
    "logits for a loss": (lambda: M.perplexity(FLOATS), "loss has shape (7, 3), expected one number"),
    "no loss": (lambda: M.perplexity(np.zeros(0)), "loss has shape (0,), expected one number"),
    "a NaN loss": (lambda: M.perplexity(np.nan), "loss is nan, expected 0 or more"),
    "a log-likelihood": (lambda: M.perplexity(-2.5), "loss is -2.5, expected 0 or more"),
    "no number": (lambda: M.perplexity("2"), "loss has dtype <U1, expected real numbers."),
    "a log-likelihood in bits": (lambda: M.bits_per_character(-2.5), "loss is -2.5, expected 0 or more"),
    "a NaN in bits": (lambda: M.bits_per_character(np.nan), "loss is nan, expected 0 or more"),
    "losses in bits": (lambda: M.bits_per_character([1.0, 2.0]), "loss has shape (2,), expected one number"),
    "text and words": (
        lambda: M.edit_distance("the cat", ["the", "cat"]),
        "hypothesis is str and reference is list, expected text for both or for neither. Was only "
        "one split into words?",
    ),
    "a set": (
        lambda: M.edit_distance({1, 2}, [1]),
        "hypothesis is set, expected a string or another sequence of items.",
    ),
    "None": (
        lambda: M.edit_distance([1], None),
        "reference is NoneType, expected a string or another sequence of items.",
    ),
    "a batch": (
        lambda: M.edit_distance([1], ONES),
        "reference is an array of shape (7, 3), expected a string or another sequence of items",
    ),
    "lists of lists": (lambda: M.edit_distance([[1]], [[2]]), "hypothesis holds an item that no dict can hold ("),
    "a list of tensors": (
        lambda: M.edit_distance([1, 2], list(torch.tensor([1, 2]))),
        "reference holds arrays, expected numbers or text. Use .tolist() on the whole sequence.",
    ),
    "one utterance": (
        lambda: M.error_rate("the cat", "the cat"),
        "hypotheses is str, expected a list with one sequence for each text",
    ),
    "an array of padded rows": (
        lambda: M.error_rate([[1]], ONES),
        "references is ndarray, expected a list with one sequence for each text",
    ),
    "fewer references": (
        lambda: M.error_rate(["a", "b"], ["a"]),
        "hypotheses holds 2, references holds 1, expected one or more sequences, and as many in each list.",
    ),
    "no utterances": (
        lambda: M.error_rate([], []),
        "hypotheses holds 0, references holds 0, expected one or more sequences, and as many in each list",
    ),
    "only silence": (
        lambda: M.error_rate(["a", "b"], ["", ""]),
        "references holds empty sequences only, expected a reference with an item",
    ),
    "one text": (
        lambda: M.error_rate("a b", "a b"),
        "hypotheses is str, expected a list with one sequence for each text.",
    ),
    "a constant history": (
        lambda: M.mase(RISING, RISING, np.full(9, 0.1)),
        "history repeats itself exactly with season 1, expected a naive forecast with an error to divide by. Is the",
    ),
    "one constant history of several": (
        lambda: M.mase(FLOATS, FLOATS, RISING[:, None] * [1, 0, 2]),
        "history of series [1] repeats itself exactly with season 1",
    ),
    "a history that is one season over and over": (
        lambda: M.mase(RISING, RISING, np.tile([1.0, 2, 3], 4), season=3),
        "history repeats itself exactly with season 3",
    ),
    "a history of one season": (
        lambda: M.mase(RISING, RISING, RISING, 11),
        "history has 11 steps, expected 12 or more for season 11.",
    ),
    "no history": (lambda: M.mase(RISING, RISING, RISING[:0]), "history has 0 steps, expected 2 or more for season 1."),
    "no season": (lambda: M.mase(RISING, RISING, RISING, 0), "season is 0, expected a whole number of 1 or more"),
    "half a season": (
        lambda: M.mase(RISING, RISING, RISING, 1.5),
        "season is 1.5, expected a whole number of 1 or more.",
    ),
    "a NaN in the history": (
        lambda: M.mase(FLOATS, FLOATS, NAN),
        "history holds nan at [2, 1], expected a finite number",
    ),
    "the history of other series": (
        lambda: M.mase(FLOATS, FLOATS, np.zeros((11, 4))),
        "history has shape (11, 4), expected time and then (3,): the same series as in targets, which has shape",
    ),
    "a number for a history": (lambda: M.mase(RISING, RISING, 3.0), "history has shape (), expected time and then ()"),
    "a history of words": (
        lambda: M.mase(RISING, RISING, ["a"]),
        "history has dtype <U1, expected real numbers.",
    ),
}
for measure_name, measure in (*LABEL_MEASURES.items(), *REAL_MEASURES.items()):
    cases = OF_LABELS if measure_name in LABEL_MEASURES else OF_REALS
    for case, (arguments, expected) in cases.items():
        CALLS[f"{measure_name} {case}"] = functools.partial(measure, *arguments), expected


test_wrong_calls_say_what_was_expected = refused(CALLS)
