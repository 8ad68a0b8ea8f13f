"""The one way this service fetches an address that came from outside.

An address typed by a visitor or written in a record must not reach the machines behind this service (server-side
request forgery). So the host is resolved here, every address of it must be public, and the connection goes to the
very address that was checked: a name that resolves to another one a moment later (DNS rebinding) gains nothing. Each
redirect is checked anew. Requests go out directly: proxy settings of the environment are not used, because behind a
proxy the checked address would not be the one that is reached.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import certifi

from catalog.addresses import OutboundError, resolve

PRODUCT: Final = "Reprise/0.1"
MAX_REDIRECTS: Final = 5

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({429, 503})
_PORTS: Final = {"http": 80, "https": 443}
_CHUNK_BYTES: Final = 1 << 16
# Takes the body of an answer piece by piece; an OSError that it raises counts as one of the connection.
Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: `headers` under lower-case names (the last of several), `url` where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def fetch(
    url: str,
    *,
    accept: str,
    timeout_s: float,
    size_limit_bytes: int,
    contact: str = "",
    allow_private: bool = False,
    longest_wait_s: float = 2.0,
    known: Mapping[str, str] | None = None,
    into: Sink | None = None,
) -> Response:
    """GET `url` and return the answer, whatever its status, after at most five redirects.

    `timeout_s` bounds the whole of it: resolving, connecting, redirects, waiting and reading. `contact`, an e-mail or
    web address, is told to the host in the user agent. An answer 429 or 503 that asks for a pause (Retry-After) no
    longer than `longest_wait_s` and the time left is asked for once more; a longer one is returned as it is. `known`
    are the headers etag and last-modified of an answer that is at hand: 304 says that it still holds. The body of an
    answer 200 goes `into` what is given, piece by piece, and is empty in the answer then.
    Raises OutboundError: address-refused, address-unreachable, answer-too-large.
    """
    deadline = time.monotonic() + timeout_s
    may_wait = True
    redirects = 0
    while True:
        parts = _checked(url)
        asked = _headers(accept, contact, known or {})
        response = _get(parts, asked, deadline, size_limit_bytes, allow_private, into=into)
        if response.status in _BUSY and may_wait:
            wait_s = retry_after_s(response.headers.get("retry-after", ""))
            if wait_s is not None and wait_s <= longest_wait_s and time.monotonic() + wait_s < deadline:
                may_wait = False
                time.sleep(wait_s)
                continue
        location = response.headers.get("location", "")
        if response.status not in _REDIRECTS or not location:
            return response
        redirects += 1
        if redirects > MAX_REDIRECTS:
            raise OutboundError("address-unreachable", host=parts.hostname, reason="it redirects too often")
        try:
            url = urljoin(url, location)
        except ValueError:
            raise _refused(location, "its redirect is no address") from None
        if parts.scheme == "https" and url.lower().startswith("http:"):
            raise _refused(url, "an encrypted address redirects to an unencrypted one")


def send(
    url: str,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout_s: float,
    size_limit_bytes: int,
    allow_private: bool = False,
) -> Response:
    """Send one request and return its answer, whatever its status: no redirect is followed and nothing is repeated.

    For what carries a secret, which is meant for this address alone. Bounds and errors are those of `fetch`.
    """
    asked = {**_headers("application/json", "", {}), **headers}
    deadline = time.monotonic() + timeout_s
    return _get(_checked(url), asked, deadline, size_limit_bytes, allow_private, method=method, sent=body)


def _refused(address: str, reason: str) -> OutboundError:
    return OutboundError("address-refused", address=ascii(address[:200])[1:-1], reason=reason)


def _checked(url: str) -> SplitResult:
    """Return the parts of an address that may be fetched, ready to be sent: in ASCII, without its fragment."""
    if len(url) > 4096 or re.search(r"[\x00-\x20\x7f\\]", url):
        raise _refused(url, "it is no web address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise _refused(url, "it is no web address") from None
    if parts.scheme not in _PORTS:
        raise _refused(url, "only http and https addresses are")
    if not name:
        raise _refused(url, "it names no host")
    if "@" in parts.netloc:
        raise _refused(url, "it carries a user name")
    bracketed = f"[{name}]" if ":" in name else name
    netloc = bracketed if port is None else f"{bracketed}:{port}"
    path = quote(parts.path or "/", safe="/%:;()@!$&'*+,=~")
    return SplitResult(parts.scheme, netloc, path, quote(parts.query, safe="/%:;()@!$&'*+,=~?"), "")


class _PinnedConnection(http.client.HTTPConnection):
    """Connects to addresses already checked; the host's name is still what TLS verifies and Host says."""

    def __init__(self, host: str, port: int, addresses: Sequence[str], tls: ssl.SSLContext | None, deadline: float):
        self.default_port = _PORTS["https"] if tls else _PORTS["http"]
        super().__init__(host, port)
        self._addresses = addresses
        self._tls = tls
        self._deadline = deadline
        self._reached: socket.socket | None = None

    def connect(self) -> None:
        last: OSError = TimeoutError("no address")
        for address in self._addresses:
            try:
                self.sock = socket.create_connection((address, self.port), timeout=_left_s(self._deadline))
                self._reached = self.sock
                break
            except OSError as error:
                last = error
        else:
            raise last
        if self._tls is not None:
            # The handshake waits until `sock` is set, so that cut_off ends a slow one too.
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._reached = self.sock
            self.sock.do_handshake()

    def cut_off(self) -> None:
        """End whatever the connection waits for, from another thread.

        `sock` itself is forgotten as soon as the headers are there, where the host closes after its answer.
        """
        if self._reached is not None:
            try:
                # Past SSLSocket.shutdown, which takes the session away from under the thread that reads.
                socket.socket.shutdown(self._reached, socket.SHUT_RDWR)
            except OSError:
                return


