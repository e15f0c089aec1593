"""What the page of serving a state says, held against its cells, which run a server and are its clients."""

import re
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from book_pages import ROOT, said
from test_deploy_server_process import redis  # noqa: F401

from rnnkit.deploy import Bundle, save_bundle
from rnnkit.deploy.process import start
from rnnkit.deploy.server import application
from rnnkit.layouts import to_torch

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "deployment" / "serving.md"


def test_it_opens_with_a_choice_and_one_question():
    head = PAGE.read_text("utf-8").partition("# Serving a state")[2].partition("```")[0]
    assert len(head.split()) < 60
    assert head.count("?") == 1
    assert "Anna" in head
    assert "$" not in head


def test_what_a_terminal_prints_is_what_the_page_says(names, tmp_path):
    """The two blocks of the page, run against a server of its bundle; only the port is another one."""
    if not shutil.which("curl"):
        pytest.skip("curl is not there: the page's line for it was not run")
    text = PAGE.read_text("utf-8")
    [block] = re.findall(r"^```\n(\$ curl .*?)^```$", text, re.M | re.S)
    curl, printed, sockets, *talk = block.splitlines()
    save_bundle(tmp_path / "tunes.safetensors", names["model"], names["reads"])
    with start(tmp_path / "tunes.safetensors") as server:
        port = server.address.rpartition(":")[2]

        def run(line, **more):
            line = line.removeprefix("$ ").replace("8000", port)
            done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=30, check=False, **more)
            return re.sub(r"\x1b(\[[0-9;]*[A-Za-z]|[78])", "", done.stdout).replace("\r", "")

        assert run(curl) == printed
        [typed] = [line.removeprefix("> ") for line in talk if line.startswith("> ")]
        python = sockets.replace("python", sys.executable, 1)
        came = run(f"(sleep 2; echo '{typed}'; sleep 2) | {python.removeprefix('$ ')}")
    for line in talk:
        assert line.startswith(">") or line.replace("8000", port) in came
    assert f"{len(names['reads'])} symbols" in text


