"""SVG figures by geometry."""

from __future__ import annotations

from reproduce.compare.model import OutputComparison
from reproduce.compare.text import TextSettings, compare_text


def compare_svg(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two SVG figures."""
    return compare_text("image/svg+xml", published, fresh, settings)
