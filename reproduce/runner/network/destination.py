"""Where a request wants to go, read strictly: what is not plainly one host, one port and one path is refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import h11

from catalog.allowed_hosts import DEFAULT_PORTS, AllowedHost, is_allowed
from reproduce.runner.network.ledger import RefusalKind

FORWARDED_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY: Final = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,254}|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_ABSOLUTE: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?:#.*)?")


class RefusedError(Exception):
    """A request that is not let out. `reason` is one sentence; `host` may be empty when none was told."""

    def __init__(self, kind: RefusalKind, reason: str, *, url: str = "", host: str = "", port: int | None = None):
        super().__init__(reason)
        self.kind: RefusalKind = kind
        self.reason = reason
        self.url = url
        self.host = host
        self.port = port


@dataclass(frozen=True, slots=True)
class Destination:
    """A host by name in lower case, a port, and the path with its query as it is sent."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def authority(self) -> str:
        """Host, and the port where it is not the scheme's own."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.path}"


def connect_destination(request: h11.Request, allowed: Sequence[AllowedHost]) -> Destination:
    """Return where a CONNECT wants to go. Raises RefusedError."""
    target = request.target.decode("ascii", "replace")
    host, port = _authority(target, None)
    if port is None:
        raise RefusedError("protocol", "CONNECT names no port.", url=target, host=host)
    return _allowed(Destination("https", host, port), allowed)


def plain_destination(request: h11.Request, allowed: Sequence[AllowedHost]) -> Destination:
    """Return where a request to the proxy itself wants to go: its target must be a whole address of http.

    Raises RefusedError.
    """
    target = request.target.decode("ascii", "replace")
    match = _ABSOLUTE.fullmatch(target)
    if match is None or match["scheme"].lower() != "http":
        raise RefusedError(
            "protocol", "This is a proxy: it takes addresses of http, and CONNECT for https.", url=target
        )
    host, port = _authority(match["authority"], _PORTS["http"])
    path = match["rest"] if match["rest"].startswith("/") else f"/{match['rest']}"
    found = _allowed(Destination("http", host, port or _PORTS["http"], path), allowed)
    _check_request(request, found)
    return found


def tunnel_destination(request: h11.Request, tunnel: Destination) -> Destination:
    """Return where a request inside a tunnel wants to go: to the tunnel's own host, and no other.

    Raises RefusedError.
    """
    path = request.target.decode("ascii", "replace")
    if not path.startswith("/"):
        raise RefusedError("protocol", f"Inside a tunnel to {tunnel.host} only paths are asked for.", url=path[:200])
    found = Destination(tunnel.scheme, tunnel.host, tunnel.port, path.partition("#")[0])
    _check_request(request, found)
    return found


def _authority(text: str, default_port: int | None) -> tuple[str, int | None]:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        reason = "It carries a user name." if "@" in text else "It names no host."
        # What stands before the @ may be a password: it is not recorded.
        raise RefusedError("protocol", reason, host=text.rpartition("@")[2][:200])
    port = int(match["port"]) if match["port"] else default_port
    return match["host"].lower().removesuffix("."), port


def _allowed(destination: Destination, allowed: Sequence[AllowedHost]) -> Destination:
    host, port = destination.host, destination.port
    if is_allowed(host, port, allowed):
        return destination
    names = ", ".join(map(str, allowed)) or "none"
    wanted = host if port in DEFAULT_PORTS else f"{host}:{port}"
    hint = (
        f"Declare it as an allowed host of the target: {wanted}"
        if re.search(r"[a-z]", host) and not host.startswith("[")
        else "Only hosts with a name can be declared"
    )
    reason = f"{wanted} is not among the hosts that this notebook may reach ({names}). {hint}."
    raise RefusedError("host", reason, url=destination.url, host=host, port=port)


def _check_request(request: h11.Request, destination: Destination) -> None:
    """Refuse what would mean something else to the host than it does here."""
    names = [name for name, _ in request.headers]
    method = request.method.decode("ascii", "replace")
    about = {"url": destination.url, "host": destination.host, "port": destination.port}

    def refuse(reason: str) -> RefusedError:
        return RefusedError("protocol", reason, **about)  # type: ignore[arg-type]  # the three are what they should be

    if b"upgrade" in names:
        raise refuse("Websockets and other upgrades are not forwarded.")
    if method not in FORWARDED_METHODS:
        raise refuse(f"Only {', '.join(sorted(FORWARDED_METHODS))} are forwarded, not {method[:20]}.")
    if b"content-length" in names and b"transfer-encoding" in names:
        raise refuse("Its length is told in two ways.")
    hosts = [text.decode("ascii", "replace").lower() for name, text in request.headers if name == b"host"]
    if hosts and set(hosts) - {destination.authority, f"{destination.host}:{destination.port}"}:
        raise refuse(f"Its Host header names another host than {destination.authority}.")
