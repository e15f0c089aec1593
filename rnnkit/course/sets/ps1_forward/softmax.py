"""Exercise ps1-forward.softmax_cross_entropy: the loss and its gradient, for logits of any size."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Fit, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.gradcheck import numeric_gradient
from rnnkit.losses import softmax_cross_entropy

# Wide enough for a loss in float32, whose last digit is 1e-7: at 1e-6 nothing of the slope would be left.
STEP, SLOPE_TOLERANCE = 3e-3, 2e-4
NARROW = "a max or a sum over the classes is (N,) and does not fit (N, V): keepdims=True keeps it (N, 1). "
ONE_HOT = "the one-hot targets / N (which are subtracted)"
CLASSES = "the class numbers themselves, targets / N,"
PAIRED = "with [rows, classes] the row comes first: log_p[np.arange(N), targets] is one entry of each row."
CAUSES = (
    Cause(IndexError, "", PAIRED),
    Cause(ValueError, "could not be broadcast", NARROW + "A one-hot matrix has V columns, (N, V)."),
)


def _softmax_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, V in ((4, 3), (5, 7), (2, 5), (6, 2), (3, 8), (4, 4), (1, 6)):
        layer = "one row" if N == 1 else "ordinary"
        cases.append(Case(layer, (rng.normal(0, 2, (N, V)), rng.integers(0, V, N)), f"with N={N}, V={V}"))
    wide = rng.normal(0, 1, (3, 5))
    targets = np.array([0, 3, 4])
    for scale, words in ((1e4, "up to 10⁴"), (-1e4, "down to −10⁴")):
        big = wide + scale * np.eye(3, 5)[rng.permutation(3)]
        cases.append(Case("extreme", (big, targets), f"with N=3, V=5, logits {words}"))
        cases.append(Case("extreme", (wide + scale, targets), f"with N=3, V=5, all logits near {scale:g}"))
    apart = wide + 1e4 * np.array([[1], [-1], [0]])
    cases.append(Case("extreme", (apart, targets), "with N=3, V=5, a row near 10⁴, one near −10⁴ and one near 0"))
    both = wide + 1e4 * (np.eye(5)[[1, 2, 0]] - np.eye(5)[targets])
    cases.append(Case("extreme", (both, targets), "with N=3, V=5, 10⁴ and −10⁴ in each row"))
    return cases


def _own_slope(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether d_logits is the slope of the answer's own loss, by central differences, and not flat."""
    for case in cases[:3]:
        logits, targets = (a.copy() for a in case.args)
        got = call(exercise, function, case).values

        def loss(logits: Values = logits, targets: Values = targets) -> float:
            came = call(exercise, function, Case("", (logits, targets), "")).values
            return float(came[0]) if came and came[0].shape == () else np.nan

        if not got or got[1].shape != logits.shape:
            return False
        slope = numeric_gradient(loss, logits, STEP)
        if not (abs(slope - got[1]).max() < SLOPE_TOLERANCE and abs(slope).max() > 1e-3):
            return False
    return True


def _softmax_joint_fits(rows: Sequence[tuple[Case, tuple[Values, ...]]]) -> Iterator[Fit]:
    """The loss of all ordinary cases as a sum of two means; d_logits as a sum of two matrices."""
    rows = [(case, got) for case, got in rows if case.layer != "extreme" and got and got[0].shape == ()]
    rows = [(case, got) for case, got in rows if got[1].shape == case.args[0].shape]
    if not rows:
        return
    parts = [_softmax_parts(*case.args) for case, _ in rows]
    log_z, chosen, p, onehot = zip(*parts, strict=True)
    loss_terms = {"log Σ exp(logits)": np.array(log_z), "the target's logit (which is subtracted)": -np.array(chosen)}
    sizes = np.array([len(case.args[1]) for case, _ in rows])
    loss = np.array([float(got[0]) for _, got in rows])
    yield Fit("The loss", loss_terms, {}, loss)
    sums = {name: values * sizes for name, values in loss_terms.items()}
    yield Fit("In that sum", sums, {}, loss, "The loss is the sum over the rows, not their mean.")

    for name, values in _strange_losses(rows).items():
        yield Fit("The loss", loss_terms, {name: values}, loss, whole=True)

    d_terms = {"softmax(logits) / N": flat(p), ONE_HOT: -flat(onehot)}
    d_logits = flat([got[1] for _, got in rows])
    yield Fit("d_logits", d_terms, {}, d_logits, plural=(ONE_HOT,))
    for name, values in _strange_gradients(rows).items():
        yield Fit("d_logits", d_terms, {name: values}, d_logits, whole=True, plural=(ONE_HOT, CLASSES))
    repeated = flat([np.full(case.args[0].shape, len(case.args[1])) for case, _ in rows])
    d_sums = {name: values * repeated for name, values in d_terms.items()}
    yield Fit("In what is left", d_sums, {}, d_logits, "d_logits is N times too large: divide it by N.")


