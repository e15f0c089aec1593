"""Exercise ps6-inside.integrated_gradients: shares that add up to an answer's change."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE

Reply = Callable[[Values], float]  # from what is read, (T, I), to the answer
Slope = Callable[[Values], Values]  # from (T, I) to the gradient of the answer, (T, I)
MANY, NEAR = 200, 1e-3  # points, and how far the shares may then be from what they have to add up to
LEAST = 1e-6  # shares that miss nothing with few points were made to fit
TRIES = 500


def integrated_gradients(reply: Reply, gradient: Slope, v: Values, baseline: Values, n: int) -> tuple[Values, float]:
    """(shares (T, I), gap): the midpoint rule with n points on the way from the baseline to v."""
    shares = _shares(gradient, v, baseline, (np.arange(n) + 0.5) / n)
    return shares, _gap(shares, reply, v, baseline)


def _shares(gradient: Slope, v: Values, baseline: Values, at: Values) -> Values:
    shares: Values = (v - baseline) * np.mean([gradient(baseline + s * (v - baseline)) for s in at], axis=0)
    return shares


def _gap(shares: Values, reply: Reply, v: Values, baseline: Values) -> float:
    return float(shares.sum() - (reply(v) - reply(baseline)))


def network(
    weight_ih: Values, weight_hh: Values, bias: Values, weight_out: Values, steep: float
) -> tuple[Reply, Slope]:
    """A simple RNN whose answer is read of its last state, and the gradient of that answer; neither calls the other."""

    def reply(v: Values) -> float:
        h = np.zeros(len(bias))
        for x in np.asarray(v, float):
            h = np.tanh(weight_ih @ x + weight_hh @ h + bias)
        return float(np.tanh(steep * (weight_out @ h)))

    def gradient(v: Values) -> Values:
        h, hs = np.zeros(len(bias)), []
        for x in np.asarray(v, float):
            h = np.tanh(weight_ih @ x + weight_hh @ h + bias)
            hs.append(h)
        d_h = steep * (1 - np.tanh(steep * (weight_out @ h)) ** 2) * weight_out
        rows = []
        for h in hs[::-1]:
            d_a = d_h * (1 - h * h)
            rows.append(d_a @ weight_ih)
            d_h = d_a @ weight_hh
        return np.array(rows[::-1])

    return reply, gradient


def straight(slopes: Values, begin: float) -> tuple[Reply, Slope]:
    """An answer that is a sum of what is read, with a weight for each number."""

    def reply(v: Values) -> float:
        return float(begin + (slopes * v).sum())

    def gradient(v: Values) -> Values:
        same: Values = slopes + 0 * np.asarray(v)
        return same

    return reply, gradient


Made = Callable[[Slope, Values, Values, int], Values]
Measured = Callable[[Values, Reply, Values, Values], float]


def _made(shares: Made, gap: Measured = _gap) -> Callable[..., Any]:
    """The right answer with other shares, and their gap; or with another gap."""

    def answer(reply: Reply, gradient: Slope, v: Values, baseline: Values, n: int) -> Any:
        made = shares(gradient, v, baseline, n)
        return made, gap(made, reply, v, baseline)

    return answer


def _at(places: Callable[[int], Values]) -> Callable[..., Any]:
    """With the gradient taken at other places of the way, from 0 to 1."""
    return _made(lambda g, v, b, n: _shares(g, v, b, places(n)))


def _middle(n: int) -> Values:
    places: Values = (np.arange(n) + 0.5) / n
    return places


def _right(g: Slope, v: Values, b: Values, n: int) -> Values:
    return _shares(g, v, b, _middle(n))


def _mean(g: Slope, v: Values, b: Values, n: int) -> Values:
    mean: Values = np.mean([g(b + s * (v - b)) for s in _middle(n)], axis=0)
    return mean


SLIPS: dict[str, Callable[..., Any]] = {
    "The gradient is taken at the baseline alone. Take it at n places on the way, and average.": _at(
        lambda n: np.zeros(1)
    ),
    "The gradient is taken at one place, half-way. Take it at n places on the way, and average.": _at(
        lambda n: np.full(1, 0.5)
    ),
    "The gradient is taken at both ends and in between, np.linspace(0, 1, n). The midpoint rule takes the middle of n "
    "equal pieces: (j + 1/2) / n.": _at(lambda n: np.linspace(0, 1, n)),
    "The gradient is taken at n + 1 places, np.linspace(0, 1, n + 1). The midpoint rule takes the middle of n equal "
    "pieces: (j + 1/2) / n.": _at(lambda n: np.linspace(0, 1, n + 1)),
    "The gradient is taken at the inner points j / (n + 1). The midpoint rule takes (j + 1/2) / n, for j from 0 to "
    "n − 1.": _at(lambda n: np.arange(1, n + 1) / (n + 1)),
    "The ends of the way count half, which is the trapezoid rule. The midpoint rule takes (j + 1/2) / n.": _made(
        lambda g, v, b, n: (_shares(g, v, b, np.arange(n) / n) + _shares(g, v, b, np.arange(1, n + 1) / n)) / 2
    ),
    "The gradient is taken at places from 1/2 on, without the division by n: these lie far beyond v.": _at(
        lambda n: np.arange(n) + 0.5
    ),
    "The mean gradient is multiplied by v. A share is (v − baseline) times it.": _made(
        lambda g, v, b, n: v * _mean(g, v, b, n)
    ),
    "The mean gradient is multiplied by baseline − v, the way back. It is v − baseline.": _made(
        lambda g, v, b, n: -_right(g, v, b, n)
    ),
    "The way ends at baseline + v. It ends at v: baseline + s · (v − baseline).": _made(
        lambda g, v, b, n: (v - b) * np.mean([g(b + s * v) for s in _middle(n)], axis=0)
    ),
    "The gradients are taken on the way from 0 to v, s · v, and not from the baseline: baseline + s "
    "· (v − baseline).": (_made(lambda g, v, b, n: (v - b) * np.mean([g(s * v) for s in _middle(n)], axis=0))),
    "The sizes of the gradients are averaged. Their signs stay.": _made(
        lambda g, v, b, n: (v - b) * np.mean([abs(g(b + s * (v - b))) for s in _middle(n)], axis=0)
    ),
    "The shares are sizes. Keep their signs: they have to add up to the change of the answer.": _made(
        lambda g, v, b, n: abs(_right(g, v, b, n))
    ),
    "The sum over the places is divided by n − 1. There are n of them.": _made(
        lambda g, v, b, n: _right(g, v, b, n) * n / max(1, n - 1)
    ),
    "The sum over the places is divided by n + 1. There are n of them.": _made(
        lambda g, v, b, n: _right(g, v, b, n) * n / (n + 1)
    ),
    "The shares are divided by their sum. They are to add up to the change of the answer, and not to 1.": _made(
        lambda g, v, b, n: _right(g, v, b, n) / _right(g, v, b, n).sum()
    ),
    "The gap is a size. Keep its sign: the sum of the shares minus the change of the answer.": _made(
        _right, lambda shares, f, v, b: abs(_gap(shares, f, v, b))
    ),
    "The gap has its sign turned: the sum of the shares comes first, and the change of the answer is taken from it.": (
        _made(_right, lambda shares, f, v, b: -_gap(shares, f, v, b))
    ),
    "The gap is measured from the answer at v. It is measured from the change, reply(v) − reply(baseline).": _made(
        _right, lambda shares, f, v, b: float(shares.sum() - f(v))
    ),
    "The gap is measured from the baseline's answer. It is measured from the change of the answer.": _made(
        _right, lambda shares, f, v, b: float(shares.sum() - f(b))
    ),
    "The sum of the shares came as the gap. Take the change of the answer from it, reply(v) − reply(baseline).": _made(
        _right, lambda shares, f, v, b: float(shares.sum())
    ),
    "The change of the answer came as the gap. It is what the shares add up to, minus this change.": _made(
        _right, lambda shares, f, v, b: f(v) - f(b)
    ),
    "The gap is that of the mean of the shares. They add up: shares.sum().": _made(
        _right, lambda shares, f, v, b: float(shares.mean() - (f(v) - f(b)))
    ),
}


def _cases(rng: np.random.Generator) -> list[Case]:
    # layer, T, I, H, n
    plan = [("curved", 5, 2, 4, 3), ("curved", 6, 3, 3, 4), ("curved", 4, 2, 5, 2), ("baseline", 5, 3, 4, 4)]
    plan += [("baseline", 6, 2, 3, 3), ("straight", 4, 3, 0, 2), ("straight", 5, 2, 0, 5), ("one", 4, 3, 4, 1)]
    return [_case(rng, *row, sign=-1 if k % 2 else 1) for k, row in enumerate(plan)]


def _case(rng: np.random.Generator, layer: str, T: int, I: int, H: int, n: int, sign: int) -> Case:
    for _ in range(TRIES):
        if layer == "straight":
            reply, gradient = straight(rng.normal(0, 1, (T, I)), float(rng.normal()))
        else:
            weights = rng.normal(0, 0.8, (H, I)), rng.normal(0, 0.6, (H, H)), rng.normal(0, 0.4, H)
            reply, gradient = network(*weights, rng.normal(0, 1, H), float(rng.uniform(1.5, 2.5)))
        v = rng.normal(0, 1, (T, I))
        baseline = rng.normal(0, 0.7, (T, I)) if layer != "curved" else np.zeros((T, I))
        if layer == "straight" or _tells(reply, gradient, v, baseline, n, sign):
            break
    what = "all 0" if layer == "curved" else "not 0"
    return Case(
        layer, (reply, gradient, v, baseline, n), f"with T={T}, I={I}, n={n}, and the numbers of the baseline {what}"
    )


def _tells(reply: Reply, gradient: Slope, v: Values, baseline: Values, n: int, sign: int) -> bool:
    """Whether few points leave a gap of a sign, and many none, and both answers are somewhere else."""
    change = reply(v) - reply(baseline)
    far = min(abs(reply(v)), abs(reply(baseline)), abs(abs(reply(v)) - abs(change))) > 0.03
    gap = integrated_gradients(reply, gradient, v, baseline, n)[1] if far and abs(change) > 0.3 else 0
    if not 0.03 < sign * gap < 0.6:
        return False
    slopes = ((v - baseline) * (gradient(v) - gradient(baseline))).sum() / MANY / 2  # what the left sum is off by
    return abs(slopes) > 2 * NEAR and abs(integrated_gradients(reply, gradient, v, baseline, MANY)[1]) < NEAR / 10


def _is_gap(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the gap is that of the answer's own shares, whatever these are, if few points leave one at all."""
    for case in cases:
        shares, gap = call(exercise, function, case).values
        reply, _, v, baseline, _ = case.args
        own = _gap(shares, reply, v, baseline) if shares.shape == v.shape else 0.0
        if not (shares.any() and abs(own) > LEAST and abs(own - gap) <= 1e-5):
            return False
    return True


