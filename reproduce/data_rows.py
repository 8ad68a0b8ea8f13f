"""What pages show of the data that a run was shown and of the files that it wrote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reproduce.presentation import is_image, measured_words


@dataclass(frozen=True, slots=True)
class FileRow:
    """One declared output file; `artefact` is the name under which the run keeps it, None where it wrote none."""

    path: str
    state: str
    reason: str
    metric: str
    artefact: str | None
    sha256: str
    size_bytes: int | None
    pictures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DataRow:
    """One dataset as the run was shown it; `how` says how its files were checked."""

    dataset: str
    at: str
    files: int
    size_bytes: int
    how: str
    checked_at: datetime | None
    manifest_sha256: str
    extra: int


def file_rows(comparison: Mapping[str, Any] | None) -> tuple[FileRow, ...]:
    """Return the declared output files, in the order of their paths."""
    sides = (("published", "Published"), ("fresh", "Came out"), ("difference", "Where they differ"))
    return tuple(
        FileRow(
            path=str(file.get("path")),
            state=str(file.get("state", "not_compared")),
            reason=str(file.get("reason") or ""),
            metric=measured_words(file),
            artefact=file.get("artefact"),
            sha256=str(file.get("fresh_sha256") or ""),
            size_bytes=file.get("size_bytes"),
            pictures=tuple((words, file[side]) for side, words in sides if is_image(file.get(side))),
        )
        for file in (comparison or {}).get("files", ())
    )


def data_rows(data: Iterable[Mapping[str, Any]]) -> tuple[DataRow, ...]:
    """Return what a run was shown of which dataset."""
    return tuple(
        DataRow(
            dataset=str(one.get("dataset")),
            at=str(one.get("at")),
            files=int(one.get("files", 0)),
            size_bytes=int(one.get("bytes", 0)),
            how=checked_words(one.get("checked") or {}),
            checked_at=_moment(one.get("checked_at")),
            manifest_sha256=str(one.get("manifest_sha256") or ""),
            extra=int((one.get("extra") or {}).get("files", 0)),
        )
        for one in data
    )


def checked_words(checked: Mapping[str, Any]) -> str:
    """Say by what files were checked: "12 by SHA-256, 3 by their size alone"."""
    words = {"sha256": "by SHA-256", "md5": "by MD5", "size": "by their size alone", "nothing": "not checked"}
    return ", ".join(f"{checked[name]} {said}" for name, said in words.items() if checked.get(name)) or "none"


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
