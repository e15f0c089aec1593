"""What Forecast Bench forecasts with: three daily series, and for each a trained GRU and what costs next to nothing.

bench.json holds the last 742 days of each series, as whole numbers, and the weights, rounded; what made them is in
``artefacts/forecast``. Days are counted from 0. The first 364 are the year before the test: no model was trained or
tuned by it, so that a reader may tune by it. Then comes the year of the test, and 14 days to be foretold at its end.
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.layers import GRU, Linear
from rnnkit.ops import Array

FILE = Path(__file__).parent / "bench.json"
DAYS, YEAR, AHEAD, STRETCH, STRETCHES = 742, 364, 14, 91, 7
LAGS, WINDOW, NEAREST, FOLDS = 28, 28, 2, 5
INPUTS, FEATURES, UNITS = 11, 2 + LAGS + 8, 16
HARMONICS = 3  # of the year, in a season's mean


class Scaling(NamedTuple):
    """How a series' numbers become inputs: from the days that were learned from alone."""

    mean: float
    level: float  # what y - mean is multiplied by; 0 for a series without a level to come back to
    change: float  # the standard deviation of y_t - y_{t-1}


class Cheap(NamedTuple):
    """What the naive forecasts of a series are made from."""

    y: Array
    first: int  # the number of day 0, counted from 1970-01-01
    course: Array  # (13,), of the season's mean
    left: Array  # (14,)
    weeks: int  # whose weekdays a median is taken of
    lasts: Array  # (14,)


class Bench(NamedTuple):
    """One series and what forecasts it."""

    name: str
    unit: str
    counts: Array  # (742,) whole numbers
    scale: int  # of them in a unit
    season: int  # days after which the naive forecast repeats: what MASE divides by
    first: int  # the number of day 0, counted from 1970-01-01
    scaling: Scaling
    gru: GRU  # 11 inputs, 16 units
    readout: Linear  # to the change until 1, 2, ... 14 days later, in standard deviations of a day's change
    linear: Array  # (14, 38), of the regression
    course: Array  # (13,), of the season's mean
    left: Array  # (14,): the share of today's distance from it that is left after 1, 2, ... 14 days
    weeks: int  # of whose weekdays the damped week takes the median
    lasts: Array  # (14,): the share of today's distance from that median that is left after 1, 2, ... 14 days
    trees: Array  # (14, 7): the errors of boosted trees, by horizon and stretch
    rivals: list[str]  # which of the naive forecasts was the nearest in the year before the test, so many days ahead

    @property
    def y(self) -> Array:
        """The series in its unit, (742,)."""
        return self.counts / self.scale


def calendar(days: Array) -> Array:
    """The day of the week as seven numbers, one of them 1, and the place in the year as sine and cosine: (T, 9)."""
    turn = 2 * np.pi * days / 365.25
    return np.concatenate([np.eye(7)[days % 7], np.sin(turn)[:, None], np.cos(turn)[:, None]], 1)


def changes(y: Array, scaling: Scaling) -> Array:
    """y_t - y_{t-1} in standard deviations, (T,); 0 on the first day."""
    return np.diff(y, prepend=y[:1]) / scaling.change


def inputs(y: Array, days: Array, scaling: Scaling) -> Array:
    """What the GRU is given on each day, (T, 11): the level, the change since the day before, the calendar."""
    level = (y - scaling.mean) * scaling.level
    return np.concatenate([level[:, None], changes(y, scaling)[:, None], calendar(days)], 1)


def features(y: Array, days: Array, scaling: Scaling) -> Array:
    """What the regression is given on each day, (T, 38): 1, the level, the last 28 changes, the calendar.

    The changes before day 0 are 0. The calendar is without its Thursday, which the 1 stands for.
    """
    back = np.concatenate([np.zeros(LAGS - 1), changes(y, scaling)])
    lags = np.lib.stride_tricks.sliding_window_view(back, LAGS)[:, ::-1]
    level = (y - scaling.mean) * scaling.level
    return np.concatenate([np.ones((len(y), 1)), level[:, None], lags, calendar(days)[:, 1:]], 1)


