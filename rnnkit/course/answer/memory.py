"""What a check worked out does not lie about in freed memory, where ``np.empty`` would hand it to the notebook.

NumPy keeps small buffers that were freed and hands them out again as they are; so does the C library beneath it. So a
check that works out an answer of a student's own does it in a thread, to which glibc gives a heap of its own: what is
freed goes back there, but for a few buffers of each size, and those are overwritten. Where threads share a heap, the
thousands that a heap can hold are overwritten in part.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import numpy as np

from rnnkit.course.answer.exercise import Values

P = ParamSpec("P")
R = TypeVar("R")

SMALL = 16  # entries: parts of an answer, and a few of them together, fit into arrays of so many
MANY, SOME = 500, 50  # how many buffers are overwritten: of the sizes of the answer, and of every small size
AFTER_A_CALL = 16  # where the answer is a function: what it leaves behind is no answer by itself
CACHED = 1024  # bytes: NumPy keeps seven freed buffers of each size below it, for all threads
ENTRIES = 100_000  # of one size, at most


def apart(function: Callable[P, R], *args: P.args, **keywords: P.kwargs) -> R:
    """Call a function in a thread of its own, unless this is one: what it frees is not handed to the caller."""
    if threading.current_thread() is not threading.main_thread():
        return function(*args, **keywords)

    def inside() -> R:
        kept = [np.empty(size, np.uint8) for size in range(1, CACHED) for _ in range(8)]  # what the caller freed
        try:
            return function(*args, **keywords)
        finally:
            kept.clear()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(inside).result()


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
