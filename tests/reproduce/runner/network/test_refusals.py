"""What the proxy of a run does not let out, however it is asked."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
from contextlib import suppress
from http.client import IncompleteRead

import pytest

from tests.reproduce.runner.conftest import wait_until
from tests.reproduce.runner.network.conftest import HOST
from tests.reproduce.runner.network.servers import TEXT

pytestmark = pytest.mark.real


def refused(proxy, url, match):
    with pytest.raises((urllib.error.HTTPError, OSError), match=match):
        proxy.open(url)
    return proxy.record["refused"][-1]


def test_another_host_is_refused_and_told_how_to_be_declared(proxied, plain_host):
    proxy = proxied(HOST)
    with pytest.raises(urllib.error.HTTPError) as caught:
        proxy.open(f"http://evil.example.org:{plain_host.port}/x")
    assert caught.value.code == 403
    declared = f"evil.example.org:{plain_host.port}"
    sentence = f"{declared} is not among the hosts that this notebook may reach ({HOST}). "
    assert caught.value.read().decode() == f"{sentence}Declare it as an allowed host of the target: {declared}.\n"
    (entry,) = proxy.record["refused"]
    assert (entry["kind"], entry["host"], entry["url"]) == ("host", "evil.example.org", f"http://{declared}/x")
    assert plain_host.asked == []


def test_another_host_is_refused_for_a_tunnel_with_words_that_clients_show(proxied):
    entry = refused(proxied(HOST), "https://evil.example.org/", "403 evil.example.org is not among the hosts")
    assert (entry["kind"], entry["method"], entry["port"]) == ("host", "CONNECT", 443)


def test_another_port_of_an_allowed_host_is_refused(proxied, plain_host):
    assert refused(proxied(HOST), f"http://{HOST}:{plain_host.port}/", "403")["port"] == plain_host.port
    assert plain_host.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f000001", "2130706433", "0177.0.0.1", "localhost"])
def test_an_address_in_place_of_a_name_is_refused(proxied, plain_host, host):
    proxy = proxied(HOST, f"*.example.org:{plain_host.port}")
    got = proxy.say(f"GET http://{host}:{plain_host.port}/ HTTP/1.1\r\nHost: {host}:{plain_host.port}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 403")
    assert plain_host.asked == []


def test_with_no_host_allowed_everything_is_refused_by_name(proxied):
    entry = refused(proxied(), "https://data.example.net/x", "may reach .none.")
    assert entry["host"] == "data.example.net"


def test_a_wildcard_allows_what_is_below_it_alone(proxied, plain_host):
    proxy = proxied(f"*.example.org:{plain_host.port}", names={"example.org": ["127.0.0.1"]})
    assert proxy.open(f"http://{HOST}:{plain_host.port}/text").read() == TEXT
    refused(proxy, f"http://example.org:{plain_host.port}/", "403")
    refused(proxy, f"http://evilexample.org:{plain_host.port}/", "403")


def test_a_private_address_is_refused(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", is_private_allowed=False)
    entry = refused(proxy, f"http://{HOST}:{plain_host.port}/", "403")
    assert entry["kind"] == "address"
    assert plain_host.asked == []


def test_a_name_that_turns_to_a_private_address_gains_nothing(proxied, plain_host):
    """DNS rebinding: the first answer is public (and nobody is there), each later one is this machine."""
    tried: list[object] = []
    names = {HOST: ["8.8.8.8", "127.0.0.1"]}
    proxy = proxied(f"{HOST}:{plain_host.port}", names=names, is_private_allowed=False)

    connect_truly = socket.create_connection

    def connect(address: tuple[str, int], *arguments: object, **options: object) -> socket.socket:
        if address[1] == proxy.port:
            return connect_truly(address, *arguments, **options)
        tried.append(address)
        raise OSError(101, "Network is unreachable")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", connect)
        with pytest.raises(urllib.error.HTTPError, match="502"):
            proxy.open(f"http://{HOST}:{plain_host.port}/")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            proxy.open(f"http://{HOST}:{plain_host.port}/")
    assert tried == [("8.8.8.8", plain_host.port)]
    assert plain_host.asked == []


def test_a_host_header_for_another_host_is_refused(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    got = proxy.say(f"GET http://{HOST}:{plain_host.port}/ HTTP/1.1\r\nHost: evil.example.org\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 403 Its Host header names another host")
    assert plain_host.asked == []


def test_two_host_headers_are_no_request(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    host = f"Host: {HOST}:{plain_host.port}\r\n"
    got = proxy.say(f"GET http://{HOST}:{plain_host.port}/ HTTP/1.1\r\n{host}{host}\r\n".encode())
    assert got.startswith(b"HTTP/1.1 400")
    assert plain_host.asked == []


def test_a_tunnel_to_an_allowed_host_carries_no_request_for_another(proxied, secure_host):
    proxy = proxied(f"{HOST}:{secure_host.port}")
    connect = f"CONNECT {HOST}:{secure_host.port} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    for inside in (
        b"GET / HTTP/1.1\r\nHost: evil.example.org\r\n\r\n",
        b"GET https://evil.example.org/ HTTP/1.1\r\nHost: evil.example.org\r\n\r\n",
        b"CONNECT evil.example.org:443 HTTP/1.1\r\nHost: evil.example.org\r\n\r\n",
    ):
        assert proxy.say(connect, inside, server_name=HOST).startswith(b"HTTP/1.1 403")
    assert secure_host.asked == []
    assert [entry["kind"] for entry in proxy.record["refused"]] == ["protocol"] * 3


def test_a_tunnel_whose_tls_names_another_host_is_ended(proxied, secure_host):
    proxy = proxied(f"{HOST}:{secure_host.port}")
    connect = f"CONNECT {HOST}:{secure_host.port} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with pytest.raises(OSError, match=r"UNRECOGNIZED_NAME|unrecognized name"):
        proxy.say(connect, b"", server_name="evil.example.org")
    assert wait_until(lambda: proxy.record["refused_count"] == 1, 5)
    assert "asked for another host" in proxy.record["refused"][0]["reason"]
    assert secure_host.asked == []


def test_a_tunnel_carries_nothing_but_tls(proxied, plain_host):
    """Raw bytes after CONNECT, at once or a moment later, reach nobody."""
    proxy = proxied(f"{HOST}:{plain_host.port}")
    connect = f"CONNECT {HOST}:{plain_host.port} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    inside = f"GET /text HTTP/1.1\r\nHost: {HOST}:{plain_host.port}\r\n\r\n".encode()
    assert proxy.say(connect + inside).startswith(b"HTTP/1.1 403 More came with CONNECT")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(connect)
        assert b" 200 " in connection.recv(1000)
        connection.sendall(inside)
        with suppress(ConnectionResetError):
            assert TEXT not in connection.recv(1000)
    assert plain_host.asked == []
    assert wait_until(lambda: len(proxy.record["refused"]) == 2, 5)


def test_a_request_hidden_behind_another_ones_length_is_no_request(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    head = f"POST http://{HOST}:{plain_host.port}/ HTTP/1.1\r\nHost: {HOST}:{plain_host.port}\r\n"
    both = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n"
    assert proxy.say((head + both).encode())[:12] in (b"HTTP/1.1 403", b"HTTP/1.1 400")
    assert proxy.say((head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n").encode()).startswith(b"HTTP/1.1 400")
    assert plain_host.asked == []


def test_websockets_are_refused_plainly(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
    got = proxy.say(
        f"GET http://{HOST}:{plain_host.port}/ HTTP/1.1\r\nHost: {HOST}:{plain_host.port}\r\n{upgrade}".encode()
    )
    assert got.startswith(b"HTTP/1.1 403 Websockets and other upgrades are not forwarded.")
    assert plain_host.asked == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS"])
def test_other_methods_are_refused(proxied, plain_host, method):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    host = f"Host: {HOST}:{plain_host.port}\r\n\r\n"
    got = proxy.say(f"{method} http://{HOST}:{plain_host.port}/ HTTP/1.1\r\n{host}".encode())
    assert got.startswith(b"HTTP/1.1 403 Only GET, HEAD, POST are forwarded")
    assert plain_host.asked == []


@pytest.mark.parametrize("target", ["/", "ftp://data.example.org/", "https://data.example.org/", "http://", "*"])
def test_what_is_no_address_of_http_is_refused(proxied, target):
    got = proxied(HOST).say(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert got[:12] == b"HTTP/1.1 403"


def test_what_is_no_request_is_answered_as_one(proxied):
    assert proxied(HOST).say(b"\x16\x03\x01\x02\x00\x01 what\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("query", "error"), [("bytes=3000000&told=1", urllib.error.HTTPError), ("bytes=3000000", IncompleteRead)]
)
def test_an_answer_beyond_its_limit_is_not_taken(proxied, plain_host, query, error):
    proxy = proxied(f"{HOST}:{plain_host.port}", response_bytes=1_000_000)
    with pytest.raises(error):
        proxy.open(f"http://{HOST}:{plain_host.port}/big?{query}").read()
    (entry,) = proxy.record["fetched"]
    assert entry["sha256"] is None
    assert entry["error"].startswith("More than 976.6 KiB would be received at once")
    assert [refusal["kind"] for refusal in proxy.record["refused"]] == ["limit"]


def test_all_answers_together_have_a_limit(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", total_bytes=20)
    url = f"http://{HOST}:{plain_host.port}/text"
    assert [proxy.open(url).read() for _ in range(2)] == [TEXT] * 2
    assert refused(proxy, url, "403")["kind"] == "limit"


def test_what_is_sent_has_a_limit(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", sent_bytes=1000)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        proxy.open(f"http://{HOST}:{plain_host.port}/", data=bytes(2000))


def test_a_host_that_trickles_is_cut_off(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", request_s=1.0)
    started = time.monotonic()
    with pytest.raises(IncompleteRead):
        proxy.open(f"http://{HOST}:{plain_host.port}/slow").read()
    assert time.monotonic() - started < 5
    assert wait_until(lambda: proxy.record["fetched"][0]["error"] == "It took too long.", 5)


def test_a_host_that_trickles_its_handshake_is_cut_off(proxied, monkeypatch):
    monkeypatch.setattr("reproduce.runner.network.upstream.CONNECT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                for byte in b"\x16\x03\x03\x40\x00" + bytes(200):
                    connection.sendall(bytes([byte]))
                    time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        proxy = proxied(f"{HOST}:{port}")
        started = time.monotonic()
        with pytest.raises(urllib.error.HTTPError, match="502"):
            proxy.open(f"https://{HOST}:{port}/")
    assert time.monotonic() - started < 5


def test_an_answer_that_ends_too_early_is_written_down_as_that(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    with pytest.raises(IncompleteRead):
        proxy.open(f"http://{HOST}:{plain_host.port}/short").read()
    (entry,) = proxy.record["fetched"]
    assert entry["sha256"] is None
    assert wait_until(lambda: proxy.record["fetched"][0]["error"].startswith("It broke off"), 5)


def test_a_client_that_trickles_its_request_is_dropped(proxied, monkeypatch):
    monkeypatch.setattr("reproduce.runner.network.conversation.IDLE_S", 1.0)
    proxy = proxied(HOST)
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        got = b""
        while time.monotonic() - started < 8 and not got:
            try:
                connection.sendall(b"G")
                connection.settimeout(0.2)
                got = connection.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - started < 6
