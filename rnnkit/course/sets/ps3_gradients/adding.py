"""Exercise ps3-gradients.adding_batch: sequences in which two numbers are marked, and their sums."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps3_gradients import FORBIDDEN, NOT_THERE
from rnnkit.data.arithmetic import Adding

Batch = tuple[Values, Values]
Judge = Callable[[Exercise, Callable[..., Any], Sequence[Case]], bool]


def adding_batch(rng: np.random.Generator, T: int, N: int) -> Batch:
    """(xs, targets) of rnnkit's own task."""
    batch = Adding(length=T).sample(rng, N)
    return np.asarray(batch.xs), np.asarray(batch.targets)


def _cases(rng: np.random.Generator) -> list[Case]:
    sizes = (("several", 6, 50), ("several", 8, 40), ("edge", 7, 60), ("edge", 2, 3), ("many", 10, 2000))
    seeds = rng.integers(2**32, size=len(sizes))
    return [
        Case(layer, (np.random.default_rng(seed), T, N), f"with T={T}, N={N}")
        for seed, (layer, T, N) in zip(seeds, sizes, strict=True)
    ]


def _came(exercise: Exercise, function: Callable[..., Any], case: Case) -> Batch | None:
    """A batch of the right shapes, or None."""
    came = call(exercise, function, case).values
    _, T, N = case.args
    return (came[0], came[1]) if [v.shape for v in came] == [(T, N, 2), (N, 1)] else None


def _every(fault: Callable[[Values, Values], str]) -> Judge:
    """A judge: every case has the right shapes, and the fault in none of them is said."""

    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        batches = [_came(exercise, function, case) for case in cases]
        return all(batch is not None and not fault(*batch) for batch in batches)

    return judge


def _misshaped(xs: Values, targets: Values) -> str:
    return ""


def _marks(xs: Values, targets: Values) -> str:
    """Two ones, one in each half, for every sequence."""
    marks, half = xs[..., 1], len(xs) // 2
    if ((xs[..., 0] == 0) | (xs[..., 0] == 1)).all():
        return "The numbers stand in xs[..., 1] and the markers in xs[..., 0]: it is the other way round."
    if ((marks != 0) & (marks != 1)).any():
        return "xs[..., 1] holds something else than 0 and 1: a marker is a 1, and all else there is 0."
    counts = marks.sum(0)
    if (counts != 2).any():
        n = int(np.flatnonzero(counts != 2)[0])
        return f"Sequence {n} has {counts[n]:g} markers. Each has two, at two different steps."
    first = marks[:half].sum(0)
    if (first != 1).any():
        n = int(np.flatnonzero(first != 1)[0])
        return f"Sequence {n} has {first[n]:g} markers in its first half, steps 1 to T // 2. One belongs in each half."
    return ""


def _sums(xs: Values, targets: Values) -> str:
    if abs(targets[:, 0] - (xs[..., 0] * xs[..., 1]).sum(0)).max() > 1e-6:
        own = "(xs[..., 0] * xs[..., 1]).sum(axis=0)"
        return f"A target is not the sum of the two numbers that its own sequence marks: {own}."
    return ""


def _numbers(xs: Values, targets: Values) -> str:
    """Evenly drawn between 0 and 1, each for itself; seen on a large batch."""
    numbers = xs[..., 0]
    if numbers.min() < 0 or numbers.max() > 1:
        return "Some numbers are outside 0 to 1: rng.random draws between them."
    if abs(numbers.mean() - 0.5) > 0.02 or abs(numbers.var() - 1 / 12) > 0.005:
        return "The numbers are not spread evenly between 0 and 1: rng.random(...) draws them so."
    apart = numbers - numbers.mean()
    neighbours = (apart[:, 1:] * apart[:, :-1]).mean(), (apart[1:] * apart[:-1]).mean()
    if max(map(abs, neighbours)) > 0.005:
        return "Sequences, or the steps of one, share their numbers: draw T · N of them, rng.random((T, N))."
    return ""


def _places(xs: Values, targets: Values) -> str:
    """Every step of each half is marked about equally often, and one half tells nothing of the other."""
    T, N, _ = xs.shape
    half = T // 2
    share = xs[..., 1].mean(1)
    if ((share == 0) | (share == 1)).any() and N > 1:
        t = int(np.flatnonzero((share == 0) | (share == 1))[0])
        often = "always" if share[t] else "never"
        return f"Step {t + 1} is {often} marked, in {N} sequences of {T} steps. All of a half are equally likely."
    due = np.repeat([1 / half, 1 / (T - half)], [half, T - half])
    if abs(share - due).max() > 0.06:
        return "Some steps are marked far more often than others of their half: rng.integers draws them evenly."
    first, second = xs[:half, :, 1].argmax(0), xs[half:, :, 1].argmax(0)
    if abs(np.corrcoef(first, second)[0, 1]) > 0.12:
        return "The marker of the second half follows that of the first. Draw a place for each half by itself."
    return ""


def _from_the_generator(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether one generator gives one batch, and the same one further on gives another."""
    for case in cases:
        later = copy.deepcopy(case.args[0])
        later.random(10)
        further = case._replace(args=(later, *case.args[1:]))
        first, second, other = (_came(exercise, function, c) for c in (case, case, further))
        if first is None or second is None or other is None:
            return False
        if abs(first[0] - second[0]).max() > 0 or abs(first[0][..., 0] - other[0][..., 0]).max() < 1e-3:
            return False
    return True


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    batches = [_came(exercise, function, case) for case in cases]
    whole = [batch for batch in batches if batch is not None]
    if len(whole) < len(cases):
        return ""
    for fault in (_marks, _sums):
        if told := next(filter(None, (fault(*batch) for batch in whole)), ""):
            return told
    return _numbers(*whole[-1]) or _places(*whole[-1])


PAIRED = "one place for each sequence: xs[places, np.arange(N), 1] = 1 marks (place, sequence) pairs."
CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(IndexError, "", f"an index runs over the end of an axis, or two do not pair up: {PAIRED}"),
    Cause(ValueError, "low >= high", "rng.integers(low, high) draws from low to high − 1: the second half ends at T."),
)
EXERCISE = Exercise(
    name="adding_batch",
    number=4,
    parameters={"rng": "", "T": "", "N": ""},
    outputs=(
        Output("xs", "array", {"T": "step", "N": "sequence", "I": "number and marker"}),
        Output("targets", "array", {"N": "sequence", "O": "number"}),
    ),
    layers=(
        Layer("xs and targets have their shapes", 0.5, "several", judge=_every(_misshaped)),
        Layer("two markers, one in each half", 0.75, "several", judge=_every(_marks)),
        Layer("also where T is odd, or 2", 0.25, "edge", judge=_every(_marks)),
        Layer("a target is the sum of what its own sequence marks", 1.0, "several", judge=_every(_sums)),
        Layer("numbers between 0 and 1, each drawn for itself", 0.5, "many", judge=_every(_numbers)),
        Layer("every place of a half is as likely as another", 0.5, "many", judge=_every(_places)),
        Layer("a generator decides the batch, and no two give the same", 0.5, "several", judge=_from_the_generator),
    ),
    cases=_cases,
    reference=adding_batch,
    by_property=_seen,
    causes=CAUSES,
    absent=FORBIDDEN,
)
