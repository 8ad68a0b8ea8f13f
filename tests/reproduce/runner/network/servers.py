"""Servers of the tests' own on loopback, that play hosts with names; and names that lead to them."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TEXT = b"x,y\n1,2\n"
TEXT_SHA256 = hashlib.sha256(TEXT).hexdigest()
GZIP = gzip.compress(TEXT * 100, mtime=0)
_resolve_truly = socket.getaddrinfo


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: texts[0] for name, texts in parse_qs(parts.query).items()}
        self.server.asked.append((self.command, self.headers["Host"], self.path))  # type: ignore[attr-defined]
        getattr(self, f"_{parts.path.strip('/') or 'text'}")(query)

    do_HEAD = do_GET
    do_PUT = do_GET

    def do_POST(self) -> None:
        self.server.asked.append((self.command, self.headers["Host"], self.path))  # type: ignore[attr-defined]
        self._send(self.rfile.read(int(self.headers["Content-Length"])))

    def _text(self, _query: dict[str, str]) -> None:
        self._send(TEXT)

    def _headers(self, _query: dict[str, str]) -> None:
        self._send(str(self.headers).encode())

    def _gzip(self, _query: dict[str, str]) -> None:
        self._send(GZIP, **{"Content-Encoding": "gzip"})

    def _redirect(self, query: dict[str, str]) -> None:
        self._send(b"", status=302, Location=unquote(query["to"]))

    def _chunked(self, _query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for byte in TEXT:
            self.wfile.write(b"1\r\n" + bytes([byte]) + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _big(self, query: dict[str, str]) -> None:
        self.send_response(200)
        if "told" in query:
            self.send_header("Content-Length", query["bytes"])
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        left = int(query["bytes"])
        while left > 0:
            self.wfile.write(bytes(min(left, 1 << 16)))
            left -= 1 << 16

    def _slow(self, _query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def _short(self, _query: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"too little")
        self.close_connection = True

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, str, str]] = []

    def handle_error(self, *_: object) -> None:
        """A client that goes away is what some tests are about."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[_Server]:
    """A server with the answers that the tests need, over TLS where a context is given."""
    server = _Server()
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def resolve_with(names: dict[str, list[str]]) -> Callable[..., list[Any]]:
    """A getaddrinfo that knows these names, each with the addresses it has in turn, and the rest as ever."""
    turns = {name: iter(addresses) for name, addresses in names.items()}
    last: dict[str, str] = {}

    def getaddrinfo(host: str, *arguments: object, **options: object) -> list[Any]:
        if host in turns:
            last[host] = next(turns[host], last.get(host, "127.0.0.1"))
            host = last[host]
        return list(_resolve_truly(host, *arguments, **options))

    return getaddrinfo
