"""Which variants of a check `make test` tries, on which explorers; `make test-all` tries all on all.

A check in a browser runs for each explorer, or for each page, and for each of several variants: widths, themes and the
like. All of them take minutes for each new explorer. So `make test` tries one of a check's variants for each subject,
another one for another subject; and of the explorers three, other ones for another check, so that the time does not
grow with their number, while each explorer meets most checks.
"""

from collections import defaultdict
from zlib import crc32

from book_pages import LANDING, PAGES

from rnnkit.explorers import EXPLORERS

SUBJECTS = {LANDING, *PAGES}
FEW = 3  # explorers that a check meets


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
        explorers = [about for about in by_subject if not SUBJECTS.issuperset(about)]
        first = crc32(str(check).encode())
        few = [explorers[(first + k) % len(explorers)] for k in range(min(FEW, len(explorers)))]
        for about, variants in by_subject.items():
            kept = crc32(str((*check, about)).encode()) % len(variants)
            aside = about in explorers and about not in few
            yield from variants if aside else variants[:kept] + variants[kept + 1 :]
