"""What a unit does, and not only what it goes along with: hold it at its other end, and see what is expected then."""

import numpy as np

from artefacts.type_ahead.units import Seen
from rnnkit import Linear
from rnnkit.explorers.type_ahead.network import NEWLINE
from rnnkit.ops import softmax

LONG = 60  # characters that a line has to have before its newline says something of its length
SPACE = 0


def places(found: Seen, name: str) -> np.ndarray:
    """Rows of the other half of the files after which what a unit follows is true to come to its end, or to go on.

    Before the closing quote of a string; before a closing bracket; after a newline, where the next line begins with a
    space as the last one did; before the newline of a line of at least 60 characters.
    """
    of = found.labels
    where = {
        "single quotes": (of["closes a single quote"] > 0) & found.code,
        "brackets": (of["closes a bracket"] > 0) & found.code,
        "indentation": (of["indentation"] > 0) & (found.read == NEWLINE) & (found.following == SPACE),
        "place in the line": (of["place in the line"] >= LONG) & (found.following == NEWLINE),
    }[name]
    return np.flatnonzero(where & ~found.first)


def expected(readout: Linear, h: np.ndarray, following: np.ndarray) -> float:
    """The mean probability of what followed, from states (n, H) and symbols (n,)."""
    probability = softmax(readout(h.astype(float)).h)
    return float(probability[np.arange(len(h)), following].mean())


def held(found: Seen, readout: Linear, name: str, unit: int, most: int = 2000) -> dict[str, float]:
    """The mean probability of what truly comes, at evenly spread places: with no unit held, this one, or another.

    The unit is held at -1, the end at which what it follows is off; another one, at the end away from where it is, and
    the figure is the mean over all others. A unit is held for the one step.
    """
    rows = places(found, name)
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]
    h, following = found.h[rows], found.following[rows]

    def with_unit(k: int, value: np.ndarray | float) -> float:
        changed = h.copy()
        changed[:, k] = value
        return expected(readout, changed, following)

    others = [with_unit(k, np.where(h[:, k] > 0, -1, 1)) for k in range(h.shape[1]) if k != unit]
    return {
        "places": len(rows),
        "unheld": expected(readout, h, following),
        "held": with_unit(unit, -1),
        "another held": float(np.mean(others)),
    }
