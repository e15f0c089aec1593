"""One term of the trajectory's sum left out, with the wrong sign or counted twice: at every step, or at one."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from rnnkit.course.answer.compare import close
from rnnkit.course.answer.exercise import Values

TERMS = ("weight_ih · x", "weight_hh · h", "bias_ih", "bias_hh")
SLIPS = (("is missing", 0), ("has the wrong sign", -1), ("is counted twice", 2))


def trajectory(
    xs: Sequence[float],
    h0: float,
    weight_ih: float,
    weight_hh: float,
    bias_ih: float,
    bias_hh: float,
    decimals: int | None = None,
) -> list[float]:
    """(h_1, ..., h_T); ``decimals``: how many are carried from step to step (default: all)."""
    h, hs = h0, []
    for x in xs:
        h = math.tanh(x * weight_ih + bias_ih + h * weight_hh + bias_hh)
        h = h if decimals is None else round(h, decimals)
        hs.append(h)
    return hs


def faulty(xs: Sequence[float], h0: float, *weights: float) -> Iterator[tuple[str, list[float]]]:
    """Each single-term fault, made at every step: its name, and h_1, ..., h_T."""
    for k, term in enumerate(TERMS):
        for words, c in SLIPS:
            w_ih, w_hh, b_ih, b_hh = (c * w if j == k else w for j, w in enumerate(weights))
            yield f"the term {term} {words}", trajectory(xs, h0, w_ih, w_hh, b_ih, b_hh)
    w_ih, w_hh, b_ih, b_hh = weights
    for words, c in (("have the wrong sign", -1), ("are counted twice", 2)):
        yield f"both biases {words}", trajectory(xs, h0, w_ih, w_hh, c * b_ih, c * b_hh)


def _also(
    xs: Sequence[float], h0: float, weight_ih: float, weight_hh: float, bias_ih: float, bias_hh: float
) -> Iterator[tuple[str, list[float]]]:
    """Faults that come to the same as a simpler one on some numbers, or that are on record if made at every step."""
    weights = (weight_ih, weight_hh, bias_ih, bias_hh)
    yield "both biases are missing", trajectory(xs, h0, weight_ih, weight_hh, 0, 0)
    h, hs = h0, []
    for x in xs:
        h = trajectory([x], abs(h), *weights)[0]
        hs.append(h)
    yield "the sign of the state is lost (|h| for h)", hs
    yield "x stands in place of the state too", [trajectory([x], x, *weights)[0] for x in xs]


def named(got: Values, xs: Sequence[float], h0: float, weights: Sequence[float], tolerance: float) -> str:
    """The faults that explain all of these values; two if both do, and "" if none does."""
    for faults in (faulty, _also):
        if found := [text for text, hs in faults(xs, h0, *weights) if close(got, np.array(hs), 0, tolerance)]:
            return " or ".join(found)
    return ""


def tanh_shows(hs: Values, gap: float) -> bool:
    """Whether every sum is far enough from 0 that leaving out its tanh makes another number of it."""
    return bool((abs(np.arctanh(hs) - hs) >= gap).all())
