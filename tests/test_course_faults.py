"""Faults that no one foresaw: the first wrong output, its time step, and the term that is off."""

import contextlib
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked, rnn_step, softmax_cross_entropy
from course_sets import RECORDS

from rnnkit.course import check
from rnnkit.course.answer import limit
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.check import grade


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + b - h @ u.T + c), "h comes in with the wrong sign"),
        (lambda x, h, w, u, b, c: np.tanh(x @ w.T + 2 * b + h @ u.T + c), "bias_ih is counted twice"),
        (lambda x, h, w, u, b, c: np.tanh(0.5 * x @ w.T + b + h @ u.T + c), "x is halved"),
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
    assert "the loss is the sum over the rows" in checked(doubled, "ps1-forward.softmax_cross_entropy").hint
    result = checked(halved, "ps1-forward.softmax_cross_entropy")
    assert "one-hot targets / N (which are subtracted) are counted half" in result.hint
    assert "d_logits[0, " in result.hint


def test_a_count_that_is_off_is_taken_apart():
    result = checked(lambda i, h, n=1, b=False: n * h * (i + 2 * h + 2), "ps1-forward.count_parameters")
    assert result.score < 1.5
    assert "Counted for one layer: the term weight_hh is counted twice." in result.hint


# --- what a notebook can do to an answer ---------------------------------------------------------------------------


def said_in(source, exercise="ps1-forward.rnn_step", monkeypatch=None, cells=()):
    """What `check` says in a notebook that has run these cells."""
    scope = {"np": np, "In": ["", *cells, source]}
    exec(source, scope)
    for name, value in scope.items():
        monkeypatch.setattr("__main__." + name, value, raising=False)
    return check(exercise)


HEAD = "def rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):\n"
SUM = "    a = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh\n"


def test_the_answer_is_found_by_its_name(monkeypatch):
    assert said_in(HEAD + SUM + "    return np.tanh(a)\n", monkeypatch=monkeypatch).score == 4


def test_a_function_that_is_there_but_never_ran_is_told_so():
    result = check("ps1-forward.rnn_step")
    assert (result.score, result.hint) == (0, "There is no rnn_step yet: run the cell that defines it.")


def test_a_syntax_error_is_named_with_its_line(monkeypatch):
    broken = HEAD + "    a = (x @ weight_ih.T\n    return np.tanh(a)\n"
    monkeypatch.setattr("__main__.In", ["", broken], raising=False)
    hint = check("ps1-forward.rnn_step").hint
    assert "rnn_step has a syntax error in line 2" in hint
    assert "was never closed" in hint
    right = HEAD + SUM + "    return np.tanh(a)\n"
    scope = {"np": np}
    exec(right, scope)
    monkeypatch.setattr("__main__.rnn_step", scope["rnn_step"], raising=False)
    result = check("ps1-forward.rnn_step")
    assert result.hint.endswith("What was checked is the version before it.")
    scope = {"np": np}
    exec(HEAD + SUM + "    return a\n", scope)
    monkeypatch.setattr("__main__.rnn_step", scope["rnn_step"])
    assert "tanh" not in check("ps1-forward.rnn_step").hint.partition("What was checked")[2]
    exec(right, scope)
    monkeypatch.setattr("__main__.rnn_step", scope["rnn_step"])
    monkeypatch.setattr("__main__.In", ["", broken, right], raising=False)
    assert (check("ps1-forward.rnn_step").score, check("ps1-forward.rnn_step").hint) == (4, "")


@pytest.mark.parametrize("before", [{}, {"STUDENT": ""}])
def test_a_broken_cell_of_the_name_is_told_so(monkeypatch, before):
    monkeypatch.setattr("__main__.In", ["", 'STUDENT = "Ada'], raising=False)
    for name, value in before.items():
        monkeypatch.setattr(f"__main__.{name}", value, raising=False)
    hint = check("ps1-forward.trajectory").hint
    assert "The cell that defines STUDENT has a syntax error in line 1" in hint
    assert "version before" not in hint


