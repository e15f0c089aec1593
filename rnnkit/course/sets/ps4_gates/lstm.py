"""Exercise ps4-gates.lstm_step: one step of an LSTM."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps4_gates import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps4_gates.slips import read_slips

Squash = Callable[[Values], Values]
WEIGHTS = {"weight_ih": "G I", "weight_hh": "G H", "bias_ih": "G", "bias_hh": "G"}  # G rows: a block for each gate
LEAST = 0.01  # of c: where it is nearly 0, or no number, so is h, whatever o is
SHUT = -60.0  # a gate's sum at which its sigmoid is 1e-26


def sigmoid(a: Values) -> Values:
    """1 / (1 + exp(−a)), and never an overflow."""
    value: Values = 0.5 * (1 + np.tanh(0.5 * a))
    return value


def _as_it_is(a: Values) -> Values:
    return a


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


def _made_of(
    squashes: Sequence[Squash] = (sigmoid, sigmoid, np.tanh, sigmoid),
    cell: Callable[..., Values] = lambda c_prev, i, f, g, o: f * c_prev + i * g,
    shown: Callable[..., Values] = lambda o, c: o * np.tanh(c),
    forget: float = 0.0,
) -> Callable[..., tuple[Values, Values]]:
    """A step with other parts."""

    def step(x: Values, h_prev: Values, c_prev: Values, *arrays: Values) -> tuple[Values, Values]:
        weight_ih, weight_hh, bias_ih, bias_hh = arrays
        sums = np.split(x @ weight_ih.T + bias_ih + h_prev @ weight_hh.T + bias_hh, 4, axis=1)
        sums[1] = sums[1] + forget
        i, f, g, o = (squash(a) for squash, a in zip(squashes, sums, strict=True))
        c = cell(c_prev, i, f, g, o)
        return shown(o, c), c

    return step


def _slips() -> dict[str, Callable[..., Any]]:
    s, tanh = sigmoid, np.tanh
    found = read_slips(lstm_step, "ifgo", {3: 0, 4: 0, 5: 0, 6: 0})
    found["All four sums go through a tanh. i, f and o are shares between 0 and 1: sigmoids."] = _made_of([tanh] * 4)
    found["All four sums go through a sigmoid. g is a tanh, and can be below 0."] = _made_of([s] * 4)
    found["The sigmoid and the tanh have changed places: i, f and o are sigmoids, and g is a tanh."] = _made_of(
        [tanh, tanh, s, tanh]
    )
    for k, name in ((0, "i"), (1, "f"), (3, "o")):
        for squash, how in ((tanh, "goes through a tanh"), (_as_it_is, "is used as the sum that it is")):
            squashes: list[Squash] = [s, s, tanh, s]
            squashes[k] = squash
            found[f"{name} {how}. A gate is a share between 0 and 1: a sigmoid."] = _made_of(squashes)
    found |= {
        "What is written is (1 − f) g. An LSTM has an input gate of its own: i g.": _made_of(
            cell=lambda c_prev, i, f, g, o: f * c_prev + (1 - f) * g
        ),
        "The output gate multiplies what is written. It stands in h alone: c is f c_prev + i g.": _made_of(
            cell=lambda c_prev, i, f, g, o: f * c_prev + i * g * o
        ),
        "c itself goes through a tanh. Only what is shown of it does: h is o tanh(c), and c stays as it is.": _made_of(
            cell=lambda c_prev, i, f, g, o: tanh(f * c_prev + i * g)
        ),
        "c goes through a sigmoid before it is shown. It is a tanh: h is o tanh(c).": _made_of(
            shown=lambda o, c: o * s(c)
        ),
        "1 is added to the sum of f. No bias is due beside those that come in.": _made_of(forget=1.0),
    }
    return found


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
    slips=_slips(),
    absent=FORBIDDEN,
)
