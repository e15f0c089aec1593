"""What only ps5-applications has: planted leaks, a model that counts its calls, points in proportion, a plot."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from course_answers import checked
from course_sets import answers, notebook

from artefacts.course_model import __main__ as make
from rnnkit import losses, metrics
from rnnkit.course import numbers_for, sets
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.build import source
from rnnkit.course.check import grade, guard
from rnnkit.course.sets.ps5_applications import (
    decoded,
    flattered,
    groups,
    language,
    networks,
    scaled,
    scores,
    spans,
    trained,
)
from rnnkit.course.sets.ps5_applications.windows import EXERCISE as WINDOWS
from rnnkit.course.sets.ps5_applications.windows import split_windows
from rnnkit.data import leaks

SET = "ps5-applications"
NAMES = [f"Student {chr(97 + k)}" for k in range(20)]


def exercise(name):
    return sets.find(f"{SET}.{name}")


def solution(name):
    return source.solution_code(notebook(SET), exercise(name))


def graded(name, answer, seed=0):
    return grade.grade(replace(exercise(name), absent=()), answer, Draw(np.random.default_rng(seed), "", ()))


# --- splits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_split_has_no_leak_that_the_package_would_find(seed):
    for case in groups._cases(np.random.default_rng(seed)):
        messages, writers, share, _ = case.args
        parts = dict(zip(("train", "test"), groups.split_groups(*case.args), strict=True))
        assert not leaks(
            {name: messages[rows].tolist() for name, rows in parts.items()},
            {name: writers[rows].tolist() for name, rows in parts.items()},
        )
        assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(writers)))
        assert len(parts["test"]) <= share * len(writers) < len(writers) - 1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_planted_is_there(seed):
    for case in groups._cases(np.random.default_rng(seed)):
        messages, writers = case.args[:2]
        equal = len(messages) - len(np.unique(messages))
        blocks, alone = len(np.unique(groups.blocks_of(messages, writers))), len(np.unique(writers))
        assert (equal == 0) == (case.layer == "apart")
        assert (blocks == alone) == (case.layer == "apart")
        if case.layer == "chained":
            longest = max(len(np.unique(writers[rows])) for rows in _blocks(messages, writers))
            assert longest >= 5


def _blocks(messages, writers):
    blocks = groups.blocks_of(messages, writers)
    return [blocks == one for one in np.unique(blocks)]


@pytest.mark.parametrize("kind", ["writer", "text"])
@pytest.mark.parametrize("seed", range(3))
def test_one_row_on_the_wrong_side_is_found_and_named(kind, seed):
    """A right split, and one row of a block that is moved: a leak is planted in the answer."""

    def leaky(messages, writers, test_share, rng):
        train, test = (rows.tolist() for rows in groups.split_groups(messages, writers, test_share, rng))
        of, other = (writers, messages) if kind == "writer" else (messages, writers)
        for row in train:
            if (of[train] == of[row]).sum() > 1 and (other[train] == other[row]).sum() == 1:
                train.remove(row)
                return np.array(train), np.array([*test[1:], row]), test[0]
        return np.array(train), np.array(test), None

    def answer(*args):
        train, test, out = leaky(*args)
        return (train if out is None else np.append(train, out)), test

    result = graded("split_groups", answer, seed)
    assert result.score < 4
    assert "is on both sides" in result.hint


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_windows_share_no_step_and_nothing_is_left_out_in_vain(seed):
    for case in WINDOWS.cases(np.random.default_rng(seed)):
        begins, ends, share = case.args
        train, test = split_windows(*case.args)
        steps = [{t for n in part for t in range(begins[n], ends[n] + 1)} for part in (train, test)]
        assert not steps[0] & steps[1]
        assert max(steps[0]) < min(steps[1])
        for n in set(range(len(begins))) - {*train.tolist(), *test.tolist()}:
            assert {*range(begins[n], ends[n] + 1)} & steps[1]
        assert len(test) >= share * len(begins) - 2
        assert len(train) + len(test) < len(begins)  # something lies across in every case


# --- measures are those of the package -------------------------------------------------------------------------------


def test_the_measures_are_those_of_the_package():
    rng = np.random.default_rng(0)
    for case in scores._cases(rng):
        log_p, mask, characters = case.args
        nats = -log_p[mask].sum() / mask.sum()
        perplexity, bits = scores.text_scores(log_p, mask, characters)
        assert perplexity == pytest.approx(metrics.perplexity(nats))
        assert bits == pytest.approx(metrics.bits_per_character(nats) * mask.sum() / characters)
    for case in scaled._cases(rng):
        assert scaled.mase(*case.args) == pytest.approx(metrics.mase(*case.args))
    for case in spans._cases(rng):
        predicted, true_tags = (tags.tolist() for tags in case.args)
        assert spans.spans(predicted) == set(metrics.spans(predicted))
        if spans.spans(predicted) or spans.spans(true_tags):
            assert spans.span_f1(*case.args) == pytest.approx(metrics.span_f1([predicted], [true_tags]))


def test_a_mean_of_means_would_show_in_every_unequal_case():
    for case in scores._cases(np.random.default_rng(1)):
        log_p, mask, _ = case.args
        means = -np.mean([p[m].mean() for p, m in zip(log_p, mask, strict=True)])
        alike = abs(np.exp(means) - scores.text_scores(*case.args)[0]) < 1e-3
        assert alike == (case.layer in ("full", "padded"))


# --- search ----------------------------------------------------------------------------------------------------------


def whole(V, end_symbol, longest):
    """Every continuation: up to its end, or to the longest length."""
    for n in range(1, longest + 1):
        for some in itertools.product(range(V), repeat=n):
            if end_symbol not in some[:-1] and (some[-1] == end_symbol or n == longest):
                yield some


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_that_holds_everything_finds_the_best_of_all(seed):
    for case in decoded._cases(np.random.default_rng(seed)):
        model, end_symbol, longest, _ = case.args
        if case.layer == "all":
            found = {some: decoded._sum(model, some) for some in whole(len(model(())), end_symbol, longest)}
            symbols, summed = decoded.decode(*case.args)
            assert tuple(symbols.tolist()) == max(found, key=found.get)
            assert summed == pytest.approx(max(found.values()))


@pytest.mark.parametrize("seed", range(12))
def test_every_case_of_the_search_shows_what_its_layer_is_about(seed):
    shows = {"beam": ("mean", "each"), "ended": ("dropped", "taken", "pushed")}
    for case in decoded._cases(np.random.default_rng(seed)):
        model, end_symbol, longest, _ = case.args
        symbols, summed = decoded.decode(*case.args)
        np.testing.assert_allclose(np.exp(model(())).sum(), 1)
        assert summed == pytest.approx(decoded._sum(model, symbols))
        greedy = decoded.decode(model, end_symbol, longest, 1)[1]
        if case.layer in shows:
            others = [decoded._otherwise(how, *case.args) for how in shows[case.layer]]
            assert any(other != tuple(symbols.tolist()) for other in others)
            assert greedy < summed - 0.05
        if case.layer == "end":
            assert len(symbols) < longest - 2
            assert symbols[-1] == end_symbol
        if case.layer == "longest":
            assert len(symbols) == longest
            assert symbols[-1] != end_symbol


def test_an_empty_tuple_in_an_answer_does_not_end_the_search_for_a_hint():
    def answer(next_log_p, end_symbol, longest, width):
        return np.array([next_log_p(()).argmax()]), 0.0

    assert grade.UNFINISHED not in checked(answer, f"{SET}.decode").hint


def test_a_loop_without_an_end_is_stopped_by_the_model():
    def answer(next_log_p, end_symbol, longest, width):
        symbols = []
        while True:
            symbols.append(int(next_log_p(symbols).argmax()))

    result = checked(answer, f"{SET}.decode")
    assert result.score == 0
    assert "nothing stops your loop" in result.hint


# --- a network that is handed in -------------------------------------------------------------------------------------


WHO = "Ada Lovelace"
(ALPHABET,) = numbers_for(f"{SET}.trained", WHO)
MINE = language.task_for(WHO)


def stored(name="reference"):
    return networks.stored(name, ALPHABET)


def handed_in(w):
    return grade.grade(exercise("trained"), tuple(w), Draw(np.random.default_rng(0), WHO, ()))


def test_the_networks_are_run_as_rnnkit_runs_them():
    import rnnkit

    some = language.fresh(3, 5)
    one_hot = np.eye(language.V)[some.read]
    for cell in (rnnkit.RNN, rnnkit.GRU, rnnkit.LSTM):
        rng = np.random.default_rng(0)
        model = rnnkit.Sequential(cell(language.V, 6, rng=rng), rnnkit.Linear(6, language.V, rng=rng))
        w = language.Network(*(np.asarray(a) for a in model.params.values()))
        log_p = language.log_probabilities(w, some)
        loss, _ = losses.softmax_cross_entropy(model(one_hot).h, some.following, some.real)
        assert language.bits(log_p, some) == pytest.approx(loss / np.log(2), rel=1e-9)
        again = language.unpack(language.pack(model.params))
        for a, b in zip(again, w, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6)


def test_points_are_in_proportion_between_baseline_and_reference():
    w = stored()
    found = []
    for factor in (1.0, 0.8, 0.6, 0.5, 0.4, 0.2, 0.0):
        some = w._replace(weight_out=factor * w.weight_out)
        result = handed_in(some)
        seed = int(np.random.default_rng(0).integers(2**32))
        low, high = trained.borders(ALPHABET, seed)
        of = language.fresh(seed, task=MINE)
        bits = language.bits(language.log_probabilities(some, of), of)
        way = np.clip((low - bits) / (low - high), 0, 1)
        assert result.score == pytest.approx(0.5 + 0.5 * (bits < trained.PRESENT) + (bits < low) + 3 * way, abs=0.02)
        found.append(result.score)
    assert found == sorted(found, reverse=True)
    assert found[0] == 5
    assert found[-1] == 0.5
    assert len(set(found)) > 4


def test_what_was_earned_in_part_is_said():
    w = stored()
    result = handed_in(w._replace(weight_out=0.7 * w.weight_out))
    assert 2 < result.score < 5
    (line,) = [line for line in result.off if "the way from the baseline" in line]
    earned, of = map(float, re.search(r"\((\S+) of (\S+) points\)", line).groups())
    assert of == 3
    assert result.score == pytest.approx(2 + earned, abs=0.01)
    assert repr(result) == f"{result.score:g}"


@pytest.mark.parametrize("seed", range(8))
def test_the_borders_do_not_hang_on_the_strings_that_are_drawn(seed):
    low, high = trained.borders(ALPHABET, seed)
    assert language.TASK.optimum_loss / np.log(2) < high < 1.66
    assert 1.93 < low < 2.03
    assert low < trained.PRESENT


@pytest.mark.parametrize("share", [np.nan, -1.0, 2.0, "1", None])
def test_what_is_no_share_earns_nothing_or_all(share):
    e = exercise("trained")
    layers = (*e.layers[:3], e.layers[3]._replace(share=lambda *_: share))
    result = grade.grade(replace(e, layers=layers), tuple(stored()), Draw(np.random.default_rng(0), WHO, ()))
    assert result.score == (5 if share in (2.0, "1") else 2)


@pytest.mark.parametrize("k", range(6))
@pytest.mark.parametrize("value", [None, "1", 1j, np.nan, np.inf, [], np.ones(3), np.ones((96, 33)), {}])
def test_nothing_that_is_handed_in_ends_the_check(k, value):
    came = list(stored())
    came[k] = value
    result = checked(came, f"{SET}.trained", name=WHO)
    assert result.score < 5
    assert grade.UNFINISHED not in result.hint


@pytest.mark.parametrize("line", ["", "48x16", "48x16:", "48x16:AAAA", "axb:AAAA", "48x16:%%%"])
def test_a_line_that_is_not_whole_is_refused_with_one_error(line):
    with pytest.raises(ValueError, match="expected what pack printed, from its first character to its last"):
        language.unpack(line)


def test_a_network_of_rounded_numbers_is_worth_as_much():
    w = stored()
    assert handed_in(language.unpack(language.pack(w))).score == 5


@pytest.mark.heavy
def test_the_script_trains_such_networks_and_other_seeds_come_near():
    some = language.fresh(9)
    for seed in range(3):
        model = make.train(make.TASK.batches(make.UPDATES, make.BATCH), seed=seed)
        w = language.Network(*(np.asarray(a) for a in model.params.values()))
        assert language.bits(language.log_probabilities(w, some), some) < 1.72
        if seed == make.SEED:
            for a, b in zip(w, networks.stored("reference", language.ALPHABET), strict=True):
                np.testing.assert_allclose(a, b, atol=0.2)


def test_the_wrong_networks_are_wrong_in_what_they_are_called():
    some = language.fresh(2)
    kept = {name: networks.stored(name, language.ALPHABET) for name in ("few updates", "present", "by heart")}
    said = {name: language.log_probabilities(w, some) for name, w in kept.items()}
    assert language.bits(said["few updates"], some) > trained.borders(language.ALPHABET, 2)[0]
    assert (said["present"].argmax(-1) == some.read)[some.real].mean() > 0.99
    batch = make.few(40)(None)
    of = next(iter(batch))
    read = np.asarray(of.xs).argmax(-1), np.asarray(of.targets), np.asarray(of.mask)
    learned = language.Text(*read, np.asarray(language.TASK.ideal(of)))
    heart = kept["by heart"]
    assert language.bits(language.log_probabilities(heart, learned), learned) < 1.2
    assert language.bits(language.log_probabilities(heart, some), some) > 3


# --- a plot that flatters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", NAMES)
def test_every_student_has_a_forecast_that_looks_good_and_is_worth_nothing(who):
    series, forecasts = numbers_for(f"{SET}.flattered", who)
    values, error, naive, slid, changes = flattered.five_numbers(series, forecasts)
    assert values > flattered.LOOKS_GOOD
    assert error > 1.02 * naive
    assert slid < 0.4 * error
    assert changes < 0
    moves, off = abs(np.diff(series)), abs(np.array(forecasts) - series[1:])
    assert (off < moves).any()
    assert (off > moves).any()
    moves = moves.round(1)
    assert sorted(moves)[-1] > sorted(moves)[-2]
    assert moves.argmax() < len(moves) - 1
    slips = zip(flattered._slips(series, forecasts), flattered.five_numbers(series, forecasts), strict=True)
    assert min(abs(made - right) for some, right in slips for made in some.values()) > flattered.TOLERANCE + 5e-4


@pytest.mark.parametrize("k", range(5))
def test_a_number_that_is_off_is_named_with_its_slip(k):
    who, name = "Grace Hopper", f"{SET}.flattered"
    numbers = numbers_for(name, who)
    named = 0
    for words, made in flattered._slips(*numbers)[k].items():
        came = flattered.five_numbers(*numbers)
        if abs(made - came[k]) <= flattered.TOLERANCE:
            continue
        came[k] = float(made)
        result = checked([round(number, 3) for number in came], name, name=who)
        assert result.score == 2
        on_record = result.hint in [answer.hint for answer in answers(SET)["flattered"].wrong]
        assert on_record or result.hint.startswith(f"Number {k + 1}, {flattered.WHAT[k]}, is ")
        named += on_record or words in result.hint
    assert named >= 5


def test_no_hint_holds_the_right_number():
    who, name = "Ada Lovelace", f"{SET}.flattered"
    right = flattered.five_numbers(*numbers_for(name, who))
    for k in range(5):
        came = list(right)
        came[k] += 0.1234
        assert f"{right[k]:.3f}" not in checked(came, name, name=who).hint


def test_the_plot_is_drawn_and_a_blank_name_is_answered():
    shown = flattered.show_forecast("Ada Lovelace")._repr_html_()
    assert shown.count("<polyline") == 2
    for points, n in zip(re.findall(r'points="([^"]+)"', shown), (flattered.DAYS, flattered.FORECAST), strict=True):
        places = [tuple(map(float, place.split(","))) for place in points.split()]
        assert len(places) == n
        assert all(0 <= x <= 560 and 0 <= y <= 220 for x, y in places)
    assert "Write your own between the quotes" in repr(flattered.show_forecast(""))


# --- what a student meets --------------------------------------------------------------------------------------------


def test_blank_answers_are_told_that_nothing_is_written():
    assert checked(None, f"{SET}.trained", name=WHO).hint == "trained is not written yet."
    assert checked([], f"{SET}.flattered", name="Ada Lovelace").hint == "flattered is not written yet."


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("split_groups", "from rnnkit.data import split_by_group\n    return split_by_group(writers)", "NumPy alone"),
        ("split_groups", "import sklearn\n    return sklearn", "NumPy alone"),
        ("split_groups", "return messages[writers], writers", "an index is no number of a row"),
        ("text_scores", "return log_p[mask[0]], 1.0", "mask has the shape of log_p"),
        ("mase", "return (history - history[season:]).mean()", "both have S − season rows"),
        ("span_f1", "return 1 / (predicted == 'B').sum().item()", "look before you divide"),
        ("decode", "return next_log_p(end_symbol)", "takes the symbols so far"),
        ("decode", "import torch\n    return torch", "NumPy alone"),
    ],
)
def test_an_exception_gets_the_cause_that_fits_its_exercise(name, body, said):
    scope = {"np": np}
    exec(solution(name).partition("\n")[0] + f"\n    {body}", scope)
    assert said in checked(scope[name], f"{SET}.{name}").hint


def test_the_text_asks_for_what_is_judged():
    text = " ".join(" ".join(cell.source for cell in notebook(SET).cells if cell.cell_type == "markdown").split())
    assert f"at most {trained.UNITS} units" in text
    assert f"in {language.COUNTED} strings, what came after each three symbols" in text
    assert f"{flattered.DAYS}" in text
    assert f"{flattered.TOLERANCE} either way is accepted" in text
    assert "on 500 strings that no one has seen" in text
    assert "rnnkit.fit(network, task.batches(100, 32), task.loss, rnnkit.Adam(0.01), epochs=20)" in text
    assert language.fresh(1).read.shape[1] == 500


def test_the_solution_trains_as_the_stored_network_was_trained():
    (cell,) = [c for c in notebook(SET).cells if c.metadata.get("nbgrader", {}).get("grade_id") == "trained"]
    for said in (f"units={make.UNITS}", f"epochs={make.EPOCHS}", f"updates={make.UPDATES}", f"seed={make.SEED}"):
        assert said in cell.source
    assert f"learning_rate={make.RATE}" in cell.source
    assert f"task.batches(updates, {make.BATCH})" in cell.source


# --- what a class of students was not told, or was paid for -----------------------------------------------------------


def of(name, *changes):
    """The solution, changed."""
    code = solution(name)
    for before, after in changes:
        assert before in code, before
        code = code.replace(before, after)
    scope = {"np": np}
    exec(code, scope)
    return scope[name]


ROUNDED, WINDOW = "round((1 - test_share) * len(in_time))", "np.flatnonzero(ends < cut), np.flatnonzero(begins >= cut)"
SCORES, MEAN = "return np.exp(nats), nats * mask.sum() / characters / np.log(2)", "-log_p[mask].mean()"
F1 = "2 * len(said.intersection(there)) / (len(said) + len(there))"
SORTED = "sorted(grown, key=lambda beam: -beam[1])[:width]"
ALL = "forecast, actual, history"
TIES = "of one beginning the smaller symbol"
BEST = "return np.array(symbols), summed"
PARTS = "np.flatnonzero(~chosen), np.flatnonzero(chosen)"
PAID_BEFORE = [
    ("split_windows", [(ROUNDED, "int((1 - test_share) * len(in_time))")], "is rounded to 31: int"),
    ("split_windows", [(ROUNDED, "int(np.ceil((1 - test_share) * len(in_time)))")], "np.ceil rounds up"),
    ("split_windows", [(WINDOW, f"np.flatnonzero(ends < cut), np.argsort(begins)[{ROUNDED}:]")], "Several windows"),
    ("span_f1", [(F1, "2 / ((len(said) + len(there)) / len(said & there)) if said and there else 0")], "that is right"),
    ("text_scores", [("np.exp(nats),", "np.prod(np.exp(log_p[mask])) ** (-1 / mask.sum()),")], "something overflowed"),
    ("text_scores", [("np.exp(nats),", "np.exp(-log_p[mask].sum() / np.count_nonzero(log_p[mask])),")], "count mask"),
    ("decode", [(SORTED, "sorted(grown, key=lambda beam: (-beam[1], beam[0]))[:width]")], TIES),
    ("decode", [(SORTED, "sorted(grown, key=lambda beam: (-beam[1], beam[0][-1]))[:width]")], TIES),
    ("decode", [(SORTED, "sorted(grown[::-1], key=lambda beam: -beam[1])[:width]")], TIES),
    ("span_f1", [('if not kind:', 'if not kind and not (t == 0 and tag[0] == "I"):')], "as the very first tag too"),
    ("span_f1", [("start, t, kind)", "start, t, kind[:1])")], "are the same"),
    ("span_f1", [("start, t, kind)", "start, t, kind[:3])")], "are the same"),
]  # fmt: skip
NOT_TOLD = [
    ("split_groups", [(PARTS, "1 + np.flatnonzero(~chosen), 1 + np.flatnonzero(chosen)")], "counted from 1"),
    ("split_groups", [(PARTS, "~chosen, chosen")], "np.flatnonzero"),
    ("split_groups", [("    apart = ", "    writers.sort()\n    apart = ")], "changes writers"),
    ("split_groups", [(f"return {PARTS}", f"print({PARTS})")], "return the result"),
    ("split_windows", [(WINDOW, "np.where(ends < cut), np.where(begins >= cut)")], "return a tuple"),
    ("split_windows", [("in_time = np.sort(begins)", "begins.sort()\n    in_time = begins")], "changes begins"),
    ("split_windows", [(WINDOW, "ends < cut, begins >= cut")], "np.flatnonzero"),
    ("text_scores", [(MEAN, "-log_p.mean()"), ("mask.sum() / ch", "mask.size / ch")], "The padding is counted"),
    ("text_scores", [("np.exp(nats),", "np.exp(-np.where(mask, log_p, 0).mean()),")], "padding counts as tokens"),
    ("text_scores", [("np.exp(nats),", "np.exp(-np.mean([p[m].mean() for p, m in zip(log_p, mask)])),")], "own mean"),
    ("text_scores", [("log_p[mask]", "log_p[~mask]")], "mask is turned round"),
    ("text_scores", [("np.log(2)", "np.log(10)")], "digits"),
    ("text_scores", [(SCORES, "return 2.0, 1.0")], "does not depend on log_p"),
    ("mase", [("(abs(forecast - actual) / scales).mean()", "1.0")], "does not depend on"),
    ("mase", [("axis=0", "axis=1")], "one for each step of history"),
    ("mase", [("abs(history[season:] - history[:-season])", "abs(actual[season:] - actual[:-season])")], "of the test"),
    ("mase", [("naive.mean(axis=0)", "naive.sum(axis=0) / (len(history) - 1)")], "divided by S − 1"),
    ("mase", [("naive.mean(axis=0)", "np.median(naive, axis=0)")], "the median of the naive errors"),
    ("mase", [("scales).mean()", "scales).mean(0).sum()")], "over the entries of axis N where"),
    ("mase", [("return (abs", "return int((abs"), ("scales).mean()", "scales).mean())")], "by int"),
    ("mase", [("return (abs", "return round((abs"), ("scales).mean()", "scales).mean(), 3)")], "rounded"),
    ("span_f1", [(F1, f"round({F1}, 2)")], "rounded, to 2 decimals"),
    ("span_f1", [("return 2 * len", "return len")], "The 2 is missing"),
    ("span_f1", [(F1, "len(said & there) / max(len(said), len(there))")], "the larger of both"),
    ("span_f1", [(F1, f"int({F1})")], "cut to a whole number"),
    ("decode", [(BEST, "return summed, np.array(symbols)")], "the number came first"),
    ("decode", [(BEST, "return np.array(symbols), round(float(summed), 3)")], "rounded"),
    ("decode", [(BEST, "return np.array(symbols), -summed")], "minus the sum"),
    ("decode", [(BEST, "return np.array(symbols), next_log_p(symbols[:-1])[symbols[-1]]")], "last symbol alone"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "said"), PAID_BEFORE + NOT_TOLD)
def test_what_students_write_loses_points_and_is_named(name, changes, said):
    result = checked(of(name, *changes), f"{SET}.{name}")
    assert result.score < result.points
    assert said in result.hint


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("decode", [(BEST, "return tuple(int(k) for k in symbols), float(summed)")]),
        ("mase", [("    naive", f"    {ALL} = map(np.float32, ({ALL}))\n    naive")]),
        ("text_scores", [(SCORES, "return dict(enumerate(PAIR)).values()".replace("PAIR", SCORES[7:].join("()")))]),
    ],
)  # fmt: skip
def test_what_can_only_mean_one_thing_costs_nothing(name, changes):
    result = checked(of(name, *changes), f"{SET}.{name}")
    assert result.score == result.points, result.hint


def test_two_rounds_of_joining_leave_a_leak():
    def answer(messages, writers, test_share, rng):
        blocks = groups._passes(messages, writers, groups.FEW)
        chosen = np.zeros(len(writers), bool)
        for one in rng.permutation(np.unique(blocks)):
            if chosen.sum() + (blocks == one).sum() <= test_share * len(writers):
                chosen[blocks == one] = True
        return np.flatnonzero(~chosen), np.flatnonzero(chosen)

    result = graded("split_groups", answer)
    assert result.score < 4
    assert "repeat the joining until nothing changes" in result.hint


def test_one_scale_for_all_series_costs_a_third_of_the_points():
    assert checked(of("mase", ("naive.mean(axis=0)", "naive.mean()")), f"{SET}.mase").score <= 2


@pytest.mark.parametrize("who", NAMES[:6])
def test_the_weights_of_a_friend_are_worth_nothing(who):
    (other,) = numbers_for(f"{SET}.trained", who)
    assert other != ALPHABET
    assert handed_in(networks.stored("reference", other)).score == 0.5


def test_the_package_holds_no_network_that_could_be_handed_in():
    package = networks.FILE.parents[2] / "rnnkit"
    assert not networks.FILE.is_relative_to(package)
    held = [path.read_text(encoding="utf-8") for path in (package / "course/sets/ps5_applications").glob("*.json")]
    assert not any(line in text for line in [language.pack(stored())[8:200]] for text in held)


def rearranged(blocks):
    return [np.concatenate([np.split(a, 3)[k] for k in blocks]) for a in stored()[:4]]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ([*rearranged((1, 0, 2)), *stored()[4:]], "Its blocks of rows stand as z, r, n (Keras's order), and r, z, n"),
        ([*rearranged((2, 0, 1)), *stored()[4:]], "Its blocks of rows stand as n, r, z, and r, z, n"),
        ([stored()[k] for k in (0, 1, 3, 2, 4, 5)], "bias_ih and bias_hh have changed places"),
        ([stored()[k] for k in (4, 5, 0, 1, 2, 3)], "The arrays come as (weight_out, bias_out, weight_ih"),
        (networks.stored("reference", language.ALPHABET), "numbered as in language.TASK"),
        ([1e300 * a for a in stored()], "more than 100 bits"),
    ],
)
def test_how_arrays_are_meant_is_found_by_trying(arrays, said):
    """Of weights that are on no record, as those of students are."""
    rng = np.random.default_rng(0)
    own = [a + 1e-4 * rng.normal(size=a.shape) for a in arrays]
    assert said in checked(own, f"{SET}.trained", name=WHO).hint


def test_a_network_and_its_parameters_are_taken_or_asked_for():
    import rnnkit

    network = rnnkit.Sequential(rnnkit.GRU(8, 8, rng=0), rnnkit.Linear(8, 8, rng=1))
    assert "list(….params.values())" in checked(network, f"{SET}.trained", name=WHO).hint
    assert "list(….values())" in checked(network.params, f"{SET}.trained", name=WHO).hint
    assert checked(network.params.values(), f"{SET}.trained", name=WHO).score == 0.5


def test_what_measures_a_network_cannot_be_replaced_by_a_notebook(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(language, "baseline", lambda *_: 99.0)
        assert "language.baseline has been replaced" in checked(tuple(stored()), f"{SET}.trained", name=WHO).hint
    with monkeypatch.context() as patch:
        patch.setattr(language.Brackets, "sample", lambda *_: None, raising=False)
        assert "Brackets.sample has been replaced" in checked(tuple(stored()), f"{SET}.trained", name=WHO).hint
    assert checked(tuple(stored()), f"{SET}.trained", name=WHO).score == 5


def test_beams_that_move_up_are_told():
    def answer(next_log_p, end_symbol, longest, width):
        beams, ended = [((), 0.0)], []
        for _ in range(longest):
            grown = [((*s, k), p + q) for s, p in beams for k, q in enumerate(next_log_p(s))]
            grown = sorted(grown, key=lambda beam: -beam[1])
            ended += [beam for beam in grown[:width] if beam[0][-1] == end_symbol]
            beams = [beam for beam in grown if beam[0][-1] != end_symbol][:width]
        symbols, summed = max(ended + beams, key=lambda beam: beam[1])
        return np.array(symbols), summed

    result = checked(answer, f"{SET}.decode")
    assert result.score == 4.5
    assert "not among the 2 best of its round" in result.hint


def test_a_check_needs_no_network_on_record(monkeypatch, tmp_path):
    """As in an installed package, and in the sandbox of whoever grades."""
    right, half = tuple(stored()), tuple(0.7 * a for a in stored())
    networks._stored.cache_clear()
    monkeypatch.setattr(networks, "FILE", tmp_path / "networks.json")
    monkeypatch.setattr(guard, "_KEPT", [one for one in guard._KEPT if one[0] is not networks])
    assert checked(right, f"{SET}.trained", name=WHO).score == 5
    assert "bits a symbol" in checked(half, f"{SET}.trained", name=WHO).hint
    with pytest.raises(FileNotFoundError, match="not in the package"):
        stored()
