"""Exercise ps3-gradients.orthogonal: an orthogonal matrix of which none is likelier than another."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps3_gradients import FORBIDDEN, NOT_THERE

DRAWS, SIZE, EVEN = 800, 3, 2  # at an even size one sign for all columns leaves the determinant as it was
# Each is five standard deviations or more of a right answer, and half of what a wrong one is off by, or less.
MEAN, DETERMINANT, FOURTH = 0.1, 0.2, 0.06


def orthogonal(rng: np.random.Generator, H: int) -> Values:
    """Q of a QR of normal numbers, with the signs that make the diagonal of R positive: Haar's distribution."""
    q, r = np.linalg.qr(rng.standard_normal((H, H)))
    Q: Values = q * np.sign(np.diag(r))
    return Q


def _cases(rng: np.random.Generator) -> list[Case]:
    seeds = rng.integers(2**32, size=5)
    return [
        Case("draw", (np.random.default_rng(seed), H), f"with H={H}")
        for seed, H in zip(seeds, (3, 2, 5, 8, 1), strict=True)
    ]


def _shaped(exercise: Exercise, function: Callable[..., Any], case: Case) -> Values | None:
    """Q, if it is a finite (H, H)."""
    came, H = call(exercise, function, case).values, case.args[1]
    return came[0] if came and came[0].shape == (H, H) and np.isfinite(came[0]).all() else None


def _off(Q: Values) -> tuple[float, float]:
    """How long the columns are beside 1, and how far from a right angle, at worst."""
    products = Q.T @ Q
    lengths = np.diag(products)
    return float(abs(lengths - 1).max()), float(abs(products - np.diag(lengths)).max())


