"""What only ps3-gradients has: many results that are right, matrices of one's own, a run that diverges."""

import copy
import inspect
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked
from course_sets import answers, notebook

from rnnkit.cells import rnn
from rnnkit.course import check, numbers_for, sets, show_numbers
from rnnkit.course.answer.exercise import Case
from rnnkit.course.answer.run import call, defined
from rnnkit.course.build import source
from rnnkit.course.check import grade, guard
from rnnkit.course.sets.ps3_gradients import orthogonal as ortho
from rnnkit.course.sets.ps3_gradients import repaired, run, vanishing
from rnnkit.course.sets.ps3_gradients.jacobians import jacobian_norms, states
from rnnkit.unroll import bptt, unroll

SET = "ps3-gradients"
NAMES = [f"Student {chr(97 + k)}" for k in range(20)]


def solution(name):
    return defined(exercise(name), source.solution_code(notebook(SET), exercise(name)))


def exercise(name):
    return sets.find(f"{SET}.{name}")


def test_the_product_of_jacobians_is_what_rnnkits_backward_pass_multiplies_by():
    rng, H, T = np.random.default_rng(0), 4, 6
    p = {"weight_ih": rng.normal(size=(H, 3)), "weight_hh": rng.normal(size=(H, H)) / 2}
    p |= {"bias_ih": rng.normal(size=H), "bias_hh": np.zeros(H)}
    xs, h0 = np.repeat(rng.normal(size=(T, 1, 3)), H, 1), np.repeat(rng.normal(size=(1, H)), H, 0)
    all_states, trace = unroll(rnn, p, xs, (h0,))
    d_hs = np.zeros((T, H, H))
    d_hs[-1] = np.eye(H)  # a sequence for each unit of the last state
    _, _, (d_h0,), _ = bptt(rnn, p, xs, all_states, trace, d_hs)
    hs = states(xs[:, 0] @ p["weight_ih"].T + p["bias_ih"], h0[0], p["weight_hh"])
    _, product_norms = jacobian_norms(hs, p["weight_hh"])
    assert product_norms[-1] == pytest.approx(np.linalg.norm(d_h0, 2), rel=1e-10)


# --- matrices of one's own ----------------------------------------------------------------------------------------


def test_every_student_has_one_of_each_kind_in_an_order_of_their_own():
    drawn = [numbers_for(f"{SET}.vanishing", name) for name in NAMES]
    orders = [tuple(vanishing.kind(W) for W in numbers) for numbers in drawn]
    assert {tuple(sorted(order)) for order in orders} == {(1, 1, 2, 3, 4, 4)}
    assert len(set(orders)) > 10
    assert len({str(numbers) for numbers in drawn}) == len(NAMES)


def test_a_matrix_of_ones_own_multiplies_and_is_given_anew():
    W, *_ = numbers_for(f"{SET}.vanishing", "Ada Lovelace")
    assert np.allclose(W @ W, np.linalg.matrix_power(W, 2))
    assert W.T.shape == (2, 2)
    W[:] = 0
    assert numbers_for(f"{SET}.vanishing", "Ada Lovelace")[0].any()


@pytest.mark.parametrize("name", NAMES[:5])
def test_what_is_foretold_is_what_a_thousand_powers_do(name):
    for W in numbers_for(f"{SET}.vanishing", name):
        first, far = (np.linalg.norm(np.linalg.matrix_power(np.array(W), t), 2) for t in (1, 1000))
        came = {
            vanishing.SHRINKS: first < 1 and far < 1e-9,
            vanishing.GROWS_FIRST: first > 1 and far < 1e-9,
            vanishing.STAYS: abs(first - 1) < 1e-9 and abs(far - 1) < 1e-9,
            vanishing.GROWS: far > 100,
        }
        assert came[vanishing.kind(W)]


