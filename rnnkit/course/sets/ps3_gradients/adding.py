"""Exercise ps3-gradients.adding_batch: sequences in which two numbers are marked, and their sums."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps3_gradients import FORBIDDEN, NOT_THERE
from rnnkit.data.arithmetic import Adding

RELATED = 0.15  # a marker and a number: seven standard deviations of those that are drawn apart
PAIRED = "one place for each sequence: xs[places, np.arange(N), 1] = 1 marks (place, sequence) pairs."
Batch = tuple[Values, Values]
Judge = Callable[[Exercise, Callable[..., Any], Sequence[Case]], bool]


def adding_batch(rng: np.random.Generator, T: int, N: int) -> Batch:
    """(xs, targets) of rnnkit's own task."""
    batch = Adding(length=T).sample(rng, N)
    return np.asarray(batch.xs), np.asarray(batch.targets)


def _cases(rng: np.random.Generator) -> list[Case]:
    sizes = (
        ("several", 6, 50),
        ("several", 8, 40),
        ("edge", 7, 60),
        ("edge", 2, 3),
        ("many", 7, 2000),
        ("many", 10, 2000),
    )
    seeds = rng.integers(2**32, size=len(sizes))
    return [
        Case(layer, (np.random.default_rng(seed), T, N), f"with T={T}, N={N}")
        for seed, (layer, T, N) in zip(seeds, sizes, strict=True)
    ]


def _came(exercise: Exercise, function: Callable[..., Any], case: Case) -> Batch | None:
    """A batch of numbers, in the right shapes, or None."""
    came = call(exercise, function, case).values
    _, T, N = case.args
    fits = [v.shape for v in came] == [(T, N, 2), (N, 1)] and all(np.isfinite(v).all() for v in came)
    return (came[0], came[1]) if fits else None


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
    are_marks = ((xs == 0) | (xs == 1)).all((0, 1))
    if are_marks[0] and not are_marks[1]:
        return "The numbers stand in xs[..., 1] and the markers in xs[..., 0]: it is the other way round."
    if ((marks != 0) & (marks != 1)).any():
        return "xs[..., 1] holds something else than 0 and 1: a marker is a 1, and all else there is 0."
    counts = marks.sum(0)
    if (counts > 2).any() and (marks == marks[:, :1]).all():
        return f"The same {counts[0]:g} steps are marked in every sequence. Mark {PAIRED}"
    if (counts != 2).any():
        n = int(np.flatnonzero(counts != 2)[0])
        return f"Sequence {n} has {_markers(counts[n])}. Each has two, at two different steps."
    first = marks[:half].sum(0)
    if (first != 1).any():
        n = int(np.flatnonzero(first != 1)[0])
        return f"Sequence {n} has {_markers(first[n])} in its first half, steps 1 to T // 2. One belongs in each half."
    return ""


def _markers(count: float) -> str:
    return f"{count:g} marker{'' if count == 1 else 's'}"


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
    different = len(np.unique(numbers))
    if different < numbers.size / 2:
        return (
            f"Of {numbers.size} numbers only {different} are different: they are rounded, or drawn from a few. "
            "rng.random((T, N)) draws any number between 0 and 1: use them as they are."
        )
    return ""


def _places(xs: Values, targets: Values) -> str:
    """Every step of each half is marked about equally often, and one half tells nothing of the other."""
    T, N, _ = xs.shape
    half = T // 2
    share = xs[..., 1].mean(1)
    fixed = np.flatnonzero((share == 0) | (share == 1)).tolist()
    if fixed and N > 1:
        t = fixed[0]
        often = "always" if share[t] else "never"
        middle = " The middle step of an odd T belongs to the second half." if T % 2 and fixed == [half] else ""
        return f"Step {t + 1} is {often} marked, in {N} sequences of {T} steps. All of a half are alike.{middle}"
    due = np.repeat([1 / half, 1 / (T - half)], [half, T - half])
    if abs(share - due).max() > 0.06:
        return "Some steps are marked far more often than others of their half: rng.integers draws them evenly."
    first, second = xs[:half, :, 1].argmax(0), xs[half:, :, 1].argmax(0)
    if _related(first[None], second[None]) > 0.12:
        return "The marker of the second half follows that of the first. Draw a place for each half by itself."
    return _follow_the_numbers(xs)


def _follow_the_numbers(xs: Values) -> str:
    """Whether a marker tells something of a number, at any two steps; seen on a large batch."""
    if _related(xs[..., 0], xs[..., 1]) < RELATED:
        return ""
    mean = xs[..., 0][xs[..., 1] == 1].mean()
    cure = "The places follow from the numbers. Draw them from rng by themselves, whatever the numbers are."
    return f"The marked numbers have the mean {mean:.2f}, and 0.5 is due. {cure}" if abs(mean - 0.5) > 0.03 else cure


def _related(a: Values, b: Values) -> float:
    """The largest correlation, up to its sign, of a row of one with a row of the other; a constant row has none."""
    a, b = (v - v.mean(1, keepdims=True) for v in (a, b))
    lengths = np.sqrt((a * a).sum(1))[:, None] * np.sqrt((b * b).sum(1))
    return float((abs(a @ b.T) / np.maximum(lengths, 1e-12)).max())


def _from_the_generator(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether one generator gives one batch, and the same one further on gives another."""
    for case in cases:
        later = copy.deepcopy(case.args[0])
        later.random(10)
        later.spawn(1)
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
        came = [v for case in cases for v in call(exercise, function, case).values]
        return (
            "" if all(np.isfinite(v).all() for v in came) else "Some numbers are NaN or infinite: print xs and targets."
        )
    for fault in (_marks, _sums):
        if told := next(filter(None, (fault(*batch) for batch in whole)), ""):
            return told
    large = [batch for case, batch in zip(cases, whole, strict=True) if case.layer == "many"]
    return next(filter(None, (fault(*batch) for fault in (_numbers, _places) for batch in large)), "")


CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(IndexError, "", f"an index runs over the end of an axis, or two do not pair up: {PAIRED}"),
    Cause(
        ValueError,
        "low >= high|high <= 0",
        "rng.integers(low, high) draws from low to high − 1: a half begins at 0 or T // 2, and ends at T // 2 or T.",
    ),
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
