"""Train the networks of the page of text, and write their record, rnnkit/records/text.json.

It writes Type Ahead's tunes.json as well. It takes about twenty-five minutes of one processor, and may be interrupted.
"""

import argparse
import hashlib
import json
from typing import Any

import numpy as np

from artefacts.text import archive, code, music, publish, training
from artefacts.text.record import Runs, a_character, fingerprint
from artefacts.type_ahead import corpus
from artefacts.type_ahead.train import Recipe, train
from rnnkit.data.real import library
from rnnkit.explorers.type_ahead import network
from rnnkit.records import TEXT

OTHERS = (1, 2)  # seeds of Type Ahead's three; the third one is published
GRU, REMEMBERS = "GRU of 96 units", "that remembers"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=PARTS, help="run this part, and write no record yet")
    only = parser.parse_args().only
    runs = Runs()
    if only:
        PARTS[only](runs)
        return
    content = {name: part(runs) for name, part in PARTS.items()}
    runs.write(content)
    print(f"wrote {TEXT.name}, {len(json.dumps(content)) / 1000:.0f} kB, {sum(runs.seconds.values()):.0f} s")


def of_code(runs: Runs) -> dict[str, Any]:
    pins = library.LIST.read_text("utf-8")
    key = fingerprint("tables.py", "archive.py", "reading.py", "writing.py", "code.py") + pins
    found = runs.kept("code, tables", key, code.rivals)
    lot = runs.kept("code, by lot", key, code.by_lot)
    written = runs.kept("code, written", key + network.FILE.read_text("utf-8"), code.written)
    recipe = str(Recipe()) + pins
    models = {seed: runs.kept(f"code, seed {seed}", recipe, on_code, seed) for seed in OTHERS}
    held = runs.kept("code, a tenth held back", recipe, on_code, OTHERS[0], True)
    memory = runs.kept("code, memory chosen", key + recipe, code.memory_of, held)
    reads = [
        runs.kept(f"code, read by {name}", key + recipe, code.read_by, model, memory)
        for name, model in code.networks(models).items()
    ]
    alone = runs.kept("code, xz each file", fingerprint("archive.py") + pins, xz_each)
    ours, remembering = ([one[name] for one in reads] for name in ("by_file", "remembering"))
    data = f"{len(found['table'])} unseen files of Python's library"
    row = {"task": "the next character of a program", "group": "programs", "data": data}
    plain, both = {"network": GRU}, {"network": f"{GRU} {REMEMBERS}"}
    runs.compare(ours, found["table"], **row, **plain, baseline=f"table of {found['order'] - 1} characters")
    runs.compare(ours, found["remembering"], **row, **plain, baseline=f"table {REMEMBERS} the file")
    runs.compare(remembering, found["remembering"], **row, **both, baseline=f"table {REMEMBERS} the file")
    runs.compare(remembering, alone, **row, **both, baseline="xz, behind all files to read")
    return {
        "files": [len(texts) for texts in corpus.split()],
        "characters": [sum(map(len, texts)) for texts in corpus.split()],
        "network": rounded([a_character(one) for one in ours]),
        "network remembering": rounded([a_character(one) for one in remembering]),
        "memory of the network": rounded(memory),
        "table": rounded(a_character(found["table"])),
        "remembering": rounded(a_character(found["remembering"])),
        "xz alone": rounded(a_character(alone)),
        "emptied": {
            length: rounded(np.mean([one["emptied"][length] for one in reads], 0).tolist())
            for length in code.EMPTIED[:2]
        },
        "emptied_mean": {
            length: rounded(float(np.mean([one["emptied"][length].mean() for one in reads]))) for length in code.EMPTIED
        },
        "by_lot": rounded(lot),
        "written": rounded(written),
        **{name: rounded(found[name]) for name in ("order", "memory", "by_order", "xz", "words")},
    }


def xz_each() -> Any:
    read, unseen = corpus.split()
    return archive.each("".join(read), unseen)


def on_code(seed: int, held_back: bool = False) -> Any:
    symbols = code.halves()[0] if held_back else corpus.joined(corpus.split()[0])
    return train(symbols, Recipe(), seed, lambda line: print(f"  {line}", flush=True)).model


def of_tunes(runs: Runs) -> dict[str, Any]:
    names = ("tables.py", "archive.py", "reading.py", "writing.py", "music.py")
    key = fingerprint(*names) + training.key(training.TUNES)
    recipe = training.TUNES
    models = [
        runs.kept(f"tunes, seed {seed}", training.key(recipe), training.of_tunes, recipe, seed)
        for seed in training.SEEDS
    ]
    found = runs.kept("tunes, tables", key, music.rivals)
    held = runs.kept("tunes, a twentieth held back", training.key(recipe), on_tunes)
    memory = runs.kept("tunes, memory chosen", key, music.memory_of, held)
    reads = [
        runs.kept(f"tunes, seed {k + 1}, read", key, music.read_by, model, memory) for k, model in enumerate(models)
    ]
    longer = runs.kept("tunes, longer", training.key(training.LONGER), training.published)
    read_longer = runs.kept("tunes, longer, read", key, music.read_by, longer, memory)
    publish.publish(longer)
    written = runs.kept("tunes, written", key + network.TUNES.read_text("utf-8"), written_tunes)
    ours, remembering = ([one[name] for one in reads] for name in ("by_tune", "remembering"))
    by_tune = found["by_tune"]
    data = f"{len(by_tune['truth'])} unseen tunes of a composer"
    row = {"task": "the next letter of a tune", "group": "tunes", "data": data}
    plain, both = {"network": GRU}, {"network": f"{GRU} {REMEMBERS}"}
    runs.compare(ours, by_tune["table"], **row, **plain, baseline=f"table of {found['order'] - 1} letters")
    runs.compare(ours, by_tune["remembering"], **row, **plain, baseline=f"table {REMEMBERS} the tune")
    runs.compare(remembering, by_tune["remembering"], **row, **both, baseline=f"table {REMEMBERS} the tune")
    return {
        "tunes": [len(several) for several in training.composed()],
        "letters": [sum(len(tune.text) for tune in several) for several in training.composed()],
        "network": rounded([a_character(one) for one in ours]),
        "network remembering": rounded([a_character(one) for one in remembering]),
        "memory of the network": rounded(memory),
        "by_bar": rounded(
            found["by_bar"]
            | {
                "network": np.mean([one["by_bar"] for one in reads], 0).tolist(),
                "network remembering": np.mean([one["by_bar_remembering"] for one in reads], 0).tolist(),
                "longer": read_longer["by_bar"],
            }
        ),
        "longer": rounded(a_character(read_longer["by_tune"])),
        "longer remembering": rounded(a_character(read_longer["remembering"])),
        "written": rounded(written),
        **{name: rounded(a_character(by_tune[name])) for name in by_tune},
        **{name: rounded(found[name]) for name in ("order", "memory", "by_order", "xz")},
        "published_sha256": hashlib.sha256(network.TUNES.read_bytes()).hexdigest(),
    }


def on_tunes() -> Any:
    return training.of_tunes(training.TUNES, training.SEEDS[0], music.halves()[0])


PARTS = {"code": of_code, "tunes": of_tunes}


def written_tunes() -> dict[str, Any]:
    return music.written(network.load(network.TUNES))


def rounded(found: Any) -> Any:
    """Numbers to four digits, in lists and dicts too."""
    if isinstance(found, dict):
        return {str(key): rounded(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(value) for value in found]
    return round(float(found), 4) if isinstance(found, float | np.floating) else found


if __name__ == "__main__":
    main()
