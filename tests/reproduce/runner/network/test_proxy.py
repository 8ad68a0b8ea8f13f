"""What the proxy of a run lets out, and what it writes down."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import urllib.error

import pytest
import requests

from reproduce.runner.network.ledger import NOT_TAKEN
from tests.reproduce.runner.conftest import wait_until
from tests.reproduce.runner.network.conftest import HOST
from tests.reproduce.runner.network.servers import GZIP, TEXT, TEXT_SHA256

pytestmark = pytest.mark.real


def test_an_allowed_host_is_fetched_and_written_down(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    url = f"http://{HOST}:{plain_host.port}/text?token=abc"
    assert proxy.open(url).read() == TEXT
    (entry,) = proxy.record["fetched"]
    expected = {"method": "GET", "url": url, "host": HOST, "port": plain_host.port, "status": 200, "size_bytes": 8}
    assert entry | expected | {"sha256": TEXT_SHA256, "error": "", "coding": "", "sent_bytes": 0} == entry
    assert (proxy.record["fetched_count"], proxy.record["received_bytes"]) == (1, 8)
    assert proxy.record["refused"] == []


def test_what_goes_through_tls_is_written_down_as_clearly(proxied, secure_host):
    proxy = proxied(f"{HOST}:{secure_host.port}")
    url = f"https://{HOST}:{secure_host.port}/text"
    assert proxy.open(url).read() == TEXT
    (entry,) = proxy.record["fetched"]
    assert (entry["url"], entry["status"], entry["sha256"]) == (url, 200, TEXT_SHA256)
    assert secure_host.asked == [("GET", f"{HOST}:{secure_host.port}", "/text")]


def test_requests_fetches_several_over_one_tunnel_in_order(proxied, secure_host, monkeypatch):
    proxy = proxied(f"{HOST}:{secure_host.port}")
    for name, text in proxy.network.variables(str(proxy.bundle.parent)).items():
        monkeypatch.setenv(name, text)
    with requests.Session() as session:
        base = f"https://{HOST}:{secure_host.port}"
        texts = [session.get(f"{base}/text?n={number}", timeout=10).content for number in range(3)]
        assert session.head(f"{base}/text", timeout=10).headers["Content-Length"] == "8"
    assert texts == [TEXT] * 3
    listed = [
        (entry["method"], entry["url"].rpartition("/")[2], entry["size_bytes"]) for entry in proxy.record["fetched"]
    ]
    assert listed == [("GET", "text?n=0", 8), ("GET", "text?n=1", 8), ("GET", "text?n=2", 8), ("HEAD", "text", 0)]


def test_curl_fetches_through_the_variables_that_a_kernel_gets(proxied, plain_host, secure_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", f"{HOST}:{secure_host.port}")
    variables = {"PATH": os.environ["PATH"], **proxy.network.variables(str(proxy.bundle.parent))}
    for scheme, host in (("http", plain_host), ("https", secure_host)):
        got = subprocess.run(
            ["curl", "-sS", "--max-time", "10", f"{scheme}://{HOST}:{host.port}/text"],
            env=variables, capture_output=True, check=False,
        )  # fmt: skip
        assert (got.stdout, got.stderr) == (TEXT, b"")


def test_a_post_is_carried_and_counted(proxied, secure_host):
    proxy = proxied(f"{HOST}:{secure_host.port}")
    assert proxy.open(f"https://{HOST}:{secure_host.port}/query", data=b"a=1").read() == b"a=1"
    (entry,) = proxy.record["fetched"]
    assert (entry["method"], entry["sent_bytes"], entry["size_bytes"]) == ("POST", 3, 3)


def test_the_digest_is_of_the_body_without_its_chunks(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    assert proxy.open(f"http://{HOST}:{plain_host.port}/chunked").read() == TEXT
    assert proxy.record["fetched"][0]["sha256"] == TEXT_SHA256


def test_the_digest_is_of_a_packed_body_as_it_came(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    assert proxy.open(f"http://{HOST}:{plain_host.port}/gzip").read() == GZIP
    (entry,) = proxy.record["fetched"]
    assert (entry["sha256"], entry["coding"]) == (hashlib.sha256(GZIP).hexdigest(), "gzip")


def test_a_redirect_is_followed_to_an_allowed_host_alone(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    base = f"http://{HOST}:{plain_host.port}"
    assert proxy.open(f"{base}/redirect?to={base}/text").read() == TEXT
    with pytest.raises(urllib.error.HTTPError, match=r"403: evil\.example\.org:9 is not among"):
        proxy.open(f"{base}/redirect?to=http://evil.example.org:9/text")
    assert [entry["status"] for entry in proxy.record["fetched"]] == [302, 200, 302]
    assert [entry["host"] for entry in proxy.record["refused"]] == ["evil.example.org"]


def test_headers_of_one_connection_and_of_the_proxy_stay_here(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    headers = {"Proxy-Authorization": "Basic c2VjcmV0", "Connection": "close, X-Mine", "X-Mine": "1", "X-Kept": "1"}
    host = f"Host: {HOST}:{plain_host.port}\r\n"
    lines = host + "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    got = proxy.say(f"GET http://{HOST}:{plain_host.port}/headers HTTP/1.1\r\n{lines}\r\n".encode())
    assert b"x-kept: 1" in got
    assert b"roxy-" not in got.partition(b"\r\n\r\n")[2]
    assert b"x-mine" not in got.partition(b"\r\n\r\n")[2]


def test_a_user_name_is_never_written_down(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    got = proxy.say(f"GET http://me:secret@{HOST}:{plain_host.port}/ HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 403 It carries a user name.")
    assert "secret" not in str(proxy.record)
    assert proxy.record["refused_count"] == 1


def test_the_list_is_bounded_and_the_rest_is_counted(proxied, plain_host, monkeypatch):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    monkeypatch.setattr(proxy.network._ledger, "_most", 2)
    for _ in range(3):
        proxy.open(f"http://{HOST}:{plain_host.port}/text").read()
        with pytest.raises(urllib.error.HTTPError):
            proxy.open("http://evil.example.org/")
    record = proxy.record
    assert (len(record["fetched"]), record["fetched_count"]) == (2, 3)
    assert (len(record["refused"]), record["refused_count"]) == (2, 3)
    assert record["received_bytes"] == 24


def test_a_host_whose_certificate_is_not_trusted_is_not_read(proxied, secure_host, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    proxy = proxied(f"{HOST}:{secure_host.port}")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        proxy.open(f"https://{HOST}:{secure_host.port}/text")
    assert secure_host.asked == []
    assert "certificate" in proxy.record["fetched"][0]["error"]


def test_a_host_whose_certificate_is_anothers_is_not_read(proxied, secure_host):
    proxy = proxied(f"evil.example.org:{secure_host.port}")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        proxy.open(f"https://evil.example.org:{secure_host.port}/text")
    assert secure_host.asked == []


def test_a_notebook_that_does_not_take_all_of_it_is_written_down_as_that(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    with proxy.open(f"http://{HOST}:{plain_host.port}/big?bytes={50 << 20}") as answer:
        answer.read(1000)
    assert wait_until(lambda: proxy.record["fetched"][0]["error"] == NOT_TAKEN, 10)
    assert proxy.record["fetched"][0]["sha256"] is None


def test_hosts_by_tls_have_a_limit(proxied, secure_host, monkeypatch):
    monkeypatch.setattr("reproduce.runner.network.authority._MOST_HOSTS", 1)
    proxy = proxied(f"*.example.org:{secure_host.port}")
    assert proxy.open(f"https://{HOST}:{secure_host.port}/text").read() == TEXT
    with pytest.raises(OSError, match="a run may reach 1 hosts"):
        proxy.open(f"https://evil.example.org:{secure_host.port}/text")
    assert proxy.open(f"https://{HOST}:{secure_host.port}/text").read() == TEXT


def test_many_connections_wait_for_their_turn(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}", connections=2)
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(proxy.open(f"http://{HOST}:{plain_host.port}/text").read()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == [TEXT] * 8


def test_nothing_serves_when_it_is_closed(proxied, plain_host):
    proxy = proxied(f"{HOST}:{plain_host.port}")
    answer = proxy.open(f"http://{HOST}:{plain_host.port}/slow")
    proxy.network.close()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"proxy", "proxy-connection"}
    assert wait_until(lambda: len(proxy.record["fetched"]) == 1, 2)
    assert proxy.record["fetched"][0]["sha256"] is None
    assert proxy.record["fetched"][0]["error"]
    answer.close()
    with pytest.raises(urllib.error.URLError):
        proxy.open(f"http://{HOST}:{plain_host.port}/text")
