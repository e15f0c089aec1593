"""Train every network on every task at every T, ten seeds each, and write their record.

It may be interrupted: each run is written as it ends, and what is known is not run again, unless it is asked for.
"""

import argparse

from artefacts.long_memory.entries import AGAIN, ENTRIES, TIMES, Recipe
from artefacts.long_memory.networks import NETWORKS
from artefacts.long_memory.record import Key, Record
from artefacts.long_memory.train import train
from rnnkit.records import LONG_MEMORY, Run


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--anew", action="store_true", help="forget the runs that are known")
    if parser.parse_args().anew:
        LONG_MEMORY.unlink(missing_ok=True)
    everything(Record())


def everything(record: Record) -> None:
    """The trials, the choice of the learning rates, and the runs."""
    recipe = Recipe()
    for network in NETWORKS:
        for name, entry in ENTRIES.items():
            for rate in recipe.rates:
                for seed in recipe.trial_seeds:
                    once(record, record.trials, network, name, entry.trial, seed, rate, recipe)
            record.choose(network, name)
    for seed in recipe.seeds:  # seed by seed, so that an interruption leaves the same number of each
        for name, entry in ENTRIES.items():
            for T in entry.lengths:
                for network in NETWORKS:
                    once(record, record.runs, network, name, T, seed, record.rates[network][name], recipe)
    for network, name, T in AGAIN:
        for seed in recipe.seeds:
            once(record, record.longer, network, name, T, seed, record.rates[network][name], recipe, TIMES)
    record.write()


def once(
    record: Record,
    known: dict[Key, Run],
    network: str,
    name: str,
    T: int,
    seed: int,
    rate: float,
    recipe: Recipe,
    times: int = 1,
) -> None:
    """A run, if it is not known, and the record with it."""
    if (network, name, T, seed, rate) in known:
        return
    run = train(network, name, T, seed, rate, recipe, times)
    known[run[:5]] = run
    record.write()
    end = "solved" if run.solved else "not solved"
    print(f"{network}, {name}, T = {T}, seed {seed}, rate {rate}: {end} after {run.updates} updates", flush=True)


if __name__ == "__main__":
    main()
