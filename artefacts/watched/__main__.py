"""Train the runs of *Watching a run*, five seeds each, and write their weights, curves and gradients.

The code is the page's own: its cells make the rows, the networks and the updates. It takes about two minutes.
"""

import argparse
import base64
import json
import time
from pathlib import Path
from typing import Any

import jupytext
import numpy as np

import rnnkit
from rnnkit.records import WATCHED

PAGE = Path(__file__).parents[2] / "chapters" / "inside" / "runs.md"
DEFINE = ("def rows(", "RUNS = {", "def train(")
SEEDS, CONTROL_SEEDS = 5, 3
FEW = 2000  # rows for a point on the way; the last one is of all


def of_the_page() -> dict[str, Any]:
    """What the page's cells define that make the rows, the networks and the updates."""
    names: dict[str, Any] = {"np": np, "rnnkit": rnnkit}
    for cell in jupytext.read(PAGE).cells:
        if cell.cell_type == "code" and any(line in cell.source for line in DEFINE):
            exec(cell.source, names)
    return names


def loss_of(model: Any, xs: Any, label: Any) -> float:
    return round(float(rnnkit.softmax_cross_entropy(model(xs).h, label)[0]), 4)


def watched(names: dict[str, Any], name: str, seed: int, **shorter: Any) -> dict[str, Any]:
    """The curve of one run on rows that it does not learn from, its gradients by lag, and its last weights."""
    xs, label, _ = names["unseen"](name, seed)
    curve, along = [], []
    for update, model, lengths in names["train"](name, seed, **shorter):
        curve.append([update, loss_of(model, xs[:, :FEW], label[:FEW])])
        along.append([float(f"{length:.2e}") for length in lengths])
    curve[-1][1] = loss_of(model, xs, label)
    weights = np.concatenate([a.ravel() for a in model.params.values()]).astype("<f2")
    return {"curve": curve, "along": along, "weights": base64.b64encode(weights.tobytes()).decode()}


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    names, start = of_the_page(), time.process_time()
    runs = {
        name: [watched(names, name, seed) for seed in range(SEEDS if name in names["RUNS"] else CONTROL_SEEDS)]
        for name in names["ALL"]
    }
    found = {"cpu_seconds": round(time.process_time() - start), "numpy": np.__version__, "runs": runs}
    WATCHED.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {WATCHED.name}")


if __name__ == "__main__":
    main()
