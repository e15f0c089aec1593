"""How the hints fare on every answer on record: right, the place only, or wrong."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.course.answer.exercise import Exercise, Told
from rnnkit.course.answer.run import outcomes
from rnnkit.course.build import source
from rnnkit.course.build.verify import answer_of, draws
from rnnkit.course.check.own import cases_of
from rnnkit.course.hints.corpus import Corpus
from rnnkit.course.hints.hint import hint

VERDICTS = ("right", "place only", "wrong")


class Row(NamedTuple):
    """One answer: where it is from, its verdict, and what was said."""

    exercise: str
    kind: str  # "on record" or "unseen"
    id: str
    verdict: str
    says: str


def rows(root: Path, name: str) -> Iterator[Row]:
    """Every wrong answer of a set, on the first draw."""
    listed, others = source.answers(root, name, source.notebook(root, name)), source.unseen(root, name)
    corpus = source.corpus(listed)
    for exercise in source.exercises(name):
        for answer in listed[exercise.name].wrong:
            said = said_to(exercise, answer.code, corpus)
            yield Row(exercise.name, "on record", answer.id, _verdict(said, said.says == answer.hint), said.says)
        for other in others[exercise.name]:
            said = said_to(exercise, other.code, corpus)
            names = bool(re.search(other.says, said.says))
            yield Row(exercise.name, "unseen", other.id, _verdict(said, names), said.says)


def _verdict(said: Told, is_right: bool) -> str:
    if not said.names_a_fault:
        return "place only"
    return "right" if is_right else "wrong"


def said_to(exercise: Exercise, code: str, corpus: Corpus) -> Told:
    """The hint for an answer; for full marks an empty one."""
    draw = next(draws(exercise, corpus))
    answer = answer_of(exercise, code, draw)
    draw = next(draws(exercise, corpus))  # anew: the generator has been used
    cases = cases_of(exercise, draw)
    if not exercise.is_function:
        answer = typed(answer)
    function = answer if exercise.is_function else lambda *_: answer
    got, expected = outcomes(exercise, function, cases), outcomes(exercise, exercise.reference, cases)
    return hint(exercise, function, cases, got, expected, draw.wrong, hidden=False)


def typed(answer: Any) -> Any:
    """A value as a person writes it down: numbers with three decimals."""
    if isinstance(answer, list | tuple):
        return (list if isinstance(answer, list) else tuple)(map(typed, answer))
    return round(float(answer), 3) if isinstance(answer, int | float) else answer


def table(found: list[Row]) -> str:
    """The confusion matrix, a line for each exercise and kind."""
    count = Counter((row.exercise, row.kind, row.verdict) for row in found)
    lines = [f"{'exercise':24} {'answers':10} {'right':>6} {'place only':>11} {'wrong':>6}"]
    for exercise, kind in dict.fromkeys((row.exercise, row.kind) for row in found):
        lines.append(_line(exercise, kind, [count[exercise, kind, v] for v in VERDICTS]))
    for kind in dict.fromkeys(row.kind for row in found):
        totals = [sum(row.kind == kind and row.verdict == v for row in found) for v in VERDICTS]
        lines.append(f"{_line('together', kind, totals)}   {totals[0] / sum(totals):.0%} right")
    return "\n".join(lines)


def _line(exercise: str, kind: str, numbers: list[int]) -> str:
    return f"{exercise:24} {kind:10} {numbers[0]:>6} {numbers[1]:>11} {numbers[2]:>6}"
