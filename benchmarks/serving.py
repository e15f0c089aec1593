"""Measure the server of rnnkit.deploy beside its echo and onnxruntime's bare step, and keep it as JSON and Markdown.

    python3 make.py bench-serve          seven minutes; rewrites benchmarks/results/serve-*
    python3 make.py bench-serve --quick  few rounds and ten seconds of load; writes to _build/benchmarks/

One client, an LSTM of 256 units that reads 98 symbols through 64 numbers, in float32. The ways to serve it take turns,
round by round, in an order that is drawn anew. A target that is missed is a line in the table, not an error.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import psutil
from websockets.asyncio.client import connect

import rnnkit
from benchmarks.machine import cores, processor, slug
from benchmarks.serving_app import bare
from benchmarks.serving_report import (
    BARE,
    BEHIND,
    BINARY,
    ECHO,
    OWN,
    POST,
    POST_REDIS,
    PREDICT,
    RECOMPUTE,
    REDIS,
    SESSION,
    STREAM,
    T,
    markdown,
    summary,
)
from rnnkit.data import Vocabulary
from rnnkit.deploy import save_bundle, stream
from rnnkit.deploy.process import Process, start

ROOT = Path(__file__).resolve().parents[1]
V, E, H = 98, 64, 256
SLOWLY, WHOLE = 300, 4.0  # connections, and seconds in which they come, wait and are let go
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s==\r\n\r\n"
SLOW = (
    b"",
    b"POST /predict HTTP/1.1\r\nHost: a\r\nX-",
    b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{"x": [1',
    b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea",
    b"GET /stream HTTP/1.1\r\nHost: a\r\n" + UPGRADE % (b"a" * 22),
)
Ask = Callable[[int], Awaitable[object]]


class Plan(NamedTuple):
    """Rounds, messages a round and way (a tenth where it recomputes), clients at once, each one's, seconds of load."""

    rounds: int
    messages: int
    clients: int
    each: int
    load: float


FULL = Plan(rounds=30, messages=100, clients=64, each=40, load=120.0)
QUICK = Plan(rounds=4, messages=20, clients=16, each=10, load=10.0)


def network() -> tuple[Any, Vocabulary]:
    layers = rnnkit.Embedding(V, E, rng=0), rnnkit.LSTM(E, H, rng=1), rnnkit.Linear(H, V, rng=2)
    return rnnkit.Sequential(*layers).to(dtype="float32"), Vocabulary([[chr(code) for code in range(32, 128)]])


def measure(plan: Plan) -> dict[str, Any]:
    model, reads = network()
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    with tempfile.TemporaryDirectory() as folder, redis_server() as redis:
        path = Path(folder) / "lstm-256.safetensors"
        save_bundle(path, model, reads)
        with contextlib.ExitStack() as stack:
            plain, batched = (stack.enter_context(served(path, *more)) for more in ((), ("--batch", "64")))
            kept = stack.enter_context(served(path, "--redis", redis)) if redis else None
            rounds = asyncio.run(alternated(plan, model, plain, kept))
            crowd = asyncio.run(crowds(plan, {"each alone": plain, "micro-batched": batched}))
        attack = asyncio.run(attacked(plan, path))
        with start(path) as server:
            endured = asyncio.run(endurance(plan.load, server))
    return {
        "date": datetime.date.today().isoformat(),
        "quick": plan == QUICK,
        "machine": {"processor": processor(), "cores": cores(), "load": load, "onnxruntime": runtime_version()},
        "redis": bool(redis),
        "clients": plan.clients,
        "ways": {way: summary(ms) for way, ms in rounds.items()},
        "crowd": crowd,
        "attack": attack,
        "load": endured,
    }


