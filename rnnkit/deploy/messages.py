"""From what a client sent to the arrays that a network reads, and back; what does not fit is refused in words."""

import functools
import json
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.data import Scale, Vocabulary
from rnnkit.deploy.bundle import Bundle
from rnnkit.deploy.limits import Limits
from rnnkit.layers import Embedding, Sequential
from rnnkit.ops import Array

STREAMED = ("x", "text", "step", "last")  # the fields of a message to a session, or in a stream
MAY_STAND_THERE = (*STREAMED, "xs", "texts", "state")  # and of one to /predict
FORM = '{"x": [...]}, an object of JSON'


class Reader:
    """Reads messages for one bundle.

    Parameters
    ----------
    bundle : Bundle
    limits : Limits
    """

    def __init__(self, bundle: Bundle, limits: Limits):
        first = bundle.model.layers[0] if isinstance(bundle.model, Sequential) else bundle.model
        self.reads, self.limits = bundle.reads, limits
        self.symbols = first.num_embeddings if isinstance(first, Embedding) else 0
        self.features = 0 if self.symbols else getattr(first, "input_size", getattr(first, "in_features", 0))
        self.dtype = np.dtype(str(bundle.model.dtype).removeprefix("torch."))

    @property
    def expects(self) -> str:
        """What a sequence is, in words."""
        return f"x: {self._numbers}" + ", or text: its symbols" * isinstance(self.reads, Vocabulary)

    @property
    def _numbers(self) -> str:
        return f"T numbers of 0 to {self.symbols - 1}" if self.symbols else f"T rows of {self.features} numbers"

    def message(self, raw: bytes | str, fields: tuple[str, ...] = STREAMED) -> dict[str, Any]:
        """The object that a body or a message of a stream is, with no other fields than these."""
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise checks.wrong(f"the message is no JSON ({error!s:.80})", FORM) from None
        if not isinstance(found, dict):
            raise checks.wrong(f"the message is a JSON {type(found).__name__}", FORM)
        if odd := [key for key in found if key not in fields]:
            hint = "Batches and packed states go to /predict." if odd[0] in MAY_STAND_THERE else ""
            raise checks.wrong(f"the message has {odd[0]!r:.40}", f"{', '.join(fields)} alone", hint)
        return found

    def step(self, message: dict[str, Any], default: int | None = None) -> int:
        """Its number of steps that the client has acknowledged."""
        if default is None and "step" not in message:
            raise checks.wrong("the message has no step", "the number of steps whose outputs have come", "0 begins.")
        return checks.whole("step", message.get("step", default), 0, "the steps whose outputs have come.")

    def sequence(self, message: dict[str, Any], x: str = "x", text: str = "text") -> Array:
        """Its one sequence: (T,) of symbols, or (T, I)."""
        if (x in message) == (text in message):
            came = f"{x} and {text}" if x in message else f"{' and '.join(message)} alone" if message else "nothing"
            raise checks.wrong(f"the message has {came}", f"{'one of ' * (x in message)}{self.expects}")
        found = self._x(message[x], x) if x in message else self._text(message[text], text)
        return self._short(found, 1, len(found))

    def sequences(self, message: dict[str, Any]) -> list[Array]:
        """Those of a batch, of any lengths."""
        many, one = ("xs", "x") if "xs" in message else ("texts", "text")
        if odd := [key for key in message if key not in (many, "last")]:
            came, wanted = f"the message has {many} and {odd[0]}", f"{many}, alone or with last"
            raise checks.wrong(came, wanted, "A batch keeps no state.")
        if not isinstance(message[many], list) or not message[many]:
            raise checks.wrong(f"{many} is {message[many]!r:.40}", "a list of one sequence or more")
        found = [self.sequence({one: sequence}) for sequence in message[many]]
        self._short(found[0], len(found), max(map(len, found)))
        return found

    def binary(self, raw: bytes) -> Array:
        """A sequence as bytes: int32 of symbols, or rows in the model's dtype; little-endian."""
        kind = np.dtype("<i4") if self.symbols else self.dtype.newbyteorder("<")
        row = kind.itemsize * max(1, self.features)
        if not raw or len(raw) % row:
            of = "int32, a symbol" if self.symbols else f"{self.features} times {self.dtype}, a row"
            raise checks.wrong(
                f"the message has {len(raw)} bytes", f"a multiple of {row} above 0: little-endian {of} each"
            )
        found = np.frombuffer(raw, kind)
        return self.sequence({"x": found if self.symbols else found.reshape(-1, self.features)})

    def _x(self, value: Any, name: str) -> Array:
        found = checks.real(name, value)
        if self.symbols:
            if found.ndim != 1 or not len(found):
                raise checks.wrong(f"{name} has shape {found.shape}", self.expects)
            if found.dtype.kind not in "iu":
                odd = int((~np.isfinite(found) | (found != np.floor(found))).argmax()) if found.dtype.kind == "f" else 0
                came = f"{name} holds {'NaN' if np.isnan(found[odd]) else found[odd]} at {odd}"
                raise checks.wrong(came, self._numbers, "whole ones, a symbol each.")
            if found.min() < 0 or found.max() >= self.symbols:
                raise checks.wrong(f"{name} holds {found.min()} to {found.max()}", self.expects)
            return found.astype(np.int64)
        if found.ndim != 2 or not len(found) or found.shape[1] != self.features or found.dtype.kind == "b":
            raise checks.wrong(f"{name} has shape {found.shape} and dtype {found.dtype}", self.expects)
        with np.errstate(over="ignore"):
            found = (self.reads(found) if isinstance(self.reads, Scale) else found).astype(self.dtype)
        if not np.isfinite(found).all():
            raise checks.wrong(f"{name} holds NaN or infinity in {self.dtype}", "finite numbers")
        return found

    def _text(self, value: Any, name: str) -> Array:
        if not isinstance(self.reads, Vocabulary):
            raise checks.wrong(f"the message has {name}", self.expects, "This bundle has no vocabulary.")
        if not isinstance(value, (str, list)) or not value or not all(isinstance(item, str) for item in value):
            raise checks.wrong(f"{name} is {value!r:.40}", "text, or a list of the vocabulary's items")
        found = self.reads.encode(value)
        if (found == Vocabulary.UNKNOWN).any():
            at = int((found == Vocabulary.UNKNOWN).argmax())
            known = "".join(self.reads.items) if len(max(self.reads.items, key=len)) == 1 else self.reads.items[:9]
            hint = f"such as {known!r:.120}"
            raise checks.wrong(f"{name} holds {value[at]!r:.40} at {at}", "symbols of the vocabulary", f"{hint}.")
        return found if self.symbols else np.eye(len(self.reads), dtype=self.dtype)[found]

    def _short(self, found: Array, N: int, T: int) -> Array:
        if self.limits.steps < N * T:
            padded = f" ({N} sequences of up to {T})" * (N > 1)
            raise checks.wrong(f"the message has {N * T} steps{padded}", f"at most {self.limits.steps} a message")
        return found


