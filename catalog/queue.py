"""Ask for what the sources know of datasets: write it down, wake a worker when that is committed."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from catalog import tasks
from catalog.models import Dataset, LookUp, Publication
from catalog.wake import wake


def request_look_ups(publication: Publication) -> int:
    """Ask for the details of the publication's datasets that were never looked up; return how many were asked for."""
    return sum(request_look_up(dataset) for dataset in publication.datasets.filter(look_up=None))


def request_look_up(dataset: Dataset) -> bool:
    """Ask for the details of a dataset; return False where that is asked for already."""
    with transaction.atomic():
        look_up, is_new = LookUp.objects.get_or_create(dataset=dataset, defaults={"requested_at": timezone.now()})
        if not is_new and not LookUp.objects.filter(
            pk=look_up.pk, state__in=[LookUp.State.DONE, LookUp.State.FAILED]
        ).update(state=LookUp.State.REQUESTED, requested_at=timezone.now(), woken_at=None):
            return False
        transaction.on_commit(partial(wake, tasks.look_up_dataset, look_up.pk))
    return True
