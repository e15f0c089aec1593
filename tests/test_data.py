"""Tasks with known answers: chance and optimum are measured, with predictors written here, on samples of each task."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from wrong_calls import refused

import rnnkit
from rnnkit import data
from rnnkit.data import (
    Adding,
    AnBn,
    Copy,
    Dyck,
    FinalParity,
    Latch,
    NoisySine,
    Parity,
    Recall,
    Sine,
    TemporalOrder,
)

TASKS = [
    Sine(length=11),
    Sine(length=12, low=0.1, high=1.2),
    NoisySine(length=9, omega=0.6, noise=0.3),
    Recall(length=8, lag=3, symbols=5),
    Copy(delay=4, span=3, symbols=6),
    Adding(length=7),
    TemporalOrder(length=20),
    Latch(length=6, signal=2),
    Parity(length=7),
    FinalParity(length=5),
    AnBn(least=1, most=6),
    Dyck(kinds=3, depth=2),
    data.Reber(),
    data.EmbeddedReber(),
]
tasks = pytest.mark.parametrize("task", TASKS, ids=str)
of_signals = pytest.mark.parametrize("task", [t for t in TASKS if t.loss == "squared_error"], ids=str)
MANY = 40_000  # sequences: what is counted over them has a standard error of at most 0.0025


def scored(batch, shape):
    """Which answers count, written once more."""
    keep = np.ones(shape, bool)
    if len(shape) == 2:
        keep = keep if batch.mask is None else keep & batch.mask
        keep = keep if batch.scored is None else keep & batch.scored
    return keep


def loss_of(task, y, batch):
    keep = scored(batch, batch.targets.shape if task.loss == "softmax_cross_entropy" else batch.targets.shape[:-1])
    return float(getattr(rnnkit, task.loss)(y, batch.targets, keep)[0])


def same(a, b):
    return all(x is y is None or np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@tasks
def test_the_generator_alone_decides_the_data(task):
    a, b = task.sample(np.random.default_rng(7), 5), task.sample(7, 5)
    assert same(a, b)
    assert not same(a, task.sample(8, 5))
    rng = np.random.default_rng(7)
    assert same(a, task.sample(rng, 5))
    assert not same(a, task.sample(rng, 5))


@tasks
def test_shapes_and_dtypes(task):
    batch = task.sample(0, 5)
    T, N, I = batch.xs.shape
    assert (N, I, batch.xs.dtype) == (5, task.input_size, np.float64)
    classes = task.loss == "softmax_cross_entropy"
    leading = (T, N) if task.every_step else (N,)
    assert batch.targets.shape == (leading if classes else (*leading, task.output_size))
    assert batch.targets.dtype == (np.int64 if classes else np.float64)
    assert not classes or (batch.targets.min() >= 0 and batch.targets.max() < task.output_size)
    for flags in (batch.mask, batch.scored):
        assert flags is None or (flags.shape == (T, N) and flags.dtype == bool)
    assert np.isfinite(batch.xs).all()
    assert batch.mask is None or (batch.xs[~batch.mask] == 0).all()


@tasks
def test_batches_are_what_one_generator_draws(task):
    drawn, rng = list(task.batches(steps=3, n=4)(np.random.default_rng(1))), np.random.default_rng(1)
    assert len(drawn) == 3
    assert all(same(batch, task.sample(rng, 4)) for batch in drawn)


@tasks
def test_a_networks_outputs_have_a_loss_and_a_measure(task):
    batch, rng = task.sample(0, 5), np.random.default_rng(0)
    layers = [rnnkit.GRU(task.input_size, 4, rng=rng), rnnkit.Linear(4, task.output_size, rng=rng)]
    model = rnnkit.Sequential(*(layers if task.every_step else [layers[0], rnnkit.Last(), layers[1]]))
    y = model(batch.xs, mask=batch.mask).h
    assert math.isfinite(loss_of(task, y, batch))
    assert math.isfinite(task.measure(y, batch))


@tasks
def test_a_tensor_is_measured_as_an_array_is(task):
    batch, rng = task.sample(0, 5), np.random.default_rng(0)
    leading = batch.xs.shape[:2] if task.every_step else (5,)
    y = rng.standard_normal((*leading, task.output_size))
    assert task.measure(torch.from_numpy(y).requires_grad_(), batch) == task.measure(y, batch)


@tasks
def test_unscored_answers_have_no_effect(task):
    batch = task.sample(0, 6)
    leading = batch.xs.shape[:2] if task.every_step else (6,)
    y = np.random.default_rng(0).standard_normal((*leading, task.output_size))
    dirty = np.where(scored(batch, leading)[..., None], y, np.nan)
    assert task.measure(dirty, batch) == task.measure(y, batch)


@tasks
def test_only_the_optimum_counts_as_solved(task):
    assert task.solved(task.optimum)
    assert not task.solved(task.chance)
    assert not task.solved(float("nan"))
    assert task.solved(task.threshold)
    assert task.optimum_loss < task.chance_loss
    assert task.name
    assert task.criterion
    assert task.measure_name


# Signals.


def binned(x, values, bins=400):
    """The mean of ``values`` for each of many bins of x: the best function of x alone, without a formula for it."""
    edges = np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1])

    def best(new):
        return means[np.searchsorted(edges, new)]

    found = np.searchsorted(edges, x)
    means = np.bincount(found, values, bins) / np.bincount(found, minlength=bins)
    return best


@of_signals
def test_chance_of_a_signal_reads_the_present_input(task):
    fitted, new = task.sample(0, MANY), task.sample(1, MANY)
    if task.every_step:
        keep = scored(fitted, fitted.xs.shape[:2])
        y = binned(fitted.xs[keep][:, 0], fitted.targets[keep][:, 0])(new.xs)
    else:
        y = np.full_like(new.targets, fitted.targets.mean())
    assert task.measure(y, new) == pytest.approx(task.chance, rel=0.03)
    assert loss_of(task, y, new) == pytest.approx(task.chance_loss, rel=0.03)
    assert not task.solved(task.measure(y, new))


def test_the_floor_of_one_frequency_has_a_formula():
    assert Sine(low=0.2, high=0.2).chance == pytest.approx(0.5 * math.sin(0.2) ** 2, rel=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0.3, 0.1 + 0.2), (0.1 * 7, 0.7), (1.0, 1 + 1e-15), (0.5, 0.5 + 1e-9)])
def test_two_close_frequencies_have_the_floor_of_one(low, high):
    """The difference of two sines over that of their arguments would be rounding alone."""
    low, high = min(low, high), max(low, high)
    assert Sine(low=low, high=high).chance == pytest.approx(Sine(low=low, high=low).chance, rel=1e-7)


@pytest.mark.parametrize("task", TASKS[:2], ids=str)
def test_a_sine_is_known_from_two_values_or_three(task):
    x = task.sample(0, 100).xs
    y = np.zeros_like(x)
    if task.low == task.high:
        y[1:] = 2 * math.cos(task.low) * x[1:] - x[:-1]
    else:
        y[2:] = (x[2:] + x[:-2]) / x[1:-1] * x[2:] - x[1:-1]
    assert task.measure(y, task.sample(0, 100)) == pytest.approx(task.optimum, abs=1e-15)
    assert task.solved(task.measure(y, task.sample(0, 100)))


def test_a_sines_phases_and_frequencies_cover_their_ranges():
    x = Sine(length=12, low=0.1, high=1.2).sample(0, MANY).xs[..., 0]
    cosines = np.clip((x[2:] + x[:-2]) / (2 * x[1:-1]), -1, 1)
    omega = np.arccos(np.median(cosines, 0))
    assert np.quantile(omega, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0.1, 0.375, 0.65, 0.925, 1.2], abs=0.01)
    assert np.mean(x[0] ** 2) == pytest.approx(0.5, abs=0.01)
    assert abs(np.mean(x[0])) < 0.02


def test_the_noisy_sines_optimum_is_gaussian_regressions():
    """The covariance of u is cos ω(t - s) / 2, and noise² more where t = s: regression on all values so far."""
    task = NoisySine(length=9, omega=0.6, noise=0.3)
    batch, t = task.sample(0, MANY), np.arange(10)
    covariance = 0.5 * np.cos(0.6 * (t[:, None] - t)) + 0.09 * np.eye(10)
    y, errors = np.zeros_like(batch.targets), []
    for k in range(1, 10):
        weights = np.linalg.solve(covariance[:k, :k], covariance[:k, k])
        y[k - 1, :, 0] = weights @ batch.xs[:k, :, 0]
        errors.append(covariance[k, k] - weights @ covariance[:k, k])
    assert task.optimum == pytest.approx(np.mean(errors), rel=1e-12)
    assert task.measure(y, batch) == pytest.approx(task.optimum, rel=0.02)
    assert NoisySine(length=2000, omega=0.6, noise=0.3).optimum == pytest.approx(0.09, rel=0.02)


# Symbols.


def code(task, batch):
    """What a predictor without memory knows, as a whole number for each answer."""
    T, N, _ = batch.xs.shape
    if isinstance(task, Copy):
        return np.repeat(np.arange(T)[:, None], N, 1)  # the time, as its baseline does
    if isinstance(task, Latch):
        return np.digitize(batch.xs[-1, :, 0], np.linspace(-1, 1, 20))
    seen = batch.xs.argmax(-1) if task.input_size > 1 else batch.xs[..., 0].astype(int)
    lengths = np.full(N, T) if batch.mask is None else batch.mask.sum(0)
    return seen if task.every_step else seen[lengths - 1, np.arange(N)]


of_symbols = pytest.mark.parametrize("task", [t for t in TASKS if isinstance(t, data.task.Classification)], ids=str)


@of_symbols
def test_chance_of_a_classification_is_the_best_table(task):
    fitted, new = task.sample(0, MANY), task.sample(1, MANY)
    keep = scored(fitted, fitted.targets.shape)
    counts = np.zeros((40, task.output_size))
    np.add.at(counts, (code(task, fitted)[keep], fitted.targets[keep]), 1)
    p = (counts + 1e-3) / (counts + 1e-3).sum(1, keepdims=True)
    y = np.log(p)[code(task, new)]
    assert task.measure(y, new) == pytest.approx(task.chance, abs=0.01)
    assert loss_of(task, y, new) == pytest.approx(task.chance_loss, rel=0.01)
    assert not task.solved(task.measure(y, new))


def answers(task, xs):
    """The right classes, from the inputs alone and from each task's description."""
    if isinstance(task, Recall):
        return np.concatenate([np.zeros((task.lag, xs.shape[1]), int), xs.argmax(-1)[: -task.lag]])
    if isinstance(task, Copy):
        shown = xs.argmax(-1)
        out = np.full_like(shown, 6)
        out[shown.tolist().index([7] * xs.shape[1]) + 1 :] = shown[:3]
        return out
    if isinstance(task, TemporalOrder):
        strings = ["".join("abcdEBXY"[x.argmax()] for x in row if x.any()) for row in xs.swapaxes(0, 1)]
        found = [re.fullmatch(r"E[abcd]*([XY])[abcd]*([XY])[abcd]*B", string) for string in strings]
        return np.array([["XX", "XY", "YX", "YY"].index(m[1] + m[2]) for m in found])
    if isinstance(task, Latch):
        return (xs[0, :, 0] > 0).astype(int)
    odd = np.array([[int(b) for b in np.logical_xor.accumulate(row)] for row in xs[..., 0].T == 1]).T
    return odd if isinstance(task, Parity) else odd[-1]