def test_two_matrices_have_the_same_eigenvalues_and_only_one_is_normal():
    for name in NAMES[:5]:
        by_kind = {}
        for W in map(np.array, numbers_for(f"{SET}.vanishing", name)):
            by_kind.setdefault(vanishing.kind(W), []).append(W)
        (lean,) = by_kind[vanishing.GROWS_FIRST]
        same = [
            W
            for W in by_kind[vanishing.SHRINKS]
            if np.allclose(np.sort_complex(np.linalg.eigvals(W)), np.sort_complex(np.linalg.eigvals(lean)), atol=2e-3)
        ]
        assert [np.allclose(W, W.T) for W in same] == [True]
        assert np.linalg.norm(lean @ lean.T - lean.T @ lean) > 1


def test_a_matrix_is_shown_in_rows():
    shown = show_numbers(f"{SET}.vanishing", "Ada Lovelace")
    assert shown._repr_html_().count(";") == 6


def test_blank_lists_are_told_that_nothing_is_written():
    result = checked(([], [], []), f"{SET}.vanishing", name="Ada Lovelace")
    assert (result.score, result.hint) == (0, "vanishing is not written yet.")


@pytest.mark.parametrize("k", range(6))
def test_one_wrong_word_costs_its_share_and_is_told_the_matrix_and_its_numbers(k):
    name = f"{SET}.vanishing"
    came = [list(part) for part in vanishing.six_powers(*numbers_for(name, "Grace Hopper"))]
    came[0][k] = came[0][k] % 4 + 1
    result = checked(tuple(came), name, name="Grace Hopper")
    assert result.score == 2.75
    assert f"for {'ABCDEF'[k]}." in result.hint
    assert "spectral radius" in result.hint


def test_a_part_is_graded_by_itself():
    name = f"{SET}.vanishing"
    kinds, peaks, ends = vanishing.six_powers(*numbers_for(name, "Grace Hopper"))
    assert checked((kinds, [], []), name, name="Grace Hopper").score == 1.5
    assert checked(([], peaks, ends), name, name="Grace Hopper").score == 1.5
    assert "has no number for C yet" in checked((kinds, peaks[:2], ends), name, name="Grace Hopper").hint


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda sizes: np.trunc(10 * np.log10(max(sizes))) / 10, "taken along, or for the right number with too few"),
        (lambda sizes: -np.log10(max(sizes)), "whose minus is lost"),
        (lambda sizes: 1 + np.argmax(sizes), "the number of the power at which it is largest"),
        (lambda sizes: 0.0, "W to the 0th, the identity"),
        (lambda sizes: np.log10(max(sizes)) + 0.7, "look at the twenty sizes of this matrix"),
    ],
)
def test_one_measured_number_that_is_off_is_told_its_slip(spoil, said):
    name = f"{SET}.vanishing"
    numbers = numbers_for(name, "Ada Lovelace")
    kinds, peaks, ends = vanishing.six_powers(*numbers)
    k = next(k for k, peak in enumerate(peaks) if peak < -0.06)  # one that shrinks
    peaks[k] = float(spoil(vanishing.norms(numbers[k])))
    assert said in checked((kinds, peaks, ends), name, name="Ada Lovelace").hint


def test_numbers_of_another_name_are_asked_about():
    name = f"{SET}.vanishing"
    pairs = list(zip(NAMES[:10], NAMES[10:], strict=True))
    asked = [
        "Was STUDENT changed" in checked(vanishing.six_powers(*numbers_for(name, other)), name, name=who).hint
        for who, other in pairs
    ]
    assert sum(asked) >= 8  # the others have matrices in common, or a number that a slip makes too


def test_words_in_quotes_are_told_so():
    name = f"{SET}.vanishing"
    _, peaks, ends = vanishing.six_powers(*numbers_for(name, "Ada Lovelace"))
    hint = checked((["SHRINKS"] * 6, peaks, ends), name, name="Ada Lovelace").hint
    assert "write SHRINKS, not 'SHRINKS'" in hint


