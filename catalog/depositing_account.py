"""Where the evidence behind certificates is deposited. Plain data, read from the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Depositing:
    """An account at Zenodo; `is_on` is False where nothing is deposited. A bundle has at most `most_bytes`."""

    is_on: bool = False
    url: str = ""
    token: str = ""
    community: str = ""
    most_bytes: int = 0
