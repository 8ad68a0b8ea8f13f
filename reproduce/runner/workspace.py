"""A run's own directory: a private copy of the snapshot, a home, /tmp and the sockets. Gone when the run is over."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from builder.engines.protocol import HOME_TEMPLATE
from builder.held_directory import make_held, release, remove_tree
from reproduce.runner.disk_use import DiskMeter, used_bytes

_FICLONE: Final = 0x40049409
_SOCKET_PLACE_CHARACTERS: Final = 70
WORK_NAME: Final = "work"


class Workspace:
    """Makes and removes the directories. All a notebook can write on disk lies below `root` and `connection`."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="reprise-"))
        self.home = self.root / "home"
        self.work = self.home / WORK_NAME
        self.tmp = self.root / "tmp"
        # It may lie beside what other programs keep, out of reach of who removes the rest when this process is killed.
        self._held: int | None
        self.connection, self._held = make_held("rr-", _short_place())
        for directory in (self.work, self.tmp):
            directory.mkdir(parents=True)
        self.initial_bytes = 0
        self.filled_at_ns = 0

    def fill(self, source: Path, prefix: Path | None) -> None:
        """Copy the snapshot and, where an environment with this prefix brings one, the template of a home directory.

        The template lets an environment keep what its packages would otherwise compute in every run, such as the font
        list of matplotlib.
        """
        template = None if prefix is None else prefix / HOME_TEMPLATE
        if template is not None and template.is_dir():
            copy_tree(template, self.home)
        copy_tree(source, self.work)

    def is_filled(self) -> None:
        """Take what lies here now for given: only what comes on top counts as written by the run."""
        self.initial_bytes = used_bytes(self.root, self.connection)
        with tempfile.TemporaryFile(dir=self.root) as mark:
            self.filled_at_ns = os.fstat(mark.fileno()).st_ctime_ns

    def meter(self) -> DiskMeter:
        """Return what measures the disk space that the run uses."""
        return DiskMeter((self.root, self.connection))

    def free_bytes(self) -> int:
        """Return what is free where the run writes."""
        return shutil.disk_usage(self.root).free

    def remove(self) -> None:
        """Remove everything, also what the notebook made unreadable or deeper than a path is long; once is enough."""
        held, self._held = self._held, None
        if held is not None:
            remove_tree(self.root)
            release(self.connection, held)


def _short_place() -> Path:
    """Where sockets can lie, whose paths may have 108 bytes: /tmp itself where the usual place is too deep."""
    usual = tempfile.gettempdir()
    return Path(usual if len(usual) <= _SOCKET_PLACE_CHARACTERS else "/tmp")  # noqa: S108 - what is made is private


def copy_tree(source: Path, target: Path) -> None:
    """Copy directories, plain files (as clones where the file system can) and links as they are; leave out .git.

    Devices, sockets and pipes are left out. What is copied is writable to its owner.
    """
    target.mkdir(exist_ok=True, parents=True)
    with os.scandir(source) as entries:
        for entry in entries:
            destination = target / entry.name
            if entry.name == ".git":
                continue
            if entry.is_symlink():
                destination.symlink_to(Path(entry.path).readlink())
            elif entry.is_dir():
                copy_tree(Path(entry.path), destination)
            elif entry.is_file():
                copy_file(entry.path, destination)


def copy_file(source: str, target: Path) -> None:
    """Copy one plain file, writable to its owner, with its time."""
    with open(source, "rb") as reader, open(target, "wb") as writer:  # noqa: PTH123 - called for each file
        try:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError:
            shutil.copyfileobj(reader, writer, 1 << 20)
            # Written later, it would be newer than its original.
            writer.flush()
        mode = os.fstat(reader.fileno())
        os.fchmod(writer.fileno(), stat.S_IMODE(mode.st_mode) & 0o777 | 0o600)
        os.utime(writer.fileno(), ns=(mode.st_atime_ns, mode.st_mtime_ns))