@pytest.mark.parametrize("guesses", [[], None, ["GROWS"] * 6, [1, 2], {1: 2}, [[1]] * 6, np.zeros((6, 6))])
def test_guesses_that_are_none_are_passed_over(guesses, monkeypatch):
    assert looked_back(guesses, monkeypatch) == ("The matrices are those of Ada Lovelace.",)


def test_guesses_are_kept_and_counted_once_all_is_right(monkeypatch):
    kinds = vanishing.six_powers(*numbers_for(f"{SET}.vanishing", "Ada Lovelace"))[0]
    assert "By eye you had 6 of 6." in looked_back(kinds, monkeypatch)
    guesses = [kinds[0] % 4 + 1, *kinds[1:5], kinds[5] % 4 + 1]
    assert looked_back(guesses, monkeypatch)[1].startswith("By eye you had 4 of 6. A, F came otherwise")


def looked_back(guesses, monkeypatch):
    """The notes of a right answer found in a notebook that has these guesses."""
    name = f"{SET}.vanishing"
    monkeypatch.setattr("__main__.guessed", guesses, raising=False)
    monkeypatch.setattr("__main__.vanishing", vanishing.six_powers(*numbers_for(name, "Ada Lovelace")), raising=False)
    result = check(name, name="Ada Lovelace")
    assert result.score == 4
    return result.notes


# --- drawn results: many are right ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["orthogonal", "adding_batch"])
def test_no_right_answer_fails_by_chance(name, monkeypatch):
    """Twenty private seeds, and every right answer on record with each."""
    right = [solution(name), *(defined(exercise(name), a.code) for a in answers(SET)[name].right)]
    for seed in range(20):
        monkeypatch.setattr(guard, "SEED", str(seed))
        for function in right[:2] if seed > 4 else right:
            result = checked(function, f"{SET}.{name}", hidden=True)
            assert result.score == 4, result


@pytest.mark.slow
@pytest.mark.parametrize("name", ["orthogonal", "adding_batch"])
def test_no_wrong_answer_passes_by_chance(name, monkeypatch):
    wrong = [defined(exercise(name), a.code) for a in answers(SET)[name].wrong]
    for seed in range(5):
        monkeypatch.setattr(guard, "SEED", str(seed))
        assert all(checked(function, f"{SET}.{name}", hidden=True).score < 4 for function in wrong)


def test_the_limits_of_the_distribution_are_far_from_right_and_wrong_ones():
    """Five standard deviations from what is right; a wrong one is as far beyond."""

    def statistics(draw):
        Qs = np.array([[draw(np.random.default_rng([k, n]), ortho.SIZE) for n in range(ortho.DRAWS)] for k in range(6)])
        return [np.array(s) for s in zip(*((abs(Q.mean(0)).max(), ortho._fourth(Q)) for Q in Qs), strict=True)]

    wrong = {a.id: defined(exercise("orthogonal"), a.code) for a in answers(SET)["orthogonal"].wrong}
    mean, fourth = statistics(ortho.orthogonal)
    assert mean.max() < 0.75 * ortho.MEAN
    assert abs(fourth).max() < 0.75 * ortho.FOURTH
    assert statistics(wrong["no-sign"])[0].min() > 3 * ortho.MEAN
    assert abs(statistics(wrong["uniform"])[1]).min() > 1.25 * ortho.FOURTH


def test_without_the_sign_the_first_entry_is_never_positive():
    wrong = next(a for a in answers(SET)["orthogonal"].wrong if a.id == "no-sign")
    draw = defined(exercise("orthogonal"), wrong.code)
    assert max(draw(np.random.default_rng(k), 3)[0, 0] for k in range(1000)) < 0


def test_a_right_answer_that_draws_in_another_order_is_never_shown_other_numbers():
    def slanted(rng, H):
        return np.linalg.svd(rng.normal(size=(2, H, H))[1])[0]

    result = checked(slanted, f"{SET}.orthogonal")
    assert "is negative in" in result.hint
    assert "expected" not in result.hint


