"""``check``: a score, what is right, and one hint."""

import hashlib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course import guard, hints
from rnnkit.course.convert import kind_of
from rnnkit.course.diagnose import changed, explain, nearest
from rnnkit.course.exercise import Case, Draw, Exercise, Layer, Wrong
from rnnkit.course.names import usable
from rnnkit.course.result import Result
from rnnkit.course.run import Outcome, close

MODULES = {"ps1": "rnnkit.course.ps1_forward"}  # a problem set's exercises, as data
_NOT_GIVEN = object()
SILENT = ("DeprecationWarning", "PendingDeprecationWarning", "ImportWarning", "ResourceWarning")
LONGEST_LINE = 100


def check(exercise_id: str, answer: Any, *, name: Any = _NOT_GIVEN, hidden: bool = False) -> Result:
    """Grade an answer at once.

    Parameters
    ----------
    exercise_id : str
        Such as "ps1.rnn_step".
    answer : function or value
        What the exercise asks for. Nothing that it returns, raises, prints or changes makes ``check`` raise.
    name : str, optional
        The student's name, for an exercise whose numbers are drawn from it.
    hidden : bool
        Other inputs, from the seed in the environment variable RNNKIT_SEED, and no expected numbers in the hint.

    Returns
    -------
    Result
        Its ``repr`` is the score, which is what nbgrader reads; printed, it says what is right and gives a hint.

    Raises
    ------
    ValueError
        If there is no such exercise, or if it needs a name and none came.
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
            return _nothing(find(exercise_id)[0], f"{broken} has been replaced in this notebook. {cure}")
    return replace(result, notes=(*result.notes, problem)) if problem else result


def _check(exercise_id: str, answer: Any, name: Any, hidden: bool) -> Result:
    exercise, corpus = find(exercise_id)
    if not exercise.is_function:
        if name is _NOT_GIVEN:
            raise ValueError(f"{exercise_id} draws its numbers from a name, but none came: pass name=NAME.")
        if problem := usable(name):
            return _nothing(exercise, problem)
    elif not callable(answer):
        return _nothing(exercise, f"Expected the function {exercise.function}, but {kind_of(answer)} came.")
    draw = Draw(_rng(exercise_id, hidden), "" if name is _NOT_GIVEN else name, corpus.get(exercise.function, ()))
    return grade(exercise, answer, draw, hidden)


def check_hidden(exercise_id: str, answer: Any, *, name: Any = _NOT_GIVEN) -> Result:
    """``check`` with the hidden inputs: what a hidden test calls."""
    return check(exercise_id, answer, name=name, hidden=True)


def find(exercise_id: str) -> tuple[Exercise, hints.Corpus]:
    """An exercise by its id, with the hints of its problem set."""
    module = exercises_of(exercise_id.partition(".")[0]) if isinstance(exercise_id, str) else None
    for exercise in module.EXERCISES if module else ():
        if exercise.id == exercise_id:
            return exercise, hints.load(module.NAME)
    known = [e.id for key in MODULES for e in exercises_of(key).EXERCISES]
    raise ValueError(
        f"expected the id of an exercise, one of {', '.join(known)}, but {exercise_id!r} came."
        + nearest(str(exercise_id), known)
    )


def exercises_of(key: str) -> Any:
    """The module of a problem set ("ps1"), or None."""
    return importlib.import_module(MODULES[key]) if key in MODULES else None


def grade(exercise: Exercise, answer: Any, draw: Draw, hidden: bool = False) -> Result:
    """Run the answer on every case, and judge it layer by layer."""
    cases = exercise.cases(draw)
    function = answer if exercise.is_function else lambda *_: answer
    expected = hints.outcomes(exercise, exercise.reference, cases)
    if unwritten(exercise, answer):
        return _nothing(exercise, f"{exercise.id.partition('.')[2]} is not written yet.")
    got = hints.outcomes(exercise, function, cases)
    if all(isinstance(o.error, NotImplementedError) for o in got):
        return _nothing(exercise, f"{exercise.function} is not written yet.")
    passed = judge(exercise, function, cases, got, expected)
    rows = list(zip(exercise.layers, passed, strict=True))
    return Result(
        exercise.title,
        score=round(sum(layer.points for layer, ok in rows if ok), 4),
        points=exercise.points,
        right=tuple(layer.says for layer, ok in rows if ok),
        off=tuple(layer.says for layer, ok in rows if not ok and (layer.needs is None or passed[layer.needs])),
        hint="" if all(passed) else _hint(exercise, cases, got, expected, draw.wrong, hidden),
        notes=_notes(exercise, got, draw, hidden, all(passed)),
    )


def judge(
    exercise: Exercise,
    function: Callable[..., Any],
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
) -> list[bool]:
    """Whether each layer is right."""
    passed: list[bool] = []
    for layer in exercise.layers:
        rows = [(c, a, b) for c, a, b in zip(cases, got, expected, strict=True) if c.layer == layer.cases]
        ok = all(_matches(exercise, layer, a, b) for _, a, b in rows)
        if layer.judge:
            ok = ok and layer.judge(function, [c for c, _, _ in rows])
        if layer.unchanged:
            ok = ok and not any(o.changed for o in got)
        passed.append(ok and (layer.needs is None or passed[layer.needs]))
    return passed


def unwritten(exercise: Exercise, answer: Any) -> bool:
    """Whether a value that is asked for (a list, not a function) is as blank as in the release."""
    return not exercise.is_function and (answer is None or (type(answer) in (list, tuple) and not answer))


def _matches(exercise: Exercise, layer: Layer, got: Outcome, expected: Outcome) -> bool:
    if got.error or got.problem:
        return False
    if layer.judge:
        return True
    with np.errstate(all="ignore"):
        return all(close(got.values[k], expected.values[k], exercise.rtol, exercise.atol) for k in layer.outputs)


def _hint(
    exercise: Exercise,
    cases: Sequence[Case],
    got: Sequence[Outcome],
    expected: Sequence[Outcome],
    wrong: Sequence[Wrong],
    hidden: bool,
) -> str:
    if known := hints.recognise(exercise, got, cases, wrong):
        return known.hint
    text = explain(exercise, cases, got, expected, hidden)
    for case, outcome in zip(cases, got, strict=True) if not text else ():
        if outcome.changed:
            return changed(outcome, case)
    return text


def _notes(exercise: Exercise, got: Sequence[Outcome], draw: Draw, hidden: bool, complete: bool) -> tuple[str, ...]:
    notes = [exercise.note.format(name=" ".join(draw.name.split()))] if exercise.note else []
    notes += [f"{text[:1].upper()}{text[1:]}." for text in dict.fromkeys(text for o in got for text in o.notes)]
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


def _nothing(exercise: Exercise, hint: str) -> Result:
    return Result(exercise.title, 0.0, exercise.points, hint=hint)


def _rng(exercise_id: str, hidden: bool) -> np.random.Generator:
    text = f"{exercise_id}/{'hidden/' + guard.SEED if hidden else 'visible'}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
