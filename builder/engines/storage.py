"""What the engines keep on this machine: which environments, how large, when used last; and removing them.

Environments of images are listed by their records, and lie where the image's root file system does.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from builder.engines.exclusive import exclusively_if_free
from builder.engines.finishing import read_marker
from builder.engines.leases import is_fresh, is_in_use, remove_environment, sweep_removed, used_at
from builder.engines.limits import occupied_bytes
from builder.engines.manifest import changed_files

ENVIRONMENTS: Final = "envs"
IMAGES: Final = "images"
ROOTS: Final = "roots"
FONTS: Final = "fonts"
GIVEN_RECORDS: Final = "given/*/record.json"
BYTECODE: Final = "bytecode"
WHEEL_ARCHIVES: Final = "cache/archive-v0"
# Held by whoever builds, with others: then wheels are taken from the cache.
BUILDING: Final = ".building.lock"
_KEY: Final = frozenset("0123456789abcdef")
_HALF_MADE: Final = ".making-*"
_HALF_MADE_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredEnvironment:
    """An environment on this disk. `place` is the directory that is held by its users and removed.

    `size_bytes` counts all its files; what it shares by hard links stays when it is removed. `package_digest` is equal
    for two installations of one lock, and empty where the engine knows none.
    """

    key: str
    engine: str
    place: Path
    python: str
    as_of: str
    packages: int
    package_digest: str
    size_bytes: int
    made_at: str
    used_at: datetime | None

    @property
    def is_of_image(self) -> bool:
        """Tell whether it is the root of an image, which several environments may share."""
        return self.place.parent.name == ROOTS

    @property
    def is_held(self) -> bool:
        """Tell whether somebody runs in it now."""
        return is_in_use(self.place)

    @property
    def is_in_use(self) -> bool:
        """Tell whether somebody runs in it now, or may be about to."""
        return self.is_held or is_fresh(self.place)


class Store:
    """Everything below `root`, the directory of the engines. Safe beside builds and runs of other processes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def environments(self) -> list[StoredEnvironment]:
        """Return the finished environments, least recently used first."""
        found = [*self._installed(), *self._of_images()]
        return sorted(found, key=lambda each: (each.used_at or datetime.min.replace(tzinfo=UTC), each.key))

    def find(self, beginning: str) -> list[StoredEnvironment]:
        """Return those whose key begins so."""
        return [each for each in self.environments() if beginning and each.key.startswith(beginning)]

    def sizes(self) -> dict[str, int]:
        """Return the disk space of each directory of the store; a file with several names counts where met first."""
        seen: set[tuple[int, int]] = set()
        with suppress(FileNotFoundError):
            folders = sorted(path for path in self.root.iterdir() if path.is_dir() and not path.is_symlink())
            return {folder.name: _unseen_bytes(folder, seen) for folder in sorted(folders, key=_order)}
        return {}

    def size_bytes(self) -> int:
        """Return the disk space of all that is kept, files with several names once."""
        return occupied_bytes([self.root])

    def free_bytes(self) -> int:
        """Return what is free on the disk of the store."""
        self.root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.root).free

    def remove(self, environment: StoredEnvironment) -> bool:
        """Remove it, unless it is in use; False when it stays."""
        return not is_fresh(environment.place) and remove_environment(environment.place)

    def sweep(self) -> int:
        """Delete what killed builds left, what was removed while in use, and fonts that no environment names.

        Return how many of these there were.
        """
        count = 0
        for name in (ENVIRONMENTS, ROOTS):
            count += sweep_removed(self.root / name)
        for left in self._half_made():
            shutil.rmtree(left, ignore_errors=True)
            count += 1
        return count + self._sweep_fonts()

    def drop_unshared(self) -> int:
        """Delete unpacked wheels and bytecode that no environment shares any more; return the bytes that this frees.

        uv fetches a wheel again when it is needed. Nothing is done while something is being built.
        """
        freed = 0
        with exclusively_if_free(self.root / BUILDING) as is_alone:
            if not is_alone:
                return 0
            for folder in _entries(self.root / BYTECODE):
                for file in _entries(Path(folder.path)):
                    facts = file.stat(follow_symlinks=False)
                    if facts.st_nlink == 1 and file.name.endswith(".pyc"):
                        Path(file.path).unlink(missing_ok=True)
                        freed += facts.st_blocks * 512
            for archive in _entries(self.root / WHEEL_ARCHIVES):
                size = _lonely_bytes(archive.path) if archive.is_dir(follow_symlinks=False) else None
                if size is not None:
                    shutil.rmtree(archive.path, ignore_errors=True)
                    freed += size
        return freed

    def drop_damaged(self, place: Path) -> None:
        """Delete from the caches what shares a changed file with the environment, which is then fetched anew.

        A file that is linked into an environment is the cache's own: who writes to the one has written to the other.
        """
        inodes = {(facts.st_dev, facts.st_ino) for facts in map(Path.stat, changed_files(place)) if facts.st_nlink > 1}
        if not inodes:
            return
        for folder in _entries(self.root / BYTECODE):
            for file in _entries(Path(folder.path)):
                facts = file.stat(follow_symlinks=False)
                if (facts.st_dev, facts.st_ino) in inodes:
                    Path(file.path).unlink(missing_ok=True)
        for archive in _entries(self.root / WHEEL_ARCHIVES):
            if any((facts.st_dev, facts.st_ino) in inodes for facts in _facts_below(archive.path)):
                shutil.rmtree(archive.path, ignore_errors=True)

    def _installed(self) -> Iterator[StoredEnvironment]:
        for place in _places(self.root / ENVIRONMENTS):
            marker = read_marker(place)
            if marker is not None and marker.get("key") == place.name:
                interpreter = marker.get("interpreter")
                python = interpreter.get("version", "") if isinstance(interpreter, dict) else ""
                yield _stored(place.name, str(marker.get("engine", "local")), place, str(python), marker)

    def _of_images(self) -> Iterator[StoredEnvironment]:
        seen = set()
        for path in sorted((self.root / IMAGES).glob("*.json")):
            record = _read(path)
            key, digest = str(record.get("key", "")), str(record.get("digest", "")).removeprefix("sha256:")
            place = self.root / ROOTS / digest
            facts = _read(place / "root.json")
            if not key or key in seen or not facts or not set(digest) <= _KEY:
                continue
            seen.add(key)
            details = record.get("details")
            details = details if isinstance(details, dict) else {}
            packages = details.get("packages")
            facts["packages"] = len(packages) if isinstance(packages, list) else 0
            engine = str(details.get("engine", "image"))
            yield _stored(key, engine, place, str(record.get("python_version", "")), facts)

    def _half_made(self) -> Iterable[Path]:
        oldest = time.time() - _HALF_MADE_S
        for folder in (self.root / ENVIRONMENTS, self.root / ROOTS, self.root / FONTS, self.root / "scratch"):
            for left in folder.glob("*" if folder.name == "scratch" else _HALF_MADE):
                with suppress(FileNotFoundError):
                    if left.is_dir() and left.stat().st_mtime < oldest:
                        yield left

    def _sweep_fonts(self) -> int:
        markers = (read_marker(place) or {} for place in _places(self.root / ENVIRONMENTS))
        named = {str(marker.get("fonts")) for marker in (*markers, *map(_read, self.root.glob(GIVEN_RECORDS)))}
        oldest = time.time() - _HALF_MADE_S
        unnamed = [place for place in _places(self.root / FONTS) if place.name not in named]
        # One that was kept a moment ago is of an environment that is being made.
        old = [place for place in unnamed if place.stat().st_mtime < oldest]
        for place in old:
            shutil.rmtree(place, ignore_errors=True)
        return len(old)


