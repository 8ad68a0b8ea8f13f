"""manage.py environments list: what is kept, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from builder.engines.limits import in_words
from builder.engines.storage import StoredEnvironment

_HEADINGS: Final = ("KEY", "ENGINE", "PYTHON", "AS OF", "PACKAGES", "SIZE", "LAST USED", "KEPT BECAUSE")
_RIGHT: Final = frozenset({"PACKAGES", "SIZE"})
_KEY_CHARACTERS: Final = 12


def as_json(
    environments: Iterable[StoredEnvironment], reasons: Mapping[str, str], sizes: Mapping[str, int]
) -> dict[str, Any]:
    """Return what is listed as JSON: {environments: [...], sizes_bytes: {directory: bytes}}."""
    rows = [
        {
            "key": each.key,
            "engine": each.engine,
            "python": each.python,
            "as_of": each.as_of,
            "packages": each.packages,
            "package_digest": each.package_digest,
            "size_bytes": each.size_bytes,
            "made_at": each.made_at,
            "last_used_at": each.used_at.isoformat() if each.used_at else None,
            "is_in_use": each.is_in_use,
            "kept_because": reason_of(each, reasons),
        }
        for each in environments
    ]
    return {"environments": rows, "sizes_bytes": dict(sizes)}


def as_table(
    environments: Sequence[StoredEnvironment], reasons: Mapping[str, str], sizes: Mapping[str, int]
) -> list[str]:
    """Return the lines of a table for people, and what each part of the store takes up."""
    if not environments:
        lines = ["There is no environment."]
    else:
        lines = _aligned([_HEADINGS, *(_row(each, reasons) for each in environments)])
    total = sum(sizes.values())
    parts = ", ".join(f"{name} {in_words(size)}" for name, size in sizes.items() if size)
    return [
        *lines,
        "",
        f"{len(environments)} environments, {in_words(total)} on disk" + (f": {parts}." if parts else "."),
    ]


def reason_of(environment: StoredEnvironment, reasons: Mapping[str, str]) -> str:
    """Return why the environment may not go, empty when it may."""
    if environment.key in reasons:
        return reasons[environment.key]
    if environment.is_held:
        return "a run is in it"
    return "used a moment ago" if environment.is_in_use else ""


def _row(environment: StoredEnvironment, reasons: Mapping[str, str]) -> tuple[str, ...]:
    used_at = environment.used_at
    return (
        environment.key[:_KEY_CHARACTERS],
        environment.engine,
        environment.python,
        environment.as_of[:10],
        str(environment.packages or ""),
        in_words(environment.size_bytes),
        f"{used_at:%Y-%m-%d %H:%M}" if used_at else "",
        reason_of(environment, reasons),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    is_right = [heading in _RIGHT for heading in rows[0]]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_right, strict=True)
        ).rstrip()
        for row in rows
    ]
