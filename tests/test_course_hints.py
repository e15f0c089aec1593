"""The hint for faults that were tried by hand: it is true, it names the fault, and it reads well."""

import numpy as np
import pytest
from course_answers import NAME, checked, rnn_forward, rnn_step, softmax_cross_entropy
from course_lint import UGLY, ugly

from rnnkit.course import check, numbers_for
from rnnkit.course.ps1_forward.trajectory import trajectory

STEP, FORWARD, SOFTMAX, COUNT = (
    f"ps1.{name}" for name in ("rnn_step", "rnn_forward", "softmax_cross_entropy", "count_parameters")
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("(3,) came, for with N=3", "two prepositions"),
        ("is the signature changed?.", "doubled punctuation"),
        ("raised ZeroDivisionError: .", "doubled punctuation"),
        ("the term the biases is missing", "two articles"),
        ("a int came", "a before a vowel"),
        ("a NoneType came", "a name of Python's"),
        ("came, for your numbers.", "two prepositions"),
        ("it is is 0", "a doubled word"),
    ],
)
def test_the_linter_finds_what_it_is_there_for(text, fault):
    assert fault in UGLY
    assert fault in ugly(text)
    assert not ugly("Expected h_new of shape (3, 5), but (5,) came (with N=3, I=4). A unit is lost: x[:, 0], ...?")


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# --- which term: only what every case with all terms in it says, else the case is named ---------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, h, w, u, b, c: h, "returns h as it came"),
        (lambda x, h, w, u, b, c: np.tanh(h), "returns np.tanh(h)"),
        (lambda x, h, w, u, b, c: np.tanh((x @ w.T + b) * (h @ u.T + c)), "With only x not zero, before its tanh: "),
        (
            lambda x, h, w, u, b, c: np.maximum(0, x @ w.T + b + h @ u.T),
            "A ReLU stands in place of the tanh. Before it: ",
        ),
        (lambda x, h, w, u, b, c: sigmoid(x @ w.T + b + h @ u.T), "A sigmoid stands in place of the tanh. Before it: "),
        (lambda x, h, w, u, b, c: np.tanh(10 * (x @ w.T + b + h @ u.T + c)), ": everything is 10 times too large."),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + h + c), "h stands in your sum by itself"),
        (lambda x, h, w, u, b, c: np.tan(x @ w.T + b + h @ u.T + c), "np.tan, the tangent"),
        (lambda x, h, w, u, b, c: 0.5 * h + 0.5 * rnn_step(x, h, w, u, b, c), "a leaky unit"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + h * np.diag(u) + c), "the diagonal of weight_hh"),
    ],
)
def test_a_term_is_not_called_missing_because_it_was_zero(answer, said):
    hint = checked(answer).hint
    assert said in hint
    if "In the" not in said and "With only" not in said:
        assert "x @ weight_ih.T is missing" not in hint


def test_a_missing_bias_before_a_relu_is_named_with_the_relu():
    hint = checked(lambda x, h, w, u, b, c: np.maximum(0, x @ w.T + b + h @ u.T)).hint
    assert "ReLU" in hint
    assert "bias_hh is missing" in hint


def test_a_count_that_is_too_large_by_one_factor_says_so_once():
    hint = checked(lambda i, h, n=1, b=False: 10 * n * h * (i + h + 2), COUNT).hint
    assert "Counted for one layer: everything is 10 times too large." in hint
    assert "the term the" not in checked(lambda i, h, n=1, b=False: n * h * (i + h + 6), COUNT).hint


# --- exceptions ---------------------------------------------------------------------------------------------------


def raises(code, exercise):
    scope = {} if "no np" in code else {"np": np}
    exec(code, scope)
    return checked(scope[exercise.partition(".")[2]], exercise).hint


HEADS = {
    STEP: "def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):\n    ",
    FORWARD: "def rnn_forward(xs, h0, weight_ih, weight_hh, bias_ih, bias_hh):\n    ",
    SOFTMAX: "def softmax_cross_entropy(logits, targets):\n    ",
}


