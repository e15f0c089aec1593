"""What each unit of a trained network follows, on files that it did not read.

A unit is chosen on the first half of these files (every second one), and its figures are from the other half.
"""

from typing import NamedTuple

import numpy as np

from artefacts.type_ahead.labels import Labels, labels
from rnnkit import Sequential
from rnnkit.explorers.type_ahead.network import SYMBOLS, encode, read

PRESETS = ("single quotes", "brackets", "indentation", "place in the line")
ON_OR_OFF = ("single quotes", "brackets")
KINDS = {  # of the character just read
    "letters": str.isalpha,
    "capitals": str.isupper,
    "vowels": "aeiou".__contains__,
    "digits": str.isdigit,
    "spaces": " ".__eq__,
    "line ends": "\n".__eq__,
    "opening brackets": "([{".__contains__,
    "closing brackets": ")]}".__contains__,
    "full stops": ".".__eq__,
    "commas": ",".__eq__,
    "underscores": "_".__eq__,
    **{f"the letter {c}": c.__eq__ for c in "eainorst"},
}
LAG = 4  # of the autocorrelation by which units are sorted


class Seen(NamedTuple):
    """What a network did on some files, and what was so in them; one row for each character but each file's last."""

    h: np.ndarray  # (characters, H), float32, after the character
    read: np.ndarray  # (characters,), the symbol
    following: np.ndarray  # (characters,), the next symbol
    file: np.ndarray  # (characters,), the number of the file
    labels: Labels  # (characters,) each

    @property
    def first(self) -> np.ndarray:
        """Which rows are of the first half of the files."""
        return self.file % 2 == 0

    @property
    def code(self) -> np.ndarray:
        """Which rows are outside comments and docstrings."""
        return self.labels["comments and docstrings"] == 0

    def counted(self, name: str) -> np.ndarray:
        """The rows on which a label is held against units: quotes and brackets only mean something in code."""
        return self.code if name in ON_OR_OFF else np.ones(len(self.file), bool)


def seen(model: Sequential, texts: list[str], longest: int = 9000) -> Seen:
    """Run over the beginnings of these files side by side, each from an empty state."""
    gru, texts = model.layers[0], [text for text in texts if len(text) > 1]
    lengths = [min(len(text), longest) for text in texts]
    symbols = np.zeros((max(lengths), len(texts)), int)
    for n, text in enumerate(texts):
        symbols[: lengths[n], n] = encode(text[: lengths[n]])
    h, state = [], None
    for k in range(0, len(symbols), 300):
        run = gru(read(symbols[k : k + 300]), state)
        state = run.state
        h.append(run.h.astype(np.float32))
    states = np.concatenate(h)
    rows = [length - 1 for length in lengths]
    by_file = [labels(text) for text in texts]
    return Seen(
        np.concatenate([states[:row, n] for n, row in enumerate(rows)]),
        np.concatenate([symbols[:row, n] for n, row in enumerate(rows)]),
        np.concatenate([symbols[1 : row + 1, n] for n, row in enumerate(rows)]),
        np.repeat(np.arange(len(rows)), rows),
        {name: np.concatenate([of[name][:row] for of, row in zip(by_file, rows, strict=True)]) for name in by_file[0]},
    )


def correlations(h: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Pearson's r of each unit with a label: (n, H), (n,) → (H,); 0 where one of the two never changes."""
    h, label = h - h.mean(0), (label - label.mean()).astype(h.dtype)
    size = np.sqrt((h * h).sum(0, dtype=float) * (label * label).sum(dtype=float))
    return np.divide(h.T @ label, size, out=np.zeros(h.shape[1]), where=size > 0)


class Follower(NamedTuple):
    """The unit that follows something best, and how well: r, and the balanced accuracy of a threshold (on or off)."""

    unit: int
    r: float
    accuracy: float | None


def follower(h: tuple[np.ndarray, np.ndarray], label: tuple[np.ndarray, np.ndarray], on_or_off: bool) -> Follower:
    """Choose the unit, and the threshold, on the first of two halves; measure on the second.

    ``h`` is (n, H) and ``label`` (n,), of each half.
    """
    unit = int(np.abs(correlations(h[0], label[0])).argmax())
    first, other = (half[:, unit] for half in h)
    r = float(correlations(h[1][:, [unit]], label[1])[0])
    if not on_or_off:
        return Follower(unit, r, None)
    thresholds = np.quantile(first, np.linspace(0.01, 0.99, 99))
    accuracies = np.array([balanced_accuracy(first > threshold, label[0] > 0) for threshold in thresholds])
    best = int(np.abs(accuracies - 0.5).argmax())
    right = balanced_accuracy(other > thresholds[best], label[1] > 0)
    return Follower(unit, r, right if accuracies[best] >= 0.5 else 1 - right)


def balanced_accuracy(answers: np.ndarray, truth: np.ndarray) -> float:
    """The mean of the share of right answers where the truth is yes, and where it is no; 0.5 is chance."""
    return float(answers[truth].mean() + (~answers[~truth]).mean()) / 2


def preset(found: Seen, name: str, rotations: int = 8) -> tuple[Follower, list[Follower]]:
    """The unit that follows ``name`` best, and the control: as many times the same with labels of another place.

    For the control the labels of each half are rotated, by a large number of characters: they keep their shares and
    their runs, and lose what they have to do with the text.
    """
    counted, label = found.counted(name), found.labels[name]
    halves = [counted & found.first, counted & ~found.first]
    h = found.h[halves[0]], found.h[halves[1]]
    own = label[halves[0]], label[halves[1]]
    best = follower(h, own, name in ON_OR_OFF)
    shares = np.arange(1, rotations + 1) / (rotations + 1)
    rotated = [tuple(np.roll(half, int(share * len(half))) for half in own) for share in shares]
    return best, [follower(h, labels, name in ON_OR_OFF) for labels in rotated]


class Description(NamedTuple):
    """What is known of all units: names of what they follow, r on the first half and the other, (H,) each."""

    follows: list[str]
    first: np.ndarray
    other: np.ndarray
    slowness: np.ndarray  # the autocorrelation


def described(found: Seen) -> Description:
    """Of each unit: what it follows best on the first half of the files, and how slowly it changes."""
    kinds = {name: np.array([is_kind(c) for c in SYMBOLS])[found.read].astype(int) for name, is_kind in KINDS.items()}
    names = [*PRESETS, "comments and docstrings", *kinds]
    r = np.zeros((2, len(names), found.h.shape[1]))
    for k, half in enumerate((found.first, ~found.first)):
        for j, name in enumerate(names):
            rows = half & found.counted(name)
            r[k, j] = correlations(found.h[rows], (kinds | found.labels)[name][rows])
    best = np.abs(r[0]).argmax(0)
    units = np.arange(len(best))
    return Description([names[j] for j in best], r[0, best, units], r[1, best, units], autocorrelation(found))


def autocorrelation(found: Seen) -> np.ndarray:
    """Of each unit with itself a few characters later, (H,): near 1 for a unit that changes slowly."""
    together = found.file[LAG:] == found.file[:-LAG]
    h = found.h - found.h.mean(0)
    return (h[LAG:] * h[:-LAG])[together].mean(0, dtype=float) / (h * h).mean(0, dtype=float)
