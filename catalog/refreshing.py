"""Ask the sources again for datasets, here and now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from catalog.dataset_details import look_up_details
from catalog.errors import CatalogError
from catalog.identifiers import parse_doi
from catalog.models import Dataset, LookUp


def datasets_to_refresh(dois: Sequence[str], *, before: datetime, most: int) -> list[Dataset]:
    """Return the datasets with these DOIs, or those that were not asked for since `before`, the longest ago first.

    Raises CausedError doi-malformed, and CatalogError dataset-unknown.
    """
    if dois:
        wished = list(dict.fromkeys(parse_doi(one) for one in dois))
        found = {one.doi: one for one in Dataset.objects.filter(doi__in=wished)}
        for doi in wished:
            if doi not in found:
                raise CatalogError("dataset-unknown", dataset=doi)
        return [found[doi] for doi in wished]
    due = Dataset.objects.exclude(look_up__asked_at__gte=before)
    return list(due.order_by(F("look_up__asked_at").asc(nulls_first=True), "doi")[:most])


def refresh(dataset: Dataset) -> LookUp:
    """Ask for a dataset in this process and return the look-up as it ended; one that is under way is let be."""
    look_up, _ = LookUp.objects.get_or_create(dataset=dataset, defaults={"requested_at": timezone.now()})
    LookUp.objects.filter(pk=look_up.pk, state__in=[LookUp.State.DONE, LookUp.State.FAILED]).update(
        state=LookUp.State.REQUESTED, requested_at=timezone.now()
    )
    look_up_details(look_up.pk)
    look_up.refresh_from_db()
    return look_up
