"""What every task has: batches, a measure, its values at chance and at the optimum, and when a run is solved."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, to_numpy

Seed = np.random.Generator | int


class Batch(NamedTuple):
    """A batch of sequences with their answers.

    Attributes
    ----------
    xs : array of shape (T, N, I), or of int of shape (T, N)
        Inputs, or symbols for an Embedding.
    targets : array of int of shape (T, N) or (N,), or of float of shape (T, N, K) or (N, K)
        The answers: at every step, or one after the last step.
    mask : array of bool of shape (T, N), or None
        True where there is data; None where every sequence has T steps.
    scored : array of bool of shape (T, N), or None
        True where an answer is wanted; None: wherever there is data.
    """

    xs: Array
    targets: Array
    mask: Array = None
    scored: Array = None


class Task(ABC):
    """A task with known answers, and the measures of chance and of an ideal predictor.

    Attributes
    ----------
    name : str
    input_size, output_size : int
        I of the inputs; K of the answers (values, or classes as logits).
    loss : str
        The function of :mod:`rnnkit.losses` that fits the targets.
    every_step : bool
        True: answers (T, N, K), at every step. False: answers (N, K), after the last step.
    measure_name : str
        What :meth:`measure` returns.
    chance, optimum : float
        The expected measure of the best answer without memory, and of an ideal predictor. Each task says which.
    chance_loss, optimum_loss : float
        The lowest expected ``loss`` without memory, and of an ideal predictor, over the scored steps; nats where the
        loss is a cross-entropy.
    threshold, criterion : float and str
        The measure from which a run counts as solved; the same in words, with its source.
    """

    name: ClassVar[str]
    loss: ClassVar[str]
    every_step: ClassVar[bool]
    measure_name: ClassVar[str]
    criterion: ClassVar[str]

    @property
    @abstractmethod
    def input_size(self) -> int: ...

    @property
    @abstractmethod
    def output_size(self) -> int: ...

    @property
    @abstractmethod
    def chance(self) -> float: ...

    @property
    @abstractmethod
    def optimum(self) -> float: ...

    @property
    @abstractmethod
    def chance_loss(self) -> float: ...

    @property
    @abstractmethod
    def optimum_loss(self) -> float: ...

    @property
    @abstractmethod
    def threshold(self) -> float: ...

    @abstractmethod
    def sample(self, rng: Seed, n: int) -> Batch:
        """n new sequences.

        Parameters
        ----------
        rng : Generator or int
            The same state or seed gives the same batch.
        n : int
            How many sequences, N.

        Returns
        -------
        Batch

        Raises
        ------
        ValueError
            If rng is neither a Generator nor a seed, or n is no whole number of 1 or more.
        """

    @abstractmethod
    def measure(self, y: Array, batch: Batch) -> float:
        """The measure of the answers that ``measure_name`` names.

        Parameters
        ----------
        y : array of shape (T, N, K), or (N, K) where ``every_step`` is False
            A model's outputs for ``batch.xs``, of NumPy or Torch.
        batch : Batch

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If y has another shape.
        """

    def answers(self, batch: Batch) -> int:
        """The number of answers that :meth:`measure` averages: the weight of this batch in a mean over several."""
        shape = batch.xs.shape[:2] if self.every_step else batch.xs.shape[1:2]
        return int(kept(batch, tuple(shape)).sum())

    def solved(self, measure: float) -> bool:
        """Whether this measure fulfils the ``criterion``; NaN does not."""
        return bool(measure >= self.threshold if self.optimum > self.chance else measure <= self.threshold)

    def batches(self, steps: int, n: int) -> Callable[[Seed], Iterator[Batch]]:
        """A function for :func:`rnnkit.fit` that draws an epoch of ``steps`` new batches of n sequences.

        Raises
        ------
        ValueError
            If steps or n is no whole number of 1 or more.
        """
        steps, n = checks.whole("steps", steps), checks.whole("n", n)

        def epoch(rng: Seed) -> Iterator[Batch]:
            rng = generator(rng)
            return (self.sample(rng, n) for _ in range(steps))

        return apart(epoch)

    def _answers(self, y: Array, batch: Batch) -> Any:
        """y as a NumPy array of the shape that the batch needs."""
        y, (T, N) = to_numpy(y), batch.xs.shape[:2]
        wanted = (T, N, self.output_size) if self.every_step else (N, self.output_size)
        last = "(N, K), after the last step. Is Last() missing?"
        checks.shape("y", y, wanted, "(T, N, K), at every step." if self.every_step else last)
        return y


class Classification(Task):
    """A task whose targets are classes and whose measure is the share of right answers."""

    loss = "softmax_cross_entropy"
    measure_name = "accuracy"
    optimum = 1.0
    optimum_loss = 0.0

    def measure(self, y: Array, batch: Batch) -> float:
        right = self._answers(y, batch).argmax(-1) == to_numpy(batch.targets)
        return float(right[kept(batch, right.shape)].mean())


class Regression(Task):
    """A task whose targets are numbers and whose measure, and loss, is the mean squared error."""

    loss = "squared_error"
    measure_name = "mean squared error"

    @property
    def chance_loss(self) -> float:
        return self.chance

    @property
    def optimum_loss(self) -> float:
        return self.optimum

    def measure(self, y: Array, batch: Batch) -> float:
        squares = (self._answers(y, batch) - to_numpy(batch.targets)) ** 2
        return float(squares[kept(batch, squares.shape[:-1])].mean())


def kept(batch: Batch, shape: tuple[int, ...]) -> Any:
    """Which answers are scored: of shape (T, N), where there is data and an answer is wanted; of shape (N,), all."""
    keep = np.ones(shape, bool)
    if len(shape) == 2:
        for a in (batch.mask, batch.scored):
            keep &= True if a is None else to_numpy(a)
    return keep


def one_hot(symbols: Any, size: int) -> Any:
    """Symbols (T, N) as (T, N, size), 1 at the symbol and 0 elsewhere."""
    return np.eye(size)[symbols]


def generator(rng: Any) -> np.random.Generator:
    """The Generator, or one made of a seed. None is refused, because it would differ from run to run."""
    if not isinstance(rng, (np.random.Generator, int, np.integer)):
        raise checks.wrong(
            f"rng is {rng!r}",
            "a Generator or a seed, so that the data can be drawn again",
            "np.random.default_rng(0), or 0.",
        )
    return np.random.default_rng(rng)


def apart(epoch: Callable[[Seed], Iterator[Batch]]) -> Callable[[Seed], Iterator[Batch]]:
    """Mark a function of batches whose sequences do not go on in the next batch, for :func:`rnnkit.fit`'s ``carry``."""
    epoch.goes_on = False  # type: ignore[attr-defined]
    return epoch
