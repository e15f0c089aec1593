"""A check cell is worth what its one result says, and nothing without it.

nbgrader 0.9.6 gives full points to a check cell without output, to one whose result is no number or less than 0, and
whatever a result says if an error follows it.
"""

from typing import Any

from nbformat.v4 import new_output
from nbgrader import utils


def settle(cell: Any) -> None:
    """Leave a check cell with its one result, or with an error that says why it counts 0 points."""
    if cell.cell_type != "code" or not utils.is_grade(cell) or utils.is_solution(cell):
        return
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"  # nbgrader gives 0 points for a line on stderr: a warning costs nothing here
    problem = _problem(cell)
    if problem:
        cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    if problem and not any(output.output_type == "error" for output in cell.outputs):
        cell.outputs.append(error("NoResult", problem))


def error(name: str, text: str) -> Any:
    """An output that nbgrader reads as 0 points, with its reason."""
    return new_output(  # type: ignore[no-untyped-call]  # nbformat has no types here
        "error", ename=name, evalue=text, traceback=[f"{name}: {text}"]
    )


def _problem(cell: Any) -> str:
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    if any(output.output_type == "error" for output in cell.outputs):
        return "This check ended in an error: 0 points."
    if len(results) != 1:
        return f"This check has to end in exactly one result, but it has {len(results)}: 0 points."
    points, text = float(cell.metadata["nbgrader"]["points"]), results[0].get("data", {}).get("text/plain", "")
    try:
        score = float("".join(text))
    except ValueError:
        return f"This check has to end in a number, but it ended in {str(text)[:40]!r}: 0 points."
    if not 0 <= score <= points:
        return f"This check has to end in 0 to {points:g} points, but it ended in {score:g}: 0 points."
    return ""
