"""Exercise ps5-applications.split_windows: a split in time, and what lies across it is left out."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps5_applications.changed import what_is_changed


def split_windows(begins: Values, ends: Values, test_share: float) -> tuple[Values, Values]:
    """(train, test), numbers of windows; the test begins at a step, and the training part ends before it."""
    cut = np.sort(begins)[round((1 - test_share) * len(begins))]
    return np.flatnonzero(ends < cut), np.flatnonzero(begins >= cut)


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("order", 40, 0.25), ("order", 60, 0.2), ("mixed", 40, 0.3), ("mixed", 50, 0.2)]
    plan += [("lengths", 60, 0.3), ("lengths", 80, 0.25), ("parts", 43, 0.25), ("parts", 41, 0.25), ("parts", 47, 0.3)]
    plan += [("ties", 50, 0.3), ("ties", 46, 0.26)]
    cases = []
    for layer, N, share in plan:
        stride, long = (1, int(rng.integers(5, 9))) if layer == "order" else (2, int(rng.integers(7, 12)))
        begins = int(rng.integers(10, 90)) + stride * np.arange(N)
        lengths = np.full(N, long)
        if layer == "lengths":
            begins, lengths = np.repeat(begins[: N // 2], 2), rng.integers(2, 14, N)
            cut = begins[round((1 - share) * N)]
            lengths[(begins < cut) & (begins >= cut - 8)] = 12  # some that lie across
            lengths[begins == begins[N // 4]] = cut - begins[N // 4] + 3, 2  # one of them begins early
        if layer == "ties":  # the cut's window is not the first that begins there
            at = round((1 - share) * N)
            begins, lengths = begins.copy(), rng.integers(3, 9, N)
            first = at - int(rng.integers(2, 4))
            begins[first : at + int(rng.integers(1, 3))], lengths[first - 1] = begins[at], 12
        if layer != "order":
            order = rng.permutation(N)
            begins, lengths = begins[order], lengths[order]
        label = f"with {N} windows, test_share={share:g}"
        cases.append(Case(layer, (begins, begins + lengths - 1, share), label))
    return cases


def _same_rows(got: Values, expected: Values) -> bool:
    return np.array_equal(np.sort(got.ravel()), expected)


def _apart(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """No step on both sides, and windows on both."""
    for case in cases:
        came = _rows(exercise, function, case)
        if came is None or _shared(case, *came) is not None:
            return False
    return True


def _rows(exercise: Exercise, function: Callable[..., Any], case: Case) -> tuple[Values, Values] | None:
    came, N = call(exercise, function, case).values, len(case.args[0])
    fits = len(came) == 2 and all(v.ndim == 1 and len(v) and (v % 1 == 0).all() for v in came)
    if not fits or min(v.min() for v in came) < 0 or max(v.max() for v in came) >= N:
        return None
    return came[0].astype(int), came[1].astype(int)


def _shared(case: Case, train: Values, test: Values) -> tuple[int, int] | None:
    """A window of each part that hold the same step."""
    begins, ends, _ = case.args
    meet = (begins[train][:, None] <= ends[test]) & (begins[test] <= ends[train][:, None])
    if not meet.any():
        return None
    k, j = np.argwhere(meet)[0]
    return int(train[k]), int(test[j])


def _at(case: Case, rounded: Callable[[float], float]) -> int:
    """The number of the window at which the test begins."""
    return int(rounded((1 - case.args[2]) * len(case.args[0])))


def _begun_elsewhere(case: Case, test: Values) -> str:
    """Whether the test begins a window early or late, as other ways to round make it, or without those beside it."""
    in_time, right = np.sort(case.args[0]), _at(case, round)
    for says, rounded in (("int(...) and // cut off", np.floor), ("np.ceil rounds up", np.ceil)):
        at = _at(case, rounded)
        if at != right and at < len(in_time) and set(test.tolist()) == set(_from(case, in_time[at])):
            share = f"(1 − test_share) · N = {(1 - case.args[2]) * len(in_time):g}"
            return (
                f"The test begins with window number {at}, and {share} is rounded to {right}: {says}, round does not."
            )
    due = _from(case, in_time[right])
    if (
        len(due) > len(_from(case, in_time[right] + 1)) + 1
        and set(test.tolist()) < set(due)
        and (case.args[0][list(set(due) - set(test.tolist()))] == in_time[right]).all()
    ):
        return "Several windows begin at the cut, and some of them are not in the test. All of them are: begins >= cut."
    return ""


def _from(case: Case, cut: int) -> list[int]:
    found: list[int] = np.flatnonzero(case.args[0] >= cut).tolist()
    return found


def _in_sorted_order(case: Case, train: Values, test: Values) -> bool:
    """Whether the numbers are places in the order of time."""
    order = np.argsort(case.args[0], kind="stable")
    right = split_windows(*case.args)
    return all(np.array_equal(np.sort(order[a]), b) for a, b in zip((train, test), right, strict=True))


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """What is wrong with the first split that is."""
    if told := what_is_changed(exercise, function, cases):
        return told
    for case in cases:
        rows = _rows(exercise, function, case)
        if rows is None:
            return _of_form(call(exercise, function, case).values, case)
        if told := _fault(case, *rows):
            return told
    return ""


def _fault(case: Case, train: Values, test: Values) -> str:
    begins, ends, share = case.args
    where = f" ({case.label})"
    right_train, right_test = split_windows(begins, ends, share)
    if np.array_equal(np.sort(train), right_train) and np.array_equal(np.sort(test), right_test):
        return ""
    if _in_sorted_order(case, train, test):
        return (
            f"The numbers are places in the order of time{where}, and those of the windows as they came are asked for: "
            "order = np.argsort(begins) leads back, order[place]."
        )
    if shared := _shared(case, train, test):
        a, b = shared
        spans = f"{begins[a]} to {ends[a]}, and window {b} of the test from {begins[b]} to {ends[b]}"
        cure = "The training part ends before the first step of the test: ends < cut."
        early = "" if begins[test].min() > begins[train].min() else " Is the split drawn, or in the order of the rows?"
        return f"Window {a} of the training part runs from step {spans}: they share a step{where}. {cure}{early}"
    if begins[train].min() > begins[test].min():
        return f"The test is earlier than the training part{where}. It is the last windows that are tested."
    both = np.concatenate([train, test])
    if len(np.unique(both)) < len(both):
        return f"A window is there twice{where}. Each belongs to one part at most."
    if told := _begun_elsewhere(case, test):
        return f"{told[:-1]}{where}."
    if not np.array_equal(np.sort(test), right_test):
        at = _at(case, round)
        few = "too few" if len(test) < len(right_test) else "too many" if len(test) > len(right_test) else "other"
        return (
            f"The test holds {few} windows{where}. It begins where window number round((1 − test_share) · N) = {at} "
            "begins, counted from 0 in the order of time, and holds every window that begins there or later."
        )
    if len(train) < len(right_train):
        lost = int(np.setdiff1d(right_train, train)[0])
        cut = int(begins[right_test].min())
        return (
            f"Window {lost} ends at step {ends[lost]}, before the test begins at {cut}, and is left out{where}. Only "
            "those that reach the test have to go."
        )
    return ""


def _of_form(came: tuple[Values, ...], case: Case) -> str:
    N = len(case.args[0])
    if any(v.ndim == 1 and not len(v) for v in came):
        return f"A part is empty ({case.label}). Does the test end where it should begin?"
    if any(v.shape == (N,) and set(v.tolist()) <= {0.0, 1.0} for v in came):
        return "A part came as a mask of True and False. The numbers of its windows are asked for: np.flatnonzero."
    if all(v.ndim == 1 for v in came) and min(v.min() for v in came) >= 1 and max(v.max() for v in came) == N:
        return f"The windows are counted from 1, and they run from 0 to N − 1 = {N - 1} ({case.label}). Subtract 1."
    return f"A part has to hold numbers of windows, from 0 to {N - 1}, in an array of one axis ({case.label})."


EXERCISE = Exercise(
    name="split_windows",
    number=2,
    parameters={"begins": "", "ends": "", "test_share": ""},
    outputs=(
        Output("train", "array", {"N": "window"}),
        Output("test", "array", {"M": "window"}),
    ),
    layers=(
        Layer("no step on both sides, with windows in the order of time", 0.5, "order", judge=_apart),
        Layer("the test, in the order of time", 0.25, "order", (1,), alike=_same_rows),
        Layer("the training part, in the order of time", 0.25, "order", (0,), alike=_same_rows),
        Layer("both, with windows in any order", 0.5, "mixed", (0, 1), alike=_same_rows),
        Layer("both, with windows of several lengths", 0.5, "lengths", (0, 1), alike=_same_rows),
        Layer("both, where the share is no whole number of windows", 0.5, "parts", (0, 1), alike=_same_rows),
        Layer("both, where several windows begin at the cut", 0.25, "ties", (0, 1), alike=_same_rows),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=split_windows,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(TypeError, "slice indices", "a share of N is no whole number: round it, round(0.75 * N)."),
        Cause(IndexError, "only integers", "a share of N is no whole number: round it, round(0.75 * N)."),
    ),
    absent=FORBIDDEN,
)
