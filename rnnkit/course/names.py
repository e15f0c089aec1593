"""Numbers that belong to one student: drawn from the name, so that no public solution holds them."""

import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Any

SAMPLES = ("your name", "name", "first last", "jane doe", "john doe")


def normal(name: str) -> str:
    """The name as it is drawn from: case, accents' encoding and spaces do not matter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def usable(name: Any) -> str:
    """Why no numbers can be drawn from this name, or "" if they can."""
    if not isinstance(name, str):
        return f'Expected your name as text, but a {type(name).__name__} came: NAME = "Ada Lovelace", in quotes.'
    if not any(c.isalpha() for c in name):
        return f"NAME is {name!r}. Write your own between the quotes: the numbers of this exercise are drawn from it."
    if normal(name) in SAMPLES:
        return f"NAME is still the sample, {name!r}. Write your own: the numbers of this exercise are drawn from it."
    return ""


def picks(purpose: str, name: str, attempt: int = 0) -> Iterator[int]:
    """32 numbers from 0 to 255 that are the same for a name on every machine and with every version of NumPy."""
    return iter(hashlib.sha256(f"{purpose}/{normal(name)}/{attempt}".encode()).digest())
