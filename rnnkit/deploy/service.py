"""What computes for all ways in, on one core: it has room for so many requests, and knows whether it stops.

Short messages are computed in the event loop, because to hand them over costs more than their steps; long ones on one
thread beside it, so that nobody's next symbol waits for another's novel. More cores are more processes, which share
their sessions in Redis.
"""

import asyncio
import base64
import contextlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from rnnkit import checks
from rnnkit.deploy.batching import Batcher
from rnnkit.deploy.bundle import Bundle
from rnnkit.deploy.limits import Busy, Limits, Refused, Room
from rnnkit.deploy.messages import Reader
from rnnkit.deploy.metrics import Metrics
from rnnkit.deploy.sessions import Apart, Sessions, SessionStore
from rnnkit.deploy.stream import State, Step, stream
from rnnkit.ops import Array

Found = TypeVar("Found")
SEAL = 16  # bytes behind a packed state
SHORT = 16  # steps that the event loop computes itself
STOPPING = "the server stops. Go on elsewhere, or here in a while."


class Service:
    """A bundle at work; :func:`rnnkit.deploy.server.application` has the arguments."""

    def __init__(
        self, bundle: Bundle, store: SessionStore, limits: Limits, batch: int, wait: float, keep: int, secret: bytes
    ):
        self.bundle, self.store, self.limits, self.secret = bundle, store, limits, secret
        self.reader, self.metrics, self.room = Reader(bundle, limits), Metrics(), Room(limits.waiting)
        self.thread = ThreadPoolExecutor(1, "rnnkit-long")
        self.streams: set[Any] = set()  # the connections that are open
        self.stopping, self.why = False, ""
        try:
            self._step: Step | None = stream(bundle.model)
        except ValueError as error:
            self._step, self.why = None, str(error)
        self._sessions = Sessions(self._step, store, keep) if self._step else None
        self._batcher = Batcher(self._step, batch, wait) if self._step and batch > 1 else None

    @property
    def step(self) -> Step:
        if self._step is None:
            raise Refused(501, self.why)
        return self._step

    @property
    def sessions(self) -> Sessions:
        if self._sessions is None:
            raise Refused(501, self.why)
        return self._sessions

    async def run(self, xs: Array, state: State) -> tuple[Array, State]:
        """One user's steps: outputs (T, K), and the state after them."""
        with self._room():
            began = time.perf_counter()
            if len(xs) > SHORT:
                found = await self._beside(lambda: steps(self.step, xs, state))
            elif self._batcher:
                found = await self._batched(xs, state, self._batcher)
            else:
                found = steps(self.step, xs, state)
            self.metrics.computed(len(xs), time.perf_counter() - began)
            return found

    async def predict(self, sequences: list[Array]) -> list[Array]:
        """What the whole model gives for each of these sequences, (T, K) or (1, K), in one batch."""
        with self._room():
            began = time.perf_counter()
            found = await self._beside(lambda: predicted(self.bundle.model, sequences))
            self.metrics.computed(sum(map(len, sequences)), time.perf_counter() - began)
            return found

    async def held(self, xs: Array, message: dict[str, Any]) -> tuple[Array, int, str]:
        """Steps of a client who keeps the state: outputs, the number of steps, and the state that follows, packed."""
        state, number = unpacked(self.step, message["state"], self.secret)
        if (at := self.reader.step(message, number)) != number:
            raise Apart(f"step is {at}, expected {number}, after which the state beside it stands", [number])
        ys, state = await self.run(xs, state)
        return ys, number + len(xs), packed(self.step, state, number + len(xs), self.secret)

    async def ready(self) -> None:
        """Raises :class:`~rnnkit.deploy.limits.Busy` if this server stops, or its store is away."""
        if self.stopping:
            raise Busy(STOPPING)
        await self.store.ping()

    async def stop(self) -> None:
        """Begin nothing new, tell the streams, and wait until what runs has ended."""
        self.stopping = True
        for connection in self.streams:
            connection.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.grace):
                while self.streams or self.room.taken:
                    await asyncio.sleep(0.01)

    async def _beside(self, work: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)

    async def _batched(self, xs: Array, state: State, batcher: Batcher) -> tuple[Array, State]:
        ys = []
        for x in xs:
            y, state = await batcher(x[None], state)
            ys.append(y)
        return np.concatenate(ys), state

    def _room(self) -> Room:
        if self.stopping:
            raise Busy(STOPPING)
        return self.room


def steps(step: Step, xs: Array, state: State) -> tuple[Array, State]:
    """One user's steps, one after the other: outputs (T, K), and the state after them.

    A Reader has looked at the symbols, and the state is one that the step itself has given.
    """
    ys = []
    for x in xs:
        y, state = step.unchecked(x[None], state)
        ys.append(y)
    return ys[0] if len(ys) == 1 else np.concatenate(ys), state


def predicted(model: Any, sequences: list[Array]) -> list[Array]:
    """Sequences of any lengths in one batch, padded at the end, under a mask."""
    lengths = [len(xs) for xs in sequences]
    batch = np.zeros((max(lengths), len(sequences), *sequences[0].shape[1:]), sequences[0].dtype)
    for n, xs in enumerate(sequences):
        batch[: len(xs), n] = xs
    mask = np.arange(len(batch))[:, None] < lengths
    h = model(batch, mask=None if mask.all() else mask).h
    if h.ndim == 2:  # the model reads a whole sequence to one answer
        return [h[n : n + 1] for n in range(len(sequences))]
    return [h[:T, n] for n, T in enumerate(lengths)]


def packed(step: Step, state: State, number: int, secret: bytes = b"") -> str:
    """A state as text, for a client that keeps it itself: the bytes of :meth:`Step.pack`, and their seal.

    The seal is an HMAC of the network's name, the number of steps and the state. Without a secret it finds what was cut
    or changed on its way, and anybody can make one. With a secret nobody else can. It names no user: whoever sends
    another user's state, or an older one of their own, is answered from it.
    """
    raw = step.pack(state, number)
    return base64.b64encode(raw + _seal(raw, secret)).decode()


def unpacked(step: Step, value: Any, secret: bytes = b"") -> tuple[State, int]:
    """The state that a client sends along, and its number of steps; None begins."""
    if value is None:
        return step.start(), 0
    wanted = "what the last answer had as state, or null"
    try:
        raw = base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        raise checks.wrong("state is no base64", wanted) from None
    raw, seal = raw[:-SEAL], raw[-SEAL:]
    state, number = step.unpack(raw)
    if not hmac.compare_digest(seal, _seal(raw, secret)):
        hint = "Was it changed on its way, or sealed by a server of another secret?"
        raise checks.wrong("state does not fit its seal", wanted, hint)
    arrays = [a for part in state for a in part]
    if any(a.shape[1] != 1 or not np.isfinite(a).all() for a in arrays):
        raise checks.wrong("state holds NaN, or several users", wanted)
    return state, number


def _seal(raw: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, raw, "sha256")[:SEAL]
