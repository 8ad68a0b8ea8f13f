"""What looking into files may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    """`at_a_time` programs on this machine, each with this memory and these seconds; `kept_bytes` of pictures.

    A file that lies at an address alone is fetched if it has up to `fetch_bytes`, within `fetch_seconds`, and kept
    while there is room for it in `fetched_bytes`.
    """

    at_a_time: int
    memory_bytes: int
    seconds: int
    kept_bytes: int
    fetch_bytes: int = 0
    fetch_seconds: int = 600
    fetched_bytes: int = 0