@pytest.mark.parametrize(
    ("exercise", "body", "said", "unsaid"),
    [
        (STEP, "return np.tanh(x @ weight_ih)", "x @ weight_ih.T is (N, H)", "keepdims"),
        (STEP, "raise ValueError('todo')", "raised ValueError: todo. It was called", "Likely cause"),
        (STEP, "raise ValueError", "raised ValueError. It was called", "Likely cause"),
        (STEP, "return np.tanh(x)  # no np", "run the notebook's first cells", "spelled"),
        (SOFTMAX, "return (logits - logits.max(1)).sum(), logits", "keepdims=True", "transposed"),
        (SOFTMAX, "return (logits - np.eye(9)[targets]).sum(), logits", "one-hot matrix has V columns", "transposed"),
        (FORWARD, "hs = np.zeros((3, 2)); hs[0] = h0; return hs", "the result array is (T, N, H)", "weight_ih.T"),
        (
            FORWARD,
            "for x in xs: h = np.tanh(h)\n    return h",
            "h is used before it has a value: start from h0",
            "spelled",
        ),
        (FORWARD, "return rnn_step(xs[0], h0, weight_ih)", "lends a right rnn_step with the signature", "is its sig"),
        (FORWARD, "return rnn_step(xs[0], h0, W=weight_ih)", "lends a right rnn_step with the signature", "is its sig"),
    ],
)
def test_an_exception_gets_the_cause_that_fits_its_message_and_its_exercise(exercise, body, said, unsaid):
    hint = raises(HEADS[exercise] + body, exercise)
    assert said in hint
    assert unsaid not in hint


def test_the_lent_step_takes_its_arguments_as_a_student_may_give_them():
    by_name = (
        "hs = [h0]\n    for x in xs: hs += [rnn_step(x, hs[-1], "
        "weight_ih, bias_hh=bias_hh, weight_hh=weight_hh, bias_ih=bias_ih)]"
    )
    by_row = (
        "hs = np.zeros((len(xs), *h0.shape))\n    for n in range(len(h0)):\n        h = h0[n]\n"
        "        for t in range(len(xs)):\n            h = hs[t, n] = rnn_step(xs[t, n], h, "
        "weight_ih, weight_hh, bias_ih, bias_hh)"
    )
    for body in (by_name + "\n    return np.array(hs[1:])", by_row + "\n    return hs"):
        scope = {"np": np}
        exec(HEADS[FORWARD] + body, scope)
        assert checked(scope["rnn_forward"], FORWARD).score == 4


# --- types: what is right in another form, and what is wrong with a name for it -----------------------------------


@pytest.mark.parametrize(
    ("answer", "exercise", "note"),
    [
        (lambda *args: rnn_step(*args).astype(np.float32), STEP, None),
        (lambda *args: rnn_step(*args).tolist(), STEP, "came as a list"),
        (lambda *args: list(rnn_forward(*args)), FORWARD, "came as a list"),
        (lambda i, h, n=1, b=False: float(count(i, h, n, b)), COUNT, "came as a float"),
        (lambda i, h, n=1, b=False: np.array([count(i, h, n, b)]), COUNT, "an array of one number"),
    ],
)
def test_right_work_in_another_form_loses_nothing(answer, exercise, note):
    result = checked(answer, exercise)
    assert result.score == result.points
    assert note is None or any(note in line for line in result.notes)


def count(input_size, H, layers, both):
    ways = 1 + both
    return ways * H * (input_size + H + 2 + (layers - 1) * (ways * H + H + 2))


def test_a_loss_in_an_array_of_one_and_in_float32_loses_nothing():
    def answer(logits, targets):
        loss, d_logits = softmax_cross_entropy(logits, targets)
        return np.array([loss], np.float32), d_logits.astype(np.float32)

    assert checked(answer, SOFTMAX).score == 5