def served(path: Path, *more: str) -> Process:
    return Process([sys.executable, "-m", "benchmarks.serving_app", str(path), *more])


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The address of a Redis server of our own, or "" if there is no program for it."""
    if not shutil.which("redis-server"):
        print("== redis-server is not on PATH: sessions in Redis are not measured", flush=True)
        yield ""
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def runtime_version() -> str:
    import onnxruntime

    return str(onnxruntime.__version__)


def own(model: Any) -> Callable[[int], object]:
    step = stream(model)
    kept = [step.start()]

    def one(symbol: int) -> object:
        y, kept[0] = step(np.array([symbol]), kept[0])
        return y

    return one


def at_once(step: Callable[[int], object]) -> Ask:
    async def ask(symbol: int) -> object:
        return step(symbol)

    return ask


async def alternated(plan: Plan, model: Any, plain: Process, kept: Process | None) -> dict[str, list[list[float]]]:
    """Milliseconds of each message, by way and round."""
    async with contextlib.AsyncExitStack() as stack:

        async def socket_to(server: Process, path: str, message: Callable[[int], str | bytes], hello: bool) -> Ask:
            ws = await stack.enter_async_context(connect(server.socket + path, compression=None, max_size=None))
            if hello:
                await ws.recv()

            async def ask(symbol: int) -> object:
                await ws.send(message(symbol))
                return await ws.recv()

            return ask

        async def client(server: Process) -> httpx.AsyncClient:
            return await stack.enter_async_context(httpx.AsyncClient(base_url=server.address, timeout=60))

        async def session(http: httpx.AsyncClient) -> str:
            return str((await http.post("/sessions")).json()["session"])

        async def posted(http: httpx.AsyncClient) -> Ask:
            path, at = f"/sessions/{await session(http)}", [0]

            async def ask(symbol: int) -> object:
                answer = await http.post(path, content=f'{{"step": {at[0]}, "x": [{symbol}]}}')
                at[0] += 1
                return answer.raise_for_status()

            return ask

        def one(symbol: int) -> str:
            return f'{{"x": [{symbol}]}}'

        def whole(symbol: int) -> str:
            return json.dumps({"x": [symbol] * T})

        http = await client(plain)
        at = f"/stream?session={await session(http)}"
        ways: dict[str, Ask] = {
            BARE: at_once(bare(model)),
            OWN: at_once(own(model)),
            ECHO: await socket_to(plain, "/echo", one, False),
            BEHIND: await socket_to(plain, "/bare", one, False),
            STREAM: await socket_to(plain, "/stream", one, True),
            BINARY: await socket_to(plain, "/stream", lambda symbol: symbol.to_bytes(4, "little"), True),
            SESSION: await socket_to(plain, at, one, True),
            POST: await posted(http),
            RECOMPUTE: await socket_to(plain, "/recompute", whole, False),
            PREDICT: lambda symbol: http.post("/predict", content=json.dumps({"x": [symbol] * T, "last": True})),
        }
        if kept:
            other = await client(kept)
            at = f"/stream?session={await session(other)}"
            ways |= {REDIS: await socket_to(kept, at, one, True), POST_REDIS: await posted(other)}
        return await taking_turns(plan, ways)


async def taking_turns(plan: Plan, ways: dict[str, Ask]) -> dict[str, list[list[float]]]:
    rng, found = np.random.default_rng(0), {name: [] for name in ways}  # type: dict[str, list[list[float]]]
    for turn in range(-1, plan.rounds):  # the first one does not count
        print(f"== round {turn + 1} of {plan.rounds}", flush=True)
        for k in rng.permutation(len(ways)):
            name, spent = list(ways)[k], []
            count = plan.messages // 10 if name in (RECOMPUTE, PREDICT) else plan.messages
            for symbol in rng.integers(2, V, count).tolist():
                began = time.perf_counter()
                await ways[name](symbol)
                spent.append(1e3 * (time.perf_counter() - began))
            if turn >= 0:
                found[name].append([round(ms, 4) for ms in spent])
    return found


async def crowds(plan: Plan, servers: dict[str, Process]) -> list[dict[str, Any]]:
    """Many streams at once: steps a second, and milliseconds of a message, in turns."""
    found: dict[str, list[tuple[float, list[float]]]] = {name: [] for name in servers}
    for _ in range(max(2, plan.rounds // 5)):
        for name, server in servers.items():
            found[name].append(await crowd(server, plan.clients, plan.each))
    rates = {name: round(float(np.median([rate for rate, _ in runs]))) for name, runs in found.items()}
    of = {name: summary([ms for _, ms in runs]) for name, runs in found.items()}
    return [{"way": name, "steps_a_second": rates[name]} | of[name] for name in servers]


async def crowd(server: Process, clients: int, each: int) -> tuple[float, list[float]]:
    spent: list[float] = []

    async def one(n: int, ready: asyncio.Barrier) -> None:
        async with connect(f"{server.socket}/stream", compression=None) as ws:
            await ws.recv()
            await ready.wait()
            for k in range(each):
                began = time.perf_counter()
                await ws.send(f'{{"x": [{2 + (n + k) % 90}]}}')
                await ws.recv()
                spent.append(1e3 * (time.perf_counter() - began))
            await ready.wait()

    ready = asyncio.Barrier(clients + 1)
    tasks = [asyncio.ensure_future(one(n, ready)) for n in range(clients)]
    await ready.wait()
    began = time.perf_counter()
    await ready.wait()
    rate = clients * each / (time.perf_counter() - began)
    await asyncio.gather(*tasks)
    return rate, spent


async def attacked(plan: Plan, path: Path) -> dict[str, Any]:
    """One stream's milliseconds, alone and while 300 connections come, keep the server waiting, and are let go."""
    found: dict[str, list[list[float]]] = {"alone": [], "beside them": []}
    closed = 0
    with start(path, "--read", "2", "--idle", "2") as server:
        host, port = server.address.removeprefix("http://").split(":")
        for _ in range(max(2, plan.rounds // 5)):
            found["alone"].append(await talk(server, WHOLE))
            beside = asyncio.ensure_future(talk(server, WHOLE))
            there = [await waiting(host, port, SLOW[k % len(SLOW)]) for k in range(SLOWLY)]
            found["beside them"].append(await beside)
            closed += sum(await asyncio.gather(*(let_go(*one) for one in there)))
    return {"connections": SLOWLY, "closed": closed} | {name: summary(ms) for name, ms in found.items()}


async def waiting(host: str, port: str, says: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(says)
    return reader, writer


async def let_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the server closes it within a minute."""
    try:
        async with asyncio.timeout(60):
            while await reader.read(65536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    finally:
        writer.close()
    return True


async def talk(server: Process, seconds: float) -> list[float]:
    spent, until = [], time.monotonic() + seconds
    async with connect(f"{server.socket}/stream", compression=None) as ws:
        await ws.recv()
        while time.monotonic() < until:
            began = time.perf_counter()
            await ws.send('{"x": [3]}')
            await ws.recv()
            spent.append(round(1e3 * (time.perf_counter() - began), 4))
    return spent


async def endurance(seconds: float, server: Process) -> dict[str, Any]:
    """The server's memory under load: streams that come and go, sessions, batches, and messages that are refused."""
    process, until = psutil.Process(server.pid), time.monotonic() + seconds
    steps, wrong, memory = [0], [0], []

    async def streams(n: int) -> None:
        rng = np.random.default_rng(n)
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as http:
            while time.monotonic() < until:
                session = (await http.post("/sessions")).json()["session"] if n % 2 else ""
                async with connect(f"{server.socket}/stream" + f"?session={session}" * (n % 2)) as ws:
                    await ws.recv()
                    for _ in range(200):
                        size = int(rng.integers(1, 8))
                        await ws.send(json.dumps({"x": rng.integers(2, V, size).tolist()}))
                        found = json.loads(await ws.recv())
                        steps[0] += size
                        wrong[0] += len(found.get("y", [])) != size
                await http.post("/predict", json={"xs": [[5] * 50, [6] * 20], "last": True})
                wrong[0] += (await http.post("/predict", content=b'{"x": [1.5]}')).status_code != 422
                await http.delete(f"/sessions/{session}")

    async def watched() -> None:
        while time.monotonic() < until:
            memory.append(round(process.memory_info().rss / 2**20, 2))
            await asyncio.sleep(1)

    print(f"== {seconds:.0f} s of load", flush=True)
    await asyncio.gather(watched(), *(streams(n) for n in range(8)))
    return {"seconds": seconds, "clients": 8, "steps": steps[0], "wrong": wrong[0], "mb": memory}


def write(results: dict[str, Any], folder: Path) -> str:
    """Keep the results as JSON, and the page that is made from them; returns the page."""
    stem = folder / f"serve-{slug(results['machine']['processor'])}"
    folder.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    stem.with_suffix(".md").write_text(page := markdown(results), "utf-8")
    return page


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds, ten seconds of load")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    options = parser.parse_args(arguments)
    results = measure(QUICK if options.quick else FULL)
    folder = options.out or ROOT / ("_build/benchmarks" if options.quick else "benchmarks/results")
    print(f"\n{write(results, folder)}\nWritten to {os.path.relpath(folder)}.")


if __name__ == "__main__":
    main()
