"""Who signs: the issuer's name as a DID (did:web), and the document with its keys at its well-known address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.moments import read_moment, written_moment
from reproduce.certificates.multibase import decode_key

_CONTEXT: Final = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
_MOST_KEYS: Final = 1000


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of the issuer; it signs nothing from `retired_at` on."""

    multikey: str
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer with its keys by the ids of their verification methods."""

    did: str
    keys: Mapping[str, PublicKey]


def did_of(url: str) -> str:
    """Return the DID of the service at `url`: did:web, host and port, then the parts of its path."""
    parts = urlsplit(url)
    path = [quote(part, safe="") for part in parts.path.split("/") if part]
    return ":".join(["did:web", quote(parts.netloc, safe=""), *path])


def method_of(did: str, multikey: str) -> str:
    """Return the id of the verification method of a key."""
    return f"{did}#{multikey}"


def issuer_document(did: str, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Return the DID document: every key that ever signed, those that are retired with the date."""
    methods = [
        {
            "id": method_of(did, key.multikey),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.multikey,
            **({"expires": written_moment(key.retired_at)} if key.retired_at else {}),
        }
        for key in keys
    ]
    return {
        "@context": list(_CONTEXT),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def read_issuer(document: Mapping[str, Any]) -> Issuer:
    """Return the issuer of a DID document with the Ed25519 keys that may assert. Raises MalformedError."""
    did, methods, asserting = (document.get(name) for name in ("id", "verificationMethod", "assertionMethod"))
    if not isinstance(did, str) or not isinstance(methods, list) or not isinstance(asserting, list):
        raise MalformedError("the issuer's document has no id or no keys")
    if len(methods) > _MOST_KEYS:
        raise MalformedError("the issuer's document has too many keys")
    keys = {}
    for method in methods:
        if not isinstance(method, dict) or method.get("type") != "Multikey" or method.get("controller") != did:
            continue
        name, multikey = method.get("id"), method.get("publicKeyMultibase")
        if isinstance(name, str) and isinstance(multikey, str) and name in asserting:
            decode_key(multikey)
            expires = method.get("expires")
            keys[name] = PublicKey(multikey, read_moment(expires) if expires is not None else None)
    if not keys:
        raise MalformedError("the issuer's document has no Ed25519 key that may assert")
    return Issuer(did, keys)
