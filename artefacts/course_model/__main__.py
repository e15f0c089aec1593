"""Train the networks of problem set 5: one as its solution does, and three in which something went wrong.

The one that went right is the reference: who comes near to it has all points. The others are wrong answers on record:
too few updates, a memory of forty strings, and a network that was asked for the symbol that it reads. It takes about a
minute.
"""

import argparse
import json

import numpy as np

import rnnkit
from rnnkit.course.sets.ps5_applications.language import (
    RECORD,
    TASK,
    Network,
    best,
    bits,
    fresh,
    log_probabilities,
    pack,
)
from rnnkit.course.sets.ps5_applications.networks import FILE
from rnnkit.data import Batch
from rnnkit.training import Cosine

UNITS, EPOCHS, UPDATES, BATCH, RATE, SEED = 16, 20, 100, 32, 0.01, 0


def network(seed: int = SEED) -> rnnkit.Sequential:
    rng = np.random.default_rng(seed)
    return rnnkit.Sequential(
        rnnkit.GRU(TASK.input_size, UNITS, rng=rng), rnnkit.Linear(UNITS, TASK.input_size, rng=rng)
    )


def train(batches, epochs: int = EPOCHS, seed: int = SEED) -> rnnkit.Sequential:
    """As in the solution: the learning rate falls to zero along a cosine."""
    model = network(seed)
    falls = Cosine(RATE, epochs * UPDATES)
    rnnkit.fit(
        model, batches, "softmax_cross_entropy", rnnkit.Adam(RATE), epochs, schedule=falls, seed=seed, progress=False
    )
    return model


def few(count: int):
    """The same strings in every batch, which can be learned by heart."""
    batch = TASK.sample(1, count)
    return lambda rng: (batch for _ in range(UPDATES))


def present(rng):
    """What is read is asked for, and not what comes next."""
    for batch in TASK.batches(UPDATES, BATCH)(rng):
        yield Batch(batch.xs, np.asarray(batch.xs).argmax(-1), batch.mask)


def trained() -> dict[str, rnnkit.Sequential]:
    return {
        "reference": train(TASK.batches(UPDATES, BATCH)),
        "few updates": train(TASK.batches(UPDATES, BATCH), epochs=1),
        "by heart": train(few(40), epochs=10),
        "present": train(present, epochs=3),
    }


def above_the_best(w: Network) -> float:
    """Bits a symbol above who knows the rules, as a mean over other strings than those that anyone is graded on."""
    some = [fresh(seed) for seed in range(100, 130)]
    return float(np.mean([bits(log_probabilities(w, of), of) - best(of) for of in some]))


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    models = trained()
    for name, model in models.items():
        w = Network(*(np.asarray(a) for a in model.params.values()))
        print(f"{name:12} {bits(log_probabilities(w, fresh(1)), fresh(1)):.3f} bits a symbol")
    rows = {name: pack(model.params) for name, model in models.items()}
    FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    reference = Network(*(np.asarray(a) for a in models["reference"].params.values()))
    record = {"above_the_best": round(above_the_best(reference), 3), "units": UNITS, "updates": EPOCHS * UPDATES}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {FILE.name} and {RECORD.name}")


if __name__ == "__main__":
    main()
