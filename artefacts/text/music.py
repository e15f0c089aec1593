"""Tunes, whose letters cost what their composer says: how near networks and tables come, and where they do not."""

from typing import Any

import numpy as np

from artefacts.text import archive, reading, tables, writing
from artefacts.text.training import composed, joined
from rnnkit import Sequential
from rnnkit.data.tunes import LINES, Tune, adding_up, bars, repeated
from rnnkit.explorers.type_ahead.network import Network, encode

TEMPERATURES = (0.1, 0.5, 1.0, 1.5, 2.0, 3.0)
TOP = (2, 5)
WIDTHS = (1, 4, 16)
MANY, LONGEST = 200, 170  # tunes of each way to write, and their letters


class Bits:
    """Sorts the bits of all letters of tunes end to end, the first left out."""

    def __init__(self, several: list[Tune]) -> None:
        self.tunes = several
        self.symbols = joined(several)
        self.starts = np.cumsum([0, *(len(tune.text) for tune in several)])[:-1].tolist()
        self.truth = np.concatenate([tune.bits for tune in several])[1:]
        self.of = np.repeat(np.arange(len(several)), [len(tune.text) for tune in several])[1:]
        self.line = np.concatenate([tune.line for tune in several])[1:]
        self.bar = np.concatenate([bar_of(tune.text) for tune in several])[1:]

    def by_tune(self, bits: Any) -> Any:
        """(N, 2): the bits of each tune, and its letters."""
        return np.stack([np.bincount(self.of, bits), np.bincount(self.of)], 1)

    def by_bar(self, bits: Any) -> list[list[float]]:
        """Bits a letter in each of the four bars of each of the four lines."""
        return [
            [float(bits[(self.line == line) & (self.bar == bar)].mean()) for bar in range(4)]
            for line in range(1, len(LINES) + 1)
        ]


def bar_of(text: str) -> Any:
    """The bar of each letter within its line, from 0; what ends a line is of its last."""
    found, bar = [], 0
    for letter in text:
        found.append(min(bar, 3))
        bar = 0 if letter == "\n" else bar + (letter == "|")
    return np.array(found)


def halves() -> tuple[list[Tune], Bits]:
    """Of the tunes that may be read: those to learn from, and every twentieth, by which one chooses."""
    read = composed()[0]
    return [tune for k, tune in enumerate(read) if k % 20], Bits(read[::20])


def rivals() -> dict[str, Any]:
    read, unseen = composed()
    bits, (rest, check) = Bits(unseen), halves()
    every = list(tables.surprise(joined(rest), check.symbols))
    order = int(np.argmin([table.mean() for table in every]))
    memory = tables.Memory(check.symbols, check.starts, tables.ORDERS).chosen(every[order])
    every = list(tables.surprise(joined(read), bits.symbols))
    remembering = tables.Memory(bits.symbols, bits.starts, memory[0]).over(every[order], *memory)
    texts = ["".join(tune.text for tune in several) for several in (read, unseen)]
    kinds = {"truth": bits.truth, "table": every[order], "remembering": remembering}
    return {
        "order": order + 1,
        "memory": memory,
        "by_order": [float(table.mean()) for table in every],
        "xz": archive.grown(*texts),
        "by_tune": {name: bits.by_tune(one) for name, one in kinds.items()},
        "by_bar": {name: bits.by_bar(one) for name, one in kinds.items()},
    }


def memory_of(model: Sequential) -> Any:
    """The memory for networks: chosen by one that has not read the tunes by which one chooses."""
    check = halves()[1]
    return tables.Memory(check.symbols, check.starts, tables.ORDERS).chosen(each_anew(model, check.tunes))


def read_by(model: Sequential, memory: Any) -> dict[str, Any]:
    bits = Bits(composed()[1])
    found = each_anew(model, bits.tunes)
    remembered = tables.Memory(bits.symbols, bits.starts, memory[0]).over(found, *memory)
    return {
        "by_tune": bits.by_tune(found),
        "remembering": bits.by_tune(remembered),
        "by_bar": bits.by_bar(found),
        "by_bar_remembering": bits.by_bar(remembered),
    }


def each_anew(model: Sequential, several: list[Tune]) -> Any:
    """The bits of all letters but the first, each tune read after the two line ends of another."""
    before = encode("\n\n")
    T = max(len(tune.text) for tune in several) + 1
    whole = np.zeros((T + 1, len(several)), int)
    for n, tune in enumerate(several):
        whole[: 2 + len(tune.text), n] = np.concatenate([before, encode(tune.text)])[: T + 1]
    bits = reading.side_by_side(model, whole[:-1], whole[1:])
    return np.concatenate([bits[1 : 1 + len(tune.text), n] for n, tune in enumerate(several)])[1:]


def written(network: Network) -> dict[str, Any]:
    """Of each way to write tunes from nothing: what they are like; and one of each."""
    writer, known = writing.Writer(network), lines_of(tune.text for tune in composed()[0])
    begun = np.tile(encode("\n\n"), (MANY, 1))
    ways = {f"temperature {t}": writer.drawn(begun, LONGEST, t) for t in TEMPERATURES}
    ways |= {f"top {k}": writer.drawn(begun, LONGEST, top=k) for k in TOP}
    ways |= {f"beam {w}": np.tile(writer.searched(begun[:1], LONGEST, w), (MANY, 1)) for w in WIDTHS}
    texts = {name: [first_tune(row) for row in rows] for name, rows in ways.items()}
    texts["composer"] = [tune.text for tune in composed()[1][:MANY]]

    def measured(several: list[str]) -> dict[str, float]:
        lines = [lines_of([text]) for text in several]
        return {
            "different": len({*(every := [bar for text in several for bar in bars(text)])}) / max(1, len(every)),
            "adding_up": float(np.mean([adding_up(text) for text in several])),
            "repeated": float(np.mean([repeated(text) for text in several])),
            "copied": float(np.mean([bool(one & known) for one in lines])),
        }

    return {
        "ways": {name: measured(several) for name, several in texts.items()},
        "shown": {name: several[0] for name, several in texts.items()},
    }


def first_tune(symbols: Any) -> str:
    """What was written up to the first empty line."""
    return writing.decoded(symbols).split("\n\n")[0] + "\n"


def lines_of(texts: Any) -> set[str]:
    """The phrases of tunes."""
    return {line for text in texts for line in text.split("\n") if line.endswith("|")}
