"""A certificate without a database: its issuer, its log, and the package that proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reproduce.certificates.canonical import canonical
from reproduce.certificates.credential import Frame, Subject, unsigned_certificate
from reproduce.certificates.issuer import Issuer, PublicKey, did_of, issuer_document, method_of, read_issuer
from reproduce.certificates.keys import SigningKey, make_key
from reproduce.certificates.ladder import Climb, climb
from reproduce.certificates.log import consistency_json, inclusion_json, unsigned_head
from reproduce.certificates.material import package_json
from reproduce.certificates.merkle import completed_nodes, consistency_path, inclusion_path, leaf_hash, root_hash
from reproduce.certificates.proof import sign
from reproduce.certificates.status import PURPOSES, unsigned_list

URL: Final = "https://reprise.example.org"
DID: Final = did_of(URL)
NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
YEAR: Final = timedelta(days=365)


@dataclass
class Log:
    """A log in memory."""

    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    size: int = 0

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]

    def append(self, data: bytes) -> bytes:
        """Append an entry and return its hash."""
        leaf = leaf_hash(data)
        for level, position, value in completed_nodes(self.size, leaf, self.node):
            self.nodes[level, position] = value
        self.size += 1
        return leaf


class Example:
    """An issuer with one key and a log of five entries, the last of which is the certificate."""

    def __init__(self, *, key: SigningKey | None = None, others: int = 4) -> None:
        self.key = key or make_key()
        self.log = Log()
        for number in range(others):
            self.log.append(f"entry {number}".encode())
        self.certificate = self.sign(unsigned_certificate(self.frame(others), subject()))
        self.leaf = self.log.append(canonical(self.certificate))

    @property
    def did_document(self) -> dict[str, Any]:
        return issuer_document(DID, [PublicKey(self.key.multikey)])

    @property
    def issuer(self) -> Issuer:
        return read_issuer(self.did_document)

    def frame(self, number: int) -> Frame:
        return Frame(URL, DID, "0d6c9a3e-2f5e-4a39-9a3e-3f2b8a51c7d1", number, NOW, NOW + YEAR)

    def sign(self, document: dict[str, Any], *, at: datetime = NOW, key: SigningKey | None = None) -> dict[str, Any]:
        key = key or self.key
        return sign(document, key, method=method_of(DID, key.multikey), at=at)

    def head(self, size: int | None = None) -> dict[str, Any]:
        size = self.log.size if size is None else size
        return self.sign(unsigned_head(url=URL, issuer=DID, size=size, root=root_hash(size, self.log.node), at=NOW))

    def inclusion(self, index: int = 4) -> dict[str, Any]:
        path = inclusion_path(index, self.log.size, self.log.node)
        return inclusion_json(index, self.log.size, self.leaf, path)

    def consistency(self, earlier: int) -> dict[str, Any]:
        return consistency_json(earlier, self.log.size, consistency_path(earlier, self.log.size, self.log.node))

    def lists(self, **indices: list[int]) -> list[dict[str, Any]]:
        """Return both lists, with the bits that are named by purpose."""
        return [
            self.sign(
                unsigned_list(url=URL, issuer=DID, purpose=purpose, number=0, indices=indices.get(purpose, ()), at=NOW)
            )
            for purpose in PURPOSES
        ]

    def package(self, **changes: object) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "certificate": self.certificate,
            "issuer": self.did_document,
            "inclusion": self.inclusion(),
            "head": self.head(),
            "lists": self.lists(),
        }
        return package_json(**{**parts, **changes})


def comparison(**changes: object) -> dict[str, Any]:
    """Return a comparison with a text and a figure that agree."""
    figure = {
        "mime": "image/png",
        "state": "within_tolerance",
        "metric": {"name": "region_difference", "value": 0.0123},
        "tolerance": {"image": 0.05},
        "published": "cell-2-0-published.png",
        "fresh": "cell-2-0-fresh.png",
        **changes,
    }
    text = {**figure, "mime": "text/plain", "state": "identical", "metric": None, "tolerance": None}
    text |= {"published": None, "fresh": None}
    return {
        "version": "1",
        "cells": [{"id": "fit", "index": 1, "outputs": [text]}, {"id": "draw", "index": 2, "outputs": [figure]}],
    }


ARTEFACTS: Final = {
    "executed.ipynb": {"sha256": "1" * 64, "size_bytes": 11, "media_type": "application/x-ipynb+json"},
    "verdict.json": {"sha256": "2" * 64, "size_bytes": 22, "media_type": "application/json"},
    "cell-2-0-fresh.png": {"sha256": "3" * 64, "size_bytes": 33, "media_type": "image/png"},
}


def facts(**changes: object) -> Climb:
    """Return what the ladder is told of a run that reproduced a figure."""
    words: dict[str, Any] = {
        "verdict": "reproduced",
        "registered_at": NOW - timedelta(days=2),
        "built_at": NOW - timedelta(days=1),
        "ended_at": NOW,
        "swhid": "swh:1:dir:" + "a" * 40,
        "lock_sha256": "b" * 64,
        "cells": (),
        "comparison": comparison(),
        "artefacts": ARTEFACTS,
    }
    return Climb(**{**words, **changes})


def subject() -> Subject:
    """Return a subject with every kind of fact."""
    return Subject(
        id=f"{URL}/doi/10.5072/silica/figure-1",
        name="Figure 1 of Silica spheres – größer",
        verdict="reproduced",
        facts={
            "publication": {
                "id": "https://doi.org/10.5072/silica",
                "type": "Publication",
                "doi": "10.5072/silica",
                "name": "Silica spheres",
                "isDemonstration": False,
            },
            "source": {"repository": "https://git.example.org/a/b.git", "commit": "c" * 40},
        },
        ladder=climb(facts()),
        comparison=comparison(),
        artefacts=ARTEFACTS,
    )