def test_the_command_prints_its_address(tmp_path, names):
    save_bundle(tmp_path / "tunes.safetensors", names["model"], names["reads"])
    command = [sys.executable, "-m", "rnnkit.deploy", "serve", "tunes.safetensors", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline()
        server.terminate()
    said_line = re.sub(r":\d+$", ":8000", line.strip())
    assert f"$ python -m rnnkit.deploy serve tunes.safetensors\n{said_line}\n" in PAGE.read_text("utf-8")


def test_who_holds_the_state_is_as_drawn(names, tmp_path):
    """A new connection is at step 0; a session can go on from its last four states, also in a new process."""
    scenes, connect, told = names["SCENES"], names["connect"], names["told"]
    save_bundle(tmp_path / "tunes.safetensors", names["model"], names["reads"])
    text = names["ANNA"]
    assert len(text) == 24
    with start(tmp_path / "tunes.safetensors") as server:
        session = names["httpx"].post(f"{server.address}/sessions").json()["session"]
        typo = [*text[:3], "\N{SNOWMAN}", *text[3:]]  # is answered with why, and moves nothing
        said = list(names["answers_to"](typo, server.socket, session))
        assert isinstance(said[3], str)
        assert sum(isinstance(y, str) for y in said) == 1
        with connect(f"{server.socket}/stream?session={session}") as ws:
            assert names["json"].loads(ws.recv())["from"] == [21, 22, 23, 24]
        with connect(f"{server.socket}/stream") as ws:
            ws.recv()
            told(ws, text=text, last=True)
        with connect(f"{server.socket}/stream") as ws:
            assert names["json"].loads(ws.recv())["step"] == 0
    assert "step 0</b>" in scenes["connection, kill −9"][2]
    assert "from 23</b>" in scenes["session, kill −9"][2]


@pytest.fixture(scope="module")
def by_torch(names):
    """The logits of a whole text, by torch.nn."""
    model = names["model"]
    net = torch.nn.GRU(names["V"], names["H"])
    net.load_state_dict({k: torch.as_tensor(a) for k, a in to_torch(model.layers[1]).items()})
    weight, bias = (torch.tensor(model.layers[2].params[k]) for k in ("weight", "bias"))

    @torch.no_grad()
    def logits(text):
        h, _ = net(torch.eye(names["V"])[torch.tensor(names["reads"].encode(text))][:, None])
        return (h[:, 0] @ weight.T + bias).numpy()

    return logits


def test_what_the_figure_shows(names, by_torch):
    answers, whole = names["answers"], names["ANNA"]
    for letter in answers["keeps it"]:
        assert names["reads"].items[by_torch(whole)[-1].argmax() - 2] == letter
        whole += letter
    assert answers["swaps it"] == names["go_on"](*names["heard"](names["BEN"]))
    assert "letter for letter Ben's" in names["says"]
    assert len(set(answers.values())) == 4
    bars = {name: answer.replace("\n", "").split("|")[0] for name, answer in answers.items()}
    lengths = {name: sum(int(n or 1) for n in re.findall(r"[A-Ga-g](\d?)", bar)) for name, bar in bars.items()}
    assert lengths["keeps it"] == 6
    assert lengths["swaps it"] == 8
    tints = {name: tint[len(names["ANNA"]) :].mean() for name, tint in names["tints"].items()}
    assert tints.pop("keeps it") == 0  # nothing is tinted
    assert min(tints.values()) > 0.2


def test_all_answers_look_healthy(names):
    sums = [names["sums"](name) for name in names["DOES"]]
    assert sums == ["1.000"] * 4


def test_predictions_are_the_models(page, by_torch):
    names = page.names
    for text, one, of_batch in zip(names["texts"], names["single"], names["batch"], strict=True):
        theirs = by_torch(text)
        assert np.abs(np.array(one) - theirs).max() < 1e-4
        assert np.abs(np.array(of_batch) - theirs).max() < 1e-4


def test_the_stream_goes_on_as_in_one_piece(page):
    assert "as in one piece: True" in page.printed
    assert f"{len(page.names['ANNA']) - 1 + 24} steps;" in page.printed


def test_a_leak_shows_in_numbers_at_once(names):
    """Four tenths: the answer turns after letter 200, and Anna's lead falls at 120."""
    from rnnkit.explorers import StreamDesk

    leads, safe = (StreamDesk(lost=lost).states[:, 0] for lost in ((0.4, 0.4), (0, 0)))
    assert 200 < np.argmax(leads < 0) < 206
    assert abs(leads - safe)[120] > 1
    assert (leads == safe)[:120].all()


def test_the_work_is_counted(names):
    V, H = names["V"], names["H"]
    model = names["model"]
    matrices = sum(a.size for layer in model.layers[1:] for a in layer.params.values() if a.ndim == 2)
    assert names["one"] == matrices == 3 * H * (V + H) + H * V


def test_a_stream_saves_time_at_200_letters(names):
    ms = names["ms"]
    assert ms["all 200 letters again"] > 1.5 * ms["stream, next letter"]
    assert (199 + 1) / 2 == 100  # exercise 1


def test_the_client_loses_nothing_when_an_answer_is_lost(page):
    came, off = re.search(r"^(\d+) answers, the last as in one piece but for (\S+)$", page.printed, re.M).groups()
    assert int(came) == len(page.names["ANNA"])
    assert float(off) < 1e-4
    assert not page.names["cuts"]


def test_the_client_takes_letters_as_they_come(page):
    """Each is asked for when the one before was answered; a list would do as well."""
    shown = re.findall(r"(.) then '([^']+)', ", page.printed)
    assert "".join(letter for letter, _ in shown) == "M:3/4"
    assert shown[1][1] == "4"
    assert re.search(r", the end$", page.printed, re.M)


def test_the_client_outlives_a_server_that_is_killed(names, redis, tmp_path):  # noqa: F811
    """Behind Redis, with -9, while it types: "each answer is that of one piece"."""
    path, text, url = tmp_path / "tunes.safetensors", names["ANNA"] * 3, redis[0]
    save_bundle(path, names["model"], names["reads"])
    server, ys = start(path, "--redis", url), []
    port = server.address.rpartition(":")[2]
    session = names["httpx"].post(f"{server.address}/sessions").json()["session"]

    def type_all():
        letters = (letter for letter in text if not time.sleep(0.01))  # as they come
        ys.extend(names["answers_to"](letters, server.socket, session))

    typing = threading.Thread(target=type_all)
    typing.start()
    while len(ys) < 20:
        time.sleep(0.005)
    server.kill()
    with start(path, "--redis", url, "--port", port):
        typing.join(30)
    state, whole = names["step"].start(), []
    for symbol in names["reads"].encode(text):
        y, state = names["step"](np.array([symbol]), state)
        whole.append(y[0])
    assert len(ys) == len(text)
    np.testing.assert_allclose(ys, whole, rtol=0, atol=1e-4)


def test_the_table_has_the_addresses_that_there_are(names):
    app = application(Bundle(names["model"], names["reads"], {}))
    own = {route.path for route in app.routes} - {"/healthz", "/readyz", "/metrics"}
    table = re.findall(r"^\| `(?:[A-Z]+ )?(/[^`?]*)", PAGE.read_text("utf-8"), re.M)
    assert {address.replace("NAME", "{name}") for address in table} == own


def test_twice_is_once(page):
    assert f"the same answer: True - at step {len(page.names['ANNA'])}" in page.printed
    once, twice = re.findall(r"^(?:once|twice): +(.*)$", page.printed, re.M)
    assert once == page.names["answers"]["keeps it"].replace("\n", " ")
    assert once != twice
    assert "409 after step 22 this session has read other steps or more of them, up to 24" in page.printed
    assert "409 step is 7, expected one that this session can go on from" in page.printed


def test_a_killed_server_says_so_and_a_client_with_its_state_goes_on(page):
    assert re.search(r"^410 the state of session \S+ is gone", page.printed, re.M)
    off = float(re.search(r"in her own hands: step 26, off by (\S+)", page.printed)[1])
    assert off < 1e-3


def test_ones_own_lstm_streams_as_in_torch(page):
    assert float(re.search(r"streamed beside torch: (\S+)", page.printed)[1]) < 1e-5
    assert np.shape(page.names["ys"]) == (20, 2)


def test_of_two_workers_one_knows_the_session(page):
    found = page.names["found"]
    assert f"of 100 messages {found[410]} got 410" in page.printed
    assert set(found) == {200, 410}
    assert 35 <= found[410] <= 65
    assert said(page, "About half of them meet a worker that does not know the session")
