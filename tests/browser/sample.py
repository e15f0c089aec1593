"""One variant of each check and subject: which of its widths, themes and the like `make test` tries.

A check in a browser runs for each explorer, or for each page, and for each of several variants. All of them take
minutes for each new explorer, so `make test` tries one of a check's variants for each subject, another one for another
subject, and `make test-all` tries all.
"""

from collections import defaultdict
from zlib import crc32

from book_pages import LANDING, PAGES

from rnnkit.explorers import EXPLORERS

SUBJECTS = {LANDING, *PAGES}


def subject(item):
    """What of a test's parameters names an explorer or a page; () where none does."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return tuple(str(one) for one in values if one in EXPLORERS or (isinstance(one, str) and one in SUBJECTS))


def beyond_the_sample(items):
    """The tests that stand aside: all variants of a check and its subject but one."""
    groups = defaultdict(list)
    for item in items:
        if about := subject(item):
            groups[(item.path.name, item.originalname, about)].append(item)
    for key, variants in groups.items():
        kept = crc32(str(key).encode()) % len(variants)
        yield from variants[:kept] + variants[kept + 1 :]