Rows = Sequence[tuple[Case, tuple[Values, ...]]]


def _strange_losses(rows: Rows) -> dict[str, Values]:
    """What is no part of the loss, and is put into it."""
    found: dict[str, list[float]] = {}
    for case, _ in rows:
        logits, targets = case.args
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        onehot = np.eye(logits.shape[1])[targets]
        values = {
            "p of the target, without its logarithm,": (p * onehot).sum(1).mean(),
            "the entropy of the softmax, Σ −p log p, which does not know the target,": -(p * np.log(p)).sum(1).mean(),
            "Σ −log(1 − p) over the other classes": -((1 - onehot) * np.log(1 - p)).sum(1).mean(),
            "the row's largest logit": logits.max(1).mean(),
            "log(1 + exp(−z)) of the target's logit z, as from a sigmoid,": (np.log1p(np.exp(-logits)) * onehot)
            .sum(1)
            .mean(),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in found.items()}


def _strange_gradients(rows: Rows) -> dict[str, Values]:
    """What is no part of d_logits, and is put into it."""
    found: dict[str, list[Values]] = {}
    for case, _ in rows:
        logits, targets = case.args
        N, V = logits.shape
        p, onehot = np.exp(logits) / np.exp(logits).sum(1, keepdims=True), np.eye(V)[targets]
        values = {
            CLASSES: np.repeat(targets, V),
            "a sigmoid of each logit / N": 1 / (1 + np.exp(-logits)),
            "the softmax at the target alone / N": p * onehot,
            "the derivative of the softmax alone, softmax · (1 − softmax), / N": p * (1 - p),
            "the softmax times (softmax − one-hot) / N": p * (p - onehot),
            "exp(logits − largest) / N, which is not divided by its sum,": np.exp(
                logits - logits.max(1, keepdims=True)
            ),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(value / N)
    return {name: flat(arrays) for name, arrays in found.items()}


def flat(arrays: Sequence[Values]) -> Values:
    return np.concatenate([np.ravel(a) for a in arrays])


def _softmax_parts(logits: Values, targets: Values) -> tuple[float, float, Values, Values]:
    N, V = logits.shape
    z = np.exp(logits)
    chosen = logits[np.arange(N), targets]
    return float(np.log(z.sum(1)).mean()), float(chosen.mean()), z / z.sum(1, keepdims=True) / N, np.eye(V)[targets] / N


EXERCISE = Exercise(
    name="softmax_cross_entropy",
    number=3,
    parameters={"logits": "N V", "targets": "N"},
    outputs=(
        Output("loss", "number", means="the mean over the rows"),
        Output("d_logits", "array", {"N": "row", "V": "class"}),
    ),
    layers=(
        Layer("the loss, on random cases of six sizes", 1.0, "ordinary", (0,)),
        Layer("d_logits, on the same cases", 1.0, "ordinary", (1,)),
        Layer("the loss of one row", 0.5, "one row", (0,)),
        Layer("d_logits of one row", 0.5, "one row", (1,)),
        Layer("d_logits is the slope of your loss, by finite differences", 0.5, "ordinary", judge=_own_slope),
        Layer("loss and d_logits for logits of ±10⁴", 1.0, "extreme", (0, 1)),
        Layer(UNCHANGED, 0.5, "", needs=(0, 1, 2, 3), unchanged=True),
    ),
    cases=_softmax_cases,
    reference=softmax_cross_entropy,
    joint_fits=_softmax_joint_fits,
    overflow=(
        "Subtract each row's own largest logit before np.exp, and compute log p as shifted − log Σ exp(shifted), "
        "without going through p."
    ),
    causes=CAUSES,
)
