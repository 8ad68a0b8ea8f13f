"""Read Pipfile and its lock."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from builder.recipe.documents import (
    ENTRIES_LIMIT,
    read_json,
    read_toml,
    rows,
    table,
    text_of,
    unreadable,
    without_credentials,
)
from builder.recipe.findings import Findings
from builder.recipe.locked import LockedPackage, add_locked, newest_python, pythons_of
from builder.recipe.loose_table import add_entry


def read_pipfile(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages that a Pipfile asks for, not those for development.

    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    data = read_toml(root, path)
    findings.take_file(str(path))
    findings.take_python(newest_python(table(data, "requires")), str(path))
    _say_sources(rows(data, "source", path), str(path), findings)
    for name, wanted in table(data, "packages").items():
        add_entry(name, wanted, root, path, findings)


def read_pipfile_lock(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages of a Pipfile.lock in their exact versions. Raises BuildError as `read_pipfile` does."""
    data = read_json(root, path)
    locked = data.get("default")
    if not isinstance(locked, dict):
        raise unreadable(path, "it has no “default” packages")
    if len(locked) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    findings.take_python(newest_python(table(data, "_meta", "requires")), str(path))
    _say_sources(rows(table(data, "_meta"), "sources", path), str(path), findings)
    add_locked(
        [(_package(name, entry, path), pythons_of(text_of(entry, "markers"), path)) for name, entry in locked.items()],
        path,
        findings,
    )


def _package(name: str, entry: object, path: PurePosixPath) -> LockedPackage:
    if not isinstance(entry, dict):
        raise unreadable(path, f"“{name[:80]}” is no entry")
    address = text_of(entry, "git") or text_of(entry, "file") or text_of(entry, "url")
    if address and text_of(entry, "ref"):
        address = f"{without_credentials(address)}@{text_of(entry, 'ref')[:40]}"
    version = text_of(entry, "version").removeprefix("==").strip()
    if not (version or address or text_of(entry, "path")):
        raise unreadable(path, f"“{name[:80]}” has no version")
    return LockedPackage(name, version, address=address, is_local=bool(text_of(entry, "path")))


def _say_sources(sources: list[dict[str, Any]], file: str, findings: Findings) -> None:
    for source in sources:
        if text_of(source, "name") != "pypi":
            shown = without_credentials(text_of(source, "url"))
            findings.approximations.append(
                f"{file} names another package index ({shown}); only the index of this service is asked."
            )
