"""Limits in words for people."""

from __future__ import annotations


def bytes_words(size: float) -> str:
    """A size in bytes as in "512 MiB" or "1.5 GiB"."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.1f}".removesuffix(".0") + f" {unit}"


def seconds_words(seconds: float) -> str:
    """A duration as in "45 s", "10 min" or "2 h"."""
    if seconds >= 3600 and seconds % 3600 == 0:
        return f"{seconds / 3600:.0f} h"
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.1f}".removesuffix(".0") + " s"
