"""A proxy of one run beside hosts of the tests' own."""

from __future__ import annotations

import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.response import addinfourl

import certifi
import pytest

from reproduce.runner.job import Network
from reproduce.runner.network.authority import RunAuthority
from reproduce.runner.network.run_network import RunNetwork
from tests.reproduce.runner.network.servers import resolve_with, serving

HOST = "data.example.org"


@pytest.fixture(scope="session")
def host_authority() -> Iterator[RunAuthority]:
    """The authority that signs for the tests' hosts, another one than any run's."""
    authority = RunAuthority()
    yield authority
    authority.remove()


@pytest.fixture
def trusted(host_authority: RunAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this service trust the tests' hosts, as an operator does: by SSL_CERT_FILE."""
    path = tmp_path / "hosts.pem"
    path.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + host_authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def plain_host() -> Iterator[Any]:
    with serving() as server:
        yield server


@pytest.fixture
def secure_host(host_authority: RunAuthority) -> Iterator[Any]:
    with serving(host_authority.server_context(HOST)) as server:
        yield server


@dataclass
class Proxied:
    """A proxy that serves, and clients of it."""

    network: RunNetwork
    port: int
    bundle: Path
    names: dict[str, list[str]] = field(default_factory=dict)

    def open(self, url: str, data: bytes | None = None, **headers: str) -> addinfourl:
        """Fetch with urllib as a notebook does."""
        handler = urllib.request.ProxyHandler(dict.fromkeys(("http", "https"), f"http://127.0.0.1:{self.port}"))
        context = ssl.create_default_context(cafile=str(self.bundle))
        opener = urllib.request.build_opener(handler, urllib.request.HTTPSHandler(context=context))
        answer: addinfourl = opener.open(urllib.request.Request(url, data, headers), timeout=10)
        return answer

    def say(self, *parts: bytes, server_name: str | None = None) -> bytes:
        """Send bytes as they are and return all that comes; with a name, the later parts inside a tunnel of TLS."""
        connection: socket.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            connection.sendall(parts[0])
            if server_name is None:
                return _all_of(connection)
            answer = connection.recv(65536)
            if b" 200 " not in answer:
                return answer + _all_of(connection)
            context = ssl.create_default_context(cafile=str(self.bundle))
            context.check_hostname = False
            connection = context.wrap_socket(connection, server_hostname=server_name)
            connection.sendall(b"".join(parts[1:]))
            return _all_of(connection)
        finally:
            connection.close()

    @property
    def record(self) -> dict[str, Any]:
        return self.network.record()


def _all_of(connection: socket.socket) -> bytes:
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


@pytest.fixture
def proxied(tmp_path: Path, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Proxied]]:
    """Start the proxy of a run that may reach the given hosts; all names of the tests lead to this machine."""
    with ExitStack() as stack:

        def start(*hosts: str, names: dict[str, list[str]] | None = None, **options: object) -> Proxied:
            known = {HOST: ["127.0.0.1"], "evil.example.org": ["127.0.0.1"], **(names or {})}
            monkeypatch.setattr(socket, "getaddrinfo", resolve_with(known))
            network = Network(allowed_hosts=hosts, **{"is_private_allowed": True, **options})
            shared = tmp_path / "shared"
            shared.mkdir()
            made = RunNetwork(network, shared=shared, is_confined=False)
            stack.callback(made.close)
            variables = made.variables(str(shared))
            made.open(list)
            port = int(variables["HTTP_PROXY"].rpartition(":")[2])
            return Proxied(made, port, Path(variables["SSL_CERT_FILE"]))

        yield start
