"""Tunes in letters (ABC) that a small composer of known probabilities writes: what each letter is worth is known.

A tune has four lines of four bars, A A B A. A phrase goes through chords, its first note of each bar is one of the
chord, the others move by steps; its third bar is its first again; it ends with a cadence, A on the tonic and B on the
fifth above it. Every choice is drawn with a known probability, so the composer gives with each letter the bits
that nobody can save: -log2 p of the letter, given all before it. Letters that repeat or are forced cost nothing.
"""

import math
from bisect import bisect
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Seed, generator
from rnnkit.ops import Array

NOTES = "CDEFGABcdefg"  # from middle C up; the key says which of them are sharp
LENGTHS = "1234"  # in eighths; 1 is not written
SYMBOLS = NOTES + "234MK:/|\n"
KEYS = "CGDA"
LINES = "AABA"
METRES = {"3/4": 6, "4/4": 8}  # a bar, in eighths
RHYTHMS = {
    "3/4": {"222": 0.3, "1122": 0.2, "2112": 0.2, "11112": 0.15, "42": 0.15},
    "4/4": {"2222": 0.25, "11222": 0.2, "21122": 0.2, "111122": 0.2, "422": 0.15},
}
CADENCES = {"3/4": "24", "4/4": "224"}
CHORDS = {"A": (0, 4, 0, 0), "B": (3, 0, 3, 4)}  # the degree that each bar's chord stands on
STEPS = {0: 0.3, 1: 3.0, 2: 1.0, 3: 0.2}  # weights by how far a note is from the last one
LEAPS = (2.0, 2.0, 1.5, 1.0, 0.5, 0.3)  # the same, for the first note of a bar


class Tune(NamedTuple):
    """A tune: its text, which ends with an empty line, and the bits of each of its letters, (T,)."""

    text: str
    bits: Array

    @property
    def line(self) -> Array:
        """The line of each letter, (T,): 0 for the two of the head, 1 to 4 for the phrases, whose last has the end."""
        newlines = np.cumsum([letter == "\n" for letter in " " + self.text[:-1]])
        return np.clip(newlines - 1, 0, len(LINES))


def tunes(n: int, rng: Seed) -> list[Tune]:
    """n tunes.

    Parameters
    ----------
    n : int
        1 or more.
    rng : int or numpy.random.Generator

    Raises
    ------
    ValueError
        If n is no whole number of 1 or more.

    Examples
    --------
    >>> one, = tunes(1, 0)
    >>> print(one.text, round(float(one.bits.sum() / len(one.text)), 2))  # doctest: +ELLIPSIS
    M:...
    """
    checks.whole("n", n)
    rng = generator(rng)
    return [_tune(rng) for _ in range(n)]


class _Writer:
    """Letters, and the bits of each; the bits of a choice that no letter shows yet go to the next letter."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.text = ""
        self.bits: list[float] = []
        self.open = 0.0

    def choose(self, options: dict[str, float]) -> str:
        """One of the options, by weight."""
        upto = list(accumulate(options.values()))
        chosen = [*options][min(bisect(upto, self.rng.random() * upto[-1]), len(upto) - 1)]
        self.open -= math.log2(options[chosen] / upto[-1])
        return chosen

    def write(self, letters: str) -> None:
        for letter in letters:
            self.text += letter
            self.bits.append(self.open)
            self.open = 0.0


def _tune(rng: np.random.Generator) -> Tune:
    to = _Writer(rng)
    to.write("M:")
    metre = to.choose(dict.fromkeys(METRES, 1.0))
    to.write(metre + "\nK:")
    key = to.choose(dict.fromkeys(KEYS, 1.0))
    to.write(key + "\n")
    phrases: dict[str, str] = {}
    for name in LINES:
        if name in phrases:
            to.write(phrases[name])
            continue
        begun = len(to.text)
        _phrase(to, name, metre, NOTES.index(key))
        phrases[name] = to.text[begun:]
    to.write("\n")
    return Tune(to.text, np.array(to.bits))


def _phrase(to: _Writer, name: str, metre: str, tonic: int) -> None:
    last, begun = tonic + 7 * (tonic < 2), len(to.text)
    for bar, degree in enumerate(CHORDS[name]):
        if bar == 2:
            to.write(to.text[begun:].split("|")[0] + "|")
            continue
        chord = frozenset((tonic + degree + third) % 7 for third in (0, 2, 4))
        rhythm = ""
        while sum(map(int, rhythm)) < METRES[metre]:
            if bar == 3 and len(rhythm) == len(CADENCES[metre]) - 1:
                last = _nearest(last, (tonic + degree) % 7)
            else:
                last = NOTES.index(to.choose(_weights(last, None if rhythm else chord)))
            to.write(NOTES[last])
            length = to.choose(_lengths(metre, bar == 3, rhythm))
            rhythm += length
            to.write(length * (length != "1"))
        to.write("|")
    to.write("\n")


@cache
def _weights(last: int, chord: frozenset[int] | None) -> dict[str, float]:
    """Of each note: by its distance from the last one, and 0 outside the chord, if one is given."""
    found = {}
    for k, note in enumerate(NOTES):
        far = abs(k - last)
        if chord is None:
            found[note] = STEPS.get(far, 0.0)
        elif k % 7 in chord:
            found[note] = LEAPS[far] if far < len(LEAPS) else 0.0
    return {note: weight for note, weight in found.items() if weight}


@cache
def _lengths(metre: str, ends: bool, rhythm: str) -> dict[str, float]:
    """Of the length after these, in a bar that ends a phrase or in another: its probability, up to a factor."""
    found: dict[str, float] = {}
    for whole, p in ({CADENCES[metre]: 1.0} if ends else RHYTHMS[metre]).items():
        if whole.startswith(rhythm):
            found[whole[len(rhythm)]] = found.get(whole[len(rhythm)], 0.0) + p
    return found


def _nearest(last: int, degree: int) -> int:
    return min((k for k in range(len(NOTES)) if k % 7 == degree), key=lambda k: (abs(k - last), k))


def bars(text: str) -> list[str]:
    """The bars of a tune's lines, without their strokes; what stands behind the last stroke of a line counts as one."""
    rows = [line for line in text.split("\n") if line and line[0] not in "MK"]
    return [bar for row in rows for bar in row.removesuffix("|").split("|")]


def length(bar: str) -> Fraction | None:
    """How long a bar is, in whole notes; None where something is no note."""
    eighths, k = 0, 0
    while k < len(bar):
        if bar[k] not in NOTES:
            return None
        long = k + 1 < len(bar) and bar[k + 1] in LENGTHS
        eighths += int(bar[k + 1]) if long else 1
        k += 1 + long
    return Fraction(eighths, 8)


def adding_up(text: str) -> float:
    """The share of a tune's bars that are as long as its metre says; 0 without a metre or a bar."""
    head = text.split("\n", 1)[0]
    if head.removeprefix("M:") not in METRES or not (every := bars(text)):
        return 0.0
    wanted = Fraction(head.removeprefix("M:"))
    return float(np.mean([length(bar) == wanted for bar in every]))


def repeated(text: str) -> float:
    """The share of the second line's letters that are the first line's, place by place; 0 without two lines."""
    rows = [line for line in text.split("\n") if line and line[0] not in "MK"]
    if len(rows) < 2:
        return 0.0
    return sum(a == b for a, b in zip(rows[0], rows[1], strict=False)) / max(len(rows[0]), len(rows[1]))
