"""Exercise ps5-applications.split_groups: a split on which no writer and no message stands on both sides."""

import copy
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps5_applications.changed import what_is_changed


def split_groups(messages: Values, writers: Values, test_share: float, rng: np.random.Generator) -> tuple[Values, ...]:
    """(train, test), numbers of rows."""
    blocks, chosen = blocks_of(messages, writers), np.zeros(len(writers), bool)
    for one in rng.permutation(np.unique(blocks)):
        rows = blocks == one
        if chosen.sum() + rows.sum() <= test_share * len(writers):
            chosen |= rows
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def blocks_of(messages: Values, writers: Values) -> Values:
    """The block of each row, by its first row: rows of one writer, or with one message, and so on from row to row."""
    return _blocks_of(tuple(messages.tolist()), tuple(writers.tolist())).copy()


@lru_cache(maxsize=64)
def _blocks_of(texts: tuple[str, ...], numbers: tuple[int, ...]) -> Values:
    """Worked out once for all properties."""
    messages, writers = np.array(texts), np.array(numbers)
    blocks = np.arange(len(writers))
    while not np.array_equal(blocks, joined := _joined(_joined(blocks, writers), messages)):
        blocks = joined
    return blocks


def _joined(blocks: Values, labels: Values) -> Values:
    """With the first block of all rows that have one label."""
    found = blocks.copy()
    for one in np.unique(labels):
        found[labels == one] = found[labels == one].min()
    return found


def _passes(messages: Values, writers: Values, n: int) -> Values:
    """The blocks after n rounds of joining, in any of the orders in which it is done."""
    blocks = np.unique(writers, return_inverse=True)[1]
    for _ in range(n):
        blocks = _joined(_joined(blocks, messages), writers)
    return blocks


class Plan(NamedTuple):
    """What is planted: how many pairs of equal messages, and how many chains of writers who share messages."""

    layer: str
    sizes: tuple[int, ...]  # rows of each writer
    share: float
    own: int = 0  # messages that a writer has sent twice
    pairs: int = 0  # messages of two writers
    chains: int = 0  # of five writers each, the next one with a message of the one before
    long: int = 0  # writers in one more chain, so many that a few rounds of joining do not reach its end


FEW = 3  # rounds of joining that are too few for the long chain
SOME = (*(9, 7, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2), *(1,) * 24)  # 79 rows, and one more where it has to be even
PLANS = (
    Plan("apart", (*SOME, 1), 0.25),
    Plan("apart", (*SOME, 11, 10), 0.3),
    *(Plan("apart", (1, 6, 7), 0.1),) * 4,  # one alone fits
    Plan("equal", (*SOME, 1), 0.2, own=3, pairs=6),
    Plan("equal", (*SOME, 11, 10), 0.25, own=4, pairs=4),
    Plan("chained", (*SOME, *(2,) * 12, 1), 0.2, pairs=2, chains=3),
    Plan("chained", (*SOME, *(3,) * 11), 0.3, own=2, pairs=2, chains=4),
    Plan("chained", (*SOME, *(2,) * 26), 0.3, pairs=2, long=26),
)


def _planted(plan: Plan, rng: np.random.Generator) -> tuple[Values, Values]:
    """(messages, writers) in a drawn order; every message is unlike the others, but for those that are planted."""
    writers = np.repeat(np.arange(len(plan.sizes)), plan.sizes)
    names = rng.permutation(900)[: len(plan.sizes)] + 100
    texts = [f"message {k}" for k in rng.permutation(9000)[: len(writers)] + 1000]
    rows = [np.flatnonzero(writers == k).tolist() for k in range(len(plan.sizes))]
    for k in rng.permutation([k for k, own in enumerate(rows) if len(own) > 2])[: plan.own]:
        texts[rows[k].pop()] = texts[rows[k].pop()]
    short = [int(k) for k in rng.permutation([k for k, own in enumerate(rows) if 2 <= len(own) < 4])]
    single = [int(k) for k in rng.permutation([k for k, own in enumerate(rows) if len(own) == 1])]
    for _ in range(plan.pairs):
        texts[rows[single.pop()][0]] = texts[rows[single.pop()][0]]
    for length in (*(5,) * plan.chains, *(plan.long,) * (plan.long > 0)):
        chain = [single.pop(), *(short.pop() for _ in range(length - 2)), single.pop()]
        for a, b in pairwise(chain):
            texts[rows[b].pop()] = texts[rows[a][0]]
            rows[b] = rows[b] or rows[a]
    order = rng.permutation(len(writers))
    return np.array(texts)[order], names[writers][order]


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for plan in PLANS:
        messages, writers = _planted(plan, rng)
        while plan.long and len(np.unique(_passes(messages, writers, FEW))) == len(
            np.unique(blocks_of(messages, writers))
        ):
            messages, writers = _planted(plan, rng)
        seeded = np.random.default_rng(rng.integers(2**32))
        label = f"with {len(writers)} rows, test_share={plan.share:g}"
        cases.append(Case(plan.layer, (messages, writers, plan.share, seeded), label))
    return cases


