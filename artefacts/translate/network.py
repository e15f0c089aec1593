"""Encoder and decoder: two GRUs. The second asks the first at each step, or has one state of it for all."""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import GRU, Attention, Embedding, Linear
from rnnkit.ops import concat, detached, to_numpy

START, END = 0, 1  # symbols of the output; those of a task begin at 2


class Told(NamedTuple):
    """What the decoder said, having been told the true beginning: logits (S, N, V), and what backward reads."""

    logits: Any
    weights: Any  # (S, T, N), where it looked; None without attention
    runs: tuple[Any, ...]


class Translator:
    """Reads a sequence of symbols in both directions and writes another one, symbol by symbol.

    After each symbol the decoder's state asks the encoder's outputs by additive attention (Bahdanau, Cho and Bengio,
    2015), as Luong, Pham and Manning (2015) place it: the new state asks, and what it is told goes to the readout
    alone. Without attention the readout has the encoder's last states instead, the same at every step.
    """

    def __init__(self, read: int, written: int, units: int, inputs: int, attends: bool, seed: int, **where: Any):
        rng, where = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32} | where
        both = 2 * units
        self.parts = {
            "reads": Embedding(read, inputs, rng=rng, **where),
            "encoder": GRU(inputs, units, bidirectional=True, rng=rng, **where),
            "hears": Embedding(written, inputs, rng=rng, **where),
            "decoder": GRU(inputs, both, rng=rng, **where),
            "readout": Linear(2 * both, written, rng=rng, **where),
        }
        if attends:
            self.parts["attention"] = Attention(both, both, units, rng=rng, **where)
        for name in ("reads", "hears"):
            self.parts[name].params["weight"] = 0.3 * self.parts[name].params["weight"]
        self.params = {f"{part}.{name}": a for part, of in self.parts.items() for name, a in of.params.items()}

    # [encode]
    def encode(self, xs: Any, mask: Any) -> tuple[Any, Any, Any]:
        """What is read, (T, N, 2H), where the decoder begins, (1, N, 2H), and the runs."""
        vectors = self.parts["reads"](xs, mask=mask)
        run = self.parts["encoder"](vectors.h, mask=mask)
        forwards, backwards = run.state[0]
        return run.h, concat((forwards, backwards), -1)[None], (vectors, run)

    # [decode]
    def decode(self, said: Any, state: Any, read: Any, last: Any, mask: Any) -> Told:
        """The next symbol's logits after each of ``said``, (S, N)."""
        vectors = self.parts["hears"](said)
        run = self.parts["decoder"](vectors.h, (state,))
        asked, context = None, last + 0 * run.h
        if "attention" in self.parts:
            asked = self.parts["attention"](run.h, read, mask)
            context = asked.h
        out = self.parts["readout"](concat((run.h, context), -1))
        return Told(out.h, asked and asked.weights, (vectors, run, asked, out))

    # [end]
    def gradients(self, told: Told, encoded: tuple[Any, ...], d_logits: Any) -> dict[str, Any]:
        """The adjoint of both, from ∂L/∂logits: each line takes back a line of ``decode`` or of ``encode``."""
        (read, last, (source, encoder)), (vectors, run, asked, out) = encoded, told.runs
        back = {"readout": self.parts["readout"].backward(out, d_logits)}
        both = last.shape[-1]
        d_h, d_context = back["readout"].xs[..., :both], back["readout"].xs[..., both:]
        d_last, d_read = 0 * detached(last), 0 * detached(read)
        if asked:
            back["attention"] = self.parts["attention"].backward(asked, d_context)
            d_h, d_read = d_h + back["attention"].queries, back["attention"].keys
        else:
            d_last = d_context.sum(0)[None]
        back["decoder"] = self.parts["decoder"].backward(run, d_h)
        d_last = d_last + back["decoder"].state[0]
        back["hears"] = self.parts["hears"].backward(vectors, back["decoder"].xs)
        halves = concat((d_last[..., : both // 2], d_last[..., both // 2 :]), 0)
        back["encoder"] = self.parts["encoder"].backward(encoder, d_read, (halves,))
        back["reads"] = self.parts["reads"].backward(source, back["encoder"].xs)
        return {f"{part}.{name}": a for part, of in back.items() for name, a in of.params.items()}

    def told(self, xs: Any, mask: Any, ys: Any) -> tuple[Told, tuple[Any, ...]]:
        """Teacher forcing: ``ys``, (S, N), begins with START, and the decoder hears the true symbols."""
        read, last, runs = self.encode(xs, mask)
        return self.decode(ys[:-1], last, read, last, mask), (read, last, runs)

    def copied(self) -> dict[str, Any]:
        return {name: np.array(to_numpy(a)) for name, a in self.params.items()}

    def take(self, values: dict[str, Any]) -> None:
        for name, a in values.items():
            part, _, own = name.partition(".")
            self.parts[part].params[own] = a
