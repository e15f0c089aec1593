"""Exercise ps7-deployment.eight_bits: a matrix in whole numbers of eight bits, and what that can cost a product."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps7_deployment import FORBIDDEN, NOT_THERE

LOW, HIGH = -128, 127
Found = tuple[Values, Values, Values, Values, Values]
NEAR = 6  # how many times a scale of another kind may be as large


def eight_bits(matrix: Values, x: Values) -> Found:
    """(q, scale, zero_point, y, bound): a scale and a zero point a row, the product, and by how much it can be off."""
    low, high = np.minimum(matrix.min(1), 0), np.maximum(matrix.max(1), 0)
    scale = np.where(high > low, (high - low) / (HIGH - LOW), 1.0)
    zero_point = np.rint(LOW - low / scale)
    q = np.clip(np.rint(matrix / scale[:, None]) + zero_point[:, None], LOW, HIGH)
    y = scale * (q @ x - zero_point * x.sum())
    return q, scale, zero_point, y, scale / 2 * abs(x).sum()


Slips = Mapping[str, Callable[..., Any]]


def _limits(matrix: Values) -> tuple[Values, Values]:
    return np.minimum(matrix.min(1), 0), np.maximum(matrix.max(1), 0)


def _span(matrix: Values) -> Values:
    low, high = _limits(matrix)
    return high - low


# What stands in an output's place, made of the answer's own earlier outputs: q, s, z
OF_SCALE: Slips = {
    "the largest size of a row over 127, as for whole numbers that lie evenly about 0. Here the range of a row, from "
    "its smallest weight to its largest, is put on 255 steps": lambda W, x: abs(W).max(1) / 127,
    "the largest size of a row over 128. Here the range of a row is put on 255 steps": lambda W, x: abs(W).max(1) / 128,
    "the largest size of a row over 255. Here the whole range of a row is put on 255 steps": lambda W, x: (
        abs(W).max(1) / 255
    ),
    "the range over 256. From −128 to 127 there are 256 numbers, and 255 steps": lambda W, x: _span(W) / 256,
    "the range over 254. From −128 to 127 there are 255 steps": lambda W, x: _span(W) / 254,
    "the range over 127. From −128 to 127 there are 255 steps": lambda W, x: _span(W) / 127,
    "that of the whole matrix, for each row. Each row has a range of its own": lambda W, x: np.full(
        len(W), (max(W.max(), 0) - min(W.min(), 0)) / 255
    ),
    "that of a range without 0, from the smallest weight to the largest. 0 belongs to each range": lambda W, x: (
        np.ptp(W, axis=1) / 255
    ),
    "255 over the range, its inverse. A weight is about scale · (q − zero_point)": lambda W, x: 255 / _span(W),
    "the range itself. Divide it by the 255 steps": lambda W, x: _span(W),
    "the largest weight over 255, and the smallest is below 0": lambda W, x: np.maximum(W.max(1), 0) / 255,
    "the spread of a row, its standard deviation, over 255": lambda W, x: W.std(1) / 255,
}
OF_ZERO: Slips = {
    "0 everywhere, as for whole numbers that lie evenly about 0. It is the whole number that stands for 0": (
        lambda W, x, s: np.zeros(len(W))
    ),
    "not a whole number: round it": lambda W, x, s: LOW - _limits(W)[0] / s,
    "that of numbers from 0 to 255. Here they run from −128 to 127": lambda W, x, s: np.rint(-_limits(W)[0] / s),
    "the one with the wrong sign before low / scale: it is −128 minus that": lambda W, x, s: np.rint(
        LOW + _limits(W)[0] / s
    ),
    "the one with 127 and the smallest weight: −128 belongs to the smallest, 127 to the largest": lambda W, x, s: (
        np.rint(HIGH - _limits(W)[0] / s)
    ),
    "cut to a whole number, toward 0. Round it": lambda W, x, s: np.trunc(LOW - _limits(W)[0] / s),
    "rounded down. Round it to the nearest": lambda W, x, s: np.floor(LOW - _limits(W)[0] / s),
    "rounded up. Round it to the nearest": lambda W, x, s: np.ceil(LOW - _limits(W)[0] / s),
    "the one with its sign turned": lambda W, x, s: -np.rint(LOW - _limits(W)[0] / s),
    "made of the mean of a row. It is made of its smallest weight": lambda W, x, s: np.rint(-W.mean(1) / s),
    "made of a range without 0": lambda W, x, s: np.rint(LOW - W.min(1) / s),
    "a weight and no whole number: it is divided by the scale": lambda W, x, s: LOW - _limits(W)[0],
}


def _put(whole: Values, low: int = LOW, high: int = HIGH) -> Values:
    clipped: Values = np.clip(whole, low, high)
    return clipped


OF_Q: Slips = {
    "cut toward 0 before the zero point is added. Round W / scale to the nearest": lambda W, x, s, z: _put(
        np.trunc(W / s) + z
    ),
    "rounded down. Round W / scale to the nearest": lambda W, x, s, z: _put(np.floor(W / s) + z),
    "not rounded": lambda W, x, s, z: _put(W / s + z),
    "made without zero_point. Add it": lambda W, x, s, z: _put(np.rint(W / s)),
    "made with zero_point subtracted. Add it: the number of 0 is zero_point": lambda W, x, s, z: _put(
        np.rint(W / s) - z
    ),
    "cut toward 0 after the zero point is added. Round to the nearest": lambda W, x, s, z: _put(np.trunc(W / s + z)),
    "clipped to 0 to 255. It runs from −128 to 127": lambda W, x, s, z: _put(np.rint(W / s) + z, 0, 255),
    "clipped to −127 to 127, and the smallest weight is −128": lambda W, x, s, z: _put(np.rint(W / s) + z, -127),
    "what uint8 makes of it: a number below 0 has become 256 more. It runs from −128 to 127": lambda W, x, s, z: (
        (np.rint(W / s) + z) % 256
    ),
    "clipped before zero_point is added. Clip what comes of both": lambda W, x, s, z: _put(np.rint(W / s)) + z,
    "rounded once, with a zero point that is not: round W / scale by itself, and add zero_point": lambda W, x, s, z: (
        _put(np.rint(W / s + LOW - _limits(W)[0][:, None] / s))
    ),
    "not clipped. Where W / scale and the zero point are both rounded up, a number comes to 128, and eight bits end at "
    "127": lambda W, x, s, z: np.rint(W / s) + z,
    "made a whole number of eight bits before it is clipped, so that 128 has become −128: clip first": (
        lambda W, x, s, z: (np.rint(W / s) + z + 128) % 256 - 128
    ),
    "rounded up at each half, as np.floor(… + 0.5) does. np.rint takes the even number": lambda W, x, s, z: _put(
        np.floor(W / s + 0.5) + z
    ),
    "made of W times the scale. Divide by it": lambda W, x, s, z: _put(np.rint(W * s) + z),
}
OF_Y: Slips = {
    "the product of the weights as they were, W @ x. It is that of the weights that q stands for": (
        lambda W, x, q, s, z: W @ x
    ),
    "scale · (q @ x), as if the zero point were 0. A weight is scale · (q − zero_point)": lambda W, x, q, s, z: (
        s * (q @ x)
    ),
    "the one with zero_point added. A weight is scale · (q − zero_point)": lambda W, x, q, s, z: (
        s * (q @ x + z * x.sum())
    ),
    "scale · (q @ x − zero_point). The zero point stands in each weight, so that it comes Σ x times": (
        lambda W, x, q, s, z: s * (q @ x - z)
    ),
    "the one without scale": lambda W, x, q, s, z: q @ x - z * x.sum(),
    "q @ x alone. A weight is scale · (q − zero_point)": lambda W, x, q, s, z: q @ x,
    "scale · (q @ x) − zero_point · Σ x. The scale belongs to both": lambda W, x, q, s, z: s * (q @ x) - z * x.sum(),
    "what comes out if q − zero_point is worked out in int8, where 100 + 100 is −56. Make both floats first": (
        lambda W, x, q, s, z: s * (_wrapped(q, z) @ x)
    ),
    "the one with the size of each x": lambda W, x, q, s, z: s * (q @ abs(x) - z * abs(x).sum()),
    "the one with x divided by the scale": lambda W, x, q, s, z: q @ x - z * x.sum() / s,
}
OF_BOUND: Slips = {
    "that of a whole scale a weight. Rounding is off by half of one at most": lambda W, x, q, s, z: s * abs(x).sum(),
    "made of the size of the sum of x. The worst case has each error with the sign of its x: sum the sizes": (
        lambda W, x, q, s, z: s / 2 * abs(x.sum())
    ),
    "made of the sum of x with its signs. Sum the sizes": lambda W, x, q, s, z: s / 2 * x.sum(),
    "that of one weight, scale / 2. A product adds up one for each x": lambda W, x, q, s, z: s / 2,
    "made of the number of weights. Each error is multiplied by its x: Σ |x|": lambda W, x, q, s, z: s / 2 * len(x),
    "made of the norm of x. The worst case is Σ |x|": lambda W, x, q, s, z: s / 2 * np.sqrt((x**2).sum()),
    "made of the largest x alone. Each x has a weight that is off": lambda W, x, q, s, z: s / 2 * abs(x).max(),
    "that of the largest x for every weight. Each error has its own x: Σ |x|": lambda W, x, q, s, z: (
        s / 2 * len(x) * abs(x).max()
    ),
    "made of the mean of |x|. Sum them": lambda W, x, q, s, z: s / 2 * abs(x).mean(),
    "by how much this product is off. A bound holds for all weights with this scale": lambda W, x, q, s, z: abs(
        s * (q @ x - z * x.sum()) - W @ x
    ),
    "by how much this product is off at these weights, with a sign": lambda W, x, q, s, z: (
        s * (q @ x - z * x.sum()) - W @ x
    ),
    "made of a quarter of the scale, as errors are on average. The largest is half of it": lambda W, x, q, s, z: (
        s / 4 * abs(x).sum()
    ),
    "the one of rounding by chance, scale / √12 · ‖x‖: it is typical, and no bound": lambda W, x, q, s, z: (
        s / np.sqrt(12) * np.sqrt((x**2).sum())
    ),
    "made of Σ |W|. The error of a weight is multiplied by its x": lambda W, x, q, s, z: s / 2 * abs(W).sum(1),
    "the one that lacks the scale": lambda W, x, q, s, z: np.full(len(W), abs(x).sum() / 2),
}


def _wrapped(q: Values, z: Values) -> Values:
    return ((q - z[:, None] + 128) % 256 - 128).astype(float)


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("both", 4, 7), ("both", 6, 5), ("both", 3, 9), ("one", 4, 6), ("one", 5, 8), ("zeros", 4, 5)]
    return [*(_case(rng, *row) for row in plan), _halves(rng, 4, 6)]


def _halves(rng: np.random.Generator, R: int, C: int) -> Case:
    """Rows whose smallest and largest weight lie on halves, where both roundings go up, and one past 127."""
    s = 2.0 ** -rng.integers(4, 8, R)  # halves of them are exact
    low = -(2 * rng.integers(30, 95, R) + 1.5)
    q = np.column_stack([low, low + 255, rng.integers(-25, 26, (R, C - 2))])
    W = s[:, None] * q[:, rng.permutation(C)]
    return Case("halves", (W, rng.choice([-1.0, 1.0], C) * rng.uniform(0.5, 2, C)), f"with R={R}, C={C}, on halves")


def _case(rng: np.random.Generator, layer: str, R: int, C: int) -> Case:
    while True:
        W = rng.normal(0, 1, (R, C)) * rng.uniform(0.3, 3, (R, 1)) + rng.uniform(-0.6, 0.6, (R, 1))
        if layer == "one":
            signs = np.where(np.arange(R) % 2, 1, -1)[:, None]
            W = signs * (rng.uniform(0.5, 1.5, (R, 1)) + abs(W))
        if layer == "zeros":
            W[int(rng.integers(R))] = 0
        x = rng.normal(0, 1, C)
        if _tells(layer, W, x):
            what = {"both": "", "one": ", each row of one sign", "zeros": ", a row of zeros"}[layer]
            return Case(layer, (W, x), f"with R={R}, C={C}{what}")


def _tells(layer: str, W: Values, x: Values) -> bool:
    """Whether no weight lies where rounding could go either way, and what is looked for shows."""
    low, high = _limits(W)
    if layer == "both" and (max(low) > -0.1 or min(high) < 0.1):
        return False
    q, s, z, _, _ = eight_bits(W, x)
    halves = np.concatenate([(W / s[:, None]).ravel(), (LOW - low / s)[high * low < 0]])
    clear = abs(abs(halves - np.floor(halves)) - 0.5).min() > 1e-3
    wraps = (abs(q - z[:, None]).max(1) > 140).any()
    signs = abs(x.sum()) > 0.3 and abs(abs(x.sum()) - abs(x).sum()) > 0.3
    apart = layer != "both" or len(set(np.sign(z))) > 1 or (abs(z) > 3).all()
    return bool(clear and wraps and signs and apart)


def _own(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> list[tuple[Values, ...]]:
    """What came in each case; an error if it is not of the right shapes."""
    found = [call(exercise, function, case).values for case in cases]
    for case, values in zip(cases, found, strict=True):
        if [v.shape for v in values] != [v.shape for v in eight_bits(*case.args)] or not _fits(values[0]):
            raise ValueError("another shape")
    return found


def _fits(q: Values) -> bool:
    """Whether these are whole numbers of eight bits."""
    return bool(((q == np.rint(q)) & (q >= LOW) & (q <= HIGH)).all())


def _is_product(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether y is the product of the weights that the answer's own numbers stand for, near the matrix."""
    for case, (q, s, z, y, _) in zip(cases, _own(exercise, function, cases), strict=True):
        W, x = case.args
        due = s * (q @ x - z * x.sum())
        if not (_close(y, due) and (abs(due - W @ x) <= NEAR * eight_bits(W, x)[4]).all()):
            return False
    return True


