"""What one client may take from the others: bytes, steps, time, a place in the queue. And how it is told."""

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from rnnkit import checks

if TYPE_CHECKING:
    from fastapi import Request

DRAINED = (
    32  # times the limit: so much of a body that is too long is read to its end, for the client to read our answer
)


class Limits(NamedTuple):
    """What a server allows. Each is an option of ``python -m rnnkit.deploy serve``; times are in seconds.

    Attributes
    ----------
    body : int
        Bytes of a request's body, or of a message in a stream.
    steps : int
        Steps of a message; a batch counts with its padding.
    waiting : int
        Requests at once: the one that computes, and those that wait for it. One more gets 503, and is told when to
        come again.
    streams, sessions : int
        Streams that are open, and sessions that are kept in memory; of those the oldest is evicted.
    read : float
        In which a request's headers have to come, and its body, and an answer has to be taken.
    idle : float
        A stream may be silent.
    kept : float
        A session is kept after its last message.
    grace : float
        From SIGTERM to the end.
    """

    body: int = 2**20
    steps: int = 4096
    waiting: int = 64
    streams: int = 1000
    sessions: int = 10_000
    read: float = 5.0
    idle: float = 60.0
    kept: float = 3600.0
    grace: float = 10.0

    def checked(self) -> Self:
        """These limits; a ValueError if one is no number above 0."""
        for name, value in self._asdict().items():
            if isinstance(self._field_defaults[name], int):
                checks.whole(name, value)
            checks.positive(name, value)
        return self


class Refused(Exception):
    """A request that is not served, with the status of HTTP, the words, and the fields beside them in its answer."""

    def __init__(self, status: int, words: str):
        super().__init__(words)
        self.status = status
        self.more: dict[str, Any] = {}


class Busy(Refused):
    """503: come again, in a second."""

    def __init__(self, words: str):
        super().__init__(503, words)


class Room:
    """``with room:`` for at most so many at once; one more gets :class:`Busy` at once, and does not wait.

    Examples
    --------
    >>> room = Room(1)
    >>> with room:
    ...     try:
    ...         room.__enter__()
    ...     except Busy as refused:
    ...         print(refused.status, refused)
    503 busy: at most 1 may compute or wait at once. Come again in a second.
    """

    def __init__(self, most: int):
        self.most, self.taken = most, 0

    def __enter__(self) -> None:
        if self.taken >= self.most:
            raise Busy(f"busy: at most {self.most} may compute or wait at once. Come again in a second.")
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self.taken -= 1


async def read_body(request: "Request", limits: Limits) -> bytes:
    """A request's body, if it is not too long and comes in time; what is too long is read, and forgotten."""
    found, size = bytearray(), 0
    try:
        async with asyncio.timeout(limits.read):
            async for piece in request.stream():
                size += len(piece)
                if size <= limits.body:
                    found += piece
                elif size > DRAINED * limits.body:
                    break
    except TimeoutError:
        raise Refused(408, f"the body did not come within {limits.read:g} s: {size} bytes of it came") from None
    if size > limits.body:
        raise Refused(413, f"the body has {size} bytes or more, expected at most {limits.body}")
    return bytes(found)
