"""Train the network of Stream Desk, measure it on texts that it has not read, and write network.json.

It takes some minutes.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np

from artefacts.stream_desk.guests import talks
from artefacts.stream_desk.train import Recipe, train
from rnnkit.cells import Params
from rnnkit.explorers.stream_desk.network import FILE, encode, named, packed, read, scores
from rnnkit.ops import Array

SEED, HIDDEN_SEED, HIDDEN = 0, 999, 300
GUESTS = json.loads((Path(__file__).parent / "guests.json").read_text("utf-8"))


def right(net: Params, symbols: Array, tables: Array) -> Array:
    """Whether each answer is, (T, N)."""
    return np.asarray(scores(net, read(net, symbols)[1:]).argmax(-1) == tables)


def measured(net: Params) -> dict[str, int]:
    """Wrong answers in hidden texts of 240 and of 400 symbols, of all, and in the ten guests' texts."""
    rng, found = np.random.default_rng(HIDDEN_SEED), {}
    for length, often in ((240, 0.03), (400, 0.01)):
        found[f"wrong_{length}"] = int((~right(net, *talks(HIDDEN, length, often, rng))).sum())
    texts = list(GUESTS.values())
    own = right(net, np.stack([encode(text) for text in texts], 1), np.stack([named(text) for text in texts], 1))
    return {"texts": HIDDEN} | found | {"wrong_guests": int((~own).sum())}


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    began = time.process_time()
    net = train(SEED, Recipe(), tell=True)
    figures = {
        "seed": SEED,
        **measured(net),
        "cpu_seconds": round(time.process_time() - began),
        "numpy": np.__version__,
        "processor": platform.machine(),
    }
    record = {**packed(net), "guests": GUESTS, "figures": figures}
    FILE.write_text(json.dumps(record, indent=0) + "\n", encoding="utf-8")
    print(f"wrote {FILE.name}: {figures}")


if __name__ == "__main__":
    main()
