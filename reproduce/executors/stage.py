"""The directory on the shared file system by which a worker and a node talk: the job there, events and result back.

job.json, job.sh    what the node reads
scheduler.log       what the batch system and the script say
attempt-XXXXXX/     the bundle of one start; a job that is requeued gets another, so that a start that was given up
                    for dead, but still writes on a node that is only cut off, writes nowhere that counts
current             the name of the newest attempt, written in one step
"""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from reproduce.runner.bundle import EVENTS_FILE, RUNNER_LOG, SHOWN_FILE, BundleUnusableError, read_result, write_job
from reproduce.runner.job import Job, Result

SCRIPT_FILE: Final = "job.sh"
LOG_FILE: Final = "scheduler.log"
FACTS_FILE: Final = "scheduler.json"
MODULES_FILE: Final = "modules.json"
MODULES_LOG: Final = "modules.log"
_NOT_EVIDENCE: Final = frozenset({"home", MODULES_LOG, SHOWN_FILE})
_ATTEMPT: Final = re.compile(r"attempt-[A-Za-z0-9]{6}")
_LINE_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 20
_TAIL_BYTES: Final = 4000
_LOOK_AGAIN_S: Final = 0.2


class Stage:
    """One submission's directory."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @property
    def script(self) -> Path:
        return self.place / SCRIPT_FILE

    @property
    def log(self) -> Path:
        return self.place / LOG_FILE

    def prepare(self, job: Job, script: str) -> None:
        """Write what the node reads. Raises BundleUnusableError for a job that cannot be run."""
        write_job(self.place, job)
        self.script.write_text(script, encoding="utf-8")
        self.script.chmod(0o700)

    def current(self) -> Path | None:
        """Return the bundle of the newest start, None before the first."""
        try:
            name = (self.place / "current").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return self.place / name if _ATTEMPT.fullmatch(name) else None

    def result(self, patience_s: float = 0.0) -> Result | None:
        """Return the result of the newest start, after waiting that long for the file system to show it."""
        end = time.monotonic() + patience_s
        while True:
            current = self.current()
            if current is not None:
                with suppress(BundleUnusableError):
                    return read_result(current)
            if time.monotonic() >= end:
                return None
            time.sleep(_LOOK_AGAIN_S)

    def log_text(self) -> str:
        """The end of what the batch system, the script and the runner said."""
        current = self.current()
        found = [_end_of(current / name) for name in (RUNNER_LOG, MODULES_LOG)] if current else []
        return "\n".join(filter(None, (*found, self.scheduler_text())))

    def scheduler_text(self) -> str:
        """The end of what the batch system and the script said; nothing of the notebook gets in there."""
        return _end_of(self.log)

    def collect(self, bundle: Path) -> None:
        """Copy the evidence of the newest start into the bundle directory."""
        bundle.mkdir(parents=True, exist_ok=True)
        current = self.current()
        if current is None:
            return
        for entry in current.iterdir():
            if entry.name in _NOT_EVIDENCE or entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir():
                shutil.copytree(entry, bundle / entry.name, dirs_exist_ok=True)
            elif entry.is_file():
                shutil.copyfile(entry, bundle / entry.name)

    def show(self, bundle: Path) -> None:
        """Have whoever compares ahead find in the bundle what the newest start has shown so far."""
        current, link = self.current(), bundle / SHOWN_FILE
        if current is None:
            return
        # Nothing follows from its absence.
        with suppress(OSError):
            if not link.is_symlink() or link.readlink() != current / SHOWN_FILE:
                link.unlink(missing_ok=True)
                link.symlink_to(current / SHOWN_FILE)

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.place, ignore_errors=True)


class EventTail:
    """Reads events.jsonl as it grows on another machine.

    A line counts when it is whole: a shared file system may show a file's new length before what was written, as a
    missing end or as zero bytes. What is not whole is read again at the next look.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._attempt: Path | None = None
        self._offset = 0
        self.started = 0
        self.is_restarted = False

    def read(self) -> list[dict[str, Any]]:
        """Return the events that have come. `is_restarted` tells whether they are the first of another start."""
        current = self._stage.current()
        self.is_restarted = False
        if current is None:
            return []
        if current != self._attempt:
            self._attempt, self._offset = current, 0
            self.is_restarted = self.started > 0
            self.started += 1
        try:
            with (current / EVENTS_FILE).open("rb") as file:
                file.seek(self._offset)
                data = file.read(_CHUNK_BYTES)
        except OSError:
            return []
        events = []
        for line in data.splitlines(keepends=True):
            event = _event(line)
            if event is None and not (line.endswith(b"\n") and len(line) > _LINE_BYTES // 2):
                break
            self._offset += len(line)
            if event is not None:
                events.append(event)
        return events


def _end_of(path: Path) -> str:
    try:
        return path.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _event(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n") or b"\0" in line:
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else None
