"""The network that reads both ways, seed 0, small enough for a page: a byte for each weight."""

import base64
import json
from typing import Any

import numpy as np

from artefacts.labels import rivals, tagging
from artefacts.labels.record import Runs
from artefacts.labels.tags import TAGS
from rnnkit.records import TAGGER


def of_runs(runs: Runs) -> None:
    """Write what the run of seed 0 has learned, which ``again.py`` has asked for too."""
    of = tagging.parts()
    write(runs.timed("rivals, both ways, seed 0", rivals.run, of, "both ways", 0)[2], of)


def write(weights: dict[str, Any], of: tagging.Parts) -> None:
    """rnnkit/records/tagger.json: characters, tags, and each weight in 127ths of the largest of its row."""
    arrays = {}
    for name, a in weights.items():
        scale = np.abs(np.atleast_2d(a)).max(-1, keepdims=True) / 127
        whole = np.round(np.atleast_2d(a) / scale).astype(np.int8)
        arrays[name] = [list(a.shape), np.round(scale[:, 0], 6).tolist(), base64.b64encode(whole.tobytes()).decode()]
    about = "Trained on the library of Python 3.11.7, whose licence is the PSF License Version 2."
    content = {"about": about, "characters": "".join(of.vocabulary.items), "tags": TAGS, "arrays": arrays}
    TAGGER.write_text(json.dumps(content, indent=0) + "\n", "utf-8")
