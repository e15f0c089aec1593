"""What the notebook holds under a name, and why it may hold nothing: a cell that was not run, or could not be read."""

import ast
import inspect
import sys
from pathlib import Path
from typing import Any, NamedTuple

NOTHING = object()
BEFORE = " What was checked is the version before it."


class Found(NamedTuple):
    """The value (or NOTHING), and what is wrong with the cell that defines it ("" if nothing)."""

    value: Any
    problem: str


def look_up(name: str) -> Found:
    """The value of a name in the notebook, or in the program that is run."""
    scope = vars(sys.modules["__main__"])
    value = scope.get(name, NOTHING)
    broken = _syntax_error(name, scope.get("In", ()))
    if broken and value is not NOTHING:
        broken += BEFORE
    if value is NOTHING and not broken:
        broken = f"There is no {name} yet: run the cell that defines it."
    return Found(value, broken)


def _syntax_error(name: str, cells: Any) -> str:
    """What is wrong with the last cell that defines the name, if it cannot be read."""
    defining = [text for text in cells if isinstance(text, str) and _defines(name, text)]
    if not defining:
        return ""
    try:
        ast.parse(defining[-1])
    except SyntaxError as e:
        line = ([*defining[-1].splitlines(), ""])[max(0, (e.lineno or 1) - 1)].strip()
        place = f"in line {e.lineno}, “{line[:60]}”" if line else f"in line {e.lineno}"
        return f"The cell that defines {name} has a syntax error {place}: {e.msg}. Mend it and run the cell again."
    return ""


def _defines(name: str, text: str) -> bool:
    lines = [line.strip().split("(")[0].split("=")[0].strip() for line in text.splitlines()]
    return f"def {name}" in lines or name in lines


def from_file_beside(function: Any) -> str:
    """The name of a file of the student's own that a function comes from or uses; "" if there is none."""
    here = Path.cwd()
    inner = inspect.unwrap(getattr(function, "func", function))
    used = getattr(getattr(inner, "__code__", None), "co_names", ())
    scope = getattr(inner, "__globals__", {})
    modules = [getattr(inner, "__module__", None)]
    for value in (scope[name] for name in used if name in scope):
        modules.append(value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None))
    for module in modules:
        file = getattr(sys.modules.get(str(module)), "__file__", None)
        if file and str(module) != "__main__" and Path(file).parent.is_relative_to(here) and _own(Path(file), here):
            return Path(file).relative_to(here).parts[0]
    return ""


def _own(file: Path, here: Path) -> bool:
    """Whether a file under the working folder is the student's: not an installed package's, nor this one's."""
    parts = file.relative_to(here).parts
    return "site-packages" not in parts and not file.is_relative_to(Path(__file__).parents[2])
