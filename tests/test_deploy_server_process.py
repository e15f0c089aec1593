"""The server as a process: killed and started again, asked by many, attacked by the slow, stopped in the middle."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_now

import rnnkit
from rnnkit.data import Vocabulary
from rnnkit.deploy import Bundle, save_bundle
from rnnkit.deploy.__main__ import main
from rnnkit.deploy.process import start
from rnnkit.deploy.sessions import Gone, MemoryStore, RedisStore

pytestmark = pytest.mark.slow  # a dozen processes are started
LETTERS = "abcdefgh"
XS = np.random.default_rng(0).integers(2, 10, 24).tolist()


def letters(seed=0):
    layers = rnnkit.Embedding(10, 8, rng=seed), rnnkit.LSTM(8, 32, rng=seed), rnnkit.Linear(32, 10, rng=seed)
    return Bundle(rnnkit.Sequential(*layers).to(dtype="float32"), Vocabulary([LETTERS]), {})


MODEL = letters().model


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "letters.safetensors"
    save_bundle(path, *letters())
    return path


@pytest.fixture(scope="module")
def server(bundle):
    with start(bundle, "--batch", "64") as running:
        yield running


@pytest.fixture
def redis():
    """The address of a Redis server that runs for one test, and its process."""
    if not shutil.which("redis-server"):
        pytest.skip("no redis: redis-server is not on PATH")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


def whole(xs):
    return MODEL(np.asarray(xs)[:, None]).h[:, 0]


def stream(server, session=""):
    return connect_now(f"{server.socket}/stream" + f"?session={session}" * bool(session), compression=None)


def say(ws, **message):
    ws.send(json.dumps(message))
    return json.loads(ws.recv(20))


def test_killed_in_the_middle_and_started_again_it_goes_on_with_the_same_outputs(bundle, redis):
    """A client that has acknowledged k steps sends from there on: what had been computed and lost comes again."""
    url, _ = redis
    came = {}
    with start(bundle, "--redis", url) as first:
        name = httpx.post(f"{first.address}/sessions").json()["session"]
        with stream(first, name) as ws:
            assert json.loads(ws.recv(20)) == {"step": 0, "from": [0]}
            for k in (0, 3, 6):
                came[k] = say(ws, step=k, x=XS[k : k + 3])["y"]
            ws.send(json.dumps({"step": 9, "x": XS[9:12]}))
            assert first.kill() == -signal.SIGKILL
    lost = came.pop(6)  # as if this answer had not come either
    with start(bundle, "--redis", url) as second, stream(second, name) as ws:
        hello = json.loads(ws.recv(20))
        assert 6 in hello["from"]
        for k in range(6, 24, 3):
            came[k] = say(ws, step=k, x=XS[k : k + 3])["y"]
    assert came[6] == lost
    np.testing.assert_allclose(np.concatenate([came[k] for k in sorted(came)]), whole(XS), rtol=0, atol=1e-6)


def test_a_state_that_the_client_keeps_outlives_the_server_too(bundle, server):
    with start(bundle) as first:
        begun = httpx.post(f"{first.address}/predict", json={"x": XS[:5], "state": None}).json()
        first.kill()
    ended = httpx.post(f"{server.address}/predict", json={"x": XS[5:9], "state": begun["state"]}).json()
    assert ended["step"] == 9
    np.testing.assert_allclose(begun["y"] + ended["y"], whole(XS[:9]), rtol=0, atol=1e-6)


@pytest.fixture(params=["memory", "redis"])
def either(request, server, bundle):
    """A server whose sessions are in its memory, or in Redis."""
    if request.param == "memory":
        yield server
    else:
        with start(bundle, "--redis", request.getfixturevalue("redis")[0]) as kept:
            yield kept


def ends_apart(ws):
    with pytest.raises(ConnectionClosed) as end:
        ws.recv(20)
    return end.value.rcvd.code == 4409


def test_two_clients_of_one_session_hear_of_each_other(either):
    """The same steps again are answered as before, and other ones are refused: by request, and in streams."""
    with httpx.Client(base_url=either.address, timeout=20) as client:
        name = client.post("/sessions").json()["session"]
        path = f"/sessions/{name}"
        client.post(path, json={"step": 0, "text": "abc"})
        mine, other, again = (client.post(path, json={"step": 3, "text": letter}) for letter in "ded")
        assert (mine.status_code, other.status_code, again.text) == (200, 409, mine.text)
        assert "after step 3 this session has read other steps or more of them, up to 4" in other.json()["error"]
        assert (other.json()["step"], other.json()["from"]) == (4, [0, 3, 4])
    with stream(either, name) as a, stream(either, name) as b, stream(either, name) as c:
        for ws in (a, b, c):
            assert json.loads(ws.recv(20)) == {"step": 4, "from": [0, 3, 4]}
        assert say(a, text="e") == say(b, text="e")  # the same is no other; neither says from where
        assert say(a, step=5, text="f")["step"] == 6
        for ws, message in ((b, {"step": 5, "text": "g"}), (c, {"text": "g"})):
            said = say(ws, **message)
            assert "this session has read other steps" in said["error"]
            assert (said["status"], said["step"], said["from"]) == (409, 6, [3, 4, 5, 6])
            assert ends_apart(ws)
        last = say(a, text="g")["y"]
    np.testing.assert_allclose(last, whole([2, 3, 4, 5, 6, 7, 8])[-1:], rtol=0, atol=1e-6)


def test_a_stream_that_slept_while_another_went_far_is_told(server):
    """Its own step is kept no more."""
    name = httpx.post(f"{server.address}/sessions").json()["session"]
    with stream(server, name) as ws:
        ws.recv(20)
        for at in range(5):
            httpx.post(f"{server.address}/sessions/{name}", json={"step": at, "text": "a"})
        ws.send(np.array([3], "<i4").tobytes())
        said = json.loads(ws.recv(20))
        assert (said["status"], said["step"], said["from"]) == (409, 5, [2, 3, 4, 5])
        assert ends_apart(ws)


def test_a_session_that_redis_has_lost_is_told(bundle, redis):
    url, process = redis
    with start(bundle, "--redis", url) as running, httpx.Client(base_url=running.address, timeout=20) as client:
        path = f"/sessions/{client.post('/sessions').json()['session']}"
        assert client.post(path, json={"step": 0, "x": XS[:2]}).json()["step"] == 2
        assert "rnnkit_sessions 1.0" in client.get("/metrics").text
        subprocess.run(["redis-cli", "-u", url, "flushall"], check=True, stdout=subprocess.DEVNULL)
        answer = client.post(path, json={"step": 2, "x": XS[2:3]})
        assert (answer.status_code, "evicted, expired" in answer.json()["error"]) == (410, True)
        with stream(running, path.removeprefix("/sessions/")) as ws:
            assert json.loads(ws.recv(20))["status"] == 410
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(20)
            assert closed.value.rcvd.code == 4410
        process.kill()
        process.wait()
        for answer in (client.get("/readyz"), client.post("/sessions")):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert "store of sessions is away" in answer.json()["error"]
        assert client.get("/healthz").status_code == 200


def test_both_stores_keep_what_they_are_told_and_nothing_else(redis):
    async def kept_in(store):
        await store.ping()
        assert await store.swap("a", None, b"1")
        assert not await store.swap("a", None, b"2")  # it is there already
        assert not await store.swap("a", b"2", b"3")  # another one was faster
        assert not await store.swap("b", b"1", b"2")  # it was evicted meanwhile
        assert await store.swap("a", b"1", b"\x00\xff")
        assert (await store.get("a"), await store.size()) == (b"\x00\xff", 1)
        await store.drop("a")
        with pytest.raises(Gone):
            await store.get("a")
        await store.swap("a", None, b"1")
        await asyncio.sleep(0.4)  # longer than it is kept
        with pytest.raises(Gone):
            await store.get("a")
        await store.close()

    for store in (MemoryStore(seconds=0.3), RedisStore(redis[0], seconds=0.3)):
        asyncio.run(kept_in(store))


def test_64_clients_of_any_lengths_get_what_each_gets_alone(server):
    """All at once, micro-batched, in messages of one symbol to four; half of them in the middle of sessions."""
    rng = np.random.default_rng(1)
    sequences = [rng.integers(10, size=n).tolist() for n in rng.integers(1, 40, 64)]

    async def one(client, n, xs):
        came, at = [], 0
        session = (await client.post("/sessions")).json()["session"] if n % 2 else ""
        async with connect(f"{server.socket}/stream" + f"?session={session}" * (n % 2), compression=None) as ws:
            await ws.recv()
            while at < len(xs):
                size = 1 + (n + at) % 4
                await ws.send(json.dumps({"x": xs[at : at + size]}))
                came += json.loads(await ws.recv())["y"]
                at += size
        return came

    async def everyone():
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
            return await asyncio.gather(*(one(client, n, xs) for n, xs in enumerate(sequences)))

    for found, xs in zip(asyncio.run(everyone()), sequences, strict=True):
        np.testing.assert_allclose(found, whole(xs), rtol=0, atol=1e-5)


def test_a_stream_refuses_in_words_and_goes_on(server):
    with stream(server) as ws:
        assert json.loads(ws.recv(20)) == {"step": 0, "from": [0]}
        first = say(ws, text="ab")
        for message, words in (
            ({"text": "€"}, "expected symbols"),
            ({"x": [10]}, "0 to 9"),
            ({"step": 1, "x": [1]}, "2"),
        ):
            told = say(ws, **message)
            assert words in told["error"]
            assert told["step"] == 2
            assert told["status"] == (409 if "step" in message else 422)
        ws.send("{")
        assert "is no JSON" in json.loads(ws.recv(20))["error"]
        ws.send(b"abc")
        assert "a multiple of 4" in json.loads(ws.recv(20))["error"]
        second = say(ws, text="c", last=True)
        np.testing.assert_allclose(first["y"] + second["y"], whole([2, 3, 4]), rtol=0, atol=1e-6)
        ws.send(np.array([5, 6], "<i4").tobytes())
        answer = ws.recv(20)
        assert int.from_bytes(answer[:8], "little") == 5
        found = np.frombuffer(answer[8:], "<f4").reshape(2, 10)
        np.testing.assert_allclose(found, whole([2, 3, 4, 5, 6])[-2:], rtol=0, atol=1e-6)


def test_ten_megabytes_are_refused_and_the_server_lives(server):
    text = json.dumps({"text": "a" * 10_000_000})
    answer = httpx.post(f"{server.address}/predict", content=text, timeout=60)
    assert answer.status_code == 413
    assert "expected at most 1048576" in answer.json()["error"]
    with stream(server) as ws:
        ws.recv(20)
        with contextlib.suppress(ConnectionClosed):  # the server may close while we still write
            ws.send(text)
        with pytest.raises(ConnectionClosed) as end:
            ws.recv(20)
        assert end.value.rcvd is None or end.value.rcvd.code == 1009
    assert httpx.get(f"{server.address}/readyz").status_code == 200


def address(server):
    host, port = server.address.removeprefix("http://").split(":")
    return host, int(port)


UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s==\r\n\r\n"
SLOW = {
    "silent": b"",
    "half its headers": b"POST /predict HTTP/1.1\r\nHost: a\r\nX-",
    "half a body": b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{"x": [1',
    "a second request": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea",
    "a silent stream": b"GET /stream HTTP/1.1\r\nHost: a\r\n" + UPGRADE % (b"a" * 22),
}


def slow(server, kind):
    """A connection that keeps the server waiting."""
    here = socket.create_connection(address(server))
    here.settimeout(60)
    here.sendall(SLOW[kind])
    return here


def closed(here):
    """Whether the server has closed a connection, whatever it said before."""
    try:
        while here.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    finally:
        here.close()
    return True


@pytest.mark.parametrize("kind", SLOW)
def test_who_keeps_the_server_waiting_is_let_go(patient, kind):
    waiting = [slow(patient, kind) for _ in range(10)]
    assert httpx.get(f"{patient.address}/healthz").status_code == 200
    assert all(map(closed, waiting))


@pytest.mark.heavy
def test_300_that_keep_the_server_waiting_are_let_go_while_others_go_on(bundle, record_property):
    """The times are told and not judged: make bench-serve does that."""

    def p99(ws):
        spent, until = [], time.monotonic() + 5  # in which they come, wait, and are let go
        while time.monotonic() < until:
            began = time.perf_counter()
            assert len(say(ws, x=[2])["y"]) == 1
            spent.append(time.perf_counter() - began)
        return 1e3 * np.percentile(spent, 99)

    with start(bundle, "--read", "3", "--idle", "3") as running:
        with stream(running) as ws:
            ws.recv(20)
            calm = p99(ws)
            waiting = [slow(running, kind) for _ in range(60) for kind in SLOW]
            beside = p99(ws)
        assert [closed(here) for here in waiting] == [True] * 300
        assert "rnnkit_streams 0.0" in httpx.get(f"{running.address}/metrics").text
    record_property("told", f"A stream's p99: {calm:.1f} ms alone, {beside:.1f} ms beside 300 slow connections.")


@pytest.fixture(scope="module")
def patient(bundle):
    with start(bundle, "--read", "0.5", "--idle", "1", "--streams", "10") as running:
        yield running


def test_who_trickles_is_let_go_too(patient):
    """A byte now and then does not put off the end."""
    here = slow(patient, "half its headers")
    began = time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() - began < 30:
            here.sendall(b"a")
            time.sleep(0.1)
    assert closed(here)
    assert time.monotonic() - began < 30


def test_who_does_not_take_answers_is_let_go(patient):
    """The system ends the connection, because nobody reads: the server does not keep answers for ever."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("this system has no TCP_USER_TIMEOUT")
    body = json.dumps({"x": [1] * 4000}).encode()
    request = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    here = socket.create_connection(address(patient))
    here.settimeout(30)
    asked = 0
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while asked < 1000:  # for answers of half a megabyte, which nobody reads
            here.sendall(request)
            asked += 1
    here.close()
    assert asked < 1000


