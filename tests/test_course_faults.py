"""Faults that no one foresaw: the first wrong output, its time step, and the term that is off."""

import numpy as np
import pytest
from course_answers import checked, rnn_step, softmax_cross_entropy


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b - h @ u.T + c), "h @ weight_hh.T has the wrong sign"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + 2 * b + h @ u.T + c), "bias_ih is counted twice"),
        (lambda x, h, w, u, b, c: np.tanh(0.5 * x @ w.T + b + h @ u.T + c), "x @ weight_ih.T is counted 0.5 times"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T - c), "h @ weight_hh.T is missing; the term bias_ih is missing"),
        (
            lambda x, h, w, u, b, c: x @ w.T - b + h @ u.T + c,
            "There is no tanh around the sum. In the sum: the term bias_ih has the wrong sign",
        ),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + h @ u + c + c), "weight_hh (not transposed) is in it"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + h @ u.T + c).round(4), "rounded"),
    ],
)
def test_the_first_wrong_output_and_the_term_that_is_off_are_named(answer, said):
    result = checked(answer)
    assert "first wrong output is h_new[" in result.hint
    assert "expected" in result.hint
    assert said in result.hint


def test_a_fault_that_is_no_sum_of_terms_is_narrowed_down_to_the_term():
    result = checked(lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + np.sin(h @ u.T) + c))
    assert result.score == 2.75  # the order is right: sin(a) grows with a here
    assert "first wrong output is h_new[0, 0]" in result.hint
    assert result.off == ("all terms together, on random cases of four sizes",)
    assert "off: all terms together" in str(result)
    assert "✗ all terms together" in result._repr_html_()


def late_forward(fault):
    """Right up to step 2; from then on with a fault."""

    def forward(xs, h0, w, u, b, c):
        h, hs = h0, []
        for t, x in enumerate(xs):
            h = rnn_step(x, h, w, u, b, c) if t < 2 else fault(t, xs, h, hs, w, u, b, c)
            hs.append(h)
        return np.array(hs)

    return forward


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda t, xs, h, hs, w, u, b, c: np.tanh(xs[t] @ w.T + b + c), "the term h @ weight_hh.T is missing"),
        (lambda t, xs, h, hs, w, u, b, c: rnn_step(xs[t - 1], h, w, u, b, c), "the input of the step before"),
        (lambda t, xs, h, hs, w, u, b, c: rnn_step(xs[t], hs[t - 2], w, u, b, c), "the state one step too early"),
        (lambda t, xs, h, hs, w, u, b, c: rnn_step(xs[t], h, w, u, b, -c), "bias_hh has the wrong sign"),
    ],
)
def test_a_sequence_that_goes_wrong_late_gets_its_time_step_and_the_term(fault, said):
    result = checked(late_forward(fault), "ps1-forward.rnn_forward")
    assert "hs[2, 0, 0] (the state after step 3: sequence 0, unit 0)" in result.hint
    assert said in result.hint


def test_a_loss_that_is_off_is_taken_apart():
    def doubled(logits, targets):
        loss, d_logits = softmax_cross_entropy(logits, targets)
        return loss * len(targets), d_logits

    def halved(logits, targets):
        loss, d_logits = softmax_cross_entropy(logits, targets)
        return loss, d_logits + 0.5 * np.eye(logits.shape[1])[targets] / len(targets)

    assert checked(softmax_cross_entropy, "ps1-forward.softmax_cross_entropy").score == 5
    assert "sum over the rows" in checked(doubled, "ps1-forward.softmax_cross_entropy").hint
    result = checked(halved, "ps1-forward.softmax_cross_entropy")
    assert "one-hot targets / N (which are subtracted) is counted 0.5 times" in result.hint
    assert "d_logits[0, " in result.hint


def test_a_count_that_is_off_is_taken_apart():
    result = checked(lambda i, h, n=1, b=False: n * h * (i + 2 * h + 2), "ps1-forward.count_parameters")
    assert result.score < 1.5
    assert "Counted for one layer: the term weight_hh is counted twice." in result.hint
