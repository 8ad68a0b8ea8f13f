"""Errors of the catalogue."""

from __future__ import annotations

from catalog.causes import CausedError


class CatalogError(CausedError):
    """A registration or edit that cannot be done; its cause says what to do."""
