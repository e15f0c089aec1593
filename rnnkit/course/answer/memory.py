"""What a check worked out does not lie about in freed memory, where ``np.empty`` would hand it to the notebook.

NumPy keeps small buffers that were freed and hands them out again as they are; so does the C library beneath it.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from rnnkit.course.answer.exercise import Values

SMALL = 16  # entries: parts of an answer, and a few of them together, fit into arrays of so many
MANY, SOME = 2000, 200  # how many buffers are overwritten: of the sizes of the answer, and of every small size
AFTER_A_CALL = 16  # where the answer is a function: what it leaves behind is no answer by itself
ENTRIES = 100_000  # of one size, at most


def overwrite(sizes: set[int], many: int = MANY, some: int = SOME) -> None:
    """Overwrite what was freed: hold many buffers of each size at the same time, fill them, and let go of them.

    A heap has thousands of free buffers of a size, and hands some of them out in the order in which they were freed.
    """
    counts = dict.fromkeys(range(1, SMALL + 1), some) | dict.fromkeys(sizes - {0}, many)
    plan = [n for n, count in sorted(counts.items()) for _ in range(min(count, 1 + ENTRIES // n))]
    held: list[Values | None] = [None] * len(plan)
    for k, n in enumerate(plan):
        buffer = held[k] = np.empty(n)
        buffer.fill(0.0)


def clear(values: Iterable[Values]) -> None:
    """Overwrite arrays that nobody reads any more: freed as they are, they would lie about."""
    for array in values:
        array.fill(0)


def forget(results: Sequence[tuple[Values, ...]], many: int = MANY, some: int = SOME) -> None:
    """Overwrite results that nobody reads any more, and the copies that were freed on the way to them."""
    sizes = {sum(values.size for values in result) for result in results}
    for values in (values for result in results for values in result):
        sizes.add(values.size)
        clear([values])
    overwrite(sizes, many, some)
