"""What became of certificates after they were issued: status lists (W3C, Bitstring Status List v1.0).

Two lists for every 131,072 entries of the log: one says which were revoked, one which were superseded by a later, worse
verdict. A certificate's place in both is its number in the log.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.moments import written_moment
from reproduce.certificates.multibase import decode_base64url, encode_base64url

Purpose = Literal["revocation", "message"]

PURPOSES: Final[tuple[Purpose, ...]] = ("revocation", "message")
ENTRIES: Final = 131_072  # the least that the standard allows, so that a place in the list tells little
_MESSAGES: Final = [
    {"status": "0x0", "message": "current"},
    {"status": "0x1", "message": "superseded by a later, worse verdict"},
]
_LIST_LIFE: Final = timedelta(days=7)


def list_url(url: str, purpose: str, number: int) -> str:
    """Return the address of a list."""
    return f"{url}/status/{purpose}/{number}"


def status_entries(url: str, number: int) -> list[dict[str, Any]]:
    """Return the `credentialStatus` of the certificate with this number."""
    part, index = divmod(number, ENTRIES)
    return [
        {
            "id": f"{list_url(url, purpose, part)}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(index),
            "statusListCredential": list_url(url, purpose, part),
            **({"statusSize": 1, "statusMessage": [dict(one) for one in _MESSAGES]} if purpose == "message" else {}),
        }
        for purpose in PURPOSES
    ]


def unsigned_list(
    *, url: str, issuer: str, purpose: str, number: int, indices: Iterable[int], at: datetime
) -> dict[str, Any]:
    """Return the list credential in which the bits of `indices` are set, to be signed. It is good for a week."""
    name = list_url(url, purpose, number)
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": name,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": written_moment(at),
        "validUntil": written_moment(at + _LIST_LIFE),
        "credentialSubject": {
            "id": f"{name}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode_bits(indices),
        },
    }


def encode_bits(indices: Iterable[int]) -> str:
    """Return the list with the bits of `indices` set; the first entry is the highest bit of the first byte."""
    bits = bytearray(ENTRIES // 8)
    for index in indices:
        bits[index // 8] |= 0x80 >> index % 8
    return encode_base64url(gzip.compress(bytes(bits), mtime=0))


def is_set(listed: Mapping[str, Any], index: int) -> bool:
    """Tell whether the bit `index` is set in a list credential. Raises MalformedError; takes bounded memory."""
    subject = listed.get("credentialSubject")
    encoded = subject.get("encodedList") if isinstance(subject, dict) else None
    if not isinstance(encoded, str):
        raise MalformedError("the status list holds no list")
    unpacked = zlib.decompressobj(wbits=31)
    try:
        bits = unpacked.decompress(decode_base64url(encoded), ENTRIES)
    except zlib.error:
        raise MalformedError("the status list is not compressed as it should be") from None
    if unpacked.unconsumed_tail:
        raise MalformedError("the status list is longer than is read here")
    if not 0 <= index < len(bits) * 8:
        raise MalformedError("the status list ends before the certificate's place")
    return bool(bits[index // 8] & 0x80 >> index % 8)
