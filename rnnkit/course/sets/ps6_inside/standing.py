"""Exercise ps6-inside.fixed_point: where a network stands still, and what only looks so."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps6_inside import FORBIDDEN, NOT_THERE

Next = Callable[[Values], Values]  # from a state (H,) to the next one, without input
Jacobian = Callable[[Values], Values]  # from a state (H,) to (H, H)
Found = tuple[Values, float, float, int]
STABLE, UNSTABLE, SLOW, NEITHER = range(4)
WORDS = "STABLE", "UNSTABLE", "SLOW", "NEITHER"
STILL, CREEPS = 1e-20, 1e-3  # the speed below which a state stands still, or is slow
TRIES = 20_000


def fixed_point(next_state: Next, jacobian: Jacobian, h0: Values) -> Found:
    """(h, speed, radius, fate): Newton's method from h0, with steps that are halved until the speed falls."""
    h = _searched(next_state, jacobian, h0)
    return _measured(next_state, jacobian, h)


def _searched(next_state: Next, jacobian: Jacobian, h0: Values) -> Values:
    h, share = h0, 1.0
    while share > 1e-12 and h.ndim == 1:  # a search for a hint may exchange the functions: then each step adds an axis
        new = h - share * _newton(next_state, jacobian, h)
        if speed_of(next_state, new) < speed_of(next_state, h):
            h, share = new, 1.0
        else:
            share /= 2
    return h


def _newton(next_state: Next, jacobian: Jacobian, h: Values) -> Values:
    step: Values = np.linalg.pinv(jacobian(h) - np.eye(len(h))) @ (next_state(h) - h)
    return step


def _measured(next_state: Next, jacobian: Jacobian, h: Values) -> Found:
    speed, radius = speed_of(next_state, h), radius_of(jacobian(h))
    return h, speed, radius, _fate(speed, radius)


def _fate(speed: float, radius: float) -> int:
    if speed < STILL:
        return STABLE if radius < 1 else UNSTABLE
    return SLOW if speed < CREEPS else NEITHER


def speed_of(next_state: Next, h: Values) -> float:
    """q(h), half of the squared length of a step."""
    return float(((next_state(h) - h) ** 2).sum() / 2)


def radius_of(J: Values) -> float:
    return float(max(abs(np.linalg.eigvals(J))))


def tanh_map(W: Values, b: Values) -> tuple[Next, Jacobian]:
    """h → tanh(W h + b), and its Jacobian."""

    def next_state(h: Values) -> Values:
        new: Values = np.tanh(W @ h + b)
        return new

    def jacobian(h: Values) -> Values:
        J: Values = (1 - np.tanh(W @ h + b) ** 2)[:, None] * W
        return J

    return next_state, jacobian


def drifting(Q: Values, rates: Values, least: float, bend: float) -> tuple[Next, Jacobian]:
    """A map that stands still nowhere: along the first axis of Q it moves by ``least`` at the least."""

    def next_state(h: Values) -> Values:
        z = Q @ h
        new = rates * z
        new[0] = z[0] + least + bend * z[0] ** 2 / (1 + z[0] ** 2)
        turned: Values = Q.T @ new
        return turned

    def jacobian(h: Values) -> Values:
        z = Q @ h
        slopes = rates.copy()
        slopes[0] = 1 + 2 * bend * z[0] / (1 + z[0] ** 2) ** 2
        J: Values = Q.T @ (slopes[:, None] * Q)
        return J

    return next_state, jacobian


def _cases(rng: np.random.Generator) -> list[Case]:
    found = [_still(rng, "stable", how, H) for how, H in (("shrinks", 3), ("lean", 4))]
    found += [_still(rng, "unstable", how, H) for how, H in (("grows", 3), ("turns", 4), ("flips", 3))]
    found += [_drift(rng, "slow", H, least) for H, least in ((2, 0.012), (3, 0.02))]
    return [*found, _drift(rng, "neither", 3, 0.4)]


def _still(rng: np.random.Generator, layer: str, how: str, H: int) -> Case:
    """A map with a fixed point that is known, and a start near it.

    The point ``shrinks`` all pushes; is ``lean``: a push grows at first, and dies out; ``grows`` along a direction;
    ``turns`` and grows, by a pair of complex eigenvalues; or ``flips``, by one below −1.
    """
    for _ in range(TRIES):
        point = rng.uniform(-0.7, 0.7, H)
        W = rng.normal(0, 1, (H, H)) * rng.uniform(0.5, 2.2) / np.sqrt(H)
        next_state, jacobian = tanh_map(W, np.arctanh(point) - W @ point)
        h0 = point + rng.normal(0, 0.08, H)
        if _tells(how, next_state, jacobian, point, h0):
            break
    return Case(layer, (next_state, jacobian, h0), f"at a fixed point that {SAYS[how]}, H={H}")


