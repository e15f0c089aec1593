"""Which variants of a check `make test` tries, on which explorers and pages; `make test-all` tries all on all.

A check in a browser runs for each explorer, or for each page, and for each of several variants: widths, themes and the
like. All of them take minutes for each new explorer. So `make test` tries one of a check's variants for each subject,
another one for another subject; and of the explorers and the pages a few, other ones for another check, so that the
time does not grow with their number, while each of them meets many checks.
"""

from collections import defaultdict
from zlib import crc32

from book_pages import LANDING, PAGES

from rnnkit.explorers import EXPLORERS

SUBJECTS = {LANDING, *PAGES}
EXPLORERS_MET, PAGES_MET = 2, 8  # by a check


def subject(item):
    """What of a test's parameters names an explorer or a page; () where none does."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return tuple(str(one) for one in values if one in EXPLORERS or (isinstance(one, str) and one in SUBJECTS))


def beyond_the_sample(items):
    """The tests that stand aside: all variants of a check and its subject but one, and explorers beyond the few."""
    checks = defaultdict(lambda: defaultdict(list))
    for item in items:
        if about := subject(item):
            checks[(item.path.name, item.originalname)][about].append(item)
    for check, by_subject in checks.items():
        first = crc32(str(check).encode())
        pages = [about for about in by_subject if SUBJECTS.issuperset(about)]
        explorers = [about for about in by_subject if not SUBJECTS.issuperset(about)]
        met = {*few(pages, PAGES_MET, first), *few(explorers, EXPLORERS_MET, first)}
        for about, variants in by_subject.items():
            kept = crc32(str((*check, about)).encode()) % len(variants)
            yield from variants[:kept] + variants[kept + 1 :] if about in met else variants


def few(subjects, most, first):
    """At most so many of the subjects, evenly spread, from this one on.

    Examples
    --------
    >>> few("abcdef", 3, 1)
    ['b', 'd', 'f']
    """
    count = min(most, len(subjects))
    return [subjects[(first + k * len(subjects) // count) % len(subjects)] for k in range(count)]
