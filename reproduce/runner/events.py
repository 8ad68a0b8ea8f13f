"""The stream of events: one JSON object a line, to events.jsonl and to whoever reads the runner's output."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from reproduce.runner.bundle import EVENTS_FILE
from reproduce.runner.job import EVENT_SCHEMA

PREVIEW_CHARACTERS: Final = 1800


class EventStream:
    """Numbers, dates and writes events. A reader that went away ends the live copy, never the run."""

    def __init__(self, bundle: Path, live_fd: int | None) -> None:
        self._file = os.open(bundle / EVENTS_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._live_fd = live_fd
        self._sequence = 0

    def emit(self, kind: str, **data: Any) -> None:  # noqa: ANN401 - the fields of an event differ by its type
        """Write one event of type `kind`; `data` must be JSON."""
        self._sequence += 1
        event = {"schema": EVENT_SCHEMA, "seq": self._sequence, "time": now_text(), "type": kind, **data}
        line = json.dumps(event, separators=(",", ":")).encode("ascii") + b"\n"
        _write_all(self._file, line)
        if self._live_fd is not None:
            try:
                _write_all(self._live_fd, line)
            except OSError:
                self._live_fd = None


def now_text() -> str:
    """The time as ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def preview(text: str) -> str:
    """The beginning of a text, short enough for an event, without what a terminal or a log could not show."""
    short = text[:PREVIEW_CHARACTERS].encode("utf-8", "replace")[:PREVIEW_CHARACTERS].decode("utf-8", "ignore")
    return "".join(character if character.isprintable() or character in "\n\t\r" else "·" for character in short)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
