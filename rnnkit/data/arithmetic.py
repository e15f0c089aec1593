"""Tasks of calculation: a sum of two marked numbers, and the parity of bits."""

import math
from dataclasses import dataclass

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Batch, Classification, Regression, Seed, generator


@dataclass(frozen=True)
class Adding(Regression):
    """Add the two numbers that are marked.

    Each input is a number from U(0, 1) beside a mark: 1 at one random step of the first half and at one of the
    second, else 0. The sum is wanted after the last step. ``chance`` is the error of the constant answer 1, which
    ignores the input: the variance of the sum of two such numbers, 1/6 = 0.1667. ``optimum`` is 0.

    Parameters
    ----------
    length : int
        T; 2 or more.

    Raises
    ------
    ValueError
        If length is too small.

    Notes
    -----
    The source draws from [-1, 1], marks the ends of a sequence of random length with -1, and scales the sum to
    [0, 1]. It calls a sequence right if its error is below 0.04. The sum here has twice that range, [0, 2], so the
    criterion is a root mean squared error of at most 0.08.

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 4; in the form of Arjovsky, Shah and Bengio (2016).

    Examples
    --------
    >>> batch = Adding(length=100).sample(0, n=5)
    >>> number, mark = batch.xs[..., 0], batch.xs[..., 1]
    >>> bool(np.allclose((number * mark).sum(0), batch.targets[:, 0]))
    True
    """

    length: int = 100

    name = "adding"
    every_step = False
    input_size, output_size = 2, 1
    chance, optimum = 2 / 12, 0.0  # the variance of U(0, 1) is 1/12
    threshold = 0.08**2
    criterion = (
        "a mean squared error of at most 0.0064 = 0.08²: the tolerance of Hochreiter and Schmidhuber (1997), "
        "0.04 of the sum's range"
    )

    def __post_init__(self) -> None:
        checks.whole("length", self.length, 2, "each half has one marked number.")

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        half, rows = self.length // 2, np.arange(n)
        xs = np.zeros((self.length, n, 2))
        xs[..., 0] = rng.random((self.length, n))
        xs[rng.integers(half, size=n), rows, 1] = 1
        xs[rng.integers(half, self.length, size=n), rows, 1] = 1
        return Batch(xs, (xs[..., 0] * xs[..., 1]).sum(0)[:, None])


class _Bits(Classification):
    """What both forms of parity share: random bits, and for each the parity of all bits up to it."""

    length: int
    input_size, output_size = 1, 2
    threshold = 0.99
    criterion = "an accuracy of at least 0.99 (our choice)"

    def __post_init__(self) -> None:
        checks.whole("length", self.length, 2, "the parity of one bit is the bit.")

    def _drawn(self, rng: Seed, n: int) -> tuple[np.ndarray, np.ndarray]:
        bits = generator(rng).integers(2, size=(self.length, checks.whole("n", n)))
        return bits[..., None].astype(float), bits.cumsum(0) % 2


@dataclass(frozen=True)
class Parity(_Bits):
    """Say at each step whether the number of ones so far is odd.

    ``chance`` is the accuracy of an answer that sees the present bit alone, 1/2 + 1/(2T): it is right at the first
    step, where the bit is the parity, and at half of the others.

    Parameters
    ----------
    length : int
        T; 2 or more.

    Raises
    ------
    ValueError
        If length is too small.

    Notes
    -----
    No source fixes when this task is solved. One bit of memory is enough; no monotone function of the sum of the inputs
    is right.

    References
    ----------
    Minsky and Papert (1969); as a task of storage, Bengio, Simard and Frasconi (1994).

    Examples
    --------
    >>> batch = Parity(length=6).sample(0, n=1)
    >>> batch.xs[:, 0, 0].tolist(), batch.targets[:, 0].tolist()
    ([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1, 0, 1, 1, 1, 1])
    """

    length: int = 20

    name = "parity"
    every_step = True

    @property
    def chance(self) -> float:
        return 0.5 + 0.5 / self.length

    @property
    def chance_loss(self) -> float:
        p = self.chance  # that the present bit is the parity, at an unknown step
        return -p * math.log(p) - (1 - p) * math.log(1 - p)

    def sample(self, rng: Seed, n: int) -> Batch:
        return Batch(*self._drawn(rng, n))


@dataclass(frozen=True)
class FinalParity(_Bits):
    """Say after the last step whether the number of ones is odd: :class:`Parity` without answers on the way.

    ``chance`` is 1/2, the accuracy of an answer that does not know every bit.

    Parameters
    ----------
    length : int
        T; 2 or more.

    Raises
    ------
    ValueError
        If length is too small.

    Notes
    -----
    No source fixes when this task is solved.

    References
    ----------
    Minsky and Papert (1969); as a task of storage, Bengio, Simard and Frasconi (1994).

    Examples
    --------
    >>> FinalParity(length=6).sample(0, n=5).targets.shape
    (5,)
    """

    length: int = 20

    name = "final parity"
    every_step = False
    chance, chance_loss = 0.5, math.log(2)

    def sample(self, rng: Seed, n: int) -> Batch:
        xs, parity = self._drawn(rng, n)
        return Batch(xs, parity[-1])
