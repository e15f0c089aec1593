"""What the network reads: the pinned files of Python's standard library, and the rule by which the list names them.

``python -m artefacts.type_ahead.corpus`` applies the rule again. :mod:`rnnkit.data.real.library` says it, and reads the
files. Of the sorted list every tenth file is held out.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rnnkit.data.real.library import LIBRARY, LIST, PYTHON, hashed, pinned, text, texts
from rnnkit.explorers.type_ahead.network import encode

LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "encodings", "pydoc_data", "__pycache__"}
OF_A_BUILD = re.compile(r"config-|_sysconfigdata")
COPYRIGHT = re.compile(r"copyright\W.*\d{4}|\(c\) +(?:\d{4}|copyright)|copyright.*\bby\b", re.I)
TO_THE_FOUNDATION = re.compile(r"licensed to (?:the )?PSF", re.I)
HEADER = f"""# The files of Python {PYTHON}'s standard library that Type Ahead's network was made with.
# sha256, whether it was trained on or held out, and the path in the library.
"""


def split() -> tuple[list[str], list[str]]:
    """The texts to train on, and those held out."""
    files = pinned()
    return texts(f for f in files if not f.held_out), texts(f for f in files if f.held_out)


def joined(several: Iterable[str]) -> np.ndarray:
    """Texts end to end, as symbols, (characters,)."""
    return np.concatenate([encode(each) for each in several])


def listed(library: Path = LIBRARY) -> str:
    """The list, made anew from a library."""
    paths = sorted(p.relative_to(library).as_posix() for p in library.rglob("*.py") if _is_read(p, library))
    lines = (
        f"{hashed(library / path)} {'held-out' if k % 10 == 0 else 'train'} {path}\n" for k, path in enumerate(paths)
    )
    return HEADER + "".join(lines)


def _is_read(path: Path, library: Path) -> bool:
    parts = path.relative_to(library).parts
    return not LEFT_OUT & set(parts) and not OF_A_BUILD.match(parts[0]) and foundations(text(path))


def foundations(source: str) -> bool:
    """Whether a file is under the Foundation's licence alone: it names no other holder, or one who licensed it so."""
    notices = [line for line in source.splitlines() if COPYRIGHT.search(line)]
    return bool(TO_THE_FOUNDATION.search(source)) or all("Python Software Foundation" in line for line in notices)


if __name__ == "__main__":
    LIST.write_text(listed(), "utf-8")
