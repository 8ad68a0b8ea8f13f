"""What a visitor may type, and what is refused."""

from __future__ import annotations

import pytest

from builder.errors import SnapshotError
from builder.snapshot.source import Source, parse_source


def refused(text: str, **options: object) -> str:
    with pytest.raises(SnapshotError) as caught:
        parse_source(text, **options)  # type: ignore[arg-type]
    return caught.value.kind_id


@pytest.mark.parametrize(
    ("text", "location", "ref", "host"),
    [
        ("https://github.com/org/repo", "https://github.com/org/repo", None, "github.com"),
        ("https://github.com/org/repo.git@v1.0", "https://github.com/org/repo.git", "v1.0", "github.com"),
        ("https://github.com/org/repo@feature/x@2", "https://github.com/org/repo", "feature/x@2", "github.com"),
        ("https://host.org/@user/repo", "https://host.org/@user/repo", None, "host.org"),
        ("git@github.com:org/repo.git@main", "git@github.com:org/repo.git", "main", "github.com"),
        ("ssh://git@host.org:2222/org/repo", "ssh://git@host.org:2222/org/repo", None, "host.org"),
    ],
)
def test_reads_git_addresses(text: str, location: str, ref: str | None, host: str) -> None:
    found = parse_source(text)
    assert (found.kind, found.location, found.ref, found.host) == ("git", location, ref, host)


@pytest.mark.parametrize("text", ["10.1063/1.4962726", "doi:10.1063/1.4962726", "https://doi.org/10.1063/1.4962726"])
def test_reads_dois(text: str) -> None:
    assert parse_source(text) == Source("doi", "10.1063/1.4962726")


def test_a_directory_is_read_where_it_is_allowed() -> None:
    assert parse_source("notebooks", is_directory_allowed=True) == Source("directory", "notebooks")


def test_a_source_reads_as_it_was_typed() -> None:
    assert str(parse_source("https://github.com/org/repo@v1")) == "https://github.com/org/repo@v1"


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "-oProxyCommand=x", "/etc/passwd", "../secrets", "https://", "https://host.org", "https://host.org/",
        "https://user:password@host.org/x", "https://token@host.org/x", "https://host.org/a b", "https://host.org/x?y",
        "https://host.org/x@-upload", "https://host.org/x@a..b", "https://host.org/x@a b", "https://-host.org/x",
        "https://host.org:99999/x", "git@-host:org/x", "https://host.org/-x", "https://host.org/x\n.git", "a" * 3000,
        "https://host.org/\x00x", "https://host.org\\@127.0.0.1/x",
    ],
)  # fmt: skip
def test_refuses_what_is_no_address(text: str) -> None:
    assert refused(text) == "source-malformed"


@pytest.mark.parametrize(
    "text", ["ext::sh -c id", "file:///etc", "http://host.org/x", "git://host.org/x", "ftp://h.org/x"]
)
def test_refuses_other_schemes(text: str) -> None:
    assert refused(text) == "source-scheme"


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "[::1]",
        "[fe80::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[64:ff9b::7f00:1]", "127.1", "2130706433", "0x7f.1", "gitlab",
        "git.internal", "a.localhost", "100.64.0.1", "[2002:7f00:1::]",
    ],
)  # fmt: skip
def test_refuses_private_hosts(host: str) -> None:
    assert refused(f"https://{host}/org/repo") == "source-private"


def test_private_hosts_are_for_operators_who_say_so() -> None:
    source = parse_source("http://127.0.0.1:8000/x", allowed_schemes=frozenset({"http"}), allow_private=True)
    assert (source.host, source.port) == ("127.0.0.1", 8000)


def test_a_password_is_not_repeated_in_the_message() -> None:
    with pytest.raises(SnapshotError) as caught:
        parse_source("https://me:hunter2@host.org/x")
    assert "hunter2" not in caught.value.cause.message
