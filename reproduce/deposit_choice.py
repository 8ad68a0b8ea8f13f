"""Which certificates' evidence is deposited: one for each certified version of a target, and what is asked for."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from catalog.audit import Actor, record
from catalog.errors import CatalogError
from catalog.minting import CERTIFIED
from catalog.models import Deposit, Publication, Viewer
from reproduce.models import Certificate, Run
from reproduce.run_crate import has_crate

_PREFIX: Final = "certificate/"


def want_deposits(*, now: datetime) -> int:
    """Want a deposit of the newest certificate of each public target that is worth one; return how many are new.

    The first needs a good verdict. The next is the one that supersedes what was deposited, or is good where that was
    not; it becomes a new version. What was made for demonstration is never deposited.
    """
    deposits = {certificate_id(one.key): one for one in Deposit.objects.all()}
    public = Publication.objects.filter(state=Publication.State.PUBLISHED, is_demonstration=False)
    issued = Certificate.objects.filter(target__publication__in=public).order_by("entry_id")
    newest: dict[int, Certificate] = {}
    last: dict[int, Certificate] = {}
    for certificate in issued.only("target", "verdict", "revoked_at", "superseded_by").iterator():
        target = certificate.target_id or 0
        if certificate.revoked_at is None:
            newest[target] = certificate
        if certificate.pk in deposits:
            last[target] = certificate
    wanted = 0
    for target, certificate in newest.items():
        before = last.get(target)
        deposit = deposits[before.pk] if before else None
        key = f"{_PREFIX}{certificate.pk}"
        if _is_worth_it(certificate, before, deposit) and crate_of(key) is not None:
            # Of two that look at once, the second finds it wanted.
            _, is_new = Deposit.objects.get_or_create(key=key, defaults={"follows": deposit, "next_at": now})
            wanted += is_new
    return wanted


def ask_for_deposit(certificate: Certificate, *, now: datetime, by: Actor) -> Deposit:
    """Want a deposit of this certificate's evidence, whatever its verdict; return the one that there is or will be.

    It becomes a new version of what was deposited of the target before. Raises CatalogError deposit-not-possible.
    """
    if (known := deposit_of(certificate)) is not None:
        return known
    before = _last_of(certificate)
    target = certificate.target
    if target is None or (reason := _refusal(certificate, before)):
        raise CatalogError("deposit-not-possible", reason=reason if target else "its target is no more")
    with transaction.atomic():
        key = f"{_PREFIX}{certificate.pk}"
        wanted, is_new = Deposit.objects.get_or_create(key=key, defaults={"follows": before, "next_at": now})
        if is_new:
            about = {"certificate": str(certificate.pk)}
            record("deposit.ask", by=by, subject=target, doi=target.publication.doi, **about)
    return wanted


def may_ask(certificate: Certificate, viewer: Viewer) -> bool:
    """Tell whether the viewer may ask for a deposit of it now, which was not asked for yet."""
    if not may_edit(certificate, viewer) or deposit_of(certificate) is not None:
        return False
    return not _refusal(certificate, _last_of(certificate))


def _refusal(certificate: Certificate, before: Deposit | None) -> str:
    """Return why the evidence of a certificate cannot be deposited, nothing where it can; `before` as of _last_of."""
    publication = certificate.target.publication if certificate.target else None
    later = Certificate.objects.filter(target=certificate.target_id, revoked_at=None, entry__gt=certificate.entry_id)
    refusals = (
        (not settings.REPRISE_ZENODO.is_on, "this service deposits nothing"),
        (publication is None or publication.state != Publication.State.PUBLISHED, "its publication is not public"),
        (publication is not None and publication.is_demonstration, "it was made for demonstration"),
        (certificate.revoked_at is not None, "it is revoked"),
        (certificate.superseded_by_id is not None or later.exists(), "there is a newer certificate of its target"),
        (before is not None and before.state != Deposit.State.PUBLISHED, "the deposit before it is not yet published"),
        (before is not None and Deposit.objects.filter(follows=before).exists(), "its next version is there already"),
    )
    for is_refused, reason in refusals:
        if is_refused:
            return reason
    return "" if crate_of(f"{_PREFIX}{certificate.pk}") is not None else "its run left no bundle"


def _last_of(certificate: Certificate) -> Deposit | None:
    """Return what was deposited last of the certificate's target."""
    of_target = Certificate.objects.filter(target=certificate.target_id).order_by("-entry_id")
    keys = [f"{_PREFIX}{pk}" for pk in of_target.values_list("pk", flat=True)]
    found = {one.key: one for one in Deposit.objects.filter(key__in=keys)}
    return next((found[key] for key in keys if key in found), None)


def crate_of(key: str) -> Run | None:
    """Return the run behind the certificate of this record, with its crate, where everybody may have it."""
    certificate = certificate_of(key)
    if certificate is None or certificate.revoked_at is not None:
        return None
    runs = Run.objects.select_related("target__publication", "target__repository", "snapshot", "environment")
    run = runs.filter(pk=certificate.run, target__publication__state=Publication.State.PUBLISHED).first()
    return run if run is not None and has_crate(run) else None


def certificate_id(key: str) -> uuid.UUID:
    """Return which certificate has the record with this key."""
    return uuid.UUID(key.removeprefix(_PREFIX))


def certificate_of(key: str) -> Certificate | None:
    """Return the certificate whose record has this key."""
    return Certificate.objects.filter(pk=certificate_id(key)).first()


def deposits_of(certificates: list[Certificate]) -> dict[uuid.UUID, str]:
    """Return the DOIs of what was deposited of these certificates."""
    keys = {f"{_PREFIX}{one.pk}": one.pk for one in certificates}
    rows = Deposit.objects.filter(key__in=keys, state=Deposit.State.PUBLISHED).values_list("key", "doi")
    return {keys[key]: doi for key, doi in rows}


def deposit_of(certificate: Certificate) -> Deposit | None:
    """Return what is known of the deposit of a certificate's evidence."""
    return Deposit.objects.filter(key=f"{_PREFIX}{certificate.pk}").first()


def may_edit(certificate: Certificate, viewer: Viewer) -> bool:
    """Tell whether the viewer is told how far the deposit is: who may edit the publication."""
    return certificate.target is not None and certificate.target.publication.is_editable_by(viewer)


def _is_worth_it(certificate: Certificate, before: Certificate | None, deposit: Deposit | None) -> bool:
    is_good = certificate.verdict in CERTIFIED
    if before is None or deposit is None:
        return is_good
    if certificate.pk == before.pk or deposit.state != Deposit.State.PUBLISHED:
        return False
    was_good = before.verdict in CERTIFIED and before.revoked_at is None
    return before.superseded_by_id is not None or (is_good and not was_good)
