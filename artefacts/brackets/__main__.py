"""Train the three readers of *The way back of an LSTM* twelve times as long as the page does, and write their record.

The code is the page's own: its cells make the lines, the networks and the updates. It takes about two minutes, and
``--rates`` three more: each rate of a grid with other seeds and half as many updates, looked at on new lines as short
as those that the networks learn from. The trials are kept beside the runs; no rate is taken from them by itself.
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

PAGE = Path(__file__).parents[2] / "chapters" / "gates" / "back.md"
SEEDS, EVERY, LOOKS = 3, 150, 36  # a look every 150 updates
RATES, TRIED, HALF = (0.0025, 0.005, 0.01, 0.02, 0.04), (10, 11, 12), 18  # seeds that no run has; looks


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
    """By name and rate, the bits on short lines at each look, with each of the other seeds."""
    start, bits = time.process_time(), {}
    for name, (*reader, _) in names["READERS"].items():
        bits[name] = {str(rate): [course(names, (*reader, rate), n, HALF, long=False) for n in TRIED] for rate in RATES}
    return {"cpu_seconds": round(time.process_time() - start), "seeds": TRIED, "bits": bits}


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
