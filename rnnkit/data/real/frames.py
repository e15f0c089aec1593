"""Tables that pandas has pickled, read without pandas.

A pickle may name any function, which is then called. Here only the few that make a table of arrays are known, and all
else is refused: no code of the file runs.
"""

import io
import lzma
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit import checks


class Kept:
    """What was handed to a class of pandas, as it came."""

    state: dict[str, Any]

    def __init__(self, *given: Any):
        self.given = given

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


def _array(buffer: Any, dtype: Any, shape: tuple[int, ...], order: Any) -> Any:
    return np.frombuffer(buffer, dtype).reshape(shape, order=order)


def _empty(cls: type, shape: tuple[int, ...], kind: Any) -> Any:
    """An array to fill: of bytes until its state says of what."""
    return np.ndarray.__new__(np.ndarray, shape, kind)


KNOWN: dict[str, Callable[..., Any]] = {
    "pandas.core.frame.DataFrame": Kept,
    "pandas.core.internals.managers.BlockManager": Kept,
    "pandas._libs.internals._unpickle_block": lambda values, places, axes: (values, places),
    "pandas.core.indexes.base._new_Index": lambda kind, given: given,
    "pandas.core.indexes.base.Index": Kept,
    "pandas.core.indexes.range.RangeIndex": Kept,
    "numpy.core.numeric._frombuffer": _array,
    "numpy.core.multiarray._reconstruct": _empty,
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
    "builtins.slice": slice,
}


class _Tables(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        asked = f"{module}.{name}"
        checks.one_of("a name in the pickle", asked, tuple(KNOWN), "Nothing else of it is called.")
        return KNOWN[asked]


def columns(content: bytes) -> dict[str, Any]:
    """The columns of a table by name, each an array (rows,), from the bytes of an xz-compressed pickle.

    Raises
    ------
    ValueError
        If the pickle names anything but pandas' tables and NumPy's arrays, or is no table.
    """
    table = _Tables(io.BytesIO(lzma.decompress(content))).load()
    if not isinstance(table, Kept) or "_mgr" not in getattr(table, "state", {}):
        raise checks.wrong(f"the pickle holds a {type(table).__name__}", "a table of pandas")
    blocks, (names, _) = table.state["_mgr"].given
    found: dict[str, Any] = {}
    for values, places in blocks:
        found |= dict(zip(names["data"][places], values, strict=True))
    return {str(name): found[name] for name in names["data"]}
