"""How reasons count things and show what a cell of a table holds."""

from __future__ import annotations

from typing import Final

_SHOWN_CHARS: Final = 60


def how_many(count: int, noun: str) -> str:
    """Return the count with its noun, in the plural by an s where it is not one."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def shown(text: str) -> str:
    """Return what a cell holds, cut where it is long, and a word where it is empty."""
    return (text or "nothing") if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"
