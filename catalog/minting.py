"""DOIs of our own for records: draft, then registered, then findable at DataCite, each step once however often tried.

A DOI follows from the key of its record, so that nothing is minted twice. Each step is written down when DataCite has
answered; where the answer was lost, the step is done again and finds itself done.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b32encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from catalog.errors import CatalogError
from catalog.exposing import stored_record
from catalog.exposure.datacite_json import attributes
from catalog.exposure.documents import filled_object
from catalog.exposure.record import Record
from catalog.minting_account import Minting
from catalog.minting_client import DataCite
from catalog.models import MintedDoi

log = structlog.get_logger(__name__)

CERTIFIED: Final = frozenset({"identical", "reproduced"})
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(days=1)
_LEASE: Final = timedelta(minutes=5)
_LOOKED_AT_AGAIN: Final = timedelta(hours=6)
State = MintedDoi.State


def is_to_be_minted(record: Record, kinds: Iterable[str]) -> bool:
    """Tell whether a record gets a DOI: of the kinds that the operator wants, and of certificates the good ones alone.

    Never what has a DOI of others, and never each run: a certificate is one for each certified version.
    """
    if record.kind not in kinds or record.doi:
        return False
    return record.kind != "certificate" or any(one.verdict in CERTIFIED for one in record.outcomes)


def doi_for(key: str, prefix: str) -> str:
    """Return the DOI of the record with this key."""
    digest = b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()
    return f"{prefix}/reprise.{digest[:12]}"


def want_dois(keys: Iterable[str], *, prefix: str, now: datetime) -> None:
    """Have these records given DOIs. Safe to call again."""
    MintedDoi.objects.bulk_create(
        [MintedDoi(key=key, doi=doi_for(key, prefix), next_at=now) for key in keys], ignore_conflicts=True
    )


def follow(records: Iterable[Record], *, minting: Minting, now: datetime) -> None:
    """Have the records given DOIs that the operator wants to have some, and kept in step with DataCite."""
    if not minting.kinds:
        return
    keys = [record.key for record in records if is_to_be_minted(record, minting.kinds)]
    want_dois(keys, prefix=minting.prefix, now=now)
    look_again(keys, now=now)


def with_own_dois(records: Sequence[Record]) -> tuple[Record, ...]:
    """Return the records, those that have a DOI of our own with it."""
    dois = dois_of(record.key for record in records if not record.doi)
    return tuple(replace(record, doi=dois[record.key]) if record.key in dois else record for record in records)


def dois_of(keys: Iterable[str]) -> dict[str, str]:
    """Return the DOIs of those of these records whose DOIs lead somewhere."""
    known = MintedDoi.objects.filter(key__in=list(keys), state__in=[State.FINDABLE, State.HIDDEN])
    return dict(known.values_list("key", "doi"))


def mint_due(datacite: DataCite, *, now: datetime, most: int = 50) -> list[str]:
    """Take what is due as far as it goes; return the keys of the records that have become findable.

    What fails is tried again later, each time after twice the time. A refused account and a server that does not answer
    end the round.
    """
    become: list[str] = []
    for row in list(MintedDoi.objects.filter(next_at__lte=now).order_by("next_at")[:most]):
        # Whoever looks at the same time finds it claimed.
        if not MintedDoi.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=now + _LEASE):
            continue
        before = row.state
        try:
            _take_on(row, datacite)
        except CatalogError as error:
            _postpone(row, error, now)
            if error.kind_id != "minting-refused":
                # Whoever is not let in, or reaches nobody, need not try the next one.
                break
            continue
        MintedDoi.objects.filter(pk=row.pk).update(failures=0, problem=None, next_at=now + _LOOKED_AT_AGAIN)
        if row.state == State.FINDABLE and before not in (State.FINDABLE, State.HIDDEN):
            become.append(row.key)
    return become


def look_again(keys: Iterable[str], *, now: datetime) -> None:
    """Have the metadata of these records sent soon, as they may have changed."""
    MintedDoi.objects.filter(key__in=list(keys), failures=0).update(next_at=now)


def _take_on(row: MintedDoi, datacite: DataCite) -> None:
    stored = stored_record(row.key)
    if stored is None or stored.record is None:
        if row.state == State.FINDABLE:
            datacite.hide(row.doi)
            _move(row, State.HIDDEN)
        return
    said = _said(stored.record, row.doi)
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    if row.state == State.WANTED:
        datacite.create_draft(row.doi, said)
        _move(row, State.DRAFT)
    if row.state == State.DRAFT:
        datacite.update(row.doi, said, "register")
        _move(row, State.REGISTERED)
    if row.state in (State.REGISTERED, State.HIDDEN):
        datacite.update(row.doi, said, "publish")
        _move(row, State.FINDABLE, digest)
    if row.pushed_digest != digest:
        datacite.update(row.doi, said)
        _move(row, State.FINDABLE, digest)


def _said(record: Record, doi: str) -> dict[str, Any]:
    # DataCite takes an empty text for a wrong one.
    return filled_object(attributes(replace(record, doi=doi)))


def _move(row: MintedDoi, state: str, digest: str | None = None) -> None:
    row.state = state
    row.pushed_digest = row.pushed_digest if digest is None else digest
    row.save(update_fields=["state", "pushed_digest"])


def _postpone(row: MintedDoi, error: CatalogError, now: datetime) -> None:
    wait = min(_FIRST_WAIT * 2 ** min(row.failures, 20), _LONGEST_WAIT)
    log.warning("doi-not-minted", doi=row.doi, cause=error.kind_id, reason=error.cause.message)
    MintedDoi.objects.filter(pk=row.pk).update(
        failures=row.failures + 1, problem=error.cause.as_dict(), next_at=now + wait
    )
