"""Which rooms say what of a publication is exposed: each names a function from a publication to its records.

The catalogue calls them without knowing the rooms above it, which read its facts.
"""

from __future__ import annotations

from typing import Final

RECORDS: Final = (
    "catalog.records.records_of",
    "builder.records.records_of",
    "reproduce.records.records_of",
)
