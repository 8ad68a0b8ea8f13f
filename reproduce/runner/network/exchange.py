"""One request carried to its host and the answer carried back, counted and digested on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from typing import Final

import h11

from reproduce.runner.job import Network
from reproduce.runner.network.destination import Destination, RefusedError
from reproduce.runner.network.ledger import NOT_TAKEN, Fetched, Ledger, Stopwatch
from reproduce.runner.network.wire import HttpError, Wire
from reproduce.runner.quantities import bytes_words

Headers = list[tuple[bytes, bytes]]
_HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"upgrade", b"alt-svc", b"expect"),
    }
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class ExchangeFailedError(Exception):
    """The exchange ended early; the message says why. A part of the answer may have been handed on already."""


class Exchange:
    """Carries one request of the notebook (`inner`) to a host (`outer`)."""

    def __init__(self, inner: Wire, outer: Wire, destination: Destination, network: Network, ledger: Ledger) -> None:
        self._inner = inner
        self._outer = outer
        self._destination = destination
        self._network = network
        self._ledger = ledger
        self._has_begun = False
        self._method = ""

    def run(self, request: h11.Request, entry: Fetched) -> None:
        """Do it and write what came of it into `entry`. Raises ExchangeFailedError, RefusedError."""
        watch = Stopwatch()
        self._method = entry.method
        for wire in (self._outer, self._inner):
            wire.renew(self._network.request_s)
        # Until the end is seen; a run that ends first leaves it so.
        entry.error = "It did not come to its end."
        try:
            self._carry_request(request, entry)
            self._carry_answer(entry)
        except HttpError as error:
            reason = "It took too long." if isinstance(error, TimeoutError) else f"It broke off ({_why(error)})."
            entry.error = reason
            raise ExchangeFailedError(reason) from error
        except (ExchangeFailedError, RefusedError) as error:
            entry.error = str(error)
            raise
        finally:
            entry.took_s = watch.seconds()

    def _carry_request(self, request: h11.Request, entry: Fetched) -> None:
        headers = [(b"host", self._destination.authority.encode("ascii")), (b"connection", b"close")]
        headers += _end_to_end(request.headers, without={b"host"})
        target = self._destination.path.encode("ascii")
        self._outer.send(h11.Request(method=request.method, target=target, headers=headers))
        while isinstance(event := self._inner.receive(), h11.Data):
            entry.sent_bytes += len(event.data)
            if self._ledger.count(sent=len(event.data))[1] > self._network.sent_bytes:
                raise self._too_much("sent", self._network.sent_bytes)
            self._outer.send(h11.Data(data=event.data))
        if not isinstance(event, h11.EndOfMessage):
            raise h11.RemoteProtocolError("the request has no end")
        self._outer.send(h11.EndOfMessage())

    def _carry_answer(self, entry: Fetched) -> None:
        answer = self._outer.receive()
        while isinstance(answer, h11.InformationalResponse):
            answer = self._outer.receive()
        if not isinstance(answer, h11.Response):
            raise h11.RemoteProtocolError("no answer")
        entry.status = answer.status_code
        entry.coding = _header(answer.headers, b"content-encoding")[:40]
        self._check_length(_header(answer.headers, b"content-length"), entry)
        headers = _end_to_end(answer.headers, without=frozenset())
        self._carry_body(h11.Response(status_code=answer.status_code, headers=headers, reason=answer.reason), entry)

    def _carry_body(self, part: h11.Response | h11.Data, entry: Fetched) -> None:
        """Hand on part after part. What the notebook has as a whole has been written down as a whole before."""
        digest = hashlib.sha256()
        event = self._outer.receive_ready()
        while not isinstance(event, h11.EndOfMessage):
            self._has_begun = True
            self._hand_on(part)
            event = event or self._outer.receive()
            if isinstance(event, h11.EndOfMessage):
                entry.sha256, entry.error = digest.hexdigest(), ""
                self._hand_on(event)
                return
            if not isinstance(event, h11.Data):
                raise h11.RemoteProtocolError("the answer has no end")
            part = h11.Data(data=bytes(event.data))
            entry.size_bytes += len(part.data)
            self._check_size(entry.size_bytes, self._ledger.count(received=len(part.data))[0])
            digest.update(part.data)
            event = self._outer.receive_ready()
        entry.sha256, entry.error = digest.hexdigest(), ""
        self._hand_on(part)
        self._hand_on(h11.EndOfMessage())

    def _hand_on(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        try:
            self._inner.send(event)
        except OSError as error:
            raise ExchangeFailedError(NOT_TAKEN) from error

    def _check_length(self, told: str, entry: Fetched) -> None:
        length = int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0
        if entry.method != "HEAD":
            self._check_size(length, self._ledger.count()[0] + length)

    def _check_size(self, size_bytes: int, total_bytes: int) -> None:
        if size_bytes > self._network.response_bytes:
            raise self._too_much("received at once", self._network.response_bytes)
        if total_bytes > self._network.total_bytes:
            raise self._too_much("received in all", self._network.total_bytes)

    def _too_much(self, what: str, limit_bytes: int) -> Exception:
        reason = f"More than {bytes_words(limit_bytes)} would be {what}, which a run may not."
        where = self._destination
        if self._has_begun:
            self._ledger.refuse("limit", self._method, where.url, where.host, where.port, reason)
            return ExchangeFailedError(reason)
        return RefusedError("limit", reason, url=where.url, host=where.host, port=where.port)


def _end_to_end(headers: Iterable[tuple[bytes, bytes]], *, without: Set[bytes]) -> Headers:
    """The headers that are meant for the other end, without those of one connection."""
    named = {
        name.strip().lower()
        for header, text in headers
        if header == b"connection"
        for name in text.split(b",")
    } - _FRAMING  # fmt: skip
    left_out = _HOP_BY_HOP | named | without
    return [(name, text) for name, text in headers if name not in left_out]


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((text.decode("ascii", "replace") for name, text in headers if name == wanted), "")


def _why(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
