"""Exercise ps6-inside.linear_probe: what a linear probe reads of states, beside labels that mean nothing."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE

Probe = tuple[Values, float]
Fit = Callable[[Values, Values, float], Probe]
TRIES = 2000


def ridge(X: Values, y: Values, penalty: float) -> Probe:
    """The weights and the bias of least squares with a penalty on the weights alone."""
    centred = X - X.mean(0)
    w = np.linalg.solve(centred.T @ centred + penalty * np.eye(X.shape[1]), centred.T @ y)
    return w, float(y.mean() - X.mean(0) @ w)


def linear_probe(
    states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: np.random.Generator
) -> tuple[Values, float, float, float]:
    """(w, b, accuracy, selectivity): a probe of the labels, and how much better it is than one of drawn labels."""
    control = rng.integers(2, size=types.max() + 1)[types]
    w, b, accuracy = _read(ridge, states, labels, trained_on, penalty)
    return w, b, accuracy, accuracy - _read(ridge, states, control, trained_on, penalty)[2]


def _read(
    fit: Fit, states: Values, labels: Values, trained_on: Values, penalty: float, tested: Values | None = None
) -> tuple[Values, float, float]:
    rest = ~trained_on if tested is None else tested
    w, b = fit(states[trained_on], 2 * labels[trained_on] - 1, penalty)
    return w, b, _right(w, b, states[rest], labels[rest])


def _right(w: Values, b: float, states: Values, labels: Values) -> float:
    return float(((states @ w + b > 0) == labels).mean())


def _with_ones(X: Values, y: Values, penalty: float) -> Probe:
    """The bias as a weight of its own, which is punished too."""
    wide = np.hstack([X, np.ones((len(X), 1))])
    w = np.linalg.solve(wide.T @ wide + penalty * np.eye(wide.shape[1]), wide.T @ y)
    return w[:-1], float(w[-1])


def _without_bias(X: Values, y: Values, penalty: float) -> Probe:
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y), 0.0


def _times(factor: Callable[[Values], float]) -> Fit:
    return lambda X, y, penalty: ridge(X, y, penalty * factor(X))


def _fitted(fit: Fit) -> Callable[..., Any]:
    """The right answer with another fit."""

    def answer(states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: Any) -> Any:
        control = rng.integers(2, size=types.max() + 1)[types]
        w, b, accuracy = _read(fit, states, labels, trained_on, penalty)
        return w, b, accuracy, accuracy - _read(fit, states, control, trained_on, penalty)[2]

    return answer


Rows = Callable[[Values], Values]


def _on(fits: Rows, tests: Rows) -> Callable[..., Any]:
    """The right answer fitted and tested on other rows."""

    def answer(states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: Any) -> Any:
        control = rng.integers(2, size=types.max() + 1)[types]
        fitted, tested = fits(trained_on), tests(trained_on)
        w, b, accuracy = _read(ridge, states, labels, fitted, penalty, tested)
        return w, b, accuracy, accuracy - _read(ridge, states, control, fitted, penalty, tested)[2]

    return answer


Control = Callable[[Values, Values, np.random.Generator], Values]


def _controlled(drawn: Control) -> Callable[..., Any]:
    """The right answer beside another control."""

    def answer(states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: Any) -> Any:
        w, b, accuracy = _read(ridge, states, labels, trained_on, penalty)
        control = drawn(labels, types, rng)
        return w, b, accuracy, accuracy - _read(ridge, states, control, trained_on, penalty)[2]

    return answer


def _selected(selectivity: Callable[..., float]) -> Callable[..., Any]:
    """The right probe, and something else than its selectivity."""

    def answer(states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: Any) -> Any:
        control = rng.integers(2, size=types.max() + 1)[types]
        w, b, accuracy = _read(ridge, states, labels, trained_on, penalty)
        u, c, controls = _read(ridge, states, control, trained_on, penalty)
        rest = ~trained_on
        known = {
            "accuracy": accuracy,
            "control": controls,
            "same": _right(w, b, states[rest], control[rest]),
            "true": _right(u, c, states[rest], labels[rest]),
            "rows": float(_right(u, c, states[trained_on], control[trained_on])),
            "share": float(max(labels[rest].mean(), 1 - labels[rest].mean())),
        }
        return w, b, accuracy, float(selectivity(known))

    return answer


def _drawn(types: Values, rng: np.random.Generator) -> Values:
    """A label for each row, by its type."""
    drawn: Values = rng.integers(2, size=types.max() + 1)[types]
    return drawn


def _beside(of_control: Callable[..., float]) -> Callable[..., Any]:
    """The right probe, and the accuracy of the control worked out in another way."""

    def answer(states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: Any) -> Any:
        control = _drawn(types, rng)
        w, b, accuracy = _read(ridge, states, labels, trained_on, penalty)
        return w, b, accuracy, accuracy - of_control(states, control, trained_on, penalty)

    return answer


def _drawn_twice(
    states: Values, labels: Values, types: Values, trained_on: Values, penalty: float, rng: np.random.Generator
) -> Any:
    """With labels of the control that are others on the rows of the test."""
    first, second = _drawn(types, rng), _drawn(types, rng)
    return _controlled(lambda labels, types, rng: np.where(trained_on, first, second))(
        states, labels, types, trained_on, penalty, rng
    )


PENALTY = "The penalty is"
SLIPS: dict[str, Callable[..., Any]] = {
    f"{PENALTY} multiplied by the number of rows, or, which comes to the same, both sums are divided by it. λ stands "
    "beside sums over the rows as they are.": _fitted(_times(lambda X: float(len(X)))),
    f"{PENALTY} divided by the number of rows. λ stands beside the sum over the rows as it is.": _fitted(
        _times(lambda X: 1 / len(X))
    ),
    f"{PENALTY} squared. λ itself is added to the diagonal.": lambda s, la, t, on, penalty, rng: _fitted(ridge)(
        s, la, t, on, penalty**2, rng
    ),
    "The probe is right, and its accuracy is that on all rows. Rows that it was fitted on say nothing: ~trained_on.": (
        _on(lambda on: on, lambda on: on | ~on)
    ),
    "The control is the labels in another order, rng.permutation. Draw a label for each type, and give it to all rows "
    "of that type.": _controlled(lambda labels, types, rng: rng.permutation(labels)),
    "The control is the type itself, odd or even. Its labels are drawn: rng.integers(2, size=K).": _controlled(
        lambda labels, types, rng: types % 2
    ),
    "Selectivity came with its sign turned: it is the accuracy minus that of the control.": _selected(
        lambda of: of["control"] - of["accuracy"]
    ),
    "Selectivity is a quotient here. It is a difference: the accuracy minus that of the control.": _selected(
        lambda of: of["accuracy"] / of["control"]
    ),
    "The accuracy of the control came as selectivity. Take it from that of the probe.": _selected(
        lambda of: of["control"]
    ),
    "The control's accuracy is that of one probe, fitted on labels, beside drawn ones. Fit a second probe on the "
    "control labels.": _selected(lambda of: of["accuracy"] - of["same"]),
    "The control's probe is compared with labels. It is to say the control labels of the rows that it was not fitted "
    "on.": _selected(lambda of: of["accuracy"] - of["true"]),
    "The control's accuracy is that on the rows that it was fitted on. Take it on ~trained_on, as that of the probe.": (
        _selected(lambda of: of["accuracy"] - of["rows"])
    ),
    "The share of the more frequent label is subtracted. The control is a probe of its own, fitted on drawn labels.": (
        _selected(lambda of: of["accuracy"] - of["share"])
    ),
    "0.5 is subtracted, the accuracy of a coin. The control is a probe of its own, fitted on drawn labels.": _selected(
        lambda of: of["accuracy"] - 0.5
    ),
}
APART: tuple[Callable[..., Any], ...] = (
    _fitted(_with_ones),
    _fitted(_without_bias),
    _on(lambda on: on, lambda on: on),
    _on(lambda on: ~on, lambda on: ~on),
    _controlled(lambda labels, types, rng: rng.integers(2, size=len(types))),
    _controlled(lambda labels, types, rng: (_drawn(types, rng), _drawn(types, rng))[1]),
    _beside(lambda states, control, on, penalty: _read(ridge, states, control, on, 0.0)[2]),
    _beside(lambda states, control, on, penalty: _read(ridge, states, control, on | True, penalty, ~on)[2]),
    _beside(lambda states, control, on, penalty: _read(ridge, states, control, on, penalty, on | True)[2]),
    _drawn_twice,
    *SLIPS.values(),
)


def _case(rng: np.random.Generator, layer: str, N: int, H: int, K: int, held_out: bool = False) -> Case:
    """Rows of states: what was read, where it stood, and noise. A label of ``layer`` "typed" follows from the type.

    Of the last type no row is fitted on where it is ``held_out``: K is not to be read from the fitted rows.
    """
    for _ in range(TRIES):
        types = np.r_[np.arange(K), rng.integers(K, size=N - K)]
        rng.shuffle(types)
        held = (rng.random(N) < 0.36).astype(int)
        labels = held if layer == "context" else rng.integers(2, size=K)[types]
        symbols, along = rng.normal(0, 1, (K, H)), rng.normal(0, 1, H)
        noise = rng.normal(0, 0.9, (N, H))
        states = rng.normal(0, 1.2, H) + symbols[types] + (held[:, None] - 0.5) * along + noise
        trained_on = (rng.random(N) < 0.5) & ~(held_out & (types == K - 1))
        penalty = float(rng.integers(8, 19) / 2)
        args = states, labels, types, trained_on, penalty, rng.spawn(1)[0]
        if _tells(layer, args):
            break
    return Case(layer, args, f"with N={N}, H={H}, {K} types")


def _tells(layer: str, args: tuple[Any, ...]) -> bool:
    """Whether both labels are there, the probe reads something, and the slips come to other numbers."""
    states, labels, types, trained_on, penalty, rng = args
    right = linear_probe(states, labels, types, trained_on, penalty, deepcopy(rng))
    if not (0.2 < labels.mean() < 0.8 and 0.35 < trained_on.mean() < 0.65 and 0.6 < right[2] < 0.97):
        return False
    if layer == "context" and right[3] < 0.06:
        return False
    if layer == "typed" and not 0.01 < abs(right[3]) < 0.15:
        return False
    for slip in APART:
        w, b, accuracy, selectivity = slip(states, labels, types, trained_on, penalty, deepcopy(rng))
        same = abs(accuracy - right[2]) < 1e-4 and abs(selectivity - right[3]) < 1e-4
        if same and abs(w - right[0]).max() < 1e-3 and abs(b - right[1]) < 1e-3:
            return False
    return True


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("context", 150, 4, 9, False), ("context", 220, 6, 12, True), ("typed", 160, 7, 6, False)]
    return [_case(rng, *row) for row in plan]


def _of_own(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the accuracy is that of the answer's own probe, fitted on these rows alone, on the others."""
    for case in cases:
        states, labels, _, trained_on, *_ = case.args
        w, b, accuracy, _ = call(exercise, function, case).values
        rest = ~trained_on
        if w.shape != states.shape[1:] or not w.any():
            return False
        if not _is_fitted(w, states[trained_on], labels[trained_on]):
            return False
        if abs(_right(w, float(b), states[rest], labels[rest]) - accuracy) > 1e-6:
            return False
    return True


