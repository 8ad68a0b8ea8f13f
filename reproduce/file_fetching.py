"""Fetch a file of a dataset from its address, to be looked into. May be run twice; a lost one is found again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from celery import Task
from django.conf import settings
from django.db.models import Q

from catalog.causes import CausedError, cause
from catalog.clock import database_now
from catalog.models import Dataset
from catalog.outbound import fetch
from catalog.wake import wake_each
from reproduce.errors import RunError
from reproduce.fetched_files import Source, forget_partial, incoming, kept_file, source_of
from reproduce.models import FileFetch
from reproduce.preview_files import key_of

log = structlog.get_logger(__name__)

_MOST_WOKEN: Final = 20
_OK: Final = 200
_State = FileFetch.State


def fetch_requested(fetch_id: int) -> None:
    """Bring a requested fetch to done or failed. Does nothing when another worker has it."""
    taken = FileFetch.objects.filter(pk=fetch_id, state=_State.REQUESTED)
    if not taken.update(state=_State.FETCHING, started_at=database_now(), cause=None):
        return
    wanted = FileFetch.objects.select_related("dataset").get(pk=fetch_id)
    told = None
    try:
        _fetch(wanted.dataset, wanted.key)
    except CausedError as error:
        told = error.cause.as_dict()
    except Exception as error:
        log.exception("fetch-failed", fetch=fetch_id)
        told = cause("internal-error", reason=type(error).__name__).as_dict()
    FileFetch.objects.filter(pk=fetch_id, state=_State.FETCHING, started_at=wanted.started_at).update(
        state=_State.FAILED if told else _State.DONE, cause=told
    )


def source_in(dataset: Dataset, key: str) -> Source | None:
    """Return where the file with this key can be fetched. Raises as `source_of` does."""
    for entry in dataset.files:
        if isinstance(entry, dict) and isinstance(path := entry.get("path"), str) and key_of(path) == key:
            return source_of(entry, dataset.doi)
    return None


def sweep_fetches(fetch_task: Task[..., None], *, now: datetime) -> int:
    """Ask again for fetches that were lost, and wake workers for those that nobody took; return how many were sent."""
    lost_after = timedelta(seconds=settings.REPRISE_PREVIEW.fetch_seconds + settings.REPRISE_LEASE_S)
    lost = FileFetch.objects.filter(state=_State.FETCHING, started_at__lt=now - lost_after)
    lost.update(state=_State.REQUESTED, woken_at=None)
    forget_partial(before=(now - lost_after).timestamp())
    patience = timedelta(seconds=2 * settings.REPRISE_LEASE_S)
    waiting = FileFetch.objects.filter(state=_State.REQUESTED).filter(
        Q(woken_at__lt=now - patience) | Q(woken_at__isnull=True, requested_at__lt=now - patience)
    )
    keys = list(waiting.order_by("requested_at").values_list("pk", flat=True)[:_MOST_WOKEN])
    FileFetch.objects.filter(pk__in=keys).update(woken_at=now)
    told = wake_each(fetch_task, keys)
    FileFetch.objects.filter(pk__in=keys[len(told) :], woken_at=now).update(woken_at=None)
    return len(told)


def _fetch(dataset: Dataset, key: str) -> None:
    source = source_in(dataset, key)
    if source is None:
        raise RunError("preview-not-fetched", path="the file", reason="its dataset lists no address of it any more")
    if kept_file(dataset.doi, source).is_file():
        return
    limits = settings.REPRISE_PREVIEW
    with incoming(dataset.doi, source) as taken:
        answer = fetch(
            source.url,
            accept="*/*",
            timeout_s=limits.fetch_seconds,
            size_limit_bytes=limits.fetch_bytes,
            contact=settings.REPRISE_CONTACT,
            allow_private=settings.REPRISE_ALLOW_PRIVATE_HOSTS,
            into=taken.write,
        )
        if answer.status != _OK:
            reason = f"{source.host} answers with status {answer.status}"
            raise RunError("preview-not-fetched", path=source.path, reason=reason)
