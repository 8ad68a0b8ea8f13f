"""The first look at a notebook's bytes, quick enough to come before anything is started."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from reproduce.runner.quantities import bytes_words

MOST_BYTES: Final = 256 << 20


class NotebookInvalidError(Exception):
    """The notebook cannot be run as it is; the text says why."""


def read_notebook_bytes(source: Path, notebook: str) -> bytes:
    """Read the notebook out of the snapshot. Raises NotebookInvalidError when it is missing, outside or too large."""
    path = source / notebook
    try:
        # Path.resolve raises something else for a link in a loop.
        if not Path(os.path.realpath(path, strict=True)).is_relative_to(source.resolve(strict=True)):
            raise NotebookInvalidError("it is a link out of the repository")
        if not path.is_file():
            raise NotebookInvalidError("it is not a file")
        if os.path.getsize(path) > MOST_BYTES:  # noqa: PTH202 - follows the link that was just checked
            raise NotebookInvalidError(f"it is larger than {bytes_words(MOST_BYTES)}")
        return path.read_bytes()
    except OSError as error:
        raise NotebookInvalidError(error.strerror or str(error)) from error


def check_notebook_bytes(content: bytes) -> None:
    """Refuse what is not a notebook's JSON. Raises NotebookInvalidError."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotebookInvalidError(f"it is not JSON: {str(error)[:300]}") from error
    if not isinstance(data, dict) or not isinstance(data.get("nbformat"), int):
        raise NotebookInvalidError("it is JSON, but not a notebook")
