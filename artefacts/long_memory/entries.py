"""The tasks, at several lengths T each; how long a run may train; and when it has solved its task."""

from collections.abc import Callable
from dataclasses import dataclass

from rnnkit.data import Adding, EmbeddedReber, Recall, Task, TemporalOrder


@dataclass(frozen=True)
class Recipe:
    """What all runs share."""

    units: int = 32
    batch: int = 32
    clip: float = 1.0  # the largest norm of a gradient
    every: int = 50  # updates between two looks at whether the task is solved
    glance: int = 100  # new sequences that have to be right before the test is made
    rates: tuple[float, ...] = (0.003, 0.01)  # of Adam, to choose from
    trial_seeds: tuple[int, ...] = (101, 102)  # on which the rate is chosen
    seeds: tuple[int, ...] = tuple(range(10))


@dataclass(frozen=True)
class Entry:
    """A task at several T, with the number of updates after which a run ends unsolved."""

    made: Callable[[int], Task]
    lengths: tuple[int, ...]  # T, the steps of a sequence, or its least number; for recall the lag
    trial: int  # the T at which the learning rate is chosen
    updates: int
    test: int  # sequences that the criterion is held against; no run trains on them


def recall(T: int) -> Task:
    return Recall(length=2 * T, lag=T, symbols=4)


def reber(T: int) -> Task:
    """The grammar sets the length; T names its shortest string."""
    return EmbeddedReber()


# A wall, or too little patience? These networks, tasks and T run once more, with so many times the updates.
TIMES = 3
AGAIN: tuple[tuple[str, str, int], ...] = (("tanh", "adding", 40), ("tanh", "temporal order", 40))

ENTRIES: dict[str, Entry] = {
    "adding": Entry(Adding, (5, 10, 20, 40), trial=40, updates=5000, test=2000),
    "delayed recall": Entry(recall, (2, 4, 8, 16), trial=8, updates=2000, test=2000),
    "temporal order": Entry(TemporalOrder, (10, 20, 40, 80), trial=40, updates=2000, test=2000),
    "embedded Reber": Entry(reber, (9,), trial=9, updates=2000, test=256),
}
