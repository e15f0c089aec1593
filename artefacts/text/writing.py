"""Ways to write with a network: draw at a temperature, from the k likeliest, or search for the likeliest text (a beam).

And what one can say of what was written: how much of it is different, was copied, and is Python.
"""

import ast
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from rnnkit.cells import gru
from rnnkit.explorers.type_ahead.network import OTHER, SYMBOLS, Network
from rnnkit.ops import softmax

PIECE = 8  # characters that are counted as one thing, for variety
COPY = 30  # characters in a row that also stand in a training file


class Writer:
    """A network that goes on from several texts side by side."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.p = {name.removesuffix("_l0"): value for name, value in network.gru.params.items()}
        self.inputs = self.p["weight_ih"].T + self.p["bias_ih"]

    def after(self, h: Any, symbols: Any) -> Any:
        (h,), _ = gru.step(self.p, self.inputs[symbols], (h,))
        return h

    def begun(self, prompts: Any) -> Any:
        """The states after prompts (N, T)."""
        h = np.zeros((len(prompts), self.network.gru.hidden_size))
        for symbols in np.asarray(prompts).T:
            h = self.after(h, symbols)
        return h

    def log_p(self, h: Any, temperature: float = 1.0) -> Any:
        """Of each symbol that one can type, (N, V), in nats; the others never come."""
        y = np.array(self.network.readout(h).h) / temperature
        y[:, OTHER] = -np.inf
        return np.log(np.maximum(softmax(y), 1e-300))

    def drawn(self, prompts: Any, length: int, temperature: float = 1.0, top: int = 0, seed: int = 0) -> Any:
        """(N, length) symbols; with ``top``, from so many likeliest ones alone."""
        rng, h, found = np.random.default_rng(seed), self.begun(prompts), []
        for _ in range(length):
            p = np.exp(self.log_p(h, temperature))
            if top:
                p = np.where(p >= np.sort(p, 1)[:, [-top]], p, 0)
            share = rng.random((len(p), 1)) * p.sum(1, keepdims=True)
            found.append(np.minimum((p.cumsum(1) < share).sum(1), OTHER))
            h = self.after(h, found[-1])
        return np.array(found).T

    def searched(self, prompts: Any, length: int, width: int) -> Any:
        """(N, length): of all texts of this length, the likeliest that a beam of this width finds."""
        h = self.begun(prompts)
        N, H = h.shape
        h, score = np.repeat(h[:, None], width, 1), np.full((N, width), -np.inf)
        score[:, 0] = 0  # all begin alike
        found = np.zeros((N, width, 0), int)
        row = np.arange(N)[:, None]
        for _ in range(length):
            log_p = self.log_p(h.reshape(-1, H)).reshape(N, width, -1)
            total = (score[..., None] + log_p).reshape(N, -1)
            best = np.argsort(-total, 1)[:, :width]
            beam, symbol = best // log_p.shape[2], best % log_p.shape[2]
            score = np.take_along_axis(total, best, 1)
            found = np.concatenate([found[row, beam], symbol[..., None]], 2)
            h = self.after(h[row, beam].reshape(-1, H), symbol.reshape(-1)).reshape(N, width, H)
        return found[:, 0]

    def bits(self, prompts: Any, written: Any) -> Any:
        """The mean bits of each text's characters, (N,), as the network itself expects them."""
        h, total = self.begun(prompts), np.zeros(len(written))
        for symbols in written.T:
            total -= self.log_p(h)[np.arange(len(written)), symbols] / np.log(2)
            h = self.after(h, symbols)
        return total / written.shape[1]


def decoded(symbols: Iterable[int]) -> str:
    return "".join(SYMBOLS[k] for k in symbols)


def different(texts: list[str], n: int = PIECE) -> float:
    """Of all pieces of n characters of all texts, the share that is new; 1 where no piece comes twice."""
    pieces = [text[k : k + n] for text in texts for k in range(len(text) - n + 1)]
    return len(set(pieces)) / len(pieces)


class Copies:
    """Knows every ``COPY`` characters in a row of a text, by a hash of 64 bits."""

    def __init__(self, symbols: Any) -> None:
        self.known = np.unique(hashed(symbols))

    def share(self, several: Any) -> float:
        """Of these texts' pieces, the share that stands in the text."""
        wanted = np.concatenate([hashed(np.asarray(one)) for one in several])
        at = np.minimum(np.searchsorted(self.known, wanted), len(self.known) - 1)
        return float((self.known[at] == wanted).mean())


def hashed(symbols: Any, n: int = COPY) -> Any:
    """A number for each n symbols in a row."""
    length, found = len(symbols) - n + 1, np.zeros(1, np.uint64)
    for k in range(n):
        found = found * np.uint64(0x9E3779B97F4A7C15) + symbols[k : k + length].astype(np.uint64) + np.uint64(1)
    return found


def parsing(texts: list[str]) -> tuple[float, int]:
    """The share of whole lines that are Python by themselves, or would be within a block; and how many lines there are.

    Blank lines and comments do not count.
    """
    lines = [line.strip() for text in texts for line in text.split("\n")[1:-1]]
    lines = [line for line in lines if line and not line.startswith("#")]
    return sum(map(parses, lines)) / max(1, len(lines)), len(lines)


def parses(line: str) -> bool:
    return any(_is_python(f"{before}{line}{after}") for before in ("", "if x: x\n", "try: x\n") for after in ("", " x"))


def _is_python(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in strings
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True
