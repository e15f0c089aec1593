"""Train the networks of the page on sequences, and write their record, rnnkit/records/translate.json.

It takes about twenty minutes of one processor, and may be interrupted.
"""

import argparse

import torch

from artefacts.translate import report
from artefacts.translate.record import Runs
from rnnkit.records import TRANSLATE

PARTS = {"sounds": report.of_sounds, "dates": report.of_dates, "sentences": report.of_sentences}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=PARTS, help="run this part, and write no record yet")
    only = parser.parse_args().only
    torch.set_num_threads(1)
    runs = Runs()
    if only:
        PARTS[only](runs)
        return
    content = {name: everything(runs) for name, everything in PARTS.items()}
    runs.write(content)
    print(f"wrote {TRANSLATE.name}, {TRANSLATE.stat().st_size / 1000:.0f} kB, {sum(runs.seconds.values()):.0f} s")


if __name__ == "__main__":
    main()
