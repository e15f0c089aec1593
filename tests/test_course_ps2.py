"""What only ps2-bptt has: passes that cannot be looked into, points against luck, and what is absent in grading."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked
from course_sets import notebook

from rnnkit.cells import rnn
from rnnkit.course import numbers_for, sets
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.answer.run import defined
from rnnkit.course.build import source
from rnnkit.course.check import guard
from rnnkit.course.check.grade import grade
from rnnkit.course.sets.ps2_bptt import passes
from rnnkit.course.sets.ps2_bptt.backward import rnn_backward, sequence
from rnnkit.course.sets.ps2_bptt.checker import RIGHT
from rnnkit.course.sets.ps2_bptt.step import run
from rnnkit.course.sets.ps2_bptt.terms import SLIPS, four_terms, steps
from rnnkit.course.sets.ps2_bptt.truncated import truncated_backward
from rnnkit.unroll import bptt, unroll

SET = "ps2-bptt"
CHECKER = f"{SET}.gradients_are_right"
exercise = sets.find(CHECKER)


def solution(name):
    return source.solution_code(notebook(SET), sets.find(f"{SET}.{name}"))


@pytest.mark.parametrize("window", [None, 1, 3, 5, 9])
def test_the_references_are_rnnkits_own_backward_pass(window):
    (xs, h0, weight_ih, weight_hh, bias), d_hs = sequence(np.random.default_rng(0), 7, 2, 3, 4)
    p = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias, "bias_hh": 0 * bias}
    states, trace = unroll(rnn, p, xs, (h0,))
    d_p, d_xs, (d_h0,), _ = bptt(rnn, p, xs, states, trace, d_hs, window=window)
    args = (d_hs, xs, h0, run(xs, h0, weight_ih, weight_hh, bias), weight_ih, weight_hh)
    came = truncated_backward(*args, window) if window else rnn_backward(*args)
    wanted = (d_xs, d_h0, d_p["weight_ih"], d_p["weight_hh"], d_p["bias_ih"])
    for a, b in zip(came, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


# --- the test of gradients: no points by luck, and none by looking ------------------------------------------------


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("value", [True, False])
def test_one_answer_to_everything_earns_nothing(value, hidden):
    result = checked(lambda *_: value, CHECKER, hidden=hidden)
    assert (result.score, result.right) == (0, ())


@pytest.mark.parametrize("seed", range(5))
def test_guesses_and_counting_earn_next_to_nothing(seed, monkeypatch):
    monkeypatch.setattr(guard, "SEED", str(seed))
    rng, calls = np.random.default_rng(seed), []

    def counts(*_):
        calls.append(0)
        return len(calls) % 22 < 8

    for answer in (counts, lambda *_: bool(rng.integers(2))):
        assert checked(answer, CHECKER, hidden=True).score <= 0.75


def test_each_wrong_pass_is_worth_the_same_and_a_false_alarm_costs():
    full = defined(exercise, solution("gradients_are_right"))
    cases = exercise.cases(np.random.default_rng(0))
    backwards = {case.layer: [c.args[1] for c in cases if c.layer == case.layer] for case in cases}
    assert sorted(map(len, backwards.values())) == [1] * 14 + [4, 4]
    assert len(cases) == len(passes.FAULTS) + len(RIGHT) == 22
    same = replace(exercise, cases=lambda _: cases)
    draw = Draw(np.random.default_rng(0), "", ())

    def score(layer, value):
        return grade(same, lambda f, b, *a: value if b in backwards[layer] else full(f, b, *a), draw).score

    assert {score(fault.name, True) for fault in passes.FAULTS} == {3.75}
    assert score("right in other numbers", False) == 3.75
    assert score("right", False) <= 0.5


def looks(backward):
    """All that Python says of an object without calling it, but for the place where it lies."""
    seen = {name: str(getattr(backward, name, None)) for name in dir(backward)}
    text = repr([*sorted(seen.items()), type(backward), repr(backward), backward.cache_info()])
    return text.replace(hex(id(backward)), "here")


def test_all_passes_look_alike_and_show_no_source():
    cases = exercise.cases(np.random.default_rng(3))
    assert len({looks(case.args[1]) for case in cases}) == 1
    assert not [fault for fault in passes.FAULTS if fault.name in looks(cases[0].args[1]) and " " in fault.name]
    for case in cases:
        for function in case.args[:2]:
            assert vars(function) == {}
            with pytest.raises(TypeError):
                inspect.getsource(function)


def test_shapes_and_kinds_do_not_tell_a_wrong_pass():
    kinds = {}
    for case in exercise.cases(np.random.default_rng(4)):
        forward, backward, d_hs, *inputs = case.args
        came = backward(d_hs.copy(), *inputs[:2], forward(*inputs), *inputs[2:4])
        kind = str([(a.shape, a.dtype) for a in came]), np.log10(abs(d_hs).max()) // 3
        exercise.reference(forward, backward, d_hs, *inputs)  # as before a student's function
        kind += (np.log10(abs(inputs[3]).max()) // 1, repr([f.cache_info() for f in (forward, backward)]))
        kinds.setdefault(kind, set()).add(case.layer.startswith("right"))
    assert all(both == {True, False} for both in kinds.values())


def test_the_passes_stand_in_another_order_for_another_seed():
    orders = {tuple(case.layer for case in exercise.cases(np.random.default_rng(seed))) for seed in range(5)}
    assert len(orders) == 5


def test_every_wrong_pass_is_off_by_what_the_text_promises_and_every_right_one_is_not():
    for seed in range(20):
        for case in exercise.cases(np.random.default_rng(seed)):
            forward, backward, d_hs, *inputs = case.args
            args = (d_hs.copy(), *inputs[:2], forward(*inputs), *inputs[2:4])
            wanted = rnn_backward(*args)
            if case.layer == "in place":
                backward(*args)
            pairs = zip(backward(*args), wanted, strict=True)
            off = max(np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs)
            assert off < 1e-5 if case.layer.startswith("right") else off > 0.01, case.layer


# --- what the set forbids is absent -------------------------------------------------------------------------------

HEAD = "def rnn_backward(d_hs, xs, h0, hs, weight_ih, weight_hh):\n    "
TAKEN = {
    "rnnkit's loop": "from rnnkit.unroll import bptt\n    return bptt",
    "the check's own": (
        "from rnnkit.course.sets.ps2_bptt.backward import rnn_backward\n"
        "    return rnn_backward(d_hs, xs, h0, hs, weight_ih, weight_hh)"
    ),
    "the check's own by its record": (
        "from rnnkit.course import sets\n"
        "    return sets.find('ps2-bptt.rnn_backward').reference(d_hs, xs, h0, hs, weight_ih, weight_hh)"
    ),
    "a layer": "import rnnkit\n    return rnnkit.RNN(4, 5)(xs)",
    "autograd": "import torch\n    return torch.zeros(3)",
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
def test_what_would_do_the_work_is_absent_and_the_hint_says_so(body):
    scope = {"np": np}
    exec(HEAD + body, scope)
    result = checked(scope["rnn_backward"], f"{SET}.rnn_backward")
    assert result.score == 0
    assert "This set is solved with NumPy alone" in result.hint


def test_what_was_imported_before_is_of_no_use_either():
    def by_rnnkit(d_hs, xs, h0, hs, weight_ih, weight_hh):
        return rnn_backward(d_hs, xs, h0, hs, weight_ih, weight_hh)

    assert "Your function raised ImportError" in checked(by_rnnkit, f"{SET}.rnn_backward").hint


# --- what a student meets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("gradients_are_right", "return forward(xs, h0)", "forward takes five arguments"),
        ("gradients_are_right", "return backward(d_hs, xs, h0, weight_ih, weight_hh)", "backward takes six arguments"),
        ("gradients_are_right", "assert False", "what is wrong is told by a False, with no error"),
        ("gradients_are_right", "return 0.1", "expected the answer to be True or False, but a float came"),
        ("rnn_backward", "return rnn_step_backward(d_hs, xs)", "the check lends a right rnn_step_backward"),
        ("rnn_backward", "return hs[len(hs)]", "hs holds h_1 to h_T, and h0 stands apart"),
        ("truncated_backward", "return rnn_backward(d_hs)", "the check lends a right rnn_backward: six arguments"),
        ("rnn_step_backward", "return weight_ih @ d_h", "a sequence is a row: (N, H) @ (H, I) is (N, I)"),
    ],
)
def test_an_exception_gets_the_cause_that_fits_its_exercise(name, body, said):
    scope = {"np": np}
    exec(solution(name).partition("\n")[0] + f"\n    {body}", scope)
    assert said.lower() in checked(scope[name], f"{SET}.{name}").hint.lower()


def test_an_unlisted_test_of_gradients_is_told_the_pass_that_it_misses():
    full = defined(exercise, solution("gradients_are_right"))

    def without_the_state(forward, backward, d_hs, xs, *rest):
        return full(forward, lambda *a: backward(*(b.copy() for b in a)), d_hs, xs, *rest) and xs[0, 0, 0] > 0

    assert "Your function says" in checked(without_the_state, CHECKER).hint


@pytest.mark.parametrize("t", range(4))
def test_one_term_that_is_off_is_named_with_its_slip(t):
    who, name = "Ada Lovelace", f"{SET}.terms"
    numbers = numbers_for(name, who)
    for words, slip in SLIPS:
        terms = four_terms(*numbers)
        terms[t] = slip(steps(*numbers)[t])
        result = checked([round(term, 3) for term in terms], name, name=who)
        if result.score < 4:
            assert result.score == 2.25
            assert f"The term of step {t + 1}" in result.hint
            assert words in result.hint or "It is what comes out when" in result.hint


def test_no_two_students_have_the_same_trace():
    names = [f"Student {chr(97 + k)}" for k in range(20)]
    assert len({numbers_for(f"{SET}.terms", name) for name in names}) == 20
