"""A small disk of a test's own that can be filled to its last byte, and has space again."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CHUNK = bytes(1 << 20)


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """Mount a file system of so many bytes at `place`, and give it; it is gone afterwards."""
    if os.geteuid() != 0:
        pytest.fail("tests of a full disk mount one, as root; type: sudo make test", pytrace=False)
    place.mkdir(parents=True)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "reprise-faults", str(place)), check=True)
    try:
        yield place
    finally:
        subprocess.run(("umount", "--lazy", str(place)), check=True)


def fill(disk: Path, seconds: float) -> None:
    """Leave no byte free for so long: what is freed meanwhile is taken too."""
    filler = disk / "filler"
    until = time.monotonic() + seconds
    try:
        with filler.open("wb", buffering=0) as file:
            while time.monotonic() < until:
                _write_all_there_is(file.fileno())
                time.sleep(0.02)
    finally:
        with suppress(FileNotFoundError):
            filler.unlink()


def _write_all_there_is(descriptor: int) -> None:
    size = len(_CHUNK)
    while size:
        try:
            if os.write(descriptor, _CHUNK[:size]) == 0:
                return
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            size //= 2
