"""Read what instructors write: a problem set's source (MyST text) and its wrong answers (YAML)."""

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.course import sets
from rnnkit.course.answer.exercise import Exercise, Wrong
from rnnkit.course.hints.corpus import Corpus

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
DEFAULTS = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}


class CourseError(Exception):
    """Something in a course's files that a person has to mend."""


class Answer(NamedTuple):
    """An entry of wrong.yml; ``hint`` is empty for a right one."""

    id: str
    code: str
    hint: str


class Answers(NamedTuple):
    wrong: tuple[Answer, ...]
    right: tuple[Answer, ...]
    survivors: tuple[tuple[str, str], ...] = ()  # (mutant, reason)
    roles: tuple[tuple[str, ...], ...] = ()  # names in the solution that may be taken for one another


class Unseen(NamedTuple):
    """An entry of unseen.yml; ``says`` is what a hint that names its fault has to match."""

    id: str
    code: str
    says: str


def problem_sets(root: Path) -> list[str]:
    """The names of the problem sets in ``root``/solutions."""
    if not (root / "solutions").is_dir():
        raise CourseError(
            f"expected a clone of the course's repository in {root.resolve()}, but there is no folder solutions in it. "
            "Run this in the clone, or name it before the command: python -m rnnkit.course --root CLONE ..."
        )
    return sorted(path.parent.name for path in root.glob("solutions/*/*.md") if path.stem == path.parent.name)


def exercises(name: str) -> tuple[Exercise, ...]:
    """The exercises of a problem set as data, by the set's name."""
    try:
        return sets.exercises(name)
    except ValueError as e:
        raise CourseError(str(e)) from e


def notebook(root: Path, name: str) -> Any:
    """The source as a notebook with solutions, complete nbgrader metadata and stable cell ids."""
    import jupytext

    data, path = exercises(name), root / "solutions" / name / f"{name}.md"
    text = _read(path, "the source of the problem set")
    try:
        nb = jupytext.reads(text, fmt="md:myst")
    except Exception as e:
        raise CourseError(f"expected MyST text with code cells in {path}, but jupytext cannot read it: {e}") from e
    nb.metadata = {"kernelspec": dict(KERNEL)}
    taken: set[str] = set()
    for cell in nb.cells:
        _complete(cell, path)
        cell.id = cell_id(cell, taken)
    for exercise in data:
        solution_code(nb, exercise)
    return nb


def cell_id(cell: Any, taken: set[str]) -> str:
    """From the grade_id, else from the first line: it does not move when a cell is inserted elsewhere."""
    words = cell.metadata.get("nbgrader", {}).get("grade_id") or _slug(cell.source)
    stem = words[:48].strip("-") or cell.cell_type
    names = [stem, *(f"{stem}-{k}" for k in range(2, 1000))]
    chosen = next(name for name in names if name not in taken)
    taken.add(chosen)
    return chosen


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.partition("\n")[0].lower()))


def solution_code(nb: Any, exercise: Exercise) -> str:
    """The function that solves an exercise: its head and what stands between the solution markers."""
    name = exercise.name
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            break
    else:
        raise CourseError(f"expected a cell with grade_id {name} for {exercise.id}, but the source has none.")
    kept = cell.source.partition("### END SOLUTION")[0].rstrip()
    code = "\n".join(line for line in kept.split("\n") if "### BEGIN SOLUTION" not in line) + "\n"
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == exercise.function:
            return "\n".join(code.split("\n")[node.lineno - 1 : node.end_lineno]) + "\n"
    raise CourseError(f"expected the cell {name} to define {exercise.function} for {exercise.id}, but it does not.")


def answers(root: Path, name: str, nb: Any) -> dict[str, Answers]:
    """wrong.yml, checked and with every ``replace`` carried out, by exercise."""
    path = root / "solutions" / name / "wrong.yml"
    loaded = _yaml(path, "the wrong answers of the problem set")
    known = {exercise.name: exercise for exercise in exercises(name)}
    if not isinstance(loaded, dict) or set(loaded) != set(known):
        came = ", ".join(map(str, loaded)) if isinstance(loaded, dict) else type(loaded).__name__
        raise CourseError(f"expected {path} to hold the exercises {', '.join(known)}, but {came} came.")
    return {key: _answers(path, key, loaded[key], solution_code(nb, known[key])) for key in known}


