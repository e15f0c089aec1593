"""What an exercise forbids is absent while an answer runs, and there again afterwards; an answer of True or False."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from course_sets import RECORDS

from rnnkit.course.answer.absent import absent
from rnnkit.course.answer.convert import convert
from rnnkit.course.answer.exercise import Case, Output
from rnnkit.course.answer.limit import TooLong
from rnnkit.course.answer.run import call, outcomes
from rnnkit.gradcheck import numeric_gradient
from rnnkit.losses import softmax_cross_entropy
from rnnkit.training.optimisers import SGD

FORBIDDEN = ("rnnkit.losses", "rnnkit.training", "no_such_module")
EXERCISE = replace(RECORDS[0].exercise, lends={}, absent=FORBIDDEN)


def imports_inside(*_):
    from rnnkit import losses  # an attribute of the package, which is loaded

    return losses.softmax_cross_entropy(np.ones((2, 3)), np.zeros(2, int))[1]


def imports_the_module(*_):
    import rnnkit.losses as losses

    return losses.softmax_cross_entropy(np.ones((2, 3)), np.zeros(2, int))[1]


@pytest.mark.parametrize(
    "answer",
    [
        imports_inside,
        imports_the_module,
        lambda *_: softmax_cross_entropy(np.ones((2, 3)), np.zeros(2, int))[1],
        lambda *_: SGD({}),
    ],
)
def test_what_is_forbidden_cannot_be_imported_nor_called_and_is_there_again(answer):
    assert isinstance(call(EXERCISE, answer, Case("", (), "")).error, ImportError)
    allowed = call(replace(EXERCISE, absent=()), answer, Case("", (), ""))
    assert not isinstance(allowed.error, ImportError)
    assert softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))[0] == pytest.approx(np.log(2))


def test_pythons_own_functions_work_where_a_forbidden_module_holds_them():
    """torch's enumerations hold methods of enum, which signal needs, and lazy names that warn when they are touched."""
    pytest.importorskip("torch")
    outcome = call(replace(EXERCISE, absent=("torch",)), lambda *_: signal.Handlers(0), Case("", (), ""))
    assert outcome.error is None
    assert outcome.warned == ()


def test_what_the_answer_holds_of_a_library_refuses():
    """Whole, as a function, or as a class: a library is searched where the answer's globals hold something of it."""
    torch = pytest.importorskip("torch")
    exercise = replace(EXERCISE, absent=("torch",))
    for held in (torch, torch.autograd.grad, torch.nn.RNN, torch.zeros(1)):
        answer = eval("lambda *_: library.autograd.grad(None, None)", {"held": held, "library": torch})
        assert isinstance(call(exercise, answer, Case("", (), "")).error, ImportError)


def held_in(place):
    """An answer that calls torch's compiled code, and where it has it from; its globals hold no library by name."""
    torch = pytest.importorskip("torch")
    sums = torch._VF.sum if hasattr(torch._VF, "sum") else torch.sum
    scope = {"np": np, "kept": [sums, torch.from_numpy], "one": sums}
    exec("class Box:\n    pass", scope)
    scope["Box"].__module__, scope["box"] = "__main__", scope["Box"]()
    scope["box"].kept = {"sums": sums}
    exec("def helper(a): return kept[0](kept[1](a))", scope)
    return eval(place, scope)


@pytest.mark.parametrize(
    "place",
    [
        "lambda *_: kept[0](kept[1](np.ones(3))).numpy()",
        "lambda *_: helper(np.ones(3)).numpy()",
        "lambda *_: [one for _ in range(2)]",
        "lambda *_: box.kept['sums']",
        "lambda *_, kept=tuple(kept): kept[0](kept[1](np.ones(3))).numpy()",
        "(lambda kept: lambda *_: kept[0])(kept)",
        "__import__('functools').partial(lambda f, *_: f, one)",
    ],
)
def test_compiled_functions_of_a_library_that_an_answer_keeps_end_the_call(place):
    outcome = call(replace(EXERCISE, absent=("torch",)), held_in(place), Case("", (), ""))
    assert isinstance(outcome.error, ImportError)
    assert outcome.values == ()


