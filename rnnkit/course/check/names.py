"""Numbers that belong to one student: drawn from the name, so that no public solution holds them."""

import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Any

from rnnkit.course.answer.convert import kind_of

SAMPLES = ("your name", "name", "first last", "jane doe", "john doe")


APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼʹ′"))
ACCENT = 200  # the combining class of marks above and below a letter; vowel signs of other scripts are below it


def normal(name: str) -> str:
    """The name as it is drawn from: case, accents, apostrophes and spaces do not matter."""
    letters = unicodedata.normalize("NFKD", name.translate(APOSTROPHES)).casefold()
    return " ".join("".join(c for c in letters if unicodedata.combining(c) < ACCENT).split())


def usable(name: Any) -> str:
    """Why no numbers can be drawn from this name, or "" if they can."""
    if not isinstance(name, str):
        cure = 'Write it as STUDENT = "...", in quotes.'
        return f"Expected STUDENT to be your name as text, but {kind_of(name)} came. {cure}"
    if not any(c.isalpha() for c in name):
        return (
            f"STUDENT is {name!r}. Write your own between the quotes: the numbers of this exercise are drawn from it."
        )
    if normal(name) in SAMPLES:
        return f"STUDENT is still the sample, {name!r}. Write your own: the numbers of this exercise are drawn from it."
    return ""


def picks(purpose: str, name: str, attempt: int = 0) -> Iterator[int]:
    """32 numbers from 0 to 255 that are the same for a name on every machine and with every version of NumPy."""
    return iter(hashlib.sha256(f"{purpose}/{normal(name)}/{attempt}".encode()).digest())
