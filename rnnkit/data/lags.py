"""Tasks with long lags: an early part of a sequence decides the answer after its last step."""

import math
from dataclasses import dataclass

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Batch, Classification, Seed, generator, one_hot


@dataclass(frozen=True)
class TemporalOrder(Classification):
    """Say in which order X and Y came, two relevant symbols far apart: XX, XY, YX or YY.

    A sequence starts with E, ends with B and is made of random a, b, c, d, but for an X or Y between length/10 and
    2·length/10 and another between length/2 and 6·length/10. It has between ``length`` and 1.1·length steps, so that
    batches are ragged. The class, 2·[first is Y] + [second is Y], is wanted after the last step. ``chance`` is 1/4: the
    last symbol is always B and tells nothing.

    Parameters
    ----------
    length : int
        The least number of steps; 10 or more.

    Raises
    ------
    ValueError
        If length is too small.

    Notes
    -----
    The source calls a sequence right if each of four sigmoid outputs is within 0.3 of its target. Here the class of
    the largest logit has to be right.

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 6a, with length 100.

    Examples
    --------
    >>> batch = TemporalOrder(length=10).sample(0, n=1)
    >>> "".join(TemporalOrder.alphabet[k] for k in batch.xs[:, 0].argmax(-1)), batch.targets.tolist()
    ('EaXadcXccdB', [0])
    """

    length: int = 100

    name = "temporal order"
    alphabet = "abcdEBXY"
    every_step = False
    input_size, output_size = 8, 4
    chance, chance_loss = 0.25, math.log(4)
    threshold = 1.0
    criterion = "every sequence right; Hochreiter and Schmidhuber (1997) ask it of 2000 in succession"

    def __post_init__(self) -> None:
        checks.whole("length", self.length, 10, "a tenth of it is the place of the first relevant symbol.")

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        L, rows = self.length, np.arange(n)
        lengths = rng.integers(L, L + L // 10, size=n, endpoint=True)
        first = rng.integers(L // 10, L // 5, size=n, endpoint=True)
        second = rng.integers(L // 2, 3 * L // 5, size=n, endpoint=True)
        is_y = rng.integers(2, size=(2, n))
        drawn = rng.integers(4, size=(lengths.max(), n))
        drawn[0] = self.alphabet.index("E")
        drawn[lengths - 1, rows] = self.alphabet.index("B")
        drawn[first, rows], drawn[second, rows] = self.alphabet.index("X") + is_y
        mask = np.arange(len(drawn))[:, None] < lengths
        return Batch(one_hot(drawn, self.input_size) * mask[..., None], 2 * is_y[0] + is_y[1], mask)


@dataclass(frozen=True)
class Latch(Classification):
    """Keep one bit through noise: the first steps tell the class, and the answer is wanted after the last.

    The first ``signal`` inputs are +1 in class 1 and −1 in class 0; all others are noise from N(0, noise²).
    ``chance`` is 1/2, the accuracy of an answer that sees the last input alone.

    Parameters
    ----------
    length : int
        T, more than signal.
    signal : int
        How many inputs tell the class.
    noise : float
        The standard deviation of the others.

    Raises
    ------
    ValueError
        If length does not exceed signal, or one of the numbers is not positive.

    References
    ----------
    Bengio, Simard and Frasconi (1994), the latch problem; its numbers are those of the two-sequence problem of
    Hochreiter and Schmidhuber (1997), experiment 3a: 100 steps, 3 of them a signal, a noise of variance 0.2.

    Examples
    --------
    >>> batch = Latch(length=100).sample(0, n=5)
    >>> batch.xs.shape, bool((batch.targets == (batch.xs[0, :, 0] > 0)).all())
    ((100, 5, 1), True)
    """

    length: int = 100
    signal: int = 3
    noise: float = math.sqrt(0.2)

    name = "latch"
    every_step = False
    input_size, output_size = 1, 2
    chance, chance_loss = 0.5, math.log(2)
    threshold = 1.0
    criterion = "no sequence wrong; Hochreiter and Schmidhuber (1997) ask it of 256 that were not trained on"

    def __post_init__(self) -> None:
        checks.whole("signal", self.signal)
        checks.whole("length", self.length, self.signal + 1, f"{self.signal} steps of signal, then noise.")
        checks.positive("noise", self.noise)

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        targets = rng.integers(2, size=n)
        xs = rng.normal(0, self.noise, (self.length, n, 1))
        xs[: self.signal, :, 0] = 2 * targets - 1
        return Batch(xs, targets)
