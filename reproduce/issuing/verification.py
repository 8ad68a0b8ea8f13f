"""Verify a certificate with what this installation knows: for its own ones its keys, its log and its lists."""

from __future__ import annotations

from dataclasses import replace

from django.db import DatabaseError

from reproduce.certificates.canonical import canonical
from reproduce.certificates.issuer import Issuer
from reproduce.certificates.material import Material
from reproduce.certificates.merkle import leaf_hash
from reproduce.certificates.verify import issuer_of
from reproduce.issuing.keyring import own_issuers
from reproduce.issuing.proofs import consistency_between, inclusion_of, latest_head, status_lists


def with_own_knowledge(material: Material) -> Material:
    """Return the same with this installation's keys, log and lists where the certificate says that it is from here.

    Raises RunError issuer-key-unusable.
    """
    issuer = _issuers_here().get(issuer_of(material.certificate))
    if issuer is None:
        return material
    head, leaf = latest_head(issuer.did), leaf_hash(canonical(dict(material.certificate))).hex()
    inclusion = inclusion_of(leaf, head.size) if head else None
    if head is None or inclusion is None:
        # Whoever stole a key can sign, and cannot put anything into the log.
        return replace(material, issuer=issuer, is_absent=True)
    earlier = material.earlier_head.get("treeSize") if material.earlier_head else None
    return replace(
        material,
        issuer=issuer,
        inclusion=inclusion,
        head=head.as_json(),
        is_newest=True,
        lists={one["id"]: one for one in status_lists(inclusion["leafIndex"], issuer.did)},
        consistency=consistency_between(earlier, head.size) if isinstance(earlier, int) else material.consistency,
    )


def _issuers_here() -> dict[str, Issuer]:
    try:
        return own_issuers()
    except DatabaseError:
        # The command is of use where there is no installation at all.
        return {}
