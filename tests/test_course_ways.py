"""Faults found by a trace, by NumPy's warnings or by a part of an exercise; and when nothing is said."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked, rnn_step, softmax_cross_entropy
from course_lint import ugly
from course_sets import RECORDS

from rnnkit.course import check
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.check.grade import grade
from rnnkit.course.hints import corpus
from rnnkit.course.hints.ways.parts import NORMS, PARTS, SLOPES

STEP, SOFTMAX, CLIP, TEST = (
    "ps1-forward.rnn_step",
    "ps1-forward.softmax_cross_entropy",
    "ps2-bptt.clip_by_norm",
    "ps2-bptt.gradients_are_right",
)
SOLUTIONS = {record.exercise.id: record.solution for record in RECORDS}


def solved(exercise, *changes):
    """The solution of an exercise, changed."""
    code = SOLUTIONS[exercise]
    for before, after in changes:
        assert before in code
        code = code.replace(before, after)
    scope = {"np": np}
    exec(code, scope)
    return scope[exercise.partition(".")[2]]


# --- one array with two names --------------------------------------------------------------------------------------


def shares(logits, targets):
    rows = np.arange(len(targets))
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d_logits = p
    d_logits[rows, targets] -= 1
    loss = -np.log(abs(p[rows, targets])).mean()
    return loss, d_logits / len(targets)


def test_an_array_with_two_names_is_named_if_it_is_read_after_it_is_written():
    hint = checked(shares, SOFTMAX).hint
    assert "d_logits and p are one array with two names" in hint
    assert "Make a copy: d_logits = p.copy()." in hint


def test_two_names_are_no_fault_if_nothing_is_read_after_the_write():
    def reads_before(logits, targets):
        rows = np.arange(len(targets))
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        loss = -np.log(np.sqrt(p[rows, targets]) + 0.1).mean()
        d_logits = p
        d_logits[rows, targets] -= 1
        return loss, d_logits / len(targets)

    result = checked(reads_before, SOFTMAX)
    assert result.score < 5
    assert "two names" not in result.hint


def test_two_names_for_an_array_that_is_to_be_filled_are_no_fault():
    def fills(x, h, w, u, b, c):
        h_new = out = np.zeros((len(x), len(u)))
        out += x @ w.T + b + h @ u.T + c * x.max()
        return np.tanh(h_new)

    assert "two names" not in checked(fills).hint


def test_a_trace_that_was_set_before_is_set_again():
    def trace(*_):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        checked(shares, SOFTMAX)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


# --- no number any more --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda y: np.log(y - 10), "np.log met a negative number"),
        (lambda y: np.log(0 * y), "np.log met 0"),
        (lambda y: np.sqrt(y - 10), "np.sqrt met a negative number"),
        (lambda y: np.exp(1000 + y), "np.exp overflowed"),
        (lambda y: (0 * y) / (0 * y), "0 is divided by 0, or ∞ by ∞"),
        (lambda y: 1 / (0 * y), "something is divided by 0"),
        (lambda y: y + np.nan, "a logarithm or a root of a negative number, 0 / 0, or ∞ − ∞"),
        (lambda y: y + np.inf, "something overflowed, or a logarithm met 0"),
    ],
)
def test_what_is_no_number_is_told_by_what_made_it(spoil, said):
    assert f"no number any more: {said};" in checked(lambda *args: spoil(rnn_step(*args))).hint


# --- one factor, one number added ----------------------------------------------------------------------------------


def test_one_common_factor_is_no_rounding():
    hint = checked(lambda *args: rnn_step(*args) * 1.00037).hint
    assert "All entries of h_new are 1.00037 times what is due" in hint
    assert "rounded" not in hint


def test_one_common_number_added_is_no_rounding():
    hint = checked(lambda *args: rnn_step(*args) - 0.00021).hint
    assert "All entries of h_new are off by the same number, -0.00021" in hint
    assert "rounded" not in hint


def test_a_common_factor_would_give_hidden_numbers_away():
    assert "All entries" not in checked(lambda *args: rnn_step(*args) * 1.00037, hidden=True).hint


def test_one_number_has_no_common_factor():
    def rounds(logits, targets):
        loss, d_logits = softmax_cross_entropy(logits, targets)
        return float(loss) * 1.0004, d_logits

    assert "All entries" not in checked(rounds, SOFTMAX).hint


def names(record, function, *words):
    """Whether the hint has some of these words, or is that of an answer on record which does the same."""
    wrong = corpus.load(record.exercise.set)[record.exercise.name]
    draw = Draw(np.random.default_rng(0), "", wrong)
    hint = grade(replace(record.exercise, absent=()), function, draw).hint
    assert not ugly(hint)
    return any(some in hint for some in words) or hint in {answer.hint for answer in record.answers.wrong}


# --- parts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", SLOPES)
@pytest.mark.parametrize("name", ["rnn_step_backward", "rnn_backward", "truncated_backward"])
def test_another_slope_is_named_wherever_it_stands(how, name):
    record = next(record for record in RECORDS if record.exercise.name == name)
    as_well = {"half of it": "d_h is halved", "twice as much": "d_h is counted twice"}.get(how.partition(",")[0], how)
    assert names(record, record.exercise.made_with["slope of tanh"](SLOPES[how]), how, as_well)


@pytest.mark.parametrize("how", NORMS)
def test_another_norm_is_named(how):
    record = next(record for record in RECORDS if record.exercise.id == CLIP)
    assert names(record, record.exercise.made_with["norm"](NORMS[how]), how)


def test_every_part_that_an_exercise_names_is_known():
    named = {key for record in RECORDS for key in record.exercise.made_with}
    assert named == set(PARTS)


@pytest.mark.parametrize("record", [r for r in RECORDS if r.exercise.slips], ids=lambda r: r.exercise.id)
def test_a_slip_that_an_exercise_names_is_told(record):
    """Of blocks in another order a few."""
    slips = record.exercise.slips
    reads = [words for words in slips if words.startswith("The blocks ")]
    for words in [*reads[::11], *(slips.keys() - set(reads))]:
        assert names(record, slips[words], words), words


@pytest.mark.parametrize("record", [r for r in RECORDS if r.exercise.carry], ids=lambda r: r.exercise.id)
def test_what_is_handed_on_in_its_place_is_named(record):
    for what, function in record.exercise.carry.others.items():
        assert names(record, function, what)


# --- a yes or a no -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("up[k][place] += 1e-5", "pass"), ("down[k][place] -= 1e-5", "pass")], "your nudge does not reach them"),
        ([("1e-5", "1e-12"), ("2e-5", "2e-12")], "Your ε is about 1e-12"),
        ([("1e-5", "0.3"), ("2e-5", "0.6")], "Your ε is about 3e-01"),
        ([("[place] += 1e-5", "[...] += 1e-5")], "nudges many numbers at once"),
    ],
)
def test_a_test_of_gradients_is_told_what_its_nudges_do(changes, said):
    assert said in checked(solved(TEST, *changes), TEST).hint


@pytest.mark.parametrize("border", [0.02, 0.05])
def test_a_border_of_some_per_cent_does_not_find_all(border):
    result = checked(solved(TEST, ("1e-4 *", f"{border} *")), TEST)
    assert result.score < result.points
    assert "1.5 % too large" in result.hint or "3 % too large" in result.hint


@pytest.mark.parametrize("border", [1e-4, 1e-3, 5e-3])
def test_five_results_compared_as_one_do_not_find_a_small_one(border):
    before = "        if np.linalg.norm(gradient - slope) > 1e-4 * np.linalg.norm(slope):\n            return False\n"
    after = "        ours, theirs = [*ours, *gradient.ravel()], [*theirs, *slope.ravel()]\n"
    last = f"    return np.linalg.norm(np.subtract(ours, theirs)) < {border} * np.linalg.norm(theirs)"
    code = SOLUTIONS[TEST].replace(f"{before}    return True", after + last)
    code = code.replace("    inputs = [", "    ours, theirs = [], []\n    inputs = [", 1)
    scope = {"np": np}
    exec(code, scope)
    for hidden in (False, True):
        result = checked(scope["gradients_are_right"], TEST, hidden=hidden)
        assert 0 < result.score < result.points
        assert "finds that d_h0, a thousand times smaller than the other results, is 3 % too large" in result.off
        assert "each of the five results by itself" in result.hint


# --- a score is a float --------------------------------------------------------------------------------------------


def test_a_score_of_nothing_is_a_float_too():
    result = check(STEP, lambda *args: 0)
    assert result.score == 0
    assert type(float(result)) is float
    assert type(result.score) is float
