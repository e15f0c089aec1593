"""What the network reads: files of Python's standard library, pinned by their hashes in files.txt.

The list has one rule, which ``python -m artefacts.type_ahead.corpus`` applies again: every .py file of the library but
those of tests, tables and builds, and but those that name a copyright holder without a licence to the Python Software
Foundation. So all of it is under the Foundation's licence. Of the sorted list every tenth file is held out.
"""

import hashlib
import re
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnkit.explorers.type_ahead.network import encode

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
LIST = Path(__file__).parent / "files.txt"
PYTHON = "3.11.7"  # whose library the list pins
LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "encodings", "pydoc_data", "__pycache__"}
OF_A_BUILD = re.compile(r"config-|_sysconfigdata")
COPYRIGHT = re.compile(r"copyright\W.*\d{4}|\(c\) +(?:\d{4}|copyright)|copyright.*\bby\b", re.I)
TO_THE_FOUNDATION = re.compile(r"licensed to (?:the )?PSF", re.I)
HEADER = f"""# The files of Python {PYTHON}'s standard library that Type Ahead's network was made with.
# sha256, whether it was trained on or held out, and the path in the library.
"""


class File(NamedTuple):
    """One line of the list."""

    sha256: str
    held_out: bool
    path: str


def pinned() -> list[File]:
    """The files of files.txt, in its order."""
    lines = (line.split(maxsplit=2) for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [File(sha256, use == "held-out", path) for sha256, use, path in lines]


def differing(files: Iterable[File], library: Path = LIBRARY) -> list[str]:
    """Paths of the files that this Python does not have, or has with another text."""
    return [f.path for f in files if not (library / f.path).is_file() or _sha256(library / f.path) != f.sha256]


def texts(files: Iterable[File], library: Path = LIBRARY) -> list[str]:
    """The texts of these files.

    Raises
    ------
    ValueError
        If this Python's library has another text in one of them, or does not have it.
    """
    files = list(files)
    if differs := differing(files, library):
        raise ValueError(
            f"{len(differs)} of {len(files)} files of this Python's library are not those of files.txt, the first: "
            f"{differs[0]}. The library of Python {PYTHON} is expected, unchanged. Is this another one?"
        )
    return [_text(library / f.path) for f in files]


def split() -> tuple[list[str], list[str]]:
    """The texts to train on, and those held out."""
    files = pinned()
    return texts(f for f in files if not f.held_out), texts(f for f in files if f.held_out)


def joined(several: Iterable[str]) -> np.ndarray:
    """Texts end to end, as symbols, (characters,)."""
    return np.concatenate([encode(text) for text in several])


def listed(library: Path = LIBRARY) -> str:
    """files.txt, made anew from a library."""
    paths = sorted(p.relative_to(library).as_posix() for p in library.rglob("*.py") if _is_read(p, library))
    lines = (
        f"{_sha256(library / path)} {'held-out' if k % 10 == 0 else 'train'} {path}\n" for k, path in enumerate(paths)
    )
    return HEADER + "".join(lines)


def _is_read(path: Path, library: Path) -> bool:
    parts = path.relative_to(library).parts
    return not LEFT_OUT & set(parts) and not OF_A_BUILD.match(parts[0]) and foundations(_text(path))


def foundations(text: str) -> bool:
    """Whether a file is under the Foundation's licence alone: it names no other holder, or one who licensed it so."""
    notices = [line for line in text.splitlines() if COPYRIGHT.search(line)]
    return bool(TO_THE_FOUNDATION.search(text)) or all("Python Software Foundation" in line for line in notices)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _sha256(path: Path) -> str:
    """Of the text with plain line ends, so that it is the same on every system."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    LIST.write_text(listed(), "utf-8")
