"""What a Workflow Run RO-Crate tells of: runs, their files, who ran them. Pure; crate_document.py writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

METADATA: Final = "ro-crate-metadata.json"
README: Final = "README.md"
MEDIA_TYPE: Final = 'application/ld+json; profile="https://w3id.org/ro/crate"'
# What a reader on any system may take for a separator, a drive or a control.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class CrateFile:
    """A file of the crate: its path below the crate's root, with slashes, and what names its content."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CrateRun:
    """One run of a notebook. Paths are those of the crate's files; times are ISO 8601.

    `published` is the notebook as it was found; `left` is what the run left, `compared` what the comparison did. `data`
    and `network` are as a run's result has them. With `published_at`, from where anybody can fetch the same bytes, that
    stands for the workflow, and the file in the crate is its copy. `derived_from` tells of a dataset (DOI) that took
    the place of the notebook's own, and of its `files`: slot, path, digests.
    """

    notebook: str
    published: str
    verdict: str | None
    cause: Mapping[str, str] | None
    is_completed: bool
    started_at: str | None
    ended_at: str | None
    parameters: Mapping[str, Any]
    data: Sequence[Mapping[str, Any]]
    network: Mapping[str, Any] | None
    left: Sequence[str]
    compared: Sequence[str]
    published_at: str = ""
    derived_from: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CratePublication:
    """The paper that the notebook belongs to; `creators` as the catalogue has them: name, orcid."""

    doi: str
    title: str
    licence: str
    creators: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class CrateParty:
    """Who ran and compared, as an organization: its address on the web, its name, and what else is to be said."""

    address: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Crate:
    """All that is described. `environment` as the statement has it; at least one run with its published notebook."""

    title: str
    made_at: datetime
    party: CrateParty
    comparator: str
    source: str
    commit: str | None
    swhid: str | None
    environment: Mapping[str, Any] | None
    runs: Sequence[CrateRun]
    files: Sequence[CrateFile]
    publication: CratePublication | None = None


def is_portable(name: str) -> bool:
    """Tell whether a file of that name can be unpacked on any system, and nowhere but below the crate's root."""
    parts = name.split("/")
    is_plain = all(part not in ("", ".", "..") and not part.endswith((" ", ".")) for part in parts)
    return is_plain and not _UNSAFE.search(name) and name.isprintable() and name != METADATA