def seasonal(days: Array) -> Array:
    """What a season's mean is made of, (T, 13): 1, three harmonics of the year, six days of the week."""
    turns = 2 * np.pi * np.arange(1, HARMONICS + 1)[:, None] * days / 365.25
    waves = np.stack([np.sin(turns), np.cos(turns)], 1).reshape(2 * HARMONICS, -1).T
    return np.concatenate([np.ones((len(days), 1)), waves, np.eye(7)[days % 7][:, 1:]], 1)


def network(one: Bench) -> Array:
    """The GRU's forecasts, (742, 14): row t is made at the end of day t, for the 14 days after it."""
    xs = inputs(one.y, one.first + np.arange(DAYS), one.scaling)
    change = one.readout(one.gru(xs[:, None]).h).h[:, 0]
    return np.asarray(one.y[:, None] + one.scaling.change * change)


def regression(one: Bench) -> Array:
    """The regression's forecasts, in the same form."""
    xs = features(one.y, one.first + np.arange(DAYS), one.scaling)
    return np.asarray(one.y[:, None] + one.scaling.change * xs @ one.linear.T)


def again(origin: Array, horizon: int, season: int) -> Array:
    """The day that the seasonal naive forecast repeats: the last known one at the target's place in its season."""
    return np.asarray(origin + horizon - season * -(-horizon // season))


def season(one: Bench | Cheap, days: Array) -> Array:
    """The season's mean of these days, (T,): what the day of the year, and of the week, have been on average."""
    return np.asarray(seasonal(one.first + np.asarray(days)) @ one.course)


def weekday(y: Array, days: Array, weeks: int) -> Array:
    """The median of these days' values and of those 7, 14, ... days before, ``weeks`` of them: (T,)."""
    return np.asarray(np.median([y[days - 7 * k] for k in range(weeks)], 0))


def naives(one: Bench | Cheap, origin: Array, horizon: int) -> dict[str, Array]:
    """Five forecasts that need no training to speak of, each made at these origins: (T,).

    ``last``, ``week``: the last value, and the last one of the same weekday. ``season``: the season's mean. ``damped``:
    the same, plus what is left of today's distance from it. ``weekdays``: the median of the last values of the target's
    weekday, plus what is left of today's distance from the median of its own.
    """
    day = again(origin, horizon, 7)
    course = season(one, origin + horizon)
    away = one.y[origin] - season(one, origin)
    unlike = one.y[origin] - weekday(one.y, origin - 7, one.weeks)
    return {
        "last": one.y[origin],
        "week": one.y[day],
        "season": course,
        "damped": course + one.left[horizon - 1] * away,
        "weekdays": weekday(one.y, day, one.weeks) + one.lasts[horizon - 1] * unlike,
    }


def parts(one: Bench, origin: Array, horizon: int) -> Array:
    """The last value, the last one of the same weekday, and the mean of 28 days, each at these origins: (3, T)."""
    y, sums = one.y, np.concatenate([[0], np.cumsum(one.counts)])
    mean = (sums[origin + 1] - sums[origin - LAGS + 1]) / (LAGS * one.scale)
    return np.stack([y[origin], y[again(origin, horizon, 7)], mean])


def mixed(one: Bench, origin: Array, horizon: int, mix: Any) -> Array:
    """A mix of the three, (T,). What the shares leave of 1 is the season's mean's; above 1 their sum divides them."""
    shares = np.asarray(mix) / max(1, sum(mix))
    return np.asarray(shares @ parts(one, origin, horizon) + (1 - sum(shares)) * season(one, origin + horizon))


def fold(windows: int) -> Array:
    """Which of five folds each window is in, once they are shuffled; the same as the page's."""
    order, state = np.arange(windows), 7
    for k in range(windows - 1, 0, -1):  # Fisher and Yates; each product is below 2^53, and so the same in JavaScript
        state = (state * 1664525 + 1013904223) % 2**32
        other = state * (k + 1) // 2**32
        order[[k, other]] = order[[other, k]]
    found = np.empty(windows, int)
    found[order] = np.arange(windows) % FOLDS
    return found


def nearest(one: Bench, origin: Array, horizon: int, split: str) -> Array:
    """What came after the two windows of 28 days that are most like the last 28, on average: (T,).

    ``split`` says where they may come from: "ordered", the year before the test, as far as it was known; "shuffled",
    the other four of five folds, whose windows begin a day earlier or later; "purged", those folds without the windows
    that share a day with the last 28 or with the days to the target.
    """
    gap = WINDOW + horizon if split == "purged" else 0
    return np.asarray(one.y[neighbours(one, origin, split, gap) + horizon].mean(1))


def neighbours(one: Bench, origin: Array, split: str, gap: int = 0) -> Array:
    """The last days of those two windows, (T, 2), the nearest first; of equals the earliest. None is within the gap."""
    windows = np.lib.stride_tricks.sliding_window_view(one.counts, WINDOW)
    ends = np.arange(len(windows)) + WINDOW - 1
    folds, found = fold(len(windows)), []
    for o in np.asarray(origin):
        k = o - WINDOW + 1
        if split == "ordered":
            mine = ends + AHEAD <= min(YEAR - 1, o)
        else:
            mine = (ends + AHEAD < DAYS) & (folds != folds[k]) & (np.abs(ends - o) >= gap)
        far = ((windows[mine] - windows[k]) ** 2).sum(1)
        found.append(ends[mine][np.argsort(far, kind="stable")[:NEAREST]])
    return np.array(found)


def load(path: Path = FILE) -> dict[str, Bench]:
    """The series of a file, by name.

    ``counts`` are little-endian int16, ``rows`` int8 rows of weight_ih (48, 11), weight_hh (48, 16) and the readout's
    weight (14, 16), ``scales`` little-endian float32: one a row, then bias_ih (48,), bias_hh (48,) and the readout's
    bias (14,). ``linear`` is int16 (14, 38), times ``step``; ``course``, ``left``, ``weeks`` and ``lasts`` are
    numbers, and ``rivals`` keys of :func:`naives`. ``trees`` are int16 (14, 7), thousandths of the unit: mean absolute
    errors of what is not computed here, in the stretches -2 to 4.
    """
    content = json.loads(path.read_text("utf-8"))
    return {name: _made(name, content["first"], **each) for name, each in content["series"].items()}


def _made(name: str, first: int, **each: Any) -> Bench:
    def numbers(key: str, kind: str) -> Array:
        return np.frombuffer(base64.b64decode(each[key]), kind).astype(float)

    H, shapes = UNITS, [(3 * UNITS, INPUTS), (3 * UNITS, UNITS), (AHEAD, UNITS)]
    rows = np.split(numbers("rows", "i1"), np.cumsum([h * w for h, w in shapes])[:-1])
    scales = np.split(numbers("scales", "<f4"), np.cumsum([3 * H, 3 * H, AHEAD, 3 * H, 3 * H]))
    weights = [w.reshape(shape) * s[:, None] for w, shape, s in zip(rows, shapes, scales, strict=False)]
    gru, readout = GRU(INPUTS, H), Linear(H, AHEAD)
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    gru.params = dict(zip(names, [*weights[:2], *scales[3:5]], strict=True))
    readout.params = {"weight": weights[2], "bias": scales[5]}
    linear = numbers("linear", "<i2").reshape(AHEAD, FEATURES) * each["step"]
    counts, scaling = numbers("counts", "<i2").astype(int), Scaling(*each["scaling"])
    cheap = (
        linear,
        np.array(each["course"]),
        np.array(each["left"]),
        each["weeks"],
        np.array(each["lasts"]),
        numbers("trees", "<i2").reshape(AHEAD, STRETCHES) / 1000,
        each["rivals"],
    )
    return Bench(name, each["unit"], counts, each["scale"], each["season"], first, scaling, gru, readout, *cheap)
