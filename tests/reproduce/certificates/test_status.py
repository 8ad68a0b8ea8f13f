"""Status lists: the bits that are set are those that are read, and a hostile list takes little memory."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.multibase import encode_base64url
from reproduce.certificates.status import ENTRIES, encode_bits, is_set, status_entries


def listed(encoded: object) -> dict[str, object]:
    return {"credentialSubject": {"encodedList": encoded}}


@given(some.sets(some.integers(0, ENTRIES - 1), max_size=20), some.integers(0, ENTRIES - 1))
def test_the_bits_that_are_set_are_those_that_are_read(indices: set[int], other: int) -> None:
    found = listed(encode_bits(indices))
    assert all(is_set(found, index) for index in indices)
    assert is_set(found, other) is (other in indices)


def test_a_list_is_as_long_as_the_standard_asks() -> None:
    body = encode_bits([]).removeprefix("u")
    assert len(gzip.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))) == 16 * 1024


@pytest.mark.parametrize(
    "encoded",
    [
        None,
        "",
        "zabc",
        "u!!!",
        "uAAAA",
        encode_base64url(gzip.compress(b"\0" * 10, mtime=0)),
        encode_base64url(gzip.compress(b"\0" * 100_000_000, mtime=0)),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_list_that_cannot_be_one_is_refused(encoded: object) -> None:
    with pytest.raises(MalformedError):
        is_set(listed(encoded), 100)


def test_a_certificate_beyond_the_first_list_is_in_the_next() -> None:
    entry = status_entries("https://x.example.org", ENTRIES + 5)[0]
    assert (entry["statusListIndex"], entry["statusListCredential"]) == (
        "5",
        "https://x.example.org/status/revocation/1",
    )
