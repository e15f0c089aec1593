"""The hint for faults that were tried by hand: it is true, it names the fault, and it reads well."""

import re
from dataclasses import replace

import numpy as np
import pytest
from course_answers import NAME, checked, rnn_forward, rnn_step, softmax_cross_entropy
from course_lint import UGLY, ugly

from rnnkit.course import check, numbers_for, sets
from rnnkit.course.answer.convert import convert
from rnnkit.course.answer.exercise import Case, Draw, Exercise, Layer, Output
from rnnkit.course.check.grade import grade
from rnnkit.course.sets.ps1_forward.slips import named
from rnnkit.course.sets.ps1_forward.trajectory import Numbers, trajectory

STEP, FORWARD, SOFTMAX, COUNT = (
    f"ps1-forward.{name}" for name in ("rnn_step", "rnn_forward", "softmax_cross_entropy", "count_parameters")
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
        (lambda x, h, w, u, b, c: np.tanh((x @ w.T + b) * (h @ u.T + c)), "The first wrong output is h_new[0, 0]"),
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
    assert result.score < result.points
    came, wanted = result.hint.partition("it is ")[2].split(" (with")[0].split("; expected ")
    assert came != wanted


def test_a_softmax_in_float32_throughout_loses_the_extreme_logits_alone():
    def single(logits, targets):
        return softmax_cross_entropy(logits.astype(np.float32), targets)

    result = checked(single, SOFTMAX)
    assert "loss and d_logits for logits of ±10⁴" in result.off
    assert "the loss, on random cases of six sizes" in result.right


def test_a_swapped_pair_and_a_pair_for_one_result_are_named():
    assert "are the two swapped?" in checked(lambda z, k: softmax_cross_entropy(z, k)[::-1], SOFTMAX).hint
    assert "Return hs alone" in checked(lambda *a: (rnn_forward(*a), rnn_forward(*a)[-1]), FORWARD).hint


def test_a_fraction_is_no_count():
    assert "whole number" in checked(lambda i, h, n=1, b=False: 2.5, COUNT).hint


# --- the trajectory -----------------------------------------------------------------------------------------------


def numbers(name):
    return Numbers(*numbers_for("ps1-forward.trajectory", name))


def right():
    return [round(h, 3) for h in trajectory(*numbers(NAME))]


@pytest.mark.parametrize("cut", [lambda hs: hs[:3], lambda hs: [*hs[:3], None]])
def test_a_trajectory_that_is_cut_short_is_graded_as_far_as_it_goes(cut):
    result = checked(cut(right()), "ps1-forward.trajectory", name=NAME)
    assert result.score == 2.25
    assert "h_4 is missing: 4 values are expected, and 3 came." in result.hint
    assert "worked out rightly" not in result.hint


@pytest.mark.parametrize(("last", "score"), [(1, 0.75), (3, 1.5)])
def test_what_follows_a_gap_is_not_praised(last, score):
    answer = [h if k == 0 or k > 4 - last else np.nan for k, h in enumerate(right())]
    result = checked(answer, "ps1-forward.trajectory", name=NAME)
    assert result.score == score
    assert "h_2 is nan" in result.hint
    assert "missing" not in result.hint
    assert "worked out rightly" not in result.hint


@pytest.mark.parametrize(
    "answer", [["0,41", "0,2", "0,1", "0,3"], ["0.41"], [0, 41, 0, 52, 0, 1, 0, 3], [0, 4, 0, 5, 0, 1, -0, 3]]
)
def test_decimal_commas_and_quotes_are_named(answer):
    result = checked(answer, "ps1-forward.trajectory", name=NAME)
    assert result.score == 0
    assert "write 0.412 with a point, no quotes" in result.hint.replace("Write", "write")


@pytest.mark.parametrize("shape", [(4, 1), (2, 2), (1, 4)])
def test_four_values_of_another_shape_are_told_the_shape(shape):
    hint = checked(np.array(right()).reshape(shape), "ps1-forward.trajectory", name=NAME).hint
    assert hint.startswith(f"Expected trajectory of shape (4,), but an array of shape {shape} came.")
    nested = np.array(right()).reshape(shape).tolist()
    assert f"numbers in one list for trajectory, [0.412, ...], but shape {shape} came" in (
        checked(nested, "ps1-forward.trajectory", name=NAME).hint
    )


@pytest.mark.parametrize("wrap", [list, np.array])
@pytest.mark.parametrize("value", [float("nan"), -float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_shown_and_not_called_missing(wrap, value):
    hint = checked(wrap([*right()[:3], value]), "ps1-forward.trajectory", name=NAME).hint
    assert f"h_1 to h_3 are right, and h_4 is {value:g}".replace("-", "") in hint
    assert "missing" not in hint


WHO = [f"Student {chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(200)]


@pytest.mark.parametrize("students", [WHO[::4], pytest.param(WHO, marks=pytest.mark.heavy)], ids=["some", "all"])
@pytest.mark.parametrize("term", range(4))
@pytest.mark.parametrize("factor", [-1, 2])
def test_a_fault_of_one_term_at_every_step_gets_that_name_for_every_student(term, factor, students):
    name = ("weight_ih · x", "weight_hh · h", "bias_ih", "bias_hh")[term]
    words = "has the wrong sign" if factor == -1 else "is counted twice"
    for who in students:
        xs, h0, *weights = numbers(who)
        weights[term] *= factor
        answer = [round(h, 3) for h in trajectory(xs, h0, *weights)]
        hint = checked(answer, "ps1-forward.trajectory", name=who).hint
        assert hint.endswith(f"All four values come out when the term {name} {words} at every step."), (who, hint)


@pytest.mark.parametrize("students", [WHO[::8], pytest.param(WHO, marks=pytest.mark.heavy)], ids=["some", "all"])
def test_a_missing_tanh_costs_its_step_whoever_the_student_is(students):
    for who in students:
        xs, h0, *weights = numbers(who)
        hs = trajectory(xs, h0, *weights)
        for t, (x, h) in enumerate(zip(xs, [h0, *hs], strict=False)):
            a = x * weights[0] + weights[2] + h * weights[1] + weights[3]
            answer = [*hs[:t], a, *trajectory(xs[t + 1 :], a, *weights)]
            off = checked(answer, "ps1-forward.trajectory", name=who).off
            assert [line.split(" from ")[0] for line in off] == [f"h_{t + 1}", "all four values"]


def test_two_faults_that_come_to_the_same_in_one_step_are_both_named():
    n = numbers(NAME)
    equal = n._replace(weight_ih=0.5, xs=(1.0, *n.xs[1:]), h0=0.4, weight_hh=0.5, bias_ih=0.3, bias_hh=0.1)
    xs, h0, *weights = equal
    value = np.array([np.tanh(0.5 + 0.3 + 0.1)])  # weight_hh · h is 0.2, and twice bias_hh too
    assert named(value, xs[:1], h0, weights, 0.002) == (
        "the term weight_hh · h is missing or the term bias_hh has the wrong sign"
    )


def test_right_values_are_listed_and_no_zero_has_a_sign():
    hint = checked([*right()[:2], -0.0, 0.5], "ps1-forward.trajectory", name=NAME).hint
    assert "h_1 and h_2 are right, and h_3 = 0 is the first" in hint
    assert "it is 0;" in checked(lambda *args: rnn_step(*args) * -0.0).hint


# --- forms that hide the fault -------------------------------------------------------------------------------------


def test_a_loss_for_each_row_is_told_what_is_wanted_and_nothing_that_contradicts_it():
    def by_row(logits, targets):
        d_logits = softmax_cross_entropy(logits, targets)[1]
        return -np.array([1.0] * len(targets)), d_logits

    result = checked(by_row, SOFTMAX)
    assert "Expected loss to be one number (the mean over the rows), but an array of shape (4,) came" in result.hint
    assert result.notes == ()


def unfinished(xs, h0, *weights):
    hs = np.zeros((len(xs), *h0.shape))
    hs[:-1] = rnn_forward(xs, h0, *weights)[:-1]
    return hs


@pytest.mark.parametrize(
    ("answer", "exercise"),
    [
        (lambda x, h, *weights: h * 0, STEP),
        (lambda *args: rnn_step(*args).astype(int), STEP),
        (unfinished, FORWARD),
        (lambda *args: rnn_forward(*args).astype(int), FORWARD),
    ],
)
def test_zeros_are_not_called_four_missing_terms(answer, exercise):
    hint = checked(answer, exercise).hint
    assert re.search("This value is 0: never written, zeroed, or an array of ints|is never written|array of ints", hint)
    assert "is missing" not in hint


def test_what_is_close_says_what_the_number_measures():
    hint = checked(lambda *args: rnn_step(*args).round(3)).hint
    assert re.search(r"The largest difference is [45]e-04: is something computed in float32, or rounded\?", hint)


@pytest.mark.parametrize(
    "count",
    [
        lambda i, h, n=1, b=False: n * h * (i + h * 1.5 + 2),
        lambda i, h, n=1, b=False: h * (i + h + 2) + (h == 7),
        lambda i, h, n=1, b=False: n * h * (i + 3 * h + 2),
    ],
)
def test_a_fit_of_a_count_with_odd_factors_or_with_exceptions_is_not_believed(count):
    assert "Counted for one layer" not in checked(count, COUNT).hint


@pytest.mark.parametrize(
    ("answer", "term"),
    [
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + np.sin(h @ u.T) + c), "h @ weight_hh.T"),
        (lambda x, h, w, u, b, c: np.tanh(np.sin(x @ w.T) + b + h @ u.T + c), "x @ weight_ih.T"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b + h @ u.T + np.sin(c)), "bias_hh"),
    ],
)
def test_the_one_property_that_fails_names_its_term(answer, term):
    assert checked(answer).hint.endswith(f"Off: the term {term}.")


@pytest.mark.parametrize(
    ("value", "kind"), [("no", "a str"), (True, "a bool"), (len, "a function"), (rnn_step, "a function")]
)
def test_types_are_called_by_their_names(value, kind):
    hint = checked(lambda i, h, n=1, b=False: value, COUNT).hint
    assert f"but {kind} came." in hint
    assert "dtype" not in hint


def test_a_note_keeps_the_case_of_a_name():
    (note,) = checked(lambda *args: rnn_step(*args).tolist()).notes
    assert note.startswith("h_new came as a list")


def test_two_decimals_carried_or_written_are_named():
    found = set()
    for name in ("Ada", "Bert", "Cleo", "Dora", "Emil", "Fritz", "Gerda", "Hugo", "Ida", "Jan", "Karl", "Lena"):
        carried = trajectory(*numbers(name), 2)
        written = [round(h, 2) for h in trajectory(*numbers(name))]
        for answer, said in ((carried, "carry four decimals"), (written, "carry four decimals")):
            result = checked(answer, "ps1-forward.trajectory", name=name)
            if result.score < 4:
                assert said in result.hint, (name, result.hint)
                found |= {result.hint.rpartition("off. ")[2]}
    assert len(found) == 2


@pytest.mark.parametrize("name", [None, 12345, ["Ada"], b"Ada"])
def test_a_name_of_another_type_gets_one_clear_message(name):
    result = checked(right(), "ps1-forward.trajectory", name=name)
    assert result.score == 0
    assert result.hint.startswith("Expected STUDENT to be your name as text")


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


@pytest.mark.parametrize("start", [lambda xs: 0 * xs[:1], lambda xs: xs[:1]])
def test_inputs_that_come_one_step_late_are_named_whatever_stands_before_them(start):
    result = checked(lambda xs, *rest: rnn_forward(np.concatenate([start(xs), xs[:-1]]), *rest), FORWARD)
    assert "Each step reads the xs of the step before its own." in result.hint


def mean_of_lengths(hs, lengths):
    inside = np.arange(len(hs))[:, None] < lengths  # (T, N)
    return (hs * inside[..., None]).sum(0) / lengths[:, None]


def test_whole_numbers_of_one_row_used_for_all_are_named():
    rng = np.random.default_rng(0)
    sizes = ((5, (2, 5, 3)), (7, (4, 1, 7, 2)), (6, (3, 6)))
    cases = [Case("ragged", (rng.normal(size=(T, len(n), 4)), np.array(n)), f"with T={T}") for T, n in sizes]
    exercise = Exercise(
        "mean_of_lengths", 1, {"hs": "T N H", "lengths": "N"},
        (Output("mean", "array", {"N": "sequence", "H": "unit"}),), (Layer("all", 1, "ragged"),),
        reference=mean_of_lengths, cases=lambda _: cases,
    )  # fmt: skip
    for k, word in ((0, "first"), (-1, "last")):
        result = grade(exercise, lambda hs, n, k=k: hs[: n[k]].mean(0), Draw(rng, "", ()))
        assert f"Only the {word} sequence of lengths is used, for all of them." in result.hint


# --- a hint is never empty, and never made up ------------------------------------------------------------------------


def test_a_property_that_no_way_explains_is_said_as_it_stands():
    e = sets.find("ps1-forward.rnn_step")
    silent = e.layers[0]._replace(says="the rows come singing", judge=lambda *_: False, needs=())
    result = grade(replace(e, layers=(silent,), absent=()), rnn_step, Draw(np.random.default_rng(0), "", ()))
    assert result.score == 0
    assert "this is not: the rows come singing" in result.hint
    assert not ugly(result.hint)


def test_of_a_result_that_depends_on_nothing_no_two_faults_are_told():
    hint = checked(lambda x, h, *_: np.full((len(x), h.shape[1]), 0.3)).hint
    assert "two faults" not in hint
    assert "does not depend on" in hint


OUTPUTS = Output("rows", "array", {"N": "row"}), Output("size", "number")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (((1, 2, 3), 0.5), ""),
        ({"a": [1, 2], "b": 0.5}.values(), ""),
        ({"a": [1, 2], "b": 0.5}, "list(….values())"),
        ((0.5, [1, 2]), "the number came first"),
        ((np.where([True, False]), 0.5), "its [0] is the array"),
        ((np.array([True, False]), 0.5), "np.flatnonzero of it"),
        (None, "Does every path"),
    ],
)
def test_what_comes_in_another_form_is_taken_or_named(value, said):
    came = convert(value, OUTPUTS)
    assert said in came.problem
    assert bool(came.problem) == bool(said)


def test_a_function_that_prints_its_result_is_told_to_return_it():
    assert "return the result" in checked(lambda *args: print(rnn_step(*args))).hint
