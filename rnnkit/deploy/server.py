"""The server of a bundle: predictions, batches, streams whose state is in the connection, and sessions in a store."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rnnkit import checks
from rnnkit.deploy.bundle import Bundle
from rnnkit.deploy.connection import Connection
from rnnkit.deploy.limits import Busy, Limits, Refused, read_body
from rnnkit.deploy.messages import MAY_STAND_THERE, answer, rows, shown
from rnnkit.deploy.metrics import Counted
from rnnkit.deploy.service import Service
from rnnkit.deploy.sessions import MemoryStore, SessionStore


def application(
    bundle: Bundle,
    store: SessionStore | None = None,
    limits: Limits | None = None,
    batch: int = 0,
    wait: float = 0.0,
    keep: int = 4,
    secret: bytes = b"",
) -> FastAPI:
    """The server as an application of ASGI.

    Parameters
    ----------
    bundle : Bundle
    store : MemoryStore or RedisStore, optional
        Where sessions are kept: in memory, if left out.
    limits : Limits, optional
    batch : int
        Users whose steps are computed together, if they wait together; 0 or 1: each alone.
    wait : float
        Seconds that the first of them waits for others.
    keep : int
        States a session keeps.
    secret : bytes
        What seals the states that clients keep themselves; without it anybody can make one.

    Returns
    -------
    FastAPI
        Its ``state.service`` is the Service.

    Raises
    ------
    ValueError
        If a limit, ``batch``, ``wait`` or ``keep`` is out of range, or the secret is short enough to be guessed.
    """
    limits = (limits or Limits()).checked()
    if 0 < len(secret) < 16:
        raise checks.wrong(f"the secret has {len(secret)} bytes", "16 or more", "head -c 32 /dev/urandom makes one.")
    store = store or MemoryStore(limits.sessions, limits.kept)
    service = Service(bundle, store, limits, checks.whole("batch", batch, 0), wait, keep, secret)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.thread.shutdown(wait=False)
        await store.close()

    app = FastAPI(title="rnnkit", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.service = service
    app.add_middleware(Counted, metrics=service.metrics)
    for kind in (Refused, ValueError):
        app.add_exception_handler(kind, refused)
    _health(app, service)
    _predictions(app, service)
    _streams(app, service)
    return app


def _health(app: FastAPI, service: Service) -> None:
    @app.get("/")
    async def about() -> dict[str, Any]:
        bundle = service.bundle
        says = {"model": repr(bundle.model), "reads": service.reader.expects, "card": bundle.card}
        states = "signed" if service.secret else "unsigned"
        return says | {"streams": not service.why, "states": states, "limits": service.limits._asdict()}

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        await service.ready()
        return {"status": "ready"}

    @app.get("/metrics")
    async def metrics() -> Response:
        of = service.metrics
        of.streams.set(len(service.streams))
        of.waiting.set(service.room.taken)
        of.evicted.set(service.store.evicted)
        with contextlib.suppress(Busy):
            of.sessions.set(await service.store.size())
        text, kind = of.text()
        return Response(text, media_type=kind)


def _predictions(app: FastAPI, service: Service) -> None:
    @app.post("/predict")
    async def predict(request: Request) -> Response:
        message = service.reader.message(await read_body(request, service.limits), MAY_STAND_THERE)
        if "xs" in message or "texts" in message:
            found = await service.predict(service.reader.sequences(message))
            return _json(f'{{"ys": [{", ".join(rows(shown(ys, message)) for ys in found)}]}}')
        xs = service.reader.sequence(message)
        if "state" in message:  # kept by the client itself
            ys, number, state = await service.held(xs, message)
            return _json(answer(ys, message, step=number, state=state))
        if "step" in message:
            raise checks.wrong("the message has step and no state", "both", "A sequence without a state begins at 0.")
        (ys,) = await service.predict([xs])
        return _json(answer(ys, message))


def _streams(app: FastAPI, service: Service) -> None:
    @app.post("/sessions", status_code=201)
    async def open_session() -> dict[str, Any]:
        await service.ready()
        return {"session": await service.sessions.open(), "step": 0}

    @app.get("/sessions/{name}")
    async def where(name: str) -> dict[str, Any]:
        kept = await service.sessions.where(name)
        return {"session": name, "step": kept[-1], "from": kept}

    @app.post("/sessions/{name}")
    async def go_on(name: str, request: Request) -> Response:
        message = service.reader.message(await read_body(request, service.limits))
        xs, at = service.reader.sequence(message), service.reader.step(message)
        ys, number = await service.sessions.advance(name, at, xs, service.run)
        return _json(answer(ys, message, step=number))

    @app.delete("/sessions/{name}", status_code=204)
    async def close_session(name: str) -> None:
        await service.store.drop(name)

    @app.websocket("/stream")
    async def stream(ws: WebSocket, session: str = "") -> None:
        await Connection(service, ws).serve(session)


async def refused(_: Request, error: Exception) -> Response:
    """A refusal as an answer, with its words."""
    status, more = (error.status, error.more) if isinstance(error, Refused) else (422, {})
    headers = {503: {"Retry-After": "1"}, 408: {"Connection": "close"}, 413: {"Connection": "close"}}
    return JSONResponse({"error": str(error)} | more, status, headers.get(status))


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def _service(config: uvicorn.Config) -> Service:
    """That of the application which uvicorn serves."""
    found: Service = config.app.state.service  # type: ignore[union-attr]
    return found


class Patient(H11Protocol):
    """uvicorn's protocol, which waits for a request's headers for so long, and not forever."""

    _end: asyncio.TimerHandle | None = None
    _upgraded = False  # to a stream, whose protocol takes over

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        own = transport.get_extra_info("socket")
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a body waits 40 ms for word about its head
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # the system lets go of who does not take their answers
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * self._limits.read))
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._rest()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        super().handle_websocket_upgrade(event)
        self._upgraded = True

    def _watch(self) -> None:
        """Begin to count if headers are due, and end if they have come."""
        if self._upgraded or (self.cycle and not self.cycle.response_complete):
            self._rest()
        elif self._end is None:
            self._end = self.loop.call_later(self._limits.read, self.transport.abort)

    @property
    def _limits(self) -> Limits:
        return _service(self.config).limits

    def _rest(self) -> None:
        if self._end:
            self._end.cancel()
        self._end = None


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's, which waits for the other side's goodbye no longer than for anything else."""

    def __init__(self, config: uvicorn.Config, *more: Any, **named: Any):
        super().__init__(config, *more, **named)
        self.close_timeout = _service(config).limits.read