def test_a_notebook_that_holds_a_library_may_still_answer_without_it():
    scope = {"np": np, "torch": pytest.importorskip("torch")}
    answer = eval("lambda *_: np.ones((2, 3))", scope)
    assert call(replace(EXERCISE, absent=("torch",)), answer, Case("", (), "")).error is None


def test_no_answer_starts_another_program_where_something_is_forbidden():
    def answer(*_):
        return np.array(float(subprocess.check_output([sys.executable, "-c", "print(1)"])))

    def shell(*_):
        return np.array(os.system("exit 3"))

    for one in (answer, shell):
        assert isinstance(call(EXERCISE, one, Case("", (), "")).error, ImportError)
    assert os.system("exit 0") == 0  # afterwards it may


@pytest.mark.parametrize("ending", [None, ValueError, SystemExit, KeyboardInterrupt, TooLong])
def test_programs_start_again_however_a_call_ends(ending):
    def answer(*_):
        if ending:
            raise ending
        return np.ones((2, 3))

    with contextlib.suppress(SystemExit, KeyboardInterrupt):
        call(EXERCISE, answer, Case("", (), ""))
    assert os.system("exit 3") != 0


def test_an_alarm_at_any_moment_leaves_all_as_it_was():
    """A time limit may end the taking away or the putting back; a hundred moments."""

    def stop(*_):
        raise TimeoutError

    before, code = dict(sys.modules), numeric_gradient.__code__
    previous = signal.signal(signal.SIGPROF, stop)
    gc.collect()
    gc.disable()  # an alarm in what an earlier test left to be collected would be no alarm of this one
    try:
        for k in range(100):
            with contextlib.suppress(TimeoutError):
                signal.setitimer(signal.ITIMER_PROF, 2e-5 * (k + 1))
                for _ in range(1000):
                    with absent(("rnnkit.gradcheck", "rnnkit.losses", "rnnkit.training", "rnnkit.layers")):
                        pass
            signal.setitimer(signal.ITIMER_PROF, 0)
            assert numeric_gradient.__code__ is code
            assert sys.modules == before
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        gc.enable()


def test_the_modules_are_as_they_were_whatever_the_answer_raises():
    def answer(*_):
        assert sys.modules["rnnkit.losses"] is None
        raise ZeroDivisionError

    before = dict(sys.modules)
    with pytest.raises(ZeroDivisionError), absent(FORBIDDEN):
        answer()
    assert sys.modules == before


def test_the_reference_may_use_what_an_answer_may_not():
    def reference(logits, targets):
        return softmax_cross_entropy(logits, targets)[1]

    exercise = replace(EXERCISE, reference=reference)
    case = Case("", (np.ones((2, 3)), np.zeros(2, int)), "")
    assert outcomes(exercise, reference, [case])[0].error is None
    assert isinstance(outcomes(exercise, lambda *a: reference(*a), [case])[0].error, ImportError)


def test_what_is_lent_works_where_the_rest_of_its_module_does_not():
    def answer(a):
        return numeric_gradient(lambda: float(a.sum()), a)

    case = Case("", (np.ones(3),), "")
    exercise = replace(EXERCISE, absent=("rnnkit.gradcheck",))
    assert isinstance(call(exercise, answer, case).error, ImportError)
    assert call(replace(exercise, lends={"numeric_gradient": numeric_gradient}), answer, case).error is None


@pytest.mark.parametrize("value", [True, np.False_])
def test_a_truth_is_read(value):
    (array,), problem, _ = convert(value, (Output("right", "truth"),))
    assert (float(array), problem) == (float(value), "")


@pytest.mark.parametrize("value", [1, 0.0, np.array([True, False]), "True", None])
def test_what_is_no_truth_is_told_what_is_wanted(value):
    assert "expected right" in convert(value, (Output("right", "truth"),)).problem
