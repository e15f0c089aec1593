"""Exercise ps4-gates.lstm_step_backward: the adjoint of one step."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps4_gates import FORBIDDEN
from rnnkit.course.sets.ps4_gates.lstm import CAUSES, lstm_step, sigmoid, weights
from rnnkit.course.sets.ps4_gates.slips import orders, read_in_order, reordered
from rnnkit.gradcheck import numeric_gradient

Slope = Callable[[Values], Values]
STEP, TOLERANCE = 1e-3, 1e-4  # wide enough for results in float32
BLOCKS = "i", "f", "g", "o"


def lstm_step_backward(
    d_h: Values,
    d_c: Values,
    x: Values,
    h_prev: Values,
    c_prev: Values,
    gates: Values,
    c: Values,
    weight_ih: Values,
    weight_hh: Values,
) -> tuple[Values, ...]:
    """(d_x, d_h_prev, d_c_prev, d_weight_ih, d_weight_hh, d_bias)."""
    i, f, g, o = np.split(gates, 4, axis=1)
    tanh_c = np.tanh(c)
    d_c = d_c + d_h * o * (1 - tanh_c * tanh_c)
    d_i, d_f, d_g, d_o = d_c * g, d_c * c_prev, d_c * i, d_h * tanh_c
    d_a = np.concatenate([d_i * (i - i * i), d_f * (f - f * f), d_g * (1 - g * g), d_o * (o - o * o)], axis=1)
    return d_a @ weight_ih, d_a @ weight_hh, d_c * f, d_a.T @ x, d_a.T @ h_prev, d_a.sum(0)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    random = [("random", *sizes) for sizes in ((3, 4, 5), (4, 2, 3), (2, 6, 4), (1, 3, 2))]
    for layer, N, I, H in (*random, ("along c", 3, 2, 4), ("through h", 2, 4, 3)):
        x, h_prev, c_prev = rng.normal(0, 1, (N, I)), rng.uniform(-1, 1, (N, H)), rng.normal(0, 1.2, (N, H))
        weight_ih, weight_hh, bias, none = weights(rng, I, H, 4)
        _, c = lstm_step(x, h_prev, c_prev, weight_ih, weight_hh, bias, 0 * none)
        d_h = rng.normal(0, 1, (N, H)) * (layer != "along c")
        d_c = rng.normal(0, 1, (N, H)) * (layer != "through h")
        label = f"with N={N}, I={I}, H={H}"
        label += {"along c": ", d_h all 0", "through h": ", d_c all 0"}.get(layer, "")
        gates = _gates(x @ weight_ih.T + h_prev @ weight_hh.T + bias)
        cases.append(Case(layer, (d_h, d_c, x, h_prev, c_prev, gates, c, weight_ih, weight_hh), label))
    return cases


def _of_a_sigmoid(s: Values) -> Values:
    slope: Values = s - s * s
    return slope


def _of_a_tanh(g: Values) -> Values:
    slope: Values = 1 - g * g
    return slope


SLOPES: tuple[Slope, ...] = (_of_a_sigmoid, _of_a_sigmoid, _of_a_tanh, _of_a_sigmoid)


def _made_of(
    shown: Callable[[Values, Values], Values] = lambda o, tanh_c: o * (1 - tanh_c * tanh_c),
    output: Callable[[Values, Values], Values] = lambda d_h, tanh_c: d_h * tanh_c,
    kept: Callable[..., Values] = lambda d_c, i, f: d_c * f,
    slopes: Sequence[Slope] = SLOPES,
    incoming: bool = False,
) -> Callable[..., tuple[Values, ...]]:
    """The adjoint with other parts; ``incoming``: the three gates of c get what comes from the next step alone."""

    def backward(*args: Values) -> tuple[Values, ...]:
        d_h, d_c, x, h_prev, c_prev, gates, c, weight_ih, weight_hh = args
        i, f, g, o = values = np.split(gates, 4, axis=1)
        tanh_c = np.tanh(c)
        whole = d_c + d_h * shown(o, tanh_c)
        of_c = d_c if incoming else whole
        d_values = of_c * g, of_c * c_prev, of_c * i, output(d_h, tanh_c)
        parts = [d * slope(value) for d, slope, value in zip(d_values, slopes, values, strict=True)]
        d_a = np.concatenate(parts, axis=1)
        return d_a @ weight_ih, d_a @ weight_hh, kept(whole, i, f), d_a.T @ x, d_a.T @ h_prev, d_a.sum(0)

    return backward


def _written(order: Sequence[int]) -> Callable[..., tuple[Values, ...]]:
    """The blocks of d_a stand in another order: they meet the wrong rows of the weights, and so do their gradients."""
    met, back = read_in_order(lstm_step_backward, order, {7: 0, 8: 0}), np.argsort(order).tolist()

    def written(*args: Values) -> tuple[Values, ...]:
        *states, d_weight_ih, d_weight_hh, d_bias = met(*args)
        return (*states, *(reordered(d, back, 0) for d in (d_weight_ih, d_weight_hh, d_bias)))

    return written


def _slips() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for order, came in orders("ifgo"):
        stand = f"in the order {came}. They stand in the order i, f, g, o."
        found[f"The blocks of gates are read {stand}"] = read_in_order(lstm_step_backward, order, {5: 1})
        found[f"The blocks of d_a are written {stand}"] = _written(order)
        found[f"The blocks of gates are read, and those of d_a written, {stand}"] = read_in_order(
            _written(order), order, {5: 1}
        )

    of_i, of_f, of_g, of_o = SLOPES
    return found | {
        "The slope of the tanh around c is 1 − tanh(c). It is 1 − tanh²(c).": _made_of(
            shown=lambda o, tanh_c: o * (1 - tanh_c)
        ),
        "The output gate's gradient lacks tanh(c), which o was multiplied by: d_o is d_h * np.tanh(c).": _made_of(
            output=lambda d_h, tanh_c: d_h
        ),
        "d_c_prev is multiplied by i. c_prev was multiplied by f, so its gradient is d_c * f.": _made_of(
            kept=lambda d_c, i, f: d_c * i
        ),
        "i, f and g get what comes from the next step alone. c serves h too: they get all of its gradient.": _made_of(
            incoming=True
        ),
        "The slope of o is missing. o is a sigmoid: o (1 − o).": _made_of(slopes=(of_i, of_f, of_g, np.ones_like)),
        "The slope of g is missing. g is a tanh: 1 − g².": _made_of(slopes=(of_i, of_f, np.ones_like, of_o)),
        "The slope of g is 1 − g. It is 1 − g².": _made_of(slopes=(of_i, of_f, lambda g: 1 - g, of_o)),
        "gates holds the gates' values, and they go through a sigmoid or a tanh once more.": (
            lambda d_h, d_c, x, h_prev, c_prev, gates, *rest: lstm_step_backward(
                d_h, d_c, x, h_prev, c_prev, _gates(gates), *rest
            )
        ),
    }


def _gates(a: Values) -> Values:
    i, f, g, o = np.split(a, 4, axis=1)
    return np.concatenate([sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)], axis=1)


def _slopes(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the results are the slopes of (d_h * h + d_c * c).sum(), by finite differences."""
    d_h, d_c, x, h_prev, c_prev, gates, _, weight_ih, weight_hh = (a.copy() for a in cases[0].args)
    i, f, g, o = np.split(gates, 4, axis=1)
    sums = np.concatenate([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))], axis=1)
    bias = (sums - x @ weight_ih.T - h_prev @ weight_hh.T)[0]
    inputs = [x, h_prev, c_prev, weight_ih, weight_hh, bias]

    def loss() -> float:
        h, c = lstm_step(x, h_prev, c_prev, weight_ih, weight_hh, bias, 0 * bias)
        return float((d_h * h + d_c * c).sum())

    came = call(exercise, function, cases[0]).values
    slopes = (numeric_gradient(loss, value, STEP) for value in inputs)
    return all(close(a, b, TOLERANCE, TOLERANCE) for a, b in zip(came, slopes, strict=True))


