"""The gate leads to the hosts that it knows, and to nothing else, whatever is said to it."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.engines.build_network.gate import open_gate
from builder.engines.build_network.reach import Reach, authority_named, authority_of
from tests.catalog.local_host import LocalHost, local_host


@pytest.fixture
def host() -> Iterator[LocalHost]:
    with local_host() as served:
        served.answers["/simple/x/"] = (200, {}, b"the page")
        yield served


@pytest.fixture
def other() -> Iterator[LocalHost]:
    with local_host() as served:
        yield served


def said(folder: Path, request: bytes) -> bytes:
    """Return all that the gate answers to these bytes."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(folder / "socket"))
        link.sendall(request)
        answer = b""
        while more := link.recv(65536):
            answer += more
    return answer


def asked(request: bytes, *hosts: LocalHost, log: list[str] | None = None) -> bytes:
    known = frozenset(found for each in hosts if (found := authority_of(each.url)))
    with open_gate(Reach(known), (log if log is not None else []).append) as gate:
        return said(gate.folder, request)


def get(host: LocalHost, method: str = "GET", more: str = "") -> bytes:
    return f"{method} {host.url}/simple/x/ HTTP/1.1\r\nHost: whatever\r\n{more}\r\n".encode()


def name_of(host: LocalHost) -> str:
    return host.url.removeprefix("http://")


def test_a_page_of_the_index_comes_through_with_the_host_of_its_address(host: LocalHost) -> None:
    assert asked(get(host), host).endswith(b"the page")
    assert host.requests[0][1]["host"] == name_of(host)


def test_a_tunnel_to_the_index_carries_both_ways(host: LocalHost) -> None:
    inner = f"GET /simple/x/ HTTP/1.0\r\nHost: {name_of(host)}\r\n\r\n"
    answer = asked(f"CONNECT {name_of(host)} HTTP/1.1\r\n\r\n{inner}".encode(), host)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"the page")


def test_another_port_of_the_same_machine_is_refused_and_named(host: LocalHost, other: LocalHost) -> None:
    log: list[str] = []
    with open_gate(Reach(frozenset({authority_of(host.url) or ("", 0)})), log.append) as gate:
        for _ in range(3):
            assert b" 403 " in said(gate.folder, get(other))
            assert b" 403 " in said(gate.folder, f"CONNECT {name_of(other)} HTTP/1.1\r\n\r\n".encode())
    assert other.requests == []
    assert log == ["A program of the build asked for 127.0.0.1, which is not the package index."]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_over_plain_http_nothing_is_sent(host: LocalHost, method: str) -> None:
    assert b" 403 " in asked(get(host, method), host)
    assert host.requests == []


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET /simple/x/ HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET http://{name}@{other}/simple/x/ HTTP/1.1\r\n\r\n",
        b"GET http://{other}/ HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET ftp://{name}/ HTTP/1.1\r\n\r\n",
        b"GET http://{name}/ HTTP/1.1\r\nX: a\n\nGET http://{other}/ HTTP/1.1\r\n\r\n",
        b"GET http://{name}/\x00 HTTP/1.1\r\n\r\n",
        b"CONNECT {other}/{name} HTTP/1.1\r\n\r\n",
        b"CONNECT {name}@{other} HTTP/1.1\r\n\r\n",
        b"CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n",
        b"CONNECT [::1:1 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
)
def test_a_crooked_request_reaches_nobody(host: LocalHost, other: LocalHost, request_text: bytes) -> None:
    text = request_text.replace(b"{name}", name_of(host).encode()).replace(b"{other}", name_of(other).encode())
    assert asked(text, host).startswith(b"HTTP/1.1 403")
    assert (host.requests, other.requests) == ([], [])


def test_a_second_request_in_the_same_connection_is_not_answered(host: LocalHost, other: LocalHost) -> None:
    assert asked(get(host) + get(other), host).count(b"HTTP/1.") == 1
    assert other.requests == []


def test_a_body_is_not_passed_on(host: LocalHost) -> None:
    asked(get(host, more="Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + b"hello", host)
    assert {"content-length", "transfer-encoding"} & set(host.requests[0][1]) == set()


def test_an_index_that_is_away_is_told_from_a_host_that_is_refused() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with open_gate(Reach(frozenset({("127.0.0.1", port)})), print) as gate:
            assert b" 502 " in said(gate.folder, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())


def test_nothing_is_left_of_a_gate(host: LocalHost) -> None:
    with open_gate(Reach(), print) as gate:
        folder = gate.folder
    assert not folder.exists()


class _Proxy(socketserver.BaseRequestHandler):
    heads: list[bytes] = []

    def handle(self) -> None:
        self.heads.append(self.request.recv(65536))
        self.request.sendall(b"HTTP/1.1 200 fine\r\nContent-Length: 5\r\nConnection: close\r\n\r\nproxy")


@contextmanager
def proxy() -> Iterator[str]:
    _Proxy.heads.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://user:secret@127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("is_tunnel", [False, True])
def test_the_machines_own_proxy_is_used_and_its_password_stays_outside(
    monkeypatch: pytest.MonkeyPatch, is_tunnel: bool
) -> None:
    with proxy() as address:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        known = Reach(frozenset({("index.example.org", 443 if is_tunnel else 80)}))
        request = "CONNECT index.example.org:443" if is_tunnel else "GET http://index.example.org/simple/"
        with open_gate(known, print) as gate:
            answer = said(gate.folder, f"{request} HTTP/1.1\r\n\r\n".encode())
            shown = gate.variables({"https_proxy": address, "ALL_PROXY": address, "no_proxy": "x"})
    assert answer.startswith(b"HTTP/1.1 200")
    assert request.encode() in _Proxy.heads[0]
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in _Proxy.heads[0]
    assert "secret" not in str(shown)


def test_hosts_are_named_with_and_without_a_port() -> None:
    assert authority_named("Files.Example.org") == ("files.example.org", 443)
    assert authority_named("files.example.org:8080") == ("files.example.org", 8080)
    assert [authority_named(text) for text in ("a/b", "u@h", "h:port", "", "[::1")] == [None] * 5
