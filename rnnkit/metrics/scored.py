"""What is measured: arrays of one shape, and where a mask says that an answer is scored."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, to_numpy


def whole(name: str, value: Array) -> Any:
    """As whole numbers of one dtype."""
    expected = "labels are whole numbers. Use .argmax(-1) for logits, and .astype(int) for labels kept as floats."
    return _array(name, value, "iub", expected).astype(np.int64)


def reals(name: str, value: Array) -> Any:
    """As float64, whatever they came as: a mean of many float32 would lose digits."""
    return _array(name, value, "fiub", "real numbers are expected.").astype(np.float64)


def scored(mask: Array, name: str, predictions: Any, targets: Any) -> Any:
    """The mask in the shape of both, once it is sure that they have one shape and that something is scored."""
    if predictions.shape != targets.shape:
        raise ValueError(
            f"{name} has shape {predictions.shape}, but targets has {targets.shape}: one answer for each target. "
            "Is there an axis of length 1 too many, or one-hot coding?"
        )
    keep = np.ones(targets.shape, bool)
    if mask is not None:
        of_rows = to_numpy(mask).shape == targets.shape[:-1]
        mask = checks.mask(mask, targets.shape[:-1] if of_rows else targets.shape)
        keep &= mask.reshape(mask.shape + (1,) * (targets.ndim - mask.ndim))
    if not keep.any():
        why = f"targets has shape {targets.shape}" if keep.size == 0 else "mask is False everywhere"
        raise ValueError(f"{why}, expected at least one scored target.")
    return keep


def check_finite(name: str, a: Any, keep: Any) -> None:
    bad = np.argwhere(~np.isfinite(a) & keep)
    if len(bad):
        where = tuple(int(k) for k in bad[0])
        raise ValueError(
            f"{name} holds {a[where]} at {list(where)}, but every scored number has to be finite. Fill gaps, or cover "
            "them with the mask."
        )


def _array(name: str, value: Array, kinds: str, expected: str) -> Any:
    """As a NumPy array, if its dtype is of one of these kinds."""
    try:
        found = to_numpy(value)
    except ValueError as error:
        raise ValueError(f"{name} is no rectangular array: {error}. Pad sequences, and give a mask.") from None
    if found.dtype.kind not in kinds:
        raise ValueError(f"{name} has dtype {found.dtype}, but {expected}")
    return found
