"""Read poetry.lock, in each of its formats, with the pyproject.toml beside it that says where it begins."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508

from builder.recipe.documents import ENTRIES_LIMIT, read_toml, rows, table, text_of, texts_of, unreadable
from builder.recipe.findings import Findings
from builder.recipe.groups import choose_group
from builder.recipe.locked import EVERY, Edge, LockedPackage, add_locked, pythons_of, reached
from builder.recipe.loose_table import poetry_specifier


def read_poetry_lock(root: Path, path: PurePosixPath, project: PurePosixPath, findings: Findings) -> None:
    """Add what the project's dependencies lead to, in exact versions. Raises BuildError recipe-unreadable."""
    data = read_toml(root, path)
    listed = rows(data, "package", path)
    if len(listed) > ENTRIES_LIMIT:
        raise unreadable(path, f"it has more than {ENTRIES_LIMIT} entries")
    packages = [_locked(row, path) for row in listed]
    findings.take_python_range(poetry_specifier(text_of(table(data, "metadata"), "python-versions")), str(path))
    roots = _roots(read_toml(root, project), project, findings) if (root / project).is_file() else None
    if roots is None:
        roots = [Edge(package.name, package.version) for row, package in zip(listed, packages, strict=True)
                 if text_of(row, "category") in ("", "main") and not row.get("optional")]  # fmt: skip
    add_locked(reached(packages, roots, path), path, findings)


def _locked(row: dict[str, Any], path: PurePosixPath) -> LockedPackage:
    name, version = text_of(row, "name"), text_of(row, "version")
    if not name or not version:
        raise unreadable(path, "an entry has no name or no version")
    source = table(row, "source")
    kind = text_of(source, "type")
    needs = [edge for need, wanted in table(row, "dependencies").items() for edge in _edges(need, wanted, path)]
    optional = {need for need, wanted in table(row, "dependencies").items() if _is_optional(wanted)}
    by_name = {edge.name: edge for edge in needs}
    extras = {}
    for extra in table(row, "extras"):
        named = (re.split(r"[^A-Za-z0-9._-]", text)[0] for text in texts_of(table(row, "extras"), extra))
        extras[extra] = [by_name[need] for need in named if need in by_name]
    return LockedPackage(
        name=name,
        version=version,
        address=text_of(source, "url") if kind in ("git", "url") else "",
        is_local=kind in ("directory", "file"),
        needs=[edge for edge in needs if edge.name not in optional],
        extras=extras,
    )


def _edges(name: str, wanted: object, path: PurePosixPath) -> list[Edge]:
    edges = []
    for entry in wanted if isinstance(wanted, list) else [wanted]:
        pythons = pythons_of(text_of(entry, "markers"), path)
        edges.append(Edge(name, pythons=pythons, extras=tuple(texts_of(entry, "extras"))))
    return edges


def _is_optional(wanted: object) -> bool:
    entries = wanted if isinstance(wanted, list) else [wanted]
    return all(isinstance(entry, dict) and entry.get("optional") is True for entry in entries)


def _roots(data: dict[str, Any], path: PurePosixPath, findings: Findings) -> list[Edge] | None:
    """Return where the lock begins: the project's own dependencies, else those of the group that stands for them."""
    poetry = table(data, "tool", "poetry")
    wanted = texts_of(table(data, "project"), "dependencies")
    if wanted:
        return [edge for text in wanted for edge in _pep508(text, path)]
    main = {name: entry for name, entry in table(poetry, "dependencies").items() if name.lower() != "python"}
    if not main:
        groups = table(poetry, "group")
        name = choose_group(groups)
        if name is None:
            return None
        findings.notes.append(f"{path}: it has no dependencies; the dependency group {name} is taken.")
        main = table(groups, name, "dependencies")
    return [edge for name, entry in main.items() if not _is_optional(entry) for edge in _edges(name, entry, path)]


def _pep508(text: str, path: PurePosixPath) -> list[Edge]:
    try:
        parsed = Pep508(text)
    except InvalidRequirement as error:
        raise unreadable(path, f"“{text[:80]}” is no requirement") from error
    pythons = pythons_of(str(parsed.marker), path) if parsed.marker else EVERY
    return [Edge(parsed.name, pythons=pythons, extras=tuple(sorted(parsed.extras)))]
