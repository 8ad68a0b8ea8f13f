"""Revoke a certificate, and the signed lists of what was revoked or superseded."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from catalog.clock import database_now
from catalog.expose import expose_or_log
from catalog.models import Publication
from reproduce.certificates.credential import certificate_url
from reproduce.certificates.log import unsigned_status_change
from reproduce.certificates.status import ENTRIES, unsigned_list
from reproduce.errors import RunError
from reproduce.issuing.keyring import issuer_did, open_signer
from reproduce.issuing.ledger import append, in_one_go
from reproduce.models import Certificate, LogEntry

_SET: Final = {"revocation": Q(revoked_at__isnull=False), "message": Q(superseded_by__isnull=False)}


def revoke(certificate_id: uuid.UUID, *, why: str) -> bool:
    """Revoke a certificate for ever, and say so in the log; return whether this call did it.

    Raises RunError certificate-missing and issuer-key-unusable.
    """
    certificate = Certificate.objects.filter(pk=certificate_id).first()
    if certificate is None:
        raise RunError("certificate-missing", certificate=certificate_id)
    signer, now = open_signer(), database_now()
    change = unsigned_status_change(
        issuer=issuer_did(),
        certificate=certificate_url(settings.REPRISE_URL, str(certificate.pk)),
        number=certificate.number,
        purpose="revocation",
        why=why,
        superseded_by=None,
        at=now,
    )

    def work() -> bool:
        done = Certificate.objects.filter(pk=certificate.pk, revoked_at=None).update(revoked_at=now, revoked_why=why)
        if done:
            append(LogEntry.Kind.STATUS, signer, lambda _: change)
            for publication in Publication.objects.filter(doi=certificate.doi):
                expose_or_log(publication)
        return bool(done)

    return in_one_go(work)


def status_list(purpose: str, number: int) -> dict[str, Any]:
    """Return a list credential, signed now. Raises RunError issuer-key-unusable."""
    first = number * ENTRIES
    there = Certificate.objects.filter(_SET[purpose], entry__gte=first, entry__lt=first + ENTRIES)
    unsigned = unsigned_list(
        url=settings.REPRISE_URL,
        issuer=issuer_did(),
        purpose=purpose,
        number=number,
        indices=[entry - first for entry in there.values_list("entry", flat=True)],
        at=database_now(),
    )
    return open_signer().sign(unsigned)
