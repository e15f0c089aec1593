"""Tunes, whose letters cost what their composer says: how near networks and tables come, and where they do not."""

from typing import Any

import numpy as np

from artefacts.text import reading, tables, writing
from artefacts.text.training import composed, joined
from rnnkit import Sequential
from rnnkit.data.tunes import LINES, Tune, adding_up, bars, repeated
from rnnkit.explorers.type_ahead.network import Network, encode

ORDERS = {"no memory": (), "2 to 4": (2, 3, 4), "3 to 6": (3, 4, 5, 6), "4 to 8": (4, 5, 6, 7, 8)}
TEMPERATURES = (0.1, 0.5, 1.0, 1.5, 2.0, 3.0)
TOP = (2, 5)
WIDTHS = (1, 4, 16)
MANY, LONGEST = 200, 170  # tunes of each way to write, and their letters


class Bits:
    """Sorts the bits of all letters of tunes end to end, the first left out."""

    def __init__(self, several: list[Tune]) -> None:
        self.tunes = several
        self.symbols = joined(several)
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


def rivals() -> dict[str, Any]:
    read, unseen = composed()
    bits = Bits(unseen)
    check, rest = Bits(read[::20]), joined([tune for k, tune in enumerate(read) if k % 20])
    starts = [starts_of(of.tunes) for of in (check, bits)]
    every = list(tables.surprise(rest, check.symbols))
    order = int(np.argmin([table.mean() for table in every]))
    tried = {
        name: tables.remembering(every[order], check.symbols, starts[0], orders).mean()
        for name, orders in ORDERS.items()
    }
    memory = min(tried, key=lambda name: tried[name])
    every = list(tables.surprise(joined(read), bits.symbols))
    remembering = tables.remembering(every[order], bits.symbols, starts[1], ORDERS[memory])
    texts = ["".join(tune.text for tune in several) for several in (read, unseen)]
    kinds = {"truth": bits.truth, "table": every[order], "remembering": remembering}
    return {
        "order": order + 1,
        "memory": memory,
        "by_order": [float(table.mean()) for table in every],
        "xz": tables.xz(*texts),
        "by_tune": {name: bits.by_tune(one) for name, one in kinds.items()},
        "by_bar": {name: bits.by_bar(one) for name, one in kinds.items()},
    }


def starts_of(several: list[Tune]) -> list[int]:
    return np.cumsum([0, *(len(tune.text) for tune in several)])[:-1].tolist()


def read_by(model: Sequential) -> dict[str, Any]:
    bits = Bits(composed()[1])
    found = each_anew(model, bits.tunes)
    return {
        "by_tune": bits.by_tune(found),
        "by_bar": bits.by_bar(found),
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