@of_symbols
def test_right_classes_reach_the_optimum(task):
    batch = task.sample(0, 500)
    y = 40.0 * np.eye(task.output_size)[answers(task, batch.xs)]
    assert task.measure(y, batch) == task.optimum
    assert loss_of(task, y, batch) == pytest.approx(task.optimum_loss, abs=1e-12)
    assert task.solved(task.measure(y, batch))


def test_adding_the_marked_numbers_is_the_optimum():
    task = Adding(length=7)
    xs = task.sample(0, 500).xs
    marks = xs[..., 1] == 1
    assert (marks[:3].sum(0) == 1).all()
    assert (marks[3:].sum(0) == 1).all()
    assert marks.any(1).all()  # every step is marked in some sequence
    y = np.array([[xs[marks[:, n], n, 0].sum()] for n in range(500)])
    assert task.measure(y, task.sample(0, 500)) == pytest.approx(task.optimum, abs=1e-30)
    assert task.measure(np.ones((500, 1)), task.sample(0, 500)) == pytest.approx(1 / 6, rel=0.2)
    assert task.solved(task.measure(y + 0.079, task.sample(0, 500)))
    assert not task.solved(task.measure(y + 0.081, task.sample(0, 500)))


def test_temporal_order_is_that_of_its_source():
    batch = TemporalOrder(length=100).sample(0, 5000)
    symbols, lengths = batch.xs.argmax(-1), batch.mask.sum(0)
    places = np.stack(
        [np.flatnonzero((column >= 6) & mask) for column, mask in zip(symbols.T, batch.mask.T, strict=True)]
    )
    assert (lengths.min(), lengths.max(), len(batch.xs)) == (100, 110, 110)
    assert (places.min(0).tolist(), places.max(0).tolist()) == ([10, 50], [20, 60])
    assert np.bincount(batch.targets) == pytest.approx([1250] * 4, abs=150)


