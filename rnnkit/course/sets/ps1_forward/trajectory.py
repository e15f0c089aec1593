"""Exercise ps1-forward.trajectory: four steps of one unit, with numbers drawn from the student's name."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.convert import is_missing
from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Told, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps1_forward.slips import faulty, named, tanh_shows, trajectory
from rnnkit.course.sets.ps1_forward.step import rnn_step

T = 4
INPUTS = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)
WEIGHTS = (-0.9, -0.8, -0.7, -0.6, -0.5, 0.5, 0.6, 0.7, 0.8, 0.9)
BIASES = (-0.4, -0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4)
STARTS = (-0.8, -0.6, -0.4, 0.4, 0.6, 0.8)
TANH_GAP = 0.02  # ten times the tolerance: a tanh that is left out shows at every step
TOLERANCE = 0.002


class Numbers(NamedTuple):
    """A simple RNN with one input and one unit, and a sequence of four inputs for it."""

    xs: tuple[float, ...]
    h0: float
    weight_ih: float
    weight_hh: float
    bias_ih: float
    bias_hh: float


def _candidate(pick: Callable[[Sequence[float]], float]) -> Numbers:
    xs = tuple(pick(INPUTS) for _ in range(T))
    return Numbers(xs, pick(STARTS), pick(WEIGHTS), pick(WEIGHTS), pick(BIASES), pick(BIASES))


def _tells(numbers: Numbers) -> bool:
    right = np.array(trajectory(*numbers))
    from_zero = np.array([trajectory([x], 0.0, *numbers[2:])[0] for x in numbers.xs])
    if min(abs(right)) < 0.05 or min(abs(np.diff(right))) < 0.05 or min(abs(from_zero)) < TANH_GAP:
        return False
    return len(set(numbers.xs)) >= 3 and tanh_shows(right, TANH_GAP)


def _faults(numbers: Numbers) -> list[tuple[str, Values]]:
    """One term with the wrong sign or twice; a missing one is a wrong answer on record."""
    return [(text, np.array(hs)) for text, hs in faulty(*numbers) if not text.endswith("is missing")]


def _explain(case: Case, got: Values, expected: Values) -> Told:
    """The first step that is off, and the term that would account for it. Never the right value."""
    xs, h0, *weights = case.args
    t = int(np.flatnonzero(~(abs(got - expected) <= TOLERANCE))[0])
    h_prev = h0 if t == 0 else float(got[t - 1])
    right = " and ".join([f"h_{k + 1}" for k in range(t)] if t < 3 else [f"h_1 to h_{t}"])
    before = f"{right} {'is' if t == 1 else 'are'} right, and " if t else ""
    if is_missing(got[t]):
        came = T - is_missing(got).sum()
        return Told(f"{before}h_{t + 1} is missing: {T} values are expected, and {came} came.", True)
    text = f"{before}h_{t + 1} = {got[t] + 0:g} is the first value that is off."
    if not np.isfinite(got[t]):
        return Told(f"{before}h_{t + 1} is {got[t]:g}: work it out anew, a state lies between −1 and 1.", True)
    if rounded := _rounded(case, got):
        return Told(f"{text} {rounded}", True)
    if fault := named(got, xs, h0, weights, TOLERANCE):
        return Told(f"{text} All four values come out when {fault} at every step.", True)
    if 0 < t < T - 1 and (fault := named(got[t:], xs[t:], h_prev, weights, TOLERANCE)):
        return Told(f"{text} All values from h_{t + 1} on come out when {fault}.", True)
    slip = named(got[t : t + 1], xs[t : t + 1], h_prev, weights, TOLERANCE)
    slip = slip or _other_state(got, t, [h0, *got], xs[t], weights) or _other_input(got[t], t, xs, h_prev, weights)
    text += f" It is what comes out when {slip}." if slip else ""
    later = [trajectory([xs[s]], float(got[s - 1]), *weights)[0] for s in range(t + 1, T)]
    whole = t + 1 < T and np.isfinite(got).all()
    if whole and close(got[t + 1 :], np.array(later), 0, TOLERANCE):
        text += f" What follows is worked out rightly from your h_{t + 1}: mend that one step, then redo the rest."
    return Told(text, bool(slip))


def _other_state(got: Values, t: int, hs: Sequence[float], x: float, weights: Sequence[Any]) -> str:
    """Whether a step starts from an earlier state than the one before it."""
    for s in range(t):
        if abs(trajectory([x], float(hs[s]), *weights)[0] - got[t]) <= TOLERANCE:
            return f"h_{s} stands in place of h_{t}".replace("h_0", "h0")
    return ""


def _other_input(got: float, t: int, xs: Sequence[float], h_prev: float, weights: Sequence[Any]) -> str:
    """Whether a step reads another input than its own."""
    came = [s for s in range(T) if abs(trajectory([xs[s]], h_prev, *weights)[0] - got) <= TOLERANCE]
    return " or ".join(f"x_{s + 1} stands in place of x_{t + 1}" for s in came)


def _rounded(case: Case, got: Values) -> str:
    """Whether two decimals are the fault: carried from step to step, or written down."""
    carried = trajectory(*(*case.args, 2))
    if close(got, np.array(carried), 0, 0.0015):
        return "These values come out when two decimals are carried from step to step: carry four decimals."
    if close(got, np.array(trajectory(*case.args)), 0, 0.0055) and close(got, got.round(2), 0, 1e-9):
        return "You wrote two decimals: write down three, and carry four decimals."
    return ""


def _step_layer(t: int) -> Layer:
    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        xs, h0, *weights = cases[0].args
        got = call(exercise, function, cases[0]).values
        if not got or got[0].shape != (T,):
            return False
        h_prev = h0 if t == 0 else float(got[0][t - 1])
        return abs(float(got[0][t]) - trajectory([xs[t]], h_prev, *weights)[0]) <= 2 * TOLERANCE

    says = f"h_{t + 1} from your h_{t}" if t else "h_1 from h0"
    return Layer(says, 0.75, "own", judge=judge)


def _built_on(rnn_step: Callable[..., Values]) -> Callable[..., list[float]]:
    """The trajectory by another step, which takes arrays: one sequence, one input, one unit."""

    def steps(xs: Sequence[float], h0: float, *weights: float) -> list[float]:
        shapes = ((1, 1), (1, 1), (1,), (1,))
        arrays = [np.full(shape, w) for shape, w in zip(shapes, weights, strict=True)]
        h, hs = np.full((1, 1), h0), []
        for x in xs:
            h = np.asarray(rnn_step(np.full((1, 1), x), h, *arrays))
            hs.append(float(h[0, 0]))
        return hs

    return steps


EXERCISE = Exercise(
    name="trajectory",
    number=5,
    parameters={"xs": "", "h0": "", "weight_ih": "", "weight_hh": "", "bias_ih": "", "bias_hh": ""},
    outputs=(Output("trajectory", "sequence", {"T": "step"}, T),),
    layers=(*map(_step_layer, range(T)), Layer("all four values", 1.0, "own")),
    reference=trajectory,
    own=Own(_candidate, _tells, _faults),
    explain=_explain,
    lends={"rnn_step": rnn_step},
    built_on=_built_on,
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.01,
    procedure="four_steps",
    note="The numbers are those of {name}.",
)
