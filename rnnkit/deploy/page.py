"""A bundle for a web page: its weights as one JSON text, the JavaScript that runs them, and a whole page of both."""

import base64
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.data import Vocabulary
from rnnkit.deploy.bundle import Bundle
from rnnkit.deploy.quantised import Quantised, quantise
from rnnkit.layers import Dropout, Embedding, Linear, Recurrent, Sequential
from rnnkit.ops import Array, to_numpy

SCRIPT = Path(__file__).parent / "page.js"
TEMPLATE = Path(__file__).parent / "page.html"
CELLS = ("gru", "lstm", "rnn")
FLOATS = 32


def to_page(bundle: Bundle, bits: int = 8) -> str:
    """What ``unpack`` of ``page.js`` reads: the vocabulary, and the weights in base64.

    Parameters
    ----------
    bundle : Bundle
        Of an Embedding, recurrent layers (GRU, LSTM or RNN with tanh) that read forward, and a Linear, in this order;
        it reads by a Vocabulary.
    bits : int
        32 for floats, or 2 to 8. Each whole number takes a byte of the file, also where it has fewer bits.

    Returns
    -------
    str
        JSON.

    Raises
    ------
    ValueError
        If the model has other layers or no vocabulary, or bits is another number.

    Examples
    --------
    >>> import rnnkit
    >>> reads, like = Vocabulary(["to be"]), {"rng": 0}
    >>> layers = rnnkit.Embedding(len(reads), 3, **like), rnnkit.GRU(3, 4, **like), rnnkit.Linear(4, len(reads), **like)
    >>> file = json.loads(to_page(Bundle(rnnkit.Sequential(*layers), reads, {})))
    >>> file["items"][2], file["layers"][0]["cell"], file["layers"][0]["weight_hh"]["width"]
    ('t', 'gru', 4)
    """
    first, recurrent, last = _layers(bundle)
    return json.dumps(
        {
            "items": ["", "\ufffd", *bundle.reads.items],  # type: ignore[union-attr]  # padding, unknown
            "embedding": _matrix(first.params["weight"], bits),
            "layers": [
                {"cell": _cell(layer)} | {name: _array(a, bits) for name, a in layer.own(f"_l{k}").items()}
                for layer in recurrent
                for k in range(layer.num_layers)
            ],
            "readout": {"bias": _text(np.zeros(last.out_features, "<f4"))}
            | {name: _array(a, bits) for name, a in last.params.items()},
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )


def to_html(bundle: Bundle, title: str, bits: int = 8, text: str = "") -> str:
    """A whole page in one file: it goes on with what a reader types, and asks no other host for anything.

    Parameters
    ----------
    bundle, bits
        As in :func:`to_page`.
    title, text : str
        The page's title, and what stands in its field at the beginning.

    Raises
    ------
    ValueError
        As :func:`to_page` does.
    """
    words = {"TITLE": html.escape(title), "BEGINNING": html.escape(text), "SCRIPT": script()}
    words["NETWORK"] = to_page(bundle, bits).replace("<", "\\u003c")
    return re.sub("|".join(words), lambda found: words[found[0]], TEMPLATE.read_text("utf-8"))


def script() -> str:
    """``page.js`` as a classic script, whose functions are global: also where a page is opened from a file."""
    return re.sub(r"^export ", "", SCRIPT.read_text("utf-8"), flags=re.M)


def _layers(bundle: Bundle) -> tuple[Embedding, list[Recurrent], Linear]:
    model = bundle.model
    parts = [one for one in model.layers if not isinstance(one, Dropout)] if isinstance(model, Sequential) else [model]
    first, *middle, last = parts
    if not (isinstance(first, Embedding) and isinstance(last, Linear) and middle and all(map(_forward, middle))):
        names = ", ".join(type(one).__name__ for one in parts)
        raise checks.wrong(
            f"the model is of {names}",
            "Embedding, then GRU, LSTM or RNN of one direction that begin with zeros, Linear",
        )
    if not isinstance(bundle.reads, Vocabulary):
        raise checks.wrong(f"the bundle reads by {type(bundle.reads).__name__}", "a Vocabulary")
    return first, middle, last


def _cell(layer: Recurrent) -> str:
    """The name of the file of its cell: one with its reset before the product, or with ReLU, has another name."""
    return str(vars(layer.cell)["__name__"]).rpartition(".")[2]


def _forward(layer: Any) -> bool:
    """Whether page.js has the cell, and the layer begins with zeros."""
    return isinstance(layer, Recurrent) and _cell(layer) in CELLS and not (layer.bidirectional or layer.learned_state)


def _array(a: Array, bits: int) -> Any:
    return _matrix(a, bits) if len(a.shape) == 2 else _text(to_numpy(a).astype("<f4"))


def _matrix(a: Array, bits: int) -> dict[str, Any]:
    found = to_numpy(a)
    if bits == FLOATS:
        return {"width": found.shape[1], "rows": _text(found.astype("<f4"))}
    small: Quantised = quantise(found, bits)
    return {"width": found.shape[1], "rows": _text(small.rows), "scales": _text(small.scales.astype("<f4"))}


def _text(a: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