def unseen(root: Path, name: str) -> dict[str, tuple[Unseen, ...]]:
    """unseen.yml, checked, by exercise; nothing for an exercise that has none."""
    path = root / "solutions" / name / "unseen.yml"
    loaded = _yaml(path, "the wrong answers without hints") if path.exists() else {}
    known = [exercise.name for exercise in exercises(name)]
    if not isinstance(loaded, dict) or not set(loaded) <= set(known):
        raise CourseError(f"expected {path} to hold exercises of {', '.join(known)}, but {loaded!r:.80} came.")
    rows = [entry for entries in loaded.values() for entry in entries]
    if not all(isinstance(entry, dict) and set(entry) == {"id", "says", "code"} for entry in rows):
        raise CourseError(f"expected each entry of {path} to have id, says and code.")
    return {key: tuple(Unseen(e["id"], e["code"], e["says"]) for e in loaded.get(key, ())) for key in known}


def corpus(found: dict[str, Answers]) -> Corpus:
    """The wrong answers as they travel in the package, by the exercise."""
    return {key: tuple(Wrong(a.id, a.hint, a.code) for a in rows.wrong) for key, rows in found.items()}


def _answers(path: Path, key: str, entry: Any, solution: str) -> Answers:
    optional = {"survivors", "roles"}
    if not isinstance(entry, dict) or not {"wrong", "right"} <= set(entry) <= {"wrong", "right"} | optional:
        raise CourseError(
            f"expected {key} in {path} to have wrong, right and perhaps survivors and roles; {entry!r:.80} came."
        )
    survivors = entry.get("survivors") or []
    if not all(isinstance(s, dict) and set(s) == {"mutant", "reason"} for s in survivors):
        raise CourseError(f"expected each survivor of {key} in {path} to have mutant and reason.")
    wrong = tuple(_answer(path, key, a, solution, hint=True) for a in entry["wrong"])
    right = tuple(_answer(path, key, a, solution, hint=False) for a in entry["right"])
    ids = [a.id for a in (*wrong, *right)]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise CourseError(f"expected every id once for {key} in {path}, but {', '.join(twice)} came more than once.")
    roles = tuple(tuple(map(str, role)) for role in entry.get("roles") or ())
    return Answers(wrong, right, tuple((s["mutant"], s["reason"]) for s in survivors), roles)


def _answer(path: Path, key: str, entry: Any, solution: str, hint: bool) -> Answer:
    where = f"{key}/{entry.get('id', '?') if isinstance(entry, dict) else entry!r:.40} in {path}"
    wanted = {"id", "hint"} if hint else {"id"}
    if not isinstance(entry, dict) or set(entry) not in (wanted | {"code"}, wanted | {"replace"}):
        raise CourseError(f"expected {where} to have {', '.join(sorted(wanted))}, and either code or replace.")
    if "code" in entry:
        return Answer(str(entry["id"]), str(entry["code"]), str(entry.get("hint", "")))
    pair = entry["replace"]
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(p, str) for p in pair):
        raise CourseError(f"expected replace of {where} to be [from, to], but {pair!r:.80} came.")
    if pair[0] not in solution:
        raise CourseError(f"expected the solution of {key} to hold {pair[0]!r}, which {where} replaces. Did it change?")
    return Answer(str(entry["id"]), solution.replace(pair[0], pair[1]), str(entry.get("hint", "")))


def _yaml(path: Path, what: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(_read(path, what))
    except yaml.YAMLError as e:
        raise CourseError(f"expected YAML in {path}, but it cannot be read: {e}") from e


def _complete(cell: Any, path: Path) -> None:
    """Fill in what nbgrader wants to see spelled out, so that the source need not."""
    given = cell.metadata.get("nbgrader")
    cell.metadata = {}
    if given is None:
        return
    if not isinstance(given, dict) or "grade_id" not in given:
        raise CourseError(f"expected grade_id in the nbgrader options of a cell of {path}, but {given!r:.80} came.")
    full = DEFAULTS | {"cell_type": cell.cell_type} | given
    full["locked"] = not full["solution"]
    cell.metadata = {"nbgrader": full}


def _read(path: Path, what: str) -> str:
    if not path.exists():
        raise CourseError(f"expected {what} at {path}, but there is no such file.")
    return path.read_text(encoding="utf-8")
