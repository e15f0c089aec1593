"""Train the networks of *What an answer rests on*, five seeds of each, and write their weights.

The tasks and the network are the page's own: its cells define them. It takes about three minutes of CPU time.
"""

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import torch

from benchmarks.machine import processor
from rnnkit.records import EVIDENCE

PAGE = Path(__file__).parents[2] / "chapters" / "inside" / "evidence.md"
OF_THE_PAGE = ("T, H = 24, 10\n", "def sequences(task, rng, n):\n", "class Reader(torch.nn.Module):\n")
KINDS = {"sum": ("sum", True), "one": ("one", True), "either": ("either", True), "sum, last": ("sum", False)}
SEEDS, UPDATES, BATCH, RATE, CLIP = (0, 1, 2, 3, 4), 2000, 128, 0.01, 1.0
DECIMALS = 4  # of a weight: the page's network is the rounded one


def of_the_page() -> dict[str, Any]:
    """The page's tasks and its network."""
    names: dict[str, Any] = {}
    for cell in jupytext.read(PAGE).cells:
        if cell.cell_type == "code" and any(line in cell.source for line in OF_THE_PAGE):
            exec(cell.source, names)
    return names


def train(kind: str, seed: int, updates: int = UPDATES) -> Any:
    """A network that says yes or no, in float32; the learning rate falls to 0 along a cosine."""
    names, (task, looks) = of_the_page(), KINDS[kind]
    rng = np.random.default_rng([seed, 1])
    model = names["Reader"](seed, looks).float()
    adam = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, updates)
    for _ in range(updates):
        v, marks, yes, _ = names["sequences"](task, rng, BATCH)
        z = model(v.float(), marks.float())
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, yes.float())
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        adam.step()
        schedule.step()
    return model


def settings() -> dict[str, Any]:
    """What the runs depend on, as JSON has it."""
    found = {"kinds": KINDS, "seeds": SEEDS, "updates": UPDATES, "batch": BATCH, "rate": RATE, "clip": CLIP}
    return json.loads(json.dumps(found | {"decimals": DECIMALS}))


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    torch.set_num_threads(1)
    networks: dict[str, list[dict[str, Any]]] = {}
    start = time.process_time()
    for kind in KINDS:
        networks[kind] = []
        for seed in SEEDS:
            weights = train(kind, seed).state_dict()
            networks[kind].append({name: rounded(tensor) for name, tensor in weights.items()})
            print(f"{kind}, seed {seed}: {time.process_time() - start:.0f} s so far", flush=True)
    about = {"settings": settings(), "cpu_seconds": round(time.process_time() - start), "processor": processor()}
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    content = about | versions | {"networks": networks}
    EVIDENCE.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {EVIDENCE.name}")


def rounded(tensor: Any) -> Any:
    return np.round(tensor.numpy().astype(float), DECIMALS).tolist()


if __name__ == "__main__":
    main()
