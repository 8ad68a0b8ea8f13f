"""One connection of the notebook to the proxy: read, judged, and answered or carried on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Final

import h11

from catalog.allowed_hosts import AllowedHost
from reproduce.runner.job import Network
from reproduce.runner.network.authority import AuthorityError, RunAuthority
from reproduce.runner.network.destination import (
    Destination,
    RefusedError,
    connect_destination,
    plain_destination,
    tunnel_destination,
)
from reproduce.runner.network.exchange import Exchange, ExchangeFailedError
from reproduce.runner.network.ledger import Ledger
from reproduce.runner.network.upstream import UnreachableError, Upstream
from reproduce.runner.network.wire import CHUNK_BYTES, HttpError, Wire

IDLE_S: Final = 30.0
_LINGER_S: Final = 0.5
_LINGER_BYTES: Final = 1 << 20

Track = Callable[[socket.socket], None]
DestinationOf = Callable[[h11.Request], Destination]


@dataclass(frozen=True, slots=True)
class Office:
    """What all conversations of one run share."""

    network: Network
    allowed: Sequence[AllowedHost]
    authority: RunAuthority
    upstream: Upstream
    ledger: Ledger


class Conversation:
    """Serves one connection. `track` is told of each further socket, so that it can be cut off from outside."""

    def __init__(self, office: Office, track: Track) -> None:
        self._office = office
        self._track = track

    def hold(self, connection: socket.socket) -> None:
        """Serve the connection until it is over, and close it."""
        wire = Wire(connection, h11.SERVER, allowed_s=IDLE_S)
        with closing(connection):
            self._serve(wire, lambda request: plain_destination(request, self._office.allowed))

    def _serve(self, wire: Wire, destination_of: DestinationOf, *, tunnel: Destination | None = None) -> None:
        """Carry one request after another until the connection is closed or one goes wrong."""
        is_open = True
        while is_open:
            method = ""
            try:
                wire.renew(IDLE_S)
                request = wire.receive()
                if not isinstance(request, h11.Request):
                    return
                method = request.method.decode("ascii")
                if method == "CONNECT" and tunnel is None:
                    self._tunnel(wire, request)
                    return
                self._carry(wire, request, destination_of(request))
                is_open = wire.http.our_state is h11.DONE and wire.http.their_state is h11.DONE
                if is_open:
                    wire.http.start_next_cycle()
            except RefusedError as error:
                self._office.ledger.refuse(error.kind, method, error.url, error.host, error.port, error.reason)
                _answer(wire, 403, error.reason)
                return
            except (UnreachableError, ExchangeFailedError) as error:
                _answer(wire, 502, str(error))
                return
            except HttpError:
                _answer(wire, 400, "This is no request that the proxy understands.")
                return

    def _carry(self, wire: Wire, request: h11.Request, destination: Destination) -> None:
        ledger = self._office.ledger
        method = request.method.decode("ascii")
        try:
            connection = self._office.upstream.connect(destination)
        except UnreachableError as error:
            ledger.begin(method, destination.url, destination.host, destination.port).error = str(error)
            raise
        with closing(connection):
            self._track(connection)
            entry = ledger.begin(method, destination.url, destination.host, destination.port)
            outer = Wire(connection, h11.CLIENT, allowed_s=self._office.network.request_s)
            Exchange(wire, outer, destination, self._office.network, ledger).run(request, entry)

    def _tunnel(self, wire: Wire, request: h11.Request) -> None:
        """Answer as the host itself, with a certificate of this run, and serve what is asked inside."""
        destination = connect_destination(request, self._office.allowed)
        if not isinstance(wire.receive(), h11.EndOfMessage) or wire.http.trailing_data[0]:
            raise _misused(destination, "More came with CONNECT than belongs there.")
        try:
            context = self._office.authority.server_context(destination.host)
        except AuthorityError as error:
            raise UnreachableError(f"The proxy has no certificate for {destination.host}: {error}.") from error
        named: list[str] = []
        context.sni_callback = _name_check(destination.host, named)
        wire.send(h11.Response(status_code=200, headers=[], reason=b"Connection established"))
        try:
            secured = context.wrap_socket(wire.socket, server_side=True)
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            reason = (
                f"The tunnel was opened for {destination.host}, and TLS then asked for another host."
                if named
                else f"TLS was not agreed on inside the tunnel ({why})."
            )
            raise _misused(destination, reason) from error
        with closing(secured):
            self._track(secured)
            inner = Wire(secured, h11.SERVER, allowed_s=IDLE_S)
            self._serve(inner, lambda one: tunnel_destination(one, destination), tunnel=destination)


def _misused(destination: Destination, reason: str) -> RefusedError:
    return RefusedError("protocol", reason, url=destination.url, host=destination.host, port=destination.port)


def _name_check(host: str, named: list[str]) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def check(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name is None or name.lower() == host:
            return None
        named.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check


def _answer(wire: Wire, status: int, sentence: str) -> None:
    """Say what went wrong where nothing was said yet, in the reason too: clients show only that of a tunnel."""
    if wire.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    body = f"{sentence}\n".encode("ascii", "replace")
    headers = [
        ("content-type", "text/plain; charset=us-ascii"),
        ("content-length", str(len(body))),
        ("connection", "close"),
    ]
    with suppress(*HttpError):
        wire.renew(IDLE_S)
        wire.send(h11.Response(status_code=status, headers=headers, reason=body.strip()[:200]))
        wire.send(h11.Data(data=body))
        wire.send(h11.EndOfMessage())
        _linger(wire.socket)


def _linger(connection: socket.socket) -> None:
    """Read on a little: to close while something is unread would take the answer back."""
    left_bytes = _LINGER_BYTES
    connection.settimeout(_LINGER_S)
    # Past SSLSocket.shutdown, which would take the session away.
    socket.socket.shutdown(connection, socket.SHUT_WR)
    while left_bytes > 0 and (chunk := connection.recv(CHUNK_BYTES)):
        left_bytes -= len(chunk)
