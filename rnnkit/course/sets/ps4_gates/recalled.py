"""Exercise ps4-gates.recalled: files of weights of an unknown form, and what each says in its own form."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.convert import is_missing
from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Told, Values
from rnnkit.course.answer.memory import clear
from rnnkit.course.answer.run import call
from rnnkit.course.answer.written import either, exactness, explained
from rnnkit.course.sets.ps4_gates.files import T, answers, contents, load
from rnnkit.course.sets.ps4_gates.gru import gru_step

FILES = 4  # of a student's own
ORDINALS = "first", "second", "third", "last"
TOLERANCE = 0.002
NEAR, FAR = 0.08, 0.2  # of the first number: the right form, and the other
CLEAR = 0.0045  # between any two of the numbers, and x_1: more than twice the tolerance
Step = Callable[..., Values]


class Numbers(NamedTuple):
    """A sequence, and the numbers of four files."""

    xs: tuple[float, ...]
    own_files: tuple[int, ...]


def both_forms(xs: Sequence[float], own_files: Sequence[int], step: Step = gru_step) -> Values:
    """What each file says with the reset after the product, and before it, (FILES, 2). It may not be written into."""
    return _both_forms(tuple(xs), tuple(own_files), step)


@lru_cache(maxsize=64)  # kept, and not freed again and again: these are the answers
def _both_forms(xs: tuple[float, ...], own_files: tuple[int, ...], step: Step) -> Values:
    column = np.array(xs)[:, None]
    both = np.array([[answers(load(k), column, form, step).item() for form in (True, False)] for k in own_files])
    both.setflags(write=False)
    return both


def _nearest(step: Step) -> Callable[..., list[float]]:
    """The exercise's function, made of another step."""

    def four_files(xs: Sequence[float], own_files: Sequence[int]) -> list[float]:
        both = both_forms(xs, own_files, step)
        chosen = abs(both - xs[0]).argmin(axis=1)
        return [float(row[k]) for row, k in zip(both, chosen, strict=True)]

    return four_files


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    xs = tuple(pick(range(-9, 10)) / 10 for _ in range(T))
    there = list(range(1, len(contents()) + 1))
    return Numbers(xs, tuple(there.pop(pick(range(len(there)))) for _ in range(FILES)))


def _tells(numbers: Numbers) -> bool:
    """Whether one form of each file is near the first number, the other far from it, and no two numbers are alike."""
    both = both_forms(*numbers)
    off = abs(both - numbers.xs[0])
    forms = off.argmin(axis=1)
    if off.min() < CLEAR or min(abs(a - b) for a, b in combinations(both.ravel().tolist(), 2)) < CLEAR:
        return False  # x_1 itself, or another file's number, would be taken for what a file says
    return bool(off.min(axis=1).max() < NEAR and off.max(axis=1).min() > FAR and 0 < forms.sum() < FILES)


def _of_either(k: int) -> Layer:
    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        (got,) = call(exercise, function, cases[0]).values
        return bool(abs(both_forms(*cases[0].args)[k] - got[k]).min() <= TOLERANCE)

    return Layer(f"what the {ORDINALS[k]} of your files says, in either form", 0.5, "own", judge=judge)


def _slips(xs: Sequence[float], files: Sequence[int], got: Values) -> Iterator[tuple[str, Values]]:
    """What one slip makes of all four, in the form that is nearer to what came."""
    bias = np.array([[float(load(k)["bias_out"])] for k in files])
    made = {
        "bias_out is missing: h @ weight_out + bias_out is said": both_forms(xs, files) - bias,
        "the last number is not read: a run has a step for each of the eight": both_forms(xs[:-1], files),
        "the first number is not read: a run has a step for each of the eight": both_forms(xs[1:], files),
        "the numbers are read from the last to the first": both_forms(xs[::-1], files),
    }
    for words, both in made.items():
        yield words, both[range(FILES), abs(both - got[:, None]).argmin(axis=1)]


def _explain(case: Case, got: Values, expected: Values) -> Told:
    """The first number that comes out of neither form; else that a form is wrong, and not whose."""
    xs, files = case.args
    both = both_forms(xs, files)
    away = abs(both - got[:, None]).min(axis=1)
    off = np.flatnonzero(~(away <= TOLERANCE))
    missing = np.flatnonzero(is_missing(got))
    if missing.size:
        return Told(f"What file {files[missing[0]]} says is missing: {FILES} numbers are expected.", True)
    if not off.size:
        return Told(
            "All four numbers come out of one form or the other, and not all of the right one. In the right form a "
            f"file says nearly x_1 = {xs[0]:g}; for at least one of yours the other form comes nearer to it.",
            True,
        )
    if (got == got.round(2)).all() and (away < 0.0055).all():
        return Told("You wrote two decimals: write down three.", True)
    k = int(off[0])
    if np.isnan(got[k]):
        return Told(f"There is no number for file {files[k]} yet: what stands there is nan.", True)
    text = f"The number for file {files[k]} is {got[k] + 0:g}."
    says = abs(both[None] - got[:, None, None]).min(axis=2)  # (number, file): how far from either form
    if sorted(says.argmin(axis=1)) == list(range(FILES)) and (says.min(axis=1) <= exactness(got, TOLERANCE)).all():
        return Told(f"{text} It is what file {files[int(says[k].argmin())]} says. Keep the order of own_files.", True)
    if got[k] == xs[0]:
        return Told(f"The number for file {files[k]} is x_1 itself. The file says nearly that: run it.", True)
    own = both[range(FILES), _nearer_form(both, got)]
    told = explained(got, own, _slips(xs, files, got), TOLERANCE)
    clear([own])
    if made := either(told, "when"):
        return Told(text + made, True)
    cure = (
        "A run starts from h = 0, x has the shape (1, 1) at each step, and h @ weight_out + bias_out is said at the "
        "end."
    )
    return Told(f"{text[:-1]}, which it says in neither form. {cure}", False)


def _nearer_form(both: Values, got: Values) -> Values:
    """The form in which each file comes nearer to its number."""
    nearer: Values = abs(both - got[:, None]).argmin(axis=1)
    return nearer


EXERCISE = Exercise(
    name="recalled",
    number=4,
    parameters=dict.fromkeys(Numbers._fields, ""),
    outputs=(Output("recalled", "sequence", {"K": "file"}, FILES),),
    layers=(*map(_of_either, range(FILES)), Layer("all four, each in the form it was trained in", 2.0, "own")),
    reference=_nearest(gru_step),
    own=Own(_candidate, _tells),
    explain=_explain,
    lends={"gru_step": gru_step, "load": load},
    built_on=lambda gru_step: _nearest(gru_step),
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.01,
    procedure="four_files",
    note="The files and the sequence are those of {name}.",
)
