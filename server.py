"""The server of the built book: files of a folder, compressed for a browser that asks for it. Python alone.

    server = BookServer(folder)              a free port of this machine
    server = BookServer(folder, port=8000)   or this one; OSError if it is taken
    server.serve_forever()

Text is compressed while it is sent, piece by piece, so that nothing is kept in memory or beside the files. An answer
bears its file's ETag; a browser that has it still asks, and gets 304 and no bytes as long as the file is the same.
"""

import email.utils
import functools
import http.server
import os
import re
import sys
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

PIECE = 64 * 1024
COMPRESSED = re.compile(r"text/|application/(?:javascript|json|xml|x-ipynb\+json)|image/svg\+xml")  # others are already


def accepts_gzip(header: str) -> bool:
    """Whether a browser's Accept-Encoding wants gzip.

    Examples
    --------
    >>> [accepts_gzip(h) for h in ("gzip, deflate, br", "br;q=1, GZIP;q=0.5", "*", "gzip;q=0", "", "gzipped")]
    [True, True, True, False, False, False]
    """
    wanted = {}
    for offer in header.lower().split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        wanted[name] = not re.fullmatch(r"0(\.0*)?", weight)
    return wanted.get("gzip", wanted.get("*", False))


def gzipped(file: BinaryIO) -> Iterator[bytes]:
    """The file's bytes as gzip, in pieces."""
    packer = zlib.compressobj(6, wbits=31)
    while piece := file.read(PIECE):
        yield packer.compress(piece)
    yield packer.flush()


class Handler(http.server.SimpleHTTPRequestHandler):
    """GET and HEAD of a folder's files."""

    protocol_version = "HTTP/1.1"  # a connection serves many files
    wbufsize = PIECE
    disable_nagle_algorithm = True  # or the end of an answer waits for the browser's word about its beginning
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".ipynb": "application/x-ipynb+json",
        ".woff2": "font/woff2",
    }

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def answer(self, with_body: bool) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            if not self.path.split("?")[0].endswith("/"):
                super().do_HEAD()  # redirects to the folder's own address
                return
            path /= "index.html"
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with path.open("rb") as file:
            self.send_file(file, self.guess_type(path), with_body)

    def send_file(self, file: BinaryIO, kind: str, with_body: bool) -> None:
        state = os.fstat(file.fileno())
        text = COMPRESSED.match(kind) is not None
        packed = text and self.request_version != "HTTP/1.0" and accepts_gzip(self.headers.get("Accept-Encoding", ""))
        tag = f'W/"{state.st_mtime_ns:x}-{state.st_size:x}{"-gzip" * packed}"'
        known = {one.strip() for one in self.headers.get("If-None-Match", "").split(",")}
        same = bool(known & {tag, "*"})
        self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", email.utils.formatdate(state.st_mtime, usegmt=True))
        self.send_header("Cache-Control", "no-cache")  # may be kept, and is asked about each time
        if text:
            self.send_header("Vary", "Accept-Encoding")
        if not same:
            self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
            if packed:
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(state.st_size))
        self.end_headers()
        if same or not with_body:
            return
        if packed:
            for piece in filter(None, gzipped(file)):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.copyfile(file, self.wfile)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not news."""


class BookServer(http.server.ThreadingHTTPServer):
    """A folder on this machine's own address, 127.0.0.1."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone elsewhere no longer listens; anything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
