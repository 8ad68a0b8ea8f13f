"""Ask for a file of a dataset to be fetched: write it down, wake a worker when that is committed."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from catalog.audit import Actor, record
from catalog.clock import database_now
from catalog.models import Dataset
from catalog.wake import wake
from reproduce import tasks
from reproduce.errors import RunError
from reproduce.models import FileFetch
from reproduce.preview_files import PreviewFile


def request_fetch(dataset: Dataset, file: PreviewFile, *, by: Actor) -> bool:
    """Have a file fetched; return False where it is here or under way.

    Raises RunError preview-not-fetched where it has no address from which it may be.
    """
    if file.is_here:
        return False
    if file.source is None:
        raise RunError("preview-not-fetched", path=file.path, reason=file.reason)
    with transaction.atomic():
        now = database_now()
        wanted, is_new = FileFetch.objects.get_or_create(dataset=dataset, key=file.key, defaults={"requested_at": now})
        over = FileFetch.objects.filter(pk=wanted.pk, state__in=[FileFetch.State.DONE, FileFetch.State.FAILED])
        fields = {"state": FileFetch.State.REQUESTED, "requested_at": now, "woken_at": None, "cause": None}
        if not is_new and not over.update(**fields):
            return False
        record("preview.fetch", by=by, subject=f"{dataset.doi}/{file.path}", doi=dataset.doi)
        transaction.on_commit(partial(wake, tasks.fetch_file, wanted.pk))
    return True
