"""Short texts from English to German: what the menus and messages of an office program say.

They are in the Debian package libreoffice-l10n-de, 4:7.4.7-1+deb12u14 (MPL 2.0; LibreOffice contributors and others):
apt-get install it, or unpack it and let LIBREOFFICE name the folder. No page reads it.
"""

import gettext
import hashlib
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from artefacts.translate.network import Translator
from artefacts.translate.train import Pairs, Recipe, train
from rnnkit.data import Vocabulary, split_by_group

FOLDER = Path("usr/lib/libreoffice/program/resource/de/LC_MESSAGES")
SHA256 = "82c87e68ee7f9f02fba3a60173c2e78233154353633a891778fc63124bf88c9a"
SEEDS = range(3)
LONGEST, SHARES = 8, (0.85, 0.05, 0.1)
RECIPE = Recipe(units=64, inputs=64, epochs=7, batch=64, rate=0.005)
SENSE = 8  # rounds of the table of words


class Texts(NamedTuple):
    """Of each of train, validation and test: words of both languages."""

    english: list[list[list[str]]]
    german: list[list[list[str]]]
    vocabularies: tuple[Vocabulary, Vocabulary]

    def pairs(self, k: int) -> Pairs:
        ours, theirs = self.vocabularies
        return Pairs([ours.encode(e) for e in self.english[k]], [2 + theirs.encode(g) for g in self.german[k]])


def files() -> list[Path]:
    folder = Path(os.environ.get("LIBREOFFICE", "/")) / FOLDER
    found = sorted(folder.glob("*.mo"))
    if not found:
        raise FileNotFoundError(f"{folder} has no catalogues. apt-get install libreoffice-l10n-de, or unpack it.")
    return found


def tokens(text: str) -> list[str]:
    """Words and marks. The sign before a key of a menu is dropped."""
    return re.findall(r"\w+|[^\w\s]", text.replace("_", "").replace("~", ""))


def text(words: list[str]) -> str:
    """The words as a text again."""
    return re.sub(r"([(\[]) | ([.,:;!?)\]…])", r"\1\2", " ".join(words))


def parts() -> Texts:
    """Texts that differ in case, marks or numbers alone go to one side."""
    content = hashlib.sha256(b"".join(path.read_bytes() for path in files())).hexdigest()
    if content != SHA256:
        raise ValueError(f"the catalogues have the SHA-256 {content}, expected {SHA256}. Is it 4:7.4.7-1+deb12u14?")
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in files():
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for key, german in catalogue.items():
            if not isinstance(key, str) or not key:
                continue
            english = key.rpartition("\x04")[2]
            if re.search(r"[%<$#{\\\n|]|[a-z][A-Z]", f"{english} {german}") or english == german:
                continue
            pair = tuple(tokens(english)), tuple(tokens(german))
            if all(1 <= len(side) <= LONGEST for side in pair) and re.search(r"[a-z]{2}", english):
                found.setdefault(*pair)
    every = sorted(found)
    rows = split_by_group([re.sub(r"[^a-z]+", " ", " ".join(e).lower()).strip() for e in every], SHARES)
    english = [[list(every[n]) for n in part] for part in rows]
    german = [[list(found[every[n]]) for n in part] for part in rows]
    return Texts(english, german, (Vocabulary(english[0], least=3), Vocabulary(german[0], least=3)))


def network(of: Texts, attends: bool, seed: int) -> Translator:
    sizes = len(of.vocabularies[0]), 2 + len(of.vocabularies[1])
    return Translator(*sizes, RECIPE.units, RECIPE.inputs, attends, seed)


def trained(of: Texts, attends: bool, seed: int) -> tuple[dict[str, Any], list[float]]:
    """The weights, and the validation loss after each epoch."""
    model = network(of, attends, seed)
    losses = train(model, of.pairs(0), of.pairs(1), RECIPE, seed)
    return model.copied(), [float(loss) for loss in losses]


def nearest(of: Texts, asked: list[list[str]]) -> list[str]:
    """A translation memory: what the most alike known text was translated to. Alike: pieces of words, weighed."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    weigh = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    known = weigh.fit_transform([" ".join(e) for e in of.english[0]])
    found = []
    for start in range(0, len(asked), 200):
        alike = weigh.transform([" ".join(e) for e in asked[start : start + 200]]) @ known.T
        found += [text(of.german[0][n]) for n in np.asarray(alike.argmax(1)).ravel()]
    return found


def word_by_word(of: Texts, asked: list[list[str]]) -> list[str]:
    """The most probable German word for each English one, by the first model of Brown et al. (1993); no order."""
    table: dict[str, dict[str, float]] = {}
    for e, g in zip(of.english[0], of.german[0], strict=True):
        for word in e:
            table.setdefault(word, {}).update(dict.fromkeys(g, 1.0))
    for _ in range(SENSE):
        counts: dict[str, Counter[str]] = {word: Counter() for word in table}
        for e, g in zip(of.english[0], of.german[0], strict=True):
            for word in g:
                total = sum(table[own][word] for own in e)
                for own in e:
                    counts[own][word] += table[own][word] / total
        sums = {own: sum(found.values()) for own, found in counts.items()}
        table = {own: {w: c / sums[own] for w, c in found.items()} for own, found in counts.items()}
    most = {own: max(found, key=lambda w: found[w]) for own, found in table.items()}
    return [text([most.get(word, word) for word in e]) for e in asked]
