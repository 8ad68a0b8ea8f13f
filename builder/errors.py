"""What can go wrong on the way from a repository to an environment. Each error carries a cause of the catalogue."""

from __future__ import annotations

from catalog.causes import CausedError


class SnapshotError(CausedError):
    """A source cannot be named, fetched or read."""


class BuildError(CausedError):
    """A recipe cannot be read, resolved or built."""
