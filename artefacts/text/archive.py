"""A compressor of files as a rival: xz, which copies stretches of what stands before."""

import lzma
from typing import Any

import numpy as np


def size(text: str) -> int:
    return len(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def grown(read: str, unseen: str) -> float:
    """Bits a character of ``unseen`` that a compressed file grows by when it stands behind ``read``."""
    return 8 * (size(read + unseen) - size(read)) / len(unseen)


def each(read: str, unseen: list[str]) -> Any:
    """The same for each file alone, so that none is copied from another unseen one: its bits and characters, (N, 2)."""
    before = size(read)
    return np.array([(8.0 * (size(read + text) - before), len(text)) for text in unseen])
