"""Data Integrity proofs with the cryptosuite eddsa-jcs-2022 (W3C, Data Integrity EdDSA Cryptosuites v1.0, 3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from reproduce.certificates.canonical import MalformedError, canonical
from reproduce.certificates.keys import SigningKey, is_signed
from reproduce.certificates.moments import read_moment, written_moment
from reproduce.certificates.multibase import decode_base58, encode_base58

CRYPTOSUITE: Final = "eddsa-jcs-2022"
_FIXED: Final = {"type": "DataIntegrityProof", "cryptosuite": CRYPTOSUITE, "proofPurpose": "assertionMethod"}
_FIELDS: Final = {*_FIXED, "created", "verificationMethod", "proofValue", "@context"}


def sign(document: Mapping[str, Any], key: SigningKey, *, method: str, at: datetime) -> dict[str, Any]:
    """Return `document` with a proof by `key`, which the verification method `method` names."""
    options: dict[str, Any] = {**_FIXED, "created": written_moment(at), "verificationMethod": method}
    if "@context" in document:
        options["@context"] = document["@context"]
    value = encode_base58(key.sign(_hashed(options, document)))
    return {**document, "proof": {**options, "proofValue": value}}


def proof_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one proof of a signed document. Raises MalformedError unless it is as `sign` makes it."""
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise MalformedError("it has no proof")
    if any(proof.get(name) != value for name, value in _FIXED.items()):
        raise MalformedError(f"its proof is no assertion by {CRYPTOSUITE}")
    if set(proof) - _FIELDS:
        raise MalformedError("its proof has a part that is not known here")
    if not all(isinstance(proof.get(name), str) for name in ("created", "verificationMethod", "proofValue")):
        raise MalformedError("its proof lacks a date, a key or a signature")
    # A signature over another context than the document's would be over other words.
    if proof.get("@context") != document.get("@context"):
        raise MalformedError("the contexts of the proof and of the document differ")
    read_moment(proof["created"])
    return proof


def is_proven(document: Mapping[str, Any], multikey: str) -> bool:
    """Tell whether the document is exactly what the key signed. Raises MalformedError."""
    proof = proof_of(document)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return is_signed(multikey, decode_base58(proof["proofValue"]), _hashed(options, unsigned))


def _hashed(options: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical(dict(options))).digest() + hashlib.sha256(canonical(dict(document))).digest()
