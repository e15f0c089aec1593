"""Losses of answers that are left out or weighted, beside torch's."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from wrong_calls import refused

import rnnkit
from rnnkit import ops
from rnnkit.data import Batch
from rnnkit.losses import binary_cross_entropy, softmax_cross_entropy, squared_error
from rnnkit.ops import to_numpy

T, N, V = 5, 3, 4
RNG = np.random.default_rng(0)
LOGITS, TARGETS = RNG.standard_normal((T, N, V)), RNG.integers(0, V, (T, N))
SOME = np.where(RNG.random((T, N)) < 0.4, -100, TARGETS)
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0])
KINDS = pytest.mark.parametrize("convert", [np.array, torch.tensor], ids=["numpy", "torch"])


@KINDS
@pytest.mark.parametrize("targets", [TARGETS, SOME], ids=["all", "some"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_cross_entropy_is_torchs(convert, targets, weights):
    leaf = torch.from_numpy(LOGITS).requires_grad_()
    weight = None if weights is None else torch.from_numpy(weights)
    wanted = F.cross_entropy(leaf.reshape(-1, V), torch.from_numpy(targets).reshape(-1), weight, ignore_index=-100)
    wanted.backward()
    loss, d = softmax_cross_entropy(convert(LOGITS), convert(targets), ignore_index=-100, class_weights=weights)
    np.testing.assert_allclose(float(loss), wanted.item(), rtol=1e-13)
    np.testing.assert_allclose(to_numpy(d), leaf.grad.numpy(), atol=1e-15)


@KINDS
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_blocks_of_rows_change_no_bit(convert, weights, monkeypatch):
    whole = softmax_cross_entropy(convert(LOGITS), SOME, ignore_index=-100, class_weights=weights)
    monkeypatch.setattr(ops, "BLOCK", 2 * V)
    parts = softmax_cross_entropy(convert(LOGITS), SOME, ignore_index=-100, class_weights=weights)
    assert whole[0] == parts[0]
    np.testing.assert_array_equal(to_numpy(whole[1]), to_numpy(parts[1]))


@pytest.mark.parametrize("mask", [None, np.arange(40)[:, None] < np.array([30, 40])], ids=["all", "some"])
def test_many_classes_need_one_array_beside_the_logits(mask):
    logits, targets = RNG.standard_normal((40, 2, 30_000), np.float32), RNG.integers(0, 30_000, (40, 2))
    before = logits.copy()
    tracemalloc.start()
    softmax_cross_entropy(logits, targets, mask)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * logits.nbytes
    np.testing.assert_array_equal(logits, before)


def test_ignored_and_masked_targets_are_both_left_out():
    mask = np.arange(T)[:, None] < np.array([2, 5, 3])
    one = softmax_cross_entropy(LOGITS, SOME, mask, ignore_index=-100)
    other = softmax_cross_entropy(LOGITS, np.where(SOME < 0, 0, SOME), mask & (SOME >= 0))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@KINDS
@pytest.mark.parametrize(
    "loss",
    [
        lambda y: softmax_cross_entropy(y, np.full((T, N), -100), ignore_index=-100),
        lambda y: softmax_cross_entropy(y, TARGETS, np.zeros((T, N), bool)),
        lambda y: squared_error(y, LOGITS, np.zeros((T, N), bool)),
        lambda y: binary_cross_entropy(y, 0 * LOGITS, np.zeros((T, N), bool)),
    ],
)
def test_nothing_scored_is_no_loss(convert, loss):
    value, d = loss(convert(LOGITS * np.nan))
    assert float(value) == 0
    assert not to_numpy(d).any()


def test_a_class_of_no_weight_is_no_loss():
    value, d = softmax_cross_entropy(LOGITS, np.full((T, N), 2), class_weights=WEIGHTS)
    assert value == 0
    assert not d.any()


def test_fit_leaves_ignored_targets_out_of_its_means():
    """A batch with one answer counts a third of one with three, and one without any counts nothing."""
    seen = [np.array([[0], [1], [2]]), np.array([[0], [-100], [-100]]), np.full((3, 1), -100)]
    loss = partial(softmax_cross_entropy, ignore_index=-100)
    model = rnnkit.Linear(2, V, rng=0)
    xs = np.random.default_rng(0).standard_normal((3, 3, 1, 2))
    values = [float(loss(model(x).h, t)[0]) for x, t in zip(xs, seen, strict=True)]
    history = rnnkit.fit(
        model,
        lambda rng: [Batch(x, t) for x, t in zip(xs, seen, strict=True)],
        loss,
        rnnkit.SGD(1e-12),
        1,
        progress=False,
    )
    assert history.loss[0] == pytest.approx((3 * values[0] + values[1]) / 4)
    assert history.loss_name == "softmax_cross_entropy"
    with pytest.raises(ValueError, match="no answer of the epoch is scored, expected at least one"):
        rnnkit.fit(model, lambda rng: [Batch(xs[0], seen[2])], loss, rnnkit.SGD(0.1), 1, progress=False)


CALLS = {
    "padding": (
        lambda: softmax_cross_entropy(LOGITS, SOME),
        "targets holds class -100, expected 0 to 3, the last axis of logits. Is it padding? Give "
        "ignore_index=-100, or a mask.",
    ),
    "half precision": (
        lambda: squared_error(torch.zeros(2, dtype=torch.bfloat16), np.zeros(2)),
        "y has dtype torch.bfloat16, expected floats: float32 or float64. Use y.float() on what torch.autocast",
    ),
    "weights of other classes": (
        lambda: softmax_cross_entropy(LOGITS, TARGETS, class_weights=WEIGHTS[:3]),
        "class_weights has shape (3,), expected (4,): one number of 0 or more a class",
    ),
    "a negative weight": (
        lambda: softmax_cross_entropy(LOGITS, TARGETS, class_weights=-WEIGHTS),
        "one number of 0 or more a class",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
