"""Exercise ps1.trajectory: four steps of one unit by hand, with numbers drawn from the student's name."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from rnnkit.course import hints
from rnnkit.course.exercise import Case, Draw, Exercise, Layer, Output, Values, Wrong
from rnnkit.course.names import normal, picks, usable
from rnnkit.course.ps1_forward.numbers import Drawn, Message, Numbers
from rnnkit.course.run import call, close

ID, SET = "ps1.trajectory", "ps1-forward"
T = 4
INPUTS = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)
WEIGHTS = (-0.9, -0.8, -0.7, -0.6, -0.5, 0.5, 0.6, 0.7, 0.8, 0.9)
BIASES = (-0.4, -0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4)
STARTS = (-0.8, -0.6, -0.4, 0.4, 0.6, 0.8)
ATTEMPTS = 2000


def numbers_for(name: str) -> Numbers:
    """The numbers of the trajectory exercise that belong to a name.

    Parameters
    ----------
    name : str
        The student's; case, accents, apostrophes and extra spaces do not matter.

    Returns
    -------
    Numbers
        One decimal each, the same on every machine, and such that every wrong answer with a hint of its own
        comes to another trajectory.

    Raises
    ------
    ValueError
        If the name is blank, the sample, or no text.
    """
    if problem := usable(name):
        raise ValueError(problem)
    numbers = Numbers(*draw_numbers(normal(name), hints.load(SET).get("by_hand", ())))
    numbers.drawn_from = " ".join(name.split())
    return numbers


def show_numbers(name: Any) -> Numbers | Message:
    """``numbers_for`` in a notebook: a name that cannot be used is answered with a sentence, and no traceback."""
    problem = usable(name)
    return Message(problem) if problem else numbers_for(name)


@cache
def draw_numbers(name: str, wrong: tuple[Wrong, ...]) -> Numbers:
    """Draw until the wrong answers can be told apart."""
    procedures = [hints.function_of(EXERCISE, w.code) for w in wrong]
    for attempt in range(ATTEMPTS):
        numbers = _candidate(name, attempt)
        if _tells(numbers, procedures, [w.hint for w in wrong]):
            return numbers
    raise ValueError(
        f"expected numbers that tell {len(wrong)} wrong answers apart, but {ATTEMPTS} draws for {name!r} found none. "
        "Do two entries of wrong.yml compute the same?"
    )


def _candidate(name: str, attempt: int) -> Numbers:
    byte = picks(ID, name, attempt)

    def pick(options: Sequence[float]) -> float:
        return options[next(byte) % len(options)]

    xs = tuple(pick(INPUTS) for _ in range(T))
    return Numbers(xs, pick(STARTS), pick(WEIGHTS), pick(WEIGHTS), pick(BIASES), pick(BIASES))


def _tells(numbers: Numbers, procedures: Sequence[Callable[..., Any]], texts: Sequence[str]) -> bool:
    right = np.array(trajectory(*numbers))
    if min(abs(right)) < 0.05 or min(abs(np.diff(right))) < 0.05 or len(set(numbers.xs)) < 3:
        return False
    case = Case("", tuple(numbers), "")
    came = [call(EXERCISE, p, case).values for p in procedures]
    pairs = [(a, b) for (a, s), (b, t) in combinations(zip(came, texts, strict=True), 2) if s != t]
    pairs += [(a, (right,)) for a in came]
    return not any(a and b and close(a[0], b[0], 0, EXERCISE.apart) for a, b in pairs)


def trajectory(
    xs: Sequence[float],
    h0: float,
    weight_ih: float,
    weight_hh: float,
    bias_ih: float,
    bias_hh: float,
    decimals: int | None = None,
) -> list[float]:
    """(h_1, ..., h_T); ``decimals``: how many are carried from step to step (default: all)."""
    h, hs = h0, []
    for x in xs:
        h = math.tanh(x * weight_ih + bias_ih + h * weight_hh + bias_hh)
        h = h if decimals is None else round(h, decimals)
        hs.append(h)
    return hs


def _cases(draw: Draw) -> list[Case]:
    return [Case("steps", tuple(draw_numbers(normal(draw.name), draw.wrong)), "")]


def _explain(case: Case, got: Values, expected: Values) -> str:
    """The first step that is off, and the term that would account for it. Never the right value."""
    xs, h0, *weights = case.args
    t = int(np.flatnonzero(~(abs(got - expected) <= EXERCISE.atol))[0])
    h_prev = h0 if t == 0 else float(got[t - 1])
    if not np.isfinite(got[t]):
        return f"h_{t + 1} is missing: {T} values are expected, and {np.isfinite(got).sum()} came."
    before = f"h_1 to h_{t} are right, and " if t > 1 else "h_1 is right, and " if t else ""
    text = f"{before}h_{t + 1} = {got[t]:g} is the first value that is off."
    if rounded := _rounded(case, got):
        return f"{text} {rounded}"
    if slip := _slip(float(got[t]), xs[t], h_prev, *weights):
        text += f" It is what comes out when {slip}."
    later = [trajectory([xs[s]], float(got[s - 1]), *weights)[0] for s in range(t + 1, T)]
    whole = t + 1 < T and np.isfinite(got).all()
    if whole and close(got[t + 1 :], np.array(later), 0, EXERCISE.atol):
        text += f" What follows is worked out rightly from your h_{t + 1}: mend that one step, then redo the rest."
    return text


def _rounded(case: Case, got: Values) -> str:
    """Whether two decimals are the fault: carried from step to step, or written down."""
    carried = trajectory(*(*case.args, 2))
    if close(got, np.array(carried), 0, 0.0015):
        return "These values come out when two decimals are carried from step to step: carry four decimals."
    if close(got, np.array(trajectory(*case.args)), 0, 0.0055) and close(got, got.round(2), 0, 1e-9):
        return "You wrote two decimals: write down three, and carry four decimals."
    return ""


def _slip(value: float, x: float, h: float, w_ih: float, w_hh: float, b_ih: float, b_hh: float) -> str:
    terms = {"weight_ih · x": w_ih * x, "weight_hh · h": w_hh * h, "bias_ih": b_ih, "bias_hh": b_hh}
    total = sum(terms.values())
    slips = {"the term {} is missing": 0, "the term {} has the wrong sign": -1, "the term {} is counted twice": 2}
    found = [
        (abs(math.tanh(total + (c - 1) * term) - value), text.format(name))
        for text, c in slips.items()
        for name, term in terms.items()
    ]
    error, text = min(found)
    return text if error <= EXERCISE.atol else ""


def _step_layer(t: int) -> Layer:
    def judge(function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        got, right = call(EXERCISE, function, cases[0]).values, np.array(trajectory(*cases[0].args))
        return bool(got) and got[0].shape == right.shape and close(got[0][t], right[t], 0, EXERCISE.atol)

    return Layer(f"h_{t + 1}", 1.0, "steps", judge=judge)


EXERCISE = Exercise(
    id=ID,
    number=5,
    function="by_hand",
    parameters=Drawn._fields,
    outputs=(Output("trajectory", "sequence", ("step",), T),),
    layers=tuple(_step_layer(t) for t in range(T)),
    cases=_cases,
    reference=trajectory,
    explain=_explain,
    atol=0.002,
    rtol=0.0,
    apart=0.01,
    is_function=False,
    note="The numbers are those of {name}.",
)
