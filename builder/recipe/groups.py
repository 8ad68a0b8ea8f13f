"""Choose among the groups of dependencies (PEP 735, poetry, pixi) where a project has no dependencies of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from builder.recipe.documents import unreadable

# What notebooks are likely to be run with, best first.
_PREFERRED: Final = (
    "binder", "notebook", "notebooks", "jupyter", "paper", "reproduce", "analysis", "examples", "docs", "doc",
    "main", "default", "dev",
)  # fmt: skip


def choose_group(groups: Mapping[str, object]) -> str | None:
    """Return the group that notebooks are meant to be run with: by its name, else the only one there is."""
    by_name = {name.lower().replace("_", "-"): name for name in groups}
    for name in _PREFERRED:
        if name in by_name:
            return by_name[name]
    return next(iter(groups)) if len(groups) == 1 else None


def texts_of_group(groups: Mapping[str, object], name: str, path: PurePosixPath) -> list[str]:
    """Return the requirements of a group with those of the groups that it includes (PEP 735).

    Raises BuildError recipe-unreadable for a group that is not there or includes itself.
    """
    return _texts(groups, name, path, ())


def _texts(groups: Mapping[str, object], name: str, path: PurePosixPath, above: tuple[str, ...]) -> list[str]:
    by_name = {_normal(key): entries for key, entries in groups.items()}
    entries = by_name.get(_normal(name))
    if not isinstance(entries, list):
        raise unreadable(path, f"the dependency group {name[:80]} is no list")
    if _normal(name) in above or len(above) > 20:
        raise unreadable(path, f"the dependency group {name[:80]} includes itself")
    found: dict[str, None] = {}
    for entry in entries:
        if isinstance(entry, str):
            found[entry] = None
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            found |= dict.fromkeys(_texts(groups, entry["include-group"], path, (*above, _normal(name))))
        else:
            raise unreadable(path, f"the dependency group {name[:80]} holds what is no requirement")
    return list(found)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
