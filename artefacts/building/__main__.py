"""Train every network of each comparison on its tasks at every T, five seeds each, and write their record.

It may be interrupted: each run is written as it ends, and what is known is not run again, unless it is asked for.
"""

import argparse

from artefacts.building.entries import AGAIN, COMPARISONS, RECIPE
from artefacts.building.record import Key, Record
from artefacts.building.train import train
from rnnkit.records import BUILDING, Run


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--anew", action="store_true", help="forget the runs that are known")
    if parser.parse_args().anew:
        BUILDING.unlink(missing_ok=True)
    everything(Record())


def everything(record: Record) -> None:
    """Of each comparison the trials, the choice of the learning rates, and the runs."""
    for comparison, compared in COMPARISONS.items():
        for network in compared.networks:
            for name, entry in compared.tasks.items():
                for rate in RECIPE.rates:
                    for seed in RECIPE.trial_seeds:
                        once(record, record.trials, comparison, (network, name, entry.trial, seed, rate))
                rate = record.choose(network, name)
                for T in entry.lengths:
                    for seed in RECIPE.seeds:
                        once(record, record.runs, comparison, (network, name, T, seed, rate))
                for rate in (rate for again, rate in AGAIN if again == network):
                    for T in entry.lengths:
                        for seed in RECIPE.seeds:
                            once(record, record.longer, comparison, (network, name, T, seed, rate))
    record.write()


def once(record: Record, known: dict[Key, Run], comparison: str, key: Key) -> None:
    """A run, if it is not known, and the record with it."""
    if key in known:
        return
    known[key] = run = train(comparison, *key)
    record.write()
    end = "solved" if run.solved else f"not solved ({run.measure})"
    words = f"{run.network}, {run.task}, T = {run.T}, seed {run.seed}, rate {run.rate}"
    print(f"{words}: {end} after {run.updates} updates, {run.cpu_seconds} s", flush=True)


if __name__ == "__main__":
    main()
