"""The character networks of Type Ahead: a GRU of 96 units that reads one symbol a step, and a readout to the next.

network.json holds the one that reads code, rounded to eight bits with one scale a row; its makers are in
``artefacts/type_ahead``. tunes.json holds the one that reads tunes, in the same way; ``artefacts/text`` makes it.
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.data.task import one_hot
from rnnkit.layers import GRU, Linear, Sequential
from rnnkit.ops import Array

FILE = Path(__file__).parent / "network.json"
TUNES = Path(__file__).parent / "tunes.json"
SYMBOLS = "".join(map(chr, range(32, 127))) + "\n\ufffd"  # V = 97; the last stands for every other character
NEWLINE, OTHER = 95, 96


class Network(NamedTuple):
    """A network and what is known of it.

    Attributes
    ----------
    gru : GRU
        V = 97 inputs, H = 96 units, NumPy, float64; gates r, z, n, reset after the product, as torch.nn has them.
    readout : Linear
        H → V: the logits of the next symbol.
    about : dict
        The rest of the file: ``units``, ``presets``, ``figures``.
    """

    gru: GRU
    readout: Linear
    about: dict[str, Any]

    @property
    def model(self) -> Sequential:
        """The two in a row: (T, N, V) → logits (T, N, V)."""
        return Sequential(self.gru, self.readout)


def encode(text: str) -> Array:
    """A text's symbols, an int array of shape (len(text),): chr(32) to chr(126) are 0 to 94, newline 95, others 96.

    Examples
    --------
    >>> encode("a b\\né").tolist()
    [65, 0, 66, 95, 96]
    """
    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    return np.where(code == 10, NEWLINE, np.where((code >= 32) & (code < 127), code - 32, OTHER))


def read(symbols: Array) -> Array:
    """What the GRU is given: symbols (T, N) as one-hot rows, (T, N, V)."""
    return one_hot(symbols, len(SYMBOLS))


def load(path: Path = FILE) -> Network:
    """The network of a file, its rounded rows times their scales.

    ``rows`` are int8 and row-major: weight_ih (3H, V), weight_hh (3H, H), the readout's weight (V, H). ``scales`` are
    little-endian float32: one a row of those three, then bias_ih (3H,), bias_hh (3H,) and the readout's bias (V,).
    With an ``alphabet``, V is one more than its letters, and the last symbol stands for all others of the 97: the
    network neither knows them apart nor says them.

    Raises
    ------
    ValueError
        If the numbers are not as many as the sizes need.
    """
    about = json.loads(path.read_text("utf-8"))
    V, H = about.pop("symbols"), about.pop("hidden")
    rows = np.frombuffer(base64.b64decode(about.pop("rows")), np.int8)
    scales = np.frombuffer(base64.b64decode(about.pop("scales")), "<f4")
    shapes = [(3 * H, V), (3 * H, H), (V, H), (3 * H,), (3 * H,), (V,)]
    heights = [shape[0] for shape in shapes]
    sizes = [h * w for h, w in shapes[:3]]
    if (len(rows), len(scales)) != (sum(sizes), sum(heights)):
        raise ValueError(
            f"{path.name} holds {len(rows)} weights and {len(scales)} scales and biases, but {V} symbols and {H} units "
            f"need {sum(sizes)} and {sum(heights)}. Was it cut short?"
        )
    weights = np.split(rows.astype(float), np.cumsum(sizes)[:-1])
    numbers = np.split(scales.astype(float), np.cumsum(heights)[:-1])
    weight_ih, weight_hh, weight = (
        w.reshape(shape) * scale[:, None] for w, shape, scale in zip(weights, shapes[:3], numbers[:3], strict=True)
    )
    bias = numbers[5]
    if "alphabet" in about:
        every = [about["alphabet"].find(symbol) for symbol in SYMBOLS]  # -1, the last, for others
        weight_ih, weight, bias, V = weight_ih[:, every], weight[every], bias[every], len(SYMBOLS)
    gru, readout = GRU(V, H), Linear(H, V)
    gru.params = {
        "weight_ih_l0": weight_ih,
        "weight_hh_l0": weight_hh,
        "bias_ih_l0": numbers[3],
        "bias_hh_l0": numbers[4],
    }
    readout.params = {"weight": weight, "bias": bias}
    return Network(gru, readout, about)
