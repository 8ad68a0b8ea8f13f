"""What pool, waiting runner and launcher say to each other, beside JSON."""

from __future__ import annotations

from typing import Final

READY: Final = b"ready\n"
TAKEN: Final = b"taken\n"
LONGEST_MESSAGE: Final = 1 << 17
