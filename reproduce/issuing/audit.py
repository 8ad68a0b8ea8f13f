"""Check the whole log against itself, the records and the store, trusting none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from catalog.artefacts import ArtefactError
from reproduce.certificates.canonical import MalformedError, canonical, read_json
from reproduce.certificates.credential import TYPE
from reproduce.certificates.issuer import Issuer
from reproduce.certificates.log import STATUS_CHANGE, check_head
from reproduce.certificates.merkle import completed_nodes, leaf_hash, root_hash
from reproduce.certificates.moments import written_moment
from reproduce.certificates.verify import check_signed, issuer_of
from reproduce.issuing.keyring import own_issuers
from reproduce.models import Certificate, LogEntry, LogNode, TreeHead
from reproduce.record import open_store

_AT_ONCE: Final = 200


class Audit:
    """One walk through the log. `entries` and `artefacts` count what was read."""

    def __init__(self) -> None:
        self.entries = self.artefacts = 0
        self._issuers: dict[str, Issuer] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._said: dict[str, set[int]] = {"revocation": set(), "message": set()}
        self._seen: set[str] = set()

    def findings(self) -> Iterator[str]:
        """Yield a sentence for everything that is not as it should be."""
        self._issuers = own_issuers()
        heads = dict(TreeHead.objects.values_list("size", "document"))
        for entry in LogEntry.objects.select_related("certificate").iterator(_AT_ONCE):
            if entry.seq != self.entries:
                yield f"Entry {self.entries} is missing: entry {entry.seq} follows."
                return
            yield from self._entry(entry)
            yield from self._head(heads.pop(self.entries, None))
        yield from (f"There is a head of {size} entries, which the log does not have." for size in sorted(heads))
        yield from self._tree()
        yield from self._statuses()

    def _entry(self, entry: LogEntry) -> Iterator[str]:
        data, self.entries = entry.document.encode(), self.entries + 1
        leaf = leaf_hash(data)
        for level, position, value in completed_nodes(entry.seq, leaf, self._node):
            self._nodes[level, position] = value
        if leaf.hex() != entry.leaf:
            yield f"Entry {entry.seq} was changed: its hash is not the one on record."
        try:
            document = read_json(data)
            wrong = self._check_signed(document)
            if canonical(document) != data:
                wrong = wrong or "It is not in canonical form"
        except MalformedError as error:
            document, wrong = {}, f"It cannot be read: {error}"
        if wrong:
            yield f"Entry {entry.seq}: {wrong}."
        elif document.get("type") == STATUS_CHANGE and entry.kind == LogEntry.Kind.STATUS:
            self._said[document["statusPurpose"]].add(document["number"])
        elif TYPE in document.get("type", ()) and entry.kind == LogEntry.Kind.CERTIFICATE:
            yield from self._certificate(entry, document)
        else:
            yield f"Entry {entry.seq} is not of the kind that is on record."

    def _head(self, document: str | None) -> Iterator[str]:
        size = self.entries
        try:
            head = read_json(document.encode()) if document else None
            if head is not None:
                check_head(head)
            wrong = self._check_signed(head) if head is not None else "There is none"
        except MalformedError as error:
            head, wrong = None, f"It cannot be read: {error}"
        if wrong or head is None:
            yield f"Head of {size} entries: {wrong}."
        elif head["treeSize"] != size or head["rootHash"] != root_hash(size, self._node).hex():
            yield f"The head of {size} entries was signed of another log."

    def _certificate(self, entry: LogEntry, document: dict[str, Any]) -> Iterator[str]:
        row: Certificate | None = getattr(entry, "certificate", None)
        if row is None:
            yield f"Entry {entry.seq} is a certificate that is not on record."
            return
        self._seen.add(str(row.pk))
        subject = document["credentialSubject"]
        recorded = (
            row.rung,
            row.verdict,
            row.doi,
            str(row.run),
            str(row.pk),
            written_moment(row.issued_at),
            written_moment(row.valid_until),
        )
        signed = (
            subject["rung"],
            subject["verdict"],
            subject["publication"]["doi"],
            subject["run"]["id"].rpartition("/")[2],
            document["id"].rpartition("/")[2],
            document["validFrom"],
            document["validUntil"],
        )
        if recorded != signed:
            yield f"Certificate {row.pk}: the record says something else than what was signed."
        for artefact in subject["artefacts"]:
            self.artefacts += 1
            try:
                open_store().verify(artefact["sha256"])
            except ArtefactError as error:
                yield f"Certificate {row.pk}, {artefact['name']}: {error}"

    def _tree(self) -> Iterator[str]:
        stored = {
            (level, position): bytes.fromhex(value)
            for level, position, value in LogNode.objects.values_list("level", "position", "hash").iterator(_AT_ONCE)
        }
        if stored != self._nodes:
            yield "The stored tree is not that of the entries; proofs from it do not fit."

    def _statuses(self) -> Iterator[str]:
        for row in Certificate.objects.order_by("entry_id").iterator(_AT_ONCE):
            if str(row.pk) not in self._seen:
                yield f"Certificate {row.pk} is not in the log."
            is_said = tuple(row.number in self._said[purpose] for purpose in ("revocation", "message"))
            if is_said != (row.revoked_at is not None, row.superseded_by_id is not None):
                yield f"Certificate {row.pk}: its status on record is not what the log says."

    def _check_signed(self, document: dict[str, Any]) -> str:
        issuer = self._issuers.get(issuer_of(document))
        return check_signed(document, issuer) if issuer else "It names an issuer that this installation never was"

    def _node(self, level: int, position: int) -> bytes:
        return self._nodes[level, position]
