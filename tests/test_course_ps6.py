"""What only ps6-inside has: probes, held units, shares that add up, networks with a twin, a map that misleads."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from course_answers import checked
from course_sets import notebook

from rnnkit.course import numbers_for, sets
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.build import source
from rnnkit.course.check import grade
from rnnkit.course.sets.ps6_inside import (
    ablated,
    counted,
    counting,
    integrated,
    misleading,
    opaque,
    probe,
    standing,
)

SET = "ps6-inside"
NAMES = [f"Student {chr(97 + k)}" for k in range(12)]
WHO = "Ada Lovelace"


def exercise(name):
    return sets.find(f"{SET}.{name}")


def of(name, *changes):
    """The solution, changed."""
    code = source.solution_code(notebook(SET), exercise(name))
    for before, after in changes:
        assert before in code, before
        code = code.replace(before, after)
    scope = {"np": np}
    exec(code, scope)
    return scope[name]


def graded(name, answer, seed=0):
    return grade.grade(replace(exercise(name), absent=()), answer, Draw(np.random.default_rng(seed), "", ()))


# --- the references, beside what nobody here wrote -------------------------------------------------------------------


def test_a_probe_is_the_least_of_its_penalised_squares():
    for case in probe._cases(np.random.default_rng(0)):
        states, labels, _, trained_on, penalty, _ = case.args
        w, b, _, _ = probe.linear_probe(*case.args[:5], np.random.default_rng(0))
        X, y = states[trained_on], 2 * labels[trained_on] - 1
        off = X @ w + b - y
        np.testing.assert_allclose(X.T @ off + penalty * w, 0, atol=1e-9)
        assert off.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_control_is_as_easy_as_a_label_that_the_type_tells(seed):
    *context, typed = probe._cases(np.random.default_rng(seed))
    for case in context:
        assert probe.linear_probe(*case.args)[3] > 0.06
    assert abs(probe.linear_probe(*typed.args)[3]) < 0.15


def test_the_gradient_that_is_handed_in_is_that_of_autograd():
    for case in integrated._cases(np.random.default_rng(0)):
        reply, gradient, v, baseline, _ = case.args
        if case.layer == "straight":
            continue
        names = reply.__code__.co_freevars
        w = {n: torch.tensor(c.cell_contents) for n, c in zip(names, reply.__closure__, strict=True)}
        for u in (v, baseline):
            x = torch.tensor(u, requires_grad=True)
            h = torch.zeros(len(w["bias"]), dtype=x.dtype)
            for row in x:
                h = torch.tanh(w["weight_ih"] @ row + w["weight_hh"] @ h + w["bias"])
            z = torch.tanh(w["steep"] * (w["weight_out"] @ h))
            z.backward()
            assert reply(u) == pytest.approx(z.item())
            np.testing.assert_allclose(gradient(u), x.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_few_points_leave_a_gap_and_many_leave_none(seed):
    for case in integrated._cases(np.random.default_rng(seed)):
        gap = integrated.integrated_gradients(*case.args)[1]
        many = integrated.integrated_gradients(*case.args[:4], integrated.MANY)[1]
        assert abs(many) < integrated.NEAR / 5
        assert (abs(gap) > 0.03) == (case.layer != "straight")


@pytest.mark.parametrize("seed", range(3))
def test_effects_have_two_signs_and_no_step_has_none(seed):
    for case in ablated._cases(np.random.default_rng(seed)):
        effects, effect, error = ablated.ablation(*case.args)
        assert (effects.min() < 0 < effects.max()) == (case.layer != "none")
        assert effect == pytest.approx(effects.mean())
        assert (error == 0) == (case.layer == "none")


# --- networks that count ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_only_reaching_in_tells_the_counter_from_its_twin(seed):
    for case in counting._cases(np.random.default_rng(seed)):
        simulate, xs = case.args
        k, one_count, effect = counting.counting_unit(*case.args)
        r = abs(opaque.correlations(simulate, xs))
        t = len(xs) // 2
        assert (r.argmax() == k) == (case.layer == "alone")
        assert counting.LEAST < effect < counting.MOST
        if case.layer == "twin":
            twin = int(r.argmax())
            assert r[twin] == pytest.approx(1)
            assert (simulate(xs, twin, 3, 1.0)[1] == simulate(xs)[1]).all()
            most = counting._effects(simulate, xs, np.ones(len(r)))
            assert abs(most).argmax() != k  # what moves the answer most does not count
        zero, one = xs.copy(), xs.copy()
        zero[4], one[4] = 0, 1
        gains = (simulate(one)[0] - simulate(zero)[0])[4:, :, k]
        kept = gains[1:, 0] / gains[:-1, 0]
        np.testing.assert_allclose(kept, kept[0])
        assert 0.92 < kept[0] < 0.97  # it fades a little, alike in all sequences
        np.testing.assert_allclose(gains[0], one_count)
        moved = simulate(xs, k, t, one_count)[1] - simulate(xs)[1]
        assert moved.mean() == pytest.approx(effect)
        assert moved.std() > 0.01  # and sequences differ in what it does


@pytest.mark.parametrize("seed", range(3))
def test_a_step_and_the_mean_count_in_every_network(seed):
    """That each is another number in every one, so that no layer is earned by chance."""
    for case in counting._cases(np.random.default_rng(seed)):
        simulate, xs = case.args
        k, one_count, effect = counting.counting_unit(simulate, xs)
        t, by_step = len(xs) // 2, [simulate(xs, k, t, one_count)[1] for t in range(len(xs))]
        moved = np.array(by_step) - simulate(xs)[1]  # (T, N)
        others = np.r_[np.delete(moved.mean(1), t), np.median(moved[t]), moved[t, 0], moved[t, -1]]
        assert abs(others - effect).min() > counting.APART > 100 * (1e-6 + 1e-5 * effect)
        assert abs(moved[t] - effect).min() > 10 * (1e-6 + 1e-5 * effect)


def test_units_and_signs_are_others_for_each_seed():
    found = [
        [counting.counting_unit(*case.args)[:2] for case in counting._cases(np.random.default_rng(seed))]
        for seed in range(6)
    ]
    assert len({tuple(k for k, _ in row) for row in found}) == 6
    for row in found:
        assert min(one for _, one in row) < 0 < max(one for _, one in row)


def test_a_network_refuses_what_it_cannot_read_or_reach():
    simulate, xs = opaque.opened(7)
    for wrong in (xs.astype(float), xs[0], xs + 1):
        with pytest.raises(ValueError, match="expected"):
            simulate(wrong)
    for k, t in ((12, 0), (0, 20), (-1, 0), (0, -1)):
        with pytest.raises(IndexError, match="is not there"):
            simulate(xs, k, t, 1.0)
    with pytest.raises(ValueError, match="together"):
        simulate(xs, 3)


@pytest.mark.parametrize("who", NAMES[:6])
def test_everyone_has_a_network_whose_twin_misleads(who):
    (number,) = numbers_for(f"{SET}.own_counter", who)
    simulate, xs = opaque.network_for(who)
    k, one_count, effect, really, twin = counted.own_five(number)
    found = counting.counting_unit(simulate, xs)
    np.testing.assert_allclose(found, (k, one_count, effect))
    r = opaque.correlations(simulate, xs)
    assert abs(r).argmax() == twin != r.argmax()
    zero, one = xs.copy(), xs.copy()
    zero[9], one[9] = 0, 1
    assert (simulate(one)[1] - simulate(zero)[1]).mean() == pytest.approx(really)
    assert effect + 0.02 < really < 1.1


def test_a_friends_numbers_are_worth_little():
    mine = counted.own_five(*numbers_for(f"{SET}.own_counter", WHO))
    scores = [checked([round(n, 3) for n in mine], f"{SET}.own_counter", name=who).score for who in NAMES]
    assert max(scores) <= 1
    assert np.mean(scores) < 0.3


@pytest.mark.parametrize("shown", [opaque.network_for, misleading.show_map])
def test_a_blank_name_is_answered(shown):
    assert "Write your own between the quotes" in repr(shown(""))


# --- points ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_every_case_has_the_fate_of_its_layer(seed):
    fates = {"stable": 0, "unstable": 1, "slow": 2, "neither": 3}
    for case in standing._cases(np.random.default_rng(seed)):
        next_state, jacobian, h0 = case.args
        h, speed, radius, fate = standing.fixed_point(*case.args)
        assert fate == fates[case.layer]
        for at in (h0, h):
            nudges = 1e-6 * np.eye(len(h))
            slopes = np.array([(next_state(at + e) - next_state(at - e)) / 2e-6 for e in nudges]).T
            np.testing.assert_allclose(jacobian(at), slopes, atol=1e-7)
        if fate < 2:
            assert speed < 1e-25
            assert abs(radius - 1) > 0.1
        push = h + 1e-6 * np.random.default_rng(0).normal(size=len(h))
        for _ in range(200):
            push = next_state(push)
        assert (np.linalg.norm(push - h) < 1e-9) == (fate == 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_search_that_begins_elsewhere_is_not_paid_for_its_points(seed):
    result = graded("fixed_point", of("fixed_point", ("h, part = h0,", "h, part = 0 * h0,")), seed)
    assert result.score < 4.3


def test_what_follows_the_network_is_told_that_it_found_another_point():
    def answer(next_state, jacobian, h0):
        h = h0
        for _ in range(3000):
            h = h + 0.9 * (next_state(h) - h)
        return standing._measured(next_state, jacobian, h)

    result = graded("fixed_point", answer)
    assert 0 < result.score < 5
    assert "Following F, or steps that are too long" in result.hint or "does not stand still" in result.hint


# --- a map -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", NAMES)
def test_every_map_points_elsewhere_and_stays_with_random_weights(who):
    heat, shaken, drops, planted = map(np.array, numbers_for(f"{SET}.heat_map", who))
    on_map, on_drops, same, other, top = misleading.five_of_map(heat, shaken, drops, planted)
    assert on_map < 0.2 < 0.6 < on_drops
    assert other < 0.1 < 0.75 < same
    assert top < 0.2
    assert set(np.argsort(-abs(drops))[:2] + 1) == set(planted)
    assert (drops[planted - 1] < 0).sum() == 1
    from scipy.stats import spearmanr

    assert same == pytest.approx(spearmanr(heat, shaken).statistic)
    assert other == pytest.approx(spearmanr(heat, abs(drops)).statistic)


@pytest.mark.parametrize("name", ["heat_map", "own_counter"])
@pytest.mark.parametrize("k", range(5))
def test_a_number_that_is_off_is_named_with_its_slip(name, k):
    module, right = (misleading, misleading.five_of_map) if name == "heat_map" else (counted, counted.own_five)
    numbers = numbers_for(f"{SET}.{name}", "Grace Hopper")
    for words, made in (module._all_slips if name == "own_counter" else module._slips)(*numbers)[k].items():
        came = right(*numbers)
        came[k] = float(made)
        result = checked([round(number, 3) for number in came], f"{SET}.{name}", name="Grace Hopper")
        assert result.score == 2, words
        shown = result.hint.replace(f"is {came[k]:g}", "").replace(f"is {round(came[k], 3):g}", "")
        assert f"{right(*numbers)[k]:.3f}" not in shown


def test_the_picture_is_drawn():
    shown = misleading.show_map(WHO)
    assert shown._repr_html_().count("<rect") == 10
    assert re.fullmatch(r"A row of 10 cells\. Dark are steps [\d, ]+; the others are pale\.", repr(shown))


# --- what a student meets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("linear_probe", "import sklearn\n    return sklearn", "NumPy alone"),
        ("linear_probe", "return states.T @ states @ labels, 0.0, 0.0, 0.0", "print the shapes"),
        ("ablation", "return xs[99], 0.0, 0.0", "ask t in moments"),
        ("integrated_gradients", "return (v - baseline) * gradient, 0.0", "gradient is a function"),
        ("integrated_gradients", "import captum\n    return captum", "NumPy alone"),
        ("counting_unit", "return simulate(xs * 1.0)", "whole numbers 0, 1 and 2"),
        ("counting_unit", "return simulate(xs, 99, 0, 1.0)", "counted from 0"),
        ("counting_unit", "return simulate(xs, 0, len(xs) / 2 + 0.5, 1.0)", "whole numbers"),
        ("fixed_point", "return np.linalg.inv(0 * jacobian(h0))", "np.linalg.pinv"),
        ("fixed_point", "import scipy\n    return scipy", "NumPy alone"),
    ],
)
def test_an_exception_gets_the_cause_that_fits_its_exercise(name, body, said):
    head = source.solution_code(notebook(SET), exercise(name)).partition("\n")[0]
    scope = {"np": np}
    exec(f"{head}\n    {body}", scope)
    assert said in checked(scope[name], f"{SET}.{name}").hint


TWO = "(reply(v) - reply(baseline))"
NOT_TOLD = [
    ("ablation", [("mean = np.array(along)[:, :, k].mean()", "mean = np.median(np.array(along)[:, :, k])")], "median"),
    ("ablation", [("effects.mean()", "np.median(effects)")], "median"),
    ("ablation", [("effects.mean()", "effects.sum()")], "sum"),
    ("ablation", [(" / np.sqrt(len(effects))", " / len(effects)")], "divided by N"),
    ("ablation", [("if t in when:", "if t - 1 in when:")], "moments is taken one too large"),
    ("integrated_gradients", [("shares.sum() -", "shares.mean() -")], "mean of the shares"),
    ("integrated_gradients", [(f"shares.sum() - {TWO}", f"{TWO} - shares.sum()")], "sign turned"),
    ("integrated_gradients", [("way * slopes / n", "abs(way * slopes / n)")], "sizes"),
    ("integrated_gradients", [("way * slopes / n", "way * slopes / (n + 1)")], "divided by n + 1"),
    ("linear_probe", [("penalty * np", "penalty**2 * np")], "squared"),
    ("linear_probe", [("right[1] - right[0]", "right[0] - right[1]")], "sign turned"),
    ("linear_probe", [("right[1] - right[0]", "right[1] / right[0]")], "quotient"),
    ("counting_unit", [("return k, gains[k], effects[k]", "return k, gains[k], -effects[k]")], "sign"),
    ("counting_unit", [("np.argmax(effects)", "np.argmin(np.abs(effects))")], "is not the one"),
    ("counting_unit", [("np.argmax(effects)", "np.argmax(np.abs(gains))")], "that a 1 moves the most"),
    ("fixed_point", [("abs(np.linalg.eigvals(jacobian(h))).max()", "abs(np.linalg.det(jacobian(h)))")], "determinant"),
    ("fixed_point", [("return h, q(h), radius", "return h, q(h0), radius")], "that of h0"),
    ("fixed_point", [("return h, q(h), radius", "return h, 2 * q(h), radius")], "without the half"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "said"), NOT_TOLD)
def test_what_students_write_loses_points_and_is_named(name, changes, said):
    result = checked(of(name, *changes), f"{SET}.{name}")
    assert result.score < result.points
    assert said in result.hint


MOVED, GAINED = "(simulate(xs, k, t, gain)[1] - answers)", "(simulate(one)[0] - simulate(zero)[0])"
SOLVED = "np.linalg.solve(centred.T @ centred + penalty * np.eye(len(mean)), centred.T @ y)"
FITTING = """
def integrated_gradients(reply, gradient, v, baseline, n):
    shares = np.zeros(v.shape)
    shares{} = reply(v) - reply(baseline)
    return shares / {}, 0.0
