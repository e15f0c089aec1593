"""A wrong call gets one error that says what was expected, what came and what to do."""

import numpy as np
import pytest
from wrong_calls import refused

import rnnkit
from rnnkit import params
from rnnkit.cells import gru, lstm, rnn
from rnnkit.gradcheck import numeric_gradient
from rnnkit.unroll import bptt, replay, unroll

XS = np.zeros((7, 3, 5))
P = params.uniform(rnn, 5, 4, 0)


def layer():
    return rnnkit.LSTM(5, 4, rng=0)


def with_weight(name, value):
    made = layer()
    made.params[name] = value
    return made


def nan_at(shape, index):
    a = np.zeros(shape)
    a[index] = np.nan
    return a


LAYER = layer()


def without_bias():
    made = layer()
    del made.params["bias_hh_l0"]
    return made


CALLS = {
    "a vocabulary that does not fit": (
        lambda: layer()(np.zeros((7, 3, 6))),
        "xs has 6 features in its last axis, expected 5, as weight_ih_l0 has",
    ),
    "no time steps": (
        lambda: layer()(np.zeros((0, 3, 5))),
        "xs has shape (0, 3, 5), expected at least one sequence of at least one step.",
    ),
    "a state that is no tuple": (
        lambda: layer()(XS, np.zeros((1, 3, 4))),
        "state is ndarray, expected a tuple (h, c)",
    ),
    "h without c": (lambda: layer()(XS, (np.zeros((1, 3, 4)),)), "state is a tuple of 1, expected a tuple (h, c)."),
    "a state of another batch": (
        lambda: layer()(XS, (np.zeros((1, 2, 4)), np.zeros((1, 3, 4)))),
        "h in state has shape (1, 2, 4), expected (1, 3, 4): layers × directions, N, H",
    ),
    "a mask of lengths": (
        lambda: layer()(XS, mask=np.array([7, 3, 1])),
        "mask has shape (3,) and dtype int64, expected (7, 3) and bool: it is True where there is data. Of lengths: n",
    ),
    "another cell's weights": (
        lambda: with_weight("weight_ih_l0", np.zeros((12, 5)))(XS),
        "weight_ih_l0 has shape (12, 5), expected (16, 5): 4 × 4 rows (i, f, g, o). 12 rows are 3 gates. "
        "Do these weights belong to another cell?",
    ),
    "a transposed weight": (
        lambda: with_weight("weight_hh_l0", np.zeros((4, 16)))(XS),
        "weight_hh_l0 has shape (4, 16), expected (16, 4): 4 × 4 rows (i, f, g, o). It looks transposed.",
    ),
    "a weight for other features": (
        lambda: with_weight("weight_ih_l0", np.zeros((16, 6)))(XS),
        "It reads 6 features, not 5. Did the input or the vocabulary change?",
    ),
    "a NaN weight": (
        lambda: with_weight("weight_hh_l0", nan_at((16, 4), (9, 2)))(XS),
        "weight_hh_l0 holds nan at [9, 2], expected a finite number",
    ),
    "a missing parameter": (
        lambda: without_bias()(XS),
        "bias_hh_l0 was to be removed, expected a layer to keep the parameters that it was made with",
    ),
    "a gradient of another shape": (
        lambda: LAYER.backward(LAYER(XS), np.zeros((7, 3, 8))),
        "d_h has shape (7, 3, 8), expected (7, 3, 4): one gradient for each output.",
    ),
    "a size that is none": (lambda: rnnkit.GRU(5, 0), "hidden_size is 0, expected a whole number of 1 or more"),
    "an empty batch of sequences": (
        lambda: layer()(np.zeros((7, 0, 5))),
        "xs has shape (7, 0, 5), expected at least one sequence of at least one step",
    ),
    "no time steps for a cell": (
        lambda: unroll(rnn, params.uniform(rnn, 5, 4, 0), np.zeros((0, 3, 5)), (np.zeros((3, 4)),)),
        "xs has shape (0, 3, 5), expected at least one sequence of at least one step. Is it time-major?",
    ),
    "a state of another batch for a cell": (
        lambda: unroll(rnn, params.uniform(rnn, 5, 4, 0), XS, (np.zeros((2, 4)),)),
        "h in state has shape (2, 4), expected (3, 4)",
    ),
    "other features for a cell": (
        lambda: unroll(rnn, params.uniform(rnn, 6, 4, 0), XS, (np.zeros((3, 4)),)),
        "xs has 5 features in its last axis, expected 6, as weight_ih has",
    ),
    "a state that is no tuple for a cell": (
        lambda: unroll(lstm, params.uniform(lstm, 5, 4, 0), XS, np.zeros((3, 4))),
        "state is ndarray, expected a tuple (h, c)",
    ),
    "a gradient of another shape for a cell": (
        lambda: bptt(rnn, P, XS, *unroll(rnn, P, XS, (np.zeros((3, 4)),)), np.zeros((7, 3, 5))),
        "d_hs has shape (7, 3, 5), expected (7, 3, 4)",
    ),
    "a final gradient of another shape": (
        lambda: bptt(rnn, P, XS, *unroll(rnn, P, XS, (np.zeros((3, 4)),)), np.zeros((7, 3, 4)), (np.zeros((3, 5)),)),
        "h in d_final has shape (3, 5), expected (3, 4)",
    ),
    "states without the first": (
        lambda: replay(rnn, P, XS, (np.zeros((7, 3, 4)),)),
        "h in states has shape (7, 3, 4), expected (8, 3, 4)",
    ),
    "a mask of another shape for a cell": (
        lambda: unroll(rnn, P, XS, (np.zeros((3, 4)),), np.ones((7, 2), bool)),
        "mask has shape (7, 2) and dtype bool, expected (7, 3) and bool",
    ),
    "one sequence without a batch": (
        lambda: layer()(XS[:, 0]),
        "xs has shape (7, 5), expected (T, N, 5): time, batch, features. One sequence is a batch of one: xs[:, None].",
    ),
    "text for numbers": (lambda: layer()("hello"), "xs has dtype <U5, expected real numbers"),
    "complex numbers": (lambda: layer()(XS + 1j), "xs has dtype complex128, expected real numbers"),
    "a ragged list": (lambda: layer()([[[1, 2]], [[1]]]), "xs makes no array ("),
    "NaN in the data": (
        lambda: layer()(nan_at((7, 3, 5), (2, 1, 4))),
        "xs holds nan at time 2, sequence 1, feature 4, expected finite data. Fill gaps, or cover them with the mask.",
    ),
    "NaN in the state": (
        lambda: layer()(XS, (np.zeros((1, 3, 4)), nan_at((1, 3, 4), (0, 1, 2)))),
        "c in state holds NaN or infinity, expected finite numbers. Did the run that it comes from diverge?",
    ),
    "a weight that is text": (
        lambda: with_weight("bias_ih_l0", ["a"] * 16)(XS),
        "bias_ih_l0 has dtype <U1, expected real numbers",
    ),
    "a parameter missing for a cell": (
        lambda: unroll(rnn, {"weight_ih": P["weight_ih"]}, XS, (np.zeros((3, 4)),)),
        "weight_hh is missing, expected it beside what came: weight_ih.",
    ),
    "a list for a cell's parameter": (
        lambda: unroll(rnn, P | {"bias_ih": [0.0] * 4}, XS, (np.zeros((3, 4)),)),
        "bias_ih is list, expected an array of floats",
    ),
    "another cell's parameter for a cell": (
        lambda: unroll(rnn, P | {"bias_ih": np.zeros(16)}, XS, (np.zeros((3, 4)),)),
        "bias_ih has shape (16,), expected (4,): 1 × 4 rows. 16 rows are 4 gates.",
    ),
    "a list for a cell's state": (
        lambda: unroll(rnn, P, XS, ([[0.0] * 4] * 3,)),
        "h in state is a list, expected an array",
    ),
    "whole numbers for a cell's sequence": (
        lambda: unroll(rnn, P, XS.astype(int), (np.zeros((3, 4)),)),
        "xs has dtype int64, expected floats",
    ),
    "complex weights": (
        lambda: with_weight("bias_ih_l0", np.zeros(16, complex))(XS),
        "bias_ih_l0 has dtype complex128, expected real numbers",
    ),
    "a misspelt parameter": (
        lambda: with_weight("weight_hh", np.zeros((16, 4)))(XS),
        "weight_hh is no parameter of this layer, expected one of weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0.",
    ),
    "an integer dtype": (lambda: rnnkit.GRU(5, 4, dtype=int), "dtype is int64, expected a floating one"),
    "a word for a truth": (
        lambda: rnnkit.GRU(5, 4, bidirectional="no"),
        "bidirectional is 'no', expected True or False",
    ),
    "another layer's run": (
        lambda: layer().backward(rnnkit.LSTM(5, 4, num_layers=2, rng=0)(XS), np.zeros((7, 3, 4))),
        "run is not a result of this layer, expected what layer(xs) returned",
    ),
    "the states for the run": (
        lambda: LAYER.backward(LAYER(XS).h, np.zeros((7, 3, 4))),
        "run is not a result of this layer",
    ),
    "a layer for a cell": (
        lambda: rnnkit.gradcheck(rnnkit.LSTM),
        "expected something with GATES, STATE, step and step_backward. Give a module such as rnnkit.cells.lstm",
    ),
    "a window that is none": (
        lambda: LAYER.backward(LAYER(XS), np.zeros((7, 3, 4)), window=0),
        "window is 0, expected a whole number of 1 or more: steps from one cut to the next; None cuts nowhere.",
    ),
    "half a step": (
        lambda: LAYER.backward(LAYER(XS), np.zeros((7, 3, 4)), window=2.5),
        "window is 2.5, expected a whole number of 1 or more",
    ),
    "a forget bias for a GRU": (
        lambda: params.forget_bias(gru, params.uniform(gru, 5, 4, 0)),
        "the cell has the gates r, z, n, expected a gate f. A forget bias is its bias.",
    ),
    "differences in float32": (
        lambda: numeric_gradient(lambda: 0.0, np.zeros(3, np.float32)),
        "a has dtype float32, expected float64",
    ),
    "one-hot targets": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((3, 5)), np.zeros((3, 5), int)),
        "targets has shape (3, 5), expected (3,) for logits of shape (3, 5)",
    ),
    "float targets": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((3, 5)), np.zeros(3)),
        "targets has dtype float64, expected integers",
    ),
    "a class outside the vocabulary": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((3, 5)), np.array([0, 70, 1])),
        "targets holds class 70, expected 0 to 4, the last axis of logits. Was the vocabulary built on other",
    ),
    "a negative class": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((2, 5)), np.array([0, -1])),
        "targets holds class -1, expected 0 to 4",
    ),
    "half precision for a loss": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((2, 5), np.float16), np.array([0, 1])),
        "logits has dtype float16, expected floats: float32 or float64",
    ),
    "an answer at every step to one question": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((7, 2, 5)), np.array([0, 1])),
        "targets has shape (2,), expected (7, 2) for logits of shape (7, 2, 5): one class a row, as an integer and not "
        "one-hot. Is Last() missing from the model?",
    ),
    "a value at every step for one target": (
        lambda: rnnkit.squared_error(np.zeros((7, 2, 1)), np.zeros((2, 1))),
        "targets has shape (2, 1), expected (7, 2, 1), as y has: one target for each output. Is "
        "Last() missing from the model?",
    ),
    "an empty batch": (
        lambda: rnnkit.softmax_cross_entropy(np.zeros((0, 5)), np.zeros(0, int)),
        "logits has shape (0, 5), expected at least one row.",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


@pytest.mark.parametrize("cell", [rnn, lstm, gru])
def test_the_right_call_goes_through(cell):
    p, state = params.uniform(cell, 5, 4, 0), tuple(np.zeros((3, 4)) for _ in cell.STATE)
    params.check(cell, p, 5, 4)
    states, trace = unroll(cell, p, XS, state)
    assert np.isfinite(bptt(cell, p, XS, states, trace, np.ones((7, 3, 4)))[1]).all()
