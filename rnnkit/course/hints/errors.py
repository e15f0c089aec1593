"""Say what an exception of a student's function most likely means."""

import numpy as np

from rnnkit.course.answer import limit
from rnnkit.course.answer.exercise import Case, Cause, Exercise, Told
from rnnkit.course.answer.run import Outcome

OTHER_SIGNATURE = "the function was called with the arguments of the exercise; is its signature changed?"
PLACED, MULTIPLIED = "could not broadcast input|setting an array element", "matmul|not aligned"  # NumPy's words
CAUSES = (
    Cause(UnboundLocalError, "", "a name is used before it has a value; give it one above the loop or the if."),
    Cause(NameError, "'np'", "NumPy is not imported in this session: run the notebook's first cells."),
    Cause(NameError, "", "a name is used that your function does not know; is it spelled as in the signature?"),
    Cause(TypeError, "as a data type", "a shape of several numbers stands in brackets of its own: np.zeros((2, 3))."),
    Cause(TypeError, "argument", OTHER_SIGNATURE),
    Cause(TypeError, "NoneType", "something is None there; does a function that you call end without a return?"),
    Cause(TypeError, "only", "an array stands where one number, or an index, is needed."),
    Cause(ValueError, PLACED, "what is written into an array has another shape than its place."),
    Cause(ValueError, MULTIPLIED, "the inner sizes of a product differ: (n, k) @ (k, m) is (n, m)."),
    Cause(ValueError, "could not be broadcast", "the shapes of a sum or a product do not fit; print them."),
    Cause(ValueError, "same shape", "the arrays that you put together differ in shape; print the shape of each."),
    Cause(ValueError, "truth value", "an array stands where one True or False is needed, after if or while."),
    Cause(IndexError, "", "an index runs over the end of an axis; print the shape and the index."),
    Cause(AttributeError, "", "an object lacks what you ask of it; print its type on the line above."),
    Cause(RecursionError, "", "the function calls itself without an end."),
    Cause(ZeroDivisionError, "", "something is divided by zero."),
)


def raised(exercise: Exercise, case: Case, got: Outcome, hidden: bool) -> Told | None:
    """The exception, its likely cause, and what the function was called with; None if there was none."""
    error = got.error
    if error is None:
        return None
    if isinstance(error, limit.TooLong):
        text = f"Your function was stopped after {limit.SECONDS} seconds of computing"
        clock = "They take longer by the clock where other programs compute too."
        return Told(f"{text}{f' ({case.label})' if case.label else ''}. Does every loop come to an end? {clock}", True)
    message = _message(error)
    text = f"Your function raised {type(error).__name__}"
    if message and not hidden:  # a message could carry hidden inputs out
        text += f": {message}"
    text += "" if text[-1] in ".?!" else "."
    causes = [c.says for c in (*exercise.causes, *CAUSES) if isinstance(error, c.error) and _has(message, c.words)]
    shapes = [f"{n} {np.shape(a)}" for n, a in zip(exercise.parameters, case.args, strict=False) if np.ndim(a)]
    where = f"It was called with {', '.join(shapes)}." if shapes else f"It was called {case.label}."
    said = (text, f"Likely cause: {causes[0]}" if causes else "", where)
    return Told(" ".join(filter(None, said)), bool(causes))


def _has(message: str, words: str) -> bool:
    return any(word in message for word in words.split("|"))


def _message(error: BaseException) -> str:
    try:
        return " ".join(str(error)[:300].split()).rstrip(",:;")
    except Exception:  # an exception of the student's whose own __str__ fails
        return "(no message)"
