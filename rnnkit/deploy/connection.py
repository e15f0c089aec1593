"""A stream: one WebSocket, whose state is in this connection, or in a session."""

import asyncio
import contextlib
import json

from fastapi import WebSocket, WebSocketDisconnect

from rnnkit.deploy.limits import Refused
from rnnkit.deploy.messages import answer
from rnnkit.deploy.service import STOPPING, Service
from rnnkit.deploy.sessions import Apart, Run, Sessions
from rnnkit.deploy.stream import Step
from rnnkit.ops import Array

AWAY, RESTARTS, LATER = 1001, 1012, 1013  # codes of a WebSocket's close
APART = {409: 4409, 410: 4410}  # with these a session's stream ends; the next greeting says where the session stands


class Held:
    """A state in the connection alone: it ends with it, and not before."""

    ends: tuple[int, ...] = ()

    def __init__(self, step: Step):
        self.state, self.number = step.start(), 0

    async def where(self) -> list[int]:
        return [self.number]

    async def advance(self, at: int, xs: Array, run: Run) -> tuple[Array, int]:
        if at != self.number:
            came = f"step is {at}, expected {self.number}: this stream's state is in its connection alone"
            raise Apart(came, [self.number])
        ys, self.state = await run(xs, self.state)
        self.number += len(xs)
        return ys, self.number


class Kept:
    """A session's state, that outlives the connection; a connection that stands elsewhere ends."""

    ends = tuple(APART)

    def __init__(self, sessions: Sessions, name: str):
        self.sessions, self.name = sessions, name

    async def where(self) -> list[int]:
        return await self.sessions.where(self.name)

    async def advance(self, at: int, xs: Array, run: Run) -> tuple[Array, int]:
        return await self.sessions.advance(self.name, at, xs, run)


class Connection:
    """Reads messages and answers them, one after the other; a slow reader is read from no faster than it reads."""

    def __init__(self, service: Service, ws: WebSocket):
        self.service, self.ws, self.number = service, ws, 0
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._since = 0.0  # when it began to wait for a message; 0 while it does not
        self._woken = False

    async def serve(self, session: str = "") -> None:
        """Until the client leaves, says nothing for too long, or the server stops."""
        await self.ws.accept()
        streams = self.service.streams
        if len(streams) >= self.service.limits.streams:
            return await self._end(LATER, Refused(503, f"{len(streams)} streams are open, and no more may."))
        streams.add(self)
        self._look()
        try:
            step, sessions = self.service.step, self.service.sessions
            await self._talk(Kept(sessions, session) if session else Held(step))
        except WebSocketDisconnect:
            pass
        except Refused as refused:
            await self._end(APART.get(refused.status, LATER), refused)
        finally:
            self._timer.cancel()
            streams.discard(self)

    def wake(self) -> None:
        """End its waiting for a message; one that is being computed is answered before."""
        if self._since and not self._woken and self._task:
            self._woken = self._task.cancel()

    async def _talk(self, held: Held | Kept) -> None:
        kept = await held.where()
        self.number = kept[-1]
        await self.ws.send_text(json.dumps({"step": self.number, "from": kept}))
        while not self.service.stopping and (raw := await self._heard()) is not None:
            try:
                await self._answered(raw, held)
            except (Refused, ValueError) as error:
                if getattr(error, "status", 0) in held.ends:
                    raise
                await self._told(error)
        if self.service.stopping:
            return await self._end(RESTARTS, Refused(503, STOPPING))
        await self._end(AWAY, Refused(408, f"nothing came for {self.service.limits.idle:g} s"))

    async def _heard(self) -> bytes | str | None:
        """The next message, or None if it was woken meanwhile."""
        self._since = self._loop.time()
        try:
            message = await self.ws.receive()
        except asyncio.CancelledError:
            if self._woken and self._task and not self._task.uncancel():
                return None
            raise
        finally:
            self._since = 0.0
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        found: bytes | str = message["bytes"] if message.get("text") is None else message["text"]
        return found

    async def _answered(self, raw: bytes | str, held: Held | Kept) -> None:
        reader = self.service.reader
        if isinstance(raw, bytes):
            ys, self.number = await held.advance(self.number, reader.binary(raw), self.service.run)
            return await self.ws.send_bytes(self.number.to_bytes(8, "little") + ys.tobytes())
        message = reader.message(raw)
        at = reader.step(message, self.number)
        ys, self.number = await held.advance(at, reader.sequence(message), self.service.run)
        await self.ws.send_text(answer(ys, message, step=self.number))

    async def _told(self, error: Exception) -> None:
        status = getattr(error, "status", 422)
        self.service.metrics.refused.labels(str(status)).inc()
        said = {"error": str(error), "status": status, "step": self.number} | getattr(error, "more", {})
        await self.ws.send_text(json.dumps(said))

    async def _end(self, code: int, why: Refused) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the client may have left
            await self._told(why)
            await self.ws.close(code, str(why)[:120])

    def _look(self) -> None:
        """Wake it, if it has waited too long; else look again when that could be so."""
        idle = self.service.limits.idle
        waited = self._loop.time() - self._since if self._since else 0.0
        if waited >= idle:
            self.wake()
        self._timer = self._loop.call_later(max(idle - waited, 0.01), self._look)
