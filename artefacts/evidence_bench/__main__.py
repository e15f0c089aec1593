"""Train the nine networks of Evidence Bench, and measure six methods on hidden sequences with known planted steps.

Three tasks, three seeds each; all nine are kept, so that nothing is chosen. It takes about a minute.
"""

import argparse
import json
import platform
import time
from typing import Any

import numpy as np

from artefacts.evidence_bench.train import Recipe, train
from rnnkit.cells import Params
from rnnkit.explorers.evidence_bench.network import (
    FILE,
    METHODS,
    PLANTED,
    SHUFFLES,
    T,
    alike,
    named,
    packed,
    score,
    sequences,
    shuffled,
)
from rnnkit.ops import Array

SEEDS, HIDDEN, HIDDEN_SEED = (0, 1, 2), 1000, 999


def found(scores: Array, marks: Array, count: int) -> list[int]:
    """How often in a thousand a planted step at each place is among the ``count`` that the scores name, (T,)."""
    hit = np.zeros_like(marks)
    np.put_along_axis(hit, named(scores, count), 1.0, 0)
    shares = (hit * marks).sum(1) / marks.sum(1)
    return [round(1000 * float(share)) for share in shares]


def measured(net: Params, task: str) -> dict[str, Any]:
    """What is known of one network, in thousandths, the methods in their order.

    ``right``: how often it is. ``found``: by method and place. ``shuffled``: for each way to shuffle the weights how
    often it is right then, and how alike each method's pictures are to those before.
    """
    x, marks, yes = sequences(task, HIDDEN, np.random.default_rng(HIDDEN_SEED))

    def right(one: Params) -> int:
        return round(1000 * float(np.mean((score(one, x, marks) > 0) == yes)))

    pictures = {name: method(net, x, marks) for name, method in METHODS.items()}
    broken = [shuffled(net, seed) for seed in range(1, SHUFFLES + 1)]
    return {
        "right": right(net),
        "found": [found(scores, marks, PLANTED[task]) for scores in pictures.values()],
        "shuffled": [
            [right(one)]
            + [round(1000 * float(alike(pictures[name], m(one, x, marks)).mean())) for name, m in METHODS.items()]
            for one in broken
        ],
    }


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    began, networks = time.process_time(), {}
    for task in PLANTED:
        networks[task] = []
        for seed in SEEDS:
            net = train(task, seed, Recipe())
            networks[task].append({"seed": seed, **measured(net, task), "weights": packed(net)})
            print(f"{task}, seed {seed}: right {networks[task][-1]['right'] / 10:.1f} %", flush=True)
    record = {
        "steps": T,
        "hidden": HIDDEN,
        "cpu_seconds": round(time.process_time() - began),
        "numpy": np.__version__,
        "processor": platform.machine(),
        "networks": networks,
    }
    FILE.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {FILE.name}")


if __name__ == "__main__":
    main()
