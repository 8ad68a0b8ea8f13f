"""How a host that a notebook may reach is written, what it means, and what an operator permits."""

from __future__ import annotations

import pytest

from catalog.allowed_hosts import (
    MOST_HOSTS,
    AllowedHostError,
    check_permitted,
    is_allowed,
    parse_allowed_host,
    parse_allowed_hosts,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("data.example.org", "data.example.org"),
        (" Data.Example.ORG ", "data.example.org"),
        ("data.example.org:8443", "data.example.org:8443"),
        ("*.example.org", "*.example.org"),
        ("*.s3.example.org:9000", "*.s3.example.org:9000"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_an_entry_has_one_written_form(text, written):
    assert str(parse_allowed_host(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "localhost", "127.0.0.1", "0x7f.1", "2130706433", "[::1]", "::1", "1.2.3.4:80", "*.org", "*.*.org"),
        *("data.*.org", "*data.example.org", "https://data.example.org", "data.example.org/", "a@example.org"),
        *("data.example.org:0", "data.example.org:65536", "data.example.org:", "-a.example.org", "a..example.org"),
        *(
            "data\n.example.org",
            "data.example.org evil.org",
            "a" * 64 + ".org",
            "a." * 130 + "org",
            "data.example.org.",
        ),
    ],
)
def test_what_is_no_host_is_refused(text):
    with pytest.raises(AllowedHostError) as caught:
        parse_allowed_host(text)
    assert caught.value.cause.id == "host-malformed"


def test_a_host_is_allowed_on_the_ports_of_the_web_unless_it_names_another():
    entries = [parse_allowed_host("data.example.org"), parse_allowed_host("api.example.org:8443")]
    assert [is_allowed("data.example.org", port, entries) for port in (80, 443, 22, 8443)] == [True, True, False, False]
    assert [is_allowed("api.example.org", port, entries) for port in (80, 443, 8443)] == [False, False, True]


def test_a_wildcard_means_what_is_below_it():
    entries = [parse_allowed_host("*.example.org")]
    hosts = ["a.example.org", "a.b.example.org", "example.org", "badexample.org", "example.org.evil.net"]
    assert [is_allowed(host, 443, entries) for host in hosts] == [True, True, False, False, False]


def test_entries_are_kept_once_and_in_order():
    assert parse_allowed_hosts(["b.example.org", "a.example.org", "B.example.org"]) == [
        "b.example.org",
        "a.example.org",
    ]


def test_there_is_a_limit_to_their_number():
    with pytest.raises(AllowedHostError, match="more than"):
        parse_allowed_hosts(f"h{number}.example.org" for number in range(MOST_HOSTS + 1))


@pytest.mark.parametrize(
    ("wanted", "permitted"),
    [
        ("data.example.org", ["data.example.org"]),
        ("data.example.org", ["*.example.org"]),
        ("*.data.example.org", ["*.example.org"]),
        ("*.example.org", ["*.example.org"]),
        ("data.example.org:443", ["data.example.org"]),
        ("data.example.org:8443", ["*.example.org:8443"]),
        ("data.example.org:8443", ["*"]),
    ],
)
def test_an_operator_permits_what_is_covered(wanted, permitted):
    check_permitted([wanted], permitted)


@pytest.mark.parametrize(
    ("wanted", "permitted"),
    [
        ("data.example.org", []),
        ("data.example.org", ["api.example.org"]),
        ("*.example.org", ["data.example.org"]),
        ("example.org", ["*.example.org"]),
        ("*.org.uk", ["*.data.org.uk"]),
        ("data.example.org:8443", ["data.example.org"]),
        ("data.example.org", ["data.example.org:8443"]),
    ],
)
def test_an_operator_does_not_permit_the_rest(wanted, permitted):
    with pytest.raises(AllowedHostError) as caught:
        check_permitted([wanted], permitted)
    assert caught.value.cause.id == "host-not-permitted"
    assert wanted in caught.value.cause.message
