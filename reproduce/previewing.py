"""Look into a file of a dataset: one confined program for each question, and so many at a time on this machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

from reproduce.errors import RunError
from reproduce.preview.asking import ask
from reproduce.preview.limits import PreviewLimits
from reproduce.preview.question import Question, RefusedError
from reproduce.preview.trees import Tree
from reproduce.preview_files import PreviewFile
from reproduce.preview_room import preview_directory
from reproduce.runner.data_memory import Fingerprint

# Raised with every change of what is answered or drawn, so that nothing older is taken for it.
VERSION: Final = 1
WAIT_S: Final = 10.0
_LOOK_AGAIN_S: Final = 0.05


def fingerprint_of(file: PreviewFile) -> str:
    """Return a digest that changes when the file does. Raises RunError preview-not-here."""
    found = Fingerprint.of(_stat(file))
    numbers = (VERSION, found.size_bytes, found.mtime_ns, found.ctime_ns, found.inode, found.device)
    return hashlib.sha256(repr(numbers).encode()).hexdigest()


def look(file: PreviewFile, question: Question) -> bytes:
    """Return what the file answers.

    Raises RunError: preview-not-here, preview-busy, preview-missing, preview-too-large,
    preview-unreadable; and BuildError sandbox-missing.
    """
    limits: PreviewLimits = settings.REPRISE_PREVIEW
    if limits.at_a_time < 1:
        raise RunError(
            "preview-not-here", path=file.path, reason="this service looks into no files, by REPRISE_PREVIEWS"
        )
    found = _stat(file)
    with _turn(limits.at_a_time):
        try:
            return ask(question, _here(file), (found.st_dev, found.st_ino), limits)
        except RefusedError as error:
            raise RunError(error.kind, path=file.path, reason=error.reason) from error


def preview_tree(file: PreviewFile) -> Tree:
    """Return the tree of a file, for a page without scripts. Raises as `look` does."""
    told = look(file, Question("tree", file.path))
    try:
        return Tree.of_bytes(told)
    except (ValueError, TypeError, KeyError):
        raise RunError("preview-unreadable", path=file.path, reason="its tree came out broken") from None


def _here(file: PreviewFile) -> Path:
    if file.here is None:
        raise RunError("preview-not-here", path=file.path, reason=file.reason)
    return file.here


def _stat(file: PreviewFile) -> os.stat_result:
    try:
        found = _here(file).lstat()
    except OSError:
        found = None
    if found is None or not stat.S_ISREG(found.st_mode):
        raise RunError("preview-not-here", path=file.path, reason="it went away")
    return found


@contextmanager
def _turn(most: int) -> Iterator[None]:
    """Hold one of so many places on this machine; the system gives it back when its holder dies.

    Raises RunError preview-busy when none comes free in time.
    """
    folder = preview_directory() / "turns"
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + WAIT_S
    while True:
        for number in range(most):
            descriptor = os.open(folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            try:
                yield
            finally:
                os.close(descriptor)
            return
        if time.monotonic() >= until:
            raise RunError("preview-busy")
        time.sleep(_LOOK_AGAIN_S)
