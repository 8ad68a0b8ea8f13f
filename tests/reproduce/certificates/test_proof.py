"""Keys, their text forms, and the proofs made with them."""

from __future__ import annotations

import contextlib
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.issuer import did_of, read_issuer
from reproduce.certificates.keys import KeyUnusableError, make_key, read_key, read_or_make_key, replace_key
from reproduce.certificates.multibase import (
    decode_base58,
    decode_base64url,
    decode_key,
    encode_base58,
    encode_base64url,
    encode_key,
)
from reproduce.certificates.proof import is_proven, sign
from tests.reproduce.certificates.examples import DID, Example

AT = datetime(2026, 1, 1, tzinfo=UTC)


@given(some.binary(max_size=80))
def test_bytes_survive_both_text_forms(data: bytes) -> None:
    assert decode_base58(encode_base58(data)) == data
    assert decode_base64url(encode_base64url(data)) == data


def test_base58_is_that_of_bitcoin() -> None:
    # draft-msporny-base58-03, test vectors.
    assert encode_base58(b"Hello World!") == "z2NEpo7TZRRrLZSi2U"
    assert encode_base58(bytes.fromhex("0000287fb4cd")) == "z11233QC4"


def test_a_multikey_is_that_of_the_standard() -> None:
    # Data Integrity EdDSA Cryptosuites v1.0, appendix B.1: the key of all test vectors.
    multikey = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    assert encode_key(decode_key(multikey)) == multikey


@pytest.mark.parametrize(
    "text", ["", "z", "z6Mk", "u6Mk", "z0OIl", "z" + "2" * 5000, "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"]
)
def test_what_is_no_ed25519_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        decode_key(text)


def test_a_proof_holds_for_its_document_and_key_alone() -> None:
    key, other = make_key(), make_key()
    signed = sign({"a": 1, "@context": ["x"]}, key, method="did:web:x#k", at=AT)
    assert is_proven(signed, key.multikey)
    assert not is_proven(signed, other.multikey)
    assert not is_proven({**signed, "a": 2}, key.multikey)
    assert not is_proven({**signed, "proof": {**signed["proof"], "created": "2026-01-01T00:00:01Z"}}, key.multikey)


@pytest.mark.parametrize(
    "change",
    [
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"type": "Ed25519Signature2020"},
        {"proofPurpose": "authentication"},
        {"extra": "x"},
        {"@context": ["y"]},
        {"created": "yesterday"},
        {"proofValue": 1},
        {"proofValue": "zzz"},
    ],
    ids=str,
)
def test_a_proof_of_another_form_is_refused(change: dict[str, object]) -> None:
    key = make_key()
    signed = sign({"a": 1, "@context": ["x"]}, key, method="did:web:x#k", at=AT)
    with contextlib.suppress(MalformedError):
        assert not is_proven({**signed, "proof": {**signed["proof"], **change}}, key.multikey)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "issuer" / "key.pem"
    key = read_or_make_key(path)
    assert read_or_make_key(path).multikey == key.multikey
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key.pem"]


def test_a_replaced_key_is_another(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = read_or_make_key(path)
    assert replace_key(path).multikey != first.multikey
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    read_or_make_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyUnusableError, match="0600"):
        read_key(path)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_is_no_key_is_told_of(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusableError, match="not a private key"):
        read_key(path)


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://reprise.example.org", "did:web:reprise.example.org"),
        ("http://127.0.0.1:8765", "did:web:127.0.0.1%3A8765"),
        ("https://example.org/science/reprise", "did:web:example.org:science:reprise"),
    ],
)
def test_a_service_is_named_by_its_address(url: str, did: str) -> None:
    assert did_of(url) == did


def test_an_issuer_document_without_usable_keys_is_refused() -> None:
    document = json.loads(json.dumps(Example().did_document))
    for part in ({"verificationMethod": []}, {"assertionMethod": []}, {"id": "did:web:other"}, {"id": 1}):
        with pytest.raises(MalformedError):
            read_issuer({**document, **part})
    assert read_issuer(document).did == DID
