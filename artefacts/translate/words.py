"""Words and their sounds: letters in, phonemes out, split by the beginnings of words."""

from typing import Any, NamedTuple

import numpy as np

from artefacts.translate.train import Pairs
from rnnkit.data import no_leaks, split_by_prefix
from rnnkit.data.real import pronunciations
from rnnkit.metrics import edit_distance

FAMILY = 4  # words that begin with the same four letters go to one side
SIZES = (30_000, 2_000, 2_000)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Sound = tuple[str, ...]


class Words(NamedTuple):
    """Of each of train, validation and test: words, and the ways to say each, the first of which is learned."""

    words: list[list[str]]
    sounds: list[list[list[Sound]]]
    phonemes: tuple[str, ...]

    def pairs(self, k: int) -> Pairs:
        return Pairs([letters(w) for w in self.words[k]], [self.numbers(s[0]) for s in self.sounds[k]])

    def numbers(self, sound: Sound) -> Any:
        return np.array([2 + self.phonemes.index(p) for p in sound], np.int64)

    def sound(self, numbers: Any) -> Sound:
        return tuple(self.phonemes[k - 2] for k in numbers)


def letters(word: str) -> Any:
    """1 to 26; 0 is what fills a batch."""
    return np.array([1 + LETTERS.index(letter) for letter in word], np.int64)


def parts() -> Words:
    """Words of three letters or more, without marks; vowels without their stress."""
    ways: dict[str, list[Sound]] = {}
    for word, phonemes in pronunciations():
        if len(word) >= 3 and set(word) <= set(LETTERS):
            sound = tuple(p.rstrip("012") for p in phonemes)
            ways.setdefault(word, [])
            if sound not in ways[word]:
                ways[word].append(sound)
    every = sorted(ways)
    rng = np.random.default_rng(0)
    chosen = [
        sorted(every[n] for n in rng.permutation(rows)[:size])
        for rows, size in zip(split_by_prefix(every, FAMILY, (0.8, 0.1, 0.1)), SIZES, strict=True)
    ]
    names = ("train", "validation", "test")
    families = {name: [w[:FAMILY] for w in part] for name, part in zip(names, chosen, strict=True)}
    no_leaks(dict(zip(names, chosen, strict=True)), families)
    phonemes = sorted({p for word in chosen[0] for sound in ways[word] for p in sound})
    return Words(chosen, [[ways[word] for word in part] for part in chosen], tuple(phonemes))


def edits(said: Any, ways: list[list[Sound]]) -> Any:
    """Edits to the nearest way to say each word, and that way's length: (N, 2)."""
    found = []
    for one, right in zip(said, ways, strict=True):
        one = tuple(one)
        each = [(0 if one == way else edit_distance(list(one), list(way)), len(way)) for way in right]
        found.append(min(each, key=lambda pair: pair[0] / pair[1]))
    return np.array(found)


def word_error(counts: Any) -> float:
    return float((counts[..., 0] > 0).mean())


def phoneme_error(counts: Any) -> float:
    return float(counts[..., 0].sum() / counts[..., 1].sum())