def _unit_columns(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    came = [_shaped(exercise, function, case) for case in cases]
    return all(Q is not None and _off(Q)[0] < 1e-5 for Q in came)


def _right_angles(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    came = [_shaped(exercise, function, case) for case in cases]
    return all(Q is not None and abs(np.linalg.det(Q)) > 1e-6 and _off(Q)[1] < 1e-5 for Q in came)


def _from_the_generator(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether one generator gives one Q, and others, or the same one further on, give others."""
    some = cases[:4]
    came = [_shaped(exercise, function, case) for case in some]
    again = [_shaped(exercise, function, case) for case in some]
    after = [_shaped(exercise, function, case._replace(args=_further(case))) for case in some]
    for first, second, other in zip(came, again, after, strict=True):
        if first is None or second is None or other is None:
            return False
        if abs(first - second).max() > 1e-9 or abs(first - other).max() < 1e-3:
            return False
    return True


def _further(case: Case) -> tuple[Any, ...]:
    """The arguments with a generator that has drawn something already, and has a child."""
    rng, H = copy.deepcopy(case.args[0]), case.args[1]
    rng.random(10)
    rng.spawn(1)
    return rng, H


def _many(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case], size: int = SIZE) -> Values | None:
    """The matrices of many generators, (DRAWS, size, size), if all are orthogonal."""
    seeds = copy.deepcopy(cases[0].args[0]).integers(2**32, size=DRAWS)

    def drawn(*_: Any) -> Values:
        return np.array([function(np.random.default_rng(seed), size) for seed in seeds])

    came = call(exercise, drawn, cases[0]).values
    if not came or came[0].shape != (DRAWS, size, size):
        return None
    Qs = came[0]
    return Qs if abs(np.swapaxes(Qs, 1, 2) @ Qs - np.eye(size)).max() < 1e-5 else None


def _either_sign(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    Qs = _many(exercise, function, cases)
    return Qs is not None and bool(abs(Qs.mean(0)).max() < MEAN)


def _evenly_spread(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    Qs, even = _many(exercise, function, cases), _many(exercise, function, cases, EVEN)
    if Qs is None or even is None:
        return False
    return max(_reflections(Qs), _reflections(even)) < DETERMINANT and abs(_fourth(Qs)) < FOURTH


def _reflections(Qs: Values) -> float:
    """How far the share of reflections is from that of rotations."""
    return float(abs(np.linalg.det(Qs).mean()))


def _fourth(Qs: Values) -> float:
    """How far the mean sum of fourth powers is from that of evenly spread directions, 3H / (H + 2)."""
    return float((Qs**4).sum((1, 2)).mean() - 3 * SIZE / (SIZE + 2))


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    for case in cases:
        Q = _shaped(exercise, function, case)
        if Q is None:
            return _of_shape(call(exercise, function, case).values, case.args[1])
        lengths, angles = _off(Q)
        if angles > 1e-5:
            return (
                f"Q.T @ Q is not diagonal: two columns of Q are not at a right angle, by {angles:.1g} ({case.label}). "
                "np.linalg.qr returns (q, r), and q has such columns."
            )
        if lengths > 1e-5:
            return (
                f"The columns of Q are at right angles, and their lengths are not 1, by {lengths:.1g} ({case.label}). "
                "A factor or a division has to go: multiply by signs alone."
            )
    if not _from_the_generator(exercise, function, cases):
        return "Another generator gave the same Q: draw the matrix from the rng that comes in, and from no other."
    Qs, even = _many(exercise, function, cases), _many(exercise, function, cases, EVEN)
    if Qs is None or even is None:
        return ""
    if abs(Qs.mean(0)).max() >= MEAN:
        return _one_sided(Qs)
    for some in (Qs, even):
        if _reflections(some) >= DETERMINANT:
            return (
                f"The determinant of Q is negative in {(np.linalg.det(some) < 0).mean():.0%} of {DRAWS} draws with "
                f"H={some.shape[1]}, and should be in half of them. Every column gets a sign of its own, from its "
                "entry on r's diagonal; every entry of z is drawn by itself; and no determinant is mended afterwards."
            )
    if abs(_fourth(Qs)) >= FOURTH:
        return "The directions are not spread evenly. Draw the matrix from rng.standard_normal: a cube has corners."
    return ""


def _one_sided(Qs: Values) -> str:
    """An entry that prefers a sign: of the matrix that was drawn, of the decomposition, or for another reason."""
    mean, negative = Qs.mean(0), (Qs < 0).mean(0)
    j, k = np.unravel_index(abs(mean).argmax(), mean.shape)
    text = (
        f"Each Q is orthogonal, and their distribution is off: Q[{j}, {k}] is negative in {negative[j, k]:.0%} of "
        f"{DRAWS} draws, and should be in half of them."
    )
    first = mean[:, 0] * np.sign(mean[0, 0])
    if (first > MEAN / 2).all():
        cure = "the numbers that are drawn prefer one. Use rng.standard_normal as it is."
        return f"{text} All of the first column leans to the same sign: {cure}"
    if min(negative[0, 0], 1 - negative[0, 0]) < 0.01:
        return f"{text} Multiply each column of q by the sign of the diagonal of r."
    return f"{text} Are the signs those of the diagonal of r, one a column, and is nothing else done to z or q?"


def _of_shape(came: tuple[Values, ...], H: int) -> str:
    both = bool(came) and came[0].shape == (2, H, H)
    return f"Two matrices came where one is due: {SQUARE}" if both else ""


SQUARE = "np.linalg.qr takes one matrix (H, H), and returns two: q, r = np.linalg.qr(z)."
CAUSES = (
    Cause(ImportError, "", NOT_THERE),
    Cause(AttributeError, "QRResult", SQUARE),
    Cause(TypeError, "QRResult", SQUARE),
    Cause(ValueError, "unpack", SQUARE),
    Cause(np.linalg.LinAlgError, "", SQUARE),
)
EXERCISE = Exercise(
    name="orthogonal",
    number=3,
    parameters={"rng": "", "H": ""},
    outputs=(Output("Q", "array", {"H": "row", "J": "column"}),),
    layers=(
        Layer("the columns of Q have length 1, at five sizes", 0.75, "draw", judge=_unit_columns, needs=(1,)),
        Layer("the columns are at right angles", 0.75, "draw", judge=_right_angles),
        Layer("a generator decides Q, and no two give the same", 0.5, "draw", judge=_from_the_generator, needs=(1,)),
        Layer(f"in {DRAWS} draws no entry prefers a sign", 1.25, "draw", judge=_either_sign),
        Layer("rotations and reflections, in all directions alike", 0.75, "draw", judge=_evenly_spread),
    ),
    cases=_cases,
    reference=orthogonal,
    by_property=_seen,
    causes=CAUSES,
    absent=FORBIDDEN,
)
