"""Exercise ps4-gates.lstm_step: one step of an LSTM."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps4_gates import FORBIDDEN, NOT_THERE

WEIGHTS = {"weight_ih": "G I", "weight_hh": "G H", "bias_ih": "G", "bias_hh": "G"}  # G rows: a block for each gate
LEAST = 0.01  # of c: where it is nearly 0, or no number, so is h, whatever o is
SHUT = -60.0  # a gate's sum at which its sigmoid is 1e-26


def sigmoid(a: Values) -> Values:
    """1 / (1 + exp(−a)), and never an overflow."""
    value: Values = 0.5 * (1 + np.tanh(0.5 * a))
    return value


def lstm_step(
    x: Values, h_prev: Values, c_prev: Values, weight_ih: Values, weight_hh: Values, bias_ih: Values, bias_hh: Values
) -> tuple[Values, Values]:
    """(h, c)."""
    i, f, g, o = np.split(x @ weight_ih.T + bias_ih + h_prev @ weight_hh.T + bias_hh, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def weights(rng: np.random.Generator, I: int, H: int, blocks: int) -> list[Values]:
    """The four arrays of a gated cell, U(±1.5/√H)."""
    shapes = (blocks * H, I), (blocks * H, H), (blocks * H,), (blocks * H,)
    return [rng.uniform(-1.5, 1.5, shape) / np.sqrt(H) for shape in shapes]


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    random = [("random", *sizes) for sizes in ((3, 4, 5), (5, 2, 3), (1, 3, 2), (2, 6, 4))]
    for layer, N, I, H in (*random, ("kept", 3, 4, 5), ("written", 3, 2, 5)):
        x, h_prev, c_prev = rng.normal(0, 1, (N, I)), rng.uniform(-1, 1, (N, H)), rng.normal(0, 1.5, (N, H))
        weight_ih, weight_hh, bias_ih, bias_hh = weights(rng, I, H, 4)
        label = f"with N={N}, I={I}, H={H}"
        if layer == "kept":
            weight_ih[:H], weight_hh[:H], bias_ih[:H], bias_hh = 0, 0, SHUT, 0 * bias_hh
            label += ", the input gate shut"
        if layer == "written":
            c_prev, label = 0 * c_prev, f"{label}, c_prev all 0"
        cases.append(Case(layer, (x, h_prev, c_prev, weight_ih, weight_hh, bias_ih, bias_hh), label))
    return cases


def _shows_its_cell(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether h is o ⊙ tanh(c), with the answer's own c."""
    for case in cases:
        x, h_prev, _, weight_ih, weight_hh, bias_ih, bias_hh = case.args
        h, c = call(exercise, function, case).values
        o = sigmoid(np.split(x @ weight_ih.T + bias_ih + h_prev @ weight_hh.T + bias_hh, 4, axis=1)[3])
        if c.shape != o.shape or not LEAST < abs(c).max() < np.inf or not close(h, o * np.tanh(c), 1e-5, 1e-6):
            return False
    return True


MISFIT = "a sequence is a row: x @ weight_ih.T is (N, 4H), h_prev @ weight_hh.T likewise, and a gate is (N, H) of it."
CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(ValueError, "matmul|not aligned", MISFIT),
    Cause(ValueError, "could not be broadcast", f"the shapes of a sum or a product differ. {MISFIT}"),
    Cause(ValueError, "equal division", f"the blocks stand side by side along axis 1, so split there. {MISFIT}"),
    Cause(ValueError, "values to unpack", "np.split(a, 4, axis=1) makes four blocks, (N, H) each: i, f, g, o."),
)
EXERCISE = Exercise(
    name="lstm_step",
    number=1,
    parameters={"x": "N I", "h_prev": "N H", "c_prev": "N H", **WEIGHTS},
    outputs=tuple(Output(name, "array", {"N": "sequence", "H": "unit"}) for name in "hc"),
    layers=(
        Layer("c, on random cases of four sizes", 1.0, "random", (1,)),
        Layer("h, on the same cases", 0.75, "random", (0,)),
        Layer("h is o ⊙ tanh(c), from your own c", 0.5, "random", judge=_shows_its_cell),
        Layer("what is kept: with the input gate shut, c is f ⊙ c_prev", 0.5, "kept", (1,)),
        Layer("what is written: with c_prev all 0, c is i ⊙ g", 0.75, "written", (1,)),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=lstm_step,
    causes=CAUSES,
    lends={"sigmoid": sigmoid},
    made_in=(1, 0),
    absent=FORBIDDEN,
)
