"""What only ps4-gates has: two forms of one cell, files of weights, numbers set by hand, a run of one's own."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked
from course_sets import answers, notebook

from artefacts.gru_files import __main__ as make
from rnnkit.cells import gru, gru_reset_before, lstm
from rnnkit.course import numbers_for, sets, show_numbers
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.answer.run import defined
from rnnkit.course.build import source
from rnnkit.course.check import grade
from rnnkit.course.sets.ps4_gates import counter, files, half_life, recalled, shares
from rnnkit.course.sets.ps4_gates import strings as language
from rnnkit.course.sets.ps4_gates.backward import lstm_step_backward
from rnnkit.course.sets.ps4_gates.gru import gru_step
from rnnkit.course.sets.ps4_gates.lstm import lstm_step, weights
from rnnkit.unroll import bptt, unroll

SET = "ps4-gates"
NAMES = [f"Student {chr(97 + k)}" for k in range(20)]
PARAMS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def exercise(name):
    return sets.find(f"{SET}.{name}")


def solution(name):
    return source.solution_code(notebook(SET), exercise(name))


# --- the references are rnnkit's cells -------------------------------------------------------------------------------


def drawn(blocks, N=3, I=4, H=5):
    rng = np.random.default_rng(0)
    arrays = weights(rng, I, H, blocks)
    return rng.normal(size=(N, I)), rng.normal(size=(2, N, H)), arrays, dict(zip(PARAMS, arrays, strict=True))


def test_the_lstms_references_are_rnnkits_step_and_its_adjoint():
    x, (h_prev, c_prev), arrays, p = drawn(4)
    states, trace = unroll(lstm, p, x[None], (h_prev, c_prev))
    h, c = lstm_step(x, h_prev, c_prev, *arrays)
    np.testing.assert_allclose((h, c), [s[1] for s in states], rtol=1e-12)
    d_h = np.random.default_rng(1).normal(size=(1, *h.shape))
    d_p, d_xs, (d_h0, d_c0), _ = bptt(lstm, p, x[None], states, trace, d_h)
    came = lstm_step_backward(d_h[0], 0 * c, x, h_prev, c_prev, trace.gates[0], c, *arrays[:2])
    wanted = (d_xs[0], d_h0, d_c0, d_p["weight_ih"], d_p["weight_hh"], d_p["bias_ih"])
    for a, b in zip(came, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("cell", "reset_after"), [(gru, True), (gru_reset_before, False)])
def test_the_grus_two_forms_are_rnnkits_two_cells(cell, reset_after):
    x, (h_prev, _), arrays, p = drawn(3)
    ((_, h),), _ = unroll(cell, p, x[None], (h_prev,))
    np.testing.assert_allclose(gru_step(x, h_prev, *arrays, reset_after), h, rtol=1e-12)


# --- files of an unknown form ----------------------------------------------------------------------------------------


def test_every_file_has_learned_in_one_form_and_fails_in_the_other():
    assert len(files.contents()) == len(make.ORDER)
    for content, reset_after in zip(files.contents(), make.ORDER, strict=True):
        own, other = make.shares(content)[:: 1 if reset_after else -1]
        assert own < make.LEARNED
        assert other > make.FAILS


@pytest.mark.slow
@pytest.mark.parametrize("reset_after", [True, False])
def test_the_script_trains_such_files(reset_after):
    first = make.kept(reset_after)[0]
    known = files.contents()[make.ORDER.index(reset_after)]
    assert [np.shape(a) for a in first.values()] == [np.shape(a) for a in known.values()]
    assert min(make.shares(first)) < make.LEARNED


@pytest.mark.parametrize("k", [0, 7, -1, "1", None])
def test_a_file_that_is_not_there_is_named(k):
    with pytest.raises(ValueError, match=r"expected the number of a file, 1 to 6"):
        files.load(k)


def test_a_file_is_given_anew():
    files.load(1)["bias_out"] += 1
    assert files.load(1)["bias_out"] == files.contents()[0]["bias_out"]


@pytest.mark.parametrize("who", NAMES[:4])
def test_a_guess_of_the_forms_is_right_in_one_of_sixteen_ways_and_half_right_in_the_others(who):
    name = f"{SET}.recalled"
    both = recalled.both_forms(*numbers_for(name, who))
    scores = [
        checked([round(row[k], 3) for row, k in zip(both, guess, strict=True)], name, name=who).score
        for guess in itertools.product((0, 1), repeat=4)
    ]
    assert sorted(scores) == [2.0] * 15 + [4.0]


def test_students_have_files_and_sequences_of_their_own():
    own = [numbers_for(f"{SET}.recalled", who) for who in NAMES]
    assert len({xs for xs, _ in own}) == len(NAMES)
    assert len({f for _, f in own}) > 12
    for xs, own_files in own:
        assert len(set(own_files)) == 4
        assert {make.ORDER[k - 1] for k in own_files} == {True, False}
        off = abs(recalled.both_forms(xs, own_files) - xs[0])
        assert off.min(1).max() < recalled.NEAR
        assert off.max(1).min() > recalled.FAR


def test_the_hint_does_not_tell_which_file_is_in_the_wrong_form():
    name, who = f"{SET}.recalled", "Ada Lovelace"
    both, xs = recalled.both_forms(*numbers_for(name, who)), numbers_for(name, who)[0]
    nearest = abs(both - xs[0]).argmin(1)
    for off in range(4):
        came = [row[1 - k if j == off else k] for j, (row, k) in enumerate(zip(both, nearest, strict=True))]
        hint = checked(came, name, name=who).hint
        assert "the other form comes nearer" in hint
        assert not re.search(r"file \d", hint)


# --- half-lives and shares -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", NAMES[:5])
def test_what_is_left_after_a_half_life_is_one_half(who):
    lengths, biases = numbers_for(f"{SET}.half_life", who)
    for_lengths, lives = half_life.both_ways(lengths, biases)
    for b, L in zip((*for_lengths, *biases), (*lengths, *lives), strict=True):
        assert (1 / (1 + np.exp(-b))) ** L == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("who", NAMES)
def test_shares_add_up_and_every_student_has_something_to_tell(who):
    xs, *arrays = numbers_for(f"{SET}.shares", who)
    h = c = np.zeros((1, 1))
    w_ih, w_hh, bias = (np.array(a) for a in arrays)
    written = []
    for x in xs:
        h, c = lstm_step(np.full((1, 1), x), h, c, w_ih[:, None], w_hh[:, None], bias, 0 * bias)
        written.append((h.item(), c.item()))
    steps = shares.trace(xs, *arrays)
    np.testing.assert_allclose([(s.h, s.c) for s in steps], written, rtol=1e-12)
    own = shares.five_shares(xs, *arrays)
    assert sum(own) == pytest.approx(c.item())
    lost = [abs(s.i * s.g) >= 0.3 and abs(share) < abs(s.i * s.g) / 4 for s, share in zip(steps, own, strict=True)]
    assert sum(lost) == 1
    assert any(s.o < 0.3 and abs(s.c) > 0.4 for s in steps)


@pytest.mark.parametrize("t", range(5))
def test_one_share_that_is_off_is_named_with_its_slip(t):
    who, name = "Ada Lovelace", f"{SET}.shares"
    numbers = numbers_for(name, who)
    made = [slip(shares.trace(*numbers), t) for _, slip in shares.SLIPS]
    for (words, _), value in zip(shares.SLIPS, made, strict=True):
        came = shares.five_shares(*numbers)
        came[t] = value
        if sum(abs(value - other) < 0.001 for other in made) > 1:
            continue  # no cause is named where several come to the same
        result = checked([round(share, 3) for share in came], name, name=who)
        if result.score < 3:
            assert result.score == 2
            assert f"The share of step {t + 1}" in result.hint
            assert words in result.hint


@pytest.mark.parametrize(("of", "k"), [(of, k) for of in range(2) for k in range(3)])
def test_a_half_life_that_is_off_is_named_with_its_slip(of, k):
    who, name = "Grace Hopper", f"{SET}.half_life"
    numbers = numbers_for(name, who)
    for words, slip in (half_life.BIAS_SLIPS, half_life.LENGTH_SLIPS)[of].items():
        came = half_life.both_ways(*numbers)
        came[of][k] = float(slip(numbers[of][k]))
        result = checked(came, name, name=who)
        if result.score < 3:
            assert result.score == 2
            assert words in result.hint or "It is what comes out for" in result.hint


def test_a_table_shows_the_numbers_of_each_exercise():
    for name in ("recalled", "half_life", "shares"):
        assert "Ada Lovelace" in show_numbers(f"{SET}.{name}", "Ada Lovelace")._repr_html_()


# --- weights set by hand ---------------------------------------------------------------------------------------------


def counts(string):
    """aⁿbⁿ by its definition."""
    return bool(string) and string == "a" * (len(string) // 2) + "b" * (len(string) // 2)


def test_the_strings_are_what_they_are_called():
    found = language.strings(3)
    assert {n for s in found[language.RIGHT] for n in [len(s)]} == set(range(2, 102, 2))
    patterns = {
        language.FEW: r"a+b*",
        language.MANY: r"a+b+.*",
        language.ORDER: r"b.*|a+b+a.*",
        language.MORE: r"a+b+a.*",
    }
    for kind, pattern in patterns.items():
        assert len(found[kind]) > 40
        for string in found[kind]:
            assert re.fullmatch(pattern, string)
            assert not counts(string)
            goes_on = any(counts(string[:k]) for k in range(2, len(string)))
            assert goes_on == (kind in (language.MORE, language.MANY))
    assert all(counts(s) == (language.kind(s) == language.RIGHT) for s in language.short_strings())
    assert len(language.short_strings()) == 2**11 - 2


def test_they_are_drawn_anew_for_each_seed():
    assert set(language.strings(1)[language.ORDER]) != set(language.strings(2)[language.ORDER])


def is_right(w):
    """On every string of up to 11 letters and on many aⁿbᵐ, by the step of exercise 1."""
    some = ["".join(s) for n in range(1, 12) for s in itertools.product("ab", repeat=n)]
    runs = ["a" * n + "b" * m for n in range(1, 51) for m in {0, 1, n - 1, n, n + 1, 55}]
    for rows in (some, runs):
        by_length = {}
        for string in rows:
            by_length.setdefault(len(string), []).append(string)
        for same in by_length.values():
            xs = np.array([[(letter == "a", letter == "b") for letter in s] for s in same], float).transpose(1, 0, 2)
            h = c = np.zeros((len(same), w.weight_out.size))
            for x in xs:
                h, c = lstm_step(x, h, c, w.weight_ih, w.weight_hh, w.bias, 0 * w.bias)
            yes = h @ w.weight_out + w.bias_out > 0
            if yes.tolist() != [counts(s) for s in same]:
                return False
    return True


def graded(w):
    e = replace(exercise("counter"), by_property=lambda *_: "off")
    return grade.grade(e, tuple(w), Draw(np.random.default_rng(5), "", ())).score


def four_units(**changed):
    """Another counter with four units, whose margins can be made small; (field, index) to value by name."""
    wi, wh, b = np.zeros((16, 2)), np.zeros((16, 4)), np.zeros(16)
    b[[0, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]] = 30
    wi[8], wi[1] = (30, -30), (-30, 30)
    wi[2], b[2], wh[2, 1] = (20, -50), -40, 50
    wi[3], wh[3, 0] = (-50, 20), -50
    w = [wi, wh, b, np.array([-20.0, 0, -50, -50]), np.array(changed.pop("bias_out", 5.0))]
    for (k, place), value in changed.pop("places", {}).items():
        w[k][place] = value
    return language.Weights(*w)


@pytest.mark.parametrize(
    "changed",
    [
        {"places": {(2, 6): 3}},  # the alarm fades, and a^49 b a b^49 is accepted
        {"places": {(0, 8): (0.5, -0.5), (0, 3): (-50, 11)}, "bias_out": 4.6},  # steps that have to cancel out
        {"bias_out": 15.0},  # a margin that 1 % takes away
        {"bias_out": 15.1},
    ],
)
def test_counters_against_the_rules_lose_points_and_the_same_ones_in_every_check(changed):
    came = tuple(four_units(**changed))
    scores = {checked(came, f"{SET}.counter", hidden=hidden).score for hidden in (False, True)}
    assert len(scores) == 1
    assert scores.pop() < 5
    assert checked(tuple(four_units()), f"{SET}.counter", hidden=True).score == 5


def test_one_string_that_says_the_cause_is_named():
    came = tuple(four_units(places={(3, 3): 0}))
    assert "“abb” is accepted, and it has too many “b”" in checked(came, f"{SET}.counter").hint


def right_weights():
    """Those on record, the solution's and the reference's among them."""
    codes = [solution("counter"), *(a.code for a in answers(SET)["counter"].right)]
    found = [language.Weights(*map(np.array, defined(exercise("counter"), code)(None))) for code in codes]
    return [*found, counter.hand_set(0)]


def test_right_weights_are_right_on_strings_that_no_check_draws():
    for w in right_weights():
        assert is_right(w)


@pytest.mark.slow
def test_one_changed_number_passes_only_if_the_weights_are_still_right():
    """Every number that is not 0, taken away or turned."""
    passed = failed = 0
    for w in right_weights()[:1]:
        for field, array in w._asdict().items():
            for place in zip(*np.nonzero(np.atleast_1d(array)), strict=True):
                for factor in (0, -1):
                    new = np.atleast_1d(array).astype(float)
                    new[place] *= factor
                    changed = w._replace(**{field: new.reshape(np.shape(array))})
                    if graded(changed) == 5:
                        assert is_right(changed), (field, place, factor)
                        passed += 1
                    else:
                        failed += 1
    assert failed > 2 * passed


@pytest.mark.slow
def test_no_right_weights_fail_by_chance():
    for w in right_weights():
        assert counter.holds_when_shaken(w)
        for seed in range(20):
            rng = np.random.default_rng(seed)
            shaken = [array * rng.uniform(1 - counter.SHARE, 1 + counter.SHARE, array.shape) for array in w]
            rows = [s for k in language.strings(seed).values() for s in k]
            assert not counter._misjudged(language.Weights(*shaken), rows)


@pytest.mark.parametrize("bias_out", [1.0, -1.0, 0.0])
def test_one_answer_to_everything_earns_nothing(bias_out):
    blank = (np.zeros((8, 2)), np.zeros((8, 2)), np.zeros(8), np.zeros(2), bias_out)
    result = checked(blank, f"{SET}.counter")
    assert result.score == 0
    assert "Every string is" in result.hint


@pytest.mark.parametrize("k", range(5))
@pytest.mark.parametrize(
    "value", [None, "1", 1j, np.inf, np.nan, 60.0, [0.1], [[1.0]], np.ones(2), np.ones((3, 3)), {}]
)
def test_nothing_that_is_handed_in_ends_the_check(k, value):
    came = list(counter.hand_set(0))
    came[k] = value
    result = checked(came, f"{SET}.counter")
    assert result.score < 5 or (k, value) == (4, [0.1])  # a list of one number is that number
    assert grade.UNFINISHED not in result.hint


def test_blank_answers_are_told_that_nothing_is_written():
    assert checked(None, f"{SET}.counter").hint == "counter is not written yet."
    for name, blank in (("recalled", []), ("half_life", ([], [])), ("shares", [])):
        result = checked(blank, f"{SET}.{name}", name="Ada Lovelace")
        assert (result.score, result.hint) == (0, f"{name} is not written yet.")


def test_the_text_asks_for_what_is_judged():
    text = " ".join(cell.source for cell in notebook(SET).cells if cell.cell_type == "markdown")
    assert f"between −{counter.LARGEST:g} and {counter.LARGEST:g}" in text
    assert f"up to $n = {language.LONGEST}$" in text
    assert "one to four units" in text
    assert f"off by up to {counter.SHARE * 100:g} %" in text
    assert "The empty string is not asked" in text


# --- what a student meets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("lstm_step", "import torch\n    return torch.nn.LSTMCell", "written with NumPy alone"),
        ("lstm_step", "from rnnkit.cells import lstm\n    return lstm.step", "written with NumPy alone"),
        ("lstm_step_backward", "import rnnkit\n    return rnnkit.LSTM(4, 5)(x)", "written with NumPy alone"),
        ("gru_step", "from rnnkit.course.sets.ps4_gates import gru\n    return gru", "written with NumPy alone"),
        ("lstm_step", "return x @ weight_ih, h_prev", "a sequence is a row: x @ weight_ih.T is (N, 4H)"),
        ("lstm_step", "i, f = np.split(x @ weight_ih.T, 4, axis=1)\n    return i, f", "makes four blocks"),
        ("lstm_step", "return np.split(h_prev, 4)", "along axis 1"),
        ("lstm_step_backward", "return np.concatenate([x, c])", "np.concatenate([...], axis=1)"),
        ("gru_step", "return x @ weight_hh.T", "x @ weight_ih.T is (N, 3H)"),
    ],
)
def test_an_exception_gets_the_cause_that_fits_its_exercise(name, body, said):
    scope = {"np": np}
    exec(solution(name).partition("\n")[0] + f"\n    {body}", scope)
    assert said in checked(scope[name], f"{SET}.{name}").hint


@pytest.mark.parametrize("form", [True, False])
def test_one_form_alone_leaves_half_of_the_points(form):
    def one(*args):
        return gru_step(*args[:-1], form)

    e = exercise("gru_step")
    result = grade.grade(replace(e, absent=()), one, Draw(np.random.default_rng(0), "", ()))
    assert result.score == 2.0