def _stored(key: str, engine: str, place: Path, python: str, facts: Mapping[str, Any]) -> StoredEnvironment:
    def number(name: str) -> int:
        value = facts.get(name)
        return value if isinstance(value, int) else 0

    return StoredEnvironment(
        key=key,
        engine=engine.partition("/")[0],
        place=place,
        python=python,
        as_of=str(facts.get("as_of", "")),
        packages=number("packages"),
        package_digest=str(facts.get("package_digest", "")),
        size_bytes=number("size_bytes"),
        made_at=str(facts.get("made_at", "")),
        used_at=used_at(place),
    )


def _places(folder: Path) -> list[Path]:
    """Return the directories that are named by a digest."""
    with suppress(FileNotFoundError):
        return sorted(path for path in folder.iterdir() if len(path.name) == 64 and set(path.name) <= _KEY)
    return []


def _order(folder: Path) -> tuple[bool, str]:
    """Environments first: what they share with the cache is theirs as long as they are there."""
    return folder.name != ENVIRONMENTS, folder.name


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _unseen_bytes(folder: Path, seen: set[tuple[int, int]]) -> int:
    total = 0
    for facts in _facts_below(str(folder)):
        mark = (facts.st_dev, facts.st_ino)
        if mark not in seen:
            seen.add(mark)
            total += facts.st_blocks * 512
    return total


def _lonely_bytes(folder: str) -> int | None:
    """Return the disk space of a folder none of whose files has another name, None where one has."""
    total = 0
    for facts in _facts_below(folder):
        if facts.st_nlink > 1 and (facts.st_mode & 0o170000) == 0o100000:
            return None
        total += facts.st_blocks * 512
    return total


def _facts_below(folder: str) -> Iterator[os.stat_result]:
    pending = [folder]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
