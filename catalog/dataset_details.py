"""Look the details of a dataset up and put them on record. May be run twice; a lost one is found again.

What an author or the operator has put on record stays: a title that is only the DOI, an unknown access, a list of
files that is empty and every field without a value are filled in. All that the sources said is kept beside it, with
who said it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.causes import CausedError, cause
from catalog.described import description_of_data, facility_told, instruments_told, techniques_told
from catalog.expose import expose_dataset
from catalog.looking_up import look_up_all
from catalog.models import Dataset, LookUp
from catalog.search_index import index_publication
from catalog.sources import DatasetFacts, Known
from catalog.sources.retelling import as_dataset
from catalog.sources.tolerant import MAX_FILES

log = structlog.get_logger(__name__)

_OTHER_FILES: Final = "The files that the source lists now are not those on record, which were kept."


def look_up_details(look_up_id: int) -> None:
    """Bring a requested look-up to done or failed. Does nothing when another worker has it."""
    now = timezone.now()
    taken = LookUp.objects.filter(pk=look_up_id, state=LookUp.State.REQUESTED).update(
        state=LookUp.State.ASKING, asked_at=now
    )
    if not taken:
        return
    dataset = Dataset.objects.get(look_up__pk=look_up_id)
    try:
        _record(dataset, look_up_id, look_up_all(dataset.doi, follows=False))
    except CausedError as error:
        _fail(look_up_id, error.cause.as_dict())
    except Exception as error:
        log.exception("look-up-failed", look_up=look_up_id)
        _fail(look_up_id, cause("internal-error", reason=type(error).__name__).as_dict())


def lost_after() -> timedelta:
    """Return the time after which a look-up that is under way must have been lost with its worker."""
    return timedelta(seconds=3 * settings.REPRISE_METADATA.timeout_s + settings.REPRISE_LEASE_S)


def _record(dataset: Dataset, look_up_id: int, known: Known) -> None:
    """Write what was found as a whole or not at all."""
    own = [one for one in known.datasets if one.facts.doi == dataset.doi]
    said = known.as_dict()
    if own:
        facts: DatasetFacts = own[0].facts
        found = said["datasets"][known.datasets.index(own[0])]  # type: ignore[index]  # a list, by as_dict
    elif known.publication is not None:
        facts, found = as_dataset(known.publication.facts), said["publication"]
    else:
        _fail(look_up_id, cause("reference-unknown", host="any source", reference=dataset.doi).as_dict())
        return
    with transaction.atomic():
        held = Dataset.objects.select_for_update().get(pk=dataset.pk)
        notes = list(known.notes)
        files = files_as_kept(facts)
        if held.files and files and not _is_same(held.files, files):
            notes.append(_OTHER_FILES)
        changed = {
            "title": facts.title if held.title == held.doi else held.title,
            "url": held.url or facts.url,
            "access": facts.access if held.access == Dataset.Access.UNKNOWN else held.access,
            "files": held.files or files,
            "facility": held.facility or facility_told(facts),
            **_missing(held, description_of_data(facts)),
        }
        if any(getattr(held, name) != value for name, value in changed.items()):
            Dataset.objects.filter(pk=held.pk).update(**changed, updated_at=timezone.now())
        if not held.instruments.exists():
            held.instruments.set(instruments_told(facts))
        if not held.techniques.exists():
            held.techniques.set(techniques_told(facts))
        LookUp.objects.filter(pk=look_up_id).update(state=LookUp.State.DONE, found=found, notes=notes, cause=None)
        for publication in held.publications.all():
            index_publication(publication)
        expose_dataset(held)


def _missing(held: Dataset, told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told and not on record; a date comes with how much of it is known, a publisher with its id."""
    together = {"published_precision": "published_on", "publisher_ror": "publisher"}
    empty: tuple[object, ...] = ("", None, [])
    return {name: value for name, value in told.items() if getattr(held, together.get(name, name)) in empty}


def files_as_kept(facts: DatasetFacts) -> list[dict[str, Any]]:
    """Return the files as the catalogue keeps them, each with the best digest there is; of a list that is cut none."""
    if len(facts.files) >= MAX_FILES:
        # A list that was cut would make the rest of the data look as if it did not belong to them.
        return []
    rows: list[dict[str, Any]] = []
    for file in facts.files:
        row: dict[str, Any] = {"path": file.path}
        if file.size_bytes is not None:
            row["size_bytes"] = file.size_bytes
        for kind in ("sha256", "md5"):
            if digest := getattr(file, kind):
                row[kind] = digest
                break
        row |= {name: told for name in ("media_type", "url") if (told := getattr(file, name))}
        rows.append(row)
    return rows


def _is_same(held: list[dict[str, Any]], files: list[dict[str, Any]]) -> bool:
    def known(rows: list[dict[str, Any]]) -> set[tuple[object, ...]]:
        return {(row.get("path"), row.get("size_bytes")) for row in rows}

    return known(held) == known(files)


def _fail(look_up_id: int, found: dict[str, str]) -> None:
    LookUp.objects.filter(pk=look_up_id, state=LookUp.State.ASKING).update(state=LookUp.State.FAILED, cause=found)
