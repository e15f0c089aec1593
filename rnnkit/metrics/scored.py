"""What every measure checks: dtypes, one shape for predictions and targets, and a mask of the scored answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, to_numpy


def labels_of(name: str, value: Array) -> Any:
    """Labels as int64."""
    found = checks.rectangular(name, value)
    if found.dtype.kind not in "iub":
        hint = "Use .argmax(-1) for logits, and .astype(int) for labels kept as floats."
        raise checks.wrong(f"{name} has dtype {found.dtype}", "labels, which are whole numbers", hint)
    return found.astype(np.int64)


def reals(name: str, value: Array) -> Any:
    """Real numbers as float64: a mean of many float32 would lose digits."""
    return checks.real(name, value).astype(np.float64)


def scored(mask: Array, name: str, predictions: Any, targets: Any, ignore_index: int | None = None) -> Any:
    """The mask in the shape of predictions and targets. These have one shape, and at least one answer is scored."""
    hint = "one answer for each target. Is there an axis of length 1 too many, or one-hot coding?"
    checks.shape(name, predictions, targets.shape, hint)
    keep = np.ones(targets.shape, bool) if ignore_index is None else targets != ignore_index
    if mask is not None:
        of_rows = to_numpy(mask).shape == targets.shape[:-1]
        mask = checks.mask(mask, targets.shape[:-1] if of_rows else targets.shape, where="an answer is scored")
        keep &= mask.reshape(mask.shape + (1,) * (targets.ndim - mask.ndim))
    if not keep.any():
        everywhere = "mask is False everywhere" if ignore_index is None else f"targets is {ignore_index}, or masked"
        why = f"targets has shape {targets.shape}" if keep.size == 0 else everywhere
        raise checks.wrong(why, "at least one scored target")
    return keep


def check_finite(name: str, a: Any, keep: Any) -> None:
    bad = np.argwhere(~np.isfinite(a) & keep)
    if len(bad):
        where = tuple(int(k) for k in bad[0])
        came, hint = f"{name} holds {a[where]} at {list(where)}", "Fill gaps, or cover them with the mask."
        raise checks.wrong(came, "a finite number wherever an answer is scored", hint)


def parallel(sentences: dict[str, Any]) -> None:
    """Lists of one length, which is not 0."""
    for name, each in sentences.items():
        if isinstance(each, str) or not isinstance(each, Sequence):
            raise checks.wrong(f"{name} is {type(each).__name__}", "a list with one sequence for each text")
    lengths = {name: len(each) for name, each in sentences.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        came = ", ".join(f"{name} holds {n}" for name, n in lengths.items())
        raise checks.wrong(came, "one or more sequences, and as many in each list")