def _get(
    parts: SplitResult,
    asked: Mapping[str, str],
    deadline: float,
    size_limit_bytes: int,
    allow_private: bool,
    *,
    method: str = "GET",
    sent: bytes | None = None,
    into: Sink | None = None,
) -> Response:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    connection = None
    # A timeout of the socket starts anew with every byte; the watchdog ends a host that sends one a second.
    watchdog = None
    try:
        addresses = resolve(host, port, timeout_s=_left_s(deadline), allow_private=allow_private)
        tls = _tls_context() if parts.scheme == "https" else None
        connection = _PinnedConnection(host, port, addresses, tls, deadline)
        watchdog = threading.Timer(_left_s(deadline), connection.cut_off)
        watchdog.daemon = True
        watchdog.start()
        address = urlunsplit(("", "", parts.path, parts.query, ""))
        connection.request(method, address, body=sent, headers=dict(asked))
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        # A redirect's body is of no interest, and a hostile one only costs time.
        is_redirect = answer.status in _REDIRECTS and "location" in headers
        taken = into if answer.status == http.HTTPStatus.OK else None
        body = b"" if is_redirect else _read(answer, host, headers, size_limit_bytes, deadline, taken)
        return Response(answer.status, MappingProxyType(headers), body, urlunsplit(parts))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundError("address-unreachable", host=host, reason=_why(error, deadline)) from error
    finally:
        if watchdog is not None:
            watchdog.cancel()
        if connection is not None:
            connection.close()


def _why(error: Exception, deadline: float) -> str:
    if isinstance(error, TimeoutError) or _is_over(deadline):
        return "it is too slow"
    if isinstance(error, ssl.SSLError):
        return f"its certificate or encryption is not accepted ({error.reason})"
    return f"the connection failed ({type(error).__name__})"


def _read(
    answer: http.client.HTTPResponse,
    host: str,
    headers: Mapping[str, str],
    most: int,
    deadline: float,
    into: Sink | None,
) -> bytes:
    too_large = OutboundError("answer-too-large", host=host, limit=f"{most / 2**20:.3g} MB")
    if answer.length is not None and answer.length > most:
        raise too_large
    if headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        # Plain was asked for; unpacking what comes all the same could fill the memory.
        raise OutboundError("address-unreachable", host=host, reason="its answer is compressed")
    body, size = bytearray(), 0
    take = into or body.extend
    while chunk := answer.read1(_CHUNK_BYTES):
        size += len(chunk)
        if size > most:
            raise too_large
        take(chunk)
    if _is_over(deadline):
        raise TimeoutError
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    return bytes(body)


def _headers(accept: str, contact: str, known: Mapping[str, str]) -> dict[str, str]:
    agent = f"{PRODUCT} ({contact})" if contact else PRODUCT
    headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": agent, "Connection": "close"}
    for name, condition in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")):
        if value := known.get(name, ""):
            headers[condition] = value
    # A line break in a value would begin a header of its own.
    return {name: re.sub(r"[^\x20-\x7e]", "", value) for name, value in headers.items()}


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    # A bare machine has no certificates of its own.
    context.load_verify_locations(certifi.where())
    return context


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _is_over(deadline: float) -> bool:
    return time.monotonic() >= deadline


def retry_after_s(value: str) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3: seconds, or a date), or None."""
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
