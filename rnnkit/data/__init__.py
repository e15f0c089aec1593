"""Batches: tasks with known answers, generated from a seed, batches from arrays, and :mod:`rnnkit.data.real` data.

Real data goes one way: load, split, encode by the training part, cut into batches.

Each task knows its level of chance, its optimum and when it counts as solved; see :class:`rnnkit.data.Task`.

>>> task = Adding(length=100)
>>> batch = task.sample(0, n=16)  # 100 steps, 16 sequences, a number and its mark
>>> batch.xs.shape, round(task.chance, 4), task.optimum
((100, 16, 2), 0.1667, 0.0)
>>> task.solved(task.measure(batch.targets, batch))
True
"""

from rnnkit.data.arithmetic import Adding, FinalParity, Parity
from rnnkit.data.arrays import by_length, padded, shuffled, windows
from rnnkit.data.automata import Automaton
from rnnkit.data.encoding import Scale, Vocabulary, words
from rnnkit.data.grammars import AnBn, Dyck, EmbeddedReber, Reber
from rnnkit.data.lags import Latch, TemporalOrder
from rnnkit.data.language import Language
from rnnkit.data.memory import Copy, Recall
from rnnkit.data.signals import NoisySine, Sine
from rnnkit.data.splits import Leak, leaks, no_leaks, split_by_group, split_by_prefix, split_by_time
from rnnkit.data.task import Batch, Task

TASKS: tuple[type[Task], ...] = (
    Sine,
    NoisySine,
    Recall,
    Copy,
    Adding,
    TemporalOrder,
    Latch,
    Parity,
    FinalParity,
    AnBn,
    Dyck,
    Reber,
    EmbeddedReber,
)

__all__ = [
    "TASKS",
    "Adding",
    "AnBn",
    "Automaton",
    "Batch",
    "Copy",
    "Dyck",
    "EmbeddedReber",
    "FinalParity",
    "Language",
    "Latch",
    "Leak",
    "NoisySine",
    "Parity",
    "Reber",
    "Recall",
    "Scale",
    "Sine",
    "Task",
    "TemporalOrder",
    "Vocabulary",
    "by_length",
    "leaks",
    "no_leaks",
    "padded",
    "shuffled",
    "split_by_group",
    "split_by_prefix",
    "split_by_time",
    "windows",
    "words",
]
