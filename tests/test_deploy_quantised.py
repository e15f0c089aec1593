"""Eight bits a weight: how far off, how large, and that nothing else is changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rnnkit
from rnnkit.deploy import quantise, quantised

MATRICES = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3))


@given(MATRICES)
def test_no_weight_is_off_by_more_than_half_a_scale(matrix):
    small = quantise(matrix)
    off = abs(small.floats - matrix)
    assert (off <= small.scales[:, None] * 0.5 * (1 + 1e-4) + 1e-6 * abs(matrix) + 1e-36).all()
    assert abs(small.rows.astype(int)).max() <= 127


def test_the_largest_of_a_row_is_127_and_a_row_of_zeros_stays():
    small = quantise(np.array([[2.0, -1.0], [0.0, 0.0], [-0.001, 0.0006]]))
    assert small.rows.tolist() == [[127, -64], [0, 0], [-127, 76]]
    assert small.size == 6 + 12


def test_a_scale_for_each_row_keeps_a_small_row_beside_a_large_one():
    matrix = np.array([[100.0, 50.0], [0.01, 0.005]])
    assert abs(quantise(matrix).floats[1] - matrix[1]).max() < 1e-4


def test_a_model_keeps_its_biases_and_the_one_that_came():
    model = rnnkit.Sequential(rnnkit.GRU(3, 4, rng=0), rnnkit.Linear(4, 2, rng=1))
    before = {name: a.copy() for name, a in model.params.items()}
    made, matrices = quantised(model)
    assert set(matrices) == {"0.weight_ih_l0", "0.weight_hh_l0", "1.weight"}
    for name, a in model.params.items():
        np.testing.assert_array_equal(a, before[name])
        wanted = matrices[name].floats if name in matrices else a.astype(np.float32)
        np.testing.assert_array_equal(made.params[name], wanted)
    xs = np.random.default_rng(0).standard_normal((30, 2, 3))
    off = abs(made(xs.astype(np.float32)).h - model(xs).h).max()
    assert 1e-5 < off < 0.01


@pytest.mark.parametrize("matrix", [np.ones(3), np.array([[np.nan]]), np.ones((0, 2)), np.array([["a"]])])
def test_what_is_no_matrix_of_numbers_is_refused(matrix):
    with pytest.raises(ValueError, match="expected"):
        quantise(matrix)


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match="model is of class list"):
        quantised([])
