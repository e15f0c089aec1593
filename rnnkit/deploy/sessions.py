"""Sessions: states that outlive a connection, and with Redis the server. A client goes on from what it has got.

A session keeps the states after its last few messages, each with the number of steps that it has read, and a digest of
those that led to it. A client says with each message how many steps it has acknowledged; if that state is kept, the
message is computed from it. So an answer that was lost is asked for once more, and is the same. If the state is not
kept, or the session has read other steps from there, the client is told so. No state is ever replaced: not by zeros,
and not by that of another client who writes to the same session. Who counts the steps of their own answers is answered
from their own steps alone.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any, Protocol

from rnnkit import checks
from rnnkit.deploy.limits import Busy, Refused
from rnnkit.deploy.stream import HEAD, State, Step
from rnnkit.extras import needed
from rnnkit.ops import Array

Run = Callable[[Array, State], Awaitable[tuple[Array, State]]]
MARK = 16  # bytes of a digest of steps

SWAP = """
local now = redis.call('GET', KEYS[1])
if (now and redis.sha1hex(now) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Gone(Refused):
    """410: the state is not there."""

    def __init__(self, name: str, why: str = "evicted, expired, or never opened"):
        again = "Open a session, and send its steps again from the first."
        super().__init__(410, f"the state of session {name[:40]} is gone ({why}). {again}")


class Apart(Refused):
    """409: client and server do not stand at the same step; ``kept`` are those that the client can go on from."""

    def __init__(self, words: str, kept: list[int]):
        super().__init__(409, words)
        self.more = {"step": kept[-1], "from": kept}


class SessionStore(Protocol):
    """Bytes by name, from where a process can be killed or another one takes over. No pickle: bytes are numbers."""

    evicted: int

    async def get(self, name: str) -> bytes:
        """What is kept; :class:`Gone` if nothing is."""

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Keep ``new``, if ``old`` is what is kept now (None: nothing). False, and nothing done, if it is not."""

    async def drop(self, name: str) -> None:
        """Forget it."""

    async def size(self) -> int:
        """How many are kept."""

    async def ping(self) -> None:
        """Raises :class:`~rnnkit.deploy.limits.Busy` if the store is away."""

    async def close(self) -> None:
        """Let go of connections."""


class MemoryStore:
    """Sessions in this process: an LRU, which evicts the one that was used longest ago. They die with the process.

    Parameters
    ----------
    most : int
        How many are kept.
    seconds : float
        For how long after the last use.
    """

    def __init__(self, most: int = 10_000, seconds: float = 3600.0):
        self.most, self.seconds = checks.whole("most", most), checks.positive("seconds", seconds)
        self.evicted = 0
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()  # the last used at the end

    async def get(self, name: str) -> bytes:
        self._expire()
        if name not in self._kept:
            raise Gone(name)
        return self._use(name, self._kept[name][1])

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        self._expire()
        if self._kept.get(name, (0, None))[1] != old:
            return False
        self._use(name, new)
        while len(self._kept) > self.most:
            self._evict()
        return True

    async def drop(self, name: str) -> None:
        self._kept.pop(name, None)

    async def size(self) -> int:
        self._expire()
        return len(self._kept)

    async def ping(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def _use(self, name: str, value: bytes) -> bytes:
        self._kept[name] = (time.monotonic(), value)
        self._kept.move_to_end(name)
        return value

    def _expire(self) -> None:
        while self._kept and next(iter(self._kept.values()))[0] < time.monotonic() - self.seconds:
            self._evict()

    def _evict(self) -> None:
        self._kept.popitem(last=False)
        self.evicted += 1


class RedisStore:
    """Sessions in Redis, which outlive the server and are shared by several.

    Which are evicted is Redis's own affair: set its ``maxmemory`` and ``maxmemory-policy allkeys-lru``.

    Parameters
    ----------
    url : str
        Such as redis://127.0.0.1:6379/0.
    seconds : float
        For how long a session is kept after its last message.

    Raises
    ------
    ImportError
        If redis is not installed.
    """

    evicted = 0  # Redis counts them itself: INFO stats, evicted_keys

    def __init__(self, url: str, seconds: float = 3600.0):
        self.milliseconds = int(1000 * checks.positive("seconds", seconds))
        redis = needed("redis.asyncio", "a RedisStore")
        self._away = needed("redis.exceptions", "a RedisStore").RedisError
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._swap = self._redis.register_script(SWAP)

    async def get(self, name: str) -> bytes:
        found = await self._asked(self._redis.get(_key(name)))
        if found is None:
            raise Gone(name)
        return bytes(found)

    async def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        before = "" if old is None else hashlib.sha1(old).hexdigest()
        return bool(await self._asked(self._swap(keys=[_key(name)], args=[before, new, self.milliseconds])))

    async def drop(self, name: str) -> None:
        await self._asked(self._redis.delete(_key(name)))

    async def size(self) -> int:
        return int(await self._asked(self._redis.dbsize()))

    async def ping(self) -> None:
        await self._asked(self._redis.ping())

    async def close(self) -> None:
        await self._redis.aclose()

    async def _asked(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except (self._away, OSError) as error:
            raise Busy(f"the store of sessions is away ({type(error).__name__}). Come again in a second.") from error


def _key(name: str) -> str:
    return f"rnnkit:session:{name}"


class Sessions:
    """The states of sessions in a store.

    Parameters
    ----------
    step : Step
    store : SessionStore
    keep : int
        How many states a session keeps: a client may be so many messages behind, less one.
    """

    def __init__(self, step: Step, store: SessionStore, keep: int = 4):
        self.step, self.store, self.keep = step, store, checks.whole("keep", keep, 2)
        self._begin = bytes(MARK) + step.pack(step.start())

    async def open(self) -> str:
        """The name of a new session: nobody can guess it."""
        name = secrets.token_urlsafe(16)
        await self.store.swap(name, None, self._begin)
        return name

    async def where(self, name: str) -> list[int]:
        """The steps that the session can go on from; its newest is the last."""
        return list(self._states(name, await self.store.get(name)))

    async def advance(self, name: str, at: int, xs: Array, run: Run) -> tuple[Array, int]:
        """Read ``xs`` from the state after ``at`` steps, keep the state that follows; what came out, and its step.

        What a session has read stays as it is: ``xs`` may repeat it, message by message, and go on from its end.

        Raises
        ------
        Gone
            If the session has no state, or that of other weights.
        Apart
            If no state after ``at`` steps is kept, or the session has read other steps from there.
        """
        old = await self.store.get(name)
        states, then = self._states(name, old), at + len(xs)
        if at not in states:
            kept = ", ".join(map(str, states))
            raise Apart(f"step is {at}, expected one that this session can go on from: {kept}", list(states))
        for start, end in pairwise(number for number in states if number >= at):
            if start < then and _mark(xs[start - at : end - at]) != states[end][:MARK]:
                came = f"after step {start} this session has read other steps or more of them, up to {end}"
                raise Apart(f"{came}, expected all of them first: do two clients write to it?", list(states))
        state, _ = self.step.unpack(states[at][MARK:])
        ys, state = await run(xs, state)
        new = old
        if then not in states:
            added = _mark(xs[max(states) - at :]) + self.step.pack(state, then)
            new = (old + added)[-self.keep * len(added) :]
        if not await self.store.swap(name, old, new):  # another request was faster: was it the same?
            return await self.advance(name, at, xs, run)
        return ys, then

    def _states(self, name: str, kept: bytes) -> dict[int, bytes]:
        """What is kept, by the number of steps: each a digest of what led to the state, and the state, packed."""
        size = len(self._begin)
        try:
            self.step.unpack(kept[MARK:size])
        except ValueError:
            raise Gone(name, "it is that of another model or of other weights") from None
        parts = [kept[k : k + size] for k in range(0, len(kept), size)]
        return {int.from_bytes(part[MARK + HEAD : MARK + HEAD + 8], "little"): part for part in parts}


def _mark(xs: Array) -> bytes:
    """A digest of steps."""
    return hashlib.blake2b(xs.tobytes(), digest_size=MARK).digest()
