"""Outbound requests: nothing private, nothing endless, nothing too large."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from catalog import addresses, outbound
from catalog.addresses import OutboundError
from catalog.outbound import Response
from tests.catalog.local_host import LocalHost, local_host

# Self-signed for figures.example; its key is no secret and protects nothing.
CERTIFICATE = Path(__file__).with_name("figures.example.pem")


@pytest.fixture
def host() -> Iterator[LocalHost]:
    with local_host() as running:
        yield running


def get(url: str, *, timeout_s: float = 5.0, size_limit_bytes: int = 10_000, allow_private: bool = True) -> Response:
    return outbound.fetch(
        url,
        accept="application/json",
        timeout_s=timeout_s,
        size_limit_bytes=size_limit_bytes,
        contact="mailto:ops@example.org",
        allow_private=allow_private,
    )


def refusal_of(url: str, **options: object) -> OutboundError:
    with pytest.raises(OutboundError) as refusal:
        get(url, **options)  # type: ignore[arg-type]
    return refusal.value


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_loopback_is_refused_however_it_is_written(name: str) -> None:
    assert refusal_of(f"http://{name}:1/", allow_private=False).cause.id == "address-refused"


def test_a_host_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **kwargs: answers)
    assert refusal_of("http://rebinding.example/", allow_private=False).cause.id == "address-refused"


def test_the_connection_goes_to_the_address_that_was_checked(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(host.url.rsplit(":", 1)[1])
    host.answers["/x"] = (200, {}, b"ok")
    asked: list[str] = []

    def answer_once(name: str, *args: object, **kwargs: object) -> list[object]:
        if name == "rebinding.example":
            asked.append(name)
        # A second look-up would lead to another machine.
        ip = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        ip = name if name == "127.0.0.1" else ip
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answer_once)
    assert get(f"http://rebinding.example:{port}/x").body == b"ok"
    assert asked == ["rebinding.example"]
    assert host.requests[0][1]["host"] == f"rebinding.example:{port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://example.org\\@127.0.0.1/",
        "http://[::1/",
        "example.org",
        "http://example.org/" + "x" * 5000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    refusal = refusal_of(url)
    assert refusal.cause.id == "address-refused"
    assert refusal.cause.message.isprintable()


def test_an_answer_is_returned_whole_with_its_status_and_headers(host: LocalHost) -> None:
    host.answers["/x"] = (404, {"X-Kind": "none"}, b"not here")
    response = get(f"{host.url}/x?q=1#part")
    assert (response.status, response.headers["x-kind"], response.body) == (404, "none", b"not here")
    assert response.url == f"{host.url}/x?q=1"


def test_a_request_says_who_asks_and_what_for(host: LocalHost) -> None:
    get(host.url)
    headers = host.requests[0][1]
    assert headers["user-agent"].startswith("Reprise/")
    assert "mailto:ops@example.org" in headers["user-agent"]
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"


def test_redirects_are_followed_relative_ones_too(host: LocalHost) -> None:
    host.answers["/a"] = (302, {"Location": "b"}, b"")
    host.answers["/b"] = (308, {"Location": f"{host.url}/c"}, b"")
    host.answers["/c"] = (200, {}, b"there")
    assert get(f"{host.url}/a").body == b"there"


def test_the_sixth_redirect_is_too_much(host: LocalHost) -> None:
    host.answers["/a"] = (302, {"Location": "/a"}, b"")
    assert refusal_of(f"{host.url}/a").cause.id == "address-unreachable"
    assert len(host.requests) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://u@127.0.0.1/", "http://[/"])
def test_a_redirect_to_a_refused_address_is_refused(host: LocalHost, location: str) -> None:
    host.answers["/a"] = (302, {"Location": location}, b"")
    assert refusal_of(f"{host.url}/a").cause.id == "address-refused"


def test_a_redirect_into_the_private_network_is_refused(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first host passes for a public one; only the second check can refuse.
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    host.answers["/a"] = (302, {"Location": "http://10.0.0.1/"}, b"")
    assert refusal_of(f"{host.url}/a", allow_private=False).cause.id == "address-refused"


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "x"}])
def test_an_answer_over_the_limit_is_refused(host: LocalHost, headers: dict[str, str]) -> None:
    host.answers["/x"] = (200, headers, b"x" * 10_001)
    assert refusal_of(f"{host.url}/x").cause.id == "answer-too-large"


def test_an_answer_without_a_length_is_refused_at_the_limit(host: LocalHost) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 1000)
        except OSError:
            return

    host.answers["/x"] = endless
    assert refusal_of(f"{host.url}/x").cause.id == "answer-too-large"


def test_a_compressed_answer_is_refused(host: LocalHost) -> None:
    host.answers["/x"] = (200, {"Content-Encoding": "gzip"}, b"x")
    assert refusal_of(f"{host.url}/x").cause.id == "address-unreachable"


@pytest.mark.parametrize("part", ["header", "body", "last body"])
def test_a_host_that_sends_a_byte_now_and_then_is_cut_off(host: LocalHost, part: str) -> None:
    headers = {"header": b"", "body": b"Content-Length: 999\r\n\r\n"}
    headers["last body"] = b"Connection: close\r\n" + headers["body"]

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + headers[part])
        try:
            for _ in range(100):
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            return

    host.answers["/x"] = drip
    started = time.monotonic()
    refusal = refusal_of(f"{host.url}/x", timeout_s=0.4)
    assert time.monotonic() - started < 2
    assert refusal.cause.id == "address-unreachable"
    assert "too slow" in refusal.cause.message


def test_an_answer_cut_short_is_no_answer(host: LocalHost) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")

    host.answers["/x"] = short
    assert refusal_of(f"{host.url}/x").cause.id == "address-unreachable"


def test_what_speaks_no_http_is_unreachable(host: LocalHost) -> None:
    host.answers["/x"] = lambda handler: handler.wfile.write(b"SSH-2.0-x\r\n") and None
    assert refusal_of(f"{host.url}/x").cause.id == "address-unreachable"


def test_a_host_without_a_listener_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        refusal = refusal_of(f"http://127.0.0.1:{reserved.getsockname()[1]}/")
    assert refusal.cause.id == "address-unreachable"
    assert refusal.cause.fault == "upstream"


def test_an_unknown_name_is_unreachable() -> None:
    assert refusal_of("http://no-such-host.invalid/").cause.id == "address-unreachable"


def test_no_time_left_is_unreachable(host: LocalHost) -> None:
    assert refusal_of(host.url, timeout_s=0.0).cause.id == "address-unreachable"


def test_a_short_pause_that_is_asked_for_is_kept_and_the_address_asked_again(host: LocalHost) -> None:
    host.answers["/x"] = [(429, {"Retry-After": "0"}, b""), (200, {}, b"now")]
    assert get(f"{host.url}/x").body == b"now"


@pytest.mark.parametrize("pause", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT", "soon", ""])
def test_a_long_or_odd_pause_is_not_waited_for(host: LocalHost, pause: str) -> None:
    host.answers["/x"] = (429, {"Retry-After": pause}, b"later")
    started = time.monotonic()
    assert get(f"{host.url}/x").status == 429
    assert time.monotonic() - started < 1.5
    assert len(host.requests) == 1


def test_a_host_that_asks_for_pauses_for_ever_is_asked_twice(host: LocalHost) -> None:
    host.answers["/x"] = (503, {"Retry-After": "0"}, b"")
    assert get(f"{host.url}/x").status == 503
    assert len(host.requests) == 2


def test_an_unencrypted_port_under_https_is_unreachable(host: LocalHost) -> None:
    refusal = refusal_of(host.url.replace("http:", "https:"), timeout_s=2)
    assert refusal.cause.id == "address-unreachable"


def test_a_handshake_that_never_ends_is_cut_off() -> None:
    # The kernel takes the connection; nobody ever reads from it.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refusal = refusal_of(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.4)
    assert "too slow" in refusal.cause.message


@pytest.fixture
def figures_example(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The port of a server with a certificate for figures.example, to which every name leads."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                    connection.recv(10_000)
                    connection.sendall(answer)
            except OSError:
                return

        port = listener.getsockname()[1]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **kwargs: found)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield str(port)
        thread.join(5)


def test_a_trusted_certificate_is_checked_for_the_name_and_not_the_address(
    figures_example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound.certifi, "where", lambda: str(CERTIFICATE))
    assert get(f"https://figures.example:{figures_example}/").body == b"ok"


def test_a_trusted_certificate_for_another_name_is_refused(
    figures_example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound.certifi, "where", lambda: str(CERTIFICATE))
    assert "certificate" in refusal_of(f"https://other.example:{figures_example}/").cause.message


def test_an_untrusted_certificate_is_refused(figures_example: str) -> None:
    assert "certificate" in refusal_of(f"https://figures.example:{figures_example}/").cause.message


def test_the_body_of_an_answer_goes_piece_by_piece_into_what_is_given(host: LocalHost) -> None:
    host.answers["/data"] = [(302, {"Location": "/moved"}, b"elsewhere")]
    host.answers["/moved"] = [(503, {"Retry-After": "0"}, b"wait"), (200, {}, b"x" * 200_000)]
    pieces: list[bytes] = []
    answer = outbound.fetch(
        f"{host.url}/data",
        accept="*/*",
        timeout_s=5.0,
        size_limit_bytes=200_000,
        allow_private=True,
        into=pieces.append,
    )
    assert (answer.status, answer.body, b"".join(pieces)) == (200, b"", b"x" * 200_000)
    assert len(pieces) > 1


def test_no_more_than_the_limit_goes_into_what_is_given(host: LocalHost) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(10_000))
        except OSError:
            return

    host.answers["/data"] = endless
    pieces: list[bytes] = []
    with pytest.raises(OutboundError) as refusal:
        outbound.fetch(
            f"{host.url}/data",
            accept="*/*",
            timeout_s=5.0,
            size_limit_bytes=50_000,
            allow_private=True,
            into=pieces.append,
        )
    assert refusal.value.cause.id == "answer-too-large"
    assert sum(map(len, pieces)) <= 50_000
