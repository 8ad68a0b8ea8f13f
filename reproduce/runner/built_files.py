"""What the build of an image added to the repository, such as the results of postBuild: part of what a run sees."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import Final

from builder.engines.containers.inside import Inside
from reproduce.runner.workspace import copy_file

_MOST_ENTRIES: Final = 200_000
# Version control, and what programs keep to be quicker: the repository's directory is often also the builder's home.
_LEFT_OUT: Final = frozenset({".git", ".cache", ".npm", ".conda", ".ipynb_checkpoints"})


class TooMuchBuiltError(Exception):
    """The build added more than a run may write."""


def add_built_files(root: Path, repository: str, work: Path, *, most_bytes: int) -> None:
    """Add to `work`, a copy of the snapshot, what lies at `repository` in the image's root and not in the snapshot.

    What the snapshot has stays as it is. Links are kept where they are relative and lead to something inside the
    repository. Raises TooMuchBuiltError.
    """
    built = Inside(root).outside(repository) if repository.startswith("/") else None
    if built is None or built == root or not built.is_dir():
        return
    left_bytes, left_entries = most_bytes, _MOST_ENTRIES
    pending = [""]
    while pending:
        folder = pending.pop()
        for entry in _entries(built / folder):
            path = posixpath.join(folder, entry.name)
            target = work / path
            left_entries -= 1
            if entry.is_dir(follow_symlinks=False):
                if not os.path.lexists(target):
                    target.mkdir()
                if target.is_dir() and not target.is_symlink():
                    pending.append(path)
            elif os.path.lexists(target):
                continue
            elif entry.is_symlink():
                _keep_link(Path(entry.path), path, target)
            else:
                left_bytes -= entry.stat(follow_symlinks=False).st_size
                if left_bytes >= 0:
                    copy_file(entry.path, target)
            if left_bytes < 0 or left_entries < 0:
                raise TooMuchBuiltError


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return [entry for entry in found if entry.name not in _LEFT_OUT]


def _keep_link(link: Path, path: str, target: Path) -> None:
    leads_to = os.readlink(link)  # noqa: PTH115 - a text of the image, not a path of this machine
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), leads_to))
    if not inside.startswith(("/", "../")) and inside != "..":
        target.symlink_to(leads_to)
