"""The server of make serve: what it compresses, what it says about it, and what a browser need not fetch again."""

import doctest
import gzip
import http.client
import threading

import pytest

import server as module
from server import PIECE, BookServer

TEXT = "<p>one two three</p>\n" * (PIECE // 10)  # more than a piece, so that it is sent in several
PICTURE = bytes(range(256)) * 9


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "part").mkdir()
    for name in ("index.html", "part/index.html", "script.js", "empty.css"):
        (folder / name).write_text("" if name == "empty.css" else TEXT, "utf-8")
    (folder / "picture.png").write_bytes(PICTURE)
    server = BookServer(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(served):
    """``ask(path, method, header=value)`` on one connection: status, headers, body as it came."""
    connection = http.client.HTTPConnection("127.0.0.1", served.server_port, timeout=10)

    def go(path, method="GET", **headers):
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    yield go
    connection.close()


def test_accept_encoding_is_read_as_the_standard_says():
    assert doctest.testmod(module).attempted > 0
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("path", ["/", "/index.html", "/part/", "/script.js", "/script.js?v=1", "/empty.css"])
def test_text_comes_compressed_to_whoever_asks_for_it(ask, path):
    status, headers, body = ask(path, Accept_Encoding="gzip, deflate, br")
    plain_status, plain_headers, plain = ask(path)
    assert status == plain_status == 200
    assert headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain_headers
    assert headers["Vary"] == plain_headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body) == plain == (b"" if "empty" in path else TEXT.encode())
    assert int(plain_headers["Content-Length"]) == len(plain)
    assert headers["Content-Type"].endswith("; charset=utf-8")
    assert not plain or len(body) < len(plain) / 10


def test_what_is_compressed_already_comes_as_it_is(ask):
    _, headers, body = ask("/picture.png", Accept_Encoding="gzip")
    assert body == PICTURE
    assert "Content-Encoding" not in headers
    assert headers["Content-Type"] == "image/png"


def test_a_head_has_the_headers_alone(ask):
    _, headers, _ = ask("/", Accept_Encoding="gzip")
    status, alone, body = ask("/", "HEAD", Accept_Encoding="gzip")
    assert (status, body) == (200, b"")
    assert {k: v for k, v in alone.items() if k != "Date"} == {k: v for k, v in headers.items() if k != "Date"}


def test_a_file_that_is_the_same_is_not_sent_again(ask):
    for encoding in ("gzip", "identity"):
        _, headers, _ = ask("/", Accept_Encoding=encoding)
        status, again, body = ask("/", Accept_Encoding=encoding, If_None_Match=f'"other", {headers["ETag"]}')
        assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert ask("/", Accept_Encoding="gzip", If_None_Match=headers["ETag"])[0] == 200, "the other form's tag"


def test_a_file_that_has_changed_is_sent(ask, served):
    before = ask("/script.js")[1]["ETag"]
    folder = served.RequestHandlerClass.keywords["directory"]
    with open(f"{folder}/script.js", "a") as file:
        file.write("// more")
    status, headers, body = ask("/script.js", If_None_Match=before)
    assert status == 200
    assert headers["ETag"] != before
    assert body.endswith(b"// more")


def test_an_old_client_gets_no_pieces(served):
    """HTTP/1.0 knows no chunks."""
    import socket

    with socket.create_connection(("127.0.0.1", served.server_port), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"chunked" not in head
    assert body == TEXT.encode()


def test_what_is_not_there_is_said_and_the_connection_goes_on(ask):
    assert ask("/nothing.html")[0] == 404
    assert ask("/../server.py")[0] == 404
    status, headers, _ = ask("/part")
    assert (status, headers["Location"]) == (301, "/part/")
    assert ask("/index.html")[0] == 200
