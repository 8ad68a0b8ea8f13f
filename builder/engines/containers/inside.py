"""Look into the root file system of an image without leaving it: links are followed as its own programs would."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_HOPS: Final = 40
_ENTRIES: Final = 20_000


class Inside:
    """The root file system at `root`. Paths given and returned are absolute paths inside."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def real(self, path: str) -> str | None:
        """Return where `path` leads to, None when it leads to nothing or in circles."""
        pending = [part for part in PurePosixPath(path).parts if part != "/"][::-1]
        at: list[str] = []
        hops = 0
        while pending:
            part = pending.pop()
            if part == "..":
                at = at[:-1]
                continue
            here = self._root.joinpath(*at, part)
            try:
                mode = here.lstat().st_mode
            except (OSError, ValueError):
                return None
            if stat.S_ISLNK(mode):
                hops += 1
                if hops > _HOPS:
                    return None
                target = PurePosixPath(here.readlink())
                at = [] if target.is_absolute() else at
                pending += [each for each in target.parts if each != "/"][::-1]
            else:
                at.append(part)
        return "/" + "/".join(at)

    def outside(self, path: str) -> Path | None:
        """Return the path on this machine of what `path` leads to, itself no link; None when there is nothing."""
        real = self.real(path)
        return None if real is None else self._root.joinpath(real.removeprefix("/"))

    def is_program(self, path: str) -> bool:
        """Tell whether a file that may be executed is there."""
        found = self.outside(path)
        return found is not None and found.is_file() and bool(found.stat().st_mode & 0o111)

    def is_directory(self, path: str) -> bool:
        """Tell whether a directory is there."""
        found = self.outside(path)
        return found is not None and found.is_dir()

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted; none when there is no directory."""
        found = self.outside(path)
        if found is None or not found.is_dir():
            return []
        return sorted(os.listdir(found)[:_ENTRIES])  # noqa: PTH208 - names, not paths

    def text(self, path: str, *, limit_bytes: int) -> str | None:
        """Return a text file's first `limit_bytes`, None when there is no file."""
        found = self.outside(path)
        if found is None or not found.is_file():
            return None
        try:
            with found.open("rb") as file:
                return file.read(limit_bytes).decode("utf-8", "replace")
        except OSError:
            return None

    def programs(self, name: str, folders: tuple[str, ...]) -> Iterator[str]:
        """Yield where `name` is in the folders, as a shell would look for it."""
        for folder in folders:
            path = f"{folder.rstrip('/')}/{name}"
            if self.is_program(path):
                yield path