def test_what_is_off_by_more_than_rounding_still_loses_and_the_numbers_shown_differ():
    result = checked(lambda *args: rnn_step(*args) * (1 + 5e-5))
    assert result.score == 0
    came, wanted = result.hint.partition("it is ")[2].split(" (with")[0].split("; expected ")
    assert came != wanted


def test_a_swapped_pair_and_a_pair_for_one_result_are_named():
    assert "are the two swapped?" in checked(lambda z, k: softmax_cross_entropy(z, k)[::-1], SOFTMAX).hint
    assert "Return hs alone" in checked(lambda *a: (rnn_forward(*a), rnn_forward(*a)[-1]), FORWARD).hint


def test_a_fraction_is_no_count():
    assert "whole number" in checked(lambda i, h, n=1, b=False: 2.5, COUNT).hint


# --- the trajectory -----------------------------------------------------------------------------------------------


def right():
    return [round(h, 3) for h in trajectory(*numbers_for(NAME))]


@pytest.mark.parametrize("cut", [lambda hs: hs[:3], lambda hs: [*hs[:3], None], lambda hs: [*hs[:3], np.nan]])
def test_a_trajectory_that_is_cut_short_is_graded_as_far_as_it_goes(cut):
    result = checked(cut(right()), "ps1.trajectory", name=NAME)
    assert result.score == 3
    assert "h_4 is missing: 4 values are expected, and 3 came." in result.hint
    assert "worked out rightly" not in result.hint


@pytest.mark.parametrize(("last", "score"), [(1, 1), (3, 3)])
def test_what_follows_a_gap_is_not_praised(last, score):
    answer = [h if k == 0 or k > 4 - last else np.nan for k, h in enumerate(right())]
    result = checked(answer, "ps1.trajectory", name=NAME)
    assert result.score == score
    assert "h_2 is missing" in result.hint
    assert "worked out rightly" not in result.hint


@pytest.mark.parametrize(
    "answer", [["0,41", "0,2", "0,1", "0,3"], ["0.41"], [0, 41, 0, 52, 0, 1, 0, 3], [0, 4, 0, 5, 0, 1, -0, 3]]
)
def test_decimal_commas_and_quotes_are_named(answer):
    result = checked(answer, "ps1.trajectory", name=NAME)
    assert result.score == 0
    assert "write 0.41 with a point, no quotes" in result.hint.replace("Write", "write")


def test_two_decimals_carried_or_written_are_named():
    found = set()
    for name in ("Ada", "Bert", "Cleo", "Dora", "Emil", "Fritz", "Gerda", "Hugo", "Ida", "Jan", "Karl", "Lena"):
        carried = trajectory(*numbers_for(name), 2)
        written = [round(h, 2) for h in trajectory(*numbers_for(name))]
        for answer, said in ((carried, "carry four decimals"), (written, "carry four decimals")):
            result = checked(answer, "ps1.trajectory", name=name)
            if result.score < 4:
                assert said in result.hint, (name, result.hint)
                found |= {result.hint.rpartition("off. ")[2]}
    assert len(found) == 2


@pytest.mark.parametrize("name", [None, 12345, ["Ada"], b"Ada"])
def test_a_name_of_another_type_gets_one_clear_message(name):
    result = checked(right(), "ps1.trajectory", name=name)
    assert result.score == 0
    assert result.hint.startswith("Expected NAME to be your name as text")


# --- notes --------------------------------------------------------------------------------------------------------


def test_a_right_softmax_has_no_note():
    def by_exponentials(logits, targets):
        shifted = logits - logits.max(1, keepdims=True)
        p = np.exp(shifted)
        p /= p.sum(1, keepdims=True)
        return softmax_cross_entropy(logits, targets)[0], (p - np.eye(p.shape[1])[targets]) / len(p)

    result = checked(by_exponentials, SOFTMAX)
    assert (result.score, result.notes) == (5, ())


def test_a_long_print_is_cut_line_by_line():
    def prints(*args):
        print("x" * 2000)
        return rnn_step(*args)

    assert max(len(note) for note in check(STEP, prints).notes) < 150
