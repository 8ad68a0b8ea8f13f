"""Messages as files, for an installation without a broker server.

As kombu's own transport of that name, but a message is there whole or not at all: kombu's can be taken by a reader
between being made and being written, and what is read then ends the worker with every run it has.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):
    """Directories that were lost are made again; a message that cannot be read is dropped, as any may be lost."""

    def _put(self, queue: str, payload: dict[str, Any], **_: object) -> None:  # type: ignore[override]  # kombu has two forms
        """Write beside the place and rename. Raises ChannelError."""
        folder = Path(self.data_folder_out)
        place = folder / f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        draft = place.with_suffix(".draft")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(dumps(payload), encoding="utf-8")
            draft.rename(place)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise ChannelError(f"Cannot add {place.name} to the queue: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002 - kombu's message, its form
        """Take the oldest message: of several readers one succeeds in moving it. Raises Empty."""
        folder, taken_folder = Path(self.data_folder_in), Path(self.processed_folder)
        for name in _names(folder):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = taken_folder / name
            try:
                taken_folder.mkdir(parents=True, exist_ok=True)
                (folder / name).rename(taken)
            except OSError:
                continue
            try:
                return loads(taken.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                log.warning("message-dropped", name=name, error=str(error))
            finally:
                taken.unlink(missing_ok=True)
        raise Empty

    def _size(self, queue: str) -> int:
        """Return how many messages wait. Without its directory, which the next message makes again, there are none."""
        return sum(name.partition(".")[2] == f"{queue}.msg" for name in _names(Path(self.data_folder_in)))

    def get_table(self, exchange: str) -> list[Any]:
        """Return where messages go: what is on file, and what this process has bound itself, should the file be lost.

        One that was cut short, by a kill or a full disk, counts as lost.
        """
        bound = (self.state.exchanges or {}).get(exchange, {}).get("table", ())
        own = [filesystem.exchange_queue_t(*(part or "" for part in row)) for row in bound]
        try:
            rows = loads(self._table_file(exchange).read_text(encoding="utf-8"))
            kept = [filesystem.exchange_queue_t(*row) for row in rows]
        except (OSError, ValueError, TypeError):
            kept = []
        return kept + [row for row in own if row not in kept]

    def _table_file(self, exchange: str) -> Path:
        return self._exchange_file(exchange)  # type: ignore[no-any-return,attr-defined]  # newer than its stubs

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        """Add a row to the table, which is there whole or not at all. Raises ChannelError."""
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        place = self._table_file(exchange)
        draft = place.with_suffix(".draft")
        try:
            self.control_folder.mkdir(parents=True, exist_ok=True)
            with _alone(self.control_folder):
                draft.write_text(dumps([row, *(each for each in self.get_table(exchange) if each != row)]))
                draft.rename(place)
        except OSError as error:
            raise ChannelError(f"Cannot write {place}: {error}") from error


class Transport(filesystem.Transport):
    """Goes by the name of kombu's."""

    Channel = Channel


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a directory against all others who would change something in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names alone, many times a second
    except FileNotFoundError:
        return []
