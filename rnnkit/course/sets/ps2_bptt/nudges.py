"""What a test of gradients does to the arrays, as the forward pass that it calls gets to see it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Values
from rnnkit.course.answer.run import call

ALARM = "Your function says False to right passes too."
NONE = (
    f"{ALARM} It never calls forward with anything but the arrays as they came, so every slope is 0: your nudge does "
    "not reach them. It changes a copy: flatten(), ravel() of some arrays and copy() make one."
)
ALL = (
    f"{ALARM} It nudges many numbers at once. A slope belongs to one number: nudge one entry, run forward, set it back."
)
LEFT = (
    f"{ALARM} When it nudges one entry, others differ from what they were too: an entry is not set back after its "
    "turn. Set it back, or nudge a new copy each time."
)
TINY = f"{ALARM} Your ε is about {{}}: rounding moves the loss by more than that. Take 1e-5."
LARGE = f"{ALARM} Your ε is about {{}}: over that distance the slope itself changes. Take 1e-5."


def seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """What is wrong with the nudges of an answer that says False to a right pass; "" if nothing is."""
    case = next(case for case in cases if case.layer == "right")
    calls: list[tuple[Any, ...]] = []

    def forward(*inputs: Any) -> Any:
        calls.append(tuple(np.array(a, float) for a in inputs))
        return case.args[0](*inputs)

    came = call(exercise, function, case._replace(args=(forward, *case.args[1:])))
    shapes = [a.shape for a in case.args[3:]]
    if came.error or came.problem or came.values[0] or any([a.shape for a in c] != shapes for c in calls):
        return ""
    moves = [np.concatenate([(a - b).ravel() for a, b in zip(c, case.args[3:], strict=True)]) for c in calls]
    return _of([move for move in moves if move.any()]) if calls else ""


def _of(moves: list[Values]) -> str:
    if not moves:
        return NONE
    size = float(np.median([abs(move).max() for move in moves]))
    counts = [int((abs(move) > 1e-3 * size).sum()) for move in moves]
    if counts[0] > 1:
        return ALL
    if max(counts) > 1:
        return LEFT
    if size < 1e-10:
        return TINY.format(f"{size:.0e}")
    return LARGE.format(f"{size:.0e}") if size > 0.03 else ""