def _is_fitted(w: Values, X: Values, y: Values) -> bool:
    """Whether w is fitted to these rows, with whatever penalty, targets and bias: XᵀX w + λ w + b x̄ is c Xᵀy."""
    centred = X - X.mean(0)
    made = np.stack([centred.T @ (centred @ w), w, X.mean(0)], axis=1)
    due = centred.T @ y
    made /= np.linalg.norm(made, axis=0)
    off = due - made @ np.linalg.lstsq(made, due, rcond=None)[0]
    return bool(np.linalg.norm(off) < 1e-4 * np.linalg.norm(due))


EXERCISE = Exercise(
    name="linear_probe",
    number=1,
    parameters={"states": "N H", "labels": "N", "types": "N", "trained_on": "N", "penalty": "", "rng": ""},
    outputs=(
        Output("w", "array", {"H": "unit"}),
        Output("b", "number", means="the bias of the probe of labels"),
        Output("accuracy", "number", means="the share of rows that it has right", coarse=True),
        Output("selectivity", "number", means="accuracy minus that of the control", coarse=True),
    ),
    layers=(
        Layer("the weights of the probe", 1.0, "context", (0,)),
        Layer("its bias", 0.5, "context", (1,)),
        Layer(
            "the accuracy of your own probe on rows that are not in its fit",
            0.75,
            "context",
            judge=_of_own,
        ),
        Layer("the right accuracy", 0.25, "context", (2,)),
        Layer("the selectivity, where the label is no matter of the type", 0.75, "context", (3,)),
        Layer("the selectivity, where the type alone tells the label", 0.5, "typed", (3,)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 3), unchanged=True),
    ),
    cases=_cases,
    reference=linear_probe,
    slips=SLIPS,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            ValueError,
            "matmul|broadcast|must be an array|aligned|same shape|Incompatible",
            "print the shapes. Of the n rows that are fitted on, X is (n, H) and y is (n,), both with trained_on; the "
            "mean is (H,), over axis 0; X.T @ X is (H, H) and X.T @ y is (H,), products with @ and not with *.",
        ),
        Cause(
            IndexError,
            "out of bounds",
            "the control has a label for each type, also for one that no fitted row has: K is types.max() + 1.",
        ),
    ),
    absent=FORBIDDEN,
)
