"""Fetch a requested Snapshot, outline its notebooks, propose targets. May be run twice; a lost one is found again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from builder.advice import Advised, advise
from builder.engines.progress import Progress
from builder.models import Snapshot
from builder.snapshot.checkout import FetchLimits, fetch_snapshot
from builder.snapshot.facts import FigureHint, NotebookOutline, SnapshotFacts
from builder.sources import source_of
from catalog.causes import CausedError, cause
from catalog.expose import expose_or_log
from catalog.models import Repository
from catalog.proposals import propose_targets
from catalog.registration import propose, tell_declared
from catalog.sources.codecheck import read_codecheck

log = structlog.get_logger(__name__)


def fetch(snapshot_id: int) -> None:
    """Bring a requested snapshot to ready or failed. Does nothing when another worker has it."""
    now = timezone.now()
    lease = now + timedelta(seconds=settings.REPRISE_FETCH_TIMEOUT_S + settings.REPRISE_LEASE_S)
    claimed = Snapshot.objects.filter(pk=snapshot_id, state=Snapshot.State.REQUESTED).update(
        state=Snapshot.State.FETCHING, lease_until=lease
    )
    if not claimed:
        return
    snapshot = Snapshot.objects.select_related("repository__publication").get(pk=snapshot_id)
    try:
        _bring(snapshot)
    except CausedError as error:
        _fail(snapshot, error.cause.as_dict())
    except Exception as error:
        log.exception("fetch-failed", snapshot=snapshot_id)
        _fail(snapshot, cause("internal-error", reason=type(error).__name__).as_dict())


def _bring(snapshot: Snapshot) -> None:
    """Fetch, and write what was found as a whole or not at all."""
    facts = fetch_facts(snapshot.repository)
    manifest = read_codecheck(facts.path)
    proposals = propose_targets(facts.notebooks, manifest.files if manifest else ())
    advised = advise(facts, published_on=snapshot.repository.publication.published_on)
    with transaction.atomic():
        propose(_finish(snapshot, facts, advised).repository, proposals)
        expose_or_log(snapshot.repository.publication)


def fetch_facts(repository: Repository, *, is_cancelled: Callable[[], bool] | None = None) -> SnapshotFacts:
    """Fetch the repository now. Reuses what is on disk for the same commit.

    Raises SnapshotError; BuildCancelledError soon after `is_cancelled` says so.
    """
    check = Progress(lambda _: None, is_cancelled=is_cancelled).check if is_cancelled else None
    return fetch_snapshot(
        source_of(repository),
        into=snapshots_path(),
        limits=FetchLimits(size_bytes=settings.REPRISE_REPOSITORY_SIZE, timeout_s=settings.REPRISE_FETCH_TIMEOUT_S),
        on_log=lambda line: log.debug("fetch", repository=repository.pk, line=line),
        allowed_schemes=frozenset({"file"} if repository.is_own else settings.REPRISE_SOURCE_SCHEMES),
        allow_private=settings.REPRISE_ALLOW_PRIVATE_HOSTS or repository.is_own,
        check=check,
    )


def snapshots_path() -> Path:
    """Where the content of snapshots lies on this machine."""
    return Path(settings.REPRISE_DATA) / "snapshots"


def ready_snapshot(repository: Repository, *, is_cancelled: Callable[[], bool] | None = None) -> Snapshot:
    """Return the repository's newest snapshot with its content on this disk, fetching it now where need be.

    Raises SnapshotError when it cannot be fetched, BuildCancelledError when nobody wants it any more.
    """
    newest = Snapshot.objects.filter(repository=repository, state=Snapshot.State.READY).first()
    if newest is not None and Path(newest.path).is_dir():
        return newest
    facts = fetch_facts(repository, is_cancelled=is_cancelled)
    known = Snapshot.objects.filter(repository=repository, commit=facts.commit or "", swhid=facts.swhid).first()
    advised = advise(facts, published_on=repository.publication.published_on)
    finished = _finish(known or Snapshot(repository=repository), facts, advised)
    expose_or_log(repository.publication)
    return finished


def outlines_of(snapshot: Snapshot) -> tuple[NotebookOutline, ...]:
    """Return the notebook outlines kept with a snapshot."""
    return tuple(
        NotebookOutline(**{**row, "figures": tuple(FigureHint(**figure) for figure in row["figures"])})
        for row in snapshot.notebooks
    )


def _finish(snapshot: Snapshot, facts: SnapshotFacts, advised: Advised) -> Snapshot:
    """Write what was found. A commit that is known already keeps its row, and the request for it disappears."""
    found = {
        "state": Snapshot.State.READY,
        "commit": facts.commit or "",
        "committed_at": facts.committed_at,
        "swhid": facts.swhid,
        "path": str(facts.path),
        "size_bytes": facts.size_bytes,
        "notebooks": [dataclasses.asdict(outline) for outline in facts.notebooks],
        "advice": list(advised.advice),
        "declaration": advised.declaration,
        "cause": None,
        "lease_until": None,
    }
    tell_declared(snapshot.repository, declared=advised.declared)
    known = Snapshot.objects.filter(repository=snapshot.repository, commit=facts.commit or "\0")
    if (other := known.exclude(pk=snapshot.pk).first()) is not None:
        Snapshot.objects.filter(pk=other.pk).update(**found, created_at=timezone.now())
        if snapshot.pk:
            Snapshot.objects.filter(pk=snapshot.pk, runs__isnull=True).delete()
        other.refresh_from_db()
        return other
    try:
        with transaction.atomic():
            for name, value in found.items():
                setattr(snapshot, name, value)
            snapshot.save()
    except IntegrityError:
        # Another worker wrote the same commit between the look and the write.
        return Snapshot.objects.get(repository=snapshot.repository, commit=facts.commit or "")
    return snapshot


def _fail(snapshot: Snapshot, found: dict[str, str]) -> None:
    Snapshot.objects.filter(pk=snapshot.pk, state=Snapshot.State.FETCHING).update(
        state=Snapshot.State.FAILED, cause=found, lease_until=None
    )
