"""An explorer's limits as traits: one limits.json, which Python and JavaScript (shared/traits.js) both read.

    {"sizes": {"T": [1, 12]},                      what a letter of a shape may be
     "traits": {"inputs": {"axes": ["T"], "low": -1, "high": 1, "default": [0, 1]},
                "step": {"low": 0, "high": "T", "whole": true, "default": 1},
                "held": {"low": -1, "high": 1, "none": true, "default": null}}}

A trait without axes is one number; ``high`` may be a letter. ``none`` allows None for a number. ``place`` marks what is
looked at, not what is. A trait with ``letters`` (a class of a regular expression, the same in both languages) and one
axis is a text: {"letters": "[ -~\\n]", "axes": ["T"], "default": "print"}.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import traitlets as t

SYNC = {"sync": True}


class Number(t.TraitType[Any, Any]):
    """One number, whole or not, from low to high."""

    def __init__(self, limit: dict[str, Any]) -> None:
        super().__init__(default_value=limit["default"])
        self.limit = limit
        self.tag(**SYNC)

    def validate(self, obj: Any, value: Any) -> float | int | None:
        whole = bool(self.limit.get("whole"))
        if value is None and self.limit.get("none"):
            return None
        kinds = int | np.integer if whole else int | float | np.integer | np.floating
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise t.TraitError(f"{self.name} expects a {'whole ' * whole}number, but got {value!r}.")
        return int(value) if whole else float(value)


class Numbers(t.TraitType[Any, Any]):
    """A tuple (one axis) or a tuple of tuples (two) of finite numbers; takes anything that NumPy takes for an array.

    Tuples, because a change within a list would be seen neither by the checks nor by the page.
    """

    def __init__(self, limit: dict[str, Any]) -> None:
        self.ndim, self.limit = len(limit["axes"]), limit
        self.axes = f"({limit['axes'][0]},)" if self.ndim == 1 else f"({', '.join(limit['axes'])})"
        super().__init__(default_value=self._tuples(np.array(limit["default"], dtype=float)))
        self.tag(**SYNC)

    def validate(self, obj: Any, value: Any) -> tuple[Any, ...]:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            hint = "a list of numbers" if self.ndim == 1 else "a list of rows of numbers"
            if self.ndim == 2 and isinstance(value, list | tuple):
                hint = "rows of equal length, all of numbers"
            raise t.TraitError(
                f"{self.name} expects numbers of shape {self.axes}, but got {value!r}. Give {hint}."
            ) from None
        if array.ndim != self.ndim or 0 in array.shape:
            raise t.TraitError(
                f"{self.name} expects shape {self.axes}, but got shape {array.shape}. "
                f"Give {'a list of numbers' if self.ndim == 1 else 'a list of rows, one number a column'}."
            )
        low, high = self.limit["low"], self.limit["high"]
        bad = np.argwhere(~((array >= low) & (array <= high)))
        if len(bad):
            place = tuple(int(k) for k in bad[0])
            raise t.TraitError(
                f"{self.name} expects finite numbers from {low:g} to {high:g}, but {self.name}"
                f"[{', '.join(map(str, place))}] is {array[place]:g}. Replace it, or rescale what made it."
            )
        return self._tuples(array)

    def _tuples(self, array: np.ndarray) -> tuple[Any, ...]:
        rows: list[Any] = array.tolist()
        return tuple(rows) if self.ndim == 1 else tuple(map(tuple, rows))


class Text(t.TraitType[Any, Any]):
    """A text of some letters; its length is the size of its axis."""

    def __init__(self, limit: dict[str, Any]) -> None:
        super().__init__(default_value=limit["default"])
        self.limit = limit
        self.tag(**SYNC)

    def validate(self, obj: Any, value: Any) -> str:
        if not isinstance(value, str):
            raise t.TraitError(f"{self.name} expects a text, but got {value!r}.")
        bad = re.search(f"(?!{self.limit['letters']})(?s:.)", value)
        if bad:
            raise t.TraitError(
                f"{self.name} expects letters of {self.limit['letters']}, but {self.name}[{bad.start()}] is "
                f"{bad[0]!r}. Replace it."
            )
        return value


class Choice(t.TraitType[Any, Any]):
    """One of some words."""

    def __init__(self, limit: dict[str, Any]) -> None:
        super().__init__(default_value=limit["default"])
        self.limit = limit
        self.tag(**SYNC)

    def validate(self, obj: Any, value: Any) -> str:
        if not isinstance(value, str) or value not in self.limit["choices"]:
            *most, last = map(repr, self.limit["choices"])
            raise t.TraitError(f"{self.name} expects {', '.join(most)} or {last}, but got {value!r}.")
        return value


class Limits:
    """The limits of one explorer, from its file, and the check of all its traits against each other."""

    def __init__(self, folder: Path) -> None:
        data = json.loads((folder / "limits.json").read_text("utf-8"))
        self.sizes: dict[str, list[int]] = data["sizes"]
        self.traits: dict[str, dict[str, Any]] = data["traits"]
        self.height: dict[str, int] = data["height"]
        self.small: dict[str, int] = data.get("small", {})  # the heights of a small form
        self.extremes: list[dict[str, Any]] = data["extremes"]

    def trait(self, name: str) -> Any:
        limit = self.traits[name]
        for mark, kind in (("choices", Choice), ("letters", Text), ("axes", Numbers)):
            if mark in limit:
                return kind(limit)
        return Number(limit)

    def check(self, given: dict[str, Any], name: str) -> None:
        """Raise TraitError where ``given`` does not fit together; ``name`` is the trait that was just changed."""
        sizes: dict[str, int] = {}
        for key, limit in self.traits.items():
            for letter, size in zip(limit.get("axes", ()), _shape(given[key]), strict=False):
                sizes.setdefault(letter, size)
        shaped = {key: limit["axes"] for key, limit in self.traits.items() if "axes" in limit}
        for letter, (low, high) in self.sizes.items():
            of = next(key for key, axes in shaped.items() if letter in axes)
            _within(f"the {letter} of {of}", sizes[letter], low, high, "The explorer draws no more than that.")
        for key, axes in shaped.items():
            want = tuple(sizes[letter] for letter in axes)
            if _shape(given[key]) != want:
                raise t.TraitError(
                    f"{key} expects shape {want} beside the others, but got {_shape(given[key])}. To change "
                    f"{' or '.join(self.sizes)}, give all of {', '.join(shaped)} together: in the constructor, "
                    "or inside `with explorer.hold_trait_notifications():`."
                )
        limit = self.traits[name]
        if "low" in limit and "axes" not in limit and given[name] is not None:
            high = sizes.get(limit["high"], limit["high"])
            _within(name, given[name], limit["low"], high, limit.get("hint", "The explorer draws no more than that."))

    def inside(self, given: dict[str, Any]) -> dict[str, int]:
        """The whole numbers whose upper limit is a size, moved inside it."""
        sizes = {
            letter: size
            for key, limit in self.traits.items()
            for letter, size in zip(limit.get("axes", ()), _shape(given[key]), strict=False)
        }
        ends = {key: sizes[limit["high"]] for key, limit in self.traits.items() if limit.get("high") in sizes}
        return {key: min(given[key], end) for key, end in ends.items()}


def _shape(value: Any) -> tuple[int, ...]:
    return (len(value),) if isinstance(value, str) else np.shape(value)


def _within(name: str, value: float, low: float, high: float, hint: str) -> None:
    if not low <= value <= high:
        raise t.TraitError(f"{name} expects {low} to {high}, but got {value}. {hint}")
