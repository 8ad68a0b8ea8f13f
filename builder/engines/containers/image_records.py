"""What was built for which request, so that an environment is found again without asking a container engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from builder.engines.exclusive import exclusively
from builder.held_directory import held_directory


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A finished image: its `digest`, where its registry has it (`remote`), and how its kernel is started."""

    key: str
    digest: str
    repository: str
    prefix: str
    python_version: str
    language: str
    kernel_argv: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    remote: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    companion: Mapping[str, Any] = field(default_factory=dict)


class ImageRecords:
    """The records in `folder`, one file for each request. A record is written when all it speaks of is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, request: str) -> ImageRecord | None:
        """Return the record of the request (a digest in hexadecimal digits), None when there is none."""
        try:
            fields = json.loads(self._path(request).read_text(encoding="utf-8"))
            fields["kernel_argv"] = tuple(fields["kernel_argv"])
            fields["variables"] = tuple((name, value) for name, value in fields["variables"])
            return ImageRecord(**fields)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, request: str, record: ImageRecord) -> None:
        """Write the record; what reads it sees it whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with held_directory(".making-", self._folder) as made:
            (made / "record").write_text(json.dumps(asdict(record), sort_keys=True), encoding="utf-8")
            (made / "record").replace(self._path(request))

    def alone(self, request: str) -> AbstractContextManager[None]:
        """Hold the request against all others who want the same; they wait."""
        return exclusively(self._folder / f".{request}.lock")

    def _path(self, request: str) -> Path:
        return self._folder / f"{request}.json"
