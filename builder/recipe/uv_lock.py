"""Read uv.lock and pylock.toml (PEP 751)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final

from packaging.utils import canonicalize_name

from builder.recipe.documents import ENTRIES_LIMIT, read_toml, rows, table, text_of, texts_of, unreadable
from builder.recipe.findings import Findings
from builder.recipe.groups import choose_group
from builder.recipe.locked import Edge, LockedPackage, add_locked, pythons_of, reached

_LOCAL: Final = ("virtual", "editable", "directory", "path")


def read_uv_lock(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add what the project's dependencies lead to, in exact versions. Raises BuildError recipe-unreadable."""
    data = read_toml(root, path)
    listed = _listed(data, "package", path)
    packages = [_locked(row, path) for row in listed]
    findings.take_python_range(data.get("requires-python"), str(path))
    roots = [(row, package) for row, package in zip(listed, packages, strict=True) if _is_own(row)]
    if not roots:
        raise unreadable(path, "it does not say which package is the project's own")
    edges = [Edge(package.name, package.version, extras=_wanted_extras(row, findings)) for row, package in roots]
    if not any(package.needs for _, package in roots):
        edges += _group_edges(roots[0][0], path, findings)
    add_locked(reached(packages, edges, path), path, findings)


def read_pylock(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Add the packages of a default installation from a pylock.toml. Raises BuildError recipe-unreadable."""
    data = read_toml(root, path)
    if not text_of(data, "lock-version").startswith("1."):
        raise unreadable(path, "its lock-version is not 1")
    findings.take_python_range(data.get("requires-python"), str(path))
    groups = texts_of(data, "default-groups")
    chosen = []
    for row in _listed(data, "packages", path):
        address = text_of(table(row, "vcs"), "url") or text_of(table(row, "archive"), "url")
        is_local = bool(table(row, "directory") or text_of(table(row, "archive"), "path"))
        is_local = is_local or bool(text_of(table(row, "vcs"), "path"))
        if not (text_of(row, "version") or address or is_local):
            raise unreadable(path, f"“{text_of(row, 'name')[:80]}” has no version")
        package = LockedPackage(text_of(row, "name"), text_of(row, "version"), address=address, is_local=is_local)
        chosen.append((package, pythons_of(text_of(row, "marker"), path, groups=groups)))
    add_locked(chosen, path, findings)


def _listed(data: dict[str, Any], key: str, path: PurePosixPath) -> list[dict[str, Any]]:
    listed = rows(data, key, path)
    if len(listed) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    if any(not text_of(row, "name") for row in listed):
        raise unreadable(path, "an entry has no name")
    return listed


def _locked(row: dict[str, Any], path: PurePosixPath) -> LockedPackage:
    source = table(row, "source")
    extras = table(row, "optional-dependencies")
    return LockedPackage(
        name=text_of(row, "name"),
        version=text_of(row, "version"),
        address=text_of(source, "git") or text_of(source, "url"),
        is_local=any(key in source for key in _LOCAL),
        needs=_edges(row, "dependencies", path),
        extras={extra: _edges(extras, extra, path) for extra in extras},
    )


def _edges(row: dict[str, Any], key: str, path: PurePosixPath) -> list[Edge]:
    return [
        Edge(
            name=text_of(entry, "name"),
            version=text_of(entry, "version"),
            pythons=pythons_of(text_of(entry, "marker"), path),
            extras=tuple(texts_of(entry, "extra")),
        )
        for entry in rows(row, key, path)
    ]


def _is_own(row: dict[str, Any]) -> bool:
    source = table(row, "source")
    return "virtual" in source or "editable" in source


def _wanted_extras(row: dict[str, Any], findings: Findings) -> tuple[str, ...]:
    own = text_of(table(row, "source"), "editable") or text_of(table(row, "source"), "virtual")
    return tuple(sorted(findings.projects.get(PurePosixPath(own or "."), ())))


def _group_edges(row: dict[str, Any], path: PurePosixPath, findings: Findings) -> list[Edge]:
    """Return what the group leads to that stands for the dependencies of a project that has none."""
    groups = table(row, "dev-dependencies")
    name = choose_group(groups)
    if name is None:
        return []
    findings.notes.append(f"{path}: {canonicalize_name(text_of(row, 'name'))} has no dependencies; "
                          f"the dependency group {name} is taken.")  # fmt: skip
    return _edges(groups, name, path)
