"""From words and measurements to numbers. What an encoding knows, it knows from the training part."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, to_numpy

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[!?.,;:]")
TAG = re.compile(r"<[^<>]{0,40}>")


def words(text: str) -> list[str]:
    """The words of an English text, in small letters; marks that end or part a sentence are words too.

    Examples
    --------
    >>> words("I don't like it!<br />3 stars.")
    ['i', "don't", 'like', 'it', '!', '3', 'stars', '.']
    """
    return WORD.findall(TAG.sub(" ", text).lower())


class Vocabulary:
    """Numbers for the items of sequences, words or characters.

    0 is padding, 1 is any item that was not seen often enough in the training part, and those that were follow, the
    most frequent first; of equal ones, the one that came first.

    Parameters
    ----------
    sequences : iterable of sequences of hashable items
        Of the training part alone.
    least : int
        An item has to stand there so often.
    most : int, optional
        At most so many items have a number of their own.

    Raises
    ------
    ValueError
        If least or most is no whole number of 1 or more, or no item stands there so often.

    Examples
    --------
    >>> vocabulary = Vocabulary([["good", "tea"], ["good", "coffee", "good"]])
    >>> vocabulary.encode(["good", "cocoa"]).tolist(), len(vocabulary)
    ([2, 1], 5)
    """

    PADDING, UNKNOWN = 0, 1

    def __init__(self, sequences: Iterable[Sequence[Any]], least: int = 1, most: int | None = None):
        least, most = checks.whole("least", least), None if most is None else checks.whole("most", most)
        counts = Counter(item for sequence in sequences for item in sequence)
        self._take([item for item, count in counts.most_common(most) if count >= least])
        if not self.items:
            raise checks.wrong(
                f"no item stands in sequences {least} times", "one or more", "Is the training part empty?"
            )

    @classmethod
    def of(cls, items: Iterable[Any]) -> Self:
        """The vocabulary with these items, from number 2 on: as ``items`` of another one says it."""
        made = cls.__new__(cls)
        made._take(list(items))
        return made

    def _take(self, items: list[Any]) -> None:
        self.items = items
        self._numbers = {item: number for number, item in enumerate(items, start=2)}

    def __len__(self) -> int:
        """V, the numbers in use, those of padding and of the unknown included."""
        return len(self.items) + 2

    def encode(self, sequence: Sequence[Any]) -> Any:
        """The numbers of these items, an array of int (T,)."""
        return np.array([self._numbers.get(item, self.UNKNOWN) for item in sequence], np.int64)

    def decode(self, numbers: Array) -> list[Any]:
        """The items of these numbers; None where one has none.

        Raises
        ------
        ValueError
            If a number is not in the vocabulary.
        """
        found = to_numpy(numbers).astype(np.int64)
        if ((found < 0) | (found >= len(self))).any():
            raise checks.wrong(f"numbers holds {found.min()} to {found.max()}", f"0 to {len(self) - 1}")
        return [None if number < 2 else self.items[number - 2] for number in found.tolist()]


class Scale:
    """Values with mean 0 and deviation 1, by the means and deviations of the training part.

    Parameters
    ----------
    values : array of float of shape (..., I)
        Of the training part alone. NaN, where a value is missing, does not count.

    Raises
    ------
    ValueError
        If values has no axis, or a column holds no number.

    Examples
    --------
    >>> scale = Scale(np.array([[1.0, 10.0], [3.0, 10.0]]))
    >>> scale(np.array([[3.0, 12.0]])).tolist()  # a constant is only shifted
    [[1.0, 2.0]]
    >>> scale.back(scale(np.array([[7.0, 9.0]]))).tolist()
    [[7.0, 9.0]]
    """

    def __init__(self, values: Array):
        found = checks.real("values", values).astype(np.float64)
        if not found.ndim or (rows := found.reshape(-1, found.shape[-1])).size == 0 or np.isnan(rows).all(0).any():
            raise checks.wrong(f"values has shape {found.shape}", "(..., I), with a number in each column")
        self.mean = np.nanmean(rows, 0)
        deviation = np.nanstd(rows, 0)
        self.deviation = np.where(deviation > 0, deviation, 1.0)

    @classmethod
    def of(cls, mean: Array, deviation: Array) -> Self:
        """The scale of these means and deviations, (I,) each."""
        made = cls.__new__(cls)
        made.mean, made.deviation = to_numpy(mean), to_numpy(deviation)
        return made

    def __call__(self, values: Array) -> Any:
        """The values in this scale, of the same shape."""
        return (to_numpy(values) - self.mean) / self.deviation

    def back(self, scaled: Array) -> Any:
        """Scaled values in their own unit again."""
        return to_numpy(scaled) * self.deviation + self.mean
