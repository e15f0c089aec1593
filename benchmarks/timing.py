"""The harness: contenders take turns, so that what disturbs the machine disturbs all of them alike.

A round takes one sample of every contender, in an order that is drawn anew. A ratio is the median over the rounds of
the ratios within a round, with its quartiles: a slow minute slows both sides of a round, and cancels.
"""

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

LONG = 0.2  # seconds

Call = Callable[[], object]
Samples = dict[str, list[float]]


class Effort(NamedTuple):
    """How long to measure.

    Attributes
    ----------
    seconds : float
        What a group of contenders may take, roughly; as many rounds as fit, from ``fewest`` to ``most``.
    fewest, most : int
        Bounds on the number of rounds, 1 or more.
    sample : float
        Seconds that a sample lasts at least: a short call is repeated, and the mean of its repetitions is the sample.
    rest : float
        Seconds of sleep before a sample. A library's idle threads go on spinning for a while after their last
        product, and would take the cores from the next contender.
    """

    seconds: float
    fewest: int
    most: int
    sample: float
    rest: float


class Spread(NamedTuple):
    """A median and its quartiles."""

    median: float
    low: float
    high: float


def alternate(
    contenders: dict[str, Call], effort: Effort, rng: np.random.Generator, wait: Call = lambda: None
) -> Samples:
    """Seconds of one call of each contender, a sample a round; garbage is collected between the samples, not in them.

    Parameters
    ----------
    contenders : dict of callables without arguments
        What is timed, by name. Each is called before it counts.
    effort : Effort
    rng : Generator
        For the order within a round.
    wait : callable
        Returns when the device has finished; on a processor that is at once.

    Returns
    -------
    dict of lists
        As many samples for each contender as there were rounds.

    Raises
    ------
    ValueError
        If there is no contender, or ``effort.fewest`` is no positive number up to ``effort.most``.

    Examples
    --------
    >>> effort = Effort(seconds=0.01, fewest=3, most=3, sample=0, rest=0)
    >>> samples = alternate({"sum": lambda: sum(range(9)), "nothing": lambda: None}, effort, np.random.default_rng(0))
    >>> {name: len(seconds) for name, seconds in samples.items()}
    {'sum': 3, 'nothing': 3}
    """
    if not contenders:
        raise ValueError("contenders is empty, expected at least one callable. Was the group's name misspelt?")
    if not 1 <= effort.fewest <= effort.most:
        raise ValueError(
            f"effort has fewest={effort.fewest} and most={effort.most}, expected 1 <= fewest <= most: rounds."
        )
    with _without_gc():
        once = {name: _warm(call, wait) for name, call in contenders.items()}
        calls = {name: max(1, math.ceil(effort.sample / max(seconds, 1e-9))) for name, seconds in once.items()}
        a_round = sum(effort.rest + calls[name] * seconds for name, seconds in once.items())
        rounds = min(effort.most, max(effort.fewest, int(effort.seconds / max(a_round, 1e-9))))
        samples: Samples = {name: [] for name in contenders}
        for _ in range(rounds):
            for k in rng.permutation(len(contenders)):
                name = list(contenders)[k]
                gc.collect()  # cycles of the last contender would weigh on the next one's memory
                time.sleep(effort.rest)
                samples[name].append(_seconds(contenders[name], calls[name], wait))
    return samples


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """The median, with its quartiles, of the ratios within a round.

    Raises
    ------
    ValueError
        If the two do not come from the same rounds.

    Examples
    --------
    >>> ratio([2.0, 8.0, 3.0], [1.0, 2.0, 1.0])  # the second round was a slow one, for both
    Spread(median=3.0, low=2.5, high=3.5)
    """
    if len(ours) != len(theirs) or not ours:
        raise ValueError(
            f"ours has {len(ours)} samples and theirs {len(theirs)}, expected one of each a round. "
            "Were they timed in one group?"
        )
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def spread(values: Sequence[float]) -> Spread:
    """The median of some numbers, and their quartiles."""
    low, median, high = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    return Spread(median, low, high)


def _warm(call: Call, wait: Call) -> float:
    """Roughly the seconds of a call: never of the first, which may load a library; of short ones the best of three."""
    call()
    second = _seconds(call, 1, wait)
    return second if second > LONG else min(second, *(_seconds(call, 1, wait) for _ in range(2)))


def _seconds(call: Call, calls: int, wait: Call) -> float:
    wait()
    started = time.perf_counter()
    for _ in range(calls):
        call()
    wait()
    return (time.perf_counter() - started) / calls


@contextmanager
def _without_gc() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # what is there already is not looked through again and again
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
