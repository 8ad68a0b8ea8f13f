"""Which releases of a project could be installed on a Python, and since when: read from the index, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from builder.engines.old_python.index_page import IndexFile


@dataclass(frozen=True, slots=True)
class Release:
    """A release and when its first file was uploaded."""

    version: str
    uploaded: datetime


def releases_of(files: Iterable[IndexFile], *, python: str) -> tuple[Release, ...]:
    """Return the releases for `python` ("3.9.7"), in the order of their versions; no previews, none withdrawn."""
    first: dict[Version, datetime] = {}
    for file in files:
        if file.version.is_prerelease or file.is_yanked or not _takes(file, python):
            continue
        first[file.version] = min(file.uploaded, first.get(file.version, file.uploaded))
    return tuple(Release(str(version), first[version]) for version in sorted(first))


def _takes(file: IndexFile, python: str) -> bool:
    try:
        return SpecifierSet(file.requires_python).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True