class Server(uvicorn.Server):
    """uvicorn's server, which lets streams end with a word before it closes what is open."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await _service(self.config).stop()
        await super().shutdown(sockets)


def serve(app: FastAPI, host: str = "127.0.0.1", port: int = 8000, name: str = "the application") -> None:
    """Serve an application of :func:`application` until SIGTERM or SIGINT, and say where.

    Parameters
    ----------
    app : FastAPI
    host : str
        127.0.0.1: this machine alone. What listens to others stands behind a proxy that has TLS and knows its users.
    port : int
        0: a free one.
    name : str
        What the line that it prints calls it.
    """
    limits: Limits = app.state.service.limits
    if checks.whole("port", port, 0) > 65535:
        raise checks.wrong(f"port is {port}", "0 to 65535", "0 takes a free one.")
    with socket.create_server((host, port), backlog=2048) as listens:
        config = uvicorn.Config(
            app,
            http=Patient,
            ws=Socket,
            ws_max_size=limits.body,
            ws_per_message_deflate=False,
            timeout_keep_alive=max(1, round(limits.idle)),
            timeout_graceful_shutdown=round(limits.grace) + 1,
            log_level="warning",
            server_header=False,
        )
        where = f"[{host}]" if ":" in host else host
        print(f"{name} is served at http://{where}:{listens.getsockname()[1]}", flush=True)
        Server(config).run([listens])