FAR = ("grows",)
SAYS = {
    "shrinks": "is stable",
    "lean": "is stable, where pushes grow at first",
    "grows": "is a saddle",
    "turns": "turns pushes round, and makes them grow",
    "flips": "turns a push to its other side, larger each time",
}


def _tells(how: str, next_state: Next, jacobian: Jacobian, point: Values, h0: Values) -> bool:
    J = jacobian(point)
    values = np.linalg.eigvals(J)
    radius, largest = max(abs(values)), values[np.argmax(abs(values))]
    norm = np.linalg.norm(J, 2)
    fits = {
        "shrinks": 0.4 < radius < 0.85 and norm < 0.95,
        "lean": 0.4 < radius < 0.85 and norm > 1.2,
        "grows": radius > 1.2 and abs(largest.imag) < 1e-9 and largest.real > 0 and _stands_between(abs(values)),
        "turns": radius > 1.15 and abs(largest.imag) > 0.3 and max(values.real) < 0.95,
        "flips": radius > 1.2 and abs(largest.imag) < 1e-9 and largest.real < 0 and max(values.real) < 0.9,
    }
    if not fits[how] or min(np.linalg.svd(J - np.eye(len(J)))[1]) < 0.25 or abs(radius - norm) < 0.05:
        return False
    if abs(_searched(next_state, jacobian, h0) - point).max() > 1e-8 or abs(h0 - point).max() < 0.03:
        return False
    if how in FAR and abs(_searched(next_state, jacobian, 0 * h0) - point).max() < 0.1:
        return False  # who begins elsewhere would come to it too
    plain = h0
    for _ in range(30):
        plain = plain - _newton(next_state, jacobian, plain)
    return bool(abs(plain - point).max() < 1e-8 and abs(radius_of(jacobian(h0)) - radius) > 0.005)


def _stands_between(sizes: Values) -> bool:
    """Whether the largest is neither the first in the array nor the last."""
    return bool(max(sizes[0], sizes[-1]) < max(sizes) - 0.05)


def _drift(rng: np.random.Generator, layer: str, H: int, least: float) -> Case:
    for _ in range(TRIES):
        Q = np.linalg.qr(rng.normal(size=(H, H)))[0]
        rates = rng.uniform(0.2, 0.8, H) * rng.choice([-1, 1], H)
        next_state, jacobian = drifting(Q, rates, least * rng.uniform(0.9, 1.1), rng.uniform(0.5, 0.8))
        h0 = Q.T @ np.r_[rng.uniform(0.25, 0.5) * rng.choice([-1, 1]), rng.normal(0, 0.3, H - 1)]
        found = _measured(next_state, jacobian, _searched(next_state, jacobian, h0))
        floor = float((next_state(np.zeros(H)) ** 2).sum() / 2)
        if abs(found[1] / floor - 1) < 1e-6 and speed_of(next_state, h0) > 2 * floor:
            break
    what = "that is slow, and stands still nowhere" if layer == "slow" else "that stands still nowhere"
    return Case(layer, (next_state, jacobian, h0), f"in a map {what}, H={H}")


def _near(got: Values, expected: Values) -> bool:
    return got.shape == expected.shape and bool(abs(got - expected).max() < 1e-6)


def _exactly(got: Values, expected: Values) -> bool:
    return got.shape == () and bool(got == expected)


def _slowest(got: Values, expected: Values) -> bool:
    """The least speed, within a thousandth: where it is flat, states differ that are as slow."""
    return got.shape == () and bool(abs(got - expected) < 1e-3 * abs(expected))