def _is_bound(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the bound is that of the answer's own scale, and that is no other size."""
    for case, (_, s, _, _, bound) in zip(cases, _own(exercise, function, cases), strict=True):
        sized = s / eight_bits(*case.args)[1]
        if not (_close(bound, s / 2 * abs(case.args[1]).sum()) and (sized > 1 / NEAR).all() and (sized < NEAR).all()):
            return False
    return True


def _close(a: Values, b: Values) -> bool:
    return a.shape == b.shape and bool((abs(a - b) <= 1e-6 + 1e-5 * abs(b)).all())


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first output that is off, with the slip that makes it out of those before it, in every case of these."""
    found = [call(exercise, function, case) for case in cases]
    if any(o.error or o.problem for o in found):
        return ""
    shapes = [[v.shape for v in eight_bits(*case.args)] for case in cases]
    if [[v.shape for v in o.values] for o in found] != shapes:
        for k, output in enumerate(("q", "scale", "zero_point", "y", "bound")):
            if k and all(o.values[k].shape == (len(c.args[0]), 1) for c, o in zip(cases, found, strict=True)):
                return f"{output} comes as a column, of shape (R, 1). It is due as a row of R numbers: {output}[:, 0]."
        columns = all(o.values[1].shape == c.args[1].shape for c, o in zip(cases, found, strict=True))
        return "scale has an entry for each column. Each row has one: take minima and maxima along axis=1." * columns
    for k, name, slips in ((1, "scale", OF_SCALE), (2, "zero_point", OF_ZERO), (0, "q", OF_Q)):
        rows = [(c, o.values) for c, o in zip(cases, found, strict=True)]
        off = [(c, v) for c, v in rows if not _close(v[k], _due(k, c, v))]
        if off:
            return _told(name, k, slips, rows, off)
    for k, name, slips in ((3, "y", OF_Y), (4, "bound", OF_BOUND)):
        rows = [(c, o.values) for c, o in zip(cases, found, strict=True)]
        off = [(c, v) for c, v in rows if not _close(v[k], _due(k, c, v))]
        if off:
            return _told(name, k, slips, rows, off)
    return ""


def _due(k: int, case: Case, values: Sequence[Values]) -> Values:
    return eight_bits(*case.args)[k]


CURES = {
    "scale": "A row's range runs from its smallest weight, or 0, to its largest, or 0. Divide it by 255.",
    "zero_point": "It is −128 − low / scale, rounded: the whole number that stands for 0.",
    "q": "Divide a row by its scale, round, add its zero point, and clip to −128 and 127.",
    "y": "Work out the weights that q stands for, scale · (q − zero_point), and multiply them with x.",
    "bound": "Each weight is off by half a scale at most, and its error is multiplied by its own x.",
}


OF_ZEROS = {
    "scale": "It has no range, and its scale is 1, so that nothing is divided by 0.",
    "zero_point": "There low is 0 and the scale 1, so that it is −128, as the same formula says.",
    "q": "There q is the zero point, −128, in every place.",
    "y": "There every weight is 0, and so is y.",
    "bound": "There too it is half a scale times Σ |x|, with a scale of 1: other weights with this scale can be off.",
}


def _told(name: str, k: int, slips: Slips, rows: Sequence[Any], off: Sequence[Any]) -> str:
    said = [words for words, slip in slips.items() if _makes(slip, k, rows)]
    if len(said) == 1:
        return f"{name} is {said[0]}."
    case = off[0][0]
    zeros = all(c.layer == "zeros" for c, _ in off)
    met = f" Only where a row of zeros is among the rows. {OF_ZEROS[name]}" if zeros else ""
    before = {"zero_point": "scale is right. ", "q": "scale and zero_point are right. "}.get(name, "")
    return f"{before}{name} is off ({case.label}).{met or f' {CURES[name]}'}"


def _makes(slip: Callable[..., Any], k: int, rows: Sequence[Any]) -> bool:
    """Whether a slip makes what came in every case, and something else than what is due in one."""
    differs = False
    for case, values in rows:
        W, x = case.args
        q, s, z = values[:3]
        if case.layer == "zeros":
            continue  # where a scale may be 0, slips come to nothing
        with np.errstate(all="ignore"):
            if k == 1:
                made = slip(W, x)
            elif k == 2:
                made = slip(W, x, s)
            elif k == 0:
                made = slip(W, x, s[:, None], z[:, None])
            else:
                made = slip(W, x, q, s, z)
        if not _close(values[k], np.asarray(made, float)):
            return False
        differs = differs or not _close(values[k], _due(k, case, values))
    return differs


EXERCISE = Exercise(
    name="eight_bits",
    number=2,
    parameters={"W": "R C", "x": "C"},
    outputs=(
        Output("q", "array", {"R": "row", "C": "column"}),
        Output("scale", "array", {"R": "row"}),
        Output("zero_point", "array", {"R": "row"}),
        Output("y", "array", {"R": "row"}),
        Output("bound", "array", {"R": "row"}),
    ),
    made_in=(1, 2, 0, 3, 4),
    layers=(
        Layer("scale, for rows of both signs", 0.5, "both", (1,)),
        Layer("scale and zero_point, for rows of one sign", 0.75, "one", (1, 2)),
        Layer("zero_point, for rows of both signs", 0.75, "both", (2,)),
        Layer("the whole numbers", 0.25, "both", (0,)),
        Layer("and where a rounding ends past 127, or on a half", 0.5, "halves", (0,), needs=(3,)),
        Layer("y is the product of your whole numbers", 0.75, "both", judge=_is_product),
        Layer("the bound of your scale", 0.75, "both", judge=_is_bound),
        Layer("a row of zeros", 0.5, "zeros", (0, 1, 2, 3, 4)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 3, 5), unchanged=True),
    ),
    cases=_cases,
    reference=eight_bits,
    by_property=_seen,
    causes=(Cause(ImportError, "", NOT_THERE),),
    absent=FORBIDDEN,
)
