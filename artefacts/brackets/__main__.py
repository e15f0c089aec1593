"""Train the three readers of *The LSTM's way back* twelve times as long as the page does, and write their record.

The code is the page's own: its cells make the lines, the networks and the updates. It takes about two minutes. Before
it, ``--rates`` tries each rate of a grid on other seeds and half as many updates, which takes about six, and keeps
what the readers then cost on new lines as short as those that they learn from.
"""

import argparse
import json
import time
from itertools import islice
from pathlib import Path
from typing import Any

import jupytext
import numpy as np

import rnnkit
from rnnkit.records import BRACKETS

PAGE = Path(__file__).parents[2] / "chapters" / "gates" / "lstm.md"
SEEDS, EVERY, LOOKS = 3, 150, 36  # a look every 150 updates
RATES, OTHER_SEEDS, HALF = (0.0025, 0.005, 0.01, 0.02, 0.04), (10, 11, 12), 18


def of_the_page() -> dict[str, Any]:
    """What the page's cells define that make the lines and the networks."""
    names: dict[str, Any] = {"np": np, "rnnkit": rnnkit}
    for cell in jupytext.read(PAGE).cells:
        if cell.cell_type == "code" and ("def bits(" in cell.source or "READERS =" in cell.source):
            exec(cell.source, names)
    return names


def course(names: dict[str, Any], reader: tuple[Any, ...], seed: int, looks: int, *, long: bool = True) -> list[float]:
    """Bits for the kind of the last bracket of new lines, long or short ones, at each look."""
    lines = names["new_lines"]()[long]
    models = islice(names["learn"](*reader, seed), looks)
    return [round(float(names["bits"](model, lines)[2].mean()), 3) for model in models]


def runs(names: dict[str, Any]) -> dict[str, Any]:
    """The longer runs, at the page's rates."""
    start, readers = time.process_time(), names["READERS"].items()
    bits = {name: [course(names, one, seed, LOOKS) for seed in range(SEEDS)] for name, one in readers}
    return {"cpu_seconds": round(time.process_time() - start), "bits": bits}


def rates(names: dict[str, Any]) -> dict[str, Any]:
    """By name and rate, the bits on short lines after half of the updates, of each of the other seeds."""
    start, readers = time.process_time(), names["READERS"].items()
    bits = {
        name: {
            str(rate): [course(names, (*one[:3], rate), seed, HALF, long=False)[-1] for seed in OTHER_SEEDS]
            for rate in RATES
        }
        for name, one in readers
    }
    return {"cpu_seconds": round(time.process_time() - start), "updates": EVERY * HALF, "bits": bits}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--rates", action="store_true", help="try the learning rates as well")
    names, found = of_the_page(), json.loads(BRACKETS.read_text("utf-8")) if BRACKETS.exists() else {}
    if parser.parse_args().rates:
        found["rates"] = rates(names)
    found |= {"every": EVERY, "numpy": np.__version__} | runs(names)
    BRACKETS.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {BRACKETS.name}")


if __name__ == "__main__":
    main()
