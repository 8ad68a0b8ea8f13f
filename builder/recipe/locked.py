"""What the locks of Python tools have in common: exact versions, and on which Pythons each of them is wanted.

A lock serves every platform and many Pythons. What is read from it is for Linux; the Python is chosen later, so each
package is followed for all Pythons at once.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from builder.errors import BuildError
from builder.recipe.documents import ENTRIES_LIMIT, text_of, unreadable, without_credentials
from builder.recipe.findings import Findings
from builder.recipe.python_version import RELEASED

PYTHONS: Final = tuple(RELEASED)
EVERY: Final = frozenset(PYTHONS)
_MARKER_LIMIT: Final = 2000
_VERSION_LIMIT: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Edge:
    """One package wants another, perhaps in a certain version, on these Pythons, with extras of its own."""

    name: str
    version: str = ""
    pythons: frozenset[str] = EVERY
    extras: tuple[str, ...] = ()


@dataclass(slots=True)
class LockedPackage:
    """A package of a lock. `address` is where it comes from when that is no package index, `is_local` the repository.

    `pythons` limits where it is wanted at all; `needs` are its own requirements, `extras` those of its extras.
    """

    name: str
    version: str
    address: str = ""
    is_local: bool = False
    pythons: frozenset[str] = EVERY
    needs: list[Edge] = field(default_factory=list)
    extras: dict[str, list[Edge]] = field(default_factory=dict)


def pythons_of(marker: str, path: PurePosixPath, *, groups: Iterable[str] = (), extra: str = "") -> frozenset[str]:
    """Return the Pythons for which the marker holds on Linux. Raises BuildError recipe-unreadable."""
    if not marker.strip():
        return EVERY
    if len(marker) > _MARKER_LIMIT:
        raise unreadable(path, "it holds a marker of more than 2000 letters")
    try:
        parsed = Marker(marker)
        return frozenset(
            python
            for python in PYTHONS
            if parsed.evaluate(_environment(python, extra, frozenset(groups)), context="lock_file")
        )
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError) as error:
        raise unreadable(path, f"“{marker[:80]}” is no marker") from error


def _environment(python: str, extra: str, groups: frozenset[str]) -> dict[str, str | frozenset[str]]:
    # The last release of each Python is what one gets of it.
    return {
        "python_version": python,
        "python_full_version": f"{python}.99",
        "implementation_version": f"{python}.99",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "platform_release": "",
        "platform_version": "",
        "extra": extra,
        "extras": frozenset({extra} - {""}),
        "dependency_groups": groups,
    }


def marker_for(pythons: frozenset[str]) -> str:
    """Return the marker that holds for exactly these Pythons, and for what lies beyond the known ones at either end."""
    if pythons == EVERY:
        return ""
    spans: list[tuple[int, int]] = []
    for place, python in enumerate(PYTHONS):
        if python not in pythons:
            continue
        if spans and spans[-1][1] == place - 1:
            spans[-1] = (spans[-1][0], place)
        else:
            spans.append((place, place))
    parts = []
    for first, last in spans:
        if first == last and 0 < first < len(PYTHONS) - 1:
            parts.append(f'python_version == "{PYTHONS[first]}"')
            continue
        low = [f'python_version >= "{PYTHONS[first]}"'] if first else []
        high = [f'python_version <= "{PYTHONS[last]}"'] if last < len(PYTHONS) - 1 else []
        parts.append(" and ".join([*low, *high]))
    return " or ".join(parts)


def reached(
    packages: Sequence[LockedPackage], roots: Iterable[Edge], path: PurePosixPath
) -> list[tuple[LockedPackage, frozenset[str]]]:
    """Return the packages that the roots lead to, each with the Pythons for which it is wanted, in the lock's order."""
    by_name: dict[str, list[int]] = {}
    for place, package in enumerate(packages):
        by_name.setdefault(canonicalize_name(package.name), []).append(place)
    wanted: dict[int, frozenset[str]] = {}
    seen: dict[tuple[int, str], frozenset[str]] = {}
    waiting = deque((edge, EVERY) for edge in roots)
    while waiting:
        edge, allowed = waiting.popleft()
        for place in by_name.get(canonicalize_name(edge.name), []):
            package = packages[place]
            if edge.version and package.version != edge.version:
                continue
            pythons = allowed & edge.pythons & package.pythons
            wanted[place] = wanted.get(place, frozenset()) | pythons
            for extra in ("", *edge.extras):
                before = seen.get((place, extra), frozenset())
                if pythons <= before:
                    continue
                seen[place, extra] = before | pythons
                needs = package.extras.get(extra, []) if extra else package.needs
                waiting += ((need, pythons) for need in needs)
        if len(waiting) > ENTRIES_LIMIT * 40:
            raise unreadable(path, "its packages depend on each other too often")
    return [(packages[place], wanted[place]) for place in sorted(wanted) if wanted[place]]


def add_locked(
    chosen: Iterable[tuple[LockedPackage, frozenset[str]]], path: PurePosixPath, findings: Findings, *, others: int = 0
) -> None:
    """Add the packages in their exact versions; one that is no release of an index is taken from there, and said.

    `others` is how many packages of the same lock were added before.

    Raises BuildError recipe-unreadable or requirement-invalid.
    """
    file, count = str(path), others
    findings.take_file(file)
    for package, pythons in chosen:
        if package.is_local or not pythons:
            continue
        if not _NAME.fullmatch(package.name):
            raise unreadable(path, f"“{package.name[:80]}” is no name of a package")
        marker = marker_for(pythons)
        text, remark = _pinned(package, file)
        findings.add(f"{text}; {marker}" if marker else text, file, remark)
        count += 1
    findings.is_locked = True
    findings.notes.append(f"{file} is the author's lock: its {count} exact versions are taken.")


def _pinned(package: LockedPackage, file: str) -> tuple[str, str | None]:
    name, version = package.name, package.version
    if package.address:
        shown = without_credentials(package.address)
        return name, f"{name} is asked for from {shown}; the release in the package index is taken instead."
    if not version:
        return name, None
    try:
        # So long a number is no version, and takes long to read.
        public = Version(version if len(version) <= _VERSION_LIMIT else "").public
    except InvalidVersion as error:
        reason = f"“{version[:40]}” is no version"
        raise BuildError("requirement-invalid", requirement=name, file=file, reason=reason) from error
    if public != str(Version(version)):
        return f"{name}=={public}", f"{name} {version} is of another package index; {name} {public} is taken instead."
    return f"{name}=={version}", None


def newest_python(specifiers: Mapping[str, object]) -> str:
    """Return the Python that a lock was made for, given as its own words for it: the exact one before the minor one."""
    for key in ("python_full_version", "python_version"):
        match = re.fullmatch(r"(\d+\.\d+(?:\.\d+)?)(?:\.\*)?", text_of(specifiers, key)[:40])
        if match:
            return match.group(1)
    return ""