def test_a_generator_comes_to_each_call_as_it_was():
    rng = np.random.default_rng(0)
    before = copy.deepcopy(rng).random(3)
    one = replace(exercise("orthogonal"), absent=())
    for _ in range(2):
        call(one, lambda rng, H: rng.random((H, H)), Case("", (rng, 3), ""))
    assert (rng.random(3) == before).all()


@pytest.mark.parametrize("name", ["orthogonal", "adding_batch"])
@pytest.mark.parametrize(
    "first",
    [
        "rng = rng.spawn(1)[0]",
        "rng = np.random.Generator(rng.bit_generator)",
        "rng = np.random.Generator(type(rng.bit_generator)(int(rng.integers(2**62))))",
        "import copy; rng = copy.deepcopy(rng)",
    ],
)
def test_whatever_is_made_of_the_generator_may_be_drawn_from(name, first):
    assert checked(_with_first(name, first), f"{SET}.{name}").score == 4


@pytest.mark.parametrize("name", ["orthogonal", "adding_batch"])
@pytest.mark.parametrize(
    "first",
    [
        "rng.foo = 1",
        "rng = rng.bit_generator",
        "rng = rng.bit_generator.seed_seq",
        "rng = np.random.Generator(np.random.PCG64(rng.bit_generator.seed_seq.entropy % 3))",
        "rng = np.random.default_rng(7)",
        "rng.bit_generator.state = np.random.default_rng(1).bit_generator.state",
        "return rng, rng",
        "return rng",
        "return [rng], [rng]",
        "raise SystemExit",
    ],
)
def test_no_way_to_misuse_a_generator_ends_the_check(name, first):
    result = checked(_with_first(name, first), f"{SET}.{name}")
    assert result.score < 4
    assert result.hint
    assert grade.UNFINISHED not in result.hint


def _with_first(name, first):
    """The solution with a line before all others."""
    head, _, body = source.solution_code(notebook(SET), exercise(name)).partition("\n")
    return defined(exercise(name), f"{head}\n    {first}\n{body}")


@pytest.mark.parametrize("spoil", [np.nan, np.inf])
def test_a_batch_with_a_value_that_is_no_number_earns_nothing_for_its_numbers(spoil):
    def broken(rng, T, N):
        xs, _ = solution("adding_batch")(rng, T, N)
        xs[0, 0, 0] = spoil
        return xs, (xs[..., 0] * xs[..., 1]).sum(0)[:, None]

    with np.errstate(all="ignore"):
        result = checked(broken, f"{SET}.adding_batch")
    assert result.score < 1
    assert "NaN or infinite" in result.hint


def test_one_who_always_says_1_has_the_error_that_the_text_names():
    _, targets = exercise("adding_batch").reference(np.random.default_rng(0), 10, 20000)
    assert np.mean((targets - 1) ** 2) == pytest.approx(2 / 12, abs=0.005)


# --- the run that diverges ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_run_diverges_as_it_stands_and_learns_when_mended(seed):
    _, losses = run.train(gain=1.5, learning_rate=1.0, max_norm=np.inf, seed=seed)
    assert not np.isfinite(losses[-1])
    assert losses[0] < 0.5
    _, losses = run.train(gain=1.0, learning_rate=0.1, max_norm=0.1, seed=seed)
    assert np.mean(losses[-20:]) < repaired.GOOD / 3


@pytest.mark.parametrize("seed", range(3))
def test_clipping_does_not_bring_back_what_vanishes(seed):
    for max_norm in (0.1, 1.0):
        _, losses = run.train(gain=0.5, learning_rate=0.1, max_norm=max_norm, seed=seed)
        assert np.mean(losses[-20:]) > 0.8 / 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("gain", "rate", "clip"), [(1, 0.1, 0.1), (1, 0.05, 0.2), (1, 1, 0.01)])
def test_settings_that_keep_the_promises_get_full_marks(gain, rate, clip, seed):
    weights, _ = run.train(gain=gain, learning_rate=rate, max_norm=clip, seed=seed)
    assert checked((gain, rate, clip, *weights), f"{SET}.repaired", hidden=True).score == 4


