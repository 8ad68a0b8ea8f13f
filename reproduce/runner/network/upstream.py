"""The proxy's way to the hosts: names are resolved and judged here, and the connection goes to what was judged."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import certifi

from catalog.addresses import OutboundError, resolve
from reproduce.runner.network.destination import Destination, RefusedError

Resolve = Callable[[str, int, float], tuple[str, ...]]
CONNECT_S: Final = 20.0


class UnreachableError(Exception):
    """The host does not answer as it should; the message says in what way."""


class Upstream:
    """Connects to checked addresses. A name that leads elsewhere a moment later (DNS rebinding) gains nothing."""

    def __init__(self, *, is_private_allowed: bool) -> None:
        self._is_private_allowed = is_private_allowed
        self._tls = ssl.create_default_context()
        # A bare machine has no certificates of its own.
        self._tls.load_verify_locations(certifi.where())
        self._tls.set_alpn_protocols(["http/1.1"])

    def connect(self, destination: Destination) -> socket.socket:
        """Return a connection to the destination, for https with TLS, its certificate verified.

        Raises RefusedError for a host with an address that is not public, UnreachableError.
        """
        deadline = time.monotonic() + CONNECT_S
        host = destination.host
        try:
            addresses = resolve(host, destination.port, timeout_s=CONNECT_S, allow_private=self._is_private_allowed)
        except OutboundError as error:
            if error.kind_id != "address-refused":
                raise UnreachableError(error.cause.message) from error
            reason = f"{host} does not lead to a public address."
            raise RefusedError("address", reason, url=destination.url, host=host, port=destination.port) from error
        connection = _open(addresses, destination, deadline)
        return connection if destination.scheme == "http" else self._secured(connection, host, deadline)

    def _secured(self, connection: socket.socket, host: str, deadline: float) -> socket.socket:
        secured = self._tls.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
        # A timeout of the socket starts anew with every byte: this ends a host that sends one a second.
        watchdog = threading.Timer(max(deadline - time.monotonic(), 0.0), cut_off, [secured])
        watchdog.daemon = True
        watchdog.start()
        try:
            secured.do_handshake()
            return secured
        except (OSError, ValueError) as error:
            secured.close()
            why = getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__
            raise UnreachableError(f"The certificate or encryption of {host} is not accepted ({why}).") from error
        finally:
            watchdog.cancel()


def cut_off(connection: socket.socket) -> None:
    """End whatever waits for this connection, from another thread."""
    with suppress(OSError):
        # Past SSLSocket.shutdown, which takes the session away from under the thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _open(addresses: tuple[str, ...], destination: Destination, deadline: float) -> socket.socket:
    why = "no address"
    for address in addresses:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        try:
            return socket.create_connection((address, destination.port), timeout=left_s)
        except OSError as error:
            why = error.strerror or type(error).__name__
    raise UnreachableError(f"{destination.authority} cannot be connected to ({why}).")