def test_the_latchs_noise_is_that_of_its_source():
    xs = Latch().sample(0, 2000).xs
    assert (np.abs(xs[:3]) == 1).all()
    assert (xs[0] == xs[1]).all()
    assert (xs[0] == xs[2]).all()
    assert xs[3:].var() == pytest.approx(0.2, rel=0.01)


def test_copy_counts_the_copied_symbols_alone():
    task = Copy(delay=4, span=3, symbols=6)
    batch = task.sample(0, 50)
    y = np.eye(7)[batch.targets]
    y[:-3] = 0  # as wrong as it can be, where only blanks are wanted
    assert task.measure(y, batch) == 1
    y[-1] = np.roll(y[-1], 1, -1)
    assert task.measure(y, batch) == pytest.approx(2 / 3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_tasks_hold_for_all_their_parameters(draw):
    whole, tens = st.integers(1, 12), st.integers(10, 40)
    frequency, seed = st.floats(0.01, 3.1), draw.draw(st.integers(0, 99))
    low, high = sorted([draw.draw(frequency), draw.draw(frequency)])
    lag, n, length = draw.draw(whole), draw.draw(whole), draw.draw(whole)
    task = draw.draw(
        st.sampled_from(
            [
                Sine(length + 2, low, high),
                NoisySine(length + 1, low, draw.draw(st.floats(0.01, 2))),
                Recall(lag + length, lag, draw.draw(whole) + 1),
                Copy(lag, length, draw.draw(whole) + 1),
                Adding(length + 1),
                TemporalOrder(draw.draw(tens)),
                Latch(lag + length, lag, high),
                Parity(length + 1),
                FinalParity(length + 1),
                AnBn(min(lag, length), max(lag, length)),
                Dyck(draw.draw(st.integers(1, 4)), draw.draw(st.integers(2, 3))),
            ]
        )
    )
    batch = task.sample(seed, n)
    classes = task.loss == "softmax_cross_entropy"
    y = np.eye(task.output_size)[batch.targets] if classes else batch.targets
    if isinstance(task, data.Language):
        y = task.ideal(batch)
    assert task.measure(y, batch) == (1 if classes else 0)
    assert task.solved(task.optimum)
    if isinstance(task, NoisySine):
        assert task.noise**2 < task.optimum < task.chance
    elif task.chance != pytest.approx(task.optimum):  # aⁿbⁿ with n = 1 alone needs no memory
        assert not task.solved(task.chance)


CALLS = {
    "no steps for a sine": (lambda: Sine(length=2), "length is 2, expected a whole number of 3 or more: the first two"),
    "a frequency above the half turn": (
        lambda: Sine(low=0.2, high=4.0),
        "high is 4.0, expected a number above 0 and below 3.14159: radians a step, below half a turn",
    ),
    "a frequency of 0": (lambda: Sine(low=0.0), "low is 0.0, expected a number above 0 and below 3.14159"),
    "a range from above": (
        lambda: Sine(low=0.3, high=0.1),
        "high is 0.1, expected 0.3 or more, which low is. Swap them?",
    ),
    "a noisy sine of one step": (lambda: NoisySine(length=1), "length is 1, expected a whole number of 2 or more"),
    "a noisy sine that stands": (lambda: NoisySine(omega=0), "omega is 0, expected a number above 0 and below 3.14159"),
    "a noisy sine without noise": (
        lambda: NoisySine(noise=0),
        "noise is 0, expected a number above 0: without noise, take Sine.",
    ),
    "a lag of 0": (lambda: Recall(lag=0), "lag is 0, expected a whole number of 1 or more."),
    "a lag as long as the sequence": (
        lambda: Recall(length=5, lag=5),
        "length is 5, expected a whole number of 6 or more: the first answer is due after a lag of 5",
    ),
    "one symbol to recall": (lambda: Recall(symbols=1), "symbols is 1, expected a whole number of 2 or more"),
    "no delay": (lambda: Copy(delay=0), "delay is 0, expected a whole number of 1 or more"),
    "nothing to copy": (lambda: Copy(span=0), "span is 0, expected a whole number of 1 or more"),
    "one symbol to copy": (lambda: Copy(symbols=1), "symbols is 1, expected a whole number of 2 or more"),
    "one number to add": (lambda: Adding(length=1), "length is 1, expected a whole number of 2 or more: each"),
    "half a step": (lambda: Adding(length=7.5), "length is 7.5, expected a whole number of 2 or more"),
    "a short order": (lambda: TemporalOrder(length=9), "length is 9, expected a whole number of 10 or more"),
    "a latch without noise": (
        lambda: Latch(length=3, signal=3),
        "length is 3, expected a whole number of 4 or more: 3 steps of signal, then noise",
    ),
    "a latch without signal": (lambda: Latch(signal=0), "signal is 0, expected a whole number of 1 or more"),
    "a negative noise": (lambda: Latch(noise=-1.0), "noise is -1.0, expected a number above 0"),
    "a truth for a number": (lambda: Latch(noise=True), "noise is True, expected a number above 0"),
    "the parity of one bit": (lambda: Parity(length=1), "length is 1, expected a whole number of 2 or more"),
    "the final parity of a bit": (lambda: FinalParity(length=1), "length is 1, expected a whole number of 2 or more"),
    "no seed": (
        lambda: Adding().sample(None, 3),
        "rng is None, expected a Generator or a seed, so that the data can be drawn again",
    ),
    "no sequences": (lambda: Adding().sample(0, 0), "n is 0, expected a whole number of 1 or more"),
    "no steps in an epoch": (lambda: Adding().batches(0, 3), "steps is 0, expected a whole number of 1 or more"),
    "no sequences in an epoch": (lambda: Adding().batches(3, 0), "n is 0, expected a whole number of 1 or more"),
    "no seed for an epoch": (
        lambda: Adding().batches(2, 3)(None),
        "rng is None, expected a Generator or a seed",
    ),
    "answers at every step for one at the end": (
        lambda: Adding(length=7).measure(np.zeros((7, 3, 1)), Adding(length=7).sample(0, 3)),
        "y has shape (7, 3, 1), expected (3, 1): (N, K), after the last step. Is Last() missing?",
    ),
    "an answer at the end for one at every step": (
        lambda: Parity(length=7).measure(np.zeros((3, 2)), Parity(length=7).sample(0, 3)),
        "y has shape (3, 2), expected (7, 3, 2): (T, N, K), at every step",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_every_task_is_tested_here():
    assert {type(task) for task in TASKS} == set(data.TASKS)
    assert len({task().name for task in data.TASKS}) == len(data.TASKS)
