"""The only way out of a build's sandbox: a proxy on a socket that leads to the package index and to nothing else.

The sandbox has no network. What runs in it finds a proxy on its own loopback (`relay`), which carries everything to
this one, outside. It knows hosts by name and port; what it refuses is told by the build's log.
"""

from __future__ import annotations

import os
import re
import socket
import socketserver
import ssl
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from builder.engines.build_network.reach import Authority, Reach, authority_named, authority_of
from builder.held_directory import held_directory

_INSIDE: Final = "/tmp/index-gate"  # noqa: S108 - in the sandbox, where it is shown read-only
_PYTHON: Final = "/tmp/index-gate-python"  # noqa: S108 - likewise
_RELAY_INSIDE: Final = "/tmp/index-gate-relay"  # noqa: S108 - likewise
_SOCKET: Final = "socket"
# In a network of its own every port is free.
_PORT: Final = 3128
_PROXY: Final = f"http://127.0.0.1:{_PORT}"
_RELAY: Final = Path(__file__).resolve().with_name("relay.py")
_PROXY_VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_DROPPED: Final = ("ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_HEAD_LIMIT: Final = 2**15
_CHUNK: Final = 2**16
_ANSWER_WITHIN_S: Final = 30.0
_IDLE_S: Final = 900.0
_AT_ONCE: Final = 128
_TOLD_LIMIT: Final = 10
_REQUEST: Final = re.compile(rb"([A-Z]{3,8}) ([!-~]{1,8192}) HTTP/1\.[01]")
_HEADER: Final = re.compile(rb"[!-~]+:[\t -~\x80-\xff]*")
_OWN_HEADERS: Final = re.compile(
    rb"(?:host|connection|proxy-[\w-]+|keep-alive|content-length|transfer-encoding|expect|upgrade):", re.IGNORECASE
)
# Known where a build's words are read.
BLOCKED: Final = "403 Not the package index"
_BLOCKED: Final = f"HTTP/1.1 {BLOCKED}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
UNREACHABLE: Final = "502 Unreachable"
_CONNECTED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Gate:
    """An open gate: the folder with its socket, which the sandbox shows."""

    folder: Path

    def mounts(self) -> tuple[tuple[Path, str], ...]:
        """Return what the sandbox shows, and where."""
        return ((self.folder, _INSIDE), (Path(sys.base_prefix), _PYTHON), (_RELAY.parent, _RELAY_INSIDE))

    def through(self, command: list[str]) -> list[str]:
        """Return the command line that runs `command` in the sandbox, with the relay beside it."""
        # This program's Python, at a place of its own: where an interpreter is hidden, this one still starts.
        python = os.path.relpath(os.path.realpath(sys.executable), sys.base_prefix)
        relay = [f"{_RELAY_INSIDE}/{_RELAY.name}", f"{_INSIDE}/{_SOCKET}", str(_PORT)]
        return [f"{_PYTHON}/{python}", "-I", "-S", *relay, *command]

    def variables(self, variables: dict[str, str]) -> dict[str, str]:
        """Return the variables with this proxy in place of the machine's own, whose password nobody inside needs."""
        kept = {name: value for name, value in variables.items() if name not in _DROPPED}
        return {**kept, **dict.fromkeys(_PROXY_VARIABLES, _PROXY)}


@contextmanager
def open_gate(reach: Reach, log: Callable[[str], None]) -> Iterator[Gate]:
    """Give a gate to the hosts of `reach`, closed with all its connections at the end."""
    # Not in the build's own directory, whose path may be longer than the 108 bytes of a socket's.
    with (
        held_directory("rg-", Path("/tmp")) as folder,  # noqa: S108 - what is made is private
        _Server(folder / _SOCKET, reach.hosts, log) as server,
    ):
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="index-gate", daemon=True
        )
        thread.start()
        try:
            yield Gate(folder)
        finally:
            server.shutdown()
            server.hang_up()
            thread.join()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # A transfer that is still under way when the build ends is of no use to anybody.
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: Path, hosts: frozenset[Authority], log: Callable[[str], None]) -> None:
        super().__init__(str(path), _Handler)
        self.hosts = hosts
        self.places = threading.BoundedSemaphore(_AT_ONCE)
        self._log = log
        self._told: set[Authority | None] = set()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def is_allowed(self, wanted: Authority | None) -> bool:
        """Tell whether this is the index; another host is told once."""
        if wanted in self.hosts:
            return True
        with self._guard:
            is_new = wanted not in self._told and len(self._told) < _TOLD_LIMIT
            self._told.add(wanted)
        if is_new and wanted is not None:
            self._log(
                f"A program of the build asked for {ascii(wanted[0])[1:-1][:100]}, which is not the package index."
            )
        return False

    def keep(self, *sockets: socket.socket) -> None:
        """Remember what to hang up."""
        with self._guard:
            self._open.update(sockets)

    def forget(self, *sockets: socket.socket) -> None:
        """Forget and close what has ended."""
        with self._guard:
            self._open.difference_update(sockets)
        for each in sockets:
            each.close()

    def hang_up(self) -> None:
        """End every connection that is still open."""
        with self._guard:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away in the middle is a build that ended."""


def _failed(reason: str) -> bytes:
    return f"HTTP/1.1 {UNREACHABLE}: {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _reason(error: OSError | ValueError) -> str:
    """Return why there is no connection, in the words that uv has for it."""
    if isinstance(error, socket.gaierror):
        return "dns error"
    if isinstance(error, ConnectionRefusedError):
        return "Connection refused"
    return "timed out" if isinstance(error, TimeoutError) else "no connection"


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        """Answer one request; a connection carries no second one, so that each is judged."""
        if not self.server.places.acquire(blocking=False):
            self.request.sendall(_failed("too many connections"))
            return
        try:
            self._answer()
        finally:
            self.server.places.release()

    def _answer(self) -> None:
        self.request.settimeout(_ANSWER_WITHIN_S)
        head, rest = _head(self.request)
        line, *headers = head.split(b"\r\n")
        asked = _REQUEST.fullmatch(line)
        # A line that a server takes for two could hide a second request, to another host, from the operator's proxy.
        if asked is None or not all(_HEADER.fullmatch(each) for each in headers):
            self.request.sendall(_BLOCKED)
            return
        method, target = asked[1], asked[2].decode("latin-1")
        is_tunnel = method == b"CONNECT"
        wanted = authority_named(target) if is_tunnel else authority_of(target)
        if wanted is None or not (is_tunnel or method in (b"GET", b"HEAD")) or not self.server.is_allowed(wanted):
            self.request.sendall(_BLOCKED)
            return
        try:
            far = connect_through(wanted, "https" if is_tunnel else "http")
        except (OSError, ValueError) as error:
            self.request.sendall(_failed(_reason(error)))
            return
        self.server.keep(far.socket, self.request)
        try:
            if is_tunnel:
                self.request.sendall(_CONNECTED)
                far.socket.sendall(rest)
                threading.Thread(target=_carry, args=(self.request, far.socket), daemon=True).start()
            else:
                far.socket.sendall(_rewritten(method, target, headers, far))
            _carry(far.socket, self.request)
        finally:
            self.server.forget(far.socket, self.request)


@dataclass(frozen=True, slots=True)
class Far:
    """A connection to the index. `is_proxy` is the operator's proxy, which is told the whole address."""

    socket: socket.socket
    is_proxy: bool = False
    login: bytes = b""


