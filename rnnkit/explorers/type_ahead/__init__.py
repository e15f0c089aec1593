"""Type Ahead: a trained character network reads what one types, and says what it expects next."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import traitlets as t

from rnnkit.cells import gru
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.traits import Limits
from rnnkit.explorers.type_ahead import network
from rnnkit.ops import softmax

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class TypeAhead(Explorer):
    """A character network of 96 units reads a text, one character a step; colour, cut, hold, and let it write.

    The network is a GRU with a readout, trained on Python's own standard library or on tunes in letters (see
    :mod:`.network`). After each character it keeps its 96 numbers and nothing else.

    Parameters
    ----------
    model : "code" or "tunes"
        What the network was trained on: Python's standard library, or tunes of :mod:`rnnkit.data.tunes`.
    text : str
        At most 400 characters, chr(32) to chr(126) and newlines.
    step : int, 0 to len(text)
        The position in the text: step t comes after t characters.
    temperature : float, 0.1 to 2
        What the logits are divided by before the softmax.
    unit : int, 1 to 96
        The unit that colours the text, the quickest first; counted from 1.
    held : float from -1 to 1, or None
        The value that ``unit`` is held at, from step ``since`` on.
    since : int, 0 to len(text)
    cut : int, 0 to len(text)
        The state is set to zero up to this step: what came before is forgotten.
    small : bool
        The form of the landing page: the text, the bars and one line. It is not changed later.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If the text has other characters or is too long, or a number lies beyond its limits.
    """

    slug: ClassVar[str] = "type-ahead"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    data: ClassVar[str] = "network.json"
    more: ClassVar[dict[str, str]] = {"tunes": "tunes.json"}
    caption: ClassVar[str] = (
        "A network has read this text, one character after another. The colour is the value of one of its 96 units; "
        "the bars are what it expects next."
    )

    model = LIMITS.trait("model")
    text, step, temperature = LIMITS.trait("text"), LIMITS.trait("step"), LIMITS.trait("temperature")
    unit, held, since, cut = (LIMITS.trait(name) for name in ("unit", "held", "since", "cut"))
    small = t.Bool(False, help="whether it has the landing page's small form").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        if traits.get("small") or traits.get("model") == "tunes":  # it asks nothing
            traits = {"committed": True} | traits
        super().__init__(**traits)

    def heights(self) -> dict[str, int]:
        return LIMITS.small if self.small else LIMITS.height

    @property
    def states(self) -> np.ndarray:
        """The state after each character, (T + 1, 96), computed by rnnkit; row 0 is the start, zeros."""
        p, inputs = _parameters(self.model)
        symbols = network.encode(self.text)
        h = [self._changed(np.zeros(inputs.shape[1] // 3), 0)]
        for k, symbol in enumerate(symbols):
            (after,), _ = gru.step(p, inputs[symbol], (h[k],))
            h.append(self._changed(after, k + 1))
        return np.array(h)

    def _changed(self, h: np.ndarray, step: int) -> np.ndarray:
        after = np.zeros_like(h) if step <= self.cut else h
        if self.held is not None and step >= self.since:
            after[self.unit - 1] = self.held
        return after

    @property
    def probabilities(self) -> np.ndarray:
        """How likely each symbol is after each step, (T + 1, 97), in the order of ``network.SYMBOLS``."""
        logits = _network(self.model).readout(self.states).h
        return np.asarray(softmax(logits / self.temperature))


@cache
def _network(model: str) -> network.Network:
    return network.load(network.TUNES if model == "tunes" else network.FILE)


@cache
def _parameters(model: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The GRU's parameters as its cell names them, and W_ih x + b_ih of every symbol, (V, 3H)."""
    p = {name.removesuffix("_l0"): value for name, value in _network(model).gru.params.items()}
    return p, p["weight_ih"].T + p["bias_ih"]