@pytest.mark.parametrize("seed", range(4))
def test_a_smaller_rate_at_the_old_clipping_is_not_enough(seed):
    """Nor are the settings that one thinks of first: an update of theirs is too long."""
    weights, _ = run.train(gain=1, learning_rate=0.01, max_norm=1.0, seed=seed)
    hint = checked((1, 0.01, 1.0, *weights), f"{SET}.repaired").hint
    assert "give more of the product to learning_rate" in hint.lower()
    weights, _ = run.train(gain=1, learning_rate=0.01, max_norm=1.0, seed=seed, updates=600)
    assert checked((1, 0.01, 1.0, *weights), f"{SET}.repaired", hidden=True).score == 4
    weights, _ = run.train(gain=1, learning_rate=0.1, max_norm=1.0, seed=seed)
    assert checked((1, 0.1, 1.0, *weights), f"{SET}.repaired").score == 3.25


@pytest.mark.parametrize("k", range(7))
@pytest.mark.parametrize("value", [None, "1", 1j, -1, np.inf, np.nan, [0.1], [[1.0]], np.ones(2), np.ones((3, 3)), {}])
def test_nothing_that_is_handed_in_for_a_setting_or_a_weight_ends_the_check(k, value):
    came = [1.0, 0.1, 0.1, *run.train(gain=1.0, learning_rate=0.1, max_norm=0.1)[0]]
    came[k] = value
    result = checked(came, f"{SET}.repaired")
    assert result.score < 4 or value == [0.1]  # a list of one number is that number
    assert grade.UNFINISHED not in result.hint


def test_the_text_asks_for_what_is_judged():
    text = " ".join(cell.source for cell in notebook(SET).cells if cell.cell_type == "markdown")
    assert f"No update is longer than {repaired.LONGEST_STEP:g}" in text
    assert "at most a tenth of $1/3$" in text
    assert repaired.GOOD == 0.1
    assert text.count("above 0") >= 2
    assert "The check\ndoes not train" in text


def test_its_gradient_is_a_slope():
    rng = np.random.default_rng(0)
    w = run.start(rng, 1.2)._replace(weight_out=rng.normal(size=run.H), bias=rng.normal(size=run.H))
    xs, targets = run.draw(rng, 4)
    _, d = run.gradients(w, xs, targets)
    for k, part in enumerate(w):
        nudge = rng.normal(size=part.shape)
        up, down = (w._replace(**{run.Weights._fields[k]: part + e * nudge}) for e in (1e-6, -1e-6))
        slope = (run.gradients(up, xs, targets)[0] - run.gradients(down, xs, targets)[0]) / 2e-6
        assert (d[k] * nudge).sum() == pytest.approx(slope, rel=1e-5)


def test_the_notebook_shows_the_run_that_it_trains():
    shown = next(cell.source for cell in notebook(SET).cells if "inspect.getsource" in cell.source)
    assert "run.train" in shown
    assert inspect.getsource(run.train).startswith("@cache\ndef train(")


# --- what does the work is absent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("orthogonal", "from scipy.stats import ortho_group\n    return ortho_group.rvs(H, random_state=rng)"),
        ("orthogonal", "import rnnkit.params\n    return rnnkit.params.orthogonal"),
        ("adding_batch", "from rnnkit.data import Adding\n    return Adding(T).sample(rng, N)"),
        ("jacobian_norms", "import torch\n    return torch.func.jacrev"),
    ],
)
def test_what_would_do_the_work_is_absent_and_the_hint_says_so(name, body):
    scope = {"np": np}
    head = source.solution_code(notebook(SET), exercise(name)).partition("\n")[0]
    exec(f"{head}\n    {body}", scope)
    result = checked(scope[name], f"{SET}.{name}")
    assert result.score == 0
    assert "written with NumPy alone" in result.hint
