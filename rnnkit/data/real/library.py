"""Python's own standard library as a text, pinned by the hash of each file.

``library.txt`` names the files: every .py file of the library but those of tests, tables and builds, and but those that
name a copyright holder without a licence to the Python Software Foundation. So all of it is under the Foundation's
licence. ``python -m artefacts.type_ahead.corpus`` writes the list.
"""

import hashlib
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rnnkit import checks

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
LIST = Path(__file__).parent / "library.txt"
PYTHON = "3.11.7"  # whose library the list pins
LICENCE = "Python Software Foundation License Version 2"


class File(NamedTuple):
    """One line of the list."""

    sha256: str
    held_out: bool
    path: str


def pinned() -> list[File]:
    """The files of the list, in its order; every tenth is held out."""
    lines = (line.split(maxsplit=2) for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [File(sha256, use == "held-out", path) for sha256, use, path in lines]


def differing(files: Iterable[File], library: Path = LIBRARY) -> list[str]:
    """Paths of the files that this Python does not have, or has with another text."""
    return [f.path for f in files if not (library / f.path).is_file() or hashed(library / f.path) != f.sha256]


def texts(files: Iterable[File], library: Path = LIBRARY) -> list[str]:
    """The texts of these files.

    Raises
    ------
    ValueError
        If this Python's library has another text in one of them, or does not have it.
    """
    files = list(files)
    if differs := differing(files, library):
        came = f"{len(differs)} of {len(files)} files of this library are not the list's, the first: {differs[0]}"
        raise checks.wrong(came, f"the library of Python {PYTHON}, unchanged", "Is this another one?")
    return [text(library / f.path) for f in files]


def text(path: Path) -> str:
    """A file's text, with plain line ends."""
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def hashed(path: Path) -> str:
    """The sha256 of the text with plain line ends, so that it is the same on every system."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