def _is_speed(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the speed is that of the h that came, and this is more than where the search began."""
    for case in cases:
        h, speed, _, _ = call(exercise, function, case).values
        if not _moved(case, h) or not abs(speed_of(case.args[0], h) - speed) <= 1e-9 + 1e-6 * abs(speed):
            return False
    return True


def _is_radius(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether the radius is that of the Jacobian at the h that came, and this is more than where the search began."""
    for case in cases:
        h, _, radius, _ = call(exercise, function, case).values
        if not _moved(case, h) or not abs(radius_of(case.args[1](h)) - radius) <= 1e-6:
            return False
    return True


def _moved(case: Case, h: Values) -> bool:
    """Whether a search has come to a state, and is slower there than where it began."""
    next_state, _, h0 = case.args
    return h.shape == h0.shape and bool(speed_of(next_state, h) < speed_of(next_state, h0))


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether the numbers are those of the h that came; then what is wrong with h."""
    came = [call(exercise, function, case).values for case in cases]
    for case, values in zip(cases, came, strict=True):
        if len(values) < 4 or values[0].shape != case.args[2].shape or any(v.shape for v in values[1:]):
            return ""
    for case, (h, speed, radius, fate) in zip(cases, came, strict=True):
        next_state, jacobian, h0 = case.args
        due, where = fixed_point(next_state, jacobian, h0), f" ({case.label})"
        if not np.isfinite(h).all():
            return (
                f"h is no number any more{where}: the search ran away. Halve a step until the speed "
                "falls, and only then "
                "take it."
            )
        own = speed_of(next_state, h)
        if not abs(own - speed) <= 1e-9 + 1e-6 * abs(own):
            others = f"speed is {speed:.3g}, and that of your h is {own:.3g}"
            return (
                f"{_named(SPEEDS, cases, came, 1) or others}{where}. q(h) = ½ Σ (F(h) − h)², at the h that you return."
            )
        if case.layer in ("stable", "unstable") and not _near(h, due[0]):
            if own < STILL:
                return (
                    f"h is a fixed point, and not the one near h0{where}: it lies "
                    f"{np.linalg.norm(h - h0):.2f} from h0. Following "
                    "F, or steps that are too long, leads away. Newton's steps, halved until the speed falls, stay."
                )
            if np.linalg.norm(h - due[0]) < 0.1 * np.linalg.norm(h0 - due[0]):
                return _early(own, where)
            return (
                f"h does not stand still{where}: its speed is {own:.1g}, and that of h0 "
                f"{speed_of(next_state, h0):.1g}. A Newton "
                "step is −(J − I)⁻¹ (F(h) − h), taken again until nothing gets better."
            )
        if case.layer not in ("stable", "unstable") and not _slowest(np.array(own), np.array(due[1])):
            return (
                f"h has the speed {own:.3g}, and the search can come to a lower one{where}. Where a "
                "Newton step makes it "
                "larger, halve the step until it falls; stop when no step helps."
            )
        if not abs(radius - radius_of(jacobian(h))) <= 1e-6:
            said = _named(RADII, cases, came, 2) or f"radius is {radius:.3f}, and not that of the Jacobian at h"
            return f"{said}{where}. It is the largest size of the eigenvalues of J at h."
        if case.layer in ("stable", "unstable") and own >= STILL:  # whatever the fate is called there
            return _early(own, where)
        if fate != due[3]:
            said = WORDS[int(fate)] if fate in range(4) else f"{fate:g}, which is none of the four,"
            return f"fate is {said}{where}. The speed there is {own:.2g} and the radius {radius:.3f}. {RULES[due[3]]}"
    return ""


def _early(own: float, where: str) -> str:
    return (
        f"h comes near a fixed point, and the search stopped early{where}: the speed is {own:.2g} there. Go on until "
        "it is below 1e-20, or until no step makes it less; by Newton's steps it takes few."
    )


RULES = {
    STABLE: "It stands still, and the radius is below 1: STABLE.",
    UNSTABLE: "It stands still, and the radius is above 1: UNSTABLE.",
    SLOW: "That is no fixed point: it is not below 1e-20. Below 1e-3 it is SLOW.",
    NEITHER: "That is no fixed point, and not slow either: NEITHER.",
}


Number = Callable[[Next, Jacobian, Values, Values], float]  # from F, J, h and h0
SPEEDS: dict[str, Number] = {
    "speed is the length of a step, without its square": lambda F, J, h, h0: float(np.linalg.norm(F(h) - h)),
    "speed is the squared length of a step, without the half": lambda F, J, h, h0: 2 * speed_of(F, h),
    "speed is the mean of the squares": lambda F, J, h, h0: float(((F(h) - h) ** 2).mean()),
    "speed is half of the length of a step": lambda F, J, h, h0: float(np.linalg.norm(F(h) - h)) / 2,
    "speed is that of h0, where the search began": lambda F, J, h, h0: speed_of(F, h0),
    "speed is the half of a mean of squares": lambda F, J, h, h0: float(((F(h) - h) ** 2).mean()) / 2,
}
RADII: dict[str, Number] = {
    "radius is the largest singular value": lambda F, J, h, h0: float(np.linalg.norm(J(h), 2)),
    "radius is the root of the sum of all squares": lambda F, J, h, h0: float(np.linalg.norm(J(h))),
    "radius is the largest real part": lambda F, J, h, h0: float(max(np.linalg.eigvals(J(h)).real)),
    "radius is the size of the largest real part": lambda F, J, h, h0: abs(float(max(np.linalg.eigvals(J(h)).real))),
    "radius is the largest size of a real part": lambda F, J, h, h0: float(max(abs(np.linalg.eigvals(J(h)).real))),
    "radius is the smallest size of an eigenvalue": lambda F, J, h, h0: float(min(abs(np.linalg.eigvals(J(h))))),
    "radius is the size of the first eigenvalue in the array, and they come in no order": lambda F, J, h, h0: float(
        abs(np.linalg.eigvals(J(h)))[0]
    ),
    "radius is the size of the last eigenvalue in the array, and they come in no order": lambda F, J, h, h0: float(
        abs(np.linalg.eigvals(J(h)))[-1]
    ),
    "radius is that of J − I": lambda F, J, h, h0: radius_of(J(h) - np.eye(len(h))),
    "radius is that at h0, where the search began": lambda F, J, h, h0: radius_of(J(h0)),
    "radius is the size of the determinant": lambda F, J, h, h0: float(abs(np.linalg.det(J(h)))),
    "radius is the mean size of the eigenvalues": lambda F, J, h, h0: float(abs(np.linalg.eigvals(J(h))).mean()),
    "radius is that of the symmetric part, (J + Jᵀ) / 2": lambda F, J, h, h0: radius_of((J(h) + J(h).T) / 2),
    "radius is that of a matrix that is taken for symmetric, np.linalg.eigvalsh": lambda F, J, h, h0: float(
        abs(np.linalg.eigvalsh(J(h))).max()
    ),
    "radius is the largest sum of a row's sizes": lambda F, J, h, h0: float(np.linalg.norm(J(h), np.inf)),
    "radius is squared": lambda F, J, h, h0: radius_of(J(h)) ** 2,
}


def _named(numbers: dict[str, Number], cases: Sequence[Case], came: Sequence[Sequence[Values]], k: int) -> str:
    """The one slip that makes output k in every case of the h that came; "" if none does, or several."""
    told = [
        words
        for words, number in numbers.items()
        if all(_makes(number, case.args, values, k) for case, values in zip(cases, came, strict=True))
    ]
    return told[0] if len(told) == 1 else ""


def _makes(number: Number, args: tuple[Any, ...], values: Sequence[Values], k: int) -> bool:
    next_state, jacobian, h0 = args
    h = values[0]
    if not np.isfinite(h).all():
        return False
    other = number(next_state, jacobian, h, h0)
    return bool(abs(other - values[k]) <= 1e-6 * abs(other) + 1e-25)


EXERCISE = Exercise(
    name="fixed_point",
    number=6,
    parameters={"next_state": "", "jacobian": "", "h0": "H"},
    outputs=(
        Output("h", "array", {"H": "unit"}),
        Output("speed", "number", means="½ Σ (F(h) − h)²"),
        Output("radius", "number", means="the largest size of an eigenvalue of J at h"),
        Output("fate", "integer", means="0, 1, 2 or 3"),
    ),
    layers=(
        Layer("a stable point is found", 0.5, "stable", (0,), alike=_near),
        Layer("an unstable one is found", 0.75, "unstable", (0,), alike=_near),
        Layer("the least speed is found, where nothing stands still", 0.75, "slow", (1,), alike=_slowest),
        Layer("speed is that of your h", 0.25, "slow", judge=_is_speed),
        Layer("radius is that of your h", 0.75, "unstable", judge=_is_radius),
        Layer("STABLE", 0.25, "stable", (3,), alike=_exactly, needs=(0,)),
        Layer("UNSTABLE", 0.5, "unstable", (3,), alike=_exactly, needs=(1,)),
        Layer("SLOW", 0.5, "slow", (3,), alike=_exactly, needs=(2,)),
        Layer("NEITHER", 0.5, "neither", (3,), alike=_exactly, needs=(2,)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1), unchanged=True),
    ),
    cases=_cases,
    reference=fixed_point,
    by_property=_seen,
    atol=1e-6,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            np.linalg.LinAlgError,
            "Singular|singular",
            "J − I has no inverse at a slow point: np.linalg.pinv(J − I) has one nearly everywhere.",
        ),
        Cause(
            TypeError, "not callable", "next_state and jacobian are functions of a state: next_state(h), jacobian(h)."
        ),
        Cause(
            TypeError,
            "unsupported operand",
            "next_state and jacobian are functions of a state: next_state(h), jacobian(h).",
        ),
    ),
    absent=FORBIDDEN,
)
