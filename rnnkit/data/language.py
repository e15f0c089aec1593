"""What the language tasks share: strings to batches and back, the legal next symbols, and when a string is right."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.data.automata import Automaton
from rnnkit.data.task import Batch, Seed, Task, generator, kept, one_hot
from rnnkit.ops import Array, to_numpy


class Language(Task):
    """Predict each next symbol of a string, from all before it; use AnBn, Dyck, Reber or EmbeddedReber.

    Inputs are all symbols but the last, one-hot; targets are all but the first, as classes for a softmax. Several
    symbols can follow, so a string counts as right if at each step every symbol that can come next gets more
    probability than each that is illegal there. That is the criterion of Hochreiter and Schmidhuber (1997), that all
    legal successors be predicted, for a softmax instead of one sigmoid a symbol. Logits have the order of
    probabilities, so :meth:`measure` takes either.

    ``chance`` is the largest share of strings that a predictor of the present symbol alone can get right, and
    ``chance_loss`` the least cross-entropy of such a predictor, H(next | present). ``optimum`` is 1 and
    ``optimum_loss`` the entropy rate, in nats a symbol. All are computed from the automaton that writes the strings.
    """

    loss = "softmax_cross_entropy"
    every_step = True
    measure_name = "share of strings right"
    optimum = 1.0
    threshold = 1.0

    @cached_property
    def automaton(self) -> Automaton:
        """What writes the strings."""
        return self._built()

    @abstractmethod
    def _built(self) -> Automaton:
        """The automaton of the language."""

    @property
    def symbols(self) -> str:
        """The alphabet, in the order of inputs and logits; its first symbol begins every string."""
        return self.automaton.symbols

    @property
    def input_size(self) -> int:
        return len(self.symbols)

    @property
    def output_size(self) -> int:
        return len(self.symbols)

    @property
    def chance(self) -> float:
        return self.automaton.memoryless_right

    @property
    def chance_loss(self) -> float:
        return self.automaton.memoryless_entropy

    @property
    def optimum_loss(self) -> float:
        return self.automaton.entropy_rate

    def sample(self, rng: Seed, n: int) -> Batch:
        return self._batch(self.automaton.sample(generator(rng), checks.whole("n", n)))

    def encode(self, strings: Sequence[str]) -> Batch:
        """The batch of these strings.

        Raises
        ------
        ValueError
            If there is none, or one of them is not in the language.
        """
        if not strings:
            raise checks.wrong("strings is empty", "at least one string")
        numbers = np.full((max(map(len, strings)), len(strings)), -1)
        for n, string in enumerate(strings):
            if foreign := set(string) - set(self.symbols):
                raise checks.wrong(f"{string!r} holds {min(foreign)!r}", f"symbols of the alphabet {self.symbols!r}")
            numbers[: len(string), n] = [self.symbols.index(symbol) for symbol in string]
        nodes = self.automaton.read(np.maximum(numbers, 0), numbers >= 0)
        for n, string in enumerate(strings):
            if not string or nodes[len(string) - 1, n] != self.automaton.end:
                raise checks.wrong(f"{string!r} stops before its end", "whole strings", "Was it cut off?")
        return self._batch(numbers)

    def decode(self, batch: Batch) -> list[str]:
        """The strings of a batch."""
        read, targets = self._read(batch.xs), to_numpy(batch.targets)
        lengths = kept(batch, targets.shape).sum(0)
        both = np.concatenate([read[:1], targets])  # (T+1, N)
        return [
            "".join(self.symbols[k] for k in row[: length + 1]) for row, length in zip(both.T, lengths, strict=True)
        ]

    def ideal(self, batch: Batch) -> Any:
        """An ideal predictor's answers, (T, N, V): the probability of each next symbol, given all before it."""
        return self.automaton.probability[self._nodes(batch)]

    def legal(self, batch: Batch) -> Any:
        """Which symbols the language allows next, bool (T, N, V)."""
        return self.automaton.legal[self._nodes(batch)]

    def measure(self, y: Array, batch: Batch) -> float:
        y, possible = self._answers(y, batch), self.ideal(batch) > 0
        lowest = np.where(possible, y, np.inf).min(-1)
        highest = np.where(self.legal(batch), -np.inf, y).max(-1)
        return float(((lowest > highest) | ~kept(batch, lowest.shape)).all(0).mean())

    def answers(self, batch: Batch) -> int:
        return int(batch.xs.shape[1])  # strings

    def _nodes(self, batch: Batch) -> Any:
        read = self._read(batch.xs)
        return self.automaton.read(read, kept(batch, read.shape))

    def _read(self, xs: Array) -> Any:
        """The symbols of a batch as whole numbers, (T, N): from one-hot inputs, or those of an Embedding."""
        xs = to_numpy(xs)
        return xs.argmax(-1) if xs.ndim == 3 else xs

    def _batch(self, numbers: Any) -> Batch:
        """From symbols (T+1, N), padded with -1."""
        mask, known = numbers[1:] >= 0, np.maximum(numbers, 0)
        return Batch(one_hot(known[:-1], self.input_size) * mask[..., None], known[1:], mask, mask)