def test_a_cell_of_the_name_that_never_ran_is_told_so():
    assert check("ps1-forward.trajectory").hint == "There is no STUDENT yet: run the cell that defines it."


# --- what nobody foresaw in the check itself -----------------------------------------------------------------------


def test_a_search_for_a_hint_that_fails_leaves_the_score_and_is_no_fault_of_the_student(monkeypatch):
    def fails(*_):
        raise TypeError("of a way that met what it does not know")

    monkeypatch.setattr(grade, "hint", fails)
    result = checked(lambda *args: rnn_step(*args) * 2)
    assert result.hint.startswith(grade.UNFINISHED)
    assert "TypeError" in result.hint
    assert checked(rnn_step).score == 4


def test_a_property_that_cannot_be_looked_at_is_not_there():
    def fails(*_):
        raise TypeError("of a judge that met what it does not know")

    record = next(record for record in RECORDS if record.exercise.id == "ps1-forward.rnn_step")
    strict = replace(record.exercise, layers=(record.exercise.layers[0]._replace(judge=fails),))
    assert grade.grade(strict, rnn_step, Draw(np.random.default_rng(0), "", ())).score == 0


@pytest.mark.parametrize("rest", ["    h_new = np.tanh(a)\n", "    print(np.tanh(a))\n"])
def test_a_finished_function_with_the_raise_left_in_is_told_so(monkeypatch, rest):
    hint = said_in(HEAD + SUM + rest + "    raise NotImplementedError\n", monkeypatch=monkeypatch).hint
    assert "raise NotImplementedError" in hint
    assert "return" in hint
    assert "not written yet" not in hint


def test_a_function_from_a_file_beside_the_notebook_is_told_so(monkeypatch, tmp_path):
    (tmp_path / "helper_of_mine.py").write_text("import numpy as np\n\n" + HEAD + SUM + "    return np.tanh(a)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    result = said_in("from helper_of_mine import rnn_step\n", monkeypatch=monkeypatch)
    assert result.score == 4
    assert any("helper_of_mine.py" in note and "not handed in" in note for note in result.notes)
    used = (
        "import helper_of_mine\n\n"
        + HEAD
        + "    return helper_of_mine.rnn_step(x, h, weight_ih, weight_hh, bias_ih, bias_hh)\n"
    )
    assert any("helper_of_mine.py" in note for note in said_in(used, monkeypatch=monkeypatch).notes)


def test_a_loop_without_an_end_is_stopped_once(monkeypatch):
    monkeypatch.setattr(limit, "SECONDS", 0.2)

    def endless(*args):
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    result = checked(endless)
    assert result.score == 0
    assert "stopped after" in result.hint
    assert "Does every loop come to an end?" in result.hint


def test_a_loop_is_stopped_though_the_first_alarm_is_lost(monkeypatch):
    """Python drops what is raised while an object is deleted, and says so of all but the alarm."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    monkeypatch.setattr(limit, "SECONDS", 0.2)

    class Slow:
        def __del__(self):
            end = time.process_time() + 0.3
            while time.process_time() < end:
                pass

    class Broken:
        def __del__(self):
            raise KeyError("own")

    def endless(*args):
        Broken()
        Slow()
        while True:
            pass

    assert "stopped after" in checked(endless).hint
    assert {what.exc_type for what in told} == {KeyError}
    assert sys.unraisablehook == told.append


def test_a_naive_softmax_in_long_numbers_does_not_pass():
    def long_numbers(logits, targets):
        e = np.exp(logits.astype(np.longdouble))
        p = e / e.sum(axis=1, keepdims=True)
        rows = np.arange(len(targets))
        d_logits = p - np.eye(logits.shape[1])[targets]
        return float(-np.log(p[rows, targets]).mean()), (d_logits / len(targets)).astype(float)

    result = checked(long_numbers, "ps1-forward.softmax_cross_entropy")
    assert "loss and d_logits for logits of ±10⁴" in result.off
    assert "np.exp overflows" in result.hint
