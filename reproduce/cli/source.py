"""From what was typed as SOURCE to files on this disk. Only a DOI asks the database, and only reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection

from builder.snapshot.checkout import FetchLimits, fetch_snapshot
from builder.snapshot.directory import snapshot_directory
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.source import PUBLIC_SCHEMES, Source, parse_source
from builder.sources import source_of
from catalog.identifiers import is_doi, parse_doi
from catalog.models import Publication, Repository, Target
from reproduce.compare import Tolerance
from reproduce.errors import RunError
from reproduce.tolerances import tolerance_of

OnLog = Callable[[str], None]
# On the author's own machine a path is as good an address as any.
_SCHEMES: Final = PUBLIC_SCHEMES | {"file"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the catalogue says of a notebook: how exact, with which parameters, hosts, threads and backend."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    allowed_hosts: tuple[str, ...] = ()
    threads: int = 1
    matplotlib_backend: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the notebooks are from, and what is declared of them by path. `name` serves as the name of a directory.

    `published_on` is the date of the publication, where a DOI was given and the catalogue knows it.
    """

    source: Source
    name: str
    is_private_allowed: bool
    declared: Mapping[str, Declared] = field(default_factory=dict)
    published_on: date | None = None


def find_source(text: str, *, allow_private: bool) -> Found:
    """Tell what SOURCE stands for, without fetching anything.

    Raises SnapshotError (source-*), IdentifierError (doi-malformed) or RunError (doi-not-in-catalogue).
    """
    allow_private = allow_private or settings.REPRISE_ALLOW_PRIVATE_HOSTS
    if os.path.isdir(text):  # noqa: PTH112 - never raises, whatever was typed
        return Found(Source("directory", text), _name(Path(text).resolve().name), allow_private)
    if is_doi(text):
        return _find_publication(parse_doi(text), allow_private=allow_private)
    source = parse_source(text, allowed_schemes=_SCHEMES, is_directory_allowed=True, allow_private=allow_private)
    last = source.location.rstrip("/").replace(":", "/").rpartition("/")[2]
    return Found(source, _name(last.removesuffix(".git")), allow_private)


def fetch_source(found: Found, *, on_log: OnLog) -> SnapshotFacts:
    """Bring the files here, or reuse them. Raises SnapshotError."""
    into = Path(settings.REPRISE_DATA) / "snapshots"
    limits = FetchLimits(size_bytes=settings.REPRISE_REPOSITORY_SIZE, timeout_s=settings.REPRISE_FETCH_TIMEOUT_S)
    if found.source.kind == "directory":
        return snapshot_directory(Path(found.source.location), into=into, limits=limits, on_log=on_log)
    return fetch_snapshot(
        found.source,
        into=into,
        limits=limits,
        on_log=on_log,
        allowed_schemes=_SCHEMES,
        allow_private=found.is_private_allowed,
    )


def _find_publication(doi: str, *, allow_private: bool) -> Found:
    try:
        repository = _repository_of(doi)
        declared = _declared(repository) if repository else {}
    except DatabaseError:
        repository, declared = None, {}
    if repository is None:
        raise RunError("doi-not-in-catalogue", doi=doi)
    published_on = repository.publication.published_on
    return Found(source_of(repository), _name(doi), allow_private or repository.is_own, declared, published_on)


def has_database() -> bool:
    """Tell whether there may be a database to ask: SQLite would make an empty file of a path where there is none."""
    name = connection.settings_dict["NAME"]
    is_file = connection.vendor == "sqlite" and Path(str(name)).is_absolute()
    return not is_file or Path(str(name)).exists()


def _repository_of(doi: str) -> Repository | None:
    if not has_database():
        return None
    publication = Publication.objects.filter(doi=doi).first()
    return publication.repositories.first() if publication else None


def _declared(repository: Repository) -> dict[str, Declared]:
    """What the confirmed targets say of each notebook; where two of one notebook disagree, nothing is taken over."""
    found: dict[str, list[Declared]] = {}
    for target in Target.objects.filter(repository=repository, state=Target.State.CONFIRMED):
        found.setdefault(target.notebook, []).append(declared_of(target))
    return {path: rows[0] for path, rows in found.items() if all(row == rows[0] for row in rows)}


def declared_of(target: Target) -> Declared:
    """Return what a target says of its notebook."""
    return Declared(
        tolerance_of(target),
        target.parameters,
        tuple(target.allowed_hosts),
        target.threads,
        target.matplotlib_backend,
    )


def _name(text: str) -> str:
    kept = "".join(character if character.isalnum() or character in "._-" else "-" for character in text)
    return kept.strip(".-")[:80] or "source"
