"""The sentences of the general hints, from words.md beside this file."""

import re
from functools import cache
from pathlib import Path


@cache
def texts() -> dict[str, str]:
    """Every sentence, by its key."""
    text = Path(__file__).with_name("words.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^- `([\w-]+)`: (.+)$", text, re.MULTILINE))


def say(key: str, **names: object) -> str:
    """A sentence with its names filled in."""
    return texts()[key].format(**names)
