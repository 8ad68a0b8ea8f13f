"""What a finished environment consists of: every file with its checksum, and the few that are looked at each time.

Whole is an environment whose files are those that were installed. All of them are compared by `damage`, which takes as
long as reading them; `is_undisturbed` compares times and sizes of the places where damage shows, in a millisecond.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

FILES: Final = "share/reprise/files.json"
# They hold the place or the time of installing: no two installations are alike in them. Nor are they in bytecode.
_VOLATILE_NAMES: Final = frozenset(
    {"direct_url.json", "uv_cache.json", "RECORD", "pyvenv.cfg", "CACHEDIR.TAG", ".lock"}
)
_VOLATILE_FOLDERS: Final = ("share/reprise/", "bin/activate")
_MARKER: Final = "reprise-environment.json"
_READERS: Final = 2
_DAMAGES_TOLD: Final = 20


def checksums(prefix: Path) -> dict[str, str]:
    """Return the checksum of every file in the environment, by its path."""
    return _checksums(prefix, _names(prefix))


def write_manifest(prefix: Path, known: Mapping[str, str]) -> str:
    """Keep the checksums that are known and those of files that came since; return the digest of the package set."""
    files = {**known, **_checksums(prefix, [name for name in _names(prefix) if name not in known])}
    (prefix / FILES).parent.mkdir(parents=True, exist_ok=True)
    (prefix / FILES).write_text(json.dumps(files, indent=0, sort_keys=True), encoding="utf-8", errors="surrogateescape")
    return package_digest(files)


def read_manifest(prefix: Path) -> dict[str, str]:
    """Return the kept checksums by path. Raises OSError or ValueError when there are none."""
    files = json.loads((prefix / FILES).read_text(encoding="utf-8", errors="surrogateescape"))
    if not isinstance(files, dict):
        raise ValueError("it is no manifest")
    return {str(name): str(checksum) for name, checksum in files.items()}


def package_digest(files: dict[str, str]) -> str:
    """Return the digest of what was installed: equal for two installations of one lock, wherever they lie."""
    rows = [f"{checksum} {name}\n" for name, checksum in sorted(files.items()) if not _is_volatile(name)]
    return hashlib.sha256("".join(rows).encode("utf-8", "surrogateescape")).hexdigest()


def damage(prefix: Path) -> list[str]:
    """Compare every file with its checksum; return what is missing or changed, one line each, at most twenty."""
    try:
        kept = read_manifest(prefix)
    except (OSError, ValueError):
        return ["its manifest is gone"]
    here = set(_names(prefix))
    found = [f"{name} is missing" for name in sorted(kept.keys() - here)]
    seen = _checksums(prefix, [name for name in kept if name in here])
    found += [f"{name} has changed" for name, checksum in sorted(seen.items()) if kept[name] != checksum]
    found += [f"{name} was added" for name in sorted(here - kept.keys())]
    return found[:_DAMAGES_TOLD]


def changed_files(prefix: Path) -> list[Path]:
    """Return the files of the environment whose checksum is no longer the kept one; none where nothing is kept."""
    try:
        kept = read_manifest(prefix)
    except (OSError, ValueError):
        return []
    seen = _checksums(prefix, [name for name in kept if (prefix / name).is_file()])
    return [prefix / name for name, checksum in sorted(seen.items()) if kept[name] != checksum]


def watched(prefix: Path) -> dict[str, list[int]]:
    """Return size and time of what is looked at before each use.

    These are the interpreter, the kernel, what was installed (RECORD), and the directories of packages, whose time
    changes when a file in them comes or goes.
    """
    return {name: marks for name in sorted(_watched_names(prefix)) if (marks := _marks(prefix / name))}


def is_undisturbed(prefix: Path, kept: object) -> bool:
    """Tell whether all that `watched` returned is still as it was."""
    if not isinstance(kept, dict) or not kept:
        return False
    root = str(prefix)
    return all(_marks(f"{root}/{name}") == marks for name, marks in kept.items())


def _watched_names(prefix: Path) -> Iterable[str]:
    yield from ("bin/python", "pyvenv.cfg", FILES)
    for site in prefix.glob("lib/python*/site-packages"):
        place = site.relative_to(prefix)
        yield str(place)
        with os.scandir(site) as entries:
            for entry in entries:
                if entry.name.startswith("ipykernel") and entry.name.endswith(".py"):
                    yield str(place / entry.name)
                if entry.name == "__pycache__" or not entry.is_dir(follow_symlinks=False):
                    continue
                yield str(place / entry.name)
                if entry.name.endswith(".dist-info"):
                    yield str(place / entry.name / "RECORD")


def _marks(path: str | Path) -> list[int]:
    """Return size and time of a file, the time alone of a directory, nothing of what is not there."""
    try:
        facts = os.stat(path)  # noqa: PTH116 - called for each before every use
    except OSError:
        return []
    is_directory = (facts.st_mode & 0o170000) == 0o040000
    return [0 if is_directory else facts.st_size, facts.st_mtime_ns]


def _names(prefix: Path) -> list[str]:
    """Return the paths of all files and links below the environment but for what tells of them."""
    found = []
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(prefix / folder) as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{name}/")
                elif name not in (FILES, _MARKER):
                    found.append(name)
    return found


def _checksums(prefix: Path, names: list[str]) -> dict[str, str]:
    with ThreadPoolExecutor(_READERS) as pool:
        return dict(zip(names, pool.map(lambda name: _checksum(prefix / name), names, chunksize=64), strict=True))


def _checksum(path: Path) -> str:
    if path.is_symlink():
        return f"link {os.readlink(path)}"  # noqa: PTH115 - a text, not a path of this machine
    if not path.is_file():
        return "neither file nor link"
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_volatile(name: str) -> bool:
    is_bytecode = name.endswith((".pyc", ".pyo"))
    return is_bytecode or name.rpartition("/")[2] in _VOLATILE_NAMES or name.startswith(_VOLATILE_FOLDERS)
