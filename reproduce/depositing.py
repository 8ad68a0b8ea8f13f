"""Deposits of evidence at Zenodo: a draft, the bundle, then published, each once however often it is tried.

Each step is written down when Zenodo has answered. Where the answer to making a draft was lost, the draft is found
again by the bundle's address, which is in its metadata from the start; of two with the same address one is published.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, Any, Final

import structlog
from django.conf import settings
from django.urls import reverse

from catalog.causes import CausedError
from catalog.depositing_account import Depositing
from catalog.depositing_client import Deposition, Zenodo
from catalog.errors import CatalogError
from catalog.exposing import stored_record
from catalog.identifiers import is_doi
from catalog.models import Deposit
from catalog.records import publication_key
from reproduce.deposit_choice import crate_of
from reproduce.deposit_metadata import deposit_metadata
from reproduce.models import Run
from reproduce.run_crate import crate_chunks

log = structlog.get_logger(__name__)

_FIRST_WAIT: Final = timedelta(minutes=2)
_LONGEST_WAIT: Final = timedelta(days=1)
# Longer than all that is asked about one deposit may take.
_LEASE: Final = timedelta(minutes=30)
_IN_MEMORY_BYTES: Final = 16 << 20
_SETTLED: Final = timedelta(days=36500)
State = Deposit.State


def deposit_due(
    zenodo: Zenodo, depositing: Depositing, *, now: datetime, most: int, only: Deposit | None = None
) -> list[Deposit]:
    """Take what is due as far as it goes, of `only` this one; return what was published.

    What fails is tried again later, each time after twice the time, and not before Zenodo asks for it. A refused
    account and a service that does not answer end the round.
    """
    published: list[Deposit] = []
    due = Deposit.objects.exclude(state=State.PUBLISHED).filter(next_at__lte=now)
    if only is not None:
        due = due.filter(pk=only.pk)
    for row in list(due.order_by("next_at")[:most]):
        # Whoever looks at the same time finds it claimed.
        if not Deposit.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=now + _LEASE):
            continue
        try:
            _take_on(row, zenodo, depositing)
        except CausedError as error:
            _postpone(row, error, now)
            if error.cause.id in ("deposit-account", "deposit-unreachable"):
                break
            continue
        is_published = row.state == State.PUBLISHED
        again = now + (_SETTLED if is_published else _LONGEST_WAIT)
        Deposit.objects.filter(pk=row.pk).update(failures=0, problem=None, next_at=again)
        published += [row] if is_published else []
    return published


def _take_on(row: Deposit, zenodo: Zenodo, depositing: Depositing) -> None:
    run = crate_of(row.key)
    if run is None:
        # It is not public any more, so that nothing of it may become so there.
        _forget_draft(row, zenodo)
        return
    metadata = _metadata(row, run, depositing)
    if row.state == State.WANTED:
        _move(row, State.DRAFT, number=_draft(row, zenodo, metadata, mark_of(run)))
    name = f"reprise-run-{run.pk}.zip"
    if row.state == State.DRAFT:
        deposition = _known(row, zenodo)
        if not deposition.is_submitted:
            zenodo.describe(deposition.number, metadata)
            _fill(row, zenodo, deposition, run, name, depositing.most_bytes)
        _move(row, State.UPLOADED)
    if row.state == State.UPLOADED:
        deposition = _only_one(row, zenodo, mark_of(run))
        if not deposition.is_submitted:
            _check(row, deposition, name)
            zenodo.publish(deposition.number)
            deposition = _known(row, zenodo)
        if not (deposition.is_submitted and is_doi(deposition.doi)):
            raise CatalogError("deposit-unreachable", reason="it does not tell the DOI yet")
        _move(row, State.PUBLISHED, doi=deposition.doi.lower())


def mark_of(run: Run) -> str:
    """Return the address of a run's bundle here, by which its deposition is found again."""
    return settings.REPRISE_URL + reverse("run-crate", args=[run.pk])


def _metadata(row: Deposit, run: Run, depositing: Depositing) -> dict[str, Any]:
    stored = [stored_record(key) for key in (row.key, publication_key(run.target.publication.doi))]
    records = [one.record for one in stored if one is not None and one.record is not None]
    if len(records) != len(stored):
        raise CatalogError("deposit-unreachable", reason="the record of the certificate is not yet shown here")
    record, publication = records
    if publication.licence is None or not publication.licence.spdx:
        raise CatalogError("deposit-unlicensed")
    return deposit_metadata(record, publication, mark=mark_of(run), community=depositing.community)


