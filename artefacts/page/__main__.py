"""Train the three networks of *It runs in your page*, measure them, and write page.json and code.safetensors.

The first seed's network goes into the page. It takes about ten minutes of one processor, and may be interrupted.
"""

import argparse
import hashlib
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from artefacts.page.measure import AT, measured
from artefacts.page.train import RECIPE, train
from artefacts.runs import Kept
from artefacts.type_ahead import corpus
from benchmarks.machine import processor
from rnnkit import GRU, Embedding, Linear, Sequential
from rnnkit.data import Vocabulary
from rnnkit.data.real import library
from rnnkit.deploy import save_bundle
from rnnkit.explorers.type_ahead.network import OTHER, SYMBOLS
from rnnkit.records import CODE, PAGE

SEEDS = (1, 2, 3)
BUILD = Path(__file__).parents[2] / "_build" / "artefacts" / "page"
READS = Vocabulary.of(SYMBOLS[:OTHER])
NEVER = -100.0  # the logit of padding


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    kept, key = Kept(BUILD), str(asdict(RECIPE)) + library.LIST.read_text("utf-8")
    models = [kept.once(f"seed {seed}", f"{key} {seed}", trained, seed) for seed in SEEDS]
    unseen = READS.encode("".join(corpus.split()[1]))
    rules = (Path(__file__).parent / "measure.py").read_text("utf-8")
    found = [
        kept.once(f"seed {seed}, read", f"{key} {seed} {rules}", measured, model, unseen)
        for seed, model in zip(SEEDS, models, strict=True)
    ]
    figures = {"bits_per_character": round(found[0]["32"], 4), "unseen_characters": len(unseen)}
    card = {
        "for": "going on with Python code that a reader types, in a page",
        "data": f"Python {library.PYTHON}'s standard library, the files of rnnkit/data/real/library.txt",
        "quality": figures,
        "limits": "It writes lines that look like Python, and seldom programs.",
        "seed": SEEDS[0],
    }
    save_bundle(CODE, models[0], READS, card)
    record = {
        "seeds": SEEDS,
        "recipe": asdict(RECIPE),
        "cpu_seconds": kept.seconds,
        "unseen_characters": len(unseen),
        "at": AT,
        "networks": rounded(found),
        "processor": processor(),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "bundle_sha256": hashlib.sha256(CODE.read_bytes()).hexdigest(),
    }
    PAGE.write_text(json.dumps(record, separators=(",", ":")) + "\n", "utf-8")
    print(f"wrote {PAGE.name} and {CODE.name}, {sum(kept.seconds.values()):.0f} s")


def trained(seed: int) -> Sequential:
    symbols = corpus.joined(corpus.split()[0])
    return numbered(train(symbols, RECIPE, seed, lambda line: print(f"  {line}", flush=True)).model)


def numbered(model: Sequential) -> Sequential:
    """The same network with a Vocabulary's numbers: padding, every other character, and then the 96 in their order."""
    p = dict(model.params)
    order = [OTHER, *range(OTHER)]
    for name in ("0.weight", "2.weight"):
        p[name] = np.concatenate([np.zeros_like(p[name][:1]), p[name][order]])
    p["2.bias"] = np.concatenate([[np.float32(NEVER)], p["2.bias"][order]])
    (V, E), H = p["0.weight"].shape, p["1.weight_hh_l0"].shape[1]
    like: dict[str, Any] = {"dtype": np.float32}
    made = Sequential(Embedding(V, E, **like), GRU(E, H, **like), Linear(H, V, **like))
    made.params.update(p)
    return made


def rounded(found: Any) -> Any:
    """Numbers to four digits behind the point, in lists and dicts too."""
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    return [rounded(value) for value in found] if isinstance(found, list) else round(found, 4)


if __name__ == "__main__":
    main()
