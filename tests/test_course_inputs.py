"""What an answer is run on: a right rnn_step, numbers of the name, hidden inputs, and what attacks make of them."""

import builtins
import math

import numpy as np
import pytest
from course_answers import NAME, checked, rnn_step

from rnnkit.course import check, check_hidden, numbers_for, show_numbers
from rnnkit.course.check import guard
from rnnkit.course.check.names import picks
from rnnkit.course.sets.ps1_forward.trajectory import Numbers, trajectory


def numbers(name):
    return Numbers(*numbers_for("ps1-forward.trajectory", name))


def test_a_wrong_rnn_step_does_not_fail_a_right_rnn_forward_and_is_given_back():
    scope = {"np": np}
    exec(
        "def rnn_step(x, h, *weights):\n    return h\n\n"
        "def rnn_forward(xs, h0, *weights):\n    hs = [h0]\n    for x in xs:\n"
        "        hs.append(rnn_step(x, hs[-1], *weights))\n    return np.array(hs[1:])\n",
        scope,
    )
    mine = scope["rnn_step"]
    assert checked(scope["rnn_forward"], "ps1-forward.rnn_forward").score == 4
    assert scope["rnn_step"] is mine
    assert checked(mine).score == 0


def test_numbers_are_those_of_the_name_on_every_machine():
    assert (
        list(picks("ps1-forward.trajectory", NAME))[:4] == list(picks("ps1-forward.trajectory", "  ada  LOVELACE "))[:4]
    )
    assert list(picks("ps1-forward.trajectory", NAME))[:3] == [
        0xBA,
        0x35,
        0x98,
    ]  # sha256sum of ps1-forward.trajectory/ada lovelace/0
    assert numbers(NAME) == numbers("ada lovelace")
    drawn = [numbers(f"Student {chr(97 + k)}{chr(97 + j)}") for k in range(5) for j in range(10)]
    assert len(set(drawn)) == 50
    for n in drawn[:5]:
        assert all(round(v, 1) == v for v in (*n.xs, *n[1:]))


def test_a_hand_computed_trajectory():
    right = [round(h, 3) for h in trajectory(*numbers(NAME))]
    assert checked(right, "ps1-forward.trajectory", name=NAME).score == 4
    assert checked(np.array(right), "ps1-forward.trajectory", name=NAME, hidden=True).score == 4
    assert checked(right, "ps1-forward.trajectory", name="Grace Hopper").score <= 1
    assert NAME in str(check("ps1-forward.trajectory", right, name=NAME))


def test_a_slip_in_one_step_is_found_and_the_right_value_is_not_told():
    n = numbers(NAME)
    hs = trajectory(*n)
    slip = float(np.tanh(n.xs[1] * n.weight_ih + n.bias_ih - hs[0] * n.weight_hh + n.bias_hh))
    rest = trajectory(n.xs[2:], slip, *n[2:])
    result = checked([round(h, 3) for h in (hs[0], slip, *rest)], "ps1-forward.trajectory", name=NAME)
    assert "h_1 is right, and h_2" in result.hint
    assert "weight_hh · h has the wrong sign" in result.hint
    assert "What follows is worked out rightly" in result.hint
    assert f"{hs[1]:.3f}" not in str(result)


@pytest.mark.parametrize("name", ["", "   ", "Your Name", "123", 7])
def test_without_a_name_there_are_no_numbers(name):
    result = checked([0.1, 0.2, 0.3, 0.4], "ps1-forward.trajectory", name=name)
    assert result.score == 0
    assert "STUDENT" in result.hint
    with pytest.raises(ValueError, match="STUDENT"):
        numbers(name)


@pytest.mark.parametrize(
    "answer", [[], None, 3, ["a", "b"], [[1, 2], [3]], [0.0] * 4, [0.1] * 5, rnn_step, [np.nan] * 4]
)
def test_a_trajectory_of_another_kind_gets_no_point_and_a_hint(answer):
    result = checked(answer, "ps1-forward.trajectory", name=NAME)
    assert (result.score, bool(result.hint)) == (0, True)


