"""Exercise ps4-gates.gru_step: one step of a GRU, with its reset after the product and before it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.sets.ps4_gates import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps4_gates.lstm import SHUT, WEIGHTS, sigmoid, weights
from rnnkit.course.sets.ps4_gates.slips import read_slips


def gru_step(
    x: Values,
    h_prev: Values,
    weight_ih: Values,
    weight_hh: Values,
    bias_ih: Values,
    bias_hh: Values,
    reset_after: bool,
) -> Values:
    """The next state, with torch.nn's order r, z, n."""
    r_x, z_x, n_x = np.split(x @ weight_ih.T + bias_ih, 3, axis=1)
    r_h, z_h, n_h = np.split(h_prev @ weight_hh.T + bias_hh, 3, axis=1)
    r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
    H = h_prev.shape[1]
    n = np.tanh(n_x + (r * n_h if reset_after else (r * h_prev) @ weight_hh[2 * H :].T + bias_hh[2 * H :]))
    h: Values = (1 - z) * n + z * h_prev
    return h


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    sizes = (3, 4, 5), (5, 2, 3), (1, 3, 4), (2, 6, 4)
    plan = [("after", True, *s) for s in sizes] + [("before", False, *s) for s in sizes]
    for layer in ("half", "open", "start"):
        plan += [(layer, True, 3, 2, 4), (layer, False, 2, 4, 3)]
    for layer, reset_after, N, I, H in plan:
        x, h_prev = rng.normal(0, 1, (N, I)), rng.uniform(-1, 1, (N, H))
        arrays = weights(rng, I, H, 3)
        label = f"with N={N}, I={I}, H={H}, reset_after={reset_after}"
        if layer in ("half", "open"):  # a gate that is 1/2, or 1, whatever comes
            rows, ask = (slice(H, 2 * H), 0.0) if layer == "half" else (slice(0, H), -SHUT)
            for array in arrays:
                array[rows] = 0
            arrays[2][rows] = ask
            label += ", z = 1/2" if layer == "half" else ", r = 1"
        if layer == "start":
            h_prev, label = 0 * h_prev, f"{label}, h_prev all 0"
        cases.append(Case(layer, (x, h_prev, *arrays, reset_after), label))
    return cases


def _made_of(
    reset: Callable[[Values], Values] = sigmoid,
    update: Callable[[Values], Values] = sigmoid,
    after: Callable[..., Values] = lambda n_x, n_h, r, z: n_x + r * n_h,
    before: Callable[..., Values] = lambda n_x, by_h, h_prev, r: n_x + by_h(r * h_prev),
    new: Callable[..., Values] = lambda n, z, h_prev, r: (1 - z) * n + z * h_prev,
) -> Callable[..., Values]:
    """A step with other parts; ``by_h`` is the candidate's product with a state, and its bias."""

    def step(x: Values, h_prev: Values, *arrays: Any) -> Values:
        weight_ih, weight_hh, bias_ih, bias_hh, reset_after = arrays
        r_x, z_x, n_x = np.split(x @ weight_ih.T + bias_ih, 3, axis=1)
        r_h, z_h, n_h = np.split(h_prev @ weight_hh.T + bias_hh, 3, axis=1)
        r, z, H = reset(r_x + r_h), update(z_x + z_h), h_prev.shape[1]

        def by_h(h: Values) -> Values:
            product: Values = h @ weight_hh[2 * H :].T + bias_hh[2 * H :]
            return product

        n = np.tanh(after(n_x, n_h, r, z) if reset_after else before(n_x, by_h, h_prev, r))
        return new(n, z, h_prev, r)

    return step


def _slips() -> dict[str, Callable[..., Any]]:
    found = read_slips(gru_step, "rzn", {2: 0, 3: 0, 4: 0, 5: 0})
    found |= {
        "r goes through a tanh. A gate is a share between 0 and 1: a sigmoid.": _made_of(reset=np.tanh),
        "z goes through a tanh. A gate is a share between 0 and 1: a sigmoid.": _made_of(update=np.tanh),
        "With reset_after=True, 1 − r multiplies W h + b. It is r.": _made_of(
            after=lambda n_x, n_h, r, z: n_x + (1 - r) * n_h
        ),
        "With reset_after=True, z multiplies W h + b. It is r, the reset gate.": _made_of(
            after=lambda n_x, n_h, r, z: n_x + z * n_h
        ),
        "With reset_after=True, r multiplies what comes from x too. It multiplies W h + b alone.": _made_of(
            after=lambda n_x, n_h, r, z: r * (n_x + n_h)
        ),
        "With reset_after=True, r multiplies what comes from x. It multiplies W h + b.": _made_of(
            after=lambda n_x, n_h, r, z: r * n_x + n_h
        ),
        "With reset_after=True the reset gate is not used: it multiplies W h + b.": _made_of(
            after=lambda n_x, n_h, r, z: n_x + n_h
        ),
        "With reset_after=False the reset gate is not used: it multiplies h_prev.": _made_of(
            before=lambda n_x, by_h, h_prev, r: n_x + by_h(h_prev)
        ),
        "The candidate n is returned. The new state is (1 − z) * n + z * h_prev.": _made_of(
            new=lambda n, z, h_prev, r: n
        ),
        "The reset gate multiplies the h_prev that is kept. It stands in the candidate alone: z * h_prev.": _made_of(
            new=lambda n, z, h_prev, r: (1 - z) * n + z * r * h_prev
        ),
    }
    return found


MISFIT = "a sequence is a row: x @ weight_ih.T is (N, 3H), h_prev @ weight_hh.T likewise, and a gate is (N, H) of it."
EXERCISE = Exercise(
    name="gru_step",
    number=3,
    parameters={"x": "N I", "h_prev": "N H", **WEIGHTS, "reset_after": ""},
    outputs=(Output("h", "array", {"N": "sequence", "H": "unit"}),),
    layers=(
        Layer("the reset after the product, on random cases of four sizes", 1.0, "after"),
        Layer("the reset before the product, on random cases of four sizes", 1.0, "before"),
        Layer("with z = 1/2, where old and new count alike", 0.75, "half"),
        Layer("with r = 1, where both forms are one", 0.5, "open"),
        Layer("with h_prev all 0, where a bias is all that comes from it", 0.25, "start"),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=gru_step,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(ValueError, "matmul|not aligned", MISFIT),
        Cause(ValueError, "could not be broadcast", f"the shapes of a sum or a product differ. {MISFIT}"),
        Cause(
            ValueError, "equal division", "three blocks of H rows: np.split(weight_hh, 3), or of (N, 3H) with axis=1."
        ),
    ),
    lends={"sigmoid": sigmoid},
    slips=_slips(),
    absent=FORBIDDEN,
)
