"""What `check` says to answers of every form: it never raises, never writes to stderr, and gives a reason."""

import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from course_answers import NAME, checked, rnn_step
from course_sets import RECORDS

from rnnkit.course import check, check_hidden, sets
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.answer.run import defined
from rnnkit.course.check import grade
from rnnkit.course.hints import corpus


def test_a_right_answer_gets_full_marks_and_no_hint(capsys):
    for hidden in (False, True):
        result = checked(rnn_step, hidden=hidden)
        assert (repr(result), result.hint, len(result.right)) == ("4", "", 6)
    assert capsys.readouterr().err == ""


def test_an_untouched_function_is_not_written_yet():
    def untouched(*args):
        raise NotImplementedError

    result = checked(untouched)
    assert result.score == 0
    assert "not written yet" in result.hint


class Tensor:
    """As far from NumPy as a tensor of another library: numbers inside, and a method to get at them."""

    def __init__(self, a):
        self.a = a

    def numpy(self):
        return self.a


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda right: None, "None came"),
        (lambda right: right[0, 0], "type float64"),
        (lambda right: np.array(0.5), "() came"),
        (lambda right: right.astype(object), "dtype object"),
        (lambda right: right.astype(complex), "dtype complex128"),
        (lambda right: right.astype(str), "dtype <U"),
        (lambda right: Tensor(right), "type Tensor"),
        (lambda right: (right,), "a tuple of 1"),
        (lambda right: right.T, "axes are in another order"),
        (lambda right: right.ravel(), "An axis is lost"),
        (lambda right: right * np.nan, "it is nan"),
        (lambda right: np.zeros(0), "(0,) came (with N=3, I=4, H=5). It is empty"),
    ],
)
def test_what_is_no_float64_array_of_the_right_shape_gets_no_point_and_a_reason(returned, said, capsys):
    result = checked(lambda *args: returned(rnn_step(*args)))
    assert result.score == 0
    assert said in result.hint
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("answer", [None, 3, "rnn_step", [rnn_step], np.zeros(3)])
def test_what_is_no_function_gets_a_hint(answer):
    result = checked(answer)
    assert result.score == 0
    assert "Expected the function rnn_step" in result.hint


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no message for you")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("by zero"), "divided by zero"),
        (NameError("name 'W' is not defined"), "does not know"),
        (ValueError("matmul: mismatch"), "weight_ih (5, 4)"),
        (SystemExit(0), "SystemExit"),
        (RecursionError(), "without an end"),
        (Unprintable(), "Unprintable"),
        (IndexError("5 is out of bounds"), "print the shape and the index"),
    ],
)
def test_an_exception_is_named_with_its_likely_cause(error, said):
    def raises(*args):
        raise error

    result = checked(raises)
    assert result.score == 0
    assert type(error).__name__ in result.hint
    assert said in result.hint


def test_a_wrong_signature_is_named():
    assert "signature" in checked(lambda x, h: h).hint


def test_only_an_interrupt_gets_out():
    def stopped(*args):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("ps1-forward.rnn_step", stopped)


def test_prints_and_warnings_cost_nothing_and_are_told(capsys):
    def noisy(*args):
        print("x is", args[0].shape)
        print("to stderr", file=sys.stderr)
        warnings.warn("be careful", UserWarning, stacklevel=1)
        return rnn_step(*args)

    result = checked(noisy)
    assert result.score == 4
    assert any("x is (3, 4)" in note for note in result.notes)
    assert any("be careful" in note for note in result.notes)
    assert capsys.readouterr() == ("", "")
    hidden = str(check_hidden("ps1-forward.rnn_step", noisy))
    assert "x is" not in hidden
    assert "be careful" not in hidden


def test_changed_arguments_get_a_hint_of_their_own():
    def changes(x, h, *weights):
        h_new = rnn_step(x, h, *weights)
        weights[2][...] += 1
        return h_new

    result = checked(changes)
    assert result.score == 3.25
    assert "changes bias_ih" in result.hint


def test_an_unknown_exercise_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError,
        match=r"one of ps1-forward\.rnn_step.*'ps1-forward\.rnnstep' came.*Did you mean ps1-forward\.rnn_step",
    ):
        check("ps1-forward.rnnstep", rnn_step)
    with pytest.raises(ValueError, match="None came"):
        check(None, rnn_step)


def test_missing_hints_say_what_to_do():
    with pytest.raises(FileNotFoundError, match=r"ps9_none/wrong\.json.*Install rnnkit again"):
        corpus.load("ps9-none")


def test_check_needs_numpy_alone():
    code = "import sys, rnnkit.course; print({'torch', 'yaml', 'jupytext', 'nbgrader', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_exercise_has_the_points_of_the_notebook():
    assert [e.points for e in sets.exercises("ps1-forward")] == [4, 4, 5, 3, 4]


# --- points that nothing earned, and answers in a form that unpacks -------------------------------------------------

OWN = [record for record in RECORDS if record.exercise.own and not record.exercise.is_function]
SEVERAL = [record for record in RECORDS if len(record.exercise.outputs) > 1]
FUNCTIONS = [record for record in RECORDS if record.exercise.is_function]


def named(records):
    return [record.exercise.id for record in records]


@pytest.mark.parametrize("record", FUNCTIONS, ids=named(FUNCTIONS))
@pytest.mark.parametrize("factor", [0.0, np.nan])
def test_nothing_but_zeros_or_no_numbers_earns_nothing(record, factor):
    e = record.exercise
    if any(output.kind == "truth" for output in e.outputs):
        return

    def answer(*args):
        came = right_of(e)(*args)
        return tuple(factor * np.asarray(part) for part in came) if len(e.outputs) > 1 else factor * np.asarray(came)

    assert grade.grade(exercise_without(e), answer, Draw(np.random.default_rng(0), NAME, ())).score == 0


def exercise_without(e):
    return replace(e, absent=(), watch=None, used=None, reference=right_of(e))


def right_of(e):
    """What the right answer comes to, also where a check does more with it than call it."""
    return e.reference if e.used is None else lambda *args: e.used(e.reference, *args)


@pytest.mark.parametrize("record", SEVERAL, ids=named(SEVERAL))
def test_results_that_unpack_are_as_good_in_one_array(record):
    """np.stack where all have one shape, else an array of objects."""
    e = record.exercise
    draw = Draw(np.random.default_rng(0), NAME, corpus.load(e.set).get(e.name, ()))

    def joined(*args):
        parts = (right_of(e) if e.is_function else defined(e, record.solution))(*args)
        shapes = {np.shape(part) for part in parts}
        whole = np.empty(len(parts), object)
        whole[:] = [np.asarray(part) for part in parts]
        return np.stack(parts) if len(shapes) == 1 else whole

    answer = joined if e.is_function else joined(*grade.cases_of(e, draw)[0].args)
    assert grade.grade(exercise_without(e), answer, draw).score == e.points


def test_one_array_of_two_rows_is_not_two_results():
    def one(x, h_prev, *_):
        return h_prev

    assert "Expected 2 values, (h, c), but an array of shape" in check("ps4-gates.lstm_step", one).hint
