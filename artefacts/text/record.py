"""What runs come to is kept until what made them changes, so that an interruption costs one run; and the record."""

import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from artefacts.runs import Kept
from benchmarks.machine import processor
from rnnkit.metrics import difference
from rnnkit.records import TEXT

FOLDER = Path(__file__).parent
BUILD = FOLDER.parents[1] / "_build" / "artefacts" / "text"
SCRIPTS = ("tables.py", "archive.py", "reading.py", "writing.py", "training.py", "code.py", "music.py")


class Runs(Kept):
    """CPU seconds of each run, and the rows of *Does it win?*."""

    def __init__(self, folder: Path = BUILD) -> None:
        super().__init__(folder)

    def kept(self, name: str, key: str, run: Callable[..., Any], *given: Any) -> Any:
        """What the run returns, or has returned before under this key."""
        return self.once(name, f"{name} {key}", run, *given)

    def compare(self, ours: Any, theirs: Any, **words: str) -> None:
        """A row of bits a character, from the bits and characters of each test item, (S, N, 2) and (N, 2)."""
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        found = difference(ours, theirs, a_character, draws=500)
        numbers = {
            "items": int(ours.shape[1]),
            "ours": [round(a_character(one), 4) for one in ours],
            "theirs": [round(a_character(theirs), 4)],
            "difference": [round(value, 4) for value in found],
        }
        self.rows.append(words | {"measure": "bits a character", "better": "lower"} | numbers)

    def write(self, content: dict[str, Any], path: Path = TEXT) -> None:
        about = {
            "rows": self.rows,
            "cpu_seconds": self.seconds,
            "scripts_sha256": fingerprint(),
            "processor": processor(),
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
        lines = (
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in (content | about).items()
        )
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def a_character(values: Any) -> float:
    """Bits a character of all items together, from (N, 2)."""
    bits, characters = values.sum(0)
    return float(bits / characters)


def fingerprint(*names: str) -> str:
    """A hash of these scripts; left out: of all that runs depend on."""
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in names or SCRIPTS)).hexdigest()
