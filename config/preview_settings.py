"""How files of data are looked into for pages (docs/previews.md)."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment
from reproduce.preview.limits import PreviewLimits

# What the libraries take before they have read anything.
_LEAST_MEMORY_BYTES: Final = 256 * 2**20


def read_preview_settings(env: Environment) -> PreviewLimits:
    """Return how many files are looked into at a time, and what each of these may take."""
    limits = PreviewLimits(
        at_a_time=env.integer("REPRISE_PREVIEWS", 2, "Files that are looked into at a time; 0 shows none.", most=64),
        memory_bytes=env.size("REPRISE_PREVIEW_MEMORY", "1G", "Memory of one look into a file."),
        seconds=env.integer("REPRISE_PREVIEW_TIMEOUT_S", 20, "Seconds that one may take.", least=1, most=600),
        kept_bytes=env.size("REPRISE_PREVIEW_PICTURES", "256M", "Disk space of the pictures that are kept.", least=0),
        fetch_bytes=env.size(
            "REPRISE_PREVIEW_FETCH",
            "256M",
            "Size up to which a file is fetched from its address; 0 fetches none.",
            least=0,
        ),
        fetch_seconds=env.integer(
            "REPRISE_PREVIEW_FETCH_TIMEOUT_S", 600, "Seconds that fetching one may take.", least=1, most=86_400
        ),
        fetched_bytes=env.size("REPRISE_PREVIEW_FETCHED", "2G", "Disk space of the files that were fetched.", least=0),
    )
    if limits.fetched_bytes < limits.fetch_bytes:
        raise ImproperlyConfigured("REPRISE_PREVIEW_FETCHED must be no less than REPRISE_PREVIEW_FETCH.")
    if limits.memory_bytes < _LEAST_MEMORY_BYTES:
        raise ImproperlyConfigured("REPRISE_PREVIEW_MEMORY must be 256M or more; see docs/settings.md.")
    return limits
