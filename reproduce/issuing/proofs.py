"""What the log proves of its entries, and the package with which a certificate is verified without a network."""

from __future__ import annotations

from typing import Any

from reproduce.certificates.log import consistency_json, inclusion_json
from reproduce.certificates.material import package_json
from reproduce.certificates.merkle import consistency_path, inclusion_path
from reproduce.certificates.status import ENTRIES, PURPOSES
from reproduce.issuing.keyring import issuer_did, own_issuer_document
from reproduce.issuing.ledger import log_size, node_of
from reproduce.issuing.statuses import status_list
from reproduce.models import Certificate, LogEntry, TreeHead


def latest_head(did: str | None = None) -> TreeHead | None:
    """Return the newest signed head, or the newest that was signed under this name; None where there is none."""
    heads = TreeHead.objects.order_by("-size")
    return heads.first() if did is None else heads.filter(did=did).first()


def inclusion_of(leaf: str, size: int | None = None) -> dict[str, Any] | None:
    """Return the proof that the entry with this hash is among the first `size`; None where it is not."""
    entry = LogEntry.objects.filter(leaf=leaf).defer("document").first()
    size = log_size() if size is None else size
    if entry is None or not entry.seq < size <= log_size():
        return None
    return inclusion_json(entry.seq, size, bytes.fromhex(leaf), inclusion_path(entry.seq, size, node_of))


def consistency_between(earlier: int, size: int) -> dict[str, Any] | None:
    """Return the proof that the log of `size` entries begins with that of `earlier`; None for sizes it never had."""
    if not 0 <= earlier <= size <= log_size():
        return None
    return consistency_json(earlier, size, consistency_path(earlier, size, node_of))


def package_of(certificate: Certificate) -> dict[str, Any]:
    """Return the certificate with all that proves it, as of now. Raises RunError issuer-key-unusable."""
    document, did = certificate.entry.as_json(), certificate.key.did
    head = latest_head(did)
    assert head is not None  # noqa: S101 - one was signed with this certificate
    inclusion = inclusion_of(certificate.entry.leaf, head.size)
    assert inclusion is not None  # noqa: S101 - as above
    return package_json(
        certificate=document,
        issuer=own_issuer_document(did),
        inclusion=inclusion,
        head=head.as_json(),
        lists=status_lists(certificate.number, did),
    )


def status_lists(number: int, did: str) -> list[dict[str, Any]]:
    """Return the lists of a certificate; none for one of an earlier name, whose lists have addresses that are gone."""
    return [status_list(purpose, number // ENTRIES) for purpose in PURPOSES] if did == issuer_did() else []
