"""The root file system of an image in bubblewrap: which of its parts are shown where, whatever the image holds.

bubblewrap makes a mount's place inside before the sandbox is closed, and follows links on the way there. So a link of
the image must never lie on the way of a mount: the root is a fresh one, with the image's entries bound into it one by
one, and every directory that something else is put into (`/etc`, `/home`) is a fresh one as well.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# Made by the sandbox itself; what the image has there is not shown.
OWN_DIRECTORIES: Final = frozenset({"proc", "sys", "dev", "tmp", "run"})
# Bound entry by entry, so that the sandbox can put its own beside them.
OPENED_DIRECTORIES: Final = ("etc", "home")


def root_binds(root: Path, *, own: Iterable[str] = ()) -> list[str]:
    """Return the arguments that show the image's root read-only, but for the entries named in `own` ("etc/passwd").

    /proc, /dev and /tmp are left to the caller, as is what `own` names. Nothing may be put inside before.
    """
    left_out = frozenset(own)
    arguments: list[str] = []
    for name, kind in _entries(root):
        if name in OWN_DIRECTORIES:
            continue
        if name in OPENED_DIRECTORIES:
            # Where it is no directory, nothing of it is shown.
            if stat.S_ISDIR(kind):
                arguments += ["--dir", f"/{name}"]
                arguments += _bound(root, name, left_out)
        else:
            arguments += _shown(root, name, kind)
    return arguments


def mount_binds(mounts: Iterable[tuple[str, str]], *, root: Path | None, closed: Iterable[str] = ()) -> list[str]:
    """Return the arguments that show each (path here, path inside) read-only, over an image's `root` or without one.

    Without a root, `closed` are the paths that the sandbox shows of the host. Left out is a mount whose place would
    have to be made where nothing can be written, lies behind a link of an image, or is of another kind than what is
    shown there.
    """
    shown = tuple(closed)
    arguments: list[str] = []
    for here, inside in mounts:
        if not _is_path(inside) or not Path(here).exists():
            continue
        is_directory = Path(here).is_dir()
        fits = _fits_host(is_directory, inside, shown) if root is None else _fits_root(is_directory, inside, root)
        if fits:
            arguments += ["--ro-bind", os.path.realpath(here), inside]
    return arguments


def has_place(inside: str, *, root: Path, is_directory: bool) -> bool:
    """Tell whether a directory or file can be shown at `inside` over the image's root."""
    return _is_path(inside) and _fits_root(is_directory, inside, root)


def _is_path(inside: str) -> bool:
    """Whether it is a plain absolute path outside of what the sandbox makes itself."""
    is_plain = inside.startswith("/") and posixpath.normpath(inside) == inside and "\0" not in inside
    return is_plain and inside.strip("/").split("/")[0] not in {"", *OWN_DIRECTORIES}


def _fits_host(is_directory: bool, inside: str, closed: tuple[str, ...]) -> bool:
    if not any(inside == path or inside.startswith(f"{path}/") for path in closed):
        return True
    place = Path(inside)
    return place.exists() and place.is_dir() == is_directory


def _fits_root(is_directory: bool, inside: str, root: Path) -> bool:
    """Walk to the place in the image's tree: all of it must be there without a link, or its directory be ours."""
    parts = inside.strip("/").split("/")
    place = root
    kind = 0
    for depth, part in enumerate(parts):
        if depth and not stat.S_ISDIR(kind):
            return False
        place = place / part
        try:
            kind = place.lstat().st_mode
        except FileNotFoundError:
            return depth == 0 or (depth == 1 and parts[0] in OPENED_DIRECTORIES)
        except OSError:
            return False
    return stat.S_ISDIR(kind) if is_directory else stat.S_ISREG(kind)


def _bound(root: Path, directory: str, left_out: frozenset[str]) -> list[str]:
    arguments: list[str] = []
    for name, kind in _entries(root / directory):
        path = f"{directory}/{name}"
        if path not in left_out:
            arguments += _shown(root, path, kind)
    return arguments


def _shown(root: Path, path: str, kind: int) -> list[str]:
    if stat.S_ISLNK(kind):
        return ["--symlink", os.readlink(root / path), f"/{path}"]  # noqa: PTH115 - likewise
    if stat.S_ISDIR(kind) or stat.S_ISREG(kind):
        return ["--ro-bind", str(root / path), f"/{path}"]
    return []


def _entries(directory: Path) -> list[tuple[str, int]]:
    """Names and kinds of what lies in the directory, sorted."""
    with os.scandir(directory) as found:
        return sorted((each.name, each.stat(follow_symlinks=False).st_mode) for each in found)
