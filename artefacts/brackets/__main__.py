"""Train the three readers of *The LSTM* twelve times as long as the page does, and write their record.

The code is the page's own: its cells make the lines, the networks and the updates. It takes about two minutes.
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


def of_the_page() -> dict[str, Any]:
    """What the page's cells define that make the lines and the networks."""
    names: dict[str, Any] = {"np": np, "rnnkit": rnnkit}
    for cell in jupytext.read(PAGE).cells:
        if cell.cell_type == "code" and ("def bits(" in cell.source or "READERS =" in cell.source):
            exec(cell.source, names)
    return names


def course(names: dict[str, Any], name: str, seed: int, looks: int = LOOKS) -> list[float]:
    """Bits for the kind of the last bracket of new long lines, at each look."""
    _, long = names["new_lines"]()
    models = islice(names["learn"](*names["READERS"][name], seed), looks)
    return [round(float(names["bits"](model, long)[2].mean()), 3) for model in models]


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    names, start = of_the_page(), time.process_time()
    runs = {name: [course(names, name, seed) for seed in range(SEEDS)] for name in names["READERS"]}
    found = {"every": EVERY, "cpu_seconds": round(time.process_time() - start), "numpy": np.__version__, "bits": runs}
    BRACKETS.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {BRACKETS.name}")


if __name__ == "__main__":
    main()