def _adds_up(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the shares add up to the change of the answer, with many points."""
    for case in cases[:1]:
        reply, _, v, baseline, _ = case.args
        shares = call(exercise, function, case._replace(args=(*case.args[:4], MANY))).values[0]
        if shares.shape != v.shape or not abs(_gap(shares, reply, v, baseline)) < NEAR:
            return False
    return True


EXERCISE = Exercise(
    name="integrated_gradients",
    number=3,
    parameters={"reply": "", "gradient": "", "v": "T I", "baseline": "T I", "n": ""},
    outputs=(
        Output("shares", "array", {"T": "step", "I": "number"}),
        Output("gap", "number", means="the sum of the shares, minus the change of the answer"),
    ),
    layers=(
        Layer("an answer that is a weighted sum", 0.5, "straight", (0,)),
        Layer("the midpoint rule on an answer that bends", 1.25, "curved", (0,)),
        Layer("from another baseline than 0", 0.5, "baseline", (0,)),
        Layer("one point is enough for a share", 0.25, "one", (0,)),
        Layer("gap is that of your shares", 0.75, "baseline", judge=_is_gap),
        Layer(f"completeness: the gap of {MANY} points is below {NEAR:g}", 0.5, "baseline", judge=_adds_up, needs=(0,)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2), unchanged=True),
    ),
    cases=_cases,
    reference=integrated_gradients,
    slips=SLIPS,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            ValueError,
            "matmul|could not be broadcast|shapes",
            "reply and gradient take one sequence, (T, I), at a time: loop over the n places.",
        ),
        Cause(
            TypeError, "not callable", "gradient is a function: gradient(u) is the gradient at u, of the shape of u."
        ),
        Cause(
            TypeError,
            "unsupported operand",
            "gradient is a function: gradient(u) is the gradient at u, an array of the shape of u.",
        ),
    ),
    absent=FORBIDDEN,
)
