"""``check``: a score, what is right, and one hint."""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course import sets
from rnnkit.course.answer.convert import kind_of
from rnnkit.course.answer.exercise import Case, Draw, Exercise, Layer
from rnnkit.course.answer.memory import AFTER_A_CALL, MANY, SOME, apart, forget
from rnnkit.course.answer.run import Outcome, outcomes
from rnnkit.course.check import guard
from rnnkit.course.check.judge import Look, counts, earned, in_words, judge, looked_at
from rnnkit.course.check.names import usable
from rnnkit.course.check.notebook import BEFORE, NOTHING, Found, from_file_beside, look_up
from rnnkit.course.check.own import cases_of
from rnnkit.course.check.result import Result
from rnnkit.course.check.unwritten import unfinished, unwritten
from rnnkit.course.hints import corpus
from rnnkit.course.hints.hint import hint

_NOT_GIVEN = object()
SILENT = ("DeprecationWarning", "PendingDeprecationWarning", "ImportWarning", "ResourceWarning")
LONGEST_LINE = 100
UNFINISHED = "The score stands, and the search for a hint failed"


def check(exercise_id: str, answer: Any = _NOT_GIVEN, *, name: Any = _NOT_GIVEN, hidden: bool = False) -> Result:
    """Grade an answer at once.

    Parameters
    ----------
    exercise_id : str
        Such as "ps1-forward.rnn_step".
    answer : function or value, optional
        What the exercise asks for; by default what the notebook has under the exercise's name. Nothing that it
        returns, raises, prints or changes makes ``check`` raise.
    name : str, optional
        The student's name, for an exercise whose numbers are drawn from it; by default the notebook's STUDENT.
    hidden : bool
        Other inputs, from the seed in the environment variable RNNKIT_SEED, and no expected numbers in the hint.

    Returns
    -------
    Result
        Its ``repr`` is the score, which is what nbgrader reads; printed, it says what is right and gives a hint.

    Raises
    ------
    ValueError
        If there is no such exercise.
    RuntimeError
        If ``hidden``, in a notebook that does not show a cell's last expression: an unseen score would be a full one.
    """
    problem = guard.unshown()
    if hidden and problem:
        raise RuntimeError(problem)
    broken, result = guard.replaced(), None
    if not broken:
        try:
            result = _check(exercise_id, answer, name, hidden)
        except Exception:  # for example because the answer, when it ran, replaced what the check rests on
            if not guard.replaced():
                raise
        broken = guard.replaced()
    if broken or result is None:
        with guard.originals():
            cure = "Restart the kernel, and leave it as it is."
            return _nothing(sets.find(exercise_id), f"{broken} has been replaced in this notebook. {cure}")
    return replace(result, notes=(*result.notes, problem)) if problem else result


def _check(exercise_id: str, answer: Any, name: Any, hidden: bool) -> Result:
    exercise, stale, beside = sets.find(exercise_id), "", ""
    if exercise.own:
        student = look_up("STUDENT") if name is _NOT_GIVEN else Found(name, "")
        name = student.value
        if problem := usable("" if name is NOTHING else name):
            return _nothing(exercise, student.problem.removesuffix(BEFORE) or problem)
    found_by_name = answer is _NOT_GIVEN
    if found_by_name:
        answer, stale = look_up(exercise.name)
        if answer is NOTHING:
            return _nothing(exercise, stale)
        beside = from_file_beside(answer)
    if exercise.is_function and not callable(answer):
        return _nothing(exercise, f"Expected the function {exercise.function}, but {kind_of(answer)} came.")
    wrong = corpus.load(exercise.set).get(exercise.name, ())
    draw = Draw(_rng(exercise_id, hidden), "" if name is _NOT_GIVEN else name, wrong)
    if exercise.is_function:
        result = grade(exercise, answer, draw, hidden)
    else:  # nothing of the student's runs, and the right values lie in no memory that the notebook gets
        result = apart(grade, exercise, answer, draw, hidden)
    if beside and not hidden:
        told = (
            f"Your function uses {beside} beside the notebook, which is not handed in: copy what it needs into a cell."
        )
        result = replace(result, notes=(*result.notes, told))
    if exercise.guessed and found_by_name and result.score == result.points:
        text = exercise.guessed.looked_back(look_up(exercise.guessed.name).value, cases_of(exercise, draw)[0])
        result = replace(result, notes=(*result.notes, *([text] if text else [])))
    return replace(result, hint=stale) if stale else result  # what the version before it lacks may be mended by now


def check_hidden(exercise_id: str, answer: Any = _NOT_GIVEN, *, name: Any = _NOT_GIVEN) -> Result:
    """``check`` with the hidden inputs: what a hidden test calls."""
    return check(exercise_id, answer, name=name, hidden=True)


