"""One page of the package index (PEP 691 with the upload times of PEP 700): what it says of a project's files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from builder.errors import BuildError

_SOURCES: Final = (".tar.gz", ".zip", ".tar.bz2", ".tgz")
_REASON_LIMIT: Final = 200
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of a project: a wheel or a source distribution. `url` is where the index itself has it."""

    project: str
    version: Version
    name: str
    url: str
    sha256: str
    uploaded: datetime
    size: int | None = None
    requires_python: str = ""
    is_yanked: bool = False
    yank_reason: str = ""

    @property
    def is_wheel(self) -> bool:
        """Tell a wheel from a source distribution."""
        return self.name.endswith(".whl")


def files_of_page(project: str, address: str, page: dict[str, Any]) -> Iterator[IndexFile]:
    """Return what can be used of a page. Raises BuildError index-unreachable when it tells no dates at all."""
    entries = [entry for entry in page["files"] if isinstance(entry, dict)]
    if entries and not any(entry.get("upload-time") for entry in entries):
        raise BuildError("index-unreachable", reason="it tells no upload times (PEP 700 is needed)")
    for entry in entries:
        name = str(entry.get("filename", ""))
        hashes = entry.get("hashes")
        sha256 = str(hashes.get("sha256", "")) if isinstance(hashes, dict) else ""
        version = _version(project, name)
        url = without_login(urljoin(address, str(entry.get("url", ""))))
        uploaded = _moment(entry.get("upload-time"))
        if version is None or uploaded is None or url is None or not _SHA256.fullmatch(sha256):
            continue
        size = entry.get("size")
        yield IndexFile(
            project=project,
            version=version,
            name=name,
            url=url,
            sha256=sha256,
            uploaded=uploaded,
            size=size if isinstance(size, int) and size >= 0 else None,
            requires_python=str(entry.get("requires-python") or ""),
            is_yanked=entry.get("yanked") not in (None, False),
            yank_reason=str(entry["yanked"])[:_REASON_LIMIT] if isinstance(entry.get("yanked"), str) else "",
        )


def _version(project: str, name: str) -> Version | None:
    """Return the version in a file name, or None for what is neither a wheel nor a source distribution of it."""
    if not _FILE_NAME.fullmatch(name):
        return None
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[1]
        stem = next(name.removesuffix(ending) for ending in _SOURCES if name.endswith(ending))
        dashes = [place for place, letter in enumerate(stem) if letter == "-"]
        place = next(place for place in dashes if canonicalize_name(stem[:place]) == project)
        return Version(stem[place + 1 :])
    except (InvalidVersion, InvalidWheelFilename, StopIteration):
        return None


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def without_login(url: str) -> str | None:
    """Return the address as it may be shown, or None when it is not one of http or https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-~]+", url):
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