def _block(k: int) -> Callable[[Values, Values], bool]:
    def alike(got: Values, expected: Values) -> bool:
        if got.shape != expected.shape:
            return False
        return close(np.split(got, 4)[k], np.split(expected, 4)[k], 1e-5, 1e-6)

    return alike


BLOCKED = "the four blocks stand side by side: np.concatenate([...], axis=1) of four (N, H) is (N, 4H), i, f, g, o."
BACK = (
    "on the way back a weight stands as it is: (N, 4H) @ (4H, I) is (N, I). The gradient of a weight has the weight's "
    "shape: (4H, N) @ (N, I) is (4H, I)."
)
EXERCISE = Exercise(
    name="lstm_step_backward",
    number=2,
    parameters={
        **{"d_h": "N H", "d_c": "N H", "x": "N I", "h_prev": "N H", "c_prev": "N H", "gates": "N G", "c": "N H"},
        **{"weight_ih": "G I", "weight_hh": "G H"},
    },
    outputs=(
        Output("d_x", "array", {"N": "sequence", "I": "input"}),
        Output("d_h_prev", "array", {"N": "sequence", "H": "unit"}),
        Output("d_c_prev", "array", {"N": "sequence", "H": "unit"}),
        Output("d_weight_ih", "array", {"G": "to row", "I": "from input"}),
        Output("d_weight_hh", "array", {"G": "to row", "H": "from unit"}),
        Output("d_bias", "array", {"G": "row"}),
    ),
    layers=(
        *(
            Layer(f"the block of {name} in d_bias, on random cases of four sizes", 0.25, "random", (5,), _block(k))
            for k, name in enumerate(BLOCKS)
        ),
        Layer("d_x, on the same cases", 0.5, "random", (0,)),
        Layer("d_h_prev, on the same cases", 0.5, "random", (1,)),
        Layer("d_c_prev, on the same cases", 0.5, "random", (2,)),
        Layer("d_weight_ih, on the same cases", 0.25, "random", (3,)),
        Layer("d_weight_hh, on the same cases", 0.5, "random", (4,)),
        Layer("the way along c alone: d_h is 0", 0.5, "along c", (0, 1, 2, 3, 4, 5)),
        Layer("the way through h alone: d_c is 0", 0.5, "through h", (0, 1, 2, 3, 4, 5)),
        Layer("all six are slopes, by finite differences", 0.25, "random", judge=_slopes),
        Layer(UNCHANGED, 0.5, "", needs=tuple(range(12)), unchanged=True),
    ),
    cases=_cases,
    reference=lstm_step_backward,
    causes=(
        Cause(ValueError, "same shape|must match exactly", BLOCKED),
        Cause(ValueError, "matmul|not aligned", BACK),
        *CAUSES,
    ),
    slips=_slips(),
    absent=FORBIDDEN,
)
