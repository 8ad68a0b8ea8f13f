"""What is to be drawn again: the notebooks of a source, or that of a run on record with what it ran with."""

from __future__ import annotations

import dataclasses
import glob
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from builder.fetch import outlines_of
from builder.models import Snapshot
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.source import Source
from builder.sources import source_of
from reproduce.cli.environment import check_date
from reproduce.cli.options import Options
from reproduce.cli.source import Found, OnLog, declared_of, fetch_source, find_source, has_database
from reproduce.data_locations import mounts_of
from reproduce.models import Run


@dataclass(frozen=True, slots=True)
class Subject:
    """Files that are here, where they are from, and the options that they are run with."""

    facts: SnapshotFacts
    found: Found
    options: Options


def subject_of(options: Options, *, on_log: OnLog) -> Subject:
    """Return the subject that `options.source` names: a run by its id, else a source, which is fetched.

    Raises CausedError as `find_source` and `fetch_source` do, and RunError for a run whose data are not here.
    """
    if not Path(options.source).exists() and (run := _run_of(options.source)) is not None:
        return _subject_of_run(run, options, on_log)
    found = find_source(options.source, allow_private=options.allow_private)
    check_date(options, found)
    return Subject(fetch_source(found, on_log=on_log), found, options)


def _run_of(text: str) -> Run | None:
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    if not has_database():
        return None
    runs = Run.objects.select_related("target__repository__publication", "snapshot", "environment", "build")
    try:
        return runs.filter(pk=key, snapshot__isnull=False, environment__isnull=False).first()
    except DatabaseError:
        # Without a database there are no runs, and it is a source or wrong usage.
        return None


def _subject_of_run(run: Run, options: Options, on_log: OnLog) -> Subject:
    """Return the run's own snapshot, fetched anew where it is gone, and its environment's date in place of another."""
    target, snapshot, environment = run.target, run.snapshot, run.environment
    assert snapshot is not None  # noqa: S101 - only such a run is looked for
    assert environment is not None  # noqa: S101 - as above
    source = dataclasses.replace(source_of(target.repository), ref=snapshot.commit or None)
    is_private_allowed = target.repository.is_own or settings.REPRISE_ALLOW_PRIVATE_HOSTS
    found = Found(source, str(run.pk), is_private_allowed, {target.notebook: declared_of(target)})
    return Subject(
        _facts_of(snapshot, source) if Path(snapshot.path).is_dir() else fetch_source(found, on_log=on_log),
        found,
        dataclasses.replace(
            options,
            notebooks=(glob.escape(target.notebook),),
            as_of=environment.as_of,
            given=(run.build.given if run.build is not None else "") or None,
            data=tuple((mount.at, Path(mount.here)) for mount in mounts_of(target)),
        ),
    )


def _facts_of(snapshot: Snapshot, source: Source) -> SnapshotFacts:
    return SnapshotFacts(
        source=str(source),
        ref=source.ref,
        commit=snapshot.commit or None,
        committed_at=snapshot.committed_at,
        tree=snapshot.swhid.rpartition(":")[2],
        swhid=snapshot.swhid,
        path=Path(snapshot.path),
        size_bytes=snapshot.size_bytes,
        notebooks=outlines_of(snapshot),
    )
