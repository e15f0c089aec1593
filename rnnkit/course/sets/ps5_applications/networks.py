"""Networks beside the solutions, which whoever grades has in a clone and no installed package has.

``python make.py artefacts course_model`` trains them: "reference", which the solution comes to, and some that went
wrong. Their symbols are numbered as in ``language.TASK``.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

from rnnkit.course.answer.exercise import Values
from rnnkit.course.sets.ps5_applications.language import TASK, Network, unpack

FILE = Path(__file__).parents[4] / "solutions" / "ps5-applications" / "networks.json"
NAMES = "0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0", "0.bias_hh_l0", "1.weight", "1.bias"  # as rnnkit has them


@cache
def _stored(name: str) -> Network:
    if not FILE.exists():
        raise FileNotFoundError("expected a clone of the course's repository: its networks are not in the package.")
    rows: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
    return unpack(rows[name])


def stored(name: str, alphabet: str) -> Network:
    """One of them, with symbols numbered in the order of an alphabet; arrays of the caller's own."""
    w = _stored(name)
    order = [TASK.symbols.index(symbol) for symbol in f"S{alphabet}"]
    arrays = w.weight_ih[:, order], w.weight_hh, w.bias_ih, w.bias_hh, w.weight_out[order], w.bias_out[order]
    return Network(*(array.copy() for array in arrays))


def train(alphabet: str) -> dict[str, Values]:
    """The parameters that the solution's training comes to, by the names that rnnkit gives them; kept, and not run."""
    return {name: np.array(array) for name, array in zip(NAMES, stored("reference", alphabet), strict=True)}
