"""Learning rates that change with the step: each a function of how many updates there were."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from rnnkit import checks

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class Constant:
    """The same learning rate at every step.

    A schedule is any function of the step, counted from 0. These raise a ValueError if lr, or a number of steps, is
    not above 0. Two of the same class and numbers are equal, so that a resumed run can tell whether it is the same.

    Examples
    --------
    >>> Constant(0.1)(1000)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        for name in ("lr", "steps", "every", "factor"):
            checks.positive(name, getattr(self, name, 1))

    def __call__(self, step: int) -> float:
        return self.lr


@dataclass(frozen=True)
class Cosine(Constant):
    """From lr to ``final`` over ``steps`` along half a cosine, and constant after (Loshchilov and Hutter, 2017).

    Examples
    --------
    >>> decay = Cosine(lr=0.1, steps=100)
    >>> [round(decay(step), 3) for step in (0, 50, 100, 200)]
    [0.1, 0.05, 0.0, 0.0]
    """

    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_range("final", self.final)

    def __call__(self, step: int) -> float:
        done = min(step / self.steps, 1.0)
        return self.final + (self.lr - self.final) * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True)
class StepDecay(Constant):
    """lr times ``factor`` to the power of how many times ``every`` steps have passed.

    Examples
    --------
    >>> [StepDecay(lr=0.1, every=10, factor=0.5)(step) for step in (0, 9, 10, 20)]
    [0.1, 0.1, 0.05, 0.025]
    """

    every: int
    factor: float = 0.1

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class InverseSqrt(Constant):
    """Up in proportion to the step, to lr after ``steps``, then down as 1/√step (Vaswani et al., 2017, section 5.3).

    Examples
    --------
    >>> warm = InverseSqrt(lr=0.1, steps=4)
    >>> [round(warm(step), 3) for step in (0, 1, 3, 15)]
    [0.025, 0.05, 0.1, 0.05]
    """

    steps: int

    def __call__(self, step: int) -> float:
        t = step + 1
        return self.lr * min(t / self.steps, math.sqrt(self.steps / t))


@dataclass(frozen=True)
class Warmup:
    """Up in proportion to the step, for ``steps``; then another schedule, from its own step 0.

    Raises
    ------
    ValueError
        If steps is not above 0.

    Examples
    --------
    >>> warm = Warmup(4, then=Cosine(lr=0.1, steps=100))
    >>> [round(warm(step), 3) for step in (0, 3, 4, 54)]
    [0.025, 0.1, 0.1, 0.05]
    """

    steps: int
    then: Schedule

    def __post_init__(self) -> None:
        checks.positive("steps", self.steps)

    def __call__(self, step: int) -> float:
        return self.then(0) * (step + 1) / self.steps if step < self.steps else self.then(step - self.steps)