def _draft(row: Deposit, zenodo: Zenodo, metadata: dict[str, Any], mark: str) -> int:
    """Return the number of the draft: one that was made before its answer was lost, or a new one."""
    if found := zenodo.find(mark):
        return found[0].number
    if row.follows is not None and row.follows.number is not None:
        return zenodo.new_version(row.follows.number)
    return zenodo.create(metadata).number


def _known(row: Deposit, zenodo: Zenodo) -> Deposition:
    deposition = zenodo.get(row.number or 0)
    if deposition is None:
        # Somebody deleted the draft there.
        _move(row, State.WANTED, number=None, md5="")
        raise CatalogError("deposit-refused", reason="the draft is not there any more; another is made")
    return deposition


def _fill(row: Deposit, zenodo: Zenodo, deposition: Deposition, run: Run, name: str, most_bytes: int) -> None:
    """Have the draft hold the bundle and nothing else. A new version begins with the files of the one before."""
    with _bundle(run, most_bytes) as (bundle, md5, size_bytes):
        row.md5 = md5
        for other, file_id in deposition.file_ids.items():
            if other != name:
                zenodo.delete_file(deposition.number, file_id)
        if deposition.files.get(name) != md5:
            zenodo.upload(deposition, name, bundle, size_bytes)
    _check(row, _known(row, zenodo), name)


def _check(row: Deposit, deposition: Deposition, name: str) -> None:
    if dict(deposition.files) != {name: row.md5}:
        # It is sent again, in place of what is there.
        _move(row, State.DRAFT)
        raise CatalogError("deposit-damaged", found=deposition.files.get(name, "of no file"), wanted=row.md5)


def _only_one(row: Deposit, zenodo: Zenodo, mark: str) -> Deposition:
    """Return the one deposition with this mark that is published or will be; drafts beside it are deleted."""
    marked = {one.number: one for one in zenodo.find(mark)}
    kept = next((one for one in marked.values() if one.is_submitted), None) or _known(row, zenodo)
    for other in marked.values():
        if other.number != kept.number and not other.is_submitted:
            zenodo.discard(other.number)
    if kept.number != row.number:
        _move(row, State.UPLOADED, number=kept.number)
    return kept


def _forget_draft(row: Deposit, zenodo: Zenodo) -> None:
    """Delete the draft and forget that it was wanted; it is wanted anew when the publication is public again."""
    deposition = zenodo.get(row.number) if row.number is not None else None
    if deposition is not None and deposition.is_submitted and is_doi(deposition.doi):
        # The answer to publishing it was lost. It stays.
        _move(row, State.PUBLISHED, doi=deposition.doi.lower())
        return
    if deposition is not None:
        zenodo.discard(deposition.number)
    row.delete()


@contextmanager
def _bundle(run: Run, most_bytes: int) -> Iterator[tuple[IO[bytes], str, int]]:
    """Give the crate of a run as a file, its MD5 and its size. Raises CatalogError deposit-too-large."""
    digest, size_bytes = hashlib.md5(usedforsecurity=False), 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as bundle:
        for chunk in crate_chunks(run, is_on_web=True):
            size_bytes += len(chunk)
            if size_bytes > most_bytes:
                raise CatalogError("deposit-too-large", limit=f"{most_bytes / 2**20:.0f}")
            digest.update(chunk)
            bundle.write(chunk)
        bundle.seek(0)
        yield bundle, digest.hexdigest(), size_bytes


def _move(row: Deposit, state: str, **changes: Any) -> None:  # noqa: ANN401 - fields of the model
    row.state = state
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "number", "md5", "doi"])


def _postpone(row: Deposit, error: CausedError, now: datetime) -> None:
    wait = min(_FIRST_WAIT * 2 ** min(row.failures, 20), _LONGEST_WAIT)
    asked = min(timedelta(seconds=int(error.data.get("pause_s", "0"))), _LONGEST_WAIT)
    log.warning("not-deposited", key=row.key, cause=error.cause.id, reason=error.cause.message)
    Deposit.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, problem=error.cause.as_dict(), next_at=now + max(wait, asked)
    )
