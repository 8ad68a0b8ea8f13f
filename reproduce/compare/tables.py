"""HTML outputs, first of all pandas' tables: by their words and cells, not by their styling."""

from __future__ import annotations

from reproduce.compare.model import OutputComparison
from reproduce.compare.text import TextSettings, compare_text


def compare_html(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two HTML outputs."""
    return compare_text("text/html", published, fresh, settings)