def connect_through(wanted: Authority, scheme: str) -> Far:
    """Connect to a host, through the operator's proxy where the machine's variables name one for it.

    Raises OSError, and ValueError where the proxy is of a kind that is not known here.
    """
    host, port = wanted
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    address = f"{scheme}://{name}/"
    named = select_proxy(address, get_environ_proxies(address))
    if not named:
        return Far(_connected(host, port))
    parts = urlsplit(named if "://" in named else f"http://{named}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(parts.scheme)
    link = _connected(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    if parts.scheme == "https":
        link = ssl.create_default_context().wrap_socket(link, server_hostname=parts.hostname)
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
    login = b"Proxy-Authorization: Basic " + b64encode(pair) + b"\r\n" if parts.username else b""
    if scheme == "https":
        link.sendall(f"CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n".encode() + login + b"\r\n")
        head, _ = _head(link)
        if not re.match(rb"HTTP/1\.[01] 2\d\d", head):
            link.close()
            raise OSError("the proxy refuses")
    return Far(link, is_proxy=True, login=login)


def _connected(host: str, port: int) -> socket.socket:
    link = socket.create_connection((host, port), timeout=_ANSWER_WITHIN_S)
    link.settimeout(_IDLE_S)
    return link


def _rewritten(method: bytes, target: str, headers: list[bytes], far: Far) -> bytes:
    """Return the head of the request as the index or the operator's proxy wants it, without its body."""
    parts = urlsplit(target)
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    shown = target if far.is_proxy else path
    kept = [line for line in headers if not _OWN_HEADERS.match(line)]
    host = parts.netloc.rpartition("@")[2]
    lines = [method + f" {shown} HTTP/1.1".encode("latin-1"), f"Host: {host}".encode("latin-1"), *kept]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n" + far.login + b"\r\n"


def _head(link: socket.socket) -> tuple[bytes, bytes]:
    """Read to the end of the head; return it, and what came after. Raises OSError when it is too long or breaks off."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = link.recv(_CHUNK)
        data += more
        if not more or len(data) > _HEAD_LIMIT:
            raise OSError("no request")
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Carry until the source has ended, and tell the target so."""
    try:
        source.settimeout(_IDLE_S)
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