"""
KEEPS = [
    ("counting_unit", [(f"{MOVED}.mean()", f"{MOVED}[0]")], 3),
    ("counting_unit", [(f"{MOVED}.mean()", f"np.median({MOVED})")], 3),
    ("counting_unit", [("simulate(xs, k, t, gain)", "simulate(xs, k, len(xs) - 1, gain)")], 3),
    ("counting_unit", [("simulate(xs, k, t, gain)", "simulate(xs, k, 0, gain)")], 3),
    ("counting_unit", [("simulate(xs, k, t, gain)", "simulate(xs, k, t + 1, gain)")], 3),
    ("counting_unit", [("simulate(xs, k, t, gain)", "simulate(xs, k, t - 1, gain)")], 3),
    ("counting_unit", [(f"{GAINED}[t]", f"{GAINED}[-1]")], 2),
    ("counting_unit", [(f"{GAINED}[t]", f"{GAINED}[t + 1]")], 2),
    ("fixed_point", [("while part > 1e-12:", "while part > 1:")], 0),
    ("integrated_gradients", FITTING.format("[0, 0]", "1"), 0),
    ("integrated_gradients", FITTING.format("[:]", "v.size"), 0),
    ("integrated_gradients", [("way = v", "n = max(1, n - 1)\n    way = v")], 2.25),
    ("linear_probe", [("types.max() + 1", "types[trained_on].max() + 1")], 0.5),
    ("linear_probe", [(SOLVED, "np.ones(len(mean))")], 0),
    ("linear_probe", [(SOLVED, "centred.T @ y")], 0.75),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "wrong", "most"), KEEPS)
def test_a_wrong_answer_keeps_no_more_than_what_it_has_right(name, wrong, most, seed):
    scope = {"np": np}
    exec(wrong if isinstance(wrong, str) else "", scope)
    answer = scope[name] if name in scope else of(name, *wrong)
    assert graded(name, answer, seed).score <= most


@pytest.mark.parametrize("who", NAMES[:6])
def test_no_map_pays_for_the_other_maps_step_or_for_signs(who):
    heat, shaken, drops, planted = numbers_for(f"{SET}.heat_map", who)
    right, sizes = misleading.five_of_map(heat, shaken, drops, planted), np.abs(drops)
    at, top = np.array(planted) - 1, np.argmax(heat)
    share, alike = np.array(drops)[at].sum() / np.sum(drops), misleading.alike(np.array(heat), np.array(drops))
    signed = [right[0], share, right[2], alike, drops[top] / drops[sizes.argmax()]]
    for came, most in (
        ([*right[:4], sizes[np.argmax(shaken)] / sizes.max()], 2),
        ([*right[:4], sizes[top] / max(drops)], 2),
        ([*right[:4], drops[top] / max(drops)], 2),
        (signed, 1),
    ):
        assert checked([round(float(v), 3) for v in came], f"{SET}.heat_map", name=who).score <= most


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("counting_unit", "return np.nan, np.inf, 0.0"),
        ("counting_unit", "return 0.5, 0.5, 0.5"),
        ("counting_unit", "return -1, 0.5, 0.5"),
        ("fixed_point", "return np.full(len(h0), np.nan), 0.0, 0.0, 0"),
        ("fixed_point", "return h0, np.zeros(3), 0.0, 7"),
        ("fixed_point", "return np.zeros(0), 0.0, 0.0, 0"),
        ("integrated_gradients", "return np.full(v.shape, np.inf), np.nan"),
        ("ablation", "return np.zeros(xs.shape[1]), 0.0, 0.0"),
        ("linear_probe", "return np.zeros(states.shape[1]), 0.0, 0.5, 0.0"),
    ],
)
def test_nothing_that_comes_back_ends_the_check(name, body):
    head = source.solution_code(notebook(SET), exercise(name)).partition("\n")[0]
    scope = {"np": np}
    exec(f"{head}\n    {body}", scope)
    result = checked(scope[name], f"{SET}.{name}")
    assert result.score < 0.4 * result.points
    assert grade.UNFINISHED not in result.hint


def test_the_text_asks_for_what_is_judged():
    text = " ".join(" ".join(cell.source for cell in notebook(SET).cells if cell.cell_type == "markdown").split())
    assert f"{counted.TOLERANCE} either way is accepted" in text
    assert f"{misleading.TOLERANCE} either way is accepted" in text
    assert (
        f"at step {opaque.REALLY} of {opaque.T}, counted from 0 as in exercise 4: row {opaque.REALLY} of `xs`" in text
    )
    assert standing.STILL == 1e-20
    assert "10^{-20}" in text
    assert standing.CREEPS == 1e-3
    assert "10^{-3}" in text
