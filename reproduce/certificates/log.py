"""What the log publishes as JSON: signed heads, proofs, and the entries that change the status of a certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reproduce.certificates.canonical import MalformedError
from reproduce.certificates.merkle import is_consistent, is_included
from reproduce.certificates.moments import read_moment, written_moment

HEAD: Final = "reprise.tree-head/1"
INCLUSION: Final = "reprise.inclusion/1"
CONSISTENCY: Final = "reprise.consistency/1"
STATUS_CHANGE: Final = "reprise.status-change/1"
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MOST_STEPS: Final = 128


def unsigned_head(*, url: str, issuer: str, size: int, root: bytes, at: datetime) -> dict[str, Any]:
    """Return what a head says: how many entries the log has, and the hash that all of them give."""
    return {
        "type": HEAD,
        "log": f"{url}/log",
        "issuer": issuer,
        "treeSize": size,
        "rootHash": root.hex(),
        "at": written_moment(at),
    }


def unsigned_status_change(
    *, issuer: str, certificate: str, number: int, purpose: str, why: str, superseded_by: str | None, at: datetime
) -> dict[str, Any]:
    """Return the entry that says that a certificate was revoked or superseded."""
    return {
        "type": STATUS_CHANGE,
        "issuer": issuer,
        "certificate": certificate,
        "number": number,
        "statusPurpose": purpose,
        "why": why,
        **({"supersededBy": superseded_by} if superseded_by else {}),
        "at": written_moment(at),
    }


def inclusion_json(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> dict[str, Any]:
    """Return a proof of inclusion."""
    return {
        "type": INCLUSION,
        "leafIndex": index,
        "treeSize": size,
        "leafHash": leaf.hex(),
        "path": [step.hex() for step in path],
    }


def consistency_json(earlier: int, size: int, path: Sequence[bytes]) -> dict[str, Any]:
    """Return a proof of consistency."""
    return {"type": CONSISTENCY, "earlierSize": earlier, "treeSize": size, "path": [step.hex() for step in path]}


def proves_inclusion(proof: Mapping[str, Any], leaf: bytes, head: Mapping[str, Any]) -> bool:
    """Tell whether `proof` shows that the entry with this hash is in the log of `head`. Raises MalformedError."""
    check_type(proof, INCLUSION)
    size, root = _size(proof, "treeSize"), _hash(head.get("rootHash"))
    if size != _size(head, "treeSize"):
        raise MalformedError("the proof of inclusion and the head of the log are of different sizes")
    return _hash(proof.get("leafHash")) == leaf and is_included(
        leaf, _size(proof, "leafIndex"), size, _path(proof), root
    )


def proves_consistency(proof: Mapping[str, Any], earlier: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
    """Tell whether `proof` shows that the log of `head` begins with that of `earlier`. Raises MalformedError."""
    check_type(proof, CONSISTENCY)
    first, size = _size(proof, "earlierSize"), _size(proof, "treeSize")
    if (first, size) != (_size(earlier, "treeSize"), _size(head, "treeSize")):
        raise MalformedError("the proof of consistency is for other sizes than those of the two heads")
    return is_consistent(first, size, _path(proof), _hash(earlier.get("rootHash")), _hash(head.get("rootHash")))


def check_head(head: Mapping[str, Any]) -> None:
    """Raise MalformedError unless `head` has the parts of one."""
    check_type(head, HEAD)
    _size(head, "treeSize")
    _hash(head.get("rootHash"))
    read_moment(head.get("at"))


def check_type(document: Mapping[str, Any], wanted: str) -> None:
    """Raise MalformedError unless the document says that it is of this type."""
    if document.get("type") != wanted:
        raise MalformedError(f"a part is not what it should be ({wanted})")


def _size(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedError(f"{name} is not a count")
    return value


def _hash(value: object) -> bytes:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise MalformedError("a hash of the log is not one")
    return bytes.fromhex(value)


def _path(proof: Mapping[str, Any]) -> list[bytes]:
    path = proof.get("path")
    if not isinstance(path, list) or len(path) > _MOST_STEPS:
        raise MalformedError("a proof of the log has no path or one that is too long")
    return [_hash(step) for step in path]
