"""An answer that is as blank as in the release, and one that is written and still ends as the release does."""

import dis
from collections.abc import Callable
from typing import Any

from rnnkit.course.answer.exercise import Exercise


def unwritten(exercise: Exercise, answer: Any) -> bool:
    """Whether a value that is asked for (a list, not a function) is as blank as in the release."""
    if exercise.is_function:
        return False
    several = type(answer) in (list, tuple)
    return answer is None or (several and all(type(part) in (list, tuple) and not part for part in answer))


def unfinished(exercise: Exercise, function: Callable[..., Any]) -> str:
    """What to say to a function of which every call raises NotImplementedError."""
    code = getattr(function, "__code__", None)
    if code is None or len(list(dis.get_instructions(code))) <= len(list(dis.get_instructions(_blank))):
        return f"{exercise.name} is not written yet."
    return (
        f"{exercise.name} runs into raise NotImplementedError, which stands below your lines. Take that line out, and "
        "end with a return of your result."
    )


def _blank() -> None:
    raise NotImplementedError
