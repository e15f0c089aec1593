"""Forecast Bench: a network and what it has to beat, on real days; and what a forecast that tracks is worth."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rnnkit.explorers.base import Explorer
from rnnkit.explorers.forecast_bench import bench
from rnnkit.explorers.traits import Limits
from rnnkit.metrics import mae, mase

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class ForecastBench(Explorer):
    """Walk the origin of two forecasts through 13 weeks, mix one of your own, and split shuffled windows.

    One series at a time, of three: the day's mean temperature in Chicago, the people who enter its station Clark/Lake,
    and a generated random walk. For each there are a GRU of 16 units and a regression, trained on 12 years before, and
    five forecasts that need next to no training (see :mod:`.bench`).

    Parameters
    ----------
    series : str
        "temperature", "ridership" or "walk".
    stretch : int, -2 to 4
        Which 13 weeks of the year of the test; the first begins on 2015-08-17. Those from -2 to 0 are of the year
        before, by which no model was trained or tuned.
    step : int, 0 to 90
        The origin: the last known day, counted from the first of the stretch.
    horizon : int, 1 to 14
        How many days ahead a forecast is made, and scored.
    mix : (3,), each from 0 to 1
        A forecast of your own: shares of the last value, of the last one of the same weekday, and of the mean of the
        last 28 days. What they leave of 1 goes to the season's mean; shares that add up to more are divided by the sum.
    slide : float, 0 to 14
        By how many days your forecast and the network's are drawn too far left.
    split : str
        Where the windows that are most like the last 28 days come from: "ordered", the year before, or "shuffled", four
        of five folds of shuffled windows.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, the mix has not three shares, or a word is none of those above.
    """

    slug: ClassVar[str] = "forecast-bench"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "A series, thick, and what two forecasters said of each of its days the day before. The dashed one has every "
        "wiggle and is a day late: it is the last value. The other one is a trained network, and a little nearer."
    )

    series, split = LIMITS.trait("series"), LIMITS.trait("split")
    stretch, horizon, step = (LIMITS.trait(name) for name in ("stretch", "horizon", "step"))
    mix, slide = LIMITS.trait("mix"), LIMITS.trait("slide")

    @property
    def states(self) -> np.ndarray:
        """Each day of the stretch, (91, 4): what came, and what your mix, the network and the like windows had said."""
        one, h = _bench()[self.series], self.horizon
        days = bench.YEAR + bench.STRETCH * (self.stretch - 1) + np.arange(bench.STRETCH)
        said = [
            bench.mixed(one, days - h, h, self.mix),
            _network(self.series)[days - h, h - 1],
            bench.nearest(one, days - h, h, self.split),
        ]
        return np.stack([one.y[days], *said], 1)

    @property
    def errors(self) -> dict[str, tuple[float, float]]:
        """MAE and MASE over the stretch, by forecaster: those of ``states``, five naive ones and the regression.

        That of boosted trees, "trees", is the record's, to a thousandth of the unit.
        """
        one, h = _bench()[self.series], self.horizon
        truth, yours, network, nearest = self.states.T
        at = bench.YEAR + bench.STRETCH * (self.stretch - 1) + np.arange(bench.STRETCH) - h
        said = {
            "yours": yours,
            "network": network,
            **bench.naives(one, at, h),
            "regression": bench.regression(one)[at, h - 1],
            "nearest": nearest,
        }
        history = one.y[: bench.YEAR]
        errors = {name: (mae(made, truth), mase(made, truth, history, one.season)) for name, made in said.items()}
        error, scaled = errors["yours"]
        off = float(one.trees[h - 1, self.stretch + 2])
        return errors | {"trees": (off, off * scaled / error)}


@cache
def _bench() -> dict[str, Any]:
    return bench.load()


@cache
def _network(name: str) -> np.ndarray:
    return np.asarray(bench.network(_bench()[name]))
