"""The kit's JavaScript, asked from Python; and random traits within an explorer's limits."""

import json
import re

import numpy as np

from rnnkit.explorers import EXPLORERS
from rnnkit.explorers.base import engine

ANY = EXPLORERS[0]  # whoever asks for what all share


def ask(code, *given, kind=ANY):
    """What the expression gives for these arguments; modules go by their names, the explorer is ``it``."""
    arguments = json.dumps(given, allow_nan=False)
    return json.loads(engine(kind).eval(f"JSON.stringify(({code})(...{arguments}) ?? null)"))


def slug(kind):
    return kind.slug


def plain(traits):
    """As JSON would have them: lists for arrays and tuples."""
    return json.loads(json.dumps({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in traits.items()}))


def letters_of(limit):
    """Every character that a text may have."""
    return [chr(code) for code in range(128) if re.fullmatch(limit["letters"], chr(code))]


def random_traits(kind, rng, most=1.0):
    """Traits that fit together, no weight beyond ``most``, with up to six decimals."""
    sizes = {letter: int(rng.integers(low, high + 1)) for letter, (low, high) in kind.limits.sizes.items()}
    traits = {}
    for name, limit in kind.limits.traits.items():
        if "choices" in limit:
            traits[name] = str(rng.choice(limit["choices"]))
            continue
        if "letters" in limit:
            traits[name] = "".join(rng.choice(letters_of(limit), sizes[limit["axes"][0]]))
            continue
        if limit.get("none") and rng.random() < 0.5:
            traits[name] = None
            continue
        low, high = limit["low"], sizes.get(limit["high"], limit["high"])
        if limit.get("whole"):
            traits[name] = int(rng.integers(low, high + 1))
        else:
            shape = tuple(sizes[axis] for axis in limit.get("axes", ()))
            value = rng.uniform(max(low, -most), min(high, most), shape).round(limit.get("decimals", 6))
            traits[name] = value if shape else float(value)
    return traits
