"""What the log proves of its entries, and the package with which a certificate is verified without a network."""

from __future__ import annotations

from typing import Any

from reproduce.certificates.log import consistency_json, inclusion_json
from reproduce.certificates.material import package_json
from reproduce.certificates.merkle import consistency_path, inclusion_path
from reproduce.certificates.status import ENTRIES, PURPOSES
from reproduce.issuing.keyring import own_issuer_document
from reproduce.issuing.ledger import log_size, node_of
from reproduce.issuing.statuses import status_list
from reproduce.models import Certificate, LogEntry, TreeHead


def latest_head() -> TreeHead | None:
    """Return the newest signed head, or None while the log is empty."""
    return TreeHead.objects.order_by("-size").first()


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
    head = latest_head()
    assert head is not None  # noqa: S101 - the log holds this certificate
    inclusion = inclusion_of(certificate.entry.leaf, head.size)
    assert inclusion is not None  # noqa: S101 - as above
    return package_json(
        certificate=certificate.entry.as_json(),
        issuer=own_issuer_document(),
        inclusion=inclusion,
        head=head.as_json(),
        lists=[status_list(purpose, certificate.number // ENTRIES) for purpose in PURPOSES],
    )
