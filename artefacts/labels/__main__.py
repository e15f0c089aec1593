"""Train the networks of the page of labels; write their record, rnnkit/records/labels.json, and tagger.json.

It takes about half an hour of one processor, and may be interrupted.
"""

import argparse
import json

from artefacts.labels import again, report, tagger
from artefacts.labels.record import Runs
from rnnkit.records import LABELS

PARTS = {"digits": report.of_digits, "reviews": report.of_reviews, "tags": report.of_tags}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=PARTS, help="run this part, and write no record yet")
    only = parser.parse_args().only
    runs = Runs()
    if only:
        PARTS[only](runs)
        return
    content = {name: everything(runs) for name, everything in PARTS.items()}
    content["again"] = again.of_everything(runs)
    runs.write(content)
    tagger.of_runs(runs)
    print(f"wrote {LABELS.name}, {len(json.dumps(content)) / 1000:.0f} kB, {sum(runs.seconds.values()):.0f} s")


if __name__ == "__main__":
    main()
