"""Verify a certificate with what this installation knows: for its own ones its keys, its log and its lists."""

from __future__ import annotations

from dataclasses import replace

from django.db import DatabaseError

from reproduce.certificates.canonical import canonical
from reproduce.certificates.issuer import Issuer
from reproduce.certificates.material import Material
from reproduce.certificates.merkle import leaf_hash
from reproduce.certificates.status import ENTRIES, PURPOSES
from reproduce.certificates.verify import issuer_of
from reproduce.issuing.keyring import own_issuer
from reproduce.issuing.proofs import consistency_between, inclusion_of, latest_head
from reproduce.issuing.statuses import status_list
from reproduce.models import LogEntry


def with_own_knowledge(material: Material) -> Material:
    """Return the same with this installation's keys, log and lists where the certificate says that it is from here.

    Raises RunError issuer-key-unusable.
    """
    issuer = _issuer_here()
    if issuer is None or issuer_of(material.certificate) != issuer.did:
        return material
    head, leaf = latest_head(), leaf_hash(canonical(dict(material.certificate))).hex()
    entry = LogEntry.objects.filter(leaf=leaf).first()
    if head is None or entry is None:
        # It may bring a proof of its own, which then is checked; a certificate that is not in the log has none.
        return material.with_issuer(issuer)
    lists = [status_list(purpose, entry.seq // ENTRIES) for purpose in PURPOSES]
    earlier = material.earlier_head.get("treeSize") if material.earlier_head else None
    return replace(
        material,
        issuer=issuer,
        inclusion=inclusion_of(leaf, head.size),
        head=head.as_json(),
        lists={one["id"]: one for one in lists},
        consistency=consistency_between(earlier, head.size) if isinstance(earlier, int) else material.consistency,
    )


def _issuer_here() -> Issuer | None:
    try:
        return own_issuer()
    except DatabaseError:
        # The command is of use where there is no installation at all.
        return None
