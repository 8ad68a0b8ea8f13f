"""However a request is written, it goes to an allowed host or nowhere."""

from __future__ import annotations

from collections.abc import Callable

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.allowed_hosts import parse_allowed_host
from reproduce.runner.network.destination import (
    Destination,
    RefusedError,
    connect_destination,
    plain_destination,
    tunnel_destination,
)

ALLOWED = [parse_allowed_host("data.example.org"), parse_allowed_host("*.example.net:8443")]
PARTS = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "HTTP://",
            "//",
            "/",
            "\\",
            "@",
            ":",
            ":80",
            ":443",
            ":8443",
            ":0",
            ":99999",
            "#",
            "?",
        ),
        *(
            "data.example.org",
            "DATA.example.org",
            "data.example.org.",
            "evil.org",
            "a.example.net",
            "example.net",
            "[::1]",
        ),
        *("127.0.0.1", "0x7f.1", "2130706433", "localhost", "%2e", "%00", "..", "me:secret", "x", "."),
    ]
)
TARGETS = st.lists(PARTS, min_size=1, max_size=6).map("".join)


def asked(method: str, target: str, host: str) -> h11.Request | None:
    try:
        return h11.Request(method=method, target=target, headers=[("Host", host)])
    except h11.LocalProtocolError:
        return None


def is_meant(found: Destination) -> bool:
    return any(entry.matches(found.host, found.port) for entry in ALLOWED)


@pytest.mark.parametrize(
    ("method", "read"), [("GET", plain_destination), ("CONNECT", connect_destination)], ids=["plain", "tunnel"]
)
@given(target=TARGETS, host=TARGETS)
def test_whatever_is_asked_goes_to_an_allowed_host_or_is_refused(
    method: str, read: Callable[..., Destination], target: str, host: str
) -> None:
    request = asked(method, target, host)
    if request is None:
        return
    try:
        found = read(request, ALLOWED)
    except RefusedError:
        return
    assert is_meant(found)
    assert found.path.startswith("/")
    assert "#" not in found.path
    if method == "GET":
        assert host.lower() in (found.authority, f"{found.host}:{found.port}")


@given(target=TARGETS, host=TARGETS)
def test_whatever_is_asked_inside_a_tunnel_stays_in_it(target: str, host: str) -> None:
    tunnel = Destination("https", "data.example.org", 443)
    request = asked("GET", target, host)
    if request is None:
        return
    try:
        found = tunnel_destination(request, tunnel)
    except RefusedError:
        return
    assert (found.host, found.port, found.scheme) == ("data.example.org", 443, "https")
    assert host.lower() in ("data.example.org", "data.example.org:443")


@pytest.mark.parametrize(
    "target", ["http://me:secret@data.example.org/", "http://me:secret@/", "http://me:secret@[::1]/"]
)
def test_a_user_name_is_refused_and_not_kept(target: str) -> None:
    request = asked("GET", target, "data.example.org")
    assert request is not None
    with pytest.raises(RefusedError, match="user name") as refusal:
        plain_destination(request, ALLOWED)
    assert "secret" not in f"{refusal.value.host} {refusal.value.url}"


def test_a_path_is_sent_as_it_was_written() -> None:
    request = asked("GET", "http://data.example.org/a%2Fb/../c?x=1&y=%20#part", "data.example.org")
    assert request is not None
    found = plain_destination(request, ALLOWED)
    assert (found.path, found.url) == ("/a%2Fb/../c?x=1&y=%20", "http://data.example.org/a%2Fb/../c?x=1&y=%20")
