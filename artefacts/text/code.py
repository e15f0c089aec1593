"""Python's own sources: what networks, tables and xz need for files that nobody read, and what a network writes."""

from typing import Any

import numpy as np

from artefacts.text import archive, reading, tables, writing
from artefacts.type_ahead import corpus
from rnnkit import Sequential
from rnnkit.explorers.type_ahead.network import NEWLINE, encode, load

EMPTIED = (32, 128, 512)  # characters after which the state is emptied
BLOCK = 2000  # characters, of the split by lot
KNOWN = (1000, 10_000)  # words
PROMPTS, PROMPT, LENGTH = 100, 100, 200
TEMPERATURES = (0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
TOP = (2, 5, 10, 40)
WIDTHS = (1, 4, 16)  # of the beam; a beam of 1 takes the likeliest character


class Files:
    """Texts end to end, and where each begins."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.symbols = corpus.joined(texts)
        self.starts = np.cumsum([0, *map(len, texts)])[:-1].tolist()

    def by_file(self, bits: Any) -> Any:
        """Of each file, its bits and its characters, (N, 2); the first character of all is not counted."""
        sums = np.add.reduceat(np.concatenate([[0.0], bits]), self.starts)
        sizes = np.diff([*self.starts, len(self.symbols)]).astype(float)
        sizes[0] -= 1
        return np.stack([sums, sizes], 1)


def networks(trained: dict[int, Sequential]) -> dict[str, Sequential]:
    """Those of two seeds as trained, and the published one, which is a third seed's."""
    return {**{f"seed {seed}": model for seed, model in trained.items()}, "published": load().model}


def halves() -> tuple[Any, Files]:
    """Of the files that may be read: those to learn from, as symbols, and every tenth, by which one chooses."""
    read = corpus.split()[0]
    return corpus.joined(text for k, text in enumerate(read) if k % 10), Files(read[::10])


def rivals() -> dict[str, Any]:
    read, unseen = corpus.split()
    files, (rest, check) = Files(unseen), halves()
    every = list(tables.surprise(rest, check.symbols))
    best = int(np.argmin([bits.mean() for bits in every]))
    memory = tables.Memory(check.symbols, check.starts, tables.ORDERS).chosen(every[best])
    every = list(tables.surprise(corpus.joined(read), files.symbols))
    remembered = tables.Memory(files.symbols, files.starts, memory[0]).over(every[best], *memory)
    together = "".join(read), "".join(unseen)
    return {
        "order": best + 1,
        "memory": memory,
        "by_order": [float(bits.mean()) for bits in every],
        "table": files.by_file(every[best]),
        "remembering": files.by_file(remembered),
        "xz": archive.grown(*together),
        "words": [tables.of_words(*together, known, every[5]) for known in KNOWN],
    }


def memory_of(model: Sequential) -> Any:
    """The memory for networks: chosen by one that has not read the files by which one chooses."""
    check = halves()[1]
    return tables.Memory(check.symbols, check.starts, tables.ORDERS).chosen(reading.surprise(model, check.symbols))


def by_lot() -> dict[str, Any]:
    """Tables by the split of the list, and by one that deals blocks of all files by lot."""
    read, unseen = corpus.split()
    blocks = [text[k : k + BLOCK] for text in [*read, *unseen] for k in range(0, len(text), BLOCK)]
    lot = np.random.default_rng(0).permutation(len(blocks)) % 10 == 0
    mixed = [corpus.joined(block for block, out in zip(blocks, lot, strict=True) if out == which) for which in (0, 1)]
    copies = [
        writing.Copies(symbols).share([held]) for symbols, held in ((corpus.joined(read), corpus.joined(unseen)), mixed)
    ]
    return {"by_order": [float(bits.mean()) for bits in tables.surprise(*mixed)], "copied": copies}


def read_by(model: Sequential, memory: Any) -> dict[str, Any]:
    files = Files(corpus.split()[1])
    bits = reading.surprise(model, files.symbols)
    return {
        "by_file": files.by_file(bits),
        "remembering": files.by_file(tables.Memory(files.symbols, files.starts, memory[0]).over(bits, *memory)),
        "emptied": {length: reading.anew(model, files.symbols, length) for length in EMPTIED},
    }


def prompts() -> tuple[Any, list[str]]:
    """Beginnings from unseen files, (N, PROMPT), which end with a line, and what truly came."""
    rng, found = np.random.default_rng(0), []
    texts = [text for text in corpus.split()[1] if len(text) > 1000]
    while len(found) < PROMPTS:
        text = texts[len(found) % len(texts)]
        symbols = encode(text)
        ends = np.flatnonzero(symbols == NEWLINE) + 1
        ends = ends[(ends >= PROMPT) & (ends + LENGTH <= len(symbols))]
        end = int(rng.choice(ends))
        found.append((symbols[end - PROMPT : end], text[end : end + LENGTH]))
    return np.array([symbols for symbols, _ in found]), [text for _, text in found]


def written() -> dict[str, Any]:
    """Of each way to write: how much is different, copied and Python; and of what people wrote at the same places."""
    writer, (begun, true) = writing.Writer(load()), prompts()
    copies = writing.Copies(corpus.joined(corpus.split()[0]))

    def measured(symbols: Any) -> dict[str, float]:
        texts = [writing.decoded(row) for row in symbols]
        parses, lines = writing.parsing(["\n" + text for text in texts])
        return {
            "bits": float(writer.bits(begun, symbols).mean()),
            "different": writing.different(texts),
            "copied": copies.share(symbols),
            "parses": parses,
            "lines": lines,
        }

    ways = {f"temperature {t}": writer.drawn(begun, LENGTH, t) for t in TEMPERATURES}
    ways |= {f"top {k}": writer.drawn(begun, LENGTH, top=k) for k in TOP}
    ways |= {f"beam {w}": writer.searched(begun, LENGTH, w) for w in WIDTHS}
    ways["people"] = np.array([encode(text) for text in true])
    place = opening([writing.decoded(row) for row in begun])
    return {
        "ways": {name: measured(symbols) for name, symbols in ways.items()},
        "prompt": writing.decoded(begun[place]),
        "shown": {name: writing.decoded(ways[name][place]) for name in ways},
    }


def opening(texts: list[str]) -> int:
    """The first text whose last line opens a block: something has to come, and not a blank."""
    return next(n for n, text in enumerate(texts) if text.rstrip().endswith(":"))
