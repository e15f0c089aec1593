"""Handwritten digits, 8 × 8, to be read row by row."""

import gzip
import io
from typing import Any, NamedTuple

import numpy as np

from rnnkit.data.real.source import Source

DIGITS = Source(
    name="digits",
    package="scikit-learn",
    version="",
    module="sklearn",
    path="datasets/data/digits.csv.gz",
    licence="CC BY 4.0: UCI's page of the data set; the package is BSD-3",
    size=57523,
    sha256="09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
    about="1,797 digits by 13 people, the test part of UCI's Optical Recognition of Handwritten Digits (Alpaydin and "
    "Kaynak, 1998), sheet after sheet.",
)
APART = 60  # digits; each sheet begins with 0 to 9 three times, and is longer than that


class Digits(NamedTuple):
    """N digits, in the order of the file.

    Attributes
    ----------
    xs : array of float of shape (8, N, 8)
        The ink, 0 to 1, row by row from above.
    targets : array of int of shape (N,)
        0 to 9.
    sheets : array of int of shape (N,)
        The sheet of paper that each was written on, 0 to 13: one hand a sheet.
    """

    xs: Any
    targets: Any
    sheets: Any


def digits() -> Digits:
    """1,797 digits on 14 sheets, each digit a sequence of 8 rows.

    The file does not name its writers. But all of them copied one list of digits, which begins with 0 to 9 three times,
    so the targets show where a sheet begins. Split by ``sheets``: neighbours are of one hand, and a shuffled split
    tests on the hands that it trained on. There are 13 people, so one of them may have written two of the sheets.

    Raises
    ------
    ValueError
        If scikit-learn is not installed, or its file is another one.

    References
    ----------
    Alpaydin and Kaynak (1998).
    """
    table = np.loadtxt(io.BytesIO(gzip.decompress(DIGITS.content())), delimiter=",")
    targets = table[:, -1].astype(np.int64)
    return Digits((table[:, :-1] / 16).reshape(-1, 8, 8).transpose(1, 0, 2), targets, sheets(targets))


def sheets(targets: Any) -> Any:
    """The number of each digit's sheet: one begins with 0 to 9, but perhaps for one, long after the last."""
    counted = np.lib.stride_tricks.sliding_window_view(targets, 10) == np.arange(10)
    found = np.flatnonzero(counted.sum(1) >= 9)
    begins = found[np.diff(found, prepend=-APART) >= APART]
    return np.searchsorted(begins, np.arange(len(targets)), side="right") - 1
