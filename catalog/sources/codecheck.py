"""Read codecheck.yml: the outputs of a repository that make up the paper's claims.

Format: CODECHECK configuration file 1.0, https://codecheck.org.uk/spec/config/1.0/
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from catalog.sources import tolerant
from catalog.sources.safe_yaml import read_mapping

FILE_NAMES: Final = ("codecheck.yml", "codecheck.yaml")
MAX_FILES: Final = 500


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """An output that the paper shows: its path in the repository, and what the authors say of it ("Figure 3")."""

    file: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What codecheck.yml says: the files, and of the paper its title and, where it is one, its DOI."""

    files: tuple[ManifestFile, ...]
    paper_title: str = ""
    paper_doi: str = ""
    certificate: str = ""


def read_codecheck(directory: Path) -> Manifest | None:
    """Return the manifest in `directory`, or None when there is none.

    Paths that lead out of the repository are left out. Raises ManifestError (recipe-unreadable) when the file is there
    and cannot be read.
    """
    path = next((directory / name for name in FILE_NAMES if (directory / name).exists()), None)
    if path is None:
        return None
    return manifest_of(read_mapping(path))


def manifest_of(found: dict[str, object]) -> Manifest:
    """Return what the mapping in a codecheck.yml says."""
    paper = tolerant.mapping(found.get("paper"))
    return Manifest(
        files=_files(found.get("manifest")),
        paper_title=tolerant.line(paper.get("title"), tolerant.MAX_TITLE),
        paper_doi=tolerant.doi(paper.get("reference")),
        certificate=tolerant.line(found.get("certificate"), 80),
    )


def _files(value: object) -> tuple[ManifestFile, ...]:
    files: dict[str, ManifestFile] = {}
    for item in tolerant.entries(value, MAX_FILES):
        entry = tolerant.mapping(item)
        # Some write the bare path in place of file: path.
        name = entry.get("file") if entry else item
        path = _inside(name) if isinstance(name, str) else ""
        if path and path not in files:
            files[path] = ManifestFile(path, tolerant.line(entry.get("comment"), tolerant.MAX_TITLE))
    return tuple(files.values())


def _inside(name: str) -> str:
    """Return the path in its plain form, or "" when it is none inside the repository."""
    if not name.isprintable() or "\\" in name or len(name) > 500:
        return ""
    path = PurePosixPath(name.strip())
    return "" if path.is_absolute() or ".." in path.parts or path == PurePosixPath() else str(path)
