"""Forecasts of a sine: how much one value tells of the next, and how much a memory adds."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Batch, Regression, Seed, generator


@dataclass(frozen=True)
class Sine(Regression):
    """The next value of a sine, x_t = sin(ωt + φ).

    Each sequence has its own phase φ, which is uniform, and its own frequency ω, uniform in [low, high]. x_t alone does
    not tell the next value, because the sine may rise or fall through x_t. Two values and ω are enough:
    x_{t+1} = 2 cos ω x_t − x_{t-1}. Three are enough where ω differs from sequence to sequence.

    ``chance`` is the memoryless floor, the error of the best function of x_t alone, E[cos ω] x_t:
    (1 − E[cos ω]²)/2, which is sin²ω/2 for one frequency. ``optimum`` is 0, the error of the recurrence. Steps before
    the recurrence can start are not scored.

    Parameters
    ----------
    length : int
        T, the number of inputs; 3 or more.
    low, high : float
        The frequencies, in radians a step, in (0, π); one frequency if they are equal.

    Raises
    ------
    ValueError
        If length is below 3, a frequency is out of its range, or high is below low.

    Notes
    -----
    No source fixes when this task is solved. A tenth of the memoryless floor cannot be reached without memory.

    Examples
    --------
    >>> task = Sine(length=50, low=0.2, high=0.2)
    >>> round(task.chance, 6)
    0.019735
    >>> batch = task.sample(0, n=4)
    >>> batch.xs.shape, task.solved(task.measure(np.cos(0.2) * batch.xs, batch))
    ((50, 4, 1), False)
    """

    length: int = 50
    low: float = 0.2
    high: float = 0.2

    name = "sine"
    every_step = True
    input_size = output_size = 1
    optimum = 0.0
    criterion = "a mean squared error of at most a tenth of the memoryless floor (our choice)"

    def __post_init__(self) -> None:
        checks.whole("length", self.length, 3, "the first two answers may not be scored.")
        checks.positive("low", self.low, np.pi, "radians a step, below half a turn.")
        checks.positive("high", self.high, np.pi, "radians a step, below half a turn.")
        if self.high < self.low:
            raise checks.wrong(f"high is {self.high}", f"{self.low} or more, which low is", "Swap them?")

    @property
    def chance(self) -> float:
        width = self.high - self.low  # (sin high - sin low) / width would be rounding alone where they nearly meet
        mean_cos = np.cos(self.low + width / 2) * np.sinc(width / (2 * np.pi))
        return float((1 - mean_cos**2) / 2)

    @property
    def threshold(self) -> float:
        return self.chance / 10

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        omega, phi = rng.uniform(self.low, self.high, n), rng.uniform(0, 2 * np.pi, n)
        x = np.sin(np.arange(self.length + 1)[:, None] * omega + phi)[..., None]  # (T+1, N, 1)
        warm_up = 1 if self.low == self.high else 2
        scored = np.repeat(np.arange(self.length)[:, None] >= warm_up, n, axis=1)
        return Batch(x[:-1], x[1:], scored=scored)


@dataclass(frozen=True)
class NoisySine(Regression):
    """The next value of a sine under noise, u_t = a sin ωt + b cos ωt + ε_t.

    a and b are drawn from N(0, 1/2) for each sequence, so that phase and amplitude are random and the sine has the
    variance 1/2 of :class:`Sine`; ε_t is from N(0, noise²). All is Gaussian, so the best predictors are linear and
    their errors are exact. A longer memory is worth more here: each value of the past averages out more of the noise.

    ``chance`` is the error of the best function of u_t alone. ``optimum`` is the error of the Bayes predictor, which
    knows ω and noise and has read u_0 ... u_t, averaged over all steps. For long sequences it goes to noise².

    Parameters
    ----------
    length : int
        T, the number of inputs.
    omega : float
        The frequency, in radians a step, in (0, π).
    noise : float
        The standard deviation of ε_t.

    Raises
    ------
    ValueError
        If length is below 2, omega is out of its range, or noise is not positive.

    Notes
    -----
    No source fixes when this task is solved. By the criterion, at most a tenth of what memory can gain is missing.

    References
    ----------
    Kalman (1960), whose filter makes the optimal prediction. For a state that does not change, as here, the filter is
    Bayesian linear regression.

    Examples
    --------
    >>> task = NoisySine(length=50, omega=0.2, noise=0.2)
    >>> 0.2**2 < task.optimum < task.chance
    True
    """

    length: int = 50
    omega: float = 0.2
    noise: float = 0.2

    name = "noisy sine"
    every_step = True
    input_size = output_size = 1
    criterion = "at most a tenth of the way from the optimum back to the memoryless floor (our choice)"

    def __post_init__(self) -> None:
        checks.whole("length", self.length, 2, "after one value there is nothing to remember.")
        checks.positive("omega", self.omega, np.pi, "radians a step, below half a turn.")
        checks.positive("noise", self.noise, hint="without noise, take Sine.")

    @property
    def chance(self) -> float:
        return float(0.5 + self.noise**2 - (0.5 * np.cos(self.omega)) ** 2 / (0.5 + self.noise**2))

    @property
    def optimum(self) -> float:
        precision, errors = 2 * np.eye(2), []  # of (a, b), before anything is read
        waves = self._waves()
        for wave, following in pairwise(waves):
            precision = precision + np.outer(wave, wave) / self.noise**2
            errors.append(following @ np.linalg.solve(precision, following) + self.noise**2)
        return float(np.mean(errors))

    @property
    def threshold(self) -> float:
        return self.optimum + (self.chance - self.optimum) / 10

    def sample(self, rng: Seed, n: int) -> Batch:
        rng, n = generator(rng), checks.whole("n", n)
        clean = self._waves() @ rng.normal(0, np.sqrt(0.5), (2, n))  # (T+1, N)
        u = (clean + rng.normal(0, self.noise, clean.shape))[..., None]
        return Batch(u[:-1], u[1:])

    def _waves(self) -> np.ndarray:
        """sin ωt and cos ωt, (T+1, 2)."""
        angles = self.omega * np.arange(self.length + 1)
        return np.stack([np.sin(angles), np.cos(angles)], axis=1)
