"""Tasks of storage: recall after a lag, and copying."""

import math
from dataclasses import dataclass

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Batch, Classification, Seed, generator, one_hot
from rnnkit.ops import Array


@dataclass(frozen=True)
class Recall(Classification):
    """Say at each step which symbol came ``lag`` steps ago.

    Symbols are independent and uniform, one-hot; answers are scored from step ``lag`` on. ``chance`` is 1/symbols: the
    present symbol tells nothing of an earlier one.

    Parameters
    ----------
    length : int
        T, more than lag.
    lag : int
        How many steps ago; 1 or more.
    symbols : int
        How many there are; 2 or more.

    Raises
    ------
    ValueError
        If one of them is too small.

    Notes
    -----
    No source fixes when this task is solved.

    References
    ----------
    Jaeger (2001), Short term memory in echo state networks, where real numbers are recalled at many lags at once.

    Examples
    --------
    >>> batch = Recall(length=7, lag=2, symbols=3).sample(0, n=4)
    >>> batch.xs.shape, bool((batch.targets[2:] == batch.xs[:-2].argmax(-1)).all())
    ((7, 4, 3), True)
    """

    length: int = 20
    lag: int = 5
    symbols: int = 4

    name = "delayed recall"
    every_step = True
    threshold = 0.99
    criterion = "an accuracy of at least 0.99 (our choice)"

    def __post_init__(self) -> None:
        checks.whole("lag", self.lag)
        checks.whole("length", self.length, self.lag + 1, f"the first answer is due after a lag of {self.lag}.")
        checks.whole("symbols", self.symbols, 2)

    @property
    def input_size(self) -> int:
        return self.symbols

    @property
    def output_size(self) -> int:
        return self.symbols

    @property
    def chance(self) -> float:
        return 1 / self.symbols

    @property
    def chance_loss(self) -> float:
        return math.log(self.symbols)

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        drawn = rng.integers(self.symbols, size=(self.length, n))
        targets = np.zeros_like(drawn)
        targets[self.lag :] = drawn[: -self.lag]
        scored = np.repeat(np.arange(self.length)[:, None] >= self.lag, n, axis=1)
        return Batch(one_hot(drawn, self.symbols), targets, scored=scored)


@dataclass(frozen=True)
class Copy(Classification):
    """Repeat ``span`` symbols after ``delay`` steps, when a delimiter asks for them.

    The input is ``span`` uniform symbols, delay − 1 blanks, a delimiter and ``span`` blanks; the answer is the blank
    for span + delay steps, then the symbols. The loss is over all steps; the accuracy is over the ``span`` symbols
    alone, because the many blanks are easy. ``chance`` is 1/symbols. ``chance_loss`` is the baseline of Arjovsky et
    al., span·ln(symbols) / (delay + 2·span): the loss of a predictor that knows the time and none of the symbols.

    Parameters
    ----------
    delay : int
        Steps from the last symbol to the delimiter; 1 or more.
    span : int
        How many symbols are to be copied.
    symbols : int
        How many different ones there are; 2 or more. Class ``symbols`` is the blank.

    Raises
    ------
    ValueError
        If one of them is too small.

    Notes
    -----
    No source fixes when this task is solved: the papers plot the loss beside its baseline.

    References
    ----------
    Arjovsky, Shah and Bengio (2016), whose form and numbers (10 of 8 symbols) this is; Graves, Wayne and Danihelka
    (2014) copy sequences of several lengths; both go back to Hochreiter and Schmidhuber (1997).

    Examples
    --------
    >>> batch = Copy(delay=3, span=2, symbols=8).sample(0, n=1)
    >>> batch.xs.argmax(-1)[:, 0].tolist(), batch.targets[:, 0].tolist()
    ([6, 5, 8, 8, 9, 8, 8], [8, 8, 8, 8, 8, 6, 5])
    """

    delay: int = 20
    span: int = 10
    symbols: int = 8

    name = "copy"
    every_step = True
    measure_name = "accuracy of the copied symbols"
    threshold = 0.99
    criterion = "at least 0.99 of the copied symbols right (our choice)"

    def __post_init__(self) -> None:
        checks.whole("delay", self.delay)
        checks.whole("span", self.span)
        checks.whole("symbols", self.symbols, 2)

    @property
    def input_size(self) -> int:
        return self.symbols + 2

    @property
    def output_size(self) -> int:
        return self.symbols + 1

    @property
    def chance(self) -> float:
        return 1 / self.symbols

    @property
    def chance_loss(self) -> float:
        return self.span * math.log(self.symbols) / (self.delay + 2 * self.span)

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        blank, delimiter = self.symbols, self.symbols + 1
        drawn = rng.integers(self.symbols, size=(self.span, n))
        read = np.full((self.delay + 2 * self.span, n), blank)
        targets = read.copy()
        read[: self.span], read[self.span + self.delay - 1] = drawn, delimiter
        targets[-self.span :] = drawn
        return Batch(one_hot(read, self.input_size), targets)

    def measure(self, y: Array, batch: Batch) -> float:
        y = self._answers(y, batch)
        return super().measure(y, batch._replace(scored=np.arange(len(y))[:, None] >= len(y) - self.span))