class Split(NamedTuple):
    """What came, on what it came: rows of the training part and of the test."""

    case: Case
    train: Values
    test: Values

    @property
    def N(self) -> int:
        return len(self.case.args[1])


def _came(exercise: Exercise, function: Callable[..., Any], case: Case) -> Split | None:
    """The rows, if they are whole numbers, and there are some in both parts."""
    came = call(exercise, function, case).values
    N = len(case.args[1])
    fits = len(came) == 2 and all(
        v.ndim == 1 and len(v) and (v == np.floor(v)).all() and v.min() >= 0 and v.max() < N for v in came
    )
    return Split(case, *(v.astype(int) for v in came)) if fits else None


def _whole(s: Split) -> str:
    """What is lost, or there more than once."""
    count = np.bincount(np.concatenate([s.train, s.test]), minlength=s.N)
    if (count == 1).all():
        return ""
    if len(s.train) + len(s.test) < s.N / 2:
        return (
            f"Of {s.N} rows {len(s.train) + len(s.test)} came back. Give a number for each row, and not one for each "
            "writer: np.flatnonzero of which rows belong to a part."
        )
    row = int(np.flatnonzero(count != 1)[0])
    if count[row] == 0:
        return f"Row {row} is in neither part ({s.case.label}): {int((count == 0).sum())} of {s.N} rows are lost."
    both = "in both parts" if row in s.train and row in s.test else "twice in one part"
    return f"Row {row} is {both} ({s.case.label}). Each row belongs to one part, once."


def _leak(s: Split, k: int, what: str) -> str:
    """A writer (k = 1) or a message (k = 0) that both parts have."""
    of = s.case.args[k]
    shared = np.intersect1d(of[s.train], of[s.test])
    if not shared.size:
        return ""
    a, b = (int(part[of[part] == shared[0]][0]) for part in (s.train, s.test))
    rows = f"row {a} of the training part and row {b} of the test"
    return f"{what} “{shared[0]}” is on both sides: {rows} ({s.case.label})."


def _writers(s: Split) -> str:
    told = _leak(s, 1, "Writer")
    if s.case.layer == "apart":
        cure = "All rows of a writer go together: draw writers, and not rows."
    else:
        cure = "Equal texts join writers, with all of their rows: repeat the joining until nothing changes."
    return f"{told} {cure}" if told else ""


def _messages(s: Split) -> str:
    told = _leak(s, 0, "The text")
    if not told:
        return ""
    return f"{told} Whoever wrote them, equal texts go together."


def _both(s: Split) -> str:
    told = _writers(s) or _messages(s)
    if not told or s.case.layer != "chained":
        return told
    why = "Writers are chained here: one shares a text with a second, who shares another with a third. All go together"
    return f"{told} {why}: repeat the joining until nothing changes."


def _full(s: Split) -> str:
    """Whether the test has its share, and no block would still go into it."""
    most = s.case.args[2] * s.N
    blocks = blocks_of(*s.case.args[:2])
    sizes = {int(one): int((blocks == one).sum()) for one in np.unique(blocks[s.train])}
    room = most - len(s.test)
    if room < -1e-9:
        return (
            f"The test has {len(s.test)} rows, and {most:g} are the most ({s.case.label}). Count rows, and take a "
            "block only if the test is no larger than its share with it."
        )
    left = [size for size in sizes.values() if size <= room + 1e-9]
    if left:
        return (
            f"The test has {len(s.test)} of {most:g} rows, and a block of {min(left)} that would still go into it is "
            f"left out ({s.case.label}). Go on to the next block where one is too large."
        )
    return ""