def test_hidden_inputs_are_others_and_follow_the_seed_and_no_expected_value_is_told(monkeypatch):
    seen = []

    def wrong(*args):
        seen.append(args[0])
        return rnn_step(*args) + 0.123

    visible = check("ps1-forward.rnn_step", wrong)
    a = seen.pop(0)
    seen.clear()
    first = check_hidden("ps1-forward.rnn_step", wrong)
    b = seen.pop(0)
    seen.clear()
    monkeypatch.setattr(guard, "SEED", "a seed of the instructor's")
    second = check_hidden("ps1-forward.rnn_step", wrong)
    c = seen.pop(0)
    assert not np.array_equal(a, b)
    assert not np.array_equal(b, c)
    assert "expected" in visible.hint
    assert "expected" not in first.hint + second.hint


def test_an_exception_does_not_carry_hidden_inputs_out():
    def tells(x, *rest):
        raise ValueError(f"secret {x[0, 0]}")

    assert "secret" in check("ps1-forward.rnn_step", tells).hint
    assert "secret" not in str(check_hidden("ps1-forward.rnn_step", tells))


class AlwaysEqual:
    shape, dtype, ndim = (3, 5), np.dtype(float), 2

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __float__(self):
        return 4.0

    def __repr__(self):
        return "4"


class Flattering(np.ndarray):
    """An array that is equal to everything, at a distance of 0 from it."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__

    def __array_ufunc__(self, *args, **kwargs):
        return np.zeros(self.shape)


@pytest.mark.parametrize(
    "answer",
    [
        lambda *args: AlwaysEqual(),
        lambda x, h, *weights: np.zeros(h.shape).view(Flattering),
        lambda x, h, *weights: np.zeros(h.shape),
        lambda x, h, *weights: h,
        lambda *args: print("4 of 4 points"),
        lambda *args: exit(0),
    ],
)
def test_answers_that_flatter_or_do_nothing_get_nothing(answer):
    assert checked(answer).score == 0
    assert checked(answer, "ps1-forward.rnn_forward").score == 0
    assert checked(answer, "ps1-forward.softmax_cross_entropy").score == 0
    assert checked(answer, "ps1-forward.count_parameters").score == 0


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *((np, "tanh"), (np, "allclose"), (np, "array"), (np, "asarray"), (np.random, "default_rng")),
        *((builtins, "sum"), (builtins, "round"), (builtins, "abs"), (builtins, "all"), (builtins, "zip")),
        *((builtins, "isinstance"), (math, "tanh")),
    ],
)
def test_a_replaced_function_is_found(monkeypatch, module, name):
    with monkeypatch.context() as patch:  # for the check alone: pytest needs them too
        patch.setattr(module, name, lambda *args, **options: None)
        result = check("ps1-forward.rnn_step", lambda x, h, *weights: h * 0)
    assert result.score == 0
    assert f"{name} has been replaced" in result.hint


@pytest.mark.parametrize(("module", "name"), [(np, "errstate"), (np, "zeros"), (np, "array"), (builtins, "zip")])
def test_a_function_that_is_replaced_while_the_answer_runs_is_found_too(monkeypatch, module, name):
    def breaks(*args):
        setattr(module, name, None)
        return rnn_step(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, getattr(module, name))  # to have it back afterwards
        result = check("ps1-forward.rnn_step", breaks)
    assert result.score == 0
    assert f"{name} has been replaced" in result.hint


@pytest.mark.parametrize(
    ("one", "other"),
    [("Sean O'Brien", "sean O’Brien"), ("José Peña", "Jose Pena"), ("Zoë", "Zoe\u0308"), (" Li  Na", "li na")],
)
def test_accents_and_apostrophes_do_not_change_the_numbers(one, other):
    assert numbers(one) == numbers(other)
    assert show_numbers("ps1-forward.trajectory", one).drawn_from == " ".join(one.split())


def test_vowel_signs_of_other_scripts_do():
    assert numbers("राम") != numbers("रम")


@pytest.mark.parametrize("exercise", ["ps1-forward.trajectory", "ps1-forward.rnn_step"])
def test_a_list_that_holds_itself_is_told_at_once(exercise):
    """NumPy would look into it 64 times, on each of four branches."""
    answer = []
    answer += [answer] * 4
    result = checked(answer if exercise.endswith("trajectory") else lambda *_: answer, exercise, name=NAME)
    assert result.score == 0
    assert "a list came that holds itself" in result.hint
