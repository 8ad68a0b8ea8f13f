"""Messages as files, for an installation without a broker server.

As kombu's own transport of that name, but a message is there whole or not at all: kombu's can be taken by a reader
between being made and being written, and what is read then ends the worker with every run it has.
"""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
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


class Transport(filesystem.Transport):
    """Goes by the name of kombu's."""

    Channel = Channel


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names alone, many times a second
    except FileNotFoundError:
        return []
