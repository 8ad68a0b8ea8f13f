"""Issue the certificate of a run whose verdict is on record; a lower one supersedes what was issued before."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import Error
from django.db.models import Exists, OuterRef

from catalog.causes import CausedError
from catalog.clock import database_now
from catalog.expose import expose_or_log
from catalog.models import Evidence, Publication
from reproduce.certificates.credential import Frame, Subject, certificate_url, unsigned_certificate
from reproduce.certificates.ladder import is_lower
from reproduce.certificates.log import unsigned_status_change
from reproduce.issuing.facts import subject_of
from reproduce.issuing.keyring import Signer, issuer_did, open_signer
from reproduce.issuing.ledger import append, in_one_go
from reproduce.models import Certificate, LogEntry, Run

log = structlog.get_logger(__name__)

SUPERSEDED: Final = "A later run of the target reached a lower rung of the ladder."
_MOST_AT_ONCE: Final = 50
_MOST_LOOKED_AT: Final = 2000
_AGAIN_S: Final = 3600


def issue(run_id: uuid.UUID) -> Certificate | None:
    """Issue the certificate of a run, once; return it, or None where the run is not on record for the public.

    On record is the run that the evidence of a target of a published paper names. Raises CausedError.
    """
    run = _run_on_record(run_id)
    if run is None:
        return None
    subject, signer = subject_of(run), open_signer()
    return in_one_go(lambda: _issue(run, subject, signer))


def issue_missing() -> int:
    """Issue what is on record without a certificate: its worker died, or its paper was published later.

    Return how many were issued. One that cannot be issued is logged, does not stop the others, and is tried again in
    an hour.
    """
    try:
        open_signer()
    except CausedError as error:
        log.warning("no-certificates-issued", error=str(error))
        return 0

    has_one = Certificate.objects.filter(run=OuterRef("run"))
    wanted = Evidence.objects.filter(
        ~Exists(has_one),
        Exists(Run.objects.filter(pk=OuterRef("run"), verdict__isnull=False)),
        target__publication__state=Publication.State.PUBLISHED,
    )
    count = 0
    for run in wanted.order_by("seen_at").values_list("run", flat=True)[:_MOST_LOOKED_AT]:
        if count < _MOST_AT_ONCE and cache.add(f"certificate-tried-{run}", True, _AGAIN_S):
            count += issue_or_log(run)
    return count


def issue_or_log(run_id: uuid.UUID) -> bool:
    """Issue a certificate where it can be; a fault is logged, and the sweep tries again."""
    try:
        return issue(run_id) is not None
    except (CausedError, Error, OSError) as error:
        log.warning("certificate-not-issued", run=str(run_id), error=str(error))
    except Exception:
        # Nothing that a run holds may stop the sweep, on which much else depends.
        log.exception("certificate-not-issued", run=str(run_id))
    return False


def _run_on_record(run_id: uuid.UUID) -> Run | None:
    runs = Run.objects.select_related("target__publication", "target__repository", "snapshot", "environment", "build")
    return runs.filter(
        pk=run_id,
        state=Run.State.DONE,
        verdict__isnull=False,
        target__evidence__run=run_id,
        target__publication__state=Publication.State.PUBLISHED,
    ).first()


def _issue(run: Run, subject: Subject, signer: Signer) -> Certificate:
    known = Certificate.objects.filter(run=run.pk).first()
    if known is not None:
        return known
    pk, now = uuid.uuid4(), database_now().replace(microsecond=0)
    until = now + timedelta(days=settings.REPRISE_CERTIFICATE_DAYS)

    def document(number: int) -> dict[str, Any]:
        frame = Frame(settings.REPRISE_URL, issuer_did(), str(pk), number, now, until)
        return unsigned_certificate(frame, subject)

    entry = append(LogEntry.Kind.CERTIFICATE, signer, document)
    certificate = Certificate.objects.create(
        id=pk,
        run=run.pk,
        target=run.target,
        doi=run.target.publication.doi,
        entry=entry,
        key=signer.row,
        rung=subject.ladder[-1].rung,
        verdict=subject.verdict,
        issued_at=now,
        valid_until=until,
    )
    _supersede(certificate, signer, now)
    expose_or_log(run.target.publication)
    return certificate


def _supersede(certificate: Certificate, signer: Signer, now: datetime) -> None:
    """Say of earlier certificates of the target that claim more that they are superseded; none is removed."""
    earlier = Certificate.objects.filter(target=certificate.target_id, superseded_by=None, revoked_at=None)
    for other in earlier.exclude(pk=certificate.pk).order_by("entry_id"):
        if is_lower(certificate.rung, other.rung):
            Certificate.objects.filter(pk=other.pk).update(superseded_by=certificate)
            _log_supersession(other, certificate, signer, now)


def _log_supersession(other: Certificate, certificate: Certificate, signer: Signer, now: datetime) -> None:
    change = unsigned_status_change(
        issuer=issuer_did(),
        certificate=certificate_url(settings.REPRISE_URL, str(other.pk)),
        number=other.number,
        purpose="message",
        why=SUPERSEDED,
        superseded_by=certificate_url(settings.REPRISE_URL, str(certificate.pk)),
        at=now,
    )
    append(LogEntry.Kind.STATUS, signer, lambda _: change)
