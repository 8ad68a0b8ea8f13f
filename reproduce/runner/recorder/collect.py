"""Take the records of figures out of a run that is over: hostile files, read within bounds and written anew."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nbformat import NotebookNode

from reproduce.runner.notebook import BLOCK
from reproduce.runner.recorder.install import IPYTHON_DIRECTORY, RECORDER_DIRECTORY, RECORDS_DIRECTORY
from reproduce.runner.workspace import Workspace

FIGURE_SCHEMA: Final = "reprise.figure/1"
MOST_RECORDS: Final = 200
MOST_RECORD_BYTES: Final = 4 << 20
MOST_BYTES: Final = 32 << 20
_NAME: Final = re.compile(r"\d{4}\.json")
_TEXT_CHARACTERS: Final = 2000


def keep_figures(workspace: Workspace, target: Path, notebook: NotebookNode) -> list[dict[str, Any]]:
    """Write the records as canonical JSON into the directory `target`; return which figure of which cell each is.

    Call it when no process of the run is left. A record that is too large, no JSON, or not of the schema is left out.
    """
    kept: list[dict[str, Any]] = []
    left_bytes = MOST_BYTES
    for name, data in _records(workspace):
        left_bytes -= len(data)
        if left_bytes < 0:
            break
        record = _read(data)
        if record is None:
            continue
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
        target.mkdir(exist_ok=True)
        (target / name).write_bytes(text)
        kept.append({"name": name, **_place(record, notebook, kept), **_told(record, text)})
    return kept


def _records(workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    """Yield the plain files of the run's directory of records, by name, without following a link."""
    with suppress(OSError):
        folder = os.open(workspace.home, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        for name in (IPYTHON_DIRECTORY, RECORDER_DIRECTORY, RECORDS_DIRECTORY):
            below = _open(name, os.O_RDONLY | os.O_DIRECTORY, folder)
            os.close(folder)
            if below is None:
                return
            folder = below
        try:
            for name in _names(folder):
                data = _content(name, folder)
                if data is not None:
                    yield name, data
        finally:
            os.close(folder)


def _open(name: str, flags: int, folder: int) -> int | None:
    with suppress(OSError):
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    return None


def _names(folder: int) -> list[str]:
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                names.append(entry.name)
    return sorted(names)[:MOST_RECORDS]


def _content(name: str, folder: int) -> bytes | None:
    # A pipe would keep who opens it waiting.
    descriptor = _open(name, os.O_RDONLY | os.O_NONBLOCK, folder)
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as file:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > MOST_RECORD_BYTES:
            return None
        return file.read(MOST_RECORD_BYTES)


def _read(data: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(data)
        # What JSON cannot hold, such as a number that is none, must not come back either.
        json.dumps(record, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("schema") != FIGURE_SCHEMA:
        return None
    is_whole = record.get("way") in ("shown", "saved") and isinstance(record.get("figure"), dict)
    is_named = isinstance(record.get("file"), str | None) and isinstance(record.get("pictures"), list)
    return record if is_whole and is_named and isinstance(record.get("ordinal"), int) else None


def _told(record: dict[str, Any], text: bytes) -> dict[str, Any]:
    file = record["file"]
    return {
        "way": record["way"],
        "file": None if file is None else _shown(file),
        "ordinal": record["ordinal"],
        "sha256": hashlib.sha256(text).hexdigest(),
        "size_bytes": len(text),
    }


def _shown(text: str) -> str:
    return "".join(sign if sign.isprintable() else "·" for sign in text[:_TEXT_CHARACTERS])


def _place(record: dict[str, Any], notebook: NotebookNode, before: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the published cell that the figure belongs to, and which of its outputs shows the very same picture.

    Where several outputs show it, each figure has one of its own, in their order.
    """
    taken = {(figure["cell_index"], figure["output"]) for figure in before}
    count = record.get("execution_count")
    digests = {picture.get("sha256") for picture in record["pictures"] if isinstance(picture, dict)}
    places: list[dict[str, Any]] = []
    for cell in notebook.cells:
        block = cell.metadata.get(BLOCK, {})
        if cell.cell_type == "code" and "index" in block and count is not None and cell.execution_count == count:
            free = [pair for pair in enumerate(cell.outputs) if (block["index"], pair[0]) not in taken]
            shown = (number for number, output in free if digests & _pictures(output))
            places.append({"cell_id": cell.id, "cell_index": block["index"], "output": next(shown, None)})
    # After %reset the count begins anew: of two cells with one count the picture tells which is meant.
    seen = [place for place in places if place["output"] is not None]
    if seen:
        return seen[0]
    return places[0] if len(places) == 1 else {"cell_id": None, "cell_index": None, "output": None}


def _pictures(output: NotebookNode) -> set[str]:
    """Return the digests of the pictures in an output."""
    found = set()
    for mime, value in output.get("data", {}).items():
        if mime.startswith("image/") or mime == "application/pdf":
            text = value if isinstance(value, str) else "".join(value)
            data = text.encode("utf-8", "replace")
            with suppress(binascii.Error, ValueError):
                data = data if mime == "image/svg+xml" else base64.b64decode(data)
            found.add(hashlib.sha256(data).hexdigest())
    return found
