"""rnnkit/records/labels.json: what the runs came to, and what they depend on."""

import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch

from artefacts.runs import Kept
from benchmarks.machine import processor
from rnnkit.metrics import difference, reliability
from rnnkit.records import LABELS

FOLDER = Path(__file__).parent
BUILD = FOLDER.parents[1] / "_build" / "artefacts" / "labels"


class Runs(Kept):
    """CPU seconds of each run, and the rows of *Does it win?*.

    What a run comes to is kept in ``folder`` until its script changes, so that an interruption costs one run.
    """

    def __init__(self, folder: Path = BUILD) -> None:
        super().__init__(folder)

    def timed(self, name: str, run: Callable[..., Any], *given: Any) -> Any:
        """What the run returns, or has returned before."""
        return self.once(name, fingerprint(Path(run.__code__.co_filename)) + name, run, *given)

    def compare(self, ours: Any, theirs: Any, of_counts: bool = False, items: int = 0, **words: str) -> None:
        """A row: both measures, and the interval of their difference over seeds and what the test is drawn in.

        ``items`` says how many there are, where they are drawn in groups: hands, packages.
        """
        ours, theirs = np.array(ours), np.array(theirs)
        measure = of_all if of_counts else mean
        found = difference(ours, theirs, measure, draws=300 if of_counts else 1000)
        baselines = theirs if theirs.ndim == ours.ndim else theirs[None]
        numbers = {
            "items": items or int(ours.shape[1]),
            "ours": [round(measure(values), 4) for values in ours],
            "theirs": [round(measure(values), 4) for values in baselines],
            "difference": [round(value, 4) for value in found],
        }
        self.rows.append(words | {"better": "higher"} | numbers)

    def reliability(self, several: Any, targets: Any) -> dict[str, Any]:
        """Said and right by bins, over all seeds together, and the error of each seed."""
        every = reliability(np.concatenate(several), np.concatenate([targets] * len(several)))
        errors = []
        for p in several:
            said, right, counts = reliability(p, targets)
            there = counts > 0
            errors.append(float((np.abs(said - right)[there] * counts[there]).sum() / counts.sum()))
        there = every.counts > 0
        return {
            "said": np.round(every.said[there], 4).tolist(),
            "right": np.round(every.right[there], 4).tolist(),
            "counts": every.counts[there].tolist(),
            "error": np.round(errors, 4).tolist(),
        }

    def write(self, content: dict[str, Any], path: Path = LABELS) -> None:
        about = {
            "rows": self.rows,
            "cpu_seconds": self.seconds,
            "scripts_sha256": fingerprint(),
            "processor": processor(),
            "python": platform.python_version(),
            "torch": torch.__version__.partition("+")[0],
            "scikit-learn": sklearn.__version__,
        }
        lines = (
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in (content | about).items()
        )
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def mean(values: Any) -> float:
    return float(values.mean())


def of_all(counts: Any) -> float:
    """F1 of all spans, from the counts of each sequence, (N, 3)."""
    right, predicted, present = counts.sum(0)
    return float(2 * right / (predicted + present))


def softmax(y: Any) -> Any:
    y = np.asarray(y.detach().cpu() if hasattr(y, "detach") else y, np.float64)
    p = np.exp(y - y.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def fingerprint(*scripts: Path) -> str:
    """A hash of these scripts and of that of the tags; left out: of all that runs depend on."""
    several = scripts or [FOLDER / name for name in ("digits.py", "reviews.py", "tagging.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*several, FOLDER / "tags.py"))).hexdigest()