def grade(exercise: Exercise, answer: Any, draw: Draw, hidden: bool = False) -> Result:
    """Run the answer on every case, and judge it layer by layer.

    What is expected is worked out when the answer has run: it would lie in the frames that an answer can read. The
    cases are drawn anew for it, since an answer may have written into those that it was given.
    """
    drawn = pickle.dumps(draw.rng)  # bytes, which nothing can write into
    cases = cases_of(exercise, draw)
    function = answer if exercise.is_function else lambda *_: answer
    if unwritten(exercise, answer):
        return _nothing(exercise, f"{exercise.name} is not written yet.")
    got = outcomes(exercise, function, cases)
    if all(isinstance(o.error, NotImplementedError) for o in got):
        return _nothing(exercise, unfinished(exercise, function))
    looks = looked_at(exercise, function, cases, got)
    if exercise.is_function:
        given, cases = cases, cases_of(exercise, draw._replace(rng=pickle.loads(drawn)))
        if not all(_as_drawn(a.args, b.args) for a, b in zip(given, cases, strict=True)):
            return _nothing(exercise, "Your function writes into what the check keeps: it has its own copies.")
    expected = outcomes(exercise, exercise.reference, cases)
    try:
        return _graded(exercise, function, draw, hidden, cases, got, expected, looks)
    finally:
        many, some = (AFTER_A_CALL, 0) if exercise.is_function else (MANY, SOME)
        forget([outcome.values for outcome in expected], many, some)


def _as_drawn(a: Any, b: Any) -> bool:
    """Whether arrays, also in tuples, hold what was drawn."""
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.shape == b.shape and bool(np.array_equal(a, b))
    if isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_as_drawn, a, b))
    return True


def _graded(
    exercise: Exercise,
    function: Callable[..., Any],
    draw: Draw,
    hidden: bool,
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    looks: Sequence[Look],
) -> Result:
    passed = judge(exercise, cases, got, expected, looks)
    portions = earned(looks, passed)
    rows = list(zip(exercise.layers, portions, strict=True))
    result = Result(
        exercise.title,
        score=round(sum((layer.points * share for layer, share in rows), 0.0), 4),
        points=exercise.points,
        right=tuple(layer.says for layer, share in rows if share == 1),
        off=tuple(in_words(layer, share) for layer, share in rows if share < 1 and counts(layer, passed)),
        notes=_notes(exercise, got, expected, draw, hidden, min(portions) == 1),
        drawn_from=_shown(draw.name) if exercise.own else "",
    )
    if min(portions) == 1:
        return result
    first = _first(rows)
    return replace(result, hint=_hint(exercise, function, cases, got, expected, draw, hidden) or first)


def _hint(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    draw: Draw,
    hidden: bool,
) -> str:
    """The hint. A search that fails costs the student nothing: the score stands, and the failure is named as ours."""
    try:
        return hint(exercise, function, cases, got, expected, draw.wrong, hidden).says
    except Exception as e:
        if guard.replaced():
            raise
        return f"{UNFINISHED} ({type(e).__name__} in the check, not in your answer): please report it."


def _first(rows: Sequence[tuple[Layer, float]]) -> str:
    """What is said where no way of finding a fault says anything: a hint is never empty."""
    says = next(layer.says for layer, share in rows if share < 1)
    return f"The numbers that were compared are right, and this is not: {says}. Work it out by hand on a small case."


def _fits_in(got: Outcome, expected: Outcome) -> bool:
    return [v.shape for v in got.values] == [v.shape for v in expected.values]


def _notes(
    exercise: Exercise,
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    draw: Draw,
    hidden: bool,
    complete: bool,
) -> tuple[str, ...]:
    """What was accepted, warned of and printed. What has the right shape in some cases alone is not praised."""
    notes = [exercise.note.format(name=_shown(draw.name))] if exercise.note else []
    if not any(o.values and not _fits_in(o, e) for o, e in zip(got, expected, strict=True)):
        notes += [f"{text}." for text in dict.fromkeys(text for o in got for text in o.notes)]
    warned = dict.fromkeys(text for o in got for text in o.warned)
    if complete:  # then only what Python would show by itself
        warned = dict.fromkeys(text for text in warned if text.partition(":")[0] not in SILENT)
    if hidden:  # a message could carry hidden inputs out, and so could a print
        warned = dict.fromkeys(text.partition(":")[0] for text in warned)
    notes += [f"A warning, which costs nothing: {text}" for text in list(warned)[:3]]
    printed = next((o.printed for o in got if o.printed), "")
    if printed and not hidden:
        lines = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …" for line in printed.splitlines()]
        notes.append("Your function printed: " + " / ".join([line for line in lines if line.strip()][:6]))
    return tuple(notes)


def _shown(name: str) -> str:
    return " ".join(name.split())


def _nothing(exercise: Exercise, hint: str) -> Result:
    return Result(exercise.title, 0.0, exercise.points, hint=hint)


def _rng(exercise_id: str, hidden: bool) -> np.random.Generator:
    text = f"{exercise_id}/{'hidden/' + guard.SEED if hidden else 'visible'}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