def answer(ys: Array, message: dict[str, Any], **more: int | str) -> str:
    """The answer to a message, as JSON: all outputs or, if it asks so, the last alone, and what else there is.

    Examples
    --------
    >>> answer(np.array([[0.5, 1], [2, 3]]), {"last": True}, step=2)
    '{"step": 2, "y": [[2,3]]}'
    """
    first = "".join(f'"{key}": {json.dumps(value)}, ' for key, value in more.items())
    return f'{{{first}"y": {rows(shown(ys, message))}}}'


def shown(ys: Array, message: dict[str, Any]) -> Array:
    """All outputs, or the last alone."""
    return ys[-1:] if checks.flag("last", message.get("last", False)) else ys


def rows(ys: Array) -> str:
    """Outputs (T, K) as JSON, with the digits that give each number back; thrice as fast as ``json.dumps``.

    Examples
    --------
    >>> rows(np.array([[0.1, 2], [-2.5e-9, 4]], np.float32))
    '[[0.100000001,2],[-2.49999998e-09,4]]'
    """
    row = _row(ys.shape[1], 9 if ys.dtype == np.float32 else 17)
    return f"[{','.join(row % tuple(y) for y in ys.tolist())}]"


@functools.cache
def _row(K: int, digits: int) -> str:
    return f"[{','.join([f'%.{digits}g'] * K)}]"
