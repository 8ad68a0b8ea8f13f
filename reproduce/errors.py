"""Errors of running and judging."""

from __future__ import annotations

from catalog.causes import CausedError


class RunError(CausedError):
    """A run that cannot be asked for or done; its cause says what to do."""
