"""Read the locks of conda: conda-lock.yml, and explicit lists of addresses ("@EXPLICIT")."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from builder.recipe.conda_packages import CondaPackages, is_python_build
from builder.recipe.decoding import read_text
from builder.recipe.documents import (
    ENTRIES_LIMIT,
    LOCK_SIZE_LIMIT,
    list_of,
    read_yaml,
    rows,
    table,
    text_of,
    texts_of,
    unreadable,
)
from builder.recipe.findings import Findings
from builder.recipe.locked import EVERY, LockedPackage, add_locked

PLATFORM: Final = "linux-64"
_FILE: Final = re.compile(
    r"(?P<channel>\S*/)(?P<subdir>noarch|linux-64)/(?P<name>[A-Za-z0-9_.-]+)-(?P<version>[^-/\s]+)-(?P<build>[^-/\s]+)"
    r"(?:\.conda|\.tar\.bz2)(?:#\S*)?"
)


def parse_address(address: str) -> tuple[str, str, str] | None:
    """Return name, version and build of the conda package at the address; None for one that is not for Linux."""
    match = _FILE.fullmatch(address)
    return (match["name"], match["version"], match["build"]) if match else None


def read_conda_lock(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages that a conda-lock.yml has for linux-64. Raises BuildError recipe-unreadable."""
    data = read_yaml(root, path)
    listed = [row for row in rows(data, "package", path) if row.get("platform") == PLATFORM]
    if not listed:
        raise unreadable(path, f"it locks nothing for {PLATFORM}")
    listed = [row for row in listed if text_of(row, "category") in ("", "main") and not row.get("optional")]
    if len(listed) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    for channel in list_of(table(data, "metadata"), "channels"):
        findings.take_channel(channel if isinstance(channel, str) else text_of(channel, "url"))
    packages = CondaPackages(path)
    pip: list[LockedPackage] = []
    for row in listed:
        name, version = text_of(row, "name"), text_of(row, "version")
        if not name or not version:
            raise unreadable(path, "an entry has no name or no version")
        if text_of(row, "manager") == "pip":
            pip.append(LockedPackage(name, version))
            continue
        needs = {*table(row, "dependencies"), *(text.split()[0] for text in texts_of(row, "dependencies") if text)}
        packages.add_locked(name, version, is_python="python" in needs, findings=findings)
    add_locked([(package, EVERY) for package in pip], path, findings, others=len(listed) - len(pip))
    packages.finish(findings)


def read_explicit(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages of an explicit list, whose addresses are names here. Raises BuildError recipe-unreadable."""
    text = read_text(root / path, name=str(path), limit=LOCK_SIZE_LIMIT)
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if "@EXPLICIT" not in lines:
        raise unreadable(path, "it has no line @EXPLICIT")
    addresses = [line for line in lines if line != "@EXPLICIT"]
    if len(addresses) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    packages = CondaPackages(path)
    for address in addresses:
        parsed = parse_address(address)
        if parsed is None:
            raise unreadable(path, f"“{address[:80]}” is no conda package for {PLATFORM}")
        packages.add_locked(parsed[0], parsed[1], is_python=is_python_build(parsed[2]), findings=findings)
    add_locked([], path, findings, others=len(addresses))
    packages.finish(findings)
