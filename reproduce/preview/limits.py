"""What looking into files may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    """`at_a_time` programs on this machine, each with this memory and these seconds; `kept_bytes` of pictures."""

    at_a_time: int
    memory_bytes: int
    seconds: int
    kept_bytes: int