def _without(*faults: Callable[[Split], str]) -> Callable[..., bool]:
    """A judge: none of these faults is in a split."""

    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        splits = [_came(exercise, function, case) for case in cases]
        return all(split is not None and not any(fault(split) for fault in faults) for split in splits)

    return judge


def _drawn(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether one generator gives one split, and other ones give others."""
    for case in cases[:2]:
        first, second = (_came(exercise, function, case) for _ in range(2))
        if first is None or second is None or not np.array_equal(np.sort(first.test), np.sort(second.test)):
            return False
        seeds = copy.deepcopy(case.args[3]).integers(2**32, size=3)
        rngs = [np.random.default_rng(seed) for seed in seeds]
        others = [_came(exercise, function, case._replace(args=(*case.args[:3], rng))) for rng in rngs]
        tests = {tuple(sorted(split.test.tolist())) for split in (first, *others) if split is not None}
        if len(tests) < 3:
            return False
    return True


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    if told := what_is_changed(exercise, function, cases):
        return told
    splits = []
    for case in cases:
        split = _came(exercise, function, case)
        if split is None:
            return _of_form(call(exercise, function, case).values, case)
        splits.append(split)
    for fault in (_whole, _writers, _both, _full):
        if told := next(filter(None, map(fault, splits)), ""):
            return told
    if not _drawn(exercise, function, cases):
        return "Other generators gave the same split: draw the order of the blocks from the rng that comes in."
    return ""


def _of_form(came: tuple[Values, ...], case: Case) -> str:
    """What is no split at all."""
    N, where = len(case.args[1]), f" ({case.label})"
    if any(v.ndim != 1 for v in came):
        return "Both parts are rows of numbers, (train, test), each of one axis: np.flatnonzero makes them."
    if any(not len(v) for v in came):
        if not len(came[0]):
            return f"The training part is empty{where}."
        room, sizes = case.args[2] * N, np.unique(blocks_of(*case.args[:2]), return_counts=True)[1]
        fitting = f"{room:g} rows are the most, and a block of {sizes.min()} would go into it"
        return f"The test is empty{where}: {fitting}. Go on to the next block where one is too large, up to the last."
    if any(len(v) == N and set(v.tolist()) <= {0.0, 1.0} for v in came):
        return "A part came as a mask of 0 and 1. The numbers of its rows are asked for: np.flatnonzero(mask)."
    both = np.sort(np.concatenate(came))
    if np.array_equal(both, np.arange(1, N + 1)):
        return f"The rows are counted from 1, and they run from 0 to N − 1 = {N - 1}{where}. Subtract 1."
    runs = f"they run from 0 to N − 1 = {N - 1}{where}"
    return f"A part holds something that is no number of a row: {runs}. Are they writers, or blocks?"


EXERCISE = Exercise(
    name="split_groups",
    number=1,
    parameters={"messages": "", "writers": "", "test_share": "", "rng": ""},
    outputs=(
        Output("train", "array", {"N": "row"}),
        Output("test", "array", {"M": "row"}),
    ),
    layers=(
        Layer("every row is in one part, once", 0.5, "apart", judge=_without(_whole)),
        Layer("no writer on both sides", 0.5, "apart", judge=_without(_whole, _writers)),
        Layer("no text on both sides, where some are equal", 0.75, "equal", judge=_without(_whole, _both, _full)),
        Layer("nor where equal texts chain writers", 1.0, "chained", judge=_without(_whole, _both, _full)),
        Layer(
            "the test has its share, and no block more would go into it", 0.5, "apart", judge=_without(_whole, _full)
        ),
        Layer("a generator decides the split, and others give others", 0.5, "apart", judge=_drawn),
        Layer(UNCHANGED, 0.25, "", needs=(1, 2, 3), unchanged=True),
    ),
    cases=_cases,
    reference=split_groups,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(IndexError, "", "an index is no number of a row: is a writer's number, or a text, used as one?"),
    ),
    absent=FORBIDDEN,
)