def test_sigterm_finishes_what_runs_and_tells_streams(bundle):
    with start(bundle) as running, stream(running) as idle:
        idle.recv(20)
        assert say(idle, text="abc")["step"] == 3

        async def both():
            async with httpx.AsyncClient(base_url=running.address, timeout=60) as client:
                work = [asyncio.ensure_future(client.post("/predict", json={"x": [1] * 4000})) for _ in range(6)]
                while "rnnkit_waiting 0.0" in (await client.get("/metrics")).text:
                    await asyncio.sleep(0)
                os.kill(running.pid, signal.SIGTERM)
                return await asyncio.gather(*work)

        answers = asyncio.run(both())
        assert [a.status_code for a in answers if a.status_code != 503] != []
        assert all(len(a.json()["y"]) == 4000 for a in answers if a.status_code == 200)
        told = json.loads(idle.recv(20))
        assert (told["status"], told["step"]) == (503, 3)
        with pytest.raises(ConnectionClosed) as end:
            idle.recv(20)
        assert end.value.rcvd.code == 1012
        assert running.stop() in (0, -signal.SIGTERM)
        assert running.errors == ""


def test_one_stream_more_than_is_allowed_is_told(patient):
    with contextlib.ExitStack() as stack:
        first, *_ = [stack.enter_context(stream(patient)) for _ in range(10)]
        first.recv(20)
        with stream(patient) as one_more:
            assert json.loads(one_more.recv(20))["status"] == 503
            with pytest.raises(ConnectionClosed) as end:
                one_more.recv(20)
            assert end.value.rcvd.code == 1013
        assert say(first, text="a")["step"] == 1


