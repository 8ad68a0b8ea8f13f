"""One side of an HTTP/1.1 conversation over a socket, with a time by which it must be over."""

from __future__ import annotations

import socket
import time
from typing import Final

import h11

CHUNK_BYTES: Final = 1 << 16
_HEAD_BYTES: Final = 1 << 16

HttpError = (h11.ProtocolError, OSError, ValueError)
HttpEvent = h11.Request | h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage | h11.ConnectionClosed


class Wire:
    """Reads and writes events of HTTP, for `allowed_s` seconds or until it is given more time."""

    def __init__(
        self, connection: socket.socket, role: type[h11.CLIENT] | type[h11.SERVER], *, allowed_s: float
    ) -> None:
        self.socket = connection
        self.http = h11.Connection(role, max_incomplete_event_size=_HEAD_BYTES)
        self.renew(allowed_s)

    def renew(self, allowed_s: float) -> None:
        """Give it so much time from now on."""
        self._deadline = time.monotonic() + allowed_s

    def receive(self) -> HttpEvent:
        """Wait for the next event. Raises one of HttpError: TimeoutError when it is too late."""
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                if self.http.they_are_waiting_for_100_continue:
                    self.send(h11.InformationalResponse(status_code=100, headers=[]))
                self.socket.settimeout(self._left_s())
                self.http.receive_data(self.socket.recv(CHUNK_BYTES))
            elif isinstance(event, HttpEvent):
                return event
            else:
                raise h11.RemoteProtocolError("more came than was asked for")

    def receive_ready(self) -> HttpEvent | None:
        """Return the next event if it is here already."""
        event = self.http.next_event()
        return event if isinstance(event, HttpEvent) else None

    def send(self, event: HttpEvent) -> None:
        """Write an event. Raises one of HttpError."""
        data = self.http.send(event)
        if data:
            self.socket.settimeout(self._left_s())
            self.socket.sendall(data)

    def _left_s(self) -> float:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s