def test_a_secret_outlives_the_server_and_is_not_told(bundle, tmp_path):
    (tmp_path / "secret").write_bytes(b"of sixteen bytes or more\n")
    with start(bundle, "--secret", str(tmp_path / "secret")) as first:
        begun = httpx.post(f"{first.address}/predict", json={"x": XS[:5], "state": None}).json()
    with start(bundle, "--secret", str(tmp_path / "secret")) as second, start(bundle) as without:
        message = {"x": XS[5:9], "state": begun["state"], "step": 5}
        going_on, refused = (httpx.post(f"{one.address}/predict", json=message) for one in (second, without))
        assert "sixteen" not in httpx.get(second.address).text
    np.testing.assert_allclose(begun["y"] + going_on.json()["y"], whole(XS[:9]), rtol=0, atol=1e-6)
    assert (refused.status_code, "sealed by a server of another secret" in refused.json()["error"]) == (422, True)


def test_it_listens_on_this_machine_alone_and_says_where(server):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.address)


def test_a_program_that_ends_takes_its_server_along(bundle):
    program = f"from rnnkit.deploy.process import start; print(start({str(bundle)!r}).address)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    with pytest.raises(httpx.ConnectError):
        httpx.get(done.stdout.strip())


def test_what_cannot_be_served_is_said(bundle, tmp_path, capsys):
    (tmp_path / "no").write_bytes(b"no bundle")
    (tmp_path / "short").write_bytes(b"guess me\n")
    (tmp_path / "empty").write_bytes(b"\n")
    for name, more, words in (
        ("no", (), "no safetensors file"),
        ("gone", (), "gone"),
        ("no", ("--read", "0"), "read is 0.0"),
        (bundle, ("--port", "99999"), "port is 99999, expected 0 to 65535"),
        (bundle, ("--port", "-1"), "port is -1"),
        (bundle, ("--secret", str(tmp_path / "gone")), "gone"),
        (bundle, ("--secret", str(tmp_path / "short")), "the secret has 8 bytes, expected 16 or more"),
        (bundle, ("--secret", str(tmp_path / "empty")), "is empty, expected a secret"),
    ):
        assert main(["serve", str(tmp_path / name), *more]) == 1
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert words in said
    with pytest.raises(RuntimeError, match="did not start: error: "):
        start(tmp_path / "gone")
